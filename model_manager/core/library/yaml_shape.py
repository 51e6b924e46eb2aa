"""What an extra_model_paths.yaml holds, as a person edits it: sections, their options, categories and folders, switched off ones too.

Used by yaml_editing and the bridge. What is switched off is a comment: `# loras: models/old` among the lines of a section stands for one
folder, a section with a `#` before each of its lines for a section. Other comments are just comments. Only looks at text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import yaml

from model_manager.core.errors import BadConfig
from model_manager.core.library import extra_paths
from model_manager.core.library.extra_paths import ExtraPaths
from model_manager.core.library.yaml_off import is_folder, off_length, uncommented
from model_manager.core.library.yaml_tree import ALIAS, BASE, DEFAULT, MAP, OPTIONS, SCALAR, Lines, Node, meaning, tree_of
from model_manager.core.words import tr

_OFF = re.compile(r"\s*#\s*([A-Za-z_][\w.\-]*)\s*:(?:\s+(.*\S))?\s*$")
_OFF_LINE = re.compile(r"\s*#(\s+)(\S.*)$")


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder as written. line counts from 1. is_on: False for one that is switched off (a comment)."""

    text: str
    line: int
    is_on: bool = True


@dataclass(frozen=True, slots=True)
class Category:
    """The folders of one category in a section, switched off ones last. line: of its name, 0 when all of it is switched off.

    problem: why ComfyUI does not start with it, "" when it does. is_fixed: it comes from elsewhere in the file and is changed there.
    """

    name: str
    folders: tuple[Folder, ...] = ()
    line: int = 0
    problem: str = ""
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One section. base: its base_path as written, None without one. is_on: False when all of it is a comment.

    is_fixed: it is written in a way that only a text editor can change safely. problem: as in Category.
    """

    name: str
    line: int
    base: str | None = None
    is_default: bool = False
    categories: tuple[Category, ...] = ()
    is_on: bool = True
    is_fixed: bool = False
    problem: str = ""

    def category(self, name: str) -> Category:
        """The category of this name, an empty one when there is none."""
        return next((one for one in self.categories if one.name == name), Category(name))


@dataclass(frozen=True, slots=True)
class Shape:
    """A file of folders. read: what ComfyUI and we read in it. sections: in the order of the file. fault: why nothing of it can be
    changed here, "" when it can."""  # fmt: skip

    file: str
    text: str
    read: ExtraPaths
    sections: tuple[Section, ...] = ()
    fault: str = ""

    def section(self, name: str) -> Section:
        """The section of this name; raises BadConfig when it is gone."""
        for one in self.sections:
            if one.name == name:
                return one
        raise BadConfig(tr("There is no section “{name}” in this file any more.", name=name))


def shape_of(text: str, file: str) -> Shape:
    """Understand the text of the file at the absolute path `file`. Raises BadConfig when it is not a usable YAML mapping at all."""
    read = extra_paths.parse(text, file)
    lines = Lines.of(text)
    try:
        known = meaning(text)
        tree = tree_of(lines)
    except BadConfig as error:
        return Shape(file, text, read, fault=error.text)
    if tree is None or tree.sort != MAP:
        return Shape(file, text, read, tuple(_off_sections(lines, 0, len(lines.texts))))
    return Shape(file, text, read, tuple(_sections(lines, tree, known)))


def read_shape(path: str) -> Shape:
    """Read one file. Raises BadConfig as `extra_paths.read` does."""
    return shape_of(extra_paths.text_of(path), path)


def folders_in(value: object) -> list[str]:
    """The folders that a category's value names: the lines of a text, or the texts of a list, which ComfyUI cannot read."""
    if isinstance(value, str):
        return [line for line in value.split("\n") if line]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def last_pairs(node: Node) -> dict[str, tuple[Node, Node]]:
    """The pairs of a map by their names as written; of a name that comes twice the last, which is the one that counts."""
    return {key.value: (key, value) for key, value in node.pairs() if key.sort == SCALAR}


def _sections(lines: Lines, tree: Node, known: dict[Any, Any]) -> Iterator[Section]:
    pairs = tree.pairs()
    values = {str(name): value for name, value in known.items()}
    counted = {id(key): number for number, (key, _) in enumerate(last_pairs(tree).values())}
    yield from _off_sections(lines, 0, pairs[0][0].line if pairs else len(lines.texts))
    for number, (key, node) in enumerate(pairs):
        end = pairs[number + 1][0].line if number + 1 < len(pairs) else len(lines.texts)
        off = list(_off_sections(lines, node.last_line() + 1, end))
        taken = {line for one in off for line in range(one.line - 1, one.line - 1 + off_length(lines, one.line - 1))}
        if id(key) in counted and key.sort == SCALAR:
            yield _section(lines, tree, key, node, values.get(key.value), range(key.line + 1, end), taken)
        yield from off


