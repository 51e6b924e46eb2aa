"""Reads extra_model_paths.yaml exactly as ComfyUI does, and the flat form (category -> full path or list) that ComfyUI cannot read.

Called by roots and installs. One bad entry is told with its line and never stops the rest; nothing is ever written or looked up on
the disk but the file itself. Facts: Comfy-Org/ComfyUI:utils/extra_config.py; ChrisFab16/ComfyUI-Model-Manager:README.md.
"""

import ntpath
import os
import posixpath
import stat
import sys
from dataclasses import dataclass
from types import ModuleType

import yaml

from model_manager.core.errors import BadConfig
from model_manager.core.library.kinds import current_name
from model_manager.core.paths import long_path, plain_reason
from model_manager.core.words import tr

LARGEST_FILE = 256 * 1024  # a real one has a few kilobytes
LARGEST_EXPANDED = 1024 * 1024  # characters and nodes once every alias is followed
_OPTIONS = ("base_path", "is_default", "download_model_base")


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """Something in a configuration file that needs attention. line counts from 1; 0 when it is the whole file."""

    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class ExtraPath:
    """One folder a file names. kind: category of today; path: as ComfyUI would spell it; section: "" in the flat form.

    is_default: ComfyUI puts it first. is_seen: False when ComfyUI itself cannot read this entry.
    """

    kind: str
    path: str
    section: str
    is_default: bool = False
    is_seen: bool = True


@dataclass(frozen=True, slots=True)
class ExtraPaths:
    """All a file says, in the order ComfyUI adds it."""

    file: str
    paths: tuple[ExtraPath, ...]
    problems: tuple[ConfigProblem, ...]


def read(path: str, system: str = sys.platform) -> ExtraPaths:
    """Read one file. Raises BadConfig when it cannot be opened, is too large, not UTF-8 or not YAML at all."""
    return parse(text_of(path), os.path.abspath(path), system)


def parse(text: str, file: str, system: str = sys.platform) -> ExtraPaths:
    """Understand the text of the file at the absolute path `file`. Raises BadConfig when it is not a usable YAML mapping."""
    try:
        loader = yaml.SafeLoader(text.replace("\r\n", "\n").replace("\r", "\n"))
    except yaml.YAMLError as error:
        raise BadConfig(tr("{file} holds characters that YAML does not allow. It was not used.", file=file)) from error
    try:
        return _Reader(loader, file, system).read(_compose(loader, file))
    finally:
        loader.dispose()


def in_order(found: ExtraPaths) -> dict[str, list[str]]:
    """Return category -> folders in the order in which ComfyUI has them from this file alone; a default one comes before all others.

    Source: Comfy-Org/ComfyUI:folder_paths.py (add_model_folder_path).
    """
    table: dict[str, list[str]] = {}
    for extra in found.paths:
        folders = table.setdefault(extra.kind, [])
        if not extra.is_seen or (extra.path in folders and not extra.is_default):
            continue
        if extra.path in folders:
            folders.remove(extra.path)
        folders.insert(0 if extra.is_default else len(folders), extra.path)
    return {kind: folders for kind, folders in table.items() if folders}


