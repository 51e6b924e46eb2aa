"""The real window on 10,000 and 100,000 models: start, memory, search, sort, resize, append, select all, jumps, scrolling.

`python tests/bench/window.py [--models 10000 100000] [--rounds 5]`; prints milliseconds and ratios to an empty window started in turn
with it. Runs offscreen; quote the ratios, a busy machine moves single figures.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[2]))
sys.path.insert(0, str(HERE.parent))


def rss() -> float:
    """Megabytes of memory in use now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


def child(folder: Path, what: str) -> None:
    """Open the window on `folder` in this process and print what was measured as JSON."""
    began = float(os.environ["BENCH_BEGAN"])
    import argparse as arguments

    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    from model_manager import app as program
    from model_manager.bridge.garbage import Sweeper

    sys.setswitchinterval(program.SWITCH_SECONDS)
    app = QApplication([])
    chosen = arguments.Namespace(theme="dark", view=None, comfyui=[], extra_model_paths_config=[], demo=False, size=(1280, 800), search="")
    window = program._build(app, chosen, folder)
    window.pages.setCurrentIndex(0)
    Sweeper(app)
    found: dict[str, object] = {}
    loop = QEventLoop()

    def painted() -> None:
        found["start"] = time.time() - began

    window.painted.connect(painted)
    window.session.loaded.connect(lambda: QTimer.singleShot(1_500, loop.quit))
    loop.exec()
    found["rss"] = rss()
    if what == "work":
        found["work"] = {**work(app, window), **resize_in_hand(window)}
        found["motion"] = motion(window)
    window.session.close()
    print(json.dumps(found), flush=True)
    os._exit(0)


def work(app: object, window: object) -> dict[str, float]:
    """Time what a person does; each figure includes the repaint."""
    from PySide6.QtWidgets import QApplication

    assert isinstance(app, QApplication)
    session, grid = window.session, window.grid  # type: ignore[attr-defined]
    model = session.model
    rows = list(model.shelf.ids)[:200]
    figures: dict[str, float] = {}

    def timed(name: str, act: object, rounds: int = 5) -> None:
        times = []
        for _ in range(rounds):
            begin = time.perf_counter()
            act()  # type: ignore[operator]
            grid.viewport().repaint()
            times.append((time.perf_counter() - begin) * 1000)
        figures[name] = min(figures.get(name, 1e9), statistics.median(times))

    def keys(word: str) -> None:
        worst = 0.0
        session.set_search("")
        for end in range(1, len(word) + 1):
            begin = time.perf_counter()
            session.set_search(word[:end])
            grid.viewport().repaint()
            worst = max(worst, (time.perf_counter() - begin) * 1000)
        figures[f"worst key of {word!r}"] = worst
        session.set_search("")

    sizes = iter([(1000, 650), (1400, 900), (1280, 800)] * 20)
    timed("resize", lambda: window.resize(*next(sizes)))  # type: ignore[attr-defined]
    timed("reset", lambda: model.set_arrangement(model.arrangement))
    timed("select all", grid.selectAll)
    grid.clearSelection()
    new = iter(range(10))
    timed("append 200", lambda: append(model, rows, next(new)))
    for word in ("amber", "v12", "quiet harbor", "zzz"):
        keys(word)
    ways = iter([("size", True), ("added", True), ("base", False), ("type", False), ("name", False)] * 3)
    for _ in range(5):
        sort, is_descending = next(ways)
        timed(f"sort by {sort}", lambda sort=sort, down=is_descending: session.set_order(sort, down), 1)
    for group in ("base", "type", "folder"):
        timed(f"group by {group}", lambda group=group: session.set_group(group), 1)
    return figures


def resize_in_hand(window: object) -> dict[str, float]:
    """Time a new size of the window with many groups, then with a model in the details panel."""
    from grid import spin

    figures = {}
    for name, group, rows in (("resize, grouped by folder", "folder", ()), ("resize, a model in hand", "none", (2,))):
        window.session.set_group(group)  # type: ignore[attr-defined]
        window.selection.select(rows)  # type: ignore[attr-defined]
        spin(lambda: False, 1)
        figures[name] = statistics.median(resizings(window))
    return figures


def resizings(window: object) -> list[float]:
    """Milliseconds from each new size to the end of its first frame."""
    from grid import spin

    times = []
    for size in [(1000, 650), (1400, 900), (1280, 800)] * 4:
        begin = time.perf_counter()
        window.resize(*size)  # type: ignore[attr-defined]
        window.grid.viewport().repaint()  # type: ignore[attr-defined]
        times.append((time.perf_counter() - begin) * 1000)
        spin(lambda: False, 0.05)
    return times


