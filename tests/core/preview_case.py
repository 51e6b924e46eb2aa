"""A folder with one model and a history, for the tests of previews."""

import os
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from model_manager.core.errors import Cancelled
from model_manager.core.library.entry import Details, Facts, ModelRecord, Place, Preview
from model_manager.core.previews.bulk import run
from model_manager.core.previews.history import History
from model_manager.core.previews.makers import Makers
from model_manager.core.previews.records import BulkItem, Ended, Form, Made
from model_manager.core.work import Work


def picture(form: str = "PNG", size: tuple[int, int] = (96, 128), colour: Any = "red", mode: str = "RGB", **how: Any) -> bytes:
    """Return the bytes of a plain picture."""
    out = BytesIO()
    Image.new(mode, size, colour).save(out, form, **how)
    return out.getvalue()


def made(colour: str = "blue", suffix: str = ".preview.png") -> Made:
    return Made(picture(colour=colour), 96, 128, suffix)


class Case:
    """`m.safetensors` in a folder of its own."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "models" / "loras"
        self.folder.mkdir(parents=True)
        self.model = str(self.folder / "m.safetensors")
        Path(self.model).write_bytes(b"model")
        self.data = tmp_path / "data"
        self.history = History(self.data / "previews-history")

    def write(self, **files: bytes) -> None:
        """Write files beside the model: `m_png` is m.png, `m_preview_webp` m.preview.webp."""
        for name, data in files.items():
            (self.folder / name.replace("_", ".")).write_bytes(data)

    def files(self) -> dict[str, bytes]:
        """Return all that lies beside the model, links as where they lead."""
        return {
            name: os.readlink(self.folder / name).encode() if os.path.islink(self.folder / name) else (self.folder / name).read_bytes()
            for name in sorted(os.listdir(self.folder))
            if name != "m.safetensors" and not os.path.isdir(self.folder / name)
        }


def ended_of(
    items: Sequence[BulkItem], form: Form, history: History, paint: Callable[..., bytes] = lambda *_: b"",
    processes: int | None = 0, heard: Callable[[Ended], None] | None = None, work: Work | None = None,
) -> dict[str, Ended]:  # fmt: skip
    """Carry a bulk run out; what became of each model, by name."""
    ended: dict[str, Ended] = {}

    def hear(one: Ended) -> None:
        assert one.item.name not in ended
        ended[one.item.name] = one
        if heard is not None:
            heard(one)

    makers = Makers(count=processes)
    try:
        run(items, form, history, makers, paint, work or Work(), hear)
    except Cancelled:
        assert work is not None
    finally:
        makers.close()
    return ended


def record(path: str, id_: int = 1, previews: tuple[Preview, ...] = (), **more: Any) -> ModelRecord:
    """Return the record of a model of the loras folder."""
    name = os.path.basename(path)
    places = more.pop("places", (Place("loras", os.path.dirname(path), path, name),))
    return ModelRecord(
        id_, os.path.splitext(name)[0], path, more.pop("kind", "loras"), 5, 0.0, 0.0, False, Facts(), Details(),
        places, previews, more.pop("sidecars", ()),
    )  # fmt: skip
