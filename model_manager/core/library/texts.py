"""A column of texts of which there are only a few different ones: two bytes a row instead of eight and the text.

Used by the shelf for type, base model and the like; searches and sorts work on the codes.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator


class Texts:
    """Reads and writes like a list of texts. Holds at most 65,536 different ones, or any number for two bytes a row more."""

    def __init__(self, holds_many: bool = False) -> None:
        self.codes = array("I" if holds_many else "H")
        self._texts: list[str] = []
        self._code_of: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, slot: int) -> str:
        return self._texts[self.codes[slot]]

    def __setitem__(self, slot: int, text: str) -> None:
        self.codes[slot] = self._code(text)

    def __iter__(self) -> Iterator[str]:
        return map(self._texts.__getitem__, self.codes)

    def text_of(self, code: int) -> str:
        """The text that a code of `codes` stands for."""
        return self._texts[code]

    def copy(self) -> "Texts":
        """A copy for another thread; texts are only ever added, so both know the same ones by the same codes."""
        other = Texts()
        other.codes, other._texts, other._code_of = self.codes[:], self._texts[:], dict(self._code_of)
        return other

    def counted(self, first: int) -> Counter[str]:
        """How often each text stands from slot `first` on."""
        return Counter({self._texts[code]: count for code, count in Counter(self.codes[first:]).items()})

    def extend(self, texts: Iterable[str]) -> None:
        """Add texts at the end."""
        self.codes.extend(map(self._code, texts))

    def tests(self, wanted: Callable[[str], bool]) -> Callable[[int], bool]:
        """Return a quick test of slots: whether their text is a `wanted` one; texts may be added while it is in use."""
        codes, texts, found = self.codes, self._texts, bytearray()

        def passes(slot: int) -> bool:
            code = codes[slot]
            while code >= len(found):
                found.append(wanted(texts[len(found)]))
            return found[code] == 1

        return passes

    def _code(self, text: str) -> int:
        found = self._code_of.get(text)
        if found is None:
            found = self._code_of[text] = len(self._texts)
            self._texts.append(text)
        return found
