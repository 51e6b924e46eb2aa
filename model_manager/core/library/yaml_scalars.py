"""Writes texts as YAML values: as plain as they can be, in the quotes that were there, or as a block of lines.

Used by yaml_editing. Whether a value reads as it was meant is tried with PyYAML itself, which is what ComfyUI reads with.
"""

import yaml


def scalar(text: str, style: str = "", in_flow: bool = False) -> str:
    """Return one text as a value on one line; style: the quotes it had, which it keeps where they can hold it."""
    single = "'" + text.replace("'", "''") + "'"
    ways = {"'": single, '"': double(text)}
    tried = [ways[style]] if style in ways else []
    for way in (*tried, text, single):
        if reads_as(way, text, in_flow):
            return way
    return ways['"']


def double(text: str) -> str:
    """Return a text in double quotes, on one line whatever is in it."""
    return str(yaml.safe_dump(text, default_style='"', width=10**9, allow_unicode=True)).rstrip("\n")


def reads_as(written: str, text: str, in_flow: bool = False) -> bool:
    """Whether PyYAML reads this value as that text, on one line and without comments."""
    whole = f"{{k: {written}}}" if in_flow else f"k: {written}\n"
    if any(mark in written for mark in "\n\r\x85\u2028\u2029\ufeff"):
        return False
    try:
        return bool(yaml.safe_load(whole) == {"k": text}) and not _is_cut(written)
    except (yaml.YAMLError, ValueError, RecursionError):
        return False


def _is_cut(written: str) -> bool:
    """Whether a plain value would carry something that is no part of it: blanks at its ends, an anchor, a tag, a block."""
    return written != written.strip() or written[:1] in ("&", "!", "*", "|", ">")


def fits_block(text: str) -> bool:
    """Whether a text can be a line of a `|` block as it is."""
    if any(mark in text for mark in "\n\r\x85\u2028\u2029\ufeff") or not text:
        return False
    return yaml.reader.Reader.NON_PRINTABLE.search(text) is None


def key(text: str, in_flow: bool = False) -> str:
    """Return a text as the name of an entry."""
    for way in (text, "'" + text.replace("'", "''") + "'"):
        try:
            if not _is_cut(way) and yaml.safe_load(f"{way}: v\n") == {text: "v"} and not in_flow:
                return way
        except (yaml.YAMLError, ValueError, TypeError, RecursionError):
            continue
    return double(text)
