"""What is brought to the program from outside: links of a browser, links and files on its command line.

Used by the command line, by the window, and by a second start that hands over to the first. A link of our own scheme may come from any
page, so it is unwrapped strictly here, and nothing that comes is ever acted on before a person has seen it.
"""

import json
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

SCHEME: Final = "comfy-models"
MOST, LONGEST, LARGEST = 100, 4000, 1 << 20  # links at once, letters of one, bytes of a message
_LINK: Final = re.compile(r"(https?://|urn:air:|air:|hf:|comfy-models:)\S", re.IGNORECASE)
_INNER: Final = re.compile(r"(https?://[^\s/]+\.|https?://[^\s/]+/|urn:air:|air:)\S", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True)
class Errand:
    """What a start of the program was asked for. links: texts for the link dialog; files: full paths; search: a query.

    token: what the desktop gave the start so that a window may come to the front, "" for nothing.
    """

    links: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    search: str = ""
    token: str = ""


def is_link(word: str) -> bool:
    """Return whether a word of the command line is a link, not a command or a path."""
    return _LINK.match(word) is not None


def unwrapped(link: str) -> str:
    """Return the link within one of our own scheme, another link as it is; "" for one that must not be followed.

    comfy-models://download?url=<percent-encoded link> or comfy-models:<link>; within it http, https and AIR only.
    """
    link = link.strip()[:LONGEST]
    if not link.lower().startswith(SCHEME + ":"):
        return link
    try:
        inner = _inner(link)
        is_fine = _INNER.match(inner) is not None and _CONTROL.search(inner) is None and "@" not in urlsplit(inner).netloc
    except ValueError:  # brackets that do not close, a thousand parameters
        return ""
    return inner if is_fine else ""


def _inner(link: str) -> str:
    rest = link[len(SCHEME) + 1 :]
    parts = urlsplit(link)
    if parts.netloc.lower() == "download" or rest.lower().startswith("download?"):
        return parse_qs(parts.query, max_num_fields=20).get("url", [""])[0]
    rest = rest.removeprefix("//")
    return unquote(rest) if re.match(r"(https?|urn|air)%3a", rest, re.IGNORECASE) else rest


def errand(words: Iterable[str], search: str = "", token: str = "") -> Errand:
    """Return what words of the command line ask for: those that are files here, and links."""
    links, files = [], []
    for word in words:
        if not is_link(word) and os.path.exists(word):
            files.append(os.path.abspath(word))
        elif link := unwrapped(word):
            links.append(link)
    return Errand(tuple(links[:MOST]), tuple(files), search, token)


def packed(told: Errand) -> bytes:
    """Return an errand as one line."""
    return json.dumps(asdict(told)).encode() + b"\n"


def unpacked(line: bytes) -> Errand | None:
    """Return the errand in a line, None when it is none. Links in it are looked at again: whoever can reach us may have written it."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    links = [link for link in map(unwrapped, _texts(found.get("links"))) if link]
    files = [path for path in _texts(found.get("files")) if os.path.isabs(path)]
    search, token = found.get("search"), found.get("token")
    return Errand(tuple(links), tuple(files), search if isinstance(search, str) else "", token if isinstance(token, str) else "")


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)][:MOST] if isinstance(value, list) else []
