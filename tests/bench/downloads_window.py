"""The steps of the window's thread while eight downloads run: tasks page, then the library, scrolled at 60 Hz.

    python tests/bench/downloads_window.py LIBRARY [--mb 1500] [--mb-a-second 0 110] [--seconds 8]

LIBRARY: one that make_library.py made (10,000 models). A step is what the thread does between waiting and waiting again; its processor
time is the program's own doing, the rest is waiting for the interpreter or for a core. A frame is the time from when it is due until it
is painted. The server is a process of its own that only calls sendfile; with 0 it sends as fast as the loopback takes it, which on few
cores leaves none to spare. Prints the same without downloads first.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[2]), str(HERE.parent)]
FRAME = 1000 / 60
COUNT = 8


class Steps:
    """Times the steps of a thread's event loop."""

    def __init__(self, dispatcher: Any) -> None:
        self.times: list[tuple[float, float]] = []
        self._begun = (0.0, 0.0)
        dispatcher.awake.connect(self._on_awake)
        dispatcher.aboutToBlock.connect(self._on_block)

    def _on_awake(self) -> None:
        self._begun = (time.perf_counter(), time.thread_time())

    def _on_block(self) -> None:
        if self._begun[0]:
            self.times.append(((time.perf_counter() - self._begun[0]) * 1000, (time.thread_time() - self._begun[1]) * 1000))
            self._begun = (0.0, 0.0)


def text_of(name: str, times: list[float]) -> str:
    """Median, 95 %, 99 %, worst, and the share of those that miss a frame."""
    found = sorted(times) or [0.0]
    late = 100 * sum(value > FRAME for value in found) / len(found)
    at = [found[min(len(found) - 1, int(len(found) * share))] for share in (0.5, 0.95, 0.99)]
    return f"{name} {at[0]:5.2f} {at[1]:6.2f} {at[2]:6.2f} {found[-1]:6.1f} ms, {late:4.2f} % late"


