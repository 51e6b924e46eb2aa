"""Builds the dicts of tensors in a pickle with nothing but plain stand-ins: no torch, and nothing is ever imported.

Called by converting, only in a process of its own. A name that is neither on the list nor known to be harmless refuses the whole file.
Layouts: pytorch/pytorch:torch/_utils.py, torch/serialization.py.
"""

import io
import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping, ValuesView
from dataclasses import dataclass
from typing import Any, Final

from model_manager.core.errors import BadFormat
from model_manager.core.formats.contents import Shape
from model_manager.core.formats.dtypes import BITS, TORCH_DTYPES, TORCH_STORAGES
from model_manager.core.health.dangers import judge
from model_manager.core.health.records import SAFE
from model_manager.core.words import tr

MOST_SIDES: Final = 64
_LARGEST: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Storage:
    """Raw numbers: dtype as safetensors spells it ("U8" for untyped), the key they are stored under, how many there are, and at which
    of them this one begins."""  # fmt: skip

    dtype: str
    key: str
    count: int
    first: int = 0


@dataclass(frozen=True, slots=True)
class Tensor:
    """A view of a storage. offset and strides in elements of dtype."""

    storage: Storage
    dtype: str
    offset: int
    shape: Shape
    strides: Shape

    @property
    def width(self) -> int:
        """Bytes of an element."""
        return BITS[self.dtype] // 8


class _Class:
    """Stands for a class of storages or a number type; it cannot be called."""

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype


def refused(what: str) -> BadFormat:
    """Return the fault of a file that holds something else than weights."""
    return BadFormat(tr("It holds {what}, which is more than weights. It was not converted.", what=what))


def _odd() -> BadFormat:
    return BadFormat(tr("Its tensors are laid out in a way that is not known. It was not converted."))


def _shape(values: object) -> Shape:
    if not isinstance(values, tuple | list) or len(values) > MOST_SIDES:
        raise _odd()
    if not all(type(side) is int and 0 <= side < _LARGEST for side in values):
        raise _odd()
    return tuple(values)


def _tensor(storage: object, offset: object, shape: object, strides: object, dtype: str = "") -> Tensor:
    if not isinstance(storage, Storage) or type(offset) is not int or not 0 <= offset < _LARGEST:
        raise _odd()
    sides, steps = _shape(shape), _shape(strides)
    if len(sides) != len(steps):
        raise _odd()
    return Tensor(storage, dtype or storage.dtype, offset, sides, steps)


def _plain(
    storage: object, offset: object, shape: object, strides: object, _: object = None, __: object = None, notes: object = None
) -> Tensor:
    _only_numbers(notes)
    return _tensor(storage, offset, shape, strides)


def _typed(
    storage: object, offset: object, shape: object, strides: object, _: object, __: object, dtype: object, notes: object = None
) -> Tensor:
    _only_numbers(notes)
    if not isinstance(dtype, _Class):
        raise _odd()
    return _tensor(storage, offset, shape, strides, dtype.dtype)


def _only_numbers(notes: object) -> None:
    """Refuse a view whose numbers are not those in its storage: PyTorch negates or conjugates them when they are used."""
    if notes:
        raise _odd()


def _parameter(data: object, *_: object) -> object:
    return data


def _of_class(build: object, _: object, values: object, *__: object) -> object:
    """A tensor with its class and attributes (torch/_tensor.py: _rebuild_from_type_v2); the weights are what the usual way gives."""
    if build not in (_plain, _typed, _parameter) or not callable(build) or not isinstance(values, tuple):
        raise _odd()
    return build(*values)


class Harmless:
    """Stands for anything that is no weights and whose name is known to do no harm; it keeps what it is given, and does nothing."""

    parts: list[object]

    def __new__(cls, *values: object, **more: object) -> "Harmless":
        """Take what the real one would be made of."""
        self = super().__new__(cls)
        self.parts = [values, more]
        return self

    def __init__(self, *_: object, **__: object) -> None:
        """Everything is done already."""

    def __setstate__(self, state: object) -> None:
        self.parts.append(state)

    def __setitem__(self, key: object, value: object) -> None:
        self.parts.append((key, value))

    def append(self, value: object) -> None:
        """Be a list, or a set."""
        self.parts.append(value)

    add = append

    def extend(self, values: object) -> None:
        """Be a list."""
        self.parts.append(values)


_BUILDERS: Final[dict[tuple[str, str], Callable[..., object]]] = {
    ("torch._utils", "_rebuild_tensor"): _plain,
    ("torch._utils", "_rebuild_tensor_v2"): _plain,
    ("torch._utils", "_rebuild_tensor_v3"): _typed,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _parameter,
    ("torch._tensor", "_rebuild_from_type_v2"): _of_class,
    ("collections", "OrderedDict"): OrderedDict,
}
_CLASSES: Final = {("torch", "Tensor"), *(("torch.nn.parameter", name) for name in ("Parameter", "Buffer"))}