def _section(lines: Lines, tree: Node, key: Node, node: Node, value: object, room: range, taken: set[int]) -> Section:
    is_fixed = tree.is_flow or node.is_flow or node.is_marked or key.is_marked or node.sort not in (MAP, SCALAR)
    if not isinstance(value, dict):
        problem = "" if value is None else tr("This stands outside of a section, and ComfyUI does not start with that.")
        flat = Category(key.value, tuple(Folder(text, node.line + 1) for text in folders_in(value)), key.line + 1, problem, True)
        return Section(key.value, key.line + 1, None, False, (flat,) if problem else (), True, is_fixed or bool(problem), problem)
    pairs = last_pairs(node)
    found = [_category(name, value[name], pairs.get(name), lines) for name in value if isinstance(name, str) and name not in OPTIONS]
    off = _off_folders(lines, node, room, taken, {one.name for one in found})
    for name, folders in off.items():
        at = next((place for place, one in enumerate(found) if one.name == name), -1)
        if at < 0:
            found.append(Category(name, tuple(folders)))
        else:
            found[at] = replace(found[at], folders=(*found[at].folders, *folders))
    base, problem = value.get(BASE), ""
    if BASE in value and not isinstance(base, str):
        problem = tr("base_path is not a text. Put it in quotes, or ComfyUI does not start.")
        base = "" if base is None else str(base)
    return Section(key.value, key.line + 1, base, bool(value.get(DEFAULT)), tuple(found), True, is_fixed, problem)


def _category(name: str, value: object, pair: tuple[Node, Node] | None, lines: Lines) -> Category:
    problem = ""
    if isinstance(value, list):
        problem = tr("This is a list, and ComfyUI does not start with that.")
    elif not isinstance(value, str):
        problem = tr("No folder is named here, and ComfyUI does not start with that.")
    texts = folders_in(value)
    if pair is None:
        return Category(name, tuple(Folder(text, 0) for text in texts), 0, problem, True)
    key, node = pair
    slots = block_slots(lines, key, node)
    at = [line + 1 for line in slots] if slots is not None else [node.line + 1] * len(texts)
    is_fixed = node.is_marked or node.sort == ALIAS or key.is_marked
    return Category(name, tuple(map(Folder, texts, at)), key.line + 1, problem, is_fixed)


def block_slots(lines: Lines, key: Node, node: Node) -> list[int] | None:
    """The lines of the folders in a `|` block; None when the value is written otherwise, or not quite as it seems."""
    if node.sort != SCALAR or node.style != "|":
        return None
    body = range(node.line + 1, node.last_line() + 1)
    wanted = folders_in(node.value)
    indent = block_indent(lines, key, node)
    slots = [line for line in body if lines.texts[line][indent:]]
    return slots if [lines.texts[line][indent:] for line in slots] == wanted else None


def block_indent(lines: Lines, key: Node, node: Node) -> int:
    """How far the text of a block stands from the left: blanks behind that are part of the text."""
    body = range(node.line + 1, node.last_line() + 1)
    first = next((lines.texts[line] for line in body if lines.texts[line].strip(" ")), "")
    told = re.match(r"[|>][+-]?([1-9])", lines.texts[node.line][node.column :])
    return key.column + int(told.group(1)) if told else len(first) - len(first.lstrip(" "))


def _off_folders(lines: Lines, node: Node, room: range, taken: set[int], present: set[str]) -> dict[str, list[Folder]]:
    """The folders that are comments in a section, by category."""
    inside = {line for _, value in node.pairs() for line in range(value.line, value.last_line() + 1)}
    found: dict[str, list[Folder]] = {}
    name, depth = "", 0  # of a category whose folders follow, each in its own comment
    for line in room:
        if line in inside or line in taken:
            name = ""
            continue
        text = lines.texts[line]
        below = _OFF_LINE.match(text)
        if name and below and len(below.group(1)) > depth and not _OFF.match(text):
            found.setdefault(name, []).append(Folder(below.group(2), line + 1, False))
            continue
        name = ""
        if (match := _OFF.match(text)) and match.group(1) not in OPTIONS:
            key, value = match.group(1), match.group(2) or ""
            if value in ("|", "|-", "|+"):
                name, depth = key, text.index(key) - text.index("#") - 1
            elif value and is_folder(key, value, present) and (folder := _unquoted(value)):
                found.setdefault(key, []).append(Folder(folder, line + 1, False))
    return found


def _unquoted(value: str) -> str:
    try:
        found = yaml.safe_load(value)
    except (yaml.YAMLError, ValueError, RecursionError):
        return ""
    return found if isinstance(found, str) and "\n" not in found else ""


def _off_sections(lines: Lines, first: int, end: int) -> Iterator[Section]:
    """The sections among the comments from line `first` to before `end`."""
    line = first
    while line < end:
        length = off_length(lines, line)
        if not length:
            line += 1
            continue
        inner = shape_of(uncommented(lines, line), "/x").sections[0]
        off = tuple(
            replace(one, line=one.line + line, folders=tuple(Folder(folder.text, folder.line + line, False) for folder in one.folders))
            for one in inner.categories
        )
        yield Section(inner.name, line + 1, inner.base, inner.is_default, off, is_on=False, problem=inner.problem)
        line += length
