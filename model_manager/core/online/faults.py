"""What a site's refusal means and what a person can do, from status, headers and body (formats.md 6.8, 6.9 and 7.3).

Used by web. Bodies may be JSON, HTML, empty or anything; nothing here fails on them. No text may hold a key or an address's parameters.
"""

import email.utils
import json
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from model_manager.core.errors import NetworkFault, OnlineFault, Refused
from model_manager.core.online.endpoints import Endpoints, api_site, host_of, origin
from model_manager.core.online.records import CIVITAI, HUGGING_FACE, SITE_NAMES
from model_manager.core.words import tr

_MOST_LETTERS = 300
_LONGEST_AFTER = 24 * 3600.0
_SIGNED = re.compile(r"[?&](x-amz-signature|x-goog-signature|signature|sig|key-pair-id)=", re.IGNORECASE)
# owner/name in a page of Hugging Face, and in an address of its API
_REPOSITORY = re.compile(
    r"/(?:api/models/|api/(?=datasets/|spaces/)|(?!api/))((?:datasets/|spaces/)?[^/]+(?:/[^/]+)?)"
    r"(?:$|/(?:resolve|blob|raw|tree|revision|paths-info)/)"
)
_NO_TAGS = str.maketrans("<>", "‹›")  # a picture in them, shown as a tooltip, would be read from wherever it says
KEY_PAGES = {CIVITAI: "/user/account", HUGGING_FACE: "/settings/tokens"}