def text_of(path: str) -> str:
    """Return the text of a file, line ends as they are. Raises BadConfig when it cannot be opened, is too large or not UTF-8."""
    try:
        if not stat.S_ISREG(os.stat(long_path(path)).st_mode):  # opening a pipe would wait for ever
            raise BadConfig(tr("{file} is not a file. Choose a YAML file.", file=path))
        with open(long_path(path), "rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise BadConfig(tr("{file} could not be read: {reason}.", file=path, reason=plain_reason(error))) from error
    except ValueError as error:
        raise BadConfig(tr("{file} is not a possible file name.", file=repr(path))) from error
    if len(data) > LARGEST_FILE:
        raise BadConfig(tr("{file} is too large to be a list of model folders. It was not used.", file=path))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadConfig(tr("{file} is not UTF-8 text, so ComfyUI cannot read it. Save it again as UTF-8.", file=path)) from error


def base_folder(value: str, file: str, system: str = sys.platform) -> str:
    """Return the folder that a base_path stands for in the file at `file`: `~` and variables count, what is relative begins beside it."""
    rules: ModuleType = ntpath if system == "win32" else posixpath
    base: str = rules.expandvars(rules.expanduser(value))
    return base if rules.isabs(base) else str(rules.abspath(rules.join(rules.dirname(file), base)))


def folder_path(line: str, base: str, file: str, system: str = sys.platform) -> str:
    """Return the folder of one line below `base` ("" for none): `~` and variables are plain characters here."""
    rules: ModuleType = ntpath if system == "win32" else posixpath
    if not base and not rules.isabs(line):
        return str(rules.abspath(rules.join(rules.dirname(file), line)))
    return str(rules.normpath(rules.join(base, line) if base else line))


def _compose(loader: yaml.SafeLoader, file: str) -> yaml.MappingNode | None:
    """Return the tree of the one document, proven to stay small when its aliases are followed."""
    try:
        node: yaml.Node | None = loader.get_single_node()
        if node is not None and _weight(node, {}) > LARGEST_EXPANDED:
            raise BadConfig(tr("{file} grows beyond all bounds when its aliases are followed. It was not used.", file=file))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        text = tr("{file}, line {line}: this is not valid YAML ({problem}).", file=file, line=line, problem=error.problem or error.context)
        raise BadConfig(text) from error
    except (ValueError, OverflowError) as error:  # PyYAML lets chr() speak for an escape like "\UFFFFFFFF"
        raise BadConfig(tr("{file} holds characters that do not exist. It was not used.", file=file)) from error
    except RecursionError as error:
        raise BadConfig(tr("{file} is nested too deeply. It was not used.", file=file)) from error
    if node is None or (isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"):
        return None
    if not isinstance(node, yaml.MappingNode):
        raise BadConfig(tr("{file} is not a list of sections with folders, so ComfyUI does not start with it.", file=file))
    return node


def _weight(node: yaml.Node, known: dict[int, int]) -> int:
    """Return the size of what a node stands for. A node that holds itself weighs more than any file may."""
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = LARGEST_EXPANDED + 1
    if isinstance(node, yaml.ScalarNode):
        weight = 1 + len(node.value)
    elif isinstance(node, yaml.MappingNode):
        weight = 1 + sum(_weight(key, known) + _weight(value, known) for key, value in node.value)
    else:
        weight = 1 + sum(_weight(item, known) for item in node.value)
    known[id(node)] = weight
    return weight


class _Reader:
    """Goes through the sections of one file and collects folders and problems."""

    def __init__(self, loader: yaml.SafeLoader, file: str, system: str) -> None:
        self._loader = loader
        self._file = file
        self._rules: ModuleType = ntpath if system == "win32" else posixpath
        self._system = system
        self._paths: list[ExtraPath] = []
        self._problems: list[ConfigProblem] = []

    def read(self, root: yaml.MappingNode | None) -> ExtraPaths:
        """Return all that the document says."""
        if root is None:
            self._problem(0, tr("This file is empty, and ComfyUI does not start with an empty one. Fill it or delete it."))
        else:
            for key, node in self._pairs(root, any_name=True):
                self._entry(key, node)
        return ExtraPaths(self._file, tuple(self._paths), tuple(self._problems))

    def _problem(self, line: int, text: str) -> None:
        self._problems.append(ConfigProblem(self._file, line, text))

    def _value(self, node: yaml.Node) -> object:
        try:
            return self._loader.construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError, TypeError, OverflowError):
            return Ellipsis  # a tag or a date nobody can make sense of: told as a value of the wrong sort

    def _pairs(self, node: yaml.MappingNode, any_name: bool = False) -> list[tuple[str, yaml.Node]]:
        """Return the keys and value nodes of a mapping as a loaded dictionary would hold them: a repeated key keeps its last value."""
        try:
            self._loader.flatten_mapping(node)
        except yaml.YAMLError:
            self._problem(_line(node), tr("A “<<” here leads to nothing that can be merged, and ComfyUI does not start with that."))
            return []
        found: dict[object, yaml.Node] = {}  # 1, 1.0 and yes are one key, as in any dictionary
        for key_node, value_node in node.value:
            key = self._value(key_node)
            if isinstance(key, str) or (any_name and isinstance(key_node, yaml.ScalarNode) and key is not Ellipsis):
                found[key] = value_node
            else:
                self._problem(_line(key_node), tr("This name is not a word, so its entry is left out. Put the name in quotes."))
        return [(str(key), value) for key, value in found.items()]

    def _entry(self, key: str, node: yaml.Node) -> None:
        if isinstance(node, yaml.MappingNode):
            self._section(key, node)
        elif isinstance(node, yaml.SequenceNode):
            self._flat(key, [(self._value(item), _line(item)) for item in node.value], _line(node))
        else:
            value = self._value(node)
            if value is not None and value != "":
                self._flat(key, [(value, _line(node))], _line(node))

    def _section(self, section: str, node: yaml.MappingNode) -> None:
        pairs = dict(self._pairs(node))
        base_node, default_node = pairs.pop("base_path", None), pairs.pop("is_default", None)
        is_default = default_node is not None and bool(self._value(default_node))
        base = self._base(base_node) if base_node is not None else ""
        if base is None:
            return
        for kind, value_node in pairs.items():
            self._category(section, kind, value_node, base, is_default)

    def _base(self, node: yaml.Node) -> str | None:
        """Return the base folder, "" for none, None when the section cannot be used."""
        value = self._value(node)
        if value is None:
            self._problem(_line(node), tr("base_path is empty, and ComfyUI does not start with that. Delete the line or name a folder."))
            return ""
        if not isinstance(value, str):
            self._problem(
                _line(node), tr("base_path is not a text, so this section is left out. Put it in quotes, or ComfyUI does not start.")
            )
            return None
        return base_folder(value, self._file, self._system)

    def _category(self, section: str, kind: str, node: yaml.Node, base: str, is_default: bool) -> None:
        value = self._value(node)
        if isinstance(value, str):
            for line in value.split("\n"):
                self._add(kind, line, base, section, is_default, True, _line(node))
        elif isinstance(value, list):
            text = tr("{kind} is a list. ComfyUI does not start with that: write the folders below each other after a “|”.", kind=kind)
            self._problem(_line(node), text)
            for item in value:
                if isinstance(item, str):
                    self._add(kind, item, base, section, is_default, False, _line(node))
        else:
            text = tr("{kind} names no folder, and ComfyUI does not start with that. Name one or delete the line.", kind=kind)
            self._problem(_line(node), text)

    def _add(self, kind: str, line: str, base: str, section: str, is_default: bool, is_seen: bool, at: int) -> None:
        """Add one folder the way ComfyUI does: `~` and variables are plain characters here, only `base` had them expanded."""
        if not line:
            return
        if self._is_possible(base + line, at):
            path = folder_path(line, base, self._file, self._system)
            self._paths.append(ExtraPath(current_name(kind), path, section, is_default, is_seen))

    def _flat(self, kind: str, values: list[tuple[object, int]], at: int) -> None:
        """Take one entry of the flat form: full paths, `~` and variables welcome."""
        if kind in _OPTIONS:
            self._problem(at, tr("{key} stands outside of a section, and ComfyUI does not start with that.", key=kind))
            return
        self._problem(at, tr("{kind} stands outside of a section. It is used here, but ComfyUI does not start with this file.", kind=kind))
        for value, line in values:
            if not isinstance(value, str):
                self._problem(line, tr("This is not a folder's path. It was left out."))
                continue
            for part in filter(None, value.split("\n")):
                path = self._rules.expandvars(self._rules.expanduser(part))
                if not self._rules.isabs(path):
                    self._problem(line, tr("“{path}” is not a full path. It was left out.", path=part))
                elif self._is_possible(path, line):
                    self._paths.append(ExtraPath(current_name(kind), self._rules.normpath(path), "", False, False))

    def _is_possible(self, path: str, line: int) -> bool:
        try:
            os.fsencode(path)
        except UnicodeEncodeError:
            path = "\0"
        if "\0" in path:
            self._problem(line, tr("This path holds characters that no folder's name can have. It was left out."))
            return False
        return True


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