class _Strict(pickle.Unpickler):
    """Knows only what is on the list, and of what is harmless only that it is. storages: all that are mentioned."""

    def __init__(self, file: io.BytesIO) -> None:
        """Read texts of Python 2 as PyTorch does (torch/serialization.py: load), but let none end the reading."""
        super().__init__(file, encoding="utf-8", errors="backslashreplace")
        self.storages: dict[str, Storage] = {}
        self._harmless: dict[tuple[str, str], type[Harmless]] = {}

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in for an import; raises BadFormat for any that is not on the list."""
        if (module, name) in _BUILDERS:
            return _BUILDERS[module, name]
        if module in ("torch", "torch.storage") and name in TORCH_STORAGES:
            return _Class(TORCH_STORAGES[name] if name != "UntypedStorage" else "U8")
        if module == "torch" and name in TORCH_DTYPES:
            return _Class(TORCH_DTYPES[name])
        if (module, name) in _CLASSES or (not module.startswith("torch.") and judge(f"{module} {name}").level == SAFE):
            return self._harmless.setdefault((module, name), type("Other", (Harmless,), {}))
        raise refused(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> Storage:
        """Return the storage that PyTorch's note speaks of."""
        if not isinstance(pid, tuple) or len(pid) not in (5, 6) or pid[0] != "storage" or not isinstance(pid[1], _Class):
            raise _odd()
        count, view, dtype = pid[4], pid[5] if len(pid) == 6 else None, pid[1].dtype
        if type(count) is not int or not 0 <= count < _LARGEST or dtype not in BITS:
            raise _odd()
        if view is None:
            return self.storages.setdefault(str(pid[2]), Storage(dtype, str(pid[2]), count))
        if not isinstance(view, tuple) or len(view) != 3 or not all(type(one) is int and 0 <= one < _LARGEST for one in view[1:]):
            raise _odd()
        self.storages.setdefault(str(pid[2]), Storage(dtype, str(pid[2]), count))
        return Storage(dtype, str(pid[2]), view[2], view[1])


def unpickled(data: bytes, start: int = 0) -> tuple[object, int, dict[str, Storage]]:
    """Return the value of the pickle that begins at `start`, where it ends, and the storages it mentions by their keys. Raises BadFormat
    where a name in it is not known to be harmless."""  # fmt: skip
    file = io.BytesIO(data)
    file.seek(start)
    strict = _Strict(file)
    try:
        return strict.load(), file.tell(), strict.storages
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as fault:
        raise BadFormat(tr("It cannot be read to its end. It was not converted.")) from fault
    except ImportError as fault:
        raise _odd() from fault


_WRAPPERS: Final = ("params_ema", "params-ema", "params", "state_dict", "model_state_dict", "model", "module", "generator", "net", "ema")
_EMBEDDING: Final = "string_to_param"


def weights(value: object) -> tuple[dict[str, Tensor], list[str]]:
    """Return the tensors of a file by name, and the names of what else it holds and is left out. Raises BadFormat."""
    if not isinstance(value, Mapping):
        raise _odd()
    if _EMBEDDING in value and isinstance(value[_EMBEDDING], Mapping):
        found = [one for one in value[_EMBEDDING].values() if isinstance(one, Tensor)]
        if len(found) == 1:
            return {"emb_params": found[0]}, [str(name) for name in value if name != _EMBEDDING]
    left: list[str] = []
    for _ in range(2):  # beside the weights a training program keeps tensors of its own, such as the state of its random numbers
        name = next((name for name in _WRAPPERS if isinstance(value.get(name), Mapping) and _holds_tensors(value[name])), "")
        inner = value.get(name)
        if not isinstance(inner, Mapping):
            break
        left += [str(other) for other in value if other != name]
        value = inner
    return _named(value, left)


def _named(value: Mapping[Any, Any], left: list[str]) -> tuple[dict[str, Tensor], list[str]]:
    tensors: dict[str, Tensor] = {}
    for name, one in value.items():
        if isinstance(one, Tensor):
            if not _is_name(name):
                raise _odd()
            tensors[name] = one
        elif _holds_tensors(one):
            raise _odd()
        else:
            left.append(str(name))
    if not tensors:
        raise _odd()
    return tensors, left


def _is_name(name: object) -> bool:
    """Whether a tensor can be called so in a safetensors file: a text that can be written, but not the one that stands for its notes."""
    return isinstance(name, str) and name != "__metadata__" and name == name.encode("utf-8", "replace").decode("utf-8")


def _holds_tensors(value: object, depth: int = 0) -> bool:
    """Whether there are tensors, or numbers of some, in a value, where they would be lost."""
    if isinstance(value, Tensor | Storage):
        return True
    inner = value.parts if isinstance(value, Harmless) else value.values() if isinstance(value, Mapping) else value
    return isinstance(inner, list | tuple | ValuesView) and depth < 10 and any(_holds_tensors(one, depth + 1) for one in inner)
