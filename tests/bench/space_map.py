"""Measures the map of space over 100,000 models: what the window's thread waits for, and what a worker takes.

python -m tests.bench.space_map
"""

import os
import random
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from model_manager.core.library.index import FolderRow
from model_manager.core.library.rows import plain_row
from model_manager.core.library.shelf import Shelf
from model_manager.core.tidy import space
from model_manager.ui.places.space_view import SpaceView
from model_manager.ui.theme import set_theme

MODELS, FOLDERS = 100_000, 5_000


def shelf() -> Shelf:
    """A large library: folders three deep, sizes as they are in life."""
    chance = random.Random(1)
    kinds = ("loras", "checkpoints", "vae", "diffusion_models", "text_encoders", "controlnet")
    made = Shelf()
    rows = []
    for id_ in range(1, FOLDERS + 1):
        kind = kinds[id_ % len(kinds)]
        root = f"/m/models/{kind}"
        ways = f'[["{kind}", "{root}", "{root}/a{id_ % 40}/b{id_}", false]]'
        rows.append(FolderRow(id_, f"{root}/a{id_ % 40}/b{id_}", 0, 0, b"", b"", "", ways))
    made.set_folders(rows)
    sizes = [int(chance.paretovariate(1.1) * 1e7) for _ in range(MODELS)]
    names = [kinds[(place % FOLDERS + 1) % len(kinds)] for place in range(MODELS)]
    made.fill([
        plain_row(place + 1, place % FOLDERS + 1, f"model {place}.safetensors", kind, size, 1, 1.0)
        for place, (kind, size) in enumerate(zip(names, sizes, strict=True))
    ])  # fmt: skip
    return made


def timed(name: str, function: object, *args: object) -> object:
    """Print the best of three runs."""
    best, found = 1e9, None
    for _ in range(3):
        start = time.perf_counter()
        found = function(*args)  # type: ignore[operator]
        best = min(best, time.perf_counter() - start)
    print(f"{name:42} {best * 1000:8.1f} ms")
    return found


def main() -> None:
    """Measure everything."""
    app = QApplication([])
    set_theme("dark", app)
    made = shelf()
    taken = timed("window: copying columns", space.columns, made)
    for way in space.WAYS:
        whole = timed(f"worker: by {way}", space.space, taken, way)
        view = SpaceView(lambda part, whole=whole: space.shown_parts(whole, part))
        view.resize(1200, 800)
        timed(f"window: laying out by {way}", view.show_part, whole.top)
        timed(f"window: painting {len(view.tiles)} tiles", view.grab)


if __name__ == "__main__":
    main()
