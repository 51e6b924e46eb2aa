"""The real window while 10,000 models of one folder are renamed, moved, edited and deleted, each undone again, and long lists scrolled.

    python tests/bench/tidy_window.py [--models 10000] [--folder DIR] [--only move rename edit ...]

The library: one folder of tiny models in pairs with the same bytes, each with details and a preview of its own. Each change is planned as
the menus have it planned, looked at and scrolled on its sheet, carried out and undone, with the grid behind scrolled at 60 Hz. Prints for
each phase how long it took, the ratio to bare renames with a journal write per batch where files are renamed, scans caused, frames over
16 and 33 ms, the longest steps of the window's thread (by clock, and by its own processor time), and when the index was as the disk is.
A frame is late by the clock; "by us" are those that are late without what the window's thread waited for a core. On a busy machine quote
these, the processor times and the ratios.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[2]), str(HERE.parent)]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

FRAME = 1000 / 60
PARTS = ("move", "rename", "organise", "edit", "favourite", "delete", "twins", "health", "space")
CHANGED = "many"  # the folder of all that is changed
ENDINGS = (".safetensors", ".info", ".preview.jpg")


def make(top: Path, models: int, beside: int) -> None:
    """A ComfyUI folder with one folder of LoRAs, and as many as `beside` in others that nothing happens to."""
    from grid import noise

    from model_manager.core.formats.write import safetensors_bytes

    loras = top / "ComfyUI/models/loras"
    loras.mkdir(parents=True)
    (top / "ComfyUI/folder_paths.py").touch()
    pictures = []
    for number in range(12):
        noise(384, 512, number).save(str(top / "picture.jpg"), "JPG", 80)
        pictures.append((top / "picture.jpg").read_bytes())
    for number in range(models + beside):
        folder = loras / (CHANGED if number < models else f"others {number % 100:02}")
        folder.mkdir(parents=True, exist_ok=True)
        stem = str(folder / f"some model name v{number:05}")
        about = {"ss_output_name": f"pair {number // 2}"}
        tensors = {"lora_unet_x.lora_down.weight": ("F16", [4, 8])}
        Path(stem + ENDINGS[0]).write_bytes(safetensors_bytes(tensors, about))
        details = f'{{"modelId": {number + 1}, "name": "v{number}", "baseModel": "SDXL 1.0", "model": {{"name": "Name {number}"}}}}'
        Path(stem + ENDINGS[1]).write_text(details)
        Path(stem + ENDINGS[2]).write_bytes(pictures[number % 12])


class Bench:
    """One window, and what is measured in it."""

    def __init__(self, app: Any, window: Any, top: Path, is_why_asked: bool) -> None:
        from why import Garbage, Queue, Why

        self.app, self.window, self.top = app, window, top
        self.garbage, self.queue, self.why = Garbage(), Queue(), Why(8.0) if is_why_asked else None
        self.session, self.orders = window.session, window.tidy.orders
        self.scans: list[float] = []
        self.session.scanned.connect(lambda _: self.scans.append(time.perf_counter()))

    def phase(self, what: str, act: Callable[[], object], until: Callable[[], bool], bar: Any = None, seconds: float = 0.0) -> float:
        """Do something and scroll a bar 60 times a second until it is done; prints and returns the seconds."""
        from PySide6.QtCore import QEvent, QEventLoop, Qt, QTimer
        from PySide6.QtWidgets import QApplication

        bar = bar or self.window.grid.verticalScrollBar()
        frames, own, steps = list[float](), list[float](), list[tuple[float, float]]()
        loop, timer = QEventLoop(), QTimer(timerType=Qt.TimerType.PreciseTimer, interval=1)
        scans, begun = len(self.scans), time.perf_counter()
        due, ended, before, waited = [begun], [0.0], [(begun, time.thread_time())], [self.queue.waited()]

        def step() -> None:
            now = (time.perf_counter(), time.thread_time())
            steps.append(((now[0] - before[0][0]) * 1000, (now[1] - before[0][1]) * 1000))
            if self.why is not None:
                self.why.step(steps[-1][1])
            before[0] = now

        def on_tick() -> None:
            step()  # what came between two ticks: at best a millisecond of rest
            if time.perf_counter() < due[0]:
                waited[0] = self.queue.waited()
                return
            bar.setValue((bar.value() + 40) % max(1, bar.maximum()))
            QApplication.sendPostedEvents(None, QEvent.Type.UpdateRequest)
            step()
            done = time.perf_counter()
            frames.append((done - due[0]) * 1000)
            own.append(frames[-1] - self.queue.waited() + waited[0])
            waited[0] = self.queue.waited()
            due[0] += FRAME / 1000 * max(1, -(-(done - due[0]) // (FRAME / 1000)))
            if until() or done - begun > 600:
                ended[0] = ended[0] or done
                if done > begun + seconds:
                    loop.quit()

        QTimer.singleShot(0, act)
        timer.timeout.connect(on_tick)
        timer.start()
        loop.exec()
        timer.stop()
        late, very, by_us = sum(one > FRAME for one in frames), sum(one > 2 * FRAME for one in frames), sum(one > FRAME for one in own)
        work = sorted(step[1] for step in steps)
        total = ended[0] - begun
        caused = f"; {len(self.scans) - scans} scans" if len(self.scans) > scans else ""
        print(f"  {what:<38}{total:7.2f} s  {len(frames):5} frames, {late:3} late ({by_us} by us), {very:3} over 33 ms; longest step "
              f"{max(step[0] for step in steps):6.1f} ms, processor {work[-1]:6.1f} ms, {sum(one > FRAME for one in work)} over 16, "
              f"{sum(one > FRAME / 2 for one in work)} over 8, garbage {self.garbage.take()[0]:.1f} ms{caused}",
              *(self.why.told() if self.why is not None else ()), sep="\n      ", flush=True)  # fmt: skip
        return total

    def ids(self) -> list[int]:
        """All models that are to be changed."""
        shelf = self.session.model.shelf
        return [shelf.ids[slot] for slot in shelf.slots() if f"{os.sep}{CHANGED}{os.sep}" in shelf.path(slot)]

    def settle(self) -> None:
        """Wait until nothing is under way."""
        from grid import spin

        spin(lambda: self.is_settled() and self.window.is_quiet, 120)
        spin(lambda: False, 0.5)

    def is_settled(self) -> bool:
        """Whether what the disk has is shown."""
        return bool(self.session.is_settled and not self.session.hints.is_held and not self.orders.is_busy)

    def change(self, name: str, plan: Callable[[], object], renamed: bool = False) -> None:
        """Plan, look at, carry out and undo a change."""
        told: dict[str, Any] = {}
        orders = self.orders
        with heard(orders.planned, told, "plan"), heard(orders.carried, told, "report"), heard(orders.undone, told, "undone"):
            self.settle()
            self.phase(f"{name}: planned, the sheet shown", plan, lambda: "plan" in told and self.window.tidy.orders_desk.sheet is not None)
            sheet = self.window.tidy.orders_desk.sheet
            self.phase(f"{name}: the sheet scrolled", lambda: None, lambda: True, sheet.list.verticalScrollBar(), 3)
            scans = len(self.scans)
            done = self.phase(f"{name}: carried out", sheet.go.click, lambda: "report" in told)
            report = told["report"]
            floor = bare(report, self.top) if renamed else 0.0
            self.phase(f"{name}: then until index = disk", lambda: None, self.is_settled)
            self.check(name)
            self.phase(f"{name}: afterwards", lambda: None, self.is_settled, seconds=4)
            after = len(self.scans) - scans
            scans = len(self.scans)
            undone = self.phase(f"{name}: undone", lambda: self.orders.undo(report.change), lambda: "undone" in told)
            self.phase(f"{name}: then until index = disk", lambda: None, self.is_settled)
            self.check(name)
            self.phase(f"{name}: afterwards", lambda: None, self.is_settled, seconds=4)
        ratio = f", {done / floor:.2f} x and {undone / floor:.2f} x bare renames ({floor:.2f} s)" if floor else ""
        failed = sum(one.state == "failed" for one in (*report.outcomes, *told["undone"].outcomes))
        print(f"  {name}: {len(report.outcomes):,} models, {failed} failed; carried out {done:.2f} s, undone {undone:.2f} s{ratio}; "
              f"scans {after} and {len(self.scans) - scans}", flush=True)  # fmt: skip

    def check(self, name: str) -> None:
        """The library must be as the disk is."""
        shelf = self.session.model.shelf
        shown = {str(shelf.path(slot)) for slot in shelf.slots()}
        there = {str(path) for path in (self.top / "ComfyUI/models").rglob("*" + ENDINGS[0])}
        if shown != there:
            print(f"  {name}: NOT EQUAL, {len(shown - there)} shown and not there, {len(there - shown)} there and not shown", flush=True)


@contextmanager
def heard(signal: Any, told: dict[str, Any], name: str) -> Iterator[None]:
    """Keep what a signal says."""

    def hear(value: object) -> None:
        told[name] = value

    signal.connect(hear)
    try:
        yield
    finally:
        signal.disconnect(hear)


def bare(report: Any, top: Path) -> float:
    """Seconds that bare renames of as many files with the same names take, each batch written down before."""
    import rename

    place = Path(tempfile.mkdtemp(dir=top))
    (place / "a").mkdir(), (place / "data").mkdir()
    files = []
    for old, new in report.moves:
        for ending in ENDINGS:
            source, target = (place / "a" / (os.path.basename(path).removesuffix(ENDINGS[0]) + ending) for path in (old, new))
            if source == target:
                (place / "b").mkdir(exist_ok=True)
                target = place / "b" / target.name
            source.touch()
            files.append((str(source), str(target)))
    os.sync()
    seconds = rename.bare(files, place / "data")
    shutil.rmtree(place)
    return seconds


def renamings(ids: list[int], data: Path, index: Path) -> Any:
    """A plan that gives every model another name in its folder."""
    from model_manager.bridge.plan_tasks import ground
    from model_manager.core.journal.steps import MOVE, Plan
    from model_manager.core.tidy.moving import foot
    from model_manager.core.tidy.transfers import Transfers

    with ground(index, ids) as (found, refused, roots):
        transfers = Transfers(roots, MOVE)
        stems = {one.real: one.stem.replace("some model name v", "another name of model ") for one in found}
        transfers.add([(one, transfers.ground.target(one.folder)) for one in found], stems)
    return Plan("rename", f"Rename {len(ids)} models", "Rename", tuple(transfers.acts), tuple(refused), (), foot(transfers.acts))


def run(bench: Bench, only: list[str]) -> None:
    """Every part that is wanted."""
    from functools import partial

    from model_manager.bridge.own_order import Wish
    from model_manager.bridge.plan_tasks import Options

    tidy, top = bench.window.tidy, bench.top
    ids = bench.ids()
    bench.settle()
    for name in ("pictures made and cached", "idle"):
        bench.phase(name, lambda: None, lambda: True, seconds=4)
    folder = str(top / "ComfyUI/models/loras/elsewhere")
    changes: dict[str, tuple[Callable[[], object], bool]] = {
        "move": (lambda: tidy.asking._on_folder(ids, False, folder), True),
        "rename": (lambda: bench.orders.plan(partial(renamings, ids)), True),
        "organise": (lambda: tidy.asking._on_template(ids, "{kind}/{base_model}/{site}", Options()), True),
        "edit": (lambda: tidy.orders.plan(tidy.own.own.plan_of(Wish(tuple(ids), {"rating": 4}, add_tags=("tidy",)))), False),
        "delete": (lambda: tidy.asking._orders.plan(deleting(ids)), False),
    }
    for name, (plan, renamed) in changes.items():
        if name in only:
            bench.change(name, plan, renamed)
    if "favourite" in only:
        told: dict[str, Any] = {}
        with heard(bench.orders.carried, told, "report"):
            bench.phase("favourite: carried out at once", lambda: tidy.own.own.toggle_favourite(ids), lambda: "report" in told)
            bench.phase("favourite: then until index = disk", lambda: None, bench.is_settled, seconds=4)
    pages(bench, only)


def deleting(ids: list[int]) -> Any:
    """The plan of the menu's Delete."""
    from model_manager.bridge import planning

    return planning.deleting(ids, False, False)


