"""One file at an address of its own: what its server tells of it before it is downloaded.

Called by offers and github. It asks for the first bytes only, as servers do not answer HEAD alike.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from model_manager.core.errors import Refused
from model_manager.core.online.link_hubs import is_model_name
from model_manager.core.online.records import PLAIN, Offer, RemoteFile, Version
from model_manager.core.online.web import Web
from model_manager.core.sidecars.fetched import public
from model_manager.core.words import tr
from model_manager.core.work import Work

_LOOKED_AT: Final = 512
_STARRED: Final = re.compile(r"filename\*\s*=\s*\"?([\w-]{0,20})'[^']{0,40}'([^;\"\s]{1,1000})", re.IGNORECASE)
_QUOTED: Final = re.compile(r"filename\s*=\s*\"((?:[^\"\\]|\\.){1,1000})\"", re.IGNORECASE)
_BARE: Final = re.compile(r"filename\s*=\s*([^;\"\s]{1,1000})", re.IGNORECASE)
_HEX64: Final = re.compile(r"[0-9a-f]{64}")


def name_told(disposition: str) -> str:
    """Return the bare file name that a Content-Disposition header tells (RFC 6266), "" for none."""
    if match := _STARRED.search(disposition):
        charset = "latin-1" if match[1].lower() == "iso-8859-1" else "utf-8"
        return _bare(unquote(match[2], charset, "replace"))
    if match := _QUOTED.search(disposition):
        return _bare(re.sub(r"\\(.)", r"\1", match[1]) if "\\" in match[1] and ":" not in match[1] else match[1])
    match = _BARE.search(disposition)
    return _bare(unquote(match[1])) if match else ""


def _bare(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2].strip()


def name_of_url(url: str) -> str:
    """Return the file name that an address tells, by what its storage was asked to call it or by its path; "" for none."""
    try:
        split = urlsplit(url)
        told = parse_qs(split.query, max_num_fields=100).get("response-content-disposition", [""])[0]
    except ValueError:
        return ""
    return name_told(told) or _bare(unquote(split.path, errors="replace"))


def offer_at(web: Web, url: str, work: Work | None = None) -> Offer:
    """Return the file at an address as an offer of one version. Raises Refused (not_a_file: a page is there), NetworkFault, Cancelled.

    A key or a signature in the address is only where the download begins: ids and pages are shown, and written into sidecars.
    """
    data, total, headers = web.first_bytes(url, _LOOKED_AT, work=work)
    told = {name: headers.get(name, "") or "" for name in ("Content-Type", "Content-Disposition", "ETag", "X-Linked-ETag", "X-Linked-Size")}
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    is_page = told["Content-Type"].lower().startswith(("text/html", "application/xhtml")) or start.startswith((b"<!doctype html", b"<html"))
    if is_page or (start.startswith(b"{") and told["Content-Type"].lower().startswith("application/json") and not _told(told, url)):
        text = tr("This address leads to a page, not to a file. Open it, and copy the address of the download.")
        raise Refused(text, "not_a_file", public(url))
    name = _told(told, url) or urlsplit(url).netloc
    id = public(url)
    file = RemoteFile(
        id=id,
        name=name,
        url=url,
        size=total,
        is_size_exact=total > 0,
        hashes=_hashes(told),
        is_primary=True,
        is_model=is_model_name(name) or "." not in name,
    )
    host = urlsplit(url).netloc
    version = Version(id=id, files=(file,), page=id, offer=id)
    return Offer(PLAIN, id, name, page=id, author="", versions=(version,), chosen=id, chosen_file=id, notice=tr("From {host}.", host=host))


def _told(headers: Mapping[str, str], url: str) -> str:
    return name_told(headers["Content-Disposition"]) or name_of_url(url)


def _hashes(headers: Mapping[str, str]) -> dict[str, str]:
    """Hugging Face's own header tells the sha256 of large files; any other tag of a server means nothing to us."""
    linked = headers["X-Linked-ETag"].removeprefix("W/").strip('"').lower()
    return {"sha256": linked} if _HEX64.fullmatch(linked) else {}
