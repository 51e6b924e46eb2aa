"""Gives a windowed program on Windows somewhere to write: it has neither standard output nor standard error.

Called by the command line before anything else. Whatever is printed then ends in a small file in the data folder, so a wrong option or
a fault at the start leaves a trace. It must never raise: where that file cannot be written either, the text is lost.
"""

import contextlib
import io
import sys

from model_manager.core.paths import data_dir

NAME = "model-manager-output.log"
SIZE_MAX = 500_000  # bytes; then the file starts anew


class OutputFile(io.TextIOBase):
    """Appends to the file, opened for each text: the data folder may still be chosen, and nothing is held open."""

    def writable(self) -> bool:
        """It only takes text."""
        return True

    def write(self, text: str) -> int:
        """Append `text`; returns its length as if all went well."""
        path = data_dir() / NAME
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            mode = "w" if path.exists() and path.stat().st_size > SIZE_MAX else "a"
            with path.open(mode, encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        return len(text)


def give_streams() -> None:
    """Put an OutputFile where the standard output or error is missing."""
    if sys.stdout is None:
        sys.stdout = OutputFile()
    if sys.stderr is None:
        sys.stderr = OutputFile()


def has_terminal() -> bool:
    """Say whether the standard error leads anywhere else than into our own file."""
    return not isinstance(sys.stderr, OutputFile)
