"""How many pictures were made with a model, as far as that is known already: for the notes of plans.

Called by whoever makes a plan. It only asks what was found before; no output folder is looked through.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from model_manager.core.comfyui.usage import FILE_NAME, Usage
from model_manager.core.errors import FileFault
from model_manager.core.tidy.subjects import Subject
from model_manager.core.tidy.transfers import Uses


@contextmanager
def known_uses(data: Path) -> Iterator[Uses | None]:
    """Give what counts the pictures of a model, None where nothing is known; in this thread, as long as the block lasts."""
    usage = None
    with suppress(FileFault):
        usage = Usage(data) if (data / FILE_NAME).is_file() else None
    if usage is None:
        yield None
        return

    def count(one: Subject) -> int:
        with suppress(FileFault):
            return usage.count(one.kind, one.path, one.places)
        return 0

    try:
        yield count
    finally:
        usage.close()
