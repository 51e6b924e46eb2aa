"""What the opcodes of a pickle come to when nothing is imported, built or called: plain notes of names, tensors and objects.

Made by opcodes.py, read by pickles.py. Layout of tensors: pytorch/pytorch:torch/_utils.py.
"""

from dataclasses import dataclass, field
from typing import Final

from model_manager.core.formats.contents import Shape
from model_manager.core.formats.dtypes import TORCH_DTYPES

_MOST_SIDES: Final = 64


@dataclass(slots=True)
class Name:
    """Something the pickle would import, as "module name"."""

    text: str


@dataclass(slots=True)
class Storage:
    """The raw numbers of a tensor: where they lie and how many there are."""

    dtype: str
    key: str
    count: int


@dataclass(slots=True)
class Tensor:
    """A tensor as it would be rebuilt."""

    dtype: str
    shape: Shape


@dataclass(slots=True)
class Thing:
    """An object the pickle would make; parts: what it would be given."""

    name: str
    parts: object = None


@dataclass(slots=True)
class Pickle:
    """What one pickle holds: its value in inert form, where it ends, what it would import, the storages it mentions.

    count: opcodes up to its end, or to where it could not be followed any more.
    """

    value: object = None
    end: int = 0
    imports: list[str] = field(default_factory=list)
    storages: dict[str, Storage] = field(default_factory=dict)
    count: int = 0


def made(what: object, values: object) -> object:
    """Return the inert form of calling `what` with `values`."""
    name = what.text if isinstance(what, Name) else ""
    if not isinstance(values, tuple):
        return Thing(name, values)
    if name.startswith("torch._utils _rebuild_"):
        return _rebuilt(name, values)
    if name == "collections OrderedDict":
        return _ordered(values)
    return Thing(name, values)


def _ordered(values: tuple[object, ...]) -> object:
    """Return a dict; old pickles give the pairs to OrderedDict as one list of lists."""
    found: dict[object, object] = {}
    for pair in values[0] if values and isinstance(values[0], list) else ():
        if isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str | int):
            found[pair[0]] = pair[1]
    return found


def _rebuilt(name: str, values: tuple[object, ...]) -> object:
    if "parameter" in name and values:
        return values[0]
    if len(values) > 2 and isinstance(values[0], Storage) and isinstance(values[2], tuple):
        dtype = values[0].dtype
        if name.endswith("_v3") and len(values) > 6 and isinstance(values[6], Name):
            dtype = TORCH_DTYPES.get(values[6].text.partition(" ")[2], dtype)
        if len(values[2]) <= _MOST_SIDES and all(isinstance(side, int) and side >= 0 for side in values[2]):
            return Tensor(dtype, tuple(int(side) for side in values[2] if isinstance(side, int)))
    return Thing(name, values)
