"""Sections of an extra_model_paths.yaml that are switched off: comments that would be a section without their `#`.

Used by yaml_shape to find them, by yaml_editing and yaml_writing to make them. What was a comment before stays one when the section
is switched on again, so each comment that would pass for a part of a section is kept apart from it or gets one more `#`.
"""

import re

from model_manager.core.errors import BadConfig
from model_manager.core.library.kinds import KINDS, current_name
from model_manager.core.library.yaml_tree import OPTIONS, Lines, meaning
from model_manager.core.words import tr

_HEADER = re.compile(r"""#( ?)('[^']+'|"[^"]+"|[^\s#:'"\[{&*!|>%@`,?-][^#:]*):\s*(?:#.*)?$""")


def off_length(lines: Lines, line: int) -> int:
    """How many lines the section that is switched off at this line has; 0 when there is none."""
    if line >= len(lines.texts) or not _HEADER.match(lines.texts[line]):
        return 0
    end = _reach(lines, line)
    try:
        found = meaning("\n".join(_bare(lines, line, at) for at in range(line, end)))
    except BadConfig:
        return 0
    value = next(iter(found.values()), None)
    is_section = len(found) == 1 and isinstance(value, dict) and all(_is_entry(key, one) for key, one in value.items())
    return end - line if is_section else 0


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
    mark, end, indent = _mark(lines, line), line + 1, 1
    while end < len(lines.texts) and (lines.texts[end].startswith(mark) or lines.texts[end].rstrip() == "#"):
        bare = _bare(lines, line, end)
        words = bare.lstrip(" ")
        if words and not words.startswith("#"):
            if len(bare) - len(words) < indent:
                break
            indent = max(indent, len(bare) - len(words)) if indent == 1 else indent
        end += 1
    while end > line + 1 and not _bare(lines, line, end - 1).strip(" "):
        end -= 1
    return end


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
    while end + 1 < len(lines.texts) and re.match(r" *#([ #]|$)", lines.texts[end + 1]):
        end += 1
    return end


def _is_entry(key: object, value: object) -> bool:
    """Whether this may stand in a section; what ComfyUI knows may have a value that it cannot read, as that is switched off, too."""
    if not isinstance(key, str) or " " in key:
        return False
    return isinstance(value, str) or key in OPTIONS or (current_name(key) in KINDS and not isinstance(value, dict))


def _bare(lines: Lines, header: int, at: int) -> str:
    """One of its lines without what makes it a comment: as much as stands before the section's name."""
    mark = _mark(lines, header)
    return lines.texts[at].removeprefix(mark if lines.texts[at].startswith(mark) else "#")


def _mark(lines: Lines, header: int) -> str:
    return "# " if lines.texts[header].startswith("# ") else "#"
