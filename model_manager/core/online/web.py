"""The one way to the network: asks politely, follows redirects by itself, and gives keys to the sites they belong to and to nobody else.

Used by the sites' clients, downloads and pictures, in worker threads. It must never store anything, and no fault may hold a key.
"""

import contextlib
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urljoin

from model_manager import __version__
from model_manager.core.errors import NetworkFault, Refused
from model_manager.core.online.answers import Answer
from model_manager.core.online.endpoints import Endpoints, api_site, host_of, origin, usual_address, with_params, without_token
from model_manager.core.online.faults import Reply, clean, fault_of, login_page
from model_manager.core.online.keys import Keys, looks_like_key, require_key
from model_manager.core.online.pace import LONGEST_WAIT, Pace, growing, pause
from model_manager.core.online.records import CIVITAI, HUGGING_FACE, SITE_NAMES
from model_manager.core.words import tr
from model_manager.core.work import Work

if TYPE_CHECKING:
    from model_manager.core.online.connections import Connections

AGENT = f"ComfyModelManager/{__version__}"  # never one with "Mozilla": Civitai gives browsers pages in place of errors
JSON_LIMIT = 32 * 1024 * 1024
TRIES = 4
_MOST_HOPS = 10
_ERROR_LIMIT = 64 * 1024
_API_SECONDS, _STREAM_SECONDS = 60.0, 30.0  # without a single byte
_PICTURES_AT_ONCE = 6
_AGAIN_SECONDS = 1.0
_JSON = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate"}
_REDIRECTS = (301, 302, 303, 307, 308)
# what the first hop says of the file behind a redirect (formats.md 7.2); the last one's own words come first
_OF_EARLIER_HOPS = ("X-Linked-ETag", "X-Linked-Size", "X-Repo-Commit", "X-Xet-Hash", "Content-Disposition")
_NOT_FROM_CALLERS = frozenset(("authorization", "cookie", "host", "proxy-authorization"))

T = TypeVar("T")


