"""How an extra_model_paths.yaml is changed line by line; each change is proven on what ComfyUI would read.

Used by yaml_editing alone. Only the lines concerned change; a text that does not read as it was meant is never given back.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import yaml

from model_manager.core.errors import BadConfig
from model_manager.core.library import yaml_scalars
from model_manager.core.library.extra_paths import LARGEST_FILE
from model_manager.core.library.yaml_off import keep_apart
from model_manager.core.library.yaml_shape import Folder, Shape, block_indent, block_slots, folders_in, last_pairs, shape_of
from model_manager.core.library.yaml_tree import BASE, DEFAULT, MAP, OPTIONS, SCALAR, Lines, Node, meaning, tree_of
from model_manager.core.words import tr

INDENT = 4
Meaning = dict[Any, Any]


class Edited(Lines):
    """The lines of a file that is being changed; `shape` is there when the change is proven."""

    shape: Shape


@contextmanager
def change(shape: Shape, mean: Callable[[Meaning], Meaning]) -> Iterator[Edited]:
    """Give out the lines; afterwards the file must read as `mean` says it should. Raises BadConfig when it does not."""
    if shape.fault:
        raise BadConfig(shape.fault)
    old = Lines.of(shape.text)
    lines = Edited(list(old.texts), list(old.ends), old.bom)
    wanted = _normal(mean(dict(meaning(shape.text))))
    yield lines
    keep_apart(old, lines)
    if _is_nothing(lines):
        append(lines, ["{}"], is_apart=False)
    text = lines.joined()
    if len(text.encode()) > LARGEST_FILE:
        raise BadConfig(tr("The file would be too large to be a list of model folders."))
    if _normal(meaning(text)) != wanted:
        raise BadConfig(tr("This place is written in a way that cannot be changed here. Nothing was changed: use a text editor for it."))
    lines.shape = shape_of(text, shape.file)


def _normal(known: Meaning) -> list[object]:
    """What a file says, in a form that can be compared: in order, folders as lists, nothing of empty sections."""
    found: list[object] = []
    for name, value in known.items():
        if isinstance(value, dict):
            options = {key: one for key, one in value.items() if key in OPTIONS}
            kinds = [(key, folders_in(one) if isinstance(one, str) else one) for key, one in value.items() if key not in OPTIONS]
            found.append((name, options, kinds))
        else:
            found.append((name, {}, [] if value is None else value))
    return found


def _is_nothing(lines: Lines) -> bool:
    """Whether ComfyUI would find nothing in this file, which keeps it from starting."""
    try:
        return yaml.safe_load(lines.joined().replace("\r\n", "\n").replace("\r", "\n")) is None
    except (yaml.YAMLError, ValueError, RecursionError):
        return False


def root(lines: Lines) -> Node:
    """The map of sections. Raises BadConfig when there is none."""
    tree = tree_of(lines)
    if tree is None or tree.sort != MAP:
        raise BadConfig(tr("There is no section in this file."))
    return tree


def named(node: Node, name: str) -> list[tuple[Node, Node]]:
    """All entries of this name in a map."""
    return [(key, value) for key, value in node.pairs() if key.sort == SCALAR and key.value == name]


def entry_of(node: Node, name: str) -> tuple[Node, Node]:
    """The entry of this name that counts. Raises BadConfig when there is none."""
    found = last_pairs(node).get(name)
    if found is None:
        raise BadConfig(tr("There is no “{name}” in this place any more.", name=name))
    return found


def own_line(lines: Lines, key: Node) -> int:
    """The line of an entry that begins it. Raises BadConfig when it shares it with something else."""
    if lines.texts[key.line][: key.column].strip(" "):
        raise BadConfig(tr("This entry shares its line with another one. Use a text editor for it."))
    return key.line


def end_of(lines: Lines, key: Node, node: Node) -> int:
    """The last line of an entry; blank lines at its end are none of its own, unless their blanks are part of the text of a block."""
    last, indent, first = max(key.line, node.last_line()), 0, key.line
    while node.children and not node.is_flow:
        key, node = node.children[-2] if node.sort == MAP else key, node.children[-1]
    if node.sort == SCALAR and node.style in ("|", ">"):
        indent = block_indent(lines, key, node)
    while last > first and not (lines.texts[last][indent:] if indent else lines.texts[last].strip(" \t")):
        last -= 1
    return last


def remove_entry(lines: Lines, section: str, name: str) -> None:
    """Take an entry of a section away, however often it is there."""
    for key, node in reversed(named(entry_of(root(lines), section)[1], name)):
        lines.remove(own_line(lines, key), end_of(lines, key, node))


def write_entry(lines: Lines, section: str, name: str, value: str | list[str], is_text: bool = True) -> None:
    """Write an entry of a section in the place where it is, else behind all others (options before them)."""
    header, outer = entry_of(root(lines), section)
    pair = last_pairs(outer).get(name) if outer.sort == MAP else None
    if pair is not None:
        _write_value(lines, *pair, value, is_text)
        return
    if outer.sort == SCALAR:  # nothing, or a word for nothing
        lines.texts[outer.line] = lines.texts[outer.line][: outer.column].rstrip() + lines.texts[outer.line][outer.after_column :]
        column, at = header.column + _usual_indent(lines), header.line + 1
    else:
        pairs = outer.pairs()
        column = pairs[0][0].column
        at = own_line(lines, pairs[0][0])
        if name == DEFAULT and (base := named(outer, BASE)):
            at = end_of(lines, *base[-1]) + 1
        elif name not in OPTIONS:
            at = end_of(lines, *pairs[-1]) + 1
    first, rest = _written(value, column, "", is_text)
    lines.insert(at, f"{' ' * column}{yaml_scalars.key(name)}: {first}", *rest)


def _write_value(lines: Lines, key: Node, node: Node, value: str | list[str], is_text: bool) -> None:
    """Write another value for an entry; a comment behind it stays, and comments among its lines go before it."""
    in_flow = bool(lines.texts[key.line][: key.column].strip(" "))
    first, rest = _written(value, key.column, node.style, is_text, in_flow)
    last, text = end_of(lines, key, node), lines.texts[key.line]
    colon = text.index(":", key.after_column if key.after_line == key.line else 0)
    if node.line != key.line:
        head, behind = text[: colon + 1] + " " + first, text[colon + 1 :].rstrip()
    elif node.sort == SCALAR and node.style in ("|", ">"):
        head, behind = text[: node.column] + first, re.sub(r"^[|>][-+0-9]*", "", text[node.column :])
    else:
        head = text[: node.column] + ("" if text[: node.column].endswith((" ", "\t")) else " ") + first
        behind = lines.texts[node.after_line][node.after_column :] if not node.children or node.is_flow else ""
    inner = lines.texts[key.line + 1 : last + 1] if node.style not in ("|", ">") else []
    lines.texts[key.line] = head + behind
    if last > key.line:
        end = lines.ends[last]
        lines.remove(key.line + 1, last)
        lines.ends[key.line] = lines.ends[key.line] if end else ""
    if rest:
        lines.insert(key.line + 1, *rest)
    if comments := [one for one in inner if one.lstrip(" ").startswith("#")]:
        lines.insert(key.line, *comments)


def _written(value: str | list[str], column: int, style: str, is_text: bool, in_flow: bool = False) -> tuple[str, list[str]]:
    """A value as what stands behind the name, and the lines below it."""
    if isinstance(value, str):
        return (yaml_scalars.scalar(value, style, in_flow) if is_text else value), []
    if in_flow or value[0].startswith(" ") or not all(map(yaml_scalars.fits_block, value)):
        return yaml_scalars.double("\n".join(value)), []
    return "|", [" " * (column + INDENT) + text for text in value]


def _usual_indent(lines: Lines) -> int:
    """How far entries stand to the right of their section in this file."""
    for key, node in root(lines).pairs():
        if node.sort == MAP and not node.is_flow and node.children:
            return max(1, node.children[0].column - key.column)
    return INDENT


def rename(lines: Lines, key: Node, new: str) -> None:
    """Write another name in the place of this one."""
    text = lines.texts[key.line]
    lines.texts[key.line] = text[: key.column] + yaml_scalars.key(new) + text[key.after_column :]


def append(lines: Lines, texts: list[str], is_apart: bool = True) -> None:
    """Put lines at the end, after a blank one."""
    drop_placeholder(lines)
    is_first = not lines.texts or not lines.texts[-1].strip()
    lines.insert(len(lines.texts), *([] if is_first or not is_apart else [""]), *texts)


def drop_placeholder(lines: Lines) -> None:
    """Take away the `{}` that stood for nothing, as something comes."""
    tree = _tree_or_none(lines)
    for line, text in enumerate(lines.texts):
        if text.strip() == "{}" and (tree is None or (tree.line == line and not tree.children)):
            lines.remove(line, line)
            return


def _tree_or_none(lines: Lines) -> Node | None:
    """The tree of a text, None when it is none in this state."""
    try:
        return tree_of(lines)
    except BadConfig:
        return None


def remove_off(lines: Lines, folder: Folder) -> None:
    """Take away the comment that stands for a folder, and the one above it that named its category when it was the last."""
    at = folder.line - 1
    lines.remove(at, at)
    above = at - 1
    is_header = above >= 0 and re.match(r"\s*#\s*[\w.\-]+\s*:\s*\|[-+]?\s*$", lines.texts[above])
    depth = len(lines.texts[above]) - len(lines.texts[above].lstrip("# ")) if is_header else 0
    has_more = at < len(lines.texts) and re.match(r"\s*#", lines.texts[at]) and _depth(lines.texts[at]) > depth
    if is_header and not has_more:
        lines.remove(above, above)


def _depth(text: str) -> int:
    return len(text) - len(text.lstrip("# "))


def swap(lines: Lines, upper: tuple[int, int], lower: tuple[int, int]) -> None:
    """Let two spans of lines change places; a last line without an end passes that on to what is last then."""
    if not lines.ends[-1]:
        lines.insert(len(lines.texts), "")
        lines.texts.pop(), lines.ends.pop()
        is_open = True
    else:
        is_open = False
    for column in (lines.texts, lines.ends):
        above, between, below = column[slice(*upper)], column[upper[1] : lower[0]], column[slice(*lower)]
        column[upper[0] : lower[1]] = [*below, *between, *above]
    if is_open:
        lines.ends[-1] = ""


# folders


def write_slots(lines: "Edited", section: str, category: str, new: list[str], note: Callable[["Edited", int, int], None] | None) -> None:
    """Write folders into the block that is there, line by line. Raises BadConfig when there is none that can be kept."""
    key, node = entry_of(entry_of(root(lines), section)[1], category)
    slots = block_slots(lines, key, node)
    if not slots or not new or not all(map(yaml_scalars.fits_block, new)):
        raise BadConfig(tr("This is not a block of lines."))
    old = folders_in(node.value)
    indent = lines.texts[slots[0]][: len(lines.texts[slots[0]]) - len(old[0])]
    if note is not None:
        note(lines, slots[-1] + 1, key.column)
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    tail = 0
    while tail < min(len(old), len(new)) - same and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    middle = slots[same : len(slots) - tail]
    fresh = new[same : len(new) - tail]
    for slot, text in zip(middle, fresh, strict=False):
        lines.texts[slot] = indent + text
    for slot in reversed(middle[len(fresh) :]):
        lines.remove(slot, slot)
    if len(fresh) > len(middle):
        rest = [indent + text for text in fresh[len(middle) :]]
        at = middle[-1] + 1 if middle else (slots[same] if same < len(slots) else slots[-1] + 1)
        lines.insert(at, *rest)


def write_folders(lines: "Edited", section: str, category: str, new: list[str], note: Callable[["Edited", int, int], None] | None) -> None:
    """Write the value of a category anew, or take it away where nothing is left."""
    outer = entry_of(root(lines), section)[1]
    pairs = named(outer, category)
    if note is not None and pairs:
        key, node = pairs[-1]
        note(lines, end_of(lines, key, node) + 1, key.column)
    if not new:
        remove_entry(lines, section, category)
    elif len(new) == 1:
        write_entry(lines, section, category, new[0])
    else:
        write_entry(lines, section, category, new)