def measured(app: Any, what: str, seconds: float, act: Callable[[], object]) -> str:
    """Do something 60 times a second and tell how the thread fares."""
    from PySide6.QtCore import QAbstractEventDispatcher, QEvent, QEventLoop, Qt, QTimer
    from PySide6.QtWidgets import QApplication

    steps, frames = Steps(QAbstractEventDispatcher.instance()), list[float]()
    loop, timer = QEventLoop(), QTimer(timerType=Qt.TimerType.PreciseTimer, interval=1)
    due = [time.perf_counter() + FRAME / 1000]
    end = due[0] + seconds

    def on_tick() -> None:
        if (now := time.perf_counter()) < due[0]:
            return
        act()
        QApplication.sendPostedEvents(None, QEvent.Type.UpdateRequest)
        done = time.perf_counter()
        frames.append((done - due[0]) * 1000)
        due[0] += FRAME / 1000 * max(1, -(-(done - due[0]) // (FRAME / 1000)))
        if now > end:
            loop.quit()

    timer.timeout.connect(on_tick)
    timer.start()
    loop.exec()
    timer.stop()
    busy = [step for step in steps.times if step[0] > 0.1]  # a look at the clock is no step
    lines = [text_of("step", [step[0] for step in busy]), text_of("processor", [step[1] for step in busy]), text_of("frame", frames)]
    return f"  {what:<26}" + "   ".join(lines)


def child(library: Path, data: Path, seconds: float, order: dict[str, Any]) -> None:
    """Open the program's window, measure, and print lines."""
    from PySide6.QtWidgets import QApplication

    from model_manager import app as program
    from model_manager.bridge.garbage import Sweeper
    from model_manager.core.tasks.states import DOWNLOAD

    sys.setswitchinterval(program.SWITCH_SECONDS)
    app = QApplication([])
    yaml = library / "flat_paths.yaml"
    chosen = argparse.Namespace(
        theme="dark", view=None, comfyui=[str(library / "ComfyUI")], extra_model_paths_config=[str(yaml)] if yaml.is_file() else [],
        demo=False, size=(1280, 800), search="",
    )  # fmt: skip
    window = program._build(app, chosen, data)
    window.session.settings.downloads_at_once = COUNT
    Sweeper(app)
    import grid as tool

    board = window.tasks.board
    tool.spin(lambda: window.is_quiet and board._holder.engine is not None, 300)
    print(f"{len(window.session.model.shelf):,} models", flush=True)
    scans: list[object] = []
    window.session.scanned.connect(scans.append)
    bar = window.grid.verticalScrollBar()

    def scroll() -> None:
        bar.setValue((bar.value() + 60) % max(1, bar.maximum()))

    def both(what: str) -> None:
        window.tasks.show()
        tool.spin(lambda: False, 0.5)
        print(measured(app, f"tasks page, {what}", seconds, lambda: None), flush=True)
        window.tasks.leave()
        print(measured(app, f"scrolling, {what}", seconds, scroll), flush=True)

    both("idle")  # pictures are made and cached
    both("idle")
    for number in range(COUNT):
        entry = {"url": f"{order['url']}/{number}", "name": f"bench-{number}.safetensors", "size": order["size"], "is_size_exact": True,
                 "hashes": {"sha256": order["sha256"]}, "folder": order["folder"], "root": order["folder"], "is_main": True}  # fmt: skip
        board.add(DOWNLOAD, f"bench{number}", entry["name"], {"link": entry["url"], "files": [entry]}, total=order["size"], unit="bytes")
    tool.spin(lambda: board.running == COUNT and board.speed > 0, 60)
    began = time.perf_counter(), sum(task.done for task in board.model.tasks())
    both("downloading")
    done = sum(task.done for task in board.model.tasks()) - began[1]
    working = len(board.model.working())
    speed = done / (time.perf_counter() - began[0]) / 1e6
    print(f"  {speed:.0f} MB/s meanwhile, {working} still under way; {len(scans)} scans", flush=True)
    board.cancel()
    tool.spin(lambda: not board.running, 60)
    window.session.close()
    os._exit(0)


def serve(path: str, rate: float) -> None:
    """Answer like download.py's server, all together at most so many bytes a second."""
    import download

    if rate:
        lock, budget = __import__("threading").Lock(), [time.monotonic()]
        send = os.sendfile

        def slowly(out: int, source: int, start: int, count: int) -> int:
            count = min(count, 256 << 10)
            with lock:
                budget[0] = max(budget[0], time.monotonic() - 0.05) + count / rate
                wait = budget[0] - time.monotonic()
            time.sleep(max(0.0, wait))
            return send(out, source, start, count)

        os.sendfile = slowly  # type: ignore[assignment]
    download.serve(path)


def make_model(path: Path, size: int) -> tuple[int, str]:
    """Write a model of about that size, mostly a hole; return its size and SHA-256."""
    head = json.dumps({"a": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    head = len(head).to_bytes(8, "little") + head
    with open(path, "wb") as file:
        file.write(head)
        file.truncate(len(head) + size)
    digest = hashlib.sha256(head)
    for start in range(0, size, 1 << 20):
        digest.update(bytes(min(1 << 20, size - start)))
    return len(head) + size, digest.hexdigest()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path, nargs="?")
    parser.add_argument("--mb", type=int, default=1500, help="size of each download")
    parser.add_argument("--mb-a-second", type=float, nargs="+", default=[110.0, 0.0], help="what the server sends in all; 0: no limit")
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve(chosen.serve[0], float(chosen.serve[1]))
    if chosen.child:
        child(chosen.library, Path(chosen.child[0]), float(chosen.child[1]), json.loads(chosen.child[2]))
    library = chosen.library.resolve()
    folder = library / "ComfyUI/models/loras/downloads bench"
    with tempfile.TemporaryDirectory(dir=library.parent) as top:
        size, sha256 = make_model(Path(top) / "model", chosen.mb * 1_000_000)
        environ = {**os.environ, "MODEL_MANAGER_DATA": f"{top}/data"}
        environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        for rate in chosen.mb_a_second:
            print(f"the server sends {f'{rate:.0f} MB/s' if rate else 'as fast as it can'}", flush=True)
            folder.mkdir(exist_ok=True)
            command = [sys.executable, str(HERE), "--serve", f"{top}/model", str(rate * 1e6)]
            server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            try:
                assert server.stdout is not None
                order = {"url": f"http://127.0.0.1:{int(server.stdout.readline())}", "size": size, "sha256": sha256, "folder": str(folder)}
                words = [str(library), "--child", f"{top}/data", str(chosen.seconds), json.dumps(order)]
                subprocess.run([sys.executable, str(HERE), *words], env=environ, check=False)
            finally:
                server.kill()
                shutil.rmtree(folder)


if __name__ == "__main__":
    main()