@dataclass(frozen=True, slots=True)
class Reply:
    """A refusal as it came. url: where the request began; final: who answered in the end, if that led on.

    headers: with names in any case. key: the key that was sent at first; never part of a text.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    ends: Endpoints
    final: str = ""
    key: str = field(default="", repr=False)

    @property
    def site(self) -> str:
        """Whose API it is, "" for none."""
        return api_site(self.final or self.url, self.ends)

    @property
    def who(self) -> str:
        """The name to show."""
        return SITE_NAMES.get(self.site, "") or host_of(self.final or self.url)


def fault_of(reply: Reply) -> OnlineFault:
    """Return the fault to raise for an answer that is no success."""
    status, said = reply.status, _said(reply)
    if is_expired(reply):
        text = tr("The address of the file has expired. A new one will be asked for, and the download goes on where it was.")
        return NetworkFault(text, "expired")
    if status == 429 or (status == 403 and _is_rate_limit(reply.headers)):
        return _too_many(reply, said)
    if status >= 500 or status in (408, 425) or status < 400:
        return _server(reply)
    known = {401: _unauthorized, 403: _forbidden, 404: _not_found, 410: _gone, 451: _by_law}
    return known.get(status, _bad_request)(reply, said)


def is_expired(reply: Reply) -> bool:
    """Return whether a signed storage address has run out: it refuses, and only for this can it."""
    final = reply.final or reply.url
    is_signed = _SIGNED.search(final) is not None or (origin(final) != origin(reply.url) and api_site(reply.url, reply.ends) != "")
    if reply.site or not is_signed:
        return False
    return reply.status in (401, 403) or (reply.status == 400 and b"expired" in reply.body.lower())


def seconds_to_wait(headers: Mapping[str, str]) -> float:
    """Return how long a site asks to wait, 0 when it does not say: Retry-After as seconds or date, Hugging Face's `ratelimit`, GitHub's."""
    told = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d*)?", told):
        return min(float(told), _LONGEST_AFTER)
    if told and (moment := email.utils.parsedate_tz(told)) is not None:
        return _until(float(email.utils.mktime_tz(moment)))
    if found := re.search(r";\s*t=(\d{1,9})", headers.get("RateLimit", "")):
        return min(float(found[1]), _LONGEST_AFTER)
    if headers.get("X-RateLimit-Remaining", "").strip() == "0" and re.fullmatch(r"\d{1,12}", headers.get("X-RateLimit-Reset", "")):
        return _until(float(headers["X-RateLimit-Reset"]))
    return 0.0


def login_page(reply: Reply) -> OnlineFault:
    """Return the fault for being led to a page to log in at, which a site does to what it takes for a browser."""
    return _needs_key(reply)


def _until(moment: float) -> float:
    return min(max(0.0, moment - time.time()), _LONGEST_AFTER)


def _is_rate_limit(headers: Mapping[str, str]) -> bool:
    return "Retry-After" in headers or headers.get("X-RateLimit-Remaining", "").strip() == "0"


def _too_many(reply: Reply, said: Mapping[str, Any]) -> OnlineFault:
    message = _message(reply, said)
    if "too many pages" in message:  # page times limit above 1000: asking again gives the same
        return Refused(tr("{who} does not list that many pages. Narrow the search down.", who=reply.who), "bad_request")
    if "unusual amount" in message:
        text = tr("{who} finds that your account downloads unusually much. Wait some hours, or write to its support.", who=reply.who)
        return Refused(text, "unusual")
    after = seconds_to_wait(reply.headers)
    return NetworkFault(tr("{who} has had too many requests and asks to wait. It goes on by itself.", who=reply.who), "busy", after=after)


def _server(reply: Reply) -> OnlineFault:
    text = tr("{who} has a fault of its own at the moment ({status}). It will be tried again.", who=reply.who, status=reply.status)
    return NetworkFault(text, "server", after=seconds_to_wait(reply.headers))


def _unauthorized(reply: Reply, said: Mapping[str, Any]) -> OnlineFault:
    code = reply.headers.get("X-Error-Code", "")
    if "disabled downloads" in _message(reply, said):
        text = tr("The creator does not let this file be downloaded. A key does not help.")
        return Refused(text, "downloads_off", page_of(reply))
    if code == "GatedRepo":
        return _gated(reply)
    if code == "RepoNotFound" and reply.key:
        text = tr("Hugging Face has no such repository, or your key may not see it. Check the link.")
        return Refused(text, "not_found", page_of(reply))
    if code == "RepoNotFound":
        text = tr("Hugging Face has no such repository, or it is private. Check the link; for a private one add your key.")
        return Refused(text, "needs_key", page_of(reply))
    return _needs_key(reply)


def _needs_key(reply: Reply) -> OnlineFault:
    site = reply.site
    if not site:
        text = tr("{who} wants a login, which this program does not have. Open the page in a browser.", who=reply.who)
        return Refused(text, "forbidden", page_of(reply))
    page = end_of(reply) + KEY_PAGES[site]
    if reply.key:
        text = tr("{who} does not accept the key that is set. Make a new one on its page and put it in here.", who=reply.who)
        return Refused(text, "bad_key", page)
    text = tr("{who} wants to know who is asking: add your key. It is made on the account page and costs nothing.", who=reply.who)
    return Refused(text, "needs_key", page)


def _gated(reply: Reply) -> OnlineFault:
    if not reply.key:
        text = tr("The owner gives this model to those who accept its terms. Accept them on its page, then add your key.")
    else:
        text = tr("Your account may not load this model yet. Accept its terms on its page; some owners look at each request first.")
    return Refused(text, "gated", page_of(reply))


def _forbidden(reply: Reply, said: Mapping[str, Any]) -> OnlineFault:
    message, page = _message(reply, said), page_of(reply)
    if reply.headers.get("X-Error-Code", "") == "GatedRepo":
        return _gated(reply)
    if "deadline" in said or "early access" in message.lower():
        return Refused(_early(said), "early_access", page)
    if reply.site == HUGGING_FACE:
        text = tr("Hugging Face says that your key lacks the right for this. A fine-grained one must be allowed to read gated models.")
        return Refused(text, "forbidden", end_of(reply) + KEY_PAGES[HUGGING_FACE])
    if not message:
        text = tr("{who} turned the request away without a reason. Try later, or open the page in a browser.", who=reply.who)
        return Refused(text, "forbidden", page)
    text = tr("{who} does not let you have this; it may be private ({message}).", who=reply.who, message=message)
    return Refused(text, "forbidden", page)


def _early(said: Mapping[str, Any]) -> str:
    deadline = said.get("deadline")
    if isinstance(deadline, str) and (found := re.match(r"\d{4}-\d\d-\d\d", deadline)):
        text = tr("This version is in early access until {day}: until then only those who paid for it can load it.", day=found[0])
    else:
        text = tr("This version is for those who paid for it on its page.")
    return text


def _not_found(reply: Reply, said: Mapping[str, Any]) -> OnlineFault:
    names = {
        "EntryNotFound": tr("The repository has no such file. Check the link."),
        "RevisionNotFound": tr("The repository has no such revision. Check the link."),
        "RepoNotFound": tr("Hugging Face has no such repository. Check the link."),
    }
    text = names.get(reply.headers.get("X-Error-Code", ""), "")
    return Refused(text or tr("{who} does not have this (any more). Check the link.", who=reply.who), "not_found", page_of(reply))


def _gone(reply: Reply, said: Mapping[str, Any]) -> OnlineFault:
    return Refused(tr("{who} has archived this; it can no longer be downloaded.", who=reply.who), "gone", page_of(reply))


def _by_law(reply: Reply, said: Mapping[str, Any]) -> OnlineFault:
    return Refused(tr("{who} may not give this out for legal reasons.", who=reply.who), "forbidden", page_of(reply))


def _bad_request(reply: Reply, said: Mapping[str, Any]) -> OnlineFault:
    message = _message(reply, said) or str(reply.status)
    return Refused(tr("{who} did not understand the request ({message}). Check the link.", who=reply.who, message=message), "bad_request")


def _said(reply: Reply) -> Mapping[str, Any]:
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _message(reply: Reply, said: Mapping[str, Any]) -> str:
    """Return what the site says in one line, without the key should it be echoed."""
    found = [said.get("message"), said.get("error"), reply.headers.get("X-Error-Message")]
    found += [one.get("message") or one.get("name") for one in found if isinstance(one, dict)]
    texts = [one for one in found if isinstance(one, str) and one.strip()]
    return clean(texts[0] if texts else "", (reply.key,))


def clean(text: str, secrets: Collection[str] = ()) -> str:
    """Return a site's own words fit to be shown: one line, not long, without these secrets, and nothing that could be taken for HTML."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "…")
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split()).translate(_NO_TAGS)
    return text if len(text) <= _MOST_LETTERS else text[: _MOST_LETTERS - 1] + "…"


def end_of(reply: Reply) -> str:
    """Return the endpoint that was asked, "" when it was none."""
    return {CIVITAI: reply.ends.civitai, HUGGING_FACE: reply.ends.huggingface}.get(api_site(reply.url, reply.ends), "")


def page_of(reply: Reply) -> str:
    """Return the page for people that belongs to an address of an API; for other sites their front page."""
    end = end_of(reply)
    path = re.sub(r"[?#].*", "", reply.url.removeprefix(end) if end else "")
    if found := re.search(r"/api/(?:download/models|v1/model-versions)/(\d+)", path):
        return f"{end}/model-versions/{found[1]}"
    if found := re.search(r"/api/v1/models/(\d+)", path):
        return f"{end}/models/{found[1]}"
    if found := _REPOSITORY.match(path):
        return f"{end}/{found[1]}"
    return origin(reply.url)
