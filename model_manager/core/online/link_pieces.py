"""Cuts what was pasted into pieces that may be links, and a piece that is an address into its parts.

Called by links and by nobody else. Pure text, linear in its length; it never raises, whatever was pasted.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

LONGEST: Final = 4_000  # characters of one link
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos|nbsp);")
# Soft hyphen, zero-width and direction marks, as messengers and web pages put them into what is copied
_UNSEEN: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\x00-\x08\x0e-\x1b]")
_MARKDOWN: Final = re.compile(r"\[[^\[\]\n]{0,300}\]\(\s{0,9}<?([^()\s<>]{1,2000}(?:\([^()\s<>]{0,500}\)[^()\s<>]{0,2000})?)")
_BETWEEN: Final = re.compile(r"[\s<>\"`|{}^“”„«»‹›，、；。！？（）【】「」『』《》]+")
_NEXT: Final = re.compile(r"[,;]+(?=$|(?:https?:|hf:|urn:|air:)|(?:www\.|civitai\.|huggingface\.co|hf\.co|github\.com))", re.IGNORECASE)
_COMMAS: Final = re.compile(r"[,;]+")
_ESCAPED: Final = re.compile(r"\\([_*~#()\[\]-])")  # as Markdown editors write such signs in addresses
_MARKER: Final = re.compile(r"[0-9]{1,3}[.)]|[^0-9A-Za-z]*")
_OPENERS: Final = "([<'*•·–—’‘,;!:="
_CLOSERS: Final = ".,;:!?'*’‘…\\>"
_PAIRS: Final = ((")", "("), ("]", "["))
_MEANT: Final = re.compile(
    r"(?:https?|ftps?|sftp|file|magnet|javascript|data|mailto|urn|air|hf|civitai|huggingface|comfy-models|blob|about|ed2k|s3|gs|ssh|git):"
    r"|[a-z][a-z0-9+.-]{0,20}://|//|www\.|[a-z]:[\\/]|\\\\|(?:[a-z0-9-]{1,63}\.){1,9}[a-z]{2,24}(?::[0-9]+)?/",
    re.IGNORECASE,
)
_INSIDE: Final = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """A web address in parts. host: lower case, with a port other than the usual one; parts: its path, decoded, without empty
    ones; raw: the same as written; query: names in lower case -> first value."""

    scheme: str
    host: str
    parts: tuple[str, ...] = ()
    raw: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    has_account: bool = False


def lines_of(text: str) -> list[list[str]]:
    """Return the pieces of each line that holds any, cleaned of what surrounds a link in mails, chats, lists and web pages."""
    for _ in range(2):  # copied out of source text, entities are often there twice
        if "&" in text:
            text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    text = _MARKDOWN.sub(r" \1 ", _UNSEEN.sub("", text)) if "](" in text else _UNSEEN.sub("", text)
    found = [_pieces(line) for line in text.splitlines()]
    return [pieces for pieces in found if pieces]


def is_meant(piece: str) -> bool:
    """Return whether a piece can only be meant as a link, so that the words around it are prose."""
    return _MEANT.match(piece) is not None


def _pieces(line: str) -> list[str]:
    rough = [piece for piece in _BETWEEN.split(line) if not _MARKER.fullmatch(piece)]
    clean = [_trimmed(piece) for whole in rough for piece in (_NEXT if "://" in whole else _COMMAS).split(whole)]
    return [piece for piece in clean if not _MARKER.fullmatch(piece)]


def _trimmed(piece: str) -> str:
    piece = piece.lstrip(_OPENERS)
    before = ""
    while piece != before:
        before = piece
        piece = piece.rstrip(_CLOSERS)
        for closer, opener in _PAIRS:
            if piece.endswith(closer) and piece.count(opener) < piece.count(closer):
                piece = piece[:-1]
    inner = _INSIDE.search(piece, 0, 200)
    if inner is None:
        return piece
    if not _MEANT.match(piece) and not {"?", "/"} & set(piece[: inner.start()]):  # href=https://..., Link:https://...
        piece = piece[inner.start() :]
    return _ESCAPED.sub(r"\1", piece)


def address_of(piece: str) -> Address | None:
    """Return the parts of a web address, with or without its scheme; None for what is none."""
    lowered = piece[:8].lower()
    if piece.startswith("//"):
        piece = "https:" + piece
    elif not lowered.startswith(("http:", "https:")):
        piece = "https://" + piece
    try:
        split = urlsplit(piece)
        host, port = (split.hostname or "").rstrip("."), split.port
        query = parse_qsl(split.query, keep_blank_values=True, max_num_fields=100, errors="replace")
    except ValueError:  # brackets that are no IPv6 address, a port that is no number, a query of a thousand fields
        return None
    if not host or not piece.isprintable() or " " in host:
        return None
    usual = {"http": 80, "https": 443}.get(split.scheme)
    raw = tuple(part for part in split.path.split("/") if part)
    named: dict[str, str] = {}
    for name, value in query:
        named.setdefault(name.lower(), value)
    return Address(
        scheme=split.scheme,
        host=host if port in (None, usual) else f"{host}:{port}",
        parts=tuple(unquote(part, errors="replace") for part in raw),
        raw=raw,
        query=named,
        url=split._replace(fragment="").geturl(),
        has_account="@" in split.netloc,
    )
