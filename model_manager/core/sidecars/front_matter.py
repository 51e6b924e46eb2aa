"""The YAML at the top of a `.md` (hayden's descriptions and others): finding it, reading it, making a new one.

Called by merge and notes. YAML from strangers: everything is read as text from the stream of events, so no object is built, no
alias is multiplied and no nesting reaches the C stack (PyYAML's C loader dies of deep nesting). yaml is imported on first need.
"""

import re
from collections.abc import Mapping
from typing import Any

from model_manager.core.errors import BadSidecar
from model_manager.core.library.entry import Details, Problem
from model_manager.core.sidecars.civitai import flat_layer
from model_manager.core.sidecars.fetched_text import apart
from model_manager.core.sidecars.layer import BODY, FRONT, Layer, Ranked, line
from model_manager.core.sidecars.reading import bad_header
from model_manager.core.words import tr

HEAD_LIMIT = 64 * 1024
MOST_ALIASES = 32
DEEPEST = 16
_OPEN = re.compile(r"\ufeff?---[ \t]*\r?\n")
_CLOSE = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_NAMED = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*+(?:[^\s#\-\[>|][^\n]*?:(?:\s|\Z)|\{|\Z)")
_BLANK = re.compile(r"[ \t]*\r?\n")
_NOTHING = frozenset(("", "~", "null", "Null", "NULL"))
_HAYDEN_HASHES = {"sha256": "SHA256", "autov1": "AutoV1", "autov2": "AutoV2", "autov3": "AutoV3", "crc32": "CRC32", "blake3": "BLAKE3"}
_WEBSITES = {"Civitai": "Civitai", "Hugging Face": "HuggingFace"}


def split(text: str) -> tuple[str, str, str]:
    """Return (head, yaml, body): head runs to the blank line after the closing `---`, yaml is what lies between the lines.

    Without front matter the head is empty (or the byte order mark). Head + body is always the whole text.
    """
    start = _OPEN.match(text)
    if start and (end := _CLOSE.search(text, start.end())):
        inner = text[start.end() : end.start()]
        if _NAMED.match(inner):
            blank = _BLANK.match(text, end.end())
            cut = blank.end() if blank else end.end()
            return text[:cut], inner, text[cut:]
    cut = text.startswith("\ufeff")
    return text[:cut], "", text[cut:]


def unix_lines(text: str) -> str:
    r"""Return text with every line end as `\n`."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def layers(name: str, text: str, problems: list[Problem]) -> list[Ranked]:
    """Return the notes of a `.md` and what its front matter says; a front matter that cannot be used goes to `problems`.

    What a fetch wrote into the body is no note; `.info` tells the same.
    """
    _, inner, body = split(text)
    notes: Layer = {"notes": unix_lines(apart(body)[1]).strip()}
    found = [Ranked(BODY, notes)]
    if inner.strip():
        try:
            found.append(Ranked(FRONT, _front(parse(name, inner))))
        except BadSidecar as fault:
            problems.append(Problem("bad_sidecar", fault.text))
    return found


def _front(data: dict[str, Any]) -> Layer:
    layer = flat_layer(data)
    layer["name"] = layer["name"] or line(data.get("title"))
    return layer


def parse(name: str, inner: str) -> dict[str, Any]:
    """Return YAML as text, lists and mappings of text. Raises BadSidecar when it is broken, hostile or no mapping."""
    import yaml

    if len(inner) > HEAD_LIMIT:
        raise bad_header(name, tr("it is larger than {limit} KB", limit=HEAD_LIMIT >> 10))
    try:
        root = _build(name, yaml.parse(inner, getattr(yaml, "CBaseLoader", yaml.BaseLoader)))
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = tr("it is not valid YAML (line {line})", line=mark.line + 2) if mark else tr("it is not valid YAML")
        raise bad_header(name, reason) from None
    if type(root) is not dict:
        raise bad_header(name, tr("it does not consist of names and values"))
    return root


def _build(name: str, events: Any) -> object:
    """Return the first value of a stream of YAML events. Anchors stand for texts only; more aliases than people write are refused."""
    import yaml

    stack: list[list[Any]] = [[]]
    anchors: dict[str, str] = {}
    aliases = 0
    for event in events:
        if isinstance(event, yaml.ScalarEvent):
            value = "" if not event.style and event.value in _NOTHING else event.value
            if event.anchor:
                anchors[event.anchor] = value
            stack[-1].append(value)
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(stack) > DEEPEST:
                raise bad_header(name, tr("it is nested too deeply"))
            stack.append([])
        elif isinstance(event, yaml.CollectionEndEvent):
            inside = stack.pop()
            stack[-1].append(_mapping(inside) if isinstance(event, yaml.MappingEndEvent) else inside)
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
            if aliases > MOST_ALIASES:
                raise bad_header(name, tr("it refers to itself too often"))
            stack[-1].append(anchors.get(event.anchor or "", ""))
    return stack[0][0] if stack[0] else {}


def _mapping(inside: list[Any]) -> dict[str, Any]:
    return {key: value for key, value in zip(inside[::2], inside[1::2], strict=True) if type(key) is str}


def new_head(details: Details) -> str:
    """Return front matter for a new `.md` with hayden's keys, from what sidecars told; "" when there is nothing to tell.

    What the header or the file name says is left out: copied, it would be believed over the file itself one day
    (hayden-fr/ComfyUI-Model-Manager:py/information.py).
    """
    import yaml

    found = _hayden(details)
    if not found:
        return ""
    dumped = yaml.safe_dump(found, allow_unicode=True, sort_keys=True, default_flow_style=False, width=10_000)
    return f"---\n{dumped}---\n\n"


def _hayden(details: Details) -> dict[str, object]:
    told: Mapping[str, object] = {
        "author": details.author if _from_sidecar(details, "author") else "",
        "baseModel": details.base_model if _from_sidecar(details, "base_model") else "",
        "hashes": {_HAYDEN_HASHES.get(name, name): value.upper() for name, value in details.hashes.items()},
    }
    page = next(((label, url) for label, url in details.links if label in _WEBSITES), None)
    known = {name: value for name, value in told.items() if value}
    return known | ({"modelPage": page[1], "website": _WEBSITES[page[0]]} if page else {})


def _from_sidecar(details: Details, field: str) -> bool:
    return details.sources.get(field, "header") not in ("header", "file name")
