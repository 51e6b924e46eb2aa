"""Builds the demo library: a small, honest ComfyUI folder to look at before one's own.

Called by `--demo`. It writes only into the folder it is given, which it fills beside and renames, so a half-built one is never seen.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from model_manager.core.demo.catalogue import MODELS, Model
from model_manager.core.demo.extras import add_extras
from model_manager.core.demo.papers import header_of, made_of, papers_of
from model_manager.core.demo.pictures import paint, picture_bytes
from model_manager.core.demo.sparse import keeps_holes, model_pieces, write_pieces
from model_manager.core.errors import FolderFault
from model_manager.core.paths import plain_reason
from model_manager.core.words import tr

STAMP = ".demo-library"
VERSION = "2"
SMALL_MEGABYTES = 3  # per model where the disk keeps no holes
LARGEST_SMALL = 30 << 20  # a model that cannot be told with less is left out there
_DAY = 86_400.0
_SPAN = 700  # days the files' times are spread over


def build_demo(folder: Path) -> Path:
    """Return the ComfyUI folder of the demo library in `folder`, which is built when it is not there yet (some seconds).

    Raises FolderFault when the folder cannot be written or holds something else.
    """
    try:
        if not _is_ready(folder):
            _build_beside(folder)
    except OSError as error:
        text = tr("The demo library could not be built in {folder}: {reason}.", folder=folder, reason=plain_reason(error))
        raise FolderFault(text) from error
    return folder / "ComfyUI"


def _is_ready(folder: Path) -> bool:
    """Return whether the finished demo is there; raise FolderFault rather than touch a folder that is not ours."""
    stamp = folder / STAMP
    if stamp.is_file():
        return stamp.read_text(encoding="utf-8") == VERSION
    if folder.is_dir() and any(folder.iterdir()):
        raise FolderFault(tr("{folder} is not empty and not the demo library. Nothing was changed. Choose another folder.", folder=folder))
    return False


def _build_beside(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    beside.chmod(0o755)  # mkdtemp makes it private
    try:
        _fill(beside, folder)
        (beside / STAMP).write_text(VERSION, encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)  # not there any more when all went well


def _fill(beside: Path, folder: Path) -> None:
    """Write everything into `beside`; sidecars that name paths name those in `folder`."""
    has_holes = keeps_holes(beside)
    models = beside / "ComfyUI" / "models"
    for model, modified in zip(MODELS, _times(len(MODELS)), strict=True):
        _write_model(model, modified, models, folder / "ComfyUI" / "models", has_holes)
    add_extras(beside)


def _times(count: int) -> Iterator[float]:
    """Yield when each file was last written: spread over two years without order, some of them this week."""
    now = time.time()
    for index in range(count):
        share = (index * 0.618034 + 0.013) % 1
        yield now - 3600 - share * share * _SPAN * _DAY


def _write_model(model: Model, modified: float, models: Path, shown: Path, has_holes: bool) -> None:
    target = models / model.path
    megabytes = model.megabytes if has_holes else min(model.megabytes, SMALL_MEGABYTES)
    image = paint(*model.art, seed=sum(map(ord, model.path))) if model.pictures else None
    cover = image if "cover" in model.pictures else None
    pieces = model_pieces(model, megabytes, header_of(model, made_of(model), cover))
    if not has_holes and pieces.size > LARGEST_SMALL:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    write_pieces(target, pieces)
    beside = papers_of(model, modified, pieces.size, (shown / model.path).parent.as_posix())
    stem = target.name.rsplit(".", 1)[0]
    if image is not None:
        beside |= {stem + suffix.replace(".anim", ""): picture_bytes(image, suffix) for suffix in model.pictures if suffix != "cover"}
    for name, data in beside.items():
        (target.parent / name).write_bytes(data)
        os.utime(target.parent / name, (modified, modified))
    os.utime(target, (modified, modified))