def pages(bench: Bench, only: list[str]) -> None:
    """The pages with long lists."""
    tidy, window = bench.window.tidy, bench.window

    def is_open(desk: Any) -> Callable[[], bool]:
        return lambda: desk.page is not None and bool(desk.page.isVisible())

    if "twins" in only:
        bench.settle()
        bench.phase("duplicates: looked for", tidy.twins.twins.look, lambda: not tidy.twins.twins.is_looking)
        bench.phase("duplicates: page opened", tidy.twins.show, is_open(tidy.twins), seconds=1)
        rows = tidy.twins.page.view.model().rowCount()
        bench.phase(f"duplicates: {rows:,} rows scrolled", lambda: None, lambda: True, tidy.twins.page.view.verticalScrollBar(), 4)
        window.pages.leave()
    if "health" in only:
        bench.settle()
        bench.phase("health: looked through", tidy.health.health.look, lambda: not tidy.health.health.is_looking)
        bench.phase("health: page opened", tidy.health.show, is_open(tidy.health), seconds=2)
        page = tidy.health.page
        for section in tidy.health.health.report.sections:
            page._opened.add(section.sort) if hasattr(page, "_opened") else None
        bench.phase("health: all sections opened", page.show_all, lambda: True, seconds=1)
        rows = page.view.model().rowCount()
        bench.phase(f"health: {rows:,} rows scrolled", lambda: None, lambda: True, page.view.verticalScrollBar(), 4)
        window.pages.leave()
    if "space" in only:
        bench.settle()
        bench.phase("space: page opened", tidy.space.show, is_open(tidy.space), seconds=3)
        window.pages.leave()