class Web:
    """All requests of the program. Safe to share between threads."""

    def __init__(self, endpoints: Endpoints, keys: Keys, proxy: str = "") -> None:
        """`proxy`: an address, "" for what the system says."""
        self.endpoints, self.keys = endpoints, keys
        self._proxy, self._pace, self._lock = proxy, Pace(), threading.Lock()
        self._connections: Connections | None = None

    def get_json(self, url: str, params: Mapping[str, object] | None = None, work: Work | None = None) -> Any:
        """Return what an API answers. Raises Refused, NetworkFault (also for a page in place of an answer), Cancelled."""
        return self.get_page(url, params, work)[0]

    def get_page(self, url: str, params: Mapping[str, object] | None = None, work: Work | None = None) -> tuple[Any, Mapping[str, str]]:
        """Return what an API answers and its headers, for those that tell of the next page there (`Link`). Raises as get_json."""
        return self._asked(self._ask(with_params(url, params), _JSON, _API_SECONDS), work)

    def post_json(self, url: str, body: Any, work: Work | None = None) -> Any:
        """Return what an API answers to a question that changes nothing there. Raises as get_json."""
        headers = {**_JSON, "Content-Type": "application/json"}
        return self._asked(self._ask(url, headers, _API_SECONDS, json.dumps(body).encode("ascii")), work)[0]

    def get_bytes(self, url: str, limit: int, work: Work | None = None) -> bytes:
        """Return a small file such as a picture. Raises Refused (too_large: more than `limit` bytes), NetworkFault, Cancelled."""
        ask = self._ask(url, {"Accept-Encoding": "identity"}, _API_SECONDS)

        def once() -> bytes:
            with self._pace.slot(origin(ask.url), work, _PICTURES_AT_ONCE), self._follow(ask, work) as answer:
                return answer.read_all(limit)

        return self._politely(once, work)

    def open(self, url: str, headers: Mapping[str, str] | None = None, work: Work | None = None) -> Answer:
        """Return the beginning of a file, to be read on; with `headers` for a part of it (Range, If-Range). One try only.

        Raises Refused, NetworkFault, Cancelled for all that is no success, but returns 416.
        """
        ask = self._ask(url, {"Accept-Encoding": "identity", **(headers or {})}, _STREAM_SECONDS, is_file=True)
        self._pace.wait(origin(ask.url), work)
        try:
            return self._follow(ask, work)
        except Refused as error:
            if error.code != "not_found" or ask.site != CIVITAI or "/api/download/" not in ask.url:
                raise
        pause(_AGAIN_SECONDS, work)  # Civitai says so, too, when its storage does not answer (formats.md 6.8)
        return self._follow(ask, work)

    def first_bytes(self, url: str, count: int, work: Work | None = None) -> tuple[bytes, int, Mapping[str, str]]:
        """Return the first `count` bytes of a file (fewer if it is shorter), its size (0 unknown) and the headers of the answer."""

        def once() -> tuple[bytes, int, Mapping[str, str]]:
            with self.open(url, {"Range": f"bytes=0-{count - 1}"}, work) as answer:
                data = b"" if answer.status == 416 else answer.read_some(count)
                return data, total_of(answer), answer.headers

        return self._politely(once, work)

    def check_key(self, site: str, key: str, work: Work | None = None) -> str:
        """Return the name of the account a key belongs to. Raises Refused (bad_key), NetworkFault, Cancelled."""
        key = require_key(key)
        end, path, name_of = {
            CIVITAI: (self.endpoints.civitai, "/api/v1/me", "username"),
            HUGGING_FACE: (self.endpoints.huggingface, "/api/whoami-v2", "name"),
        }[site]
        found = self._asked(self._ask(end + path, _JSON, _API_SECONDS, key=key), work)[0]
        name = found.get(name_of) if isinstance(found, dict) else None
        if not isinstance(name, str) or not name:
            raise NetworkFault(tr("{site} did not say whose key this is. Try again later.", site=SITE_NAMES[site]), "not_json")
        return clean(name, (key,))

    def close(self) -> None:
        """Close the connections that are kept open for the next request."""
        with self._lock:
            if self._connections is not None:
                self._connections.close()
                self._connections = None

    def _ask(
        self, url: str, headers: Mapping[str, str], seconds: float, body: bytes | None = None, key: str = "", is_file: bool = False
    ) -> "_Ask":
        """Return what to ask: the key taken out of the address, or the one that is kept, for API hosts only."""
        url, token = without_token(usual_address(url), self.endpoints)
        site = api_site(url, self.endpoints)
        headers = {name: value for name, value in headers.items() if name.lower() not in _NOT_FROM_CALLERS}
        if site:
            key = key or (token if looks_like_key(token) else "") or self.keys.get(site)
        return _Ask(url, site, {"User-Agent": AGENT, **headers}, seconds, body, key if site else "", is_file)

    def _asked(self, ask: "_Ask", work: Work | None) -> tuple[Any, Mapping[str, str]]:
        def once() -> tuple[Any, Mapping[str, str]]:
            with self._pace.slot(origin(ask.url), work), self._follow(ask, work) as answer:
                return _understood(answer), answer.headers

        return self._politely(once, work)

    def _politely(self, once: Callable[[], T], work: Work | None) -> T:
        """Do it, and again a few times after faults that may pass, later each time."""
        for tries in range(TRIES):
            try:
                return once()
            except NetworkFault as error:
                if tries + 1 == TRIES or error.after > LONGEST_WAIT:
                    raise
                is_busy = error.code == "busy"
            if not is_busy:  # then the pace holds all back who ask this host
                pause(growing(tries), work)
        raise AssertionError("never reached")

    def _follow(self, ask: "_Ask", work: Work | None) -> Answer:
        """Ask, and go where the answers lead; the key stays behind as soon as that is another server."""
        url, method, body, key, told = ask.url, "GET" if ask.body is None else "POST", ask.body, ask.key, dict[str, str]()
        for _ in range(_MOST_HOPS + 1):
            answer = self._hop(method, url, _with_key(ask.headers, key), body, ask.seconds, work)
            if answer.status not in _REDIRECTS or not answer.headers.get("Location"):
                answer.headers.update({name: value for name, value in told.items() if name not in answer.headers})
                return self._taken(answer, ask)
            told.update({name: value for name in _OF_EARLIER_HOPS if (value := answer.headers.get(name))})
            if answer.status not in (307, 308):
                method, body = "GET", None
            url = _next(answer, ask, self.endpoints, key)
            if api_site(url, self.endpoints) != ask.site:
                key = ""
        raise NetworkFault(tr("{host} leads from one address to the next without end.", host=host_of(ask.url)), "server")

    def _hop(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, seconds: float, work: Work | None) -> Answer:
        """Ask one server once. The fault is raised outside of the `except`, or it would hold the request and with it the key."""
        from model_manager.core.online.reasons import FAULTS, fault_from

        try:
            return Answer(self._opened().send(method, url, headers, body, seconds, work), url)
        except FAULTS as error:
            fault = fault_from(error, host_of(url))
        raise fault

    def _taken(self, answer: Answer, ask: "_Ask") -> Answer:
        """Return an answer that is a success, else raise what it means."""
        if 200 <= answer.status < 300 or (answer.status == 416 and ask.is_file):
            self._pace.good(origin(answer.url))
            return answer
        body = answer.rest(_ERROR_LIMIT)
        fault = fault_of(Reply(answer.status, answer.headers, body, ask.url, self.endpoints, answer.url, ask.key))
        if isinstance(fault, NetworkFault) and (fault.code == "busy" or answer.status == 503):
            self._pace.busy(origin(answer.url), fault.after)
        raise fault

    def _opened(self) -> "Connections":
        from model_manager.core.online.connections import Connections

        with self._lock:
            if self._connections is None:
                self._connections = Connections(self._proxy)
            return self._connections


