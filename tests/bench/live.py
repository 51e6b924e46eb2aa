"""Measures how soon a change on disk is in the grid, and whether a burst of files is taken in whole.

`python tests/bench/live.py LIBRARY` with a folder of make_library.py; the session (or `--window`, the whole window) runs here, another
process writes. It writes only into folders of its own, which it removes again.
"""

import argparse
import contextlib
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

OWN = "live bench"  # folder below the roots that everything is written into
GIVE_UP = 180.0


# the other process


def model_bytes(size: int = 400) -> bytes:
    """A sound safetensors file with one tensor of `size` bytes."""
    header = json.dumps({"a.weight": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return struct.pack("<Q", len(header)) + header + os.urandom(size)


def write(path: str, data: bytes) -> None:
    """Write a file as most programs do: open, write, close."""
    with open(path, "wb") as file:
        file.write(data)


def write_slowly(path: str, seconds: float = 1.0, chunks: int = 10) -> None:
    """Rewrite a model in place in chunks, as a download without a partial would."""
    data = model_bytes(20_000)
    with open(path, "r+b") as file:
        file.truncate()
        for number in range(chunks):
            file.write(data[len(data) * number // chunks : len(data) * (number + 1) // chunks])
            file.flush()
            time.sleep(seconds / chunks)


def fill(folder: str, count: int, first: str = "model") -> None:
    """Make a folder with models."""
    os.makedirs(folder)
    for number in range(count):
        write(f"{folder}/{first} {number}.safetensors", model_bytes())


def burst(folder: str, files: int, folders: int) -> None:
    """Write many models as fast as this process can."""
    data = model_bytes(64)
    for number in range(folders):
        os.makedirs(f"{folder}/{number:04d}")
    for number in range(files):
        write(f"{folder}/{number % folders:04d}/burst {number}.safetensors", data)


def picture(path: str, colour: tuple[int, int, int]) -> None:
    """Write a PNG, so that its size differs from the last one's."""
    from PIL import Image

    image = Image.new("RGB", (64 + colour[0] % 32, 64), colour)
    image.save(path)


ACTS: dict[str, Callable[..., object]] = {
    "write": lambda path: write(path, model_bytes()), "text": lambda path, text: write(path, text.encode()), "remove": os.unlink,
    "rename": os.rename, "write_slowly": write_slowly, "fill": fill, "burst": burst, "makedirs": os.makedirs, "symlink": os.symlink,
    "rmtree": lambda path: shutil.rmtree(path, ignore_errors=True), "picture": lambda path, colour: picture(path, tuple(colour)),
}  # fmt: skip


def write_for_others() -> None:
    """Carry out acts named on stdin and say when each was finished."""
    for line in sys.stdin:
        name, *args = json.loads(line)
        start = time.monotonic()
        ACTS[name](*args)
        print(json.dumps([start, time.monotonic()]), flush=True)


# this process


class Writer:
    """The other process, which changes files."""

    def __init__(self) -> None:
        command = [sys.executable, __file__, "--write"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, *act: object) -> None:
        """Ask for an act."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(act) + "\n")
        self._process.stdin.flush()

    @property
    def is_ready(self) -> bool:
        """True when the act asked for was carried out."""
        import select

        return bool(select.select([self._process.stdout], [], [], 0)[0])

    def end(self) -> tuple[float, float]:
        """When the act began and ended, by the system's monotonic clock."""
        assert self._process.stdout is not None
        start, stop = json.loads(self._process.stdout.readline())
        return start, stop

    def do(self, *act: object) -> tuple[float, float]:
        """Act and wait."""
        self.start(*act)
        return self.end()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class Stage:
    """A session on the library, and figures of how it runs."""

    def __init__(self, library: Path, data: Path, has_window: bool) -> None:
        from PySide6.QtCore import QTimer
        from PySide6.QtWidgets import QApplication

        from model_manager.bridge.jobs import Runner
        from model_manager.bridge.session import Session
        from model_manager.bridge.tasks import Sources, covers
        from model_manager.core.settings import Settings

        sys.setswitchinterval(0.0005)  # as app does
        self.app = QApplication.instance() or QApplication([])
        self.library, self.data = library, data
        yaml = library / "flat_paths.yaml"
        sources = Sources((str(library / "ComfyUI"),), (str(yaml),) if yaml.is_file() else ())
        runner = Runner()
        self.session = Session(data, Settings(), runner, sources)
        self.watch = ""
        self.problems: list[str] = []
        self.scans: list[tuple[float, Any]] = []
        self.hints = self.lost = 0
        self.news_seconds = 0.0
        self.session.watch_changed.connect(self._on_watch)
        self.session.problem_raised.connect(lambda text, tone: self.problems.append(text))
        self.session.scanned.connect(lambda result: self.scans.append((time.monotonic(), result)))
        self._count_hints()
        self.window: Any = None
        if has_window:
            from model_manager.bridge.thumbnails import Thumbnails
            from model_manager.core.previews.thumbnail_cache import ThumbnailCache
            from model_manager.ui.main_window import MainWindow
            from model_manager.ui.theme import set_theme

            set_theme("dark", self.app)
            cache = ThumbnailCache(self.session.cache_folder, 500_000_000)
            self.window = MainWindow(self.session, Thumbnails(runner, cache, covers, self.session))
            self.session.open()
            self.window.show()
        else:
            self.session.open()
        self._beat = QTimer()
        self._beat.setInterval(4)
        self._beat.timeout.connect(self._on_beat)
        self._last, self.gaps = time.perf_counter(), [0.0]
        self._beat.start()
        self.session.start()

    def _on_watch(self, text: str, tooltip: str, tone: str) -> None:
        self.watch = f"{text} | {tooltip}"

    def _count_hints(self) -> None:
        session, on_hints, take = self.session, self.session._on_hints, self.session._take_news

        def counted(folders: frozenset[str], is_lost: bool) -> None:
            self.hints += 1
            self.lost += is_lost
            on_hints(folders, is_lost)

        def taken() -> None:
            start = time.perf_counter()
            take()
            self.news_seconds += time.perf_counter() - start

        session._watch.hinted.disconnect()
        session._watch.hinted.connect(counted)
        session._stepper.timeout.disconnect()
        session._stepper.timeout.connect(taken)

    def _on_beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now

    def clear(self) -> None:
        """Forget the figures so far."""
        self.scans, self.hints, self.lost, self.gaps, self.news_seconds = [], 0, 0, [0.0], 0.0
        self._last = time.perf_counter()

    def until(self, claim: Callable[[], bool], seconds: float = GIVE_UP) -> float:
        """Let the program run until the claim holds; the time at which it did. Raises TimeoutError."""
        from PySide6.QtCore import QEventLoop

        end = time.monotonic() + seconds
        while not claim():
            if time.monotonic() > end:
                raise TimeoutError
            self.app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)  # the beat comes every 4 ms
        return time.monotonic()

    def settle(self) -> None:
        """Wait until nothing is scanned and nothing has been hinted for a moment."""
        session, calm = self.session, [time.monotonic()]

        def is_calm() -> bool:
            if not session.is_settled or session._dirty:
                calm[0] = time.monotonic()
            return time.monotonic() - calm[0] > 0.4

        self.until(is_calm)

    def slot(self, path: str) -> int:
        """The slot of the card of this file by its real path, -1 if there is none or it is not in the grid."""
        shelf = self.session.model.shelf
        name, start = os.path.basename(path), 0
        while True:
            try:
                slot = shelf.file.index(name, start)
            except ValueError:
                return -1
            if shelf.real_path(slot) == path and self.session.model.row_of(shelf.ids[slot]) >= 0:
                return slot
            start = slot + 1

    def in_grid(self) -> set[str]:
        """Real paths of all cards."""
        model = self.session.model
        return {model.shelf.real_path(slot) for slot in model.arrangement.slots}

    def in_index(self) -> set[str]:
        """Real paths of all models in the index."""
        from model_manager.core.library.index import Index

        assert self.session.index_path is not None
        with Index(self.session.index_path) as index:
            folders = {folder.id: folder.path for folder in index.folders()}
            return {os.path.join(folders[row.folder], row.file) for row in index.rows()}

    def close(self) -> float:
        """Close as app does; seconds it took."""
        start = time.perf_counter()
        self._beat.stop()
        if self.window is not None:
            self.window.close()
        self.session.close()
        return time.perf_counter() - start


Case = Callable[[Stage, Writer, str, str], Iterator[tuple[Any, ...] | Callable[[], bool]]]
# A case yields its act and then the claim that must come true; what it did before that is preparation.


def case_new(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    path = f"{base}/{tag}.safetensors"
    yield "write", path
    yield lambda: stage.slot(path) >= 0


def case_removed(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    path = f"{base}/{tag}.safetensors"
    _made(stage, writer, path)
    yield "remove", path
    yield lambda: stage.slot(path) < 0


def case_moved_out(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    path = f"{base}/{tag}.safetensors"
    _made(stage, writer, path)
    yield "rename", path, f"{stage.library}/{OWN} outside/{tag}.safetensors"
    yield lambda: stage.slot(path) < 0


def case_renamed(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    yield from _move(stage, writer, f"{base}/{tag}.safetensors", f"{base}/{tag} renamed.safetensors")


def case_moved_to_folder(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    yield from _move(stage, writer, f"{base}/{tag}.safetensors", f"{base}/sub/{tag}.safetensors")


def case_moved_to_root(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    yield from _move(stage, writer, f"{base}/{tag}.safetensors", f"{stage.library}/vault/lora/{OWN}/{tag}.safetensors")


def case_rewritten(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    path = f"{base}/{tag}.safetensors"
    _made(stage, writer, path)
    yield "write_slowly", path

    def is_shown() -> bool:
        about, slot, shelf = os.stat(path), stage.slot(path), stage.session.model.shelf
        return (shelf.size[slot], shelf.mtime_ns[slot]) == (about.st_size, about.st_mtime_ns) and not shelf.problem[slot]

    yield is_shown


def case_sidecar(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    path = f"{base}/{tag}.safetensors"
    _made(stage, writer, path)
    yield "text", f"{base}/{tag}.civitai.info", json.dumps({"model": {"name": f"title {tag}", "type": "LORA"}, "name": "v1"})
    yield lambda: stage.session.model.shelf.title[stage.slot(path)] == f"title {tag}"


def case_preview(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    path = f"{base}/{tag}.safetensors"
    writer.do("picture", f"{base}/{tag}.png", [10, 0, 0])
    _made(stage, writer, path)
    model = stage.session.model

    def key() -> object:
        return model.card(model.row_of(model.shelf.ids[stage.slot(path)])).picture

    stage.until(lambda: key() is not None)
    before = key()
    yield "picture", f"{base}/{tag}.png", [20, 90, 0]
    yield lambda: key() not in (None, before)


def case_new_folder(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    yield "fill", f"{base}/{tag}", 20, tag
    yield lambda: all(stage.slot(f"{base}/{tag}/{tag} {number}.safetensors") >= 0 for number in range(20))


def case_nested_folders(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    yield "fill", f"{base}/{tag}/a/b/c", 20, tag
    yield lambda: all(stage.slot(f"{base}/{tag}/a/b/c/{tag} {number}.safetensors") >= 0 for number in range(20))


def case_folder_renamed(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    writer.do("fill", f"{base}/{tag}", 20, tag)
    stage.until(lambda: all(stage.slot(f"{base}/{tag}/{tag} {number}.safetensors") >= 0 for number in range(20)))
    stage.settle()
    yield "rename", f"{base}/{tag}", f"{base}/{tag} renamed"
    yield lambda: all(
        stage.slot(f"{base}/{tag} renamed/{tag} {number}.safetensors") >= 0 and stage.slot(f"{base}/{tag}/{tag} {number}.safetensors") < 0
        for number in range(20)
    )
    path = f"{base}/{tag} renamed/late {tag}.safetensors"  # and it is still watched under its new name
    writer.do("write", path)
    stage.until(lambda: stage.slot(path) >= 0)


def case_folder_moved_in(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    outside = f"{stage.library}/{OWN} outside/{tag}"
    writer.do("fill", outside, 20, tag)
    yield "rename", outside, f"{base}/{tag}"
    yield lambda: all(stage.slot(f"{base}/{tag}/{tag} {number}.safetensors") >= 0 for number in range(20))


def case_file_in_linked_folder(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    outside = f"{stage.library}/{OWN} outside/{tag}"
    writer.do("fill", outside, 3, tag)
    writer.do("symlink", outside, f"{base}/{tag}")
    stage.until(lambda: all(stage.slot(f"{outside}/{tag} {number}.safetensors") >= 0 for number in range(3)))
    stage.settle()
    yield "write", f"{outside}/late {tag}.safetensors"
    yield lambda: stage.slot(f"{outside}/late {tag}.safetensors") >= 0


def case_folder_linked(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    outside = f"{stage.library}/{OWN} outside/{tag}"
    writer.do("fill", outside, 3, tag)
    yield "symlink", outside, f"{base}/{tag}"
    yield lambda: all(stage.slot(f"{outside}/{tag} {number}.safetensors") >= 0 for number in range(3))


CASES: dict[str, Case] = {
    name.removeprefix("case_").replace("_", " "): case for name, case in globals().items() if name.startswith("case_")
}


def _made(stage: Stage, writer: Writer, path: str) -> int:
    writer.do("write", path)
    stage.until(lambda: stage.slot(path) >= 0)
    stage.settle()
    return stage.session.model.shelf.ids[stage.slot(path)]


def _move(stage: Stage, writer: Writer, source: str, target: str) -> Iterator[Any]:
    id_ = _made(stage, writer, source)
    yield "rename", source, target
    yield lambda: stage.slot(target) >= 0 and stage.slot(source) < 0
    if stage.session.model.shelf.ids[stage.slot(target)] != id_:
        print(f"    {os.path.basename(source)} lost its identity")


def measure_cases(stage: Stage, writer: Writer, rounds: int, wanted: list[str]) -> list[float]:
    """Print the delays of each sort of change in milliseconds; return all."""
    base = f"{stage.library}/ComfyUI/models/loras/{OWN}"
    writer.do("makedirs", f"{base}/sub")
    writer.do("makedirs", f"{stage.library}/vault/lora/{OWN}")
    writer.do("makedirs", f"{stage.library}/{OWN} outside")
    stage.settle()
    everything: list[float] = []
    for name, case in CASES.items():
        if wanted and name not in wanted:
            continue
        delays = []
        for number in range(rounds):
            steps = case(stage, writer, base, f"{name} {number}")
            writer.start(*next(steps))
            stage.until(lambda: writer.is_ready)
            _, end = writer.end()
            claim = next(steps)
            try:
                delays.append((stage.until(claim, 8) - end) * 1000)
                next(steps, None)
            except TimeoutError:
                delays.append(float("inf"))
            stage.settle()
        everything += delays
        print(f"  {name:24} median {middle(delays, 0.5):6.0f}   95 % {middle(delays, 0.95):6.0f}   worst {max(delays):6.0f} ms", flush=True)
    return everything


def middle(values: list[float], part: float) -> float:
    """The value that `part` of them do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def measure_burst(stage: Stage, writer: Writer, files: int, folders: int) -> None:
    """Print how long after a burst the index and the grid are as the disk is."""
    base = f"{stage.library}/ComfyUI/models/loras/{OWN} burst"
    before = len(stage.session.model.shelf)
    stage.clear()
    writer.start("burst", base, files, folders)
    stage.until(lambda: writer.is_ready)
    start, end = writer.end()
    during = len(stage.scans)
    grid = index = float("inf")
    with contextlib.suppress(TimeoutError):
        grid = stage.until(lambda: len(stage.session.model.shelf) == before + files) - end
        index = stage.until(lambda: _count(stage) == before + files) - end
    stage.settle()
    on_disk = {os.path.join(top, name) for top, _, names in os.walk(base) for name in names}
    report(f"{files} files into {folders} folders in {end - start:.1f} s", stage, grid, index, during)
    for name, found in (("index", stage.in_index()), ("grid", stage.in_grid())):
        mine = {path for path in found if path.startswith(base)}
        print(f"    {name} = disk: {mine == on_disk} ({len(on_disk - mine)} missing, {len(mine - on_disk)} too many)")
    stage.clear()
    writer.start("rmtree", base)
    stage.until(lambda: writer.is_ready)
    start, end = writer.end()
    during = len(stage.scans)
    grid = index = float("inf")
    with contextlib.suppress(TimeoutError):
        grid = stage.until(lambda: len(stage.session.model.shelf) == before) - end
        index = stage.until(lambda: _count(stage) == before) - end
    stage.settle()
    report(f"and removed again in {end - start:.1f} s", stage, grid, index, during)


def report(what: str, stage: Stage, grid: float, index: float, during: int) -> None:
    """Print the figures of a burst."""
    late = sum(gap > 0.0167 + 0.004 for gap in stage.gaps) / len(stage.gaps)
    seconds = " ".join(f"{result.seconds:.2f}" for _, result in stage.scans)
    print(
        f"  {what}: grid {grid:.2f} s after the end, index {index:.2f} s; {len(stage.scans)} scans ({during} meanwhile; {seconds} s), "
        f"{stage.hints} hints, {stage.lost} overflows; window still for {max(stage.gaps) * 1000:.0f} ms at most, {late:.1%} late, "
        f"{stage.news_seconds:.2f} s spent on rows",
        flush=True,
    )


def _count(stage: Stage) -> int:
    import sqlite3

    with contextlib.closing(sqlite3.connect(f"file:{stage.session.index_path}?mode=ro", uri=True)) as index:
        return int(index.execute("SELECT COUNT(*) FROM models WHERE gone IS NULL").fetchone()[0])


def main() -> int:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path, nargs="?")
    parser.add_argument("--write", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--burst", type=int, default=40_000, help="0: none")
    parser.add_argument("--folders", type=int, nargs="*", default=[1, 400], help="into how many folders the burst goes")
    parser.add_argument("--case", action="append", default=[], help="only these")
    parser.add_argument("--no-cases", action="store_true")
    parser.add_argument("--window", action="store_true", help="with the whole window")
    chosen = parser.parse_args()
    if chosen.write:
        write_for_others()
        return 0
    library = chosen.library.resolve()
    for folder in library.rglob(f"{OWN}*"):
        shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as data:
        writer = Writer()
        start = time.monotonic()
        stage = Stage(library, Path(data), chosen.window)
        scanned = stage.until(lambda: stage.session.is_settled) - start
        watched = stage.until(lambda: bool(stage.watch)) - start
        print(f"{len(stage.session.model.shelf)} models; scanned after {scanned:.2f} s, watched after {watched:.2f} s: {stage.watch}")
        stage.settle()
        print(f"  window still for {max(stage.gaps) * 1000:.0f} ms at most", flush=True)
        try:
            if not chosen.no_cases:
                everything = measure_cases(stage, writer, chosen.rounds, chosen.case)
                print(f"all changes: median {middle(everything, 0.5):.0f}, 95 % {middle(everything, 0.95):.0f} ms", flush=True)
            for folders in chosen.folders if chosen.burst else ():
                measure_burst(stage, writer, chosen.burst, folders)
        finally:
            for text in stage.problems:
                print("problem:", text)
            writer.do("rmtree", f"{library}/ComfyUI/models/loras/{OWN}")
            for name in (f"ComfyUI/models/loras/{OWN}", f"ComfyUI/models/loras/{OWN} burst", f"vault/lora/{OWN}", f"{OWN} outside"):
                writer.do("rmtree", f"{library}/{name}")
            writer.close()
            print(f"closed in {stage.close():.2f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
