"""Where the sites are asked: the real ones, or a mirror put in their place; and to which addresses a key may be sent.

Used by web and the sites' clients. Plain functions on text, no network. A key must never go anywhere that `api_site` does not name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit, urlunsplit

from model_manager.core.online.records import CIVITAI, HUGGING_FACE
from model_manager.core.settings import Settings

REAL_CIVITAI, REAL_HUGGING_FACE, REAL_GITHUB = "https://civitai.com", "https://huggingface.co", "https://api.github.com"
# the API answers on both of these with the same keys (formats.md 6.10)
_CIVITAI_ORIGINS = (REAL_CIVITAI, "https://civitai.red")
# other names of the real sites: pages live there, or they only lead on; asked is the name that has the API
_OTHER_NAMES = {
    "hf.co": "huggingface.co", "www.hf.co": "huggingface.co", "www.huggingface.co": "huggingface.co",
    "www.civitai.com": "civitai.com", "www.civitai.red": "civitai.red", "civitai.green": "civitai.com", "www.civitai.green": "civitai.com",
}  # fmt: skip
_OWN_HOSTS = frozenset((*_OTHER_NAMES, *_OTHER_NAMES.values()))
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where each API is: scheme://host[:port][/prefix] without a slash at the end."""

    civitai: str = REAL_CIVITAI
    huggingface: str = REAL_HUGGING_FACE
    github: str = REAL_GITHUB

_HUB_ROUTE: Final = re.compile(r"/api/(?:models|datasets|spaces|whoami-v2)\b|/[^?#]+/(?:resolve|raw|blob|tree)/")  # formats.md 7.1, 7.2


def endpoints(settings: Settings, environ: Mapping[str, str]) -> Endpoints:
    """Return where to ask: CIVITAI_ENDPOINT, HF_ENDPOINT and GITHUB_ENDPOINT win over the settings, these over the real sites.

    What is no address at all counts as not set.
    """
    return Endpoints(
        as_endpoint(environ.get("CIVITAI_ENDPOINT", "")) or as_endpoint(settings.civitai_endpoint) or REAL_CIVITAI,
        as_endpoint(environ.get("HF_ENDPOINT", "")) or as_endpoint(settings.huggingface_endpoint) or REAL_HUGGING_FACE,
        as_endpoint(environ.get("GITHUB_ENDPOINT", "")) or REAL_GITHUB,
    )


def as_endpoint(text: str) -> str:
    """Return what somebody wrote as an endpoint, https where no scheme is told; "" when it cannot be one."""
    text = text.strip()
    parts = _split(text if "://" in text else "https://" + text)
    if not text or parts is None or parts.scheme not in _PORTS or not parts.hostname:
        return ""
    return usual_address(origin(urlunsplit(parts)) + parts.path.rstrip("/"))


def origin(url: str) -> str:
    """Return scheme://host[:port] of an address in lower case, without a port that goes without saying; "" when there is none."""
    parts = _split(url)
    if parts is None or not parts.hostname or parts.scheme not in _PORTS:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = parts.port
    return f"{parts.scheme}://{host}" + (f":{port}" if port is not None and port != _PORTS[parts.scheme] else "")


def asked_now(url: str, site: str, ends: Endpoints) -> str:
    """Return the address of a file of `site` where that site is asked now: a task may have been stored when another mirror was in use.

    What lies elsewhere is not looked for on this computer: that is the demo's own site, which does not have it.
    """
    end = {CIVITAI: ends.civitai, HUGGING_FACE: ends.huggingface}.get(site)
    parts = _split(url)
    if end is None or parts is None or origin(url) == origin(end) or (_is_here(end) and not _is_here(url)):
        return url
    place = parts.path.find("/api/download/") if site == CIVITAI else 0
    return end + urlunsplit(("", "", parts.path[place:], parts.query, "")) if place >= 0 else url


def _is_here(url: str) -> bool:
    """Whether an address is of this computer."""
    return host_of(url) in ("localhost", "127.0.0.1", "::1")


def host_of(url: str) -> str:
    """Return the host of an address, to be shown; "" when there is none."""
    return (parts.hostname or "") if (parts := _split(url)) is not None else ""


def api_site(url: str, ends: Endpoints) -> str:
    """Return whose key may go to this address: CIVITAI, HUGGING_FACE, or "" for all the world else."""
    found = origin(url)
    if not found:
        return ""
    sites = {CIVITAI: ends.civitai, HUGGING_FACE: ends.huggingface}
    near = [site for site, end in sites.items() if origin(end) == found]
    if not near and ends.civitai in _CIVITAI_ORIGINS and found in _CIVITAI_ORIGINS:
        return CIVITAI
    # two mirrors may share one host; then what stands before the path tells them apart
    below = [site for site in near if url.startswith(sites[site] + "/")]
    if len(below) == 2 and len(set(sites.values())) == 1:  # one address stands for both sites: the routes do
        return HUGGING_FACE if _HUB_ROUTE.match(url.removeprefix(ends.huggingface)) else CIVITAI
    return max(below, key=lambda site: len(sites[site])) if below else near[0] if near else ""


def usual_address(url: str) -> str:
    """Return the address under the name that has the API: hf.co is huggingface.co, www.civitai.com is civitai.com, always by https.

    Who is named before an @ is left out, and so is what stands behind a #.
    """
    parts = _split(url)
    if parts is None or not parts.hostname:
        return url
    if parts.hostname in _OWN_HOSTS and parts.port in (None, 80, 443):
        return urlunsplit(("https", _OTHER_NAMES.get(parts.hostname, parts.hostname), parts.path, parts.query, ""))
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))


def without_token(url: str, ends: Endpoints) -> tuple[str, str]:
    """Return the address without a key somebody wrote into it (`token=`), and that key ("" for none).

    Only for the sites' own hosts: elsewhere, as in a signed storage address, `token` is the address's own affair.
    """
    parts = _split(url)
    pieces = parts.query.split("&") if parts is not None else []
    if parts is None or "token" not in map(_name, pieces) or not (api_site(url, ends) or parts.hostname in _OWN_HOSTS):
        return url, ""
    kept = [piece for piece in pieces if _name(piece) != "token"]
    found = [value for piece in pieces if _name(piece) == "token" for _, value in parse_qsl(piece)]
    return urlunsplit(parts._replace(query="&".join(kept))), found[-1].strip() if found else ""


def with_params(url: str, params: Mapping[str, object] | None) -> str:
    """Return the address with these parameters added; a list gives one of each, None is left out, truth is true or false."""
    pieces = []
    for name, value in (params or {}).items():
        for one in value if isinstance(value, list | tuple) else (value,):
            if one is not None:
                text = str(one).lower() if isinstance(one, bool) else str(one)
                pieces.append(f"{quote(name, safe='')}={quote(text, safe='')}")
    return url + ("&" if "?" in url else "?") + "&".join(pieces) if pieces else url


def _name(piece: str) -> str:
    found = parse_qsl(piece, keep_blank_values=True)
    return found[0][0].strip().lower() if found else ""


def _split(url: str) -> SplitResult | None:
    """Return the parts of an address, None when it is none: no brackets that do not close, no port that is no number."""
    try:
        parts = urlsplit(url.strip())
        return parts if parts.port is None or parts.port >= 0 else None
    except ValueError:
        return None