@dataclass(frozen=True, slots=True)
class _Ask:
    """What is asked. url: where it begins, without a key; site: whose API that is."""

    url: str
    site: str
    headers: Mapping[str, str]
    seconds: float
    body: bytes | None = None
    key: str = field(default="", repr=False)
    is_file: bool = False


def total_of(answer: Answer) -> int:
    """Return the size of the whole file that an answer is of, or a part of; 0 when it does not tell."""
    if found := re.search(r"/\s*(\d{1,18})\s*$", answer.headers.get("Content-Range", "")):
        return int(found[1])
    if re.fullmatch(r"\d{1,18}", linked := answer.headers.get("X-Linked-Size", "").strip()):
        return int(linked)
    return max(0, answer.length) if answer.status == 200 else 0


def _with_key(headers: Mapping[str, str], key: str) -> Mapping[str, str]:
    return {**headers, "Authorization": f"Bearer {key}"} if key else headers


def _next(answer: Answer, ask: _Ask, ends: Endpoints, key: str) -> str:
    """Return where a redirect leads. Raises Refused for what is no web address, and for a page to log in at."""
    location = answer.headers["Location"]
    answer.rest(_ERROR_LIMIT)
    with contextlib.suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")  # http.client reads headers as Latin-1
    try:
        target = usual_address(urljoin(answer.url, location.strip()))
    except ValueError:
        target = ""
    if not origin(target):
        text = tr("{host} leads to an address that is not on the web. It was not followed.", host=host_of(answer.url))
        raise Refused(text, "bad_request")
    target = without_token(target, ends)[0]
    if api_site(target, ends) == ask.site == CIVITAI and re.search(r"/login(?:$|\?)", target):
        raise login_page(Reply(answer.status, answer.headers, b"", ask.url, ends, answer.url, key))
    return target


def _understood(answer: Answer) -> Any:
    data = answer.read_all(JSON_LIMIT)
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(data)
    text = tr("{host} answered with something else than was asked for, perhaps a page. It will be tried again.", host=host_of(answer.url))
    raise NetworkFault(text, "not_json")
