"""How long thumbnails take to make, against Pillow on one thread; run it by hand: python tests/bench/thumbnails.py [pictures]

Mixed PNG, JPEG and WebP of 512 x 768 to 320 pixels, read, scaled, written. Goal: at most 0.42 of Pillow's time on two cores.
Rounds alternate, so that what else runs on the machine is shared; medians of wall time, and the best round of each.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.setswitchinterval(0.0005)

from grid import noise, spin  # noqa: E402
from PIL import Image  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from model_manager.bridge.jobs import Runner  # noqa: E402
from model_manager.bridge.library_model import PictureKey  # noqa: E402
from model_manager.bridge.thumbnails import Thumbnails  # noqa: E402
from model_manager.core.previews.thumbnail_cache import ThumbnailCache  # noqa: E402

ROUNDS = 7
EDGE = 320


def write_pictures(folder: Path, count: int) -> list[Path]:
    """Write `count` pictures, a third of each format, twelve different ones."""
    paths = []
    for number in range(count):
        path = folder / f"{number}.{('png', 'jpg', 'webp')[number % 3]}"
        if number < 12:
            noise(512, 768, number).save(str(path), quality=90)
        else:
            path.write_bytes((folder / f"{number % 12}{path.suffix}").read_bytes())
        paths.append(path)
    return paths


def with_pillow(paths: list[Path], folder: Path) -> tuple[float, float]:
    """Return the seconds Pillow's own thumbnail takes on one thread, by clock and by processor."""
    folder.mkdir()
    start, work = time.perf_counter(), time.process_time()
    for path in paths:
        with Image.open(path) as picture:
            picture.thumbnail((EDGE, EDGE), Image.Resampling.LANCZOS)
            picture.convert("RGB").save(folder / f"{path.stem}.jpg", quality=85)
    return time.perf_counter() - start, time.process_time() - work


def with_ours(paths: list[Path], folder: Path, runner: Runner) -> tuple[float, float]:
    """Return the seconds until all are made, kept on disk and ready to paint, by clock and by processor."""
    thumbnails = Thumbnails(runner, ThumbnailCache(folder), lambda _path: [])
    keys = [PictureKey(str(path), path.stat().st_mtime_ns, path.stat().st_size, "still", 0) for path in paths]
    start, work = time.perf_counter(), time.process_time()
    thumbnails.want(keys, EDGE)
    spin(lambda: thumbnails.is_idle, 120)
    return time.perf_counter() - start, time.process_time() - work


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 120
    app = QApplication([])
    runner = Runner()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pictures").mkdir()
        paths = write_pictures(folder / "pictures", count)
        pillow, ours = [], []
        for number in range(ROUNDS):
            pillow.append(with_pillow(paths, folder / f"pillow{number}"))
            ours.append(with_ours(paths, folder / f"ours{number}", runner))
        for what, place in (("clock", 0), ("processor", 1)):
            theirs, mine = [p[place] for p in pillow], [o[place] for o in ours]
            ratio = median(b / a for a, b in zip(theirs, mine, strict=True))
            print(f"{what:9}  Pillow, one thread: {1000 * median(theirs) / count:5.1f} ms a picture"
                  f"   ours {1000 * median(mine) / count:5.1f}   ratio {ratio:.2f} (best {min(mine) / min(theirs):.2f})")  # fmt: skip
        print(f"{count / median(o[0] for o in ours):.0f} pictures a second")
        runner.close()
    del app


if __name__ == "__main__":
    main()