def child(top: Path, only: list[str], is_why_asked: bool) -> None:
    """Open the program's window and measure."""
    from PySide6.QtWidgets import QApplication

    from model_manager import app as program
    from model_manager.bridge.garbage import Sweeper

    sys.setswitchinterval(program.SWITCH_SECONDS)
    app = QApplication([])
    chosen = argparse.Namespace(
        theme="dark", view=None, comfyui=[str(top / "ComfyUI")], extra_model_paths_config=[], demo=False, size=(1280, 800), search="",
    )  # fmt: skip
    window = program._build(app, chosen, top / "data")
    Sweeper(app)
    from grid import spin

    bench = Bench(app, window, top, is_why_asked)
    spin(lambda: window.is_quiet, 300)
    print(f"{len(window.session.model.shelf):,} models; load of the machine {os.getloadavg()[0]:.1f}", flush=True)
    run(bench, only)
    print(f"load of the machine {os.getloadavg()[0]:.1f}", flush=True)
    window.session.close()
    os._exit(0)


def main() -> None:
    """Make the library and measure in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=10_000)
    parser.add_argument("--beside", type=int, default=0, help="models in other folders, which stay as they are")
    parser.add_argument("--why", action="store_true", help="say where the longest steps were")
    parser.add_argument("--folder", type=Path, default=None, help="where to make the library")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    random.seed(1)
    if chosen.child:
        child(chosen.child, chosen.only, chosen.why)
    with tempfile.TemporaryDirectory(dir=chosen.folder) as top:
        from PySide6.QtGui import QGuiApplication

        application = QGuiApplication([])
        make(Path(top), chosen.models, chosen.beside)
        del application
        environ = {**os.environ, "MODEL_MANAGER_DATA": f"{top}/data"}
        (Path(top) / "data").mkdir()
        why = ["--why"] if chosen.why else []
        subprocess.run([sys.executable, str(HERE), "--child", top, *why, "--only", *chosen.only], env=environ, check=False)


if __name__ == "__main__":
    main()
