"""The records between the readers of containers and those who ask them: tensors, traits, contents, damage.

Every reader of a container makes one `Contents`; detection makes `Traits`. Nothing here opens a file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from model_manager.core.errors import BadFormat
from model_manager.core.words import tr

Shape = tuple[int, ...]
Tensors = Mapping[str, tuple[str, Shape]]
"""Tensor name -> (dtype as the container spells it, shape in PyTorch's order)."""

HEADER_LIMIT: Final = 100_000_000  # huggingface/safetensors:safetensors/src/tensor.rs


@dataclass(frozen=True, slots=True)
class Traits:
    """What the tensors tell: see the fields of the same names in `Facts`."""

    kind: str = ""
    architecture: str = ""
    base_model: str = ""
    precision: str = ""
    parameters: int = 0
    adapter: str = ""
    rank: str = ""
    has_alpha: bool = False


@dataclass(frozen=True, slots=True)
class Contents:
    """What one container holds; metadata: pairs of the header as text. verdict and reason as in `Facts`."""

    format: str
    traits: Traits = Traits()
    metadata: Mapping[str, str] = field(default_factory=dict)
    verdict: str = "ok"
    reason: str = ""


class Damage(BadFormat):
    """A file that cannot be read as what it claims to be; `verdict` is the code of the problem."""

    def __init__(self, verdict: str, text: str) -> None:
        """Carry the sentence `text` for the person and the code for the program."""
        super().__init__(text)
        self.verdict = verdict


def amount(count: int) -> str:
    """Return a number of bytes in words: "900 bytes", "3.4 MB", "6.9 GB" (decimal units, as file managers show)."""
    if count < 1000:
        return tr("{count} bytes", count=count)
    value = float(count)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.5 or unit == "GB":
            break
    return f"{value:.1f} {unit}" if value < 9.95 else f"{value:,.0f} {unit}"


def too_short(missing: int) -> Damage:
    """Return the damage of a file that ends before its content does."""
    return Damage("truncated", missing_text(missing))


def missing_text(missing: int) -> str:
    """Return the sentence for a file that lacks its last `missing` bytes."""
    return tr("The file is {amount} shorter than its header says. The download was cut off: download it again.", amount=amount(missing))


def broken_header(what: str) -> Damage:
    """Return the damage of a header that makes no sense; `what` is a translated sentence about it."""
    return Damage("bad_header", tr("{what} Download the file again.", what=what))
