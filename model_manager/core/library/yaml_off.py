"""Sections of an extra_model_paths.yaml that are switched off: comments that would be a section without their `#`.

Used by yaml_shape to find them, by yaml_editing and yaml_writing to make them. What was a comment before stays one when the section
is switched on again, so each comment that would pass for a part of a section is kept apart from it or gets one more `#`.
"""

import re
from collections.abc import Set

from model_manager.core.errors import BadConfig
from model_manager.core.library.kinds import KINDS, current_name
from model_manager.core.library.yaml_tree import OPTIONS, Lines, meaning
from model_manager.core.words import tr

_HEADER = re.compile(r"""#( ?)('[^']+'|"[^"]+"|[^\s#:'"\[{&*!|>%@`,?-][^#:]*):\s*(?:#.*)?$""")

_ENTRY = re.compile(r"([A-Za-z_][\w.\-]*)\s*:(?:\s+(.*\S))?\s*$")
_PROSE = frozenset({"note", "todo", "fixme", "see", "example", "http", "https", "warning", "hint", "source", "default", "config"})


def is_folder(key: str, value: str, present: Set[str] = frozenset()) -> bool:
    """Whether a comment `key: value` stands for a folder, and is not just a sentence. present: categories of the section."""
    if current_name(key) in KINDS or key in present:
        return True
    return key.lower() not in _PROSE and (" " not in value or "/" in value or "\\" in value)


def off_length(lines: Lines, line: int) -> int:
    """How many lines the section that is switched off at this line has; 0 when there is none."""
    if line >= len(lines.texts) or not _HEADER.match(lines.texts[line]):
        return 0
    end = _reach(lines, line)
    try:
        found = meaning("\n".join(_bare(lines, line, at) for at in range(line, end)))
    except BadConfig:
        return 0
    return end - line if len(found) == 1 and _is_section(*found.values()) else 0


def uncommented(lines: Lines, line: int) -> str:
    """The text of the section that is switched off at this line, as it would be when it is on."""
    return "\n".join(_bare(lines, line, at) for at in range(line, line + off_length(lines, line))) + "\n"


def comment_out(lines: Lines, first: int, last: int) -> None:
    """Make the section in these lines a comment, with the comments behind it that are in it or would pass for a part of it.

    Raises BadConfig when it would not be found again as it was; then some of the lines may be changed."""
    texts = list(lines.texts)
    for end in (_own_end(lines, last), _touching_end(lines, _own_end(lines, last))):
        lines.texts[:] = [*texts[:first], *("#" + text for text in texts[first : end + 1]), *texts[end + 1 :]]
        if uncommented(lines, first).split("\n")[:-1] == texts[first : end + 1]:
            return
    raise BadConfig(tr("This section cannot be switched off here, as it would not be found again. Remove it, or use a text editor."))


def keep_apart(old: Lines, lines: Lines) -> None:
    """Put a blank line behind each section that was off before and would be a longer one, or none, with what follows it now."""
    for start in range(len(old.texts)):
        block = old.texts[start : start + off_length(old, start)]
        at = next((at for at in range(len(lines.texts)) if block and lines.texts[at : at + len(block)] == block), -1)
        if at >= 0 and off_length(lines, at) != len(block):
            lines.insert(at + len(block), "")


def _reach(lines: Lines, line: int) -> int:
    """The line behind the section whose name is in the comment at `line`, were it one: up to what stands too far left for it."""
    mark, end, indent = _mark(lines, line), line + 1, 0
    while end < len(lines.texts) and (lines.texts[end].startswith(mark) or lines.texts[end].rstrip() == "#"):
        bare = _bare(lines, line, end)
        words = bare.lstrip(" ")
        if words and not words.startswith("#"):
            room = len(bare) - len(words)
            if room < max(indent, 1) or (room == 1 and (_is_sentence(words) or off_length(lines, end))):
                break  # a comment, or what comes next
            indent = indent or room
        end += 1
    while end > line + 1 and not _bare(lines, line, end - 1):  # one with blanks may be text of a block
        end -= 1
    return end


def _is_sentence(words: str) -> bool:
    """Whether a comment is none of a section's entries; asked where a blank behind the `#` may be but a habit."""
    found = _ENTRY.match(re.sub(r"\s#.*", "", words))
    key, value = found.groups("") if found else ("", "")
    return not key or not (key in OPTIONS or value.startswith(("'", '"', "[")) or is_folder(key, value))


def _own_end(lines: Lines, last: int) -> int:
    """The last line of a section with the indented comments behind it: folders that are switched off may be among them."""
    end = last
    for line in range(last + 1, len(lines.texts)):
        words = lines.texts[line].lstrip(" ")
        if words and (not words.startswith("#") or words == lines.texts[line]):
            break
        end = line if words else end
    return end


def _touching_end(lines: Lines, last: int) -> int:
    """The last of the comments that touch these lines and might be read as lines of a section."""
    end = last
    while end + 1 < len(lines.texts) and re.match(r" *#([ #]|$)", lines.texts[end + 1]) and not off_length(lines, end + 1):
        end += 1
    return end


def _is_section(value: object) -> bool:
    """Whether this may be what is in a section; some of its values may be such that ComfyUI does not start with them."""
    if not isinstance(value, dict) or not all(isinstance(key, str) and " " not in key for key in value):
        return False
    is_telling = any(isinstance(one, str | list) or key in OPTIONS or current_name(key) in KINDS for key, one in value.items())
    return is_telling and not any(isinstance(one, dict) for one in value.values())


def _bare(lines: Lines, header: int, at: int) -> str:
    """One of its lines without what makes it a comment: as much as stands before the section's name."""
    mark = _mark(lines, header)
    return lines.texts[at].removeprefix(mark if lines.texts[at].startswith(mark) else "#")


def _mark(lines: Lines, header: int) -> str:
    return "# " if lines.texts[header].startswith("# ") else "#"
