"""What a pasted text leads to, understood without network: one `Link` per piece, a bad one with its problem.

Called by offers, the link dialog, the command line and the link handler. It never raises and never connects.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from model_manager.core.online import link_civitai, link_hubs
from model_manager.core.online.link_pieces import LONGEST, Address, address_of, is_meant, lines_of
from model_manager.core.online.records import CIVITAI, GITHUB, HUGGING_FACE, PLAIN, Link
from model_manager.core.words import tr

_ACCOUNT: Final = re.compile(r"(?<=//)[^/?#\s]*@")  # what a bad link is shown and logged without
_TOKEN: Final = re.compile(r"(?<=[?&])(?:token|api_key|apikey)=[^&#\s]*&?", re.IGNORECASE)
_WINDOWS: Final = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{1,20}):")
_HOST: Final = re.compile(r"(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}(?::[0-9]+)?(?:/|$)|localhost[:/]|\[", re.IGNORECASE)
_OUR_SCHEME: Final = "comfy-models:"
_OURS: Final = ("http", "https", "urn", "air", "hf", "civitai", "huggingface", "")
_LEAST_ID: Final = 1000  # beside a link a smaller number is taken for a word of the text


def parse_links(text: str, origins: Sequence[tuple[str, str]] = ()) -> list[Link]:
    """Return a Link for each piece of `text` in its order; several a line, between blanks or commas.

    origins: (site, address) pairs whose pages count as the site's too: configured mirrors ("https://hf-mirror.com"). Words around
    links are left out; a line that holds no link at all is one Link with a problem. Values of `token=` are dropped from links to sites.
    """
    found: list[Link] = []
    for pieces in lines_of(text):
        found += _line(pieces, origins)
    return found


def _line(pieces: list[str], origins: Sequence[tuple[str, str]]) -> list[Link]:
    links = [_link(piece, origins) for piece in pieces]
    if any(map(is_meant, pieces)):
        if all(not link.problem and (link.model_id == 0 or link.model_id >= _LEAST_ID or is_meant(link.text)) for link in links):
            return links
        return [link for piece, link in zip(pieces, links, strict=True) if is_meant(piece)]
    if len(links) == 1 or sum(bool(link.problem) for link in links) * 2 <= len(links):
        return links
    return [_bad(" ".join(pieces)[:LONGEST])]  # a sentence in which a number or an "and/or" stands


def _bad(text: str) -> Link:
    return Link(text, problem=tr("This is not a link to a model. Paste the address of its page."))


def _link(piece: str, origins: Sequence[tuple[str, str]], is_inner: bool = False) -> Link:
    if len(piece) > LONGEST:
        return Link(piece[:200], problem=tr("This is too long for a link."))
    if piece.lower().startswith(_OUR_SCHEME) and not is_inner:
        return replace(_link(_inner(piece), origins, True), text=piece)
    if problem := _foreign(piece):
        return Link(_ACCOUNT.sub("", piece), problem=problem)
    lowered = piece.lower()
    if lowered.startswith("hf:"):
        return link_hubs.short_link(piece, piece[3:].lstrip("/"), True) or _bad(piece)
    found = link_civitai.numbers_link(piece) or link_civitai.air_link(piece)
    if found is None and not lowered.startswith(("http:", "https:", "//", "www.")) and not _HOST.match(piece):
        found = link_hubs.short_link(piece, piece, False) or _bad(piece)
    if found is not None:
        return found
    address = address_of(piece)
    return _addressed(piece, address, origins) if address else _bad(piece)


def _inner(piece: str) -> str:
    """The link within one of our own scheme: comfy-models://download?link=..., or an address with our scheme in front."""
    rest = piece[len(_OUR_SCHEME) :].lstrip("/")
    try:
        fields = dict(parse_qsl(rest.partition("?")[2], max_num_fields=20))
    except ValueError:
        fields = {}
    return fields.get("link") or fields.get("url") or (unquote(rest) if rest[:14].lower().startswith(("http%3a", "https%3a")) else rest)


def _foreign(piece: str) -> str:
    """Why a piece of a scheme other than http cannot be used, "" where it may be."""
    if _WINDOWS.match(piece):
        return tr("This is a file on this computer. Drop it on the window instead.")
    scheme = _SCHEME.match(piece)
    name = scheme[1].lower() if scheme else ""
    if name in _OURS:
        return ""
    if name == "file":
        return tr("This is a file on this computer. Drop it on the window instead.")
    if name == "magnet":
        return tr("Magnet links need a torrent program. Paste the address of a page or a file.")
    if name in ("javascript", "data", "blob", "about", "mailto"):
        return tr("This does not lead to a file. Paste the address of a page or a file.")
    if _HOST.match(piece) or ("//" not in piece and not is_meant(piece)):
        return ""
    return tr("Links that begin with {scheme}: cannot be downloaded. Paste one that begins with https:.", scheme=name)


