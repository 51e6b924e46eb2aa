"""How fast the grid is with many rows; run it by hand: python tests/bench/grid.py [rows]

Prints milliseconds, medians unless said, and the ratio to 1,000 rows. Goals: each of resize, reset, append, select all at most 16 ms;
scrolling at 60 Hz 99th percentile at most 16.7 ms; a jump full of cached thumbnails within 80 ms; at most 2 % of frames late under load.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "ui")]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.setswitchinterval(0.0005)

from fake_cards import FakeCards  # noqa: E402
from PySide6.QtCore import QEvent, QEventLoop, Qt, QTimer  # noqa: E402
from PySide6.QtGui import QColor, QImage, QPainter  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from model_manager.app import SWITCH_SECONDS  # noqa: E402
from model_manager.bridge import pictures  # noqa: E402
from model_manager.bridge.jobs import Pool, Runner  # noqa: E402
from model_manager.bridge.library_model import PictureKey  # noqa: E402
from model_manager.bridge.thumbnails import EDGES, Thumbnails  # noqa: E402
from model_manager.core.previews.thumbnail_cache import ThumbnailCache, ThumbnailKey  # noqa: E402
from model_manager.ui.grid.view import GridView  # noqa: E402
from model_manager.ui.theme import set_theme  # noqa: E402

FRAME = 1000 / 60
CACHED = 3000  # different pictures in the disk cache
TO_MAKE = 400  # different pictures without a thumbnail


def noise(width: int, height: int, seed: int) -> QImage:
    """Return a picture about as hard to decode as a painted one."""
    dice = random.Random(seed)
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor.fromHsl(dice.randrange(360), 140, 90))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    for _ in range(120):
        painter.setBrush(QColor.fromHsl(dice.randrange(360), 160, dice.randrange(40, 220), 160))
        size = dice.randrange(4, 140)
        painter.drawEllipse(dice.randrange(width), dice.randrange(height), size, size)
    painter.end()
    return image


def cached_keys(cache: ThumbnailCache) -> list[PictureKey | None]:
    """Fill the disk cache for keys whose files need not exist."""
    keys: list[PictureKey | None] = []
    data = {edge: [pictures.encode(noise(*pictures.covering(5120, 7680, edge), seed)) for seed in range(12)] for edge in EDGES[:2]}
    for number in range(CACHED):
        key = PictureKey(f"/no/such/{number}.png", 1, 1, "still", 0)
        keys.append(key)
        for edge, variants in data.items():
            cache.write(ThumbnailKey(key.path, 1, 1, 0, edge), variants[number % len(variants)])
    return keys


def keys_to_make(folder: Path) -> list[PictureKey | None]:
    """Write pictures of 512 x 768 in three formats."""
    keys: list[PictureKey | None] = []
    for number in range(TO_MAKE):
        path = folder / f"{number}.{('png', 'jpg', 'webp')[number % 3]}"
        if number < 12:
            noise(512, 768, number).save(str(path), quality=90)
        else:
            path.write_bytes((folder / f"{number % 12}{path.suffix}").read_bytes())
        keys.append(PictureKey(str(path), path.stat().st_mtime_ns, path.stat().st_size, "still", 0))
    return keys


def spin(until: Callable[[], bool], most: float = 5.0) -> None:
    """Let Qt work until a condition holds, without keeping a core busy by asking."""
    loop, timer, end = QEventLoop(), QTimer(), time.perf_counter() + most
    timer.timeout.connect(lambda: loop.quit() if until() or time.perf_counter() > end else None)
    timer.start(2)
    loop.exec()


def each(view: GridView, acts: Iterator[Callable[[], object]]) -> tuple[float, float]:
    """Return the median time of an act and the repaint after it, by clock and by processor."""
    times = []
    for act in acts:
        start, work = time.perf_counter(), time.thread_time()
        act()
        view.viewport().repaint()
        times.append(((time.perf_counter() - start) * 1000, (time.thread_time() - work) * 1000))
        spin(view.is_settled)
    return median(t[0] for t in times), median(t[1] for t in times)


def scroll(view: GridView, seconds: float, pixels: int) -> list[tuple[float, float]]:
    """Scroll at 60 Hz; return for each frame the milliseconds from when it was due until it was painted, and its work."""
    times: list[tuple[float, float]] = []
    loop, timer, bar = QEventLoop(), QTimer(), view.verticalScrollBar()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(1)
    due = [time.perf_counter() + FRAME / 1000]
    end = due[0] + seconds

    def on_tick() -> None:
        now = time.perf_counter()
        if now < due[0]:
            return
        work = time.thread_time()
        bar.setValue((bar.value() + pixels) % max(1, bar.maximum()))
        QApplication.sendPostedEvents(view.window(), QEvent.Type.UpdateRequest)  # paints what came in, as Qt would
        done = time.perf_counter()
        times.append(((done - due[0]) * 1000, (time.thread_time() - work) * 1000))
        due[0] += FRAME / 1000
        if done > due[0]:
            due[0] = done + FRAME / 1000 - (done - due[0]) % (FRAME / 1000)
        if done > end:
            loop.quit()

    timer.timeout.connect(on_tick)
    timer.start()
    loop.exec()
    return times


def shares(times: list[tuple[float, float]]) -> str:
    clock, work = sorted(t[0] for t in times), sorted(t[1] for t in times)
    late = 100 * sum(t > FRAME for t in clock) / len(clock)
    mid, most = len(times) // 2, int(len(times) * 0.99)
    return (f"p50 {clock[mid]:5.1f}  p99 {clock[most]:5.1f}  worst {clock[-1]:5.1f}  late {late:.1f} % of {len(clock)};"
            f"  processor p50 {work[mid]:.1f}  p99 {work[most]:.1f}")  # fmt: skip


def jump(view: GridView) -> tuple[float, float]:
    """Return the milliseconds until a random place is full and painted, and the work of all threads for it."""
    view.verticalScrollBar().setValue(random.randrange(view.verticalScrollBar().maximum()))
    start, work = time.perf_counter(), time.process_time()
    view.viewport().repaint()
    spin(view.is_settled)
    view.viewport().repaint()
    return (time.perf_counter() - start) * 1000, (time.process_time() - work) * 1000


def walk(_: int) -> int:
    """Stand for a scan: folders and stats."""
    end, seen = time.perf_counter() + 5, 0
    while time.perf_counter() < end:
        for folder, _folders, files in os.walk(sys.prefix):
            for name in files:
                os.stat(os.path.join(folder, name))
                seen += 1
            if time.perf_counter() > end:
                break
    return seen


def acts(rows: int, keys: list[PictureKey | None], thumbnails: Thumbnails) -> dict[str, tuple[float, float]]:
    """Return the time of each act that changes the layout or the selection."""
    figures: dict[str, tuple[float, float]] = {}
    model = FakeCards(rows, keys)
    start, work = time.perf_counter(), time.thread_time()
    view = GridView(thumbnails)
    view.setModel(model)
    view.resize(1280, 800)
    view.show()
    view.viewport().repaint()
    figures["first paint"] = ((time.perf_counter() - start) * 1000, (time.thread_time() - work) * 1000)
    spin(view.is_settled)
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    spin(view.is_settled)
    figures["resize"] = each(view, (lambda w=w: view.resize(w, 800) for w in (1270, 1260, 1250, 1100, 1000, 1280)))  # type: ignore[misc]
    figures["card size"] = each(view, (lambda w=w: view.set_card_width(w) for w in range(150, 200, 4)))  # type: ignore[misc]
    view.set_card_width(168)
    orders = [list(range(rows)) for _ in range(7)]
    figures["reset"] = each(view, (lambda ids=ids: model.show(ids) for ids in orders))  # type: ignore[misc]
    figures["append 200"] = each(view, (lambda: model.append(200) for _ in range(9)))
    figures["select all"] = each(view, ((view.clearSelection if n % 2 else view.selectAll) for n in range(10)))
    view.close()
    view.setModel(None)
    return figures


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    app = QApplication([])
    sys.setswitchinterval(SWITCH_SECONDS)
    set_theme("dark", app)
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner()
        cache = ThumbnailCache(Path(folder) / "cache")
        keys = cached_keys(cache)
        small = acts(1000, keys, Thumbnails(runner, cache, lambda _path: []))
        large = acts(rows, keys, Thumbnails(runner, cache, lambda _path: []))
        for name, figure in large.items():
            clock, work = figure
            print(f"{name:12} {clock:6.1f} ms, processor {work:5.1f} ms   {work / small[name][1]:.2f} x of 1,000 rows")
        thumbnails = Thumbnails(runner, cache, lambda _path: [])
        view = GridView(thumbnails)
        view.setModel(FakeCards(rows, keys))
        view.resize(1280, 800)
        view.show()
        spin(view.is_settled)
        jumps = sorted(jump(view) for _ in range(25))
        work = median(j[1] for j in jumps)
        cards = len(view.visible_rows())
        print(f"jump until full: median {jumps[12][0]:.0f}, worst {jumps[-1][0]:.0f} ms, processor {work:.0f}; {cards} cards on screen")
        for name, pixels in (("slow", 12), ("brisk", 90), ("fling", 700)):
            print(f"scroll {name:6} {shares(scroll(view, 5, pixels))}")
        (Path(folder) / "pictures").mkdir()
        view.setModel(FakeCards(rows, keys_to_make(Path(folder) / "pictures")))
        runner.start(Pool.SCAN, walk, 0, done=lambda _seen: None)
        print(f"scroll while scanning and making: {shares(scroll(view, 5, 60))}")
        view.close()
        runner.close()


if __name__ == "__main__":
    main()
