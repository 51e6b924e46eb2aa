"""What one sidecar says, as a layer of plain values, and the small sieves that make foreign values safe.

Used by every reader of a dialect; merge puts the layers on top of each other. Values from sidecars are anything at all: wrong
types become nothing, long texts are cut, characters that cannot be stored are taken out. Nothing here raises.
"""

import math
import re
from typing import Any, NamedTuple, TypedDict

LINE_LIMIT = 1_000
TEXT_LIMIT = 256 * 1024
LIST_LIMIT = 1_000
_LARGEST = 2**63 - 1
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_HEX = "0123456789abcdefABCDEF"
_PAGE = re.compile(r"https?://(?:www\.)?([^/?#\s@\\]+)(?:[/?#][^\s<>\"]*)?\Z", re.IGNORECASE)
_CIVITAI_IDS = re.compile(r"/(?:(models)|model-versions)/(\d{1,18})(?:[/?#][^\s]*?\bmodelVersionId=(\d{1,18}))?")
_CIVITAI_HOSTS = frozenset(("civitai.com", "civitai.red", "civitai.green"))
_HUGGING_FACE_HOSTS = frozenset(("huggingface.co", "hf.co"))

Pairs = tuple[tuple[str, str], ...]


class Layer(TypedDict, total=False):
    """What one source says; a field that is missing or empty says nothing. Names are those of Details.

    ids: (model, version) on Civitai. recommended: (label, value). links: (label, url). is_html: left out = judge by the text.
    own: names of fields (see FieldValue) that the person set here, also to nothing; such a field is then empty, whoever else speaks.
    """

    name: str
    version: str
    author: str
    kind: str
    base_model: str
    description: str
    is_html: bool
    notes: str
    trigger_words: tuple[str, ...]
    negative_words: str
    tags: tuple[str, ...]
    recommended: Pairs
    links: Pairs
    hashes: dict[str, str]
    ids: tuple[int, int]  # left out unless one is known
    favourite: bool
    rating: int
    adult: bool
    license: str
    collections: tuple[str, ...]
    category: str
    group: str
    colour: str
    adult_level: int
    own: tuple[str, ...]


class Ranked(NamedTuple):
    """A layer and its place in the precedence; the lowest rank is heard first."""

    rank: int
    layer: Layer


# The order in which sources are believed.
(BODY, OWN, USER_INFO, USER_WEBUI, USER_LORA_MANAGER, USER_CM_INFO, INFO, CIVITAI_INFO, LORA_MANAGER, CM_INFO, FRONT, TEXT,
 HEADER) = range(13)  # fmt: skip


def text(value: object, limit: int = TEXT_LIMIT) -> str:
    """Return `value` as text of several lines, "" if it is none; numbers are written out."""
    if type(value) is not str:
        return "" if value is None else amount(value)
    value = value[:limit].strip()
    if "\0" in value:
        value = value.replace("\0", "")
    return storable(value)


def storable(value: str) -> str:
    """Return `value` with half characters (lone surrogates, as in broken JSON or undecodable file names) made question marks."""
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace").decode()
    return value


def line(value: object) -> str:
    """Return `value` as one line of text, "" if it is none."""
    if value is None:
        return ""
    if type(value) is not str:
        return amount(value)
    if value.isascii() and value.isprintable() and len(value) <= LINE_LIMIT:
        return value.strip()  # nearly all of them
    found = text(value, LINE_LIMIT)
    return found if found.isprintable() else _CONTROL.sub(" ", found).strip()


def amount(value: object) -> str:
    """Return a number without needless zeros ("0.8", "28"), "" for anything that is no finite number."""
    if type(value) is int:
        return str(value) if -_LARGEST <= value <= _LARGEST else ""
    return format(value, ".6g") if type(value) is float and math.isfinite(value) else ""


def whole(value: object) -> int:
    """Return a positive whole number, given as number or as digits; else 0."""
    if type(value) is str and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    return value if type(value) is int and 0 < value <= _LARGEST else 0


def highest_level(value: object) -> int:
    """Return the highest of Civitai's levels in an OR of them (1 PG, 2 PG-13, 4 R, 8 X, 16 XXX, 32 blocked), 0 for none.

    (civitai/civitai:src/shared/constants/browsingLevel.constants.ts)
    """
    return 1 << (value.bit_length() - 1) if type(value) is int and 0 < value < 64 else 0


def mapping(value: object) -> dict[str, Any]:
    """Return `value` if it is a JSON object, else an empty one."""
    return value if type(value) is dict else {}


def items(value: object) -> list[Any]:
    """Return the first entries of `value` if it is a list, else none."""
    return value[:LIST_LIMIT] if type(value) is list else []


def truth(value: object) -> bool | None:
    """Return a yes or no given as bool or word, None for anything else."""
    if type(value) is bool:
        return value
    return {"true": True, "yes": True, "false": False, "no": False}.get(value.lower()) if type(value) is str else None


def groups(value: object) -> tuple[str, ...]:
    """Return trigger words, one entry per group as trained: a list of groups, or one group. Stray commas and doubles go."""
    if not value:
        return ()
    return _once([line(entry).strip(" ,") for entry in ([value] if type(value) is str else items(value))])


def labels(value: object) -> tuple[str, ...]:
    """Return tags from a list of words, of objects with a `name` (Civitai's older answers), or from one text with commas."""
    if not value:
        return ()
    found = value[:TEXT_LIMIT].split(",")[:LIST_LIMIT] if type(value) is str else items(value)
    return _once([line(entry.get("name") if type(entry) is dict else entry) for entry in found])


def _once(words: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, words)))


def hashes(value: object) -> dict[str, str]:
    """Return algorithm -> hex, both lower case, of what looks like hashes (`{"SHA256": ..., "AutoV2": ...}`)."""
    return {
        name.lower(): entry.lower()
        for name, entry in mapping(value).items()
        if type(entry) is str and 8 <= len(entry) <= 128 and not entry.strip(_HEX) and len(name) <= 20
    }


def pairs(*found: tuple[str, str]) -> Pairs:
    """Return the (label, value) pairs that have a value."""
    return tuple([pair for pair in found if pair[1]])


def page(value: object) -> Pairs:
    """Return a web page as one (label, url) pair, labelled by its host; nothing unless it is a plain http(s) address."""
    if not value:
        return ()
    address = value.strip() if type(value) is str and len(value) <= 2_000 else ""
    match = _PAGE.match(address)
    if not match or not address.isprintable():
        return ()
    return ((_host_label(match[1].lower()), address),)


def _host_label(host: str) -> str:
    if host in _CIVITAI_HOSTS:
        return "Civitai"
    return "Hugging Face" if host in _HUGGING_FACE_HOSTS else host


def page_ids(links: Pairs) -> tuple[int, int]:
    """Return (model, version) of the first Civitai page among `links`; 0 for what it does not name."""
    for label, url in links:
        if label == "Civitai" and (match := _CIVITAI_IDS.search(url)):
            found = int(match[2])
            return (found, int(match[3] or 0)) if match[1] else (0, found)
    return (0, 0)


def known_ids(model: object, version: object) -> Layer:
    """Return a layer with the ids on Civitai, empty when there is none."""
    found = (whole(model), whole(version))
    return {"ids": found} if any(found) else {}