def motion(window: object) -> dict[str, str]:
    """Jump and scroll with thumbnails from the disk cache, then while pictures are made and folders walked."""
    import grid as tool

    from model_manager.bridge.jobs import Pool
    from model_manager.bridge.library_model import LibraryModel, PictureKey
    from model_manager.bridge.thumbnails import step_of

    view, session = window.grid, window.session  # type: ignore[attr-defined]
    session.set_group("none")
    window.resize(1440, 900)  # type: ignore[attr-defined]
    tool.spin(lambda: False, 1)
    fill_cache(window, step_of(view._layout.card_height))
    window.thumbnails.retry()  # type: ignore[attr-defined]
    tool.spin(view.is_settled)
    jumps = sorted(tool.jump(view) for _ in range(25))
    found = {"jump until full": f"median {jumps[12][0]:.0f}, worst {jumps[-1][0]:.0f} ms; {len(view.visible_rows())} cards on screen"}
    for name, pixels in (("slow", 12), ("brisk", 90), ("fling", 700)):
        found[f"scroll {name}"] = tool.shares(tool.scroll(view, 5, pixels))
    with tempfile.TemporaryDirectory() as folder:
        keys = [key for key in tool.keys_to_make(Path(folder)) if key is not None]
        LibraryModel._picture = lambda _self, slot: PictureKey(keys[slot % len(keys)].path, slot, 1, "still", 0)  # type: ignore[method-assign]
        session.runner.start(Pool.SCAN, tool.walk, 0, done=lambda _seen: None)
        found["scroll, scanning and making"] = tool.shares(tool.scroll(view, 5, 60))
    return found


def fill_cache(window: object, edge: int) -> None:
    """Put one of a few thumbnails into the disk cache for every model, as links so that they take no room."""
    import grid as tool

    from model_manager.bridge import pictures
    from model_manager.bridge.thumbnails import Ask, _disk_key

    model, cache = window.session.model, window.thumbnails._cache  # type: ignore[attr-defined]
    folder = window.session.cache_folder  # type: ignore[attr-defined]
    sources = []
    for shard in range(256):
        (folder / f"{shard:02x}").mkdir(parents=True, exist_ok=True)
    for number in range(12):
        sources.append(folder / f"source{number}")
        sources[-1].write_bytes(pictures.encode(tool.noise(*pictures.covering(5120, 7680, edge), number)))
    for slot in model.shelf.slots():
        key = model._picture(slot)
        if key is not None:
            os.link(sources[slot % 12], cache._path(_disk_key(Ask(key, edge))))


def append(model: object, ids: list[int], round_: int) -> None:
    """Put 200 new models after the last name."""
    from model_manager.core.library.rows import plain_row

    first = max(model.shelf.ids) + 1  # type: ignore[attr-defined]
    rows = [plain_row(first + i, 1, f"zzzz{round_}-{i}.safetensors", "loras", 10, 1, 1.0) for i in range(len(ids))]
    model.change(rows, [])  # type: ignore[attr-defined]


def run(folder: Path, what: str) -> dict[str, object]:
    """Measure in a fresh process."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "BENCH_BEGAN": repr(time.time()), "MODEL_MANAGER_DATA": str(folder)}
    command = [sys.executable, str(HERE), "--child", what, str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if not done.stdout:
        raise SystemExit(done.stderr)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--child")
    parser.add_argument("folder", type=Path, nargs="?")
    chosen = parser.parse_args()
    if chosen.child:
        child(chosen.folder, chosen.child)
    import synthetic_index

    with tempfile.TemporaryDirectory() as top:
        empty = Path(top) / "empty"
        empty.mkdir()
        for count in chosen.models:
            folder = Path(top) / str(count)
            synthetic_index.make(folder, count)
            run(folder, "start"), run(empty, "start")
            pairs = [(run(folder, "start"), run(empty, "start")) for _ in range(chosen.rounds)]
            full, bare = (statistics.median(float(one[side]["start"]) for one in pairs) for side in (0, 1))  # type: ignore[arg-type]
            memory = statistics.median(float(one["rss"]) - float(other["rss"]) for one, other in pairs)  # type: ignore[arg-type]
            print(f"{count:,} models")
            print(f"  start to a painted grid   {full * 1000:6.0f} ms = {full / bare:.2f} x the empty window ({bare * 1000:.0f} ms)")
            print(f"  memory over the empty one {memory:6.0f} MB")
            worked = run(folder, "work")
            for name, value in worked["work"].items():  # type: ignore[attr-defined]
                print(f"  {name:25s} {value:6.1f} ms")
            for name, text in worked["motion"].items():  # type: ignore[attr-defined]
                print(f"  {name:28s} {text}")


if __name__ == "__main__":
    main()
