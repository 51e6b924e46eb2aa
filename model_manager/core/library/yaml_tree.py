"""A YAML text as lines, and as a tree that knows from where to where each part of it goes.

Used by yaml_shape and yaml_editing, which change a file of folders by its lines and never write it anew. Only looks at text.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from model_manager.core.errors import BadConfig
from model_manager.core.words import tr

BOM: Final = "\ufeff"
BASE, DEFAULT = "base_path", "is_default"  # of a section; all else in it are categories
OPTIONS: Final = (BASE, DEFAULT)
SCALAR, MAP, LIST, ALIAS = "scalar", "map", "list", "alias"
# what PyYAML counts as the end of a line; ComfyUI opens the file as text, which makes \n of the first two
_ENDS = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


@dataclass(slots=True)
class Lines:
    """A text cut into lines. ends: what ends each of them ("" at most for the last). bom: the mark before all of them, or ""."""

    texts: list[str]
    ends: list[str]
    bom: str = ""

    @staticmethod
    def of(text: str) -> "Lines":
        """Cut a text."""
        bom = BOM if text.startswith(BOM) else ""
        texts, ends, at = [], [], len(bom)
        for found in _ENDS.finditer(text, at):
            texts.append(text[at : found.start()])
            ends.append(found.group())
            at = found.end()
        if at < len(text):
            texts.append(text[at:])
            ends.append("")
        return Lines(texts, ends, bom)

    def copy(self) -> "Lines":
        """Lines of their own to change."""
        return Lines(list(self.texts), list(self.ends), self.bom)

    def joined(self) -> str:
        """The text again, byte for byte."""
        return self.bom + "".join(text + end for text, end in zip(self.texts, self.ends, strict=True))

    def insert(self, at: int, *texts: str) -> None:
        """Put lines before line `at`, with the line ends that are usual here."""
        usual = self._usual_end()
        if at and not self.ends[at - 1]:
            self.ends[at - 1] = usual
            self.texts[at:at], self.ends[at:at] = texts, [usual] * (len(texts) - 1) + [""]
        else:
            self.texts[at:at], self.ends[at:at] = texts, [usual] * len(texts)

    def remove(self, first: int, last: int) -> None:
        """Take lines away, `last` too. Where the text ended without a line end it still does."""
        was_open = bool(self.ends) and not self.ends[-1] and last >= len(self.ends) - 1
        del self.texts[first : last + 1], self.ends[first : last + 1]
        if was_open and self.ends:
            self.ends[-1] = ""

    def _usual_end(self) -> str:
        known = [end for end in self.ends if end in ("\n", "\r\n", "\r")]
        return max(set(known), key=known.count) if known else "\n"


@dataclass(slots=True)
class Node:
    """A part of the tree. Lines count from 0; columns are places in the line's text. after: the first place behind it.

    style: "", "|", ">", "'" or '"' of a scalar. is_flow: in braces. is_marked: it has an anchor or a tag.
    """

    sort: str
    line: int
    column: int
    after_line: int
    after_column: int
    value: str = ""
    style: str = ""
    is_flow: bool = False
    is_marked: bool = False
    children: list["Node"] = field(default_factory=list)

    def pairs(self) -> list[tuple["Node", "Node"]]:
        """The keys and values of a map."""
        return list(zip(self.children[::2], self.children[1::2], strict=True)) if self.sort == MAP else []

    def last_line(self) -> int:
        """The last line that holds something of it."""
        last = max((child.last_line() for child in self.children), default=self.line)
        if self.children and not self.is_flow:
            return last
        if self.sort == SCALAR and self.style in ("|", ">"):
            return max(self.line, self.after_line if self.after_column else self.after_line - 1)
        return max(last, self.after_line)


def meaning(text: str) -> dict[Any, Any]:
    """What ComfyUI's `safe_load` makes of the text, {} of nothing. Raises BadConfig when it makes nothing of it."""
    try:
        found = yaml.safe_load(text.replace("\r\n", "\n").replace("\r", "\n"))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadConfig(tr("Line {line}: this value means nothing in YAML, so ComfyUI does not start with this file.",
                           line=mark.line + 1 if mark else 0)) from error  # fmt: skip
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BadConfig(tr("A value in this file means nothing in YAML, so ComfyUI does not start with it.")) from error
    if not isinstance(found, dict):
        return {}
    return found


def tree_of(lines: Lines) -> Node | None:
    """Return the tree of the one document; None when there is nothing in it. Raises BadConfig where the text is no YAML."""
    text, starts = _plain(lines)
    waiting: list[Node] = []
    top: Node | None = None
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.NodeEvent):
                node = _node(event, starts)
                if waiting:
                    waiting[-1].children.append(node)
                elif top is not None:
                    raise BadConfig(tr("There is more than one document in this file, and ComfyUI does not start with that."))
                else:
                    top = node
                if isinstance(event, yaml.CollectionStartEvent):
                    waiting.append(node)
            elif isinstance(event, yaml.CollectionEndEvent):
                node = waiting.pop()
                node.after_line, node.after_column = _place(event.end_mark, starts)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise BadConfig(tr("This is not valid YAML.")) from error
    is_nothing = top is None or (top.sort == SCALAR and not top.value and not top.style)
    return None if is_nothing else top


def _plain(lines: Lines) -> tuple[str, list[int]]:
    """The text as ComfyUI hands it to PyYAML, and where each line begins in it."""
    ends = ["\n" if end in ("\r\n", "\r") else end for end in lines.ends]
    starts, at = [], 0
    for text, end in zip(lines.texts, ends, strict=True):
        starts.append(at)
        at += len(text) + len(end)
    starts.append(at)
    return "".join(text + end for text, end in zip(lines.texts, ends, strict=True)), starts


def _place(mark: Any, starts: list[int]) -> tuple[int, int]:
    line = min(mark.line, len(starts) - 1)
    return line, mark.index - starts[line]


def _node(event: yaml.NodeEvent, starts: list[int]) -> Node:
    line, column = _place(event.start_mark, starts)
    after = _place(event.end_mark, starts)
    if isinstance(event, yaml.ScalarEvent):
        is_marked = event.anchor is not None or event.tag is not None
        return Node(SCALAR, line, column, *after, str(event.value), event.style or "", is_marked=is_marked)
    if isinstance(event, yaml.CollectionStartEvent):
        sort = MAP if isinstance(event, yaml.MappingStartEvent) else LIST
        is_marked = event.anchor is not None or event.tag is not None
        return Node(sort, line, column, *after, is_flow=bool(event.flow_style), is_marked=is_marked)
    return Node(ALIAS, line, column, *after)