def _addressed(piece: str, address: Address, origins: Sequence[tuple[str, str]]) -> Link:
    if address.has_account:
        return Link(
            _ACCOUNT.sub("", _TOKEN.sub("", piece)),
            problem=tr("The link holds a name or a password. Take it out, and paste the link again."),
        )
    text = _TOKEN.sub("", piece).rstrip("?&")
    if address.host in link_civitai.HOSTS:
        return _civitai(text, address)
    if address.host in link_civitai.PICTURE_HOSTS:
        return link_civitai.picture_link(text, address)
    if address.host in link_hubs.HUB_HOSTS:
        return link_hubs.hub_link(text, address)
    if address.host in link_hubs.GITHUB_HOSTS:
        return link_hubs.github_link(text, address)
    for site, origin in origins:
        if (below := _below(address, origin)) is not None:
            link = _civitai(text, below) if site == CIVITAI else link_hubs.hub_link(text, below) if _has_action(below) else None
            if link is not None and not link.problem:
                return link
    return _plain(piece, address)


def _civitai(text: str, address: Address) -> Link:
    if address.parts == ("login",) and (aim := address.query.get("returnurl", "")).startswith("/"):
        inner = address_of(f"{address.scheme}://{address.host}{aim}")
        return link_civitai.civitai_link(text, inner) if inner else _bad(text)
    return link_civitai.civitai_link(text, address)


def _below(address: Address, origin: str) -> Address | None:
    """The address counted from a mirror's own, None when it is not on that mirror."""
    top = address_of(origin) if origin else None
    if top is None or top.host != address.host or address.parts[: len(top.parts)] != top.parts:
        return None
    count = len(top.parts)
    return replace(address, parts=address.parts[count:], raw=address.raw[count:])


def _has_action(address: Address) -> bool:
    """Whether the address has the shape of Hugging Face's: a mirror's host may serve files of its own as well."""
    parts = address.parts[1:] if address.parts[:1] in (("datasets",), ("spaces",)) else address.parts
    return len(parts) == 2 or parts[:1] == ("api",) or any(part in ("blob", "resolve", "raw", "tree", "commit") for part in parts[1:3])


def _plain(piece: str, address: Address) -> Link:
    last = address.parts[-1] if address.parts else ""
    if not last and not address.query:
        return Link(piece, PLAIN, problem=tr("This is the address of a site, not of a file."))
    if last.lower().endswith((".html", ".htm", ".torrent")):
        return Link(piece, PLAIN, problem=tr("This leads to a page, not to a model's file."))
    return Link(piece, PLAIN, path=last, url=address.url)


def key_of(link: Link) -> str:
    """Return a text that two links to the same thing have in common, however they are written."""
    if link.problem:
        return f"?{link.text}"
    if link.site == CIVITAI:
        if link.image_id:
            return f"{CIVITAI}:image:{link.image_id}"
        what = f"version:{link.version_id}" if link.version_id else f"model:{link.model_id}"
        return f"{CIVITAI}:{what}" + (f":file:{link.file_id}" if link.file_id else "")
    if link.site == HUGGING_FACE:
        revision = "" if link.revision == "main" else link.revision
        return f"{HUGGING_FACE}:{link.repo.lower()}@{revision}:{link.path.strip('/')}{'/' if link.is_folder else ''}"
    if link.site == GITHUB:
        kind = "release" if "/releases/" in link.url else "raw"
        return f"{GITHUB}:{kind}:{link.repo.lower()}@{link.revision}:{link.path}"
    return f"{PLAIN}:{_canonical(link.url)}"


def _canonical(url: str) -> str:
    address = address_of(url)
    if address is None:
        return url
    path = "/".join(quote(part, safe="") for part in address.parts)
    query = urlsplit(address.url).query
    return f"{address.scheme}://{address.host}/{path}" + (f"?{query}" if query else "")


def page_of(link: Link) -> str:
    """Return the address of the page that shows what a link names, for a browser; "" where there is none. It names the same as the link."""
    if link.problem:
        return ""
    if link.site == CIVITAI:
        if link.image_id:
            return f"https://civitai.com/images/{link.image_id}"
        version, file = (f"modelVersionId={link.version_id}" if link.version_id else ""), (f"fileId={link.file_id}" if link.file_id else "")
        if not link.model_id:
            return f"https://civitai.com/model-versions/{link.version_id}" + (f"?{file}" if file else "")
        fields = "&".join(filter(None, (version, file)))
        return f"https://civitai.com/models/{link.model_id}" + (f"?{fields}" if fields else "")
    if link.site == HUGGING_FACE:
        if not link.path and not link.revision:
            return f"https://huggingface.co/{link.repo}"
        action = "tree" if link.is_folder else "blob"
        path = f"/{quote(link.path)}" if link.path else ""
        return f"https://huggingface.co/{link.repo}/{action}/{quote(link.revision or 'main', safe='')}{path}"
    return link.url
