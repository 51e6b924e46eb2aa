"""A view of tensor names below a prefix, for the detection tables; it never copies the names.

`joined` holds all names as one text, so that a search for a part of a name is one search in C.
"""

from model_manager.core.formats.contents import Shape, Tensors


class Keys:
    """Tensor names and shapes, all seen with `prefix` taken off."""

    __slots__ = ("_joined", "prefix", "tensors")

    def __init__(self, tensors: Tensors, prefix: str = "", joined: str = "") -> None:
        """Look at those of `tensors` that start with `prefix`."""
        self.tensors = tensors
        self.prefix = prefix
        self._joined = joined

    @property
    def joined(self) -> str:
        """All full names, each after a line break and with one at the end."""
        if not self._joined:
            self._joined = "\n" + "\n".join(self.tensors) + "\n"
        return self._joined

    def below(self, prefix: str) -> "Keys":
        """Return a view of the same tensors below another prefix."""
        return Keys(self.tensors, prefix, self.joined)

    def __contains__(self, name: str) -> bool:
        """Say whether there is a tensor of this name below the prefix."""
        return self.prefix + name in self.tensors

    def shape(self, name: str) -> Shape:
        """Return the shape of a tensor, () when it is not there."""
        found = self.tensors.get(self.prefix + name)
        return found[1] if found else ()

    def dim(self, name: str, axis: int) -> int:
        """Return one side of a tensor, 0 when there is no such tensor or side."""
        shape = self.shape(name)
        return shape[axis] if -len(shape) <= axis < len(shape) else 0

    def starts(self, *prefixes: str) -> bool:
        """Return True if any name starts with one of the prefixes."""
        return any(f"\n{self.prefix}{prefix}" in self.joined for prefix in prefixes)

    def has(self, *names: str) -> bool:
        """Return True if all the names are there."""
        return all(name in self for name in names)

    def count(self, prefix: str) -> int:
        """Return how many full names start with `prefix`."""
        return self.joined.count("\n" + prefix)
