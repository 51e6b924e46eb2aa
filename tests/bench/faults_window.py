"""The program with a window in a process of its own, for `faults.py`: tells what it says, and its state when asked."""

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PATIENCE = 60.0


def run_window(data: str, comfyui: str) -> int:
    """Open the window offscreen and answer on stdout: what it says, and its state when asked by a line on stdin."""
    from PySide6.QtCore import QSocketNotifier
    from PySide6.QtWidgets import QApplication

    from model_manager.bridge.jobs import Runner
    from model_manager.bridge.session import Session
    from model_manager.bridge.tasks import Sources, covers
    from model_manager.bridge.thumbnails import Thumbnails
    from model_manager.core.library.rows import AWAY
    from model_manager.core.previews.thumbnail_cache import ThumbnailCache
    from model_manager.core.settings import Settings
    from model_manager.ui.main_window import MainWindow

    app = QApplication([])
    session = Session(Path(data), Settings(), Runner(), Sources((comfyui,)))
    window = MainWindow()
    window.furnish(session, Thumbnails(session.runner, ThumbnailCache(session.cache_folder, 10_000_000), covers, session))

    def tell(**what: Any) -> None:
        print(json.dumps(what), flush=True)

    def obey() -> None:
        line = sys.stdin.readline()
        if not line:
            window.close()
            app.quit()
            return
        name, *rest = json.loads(line)
        shelf = session.model.shelf
        if name == "note":
            slot = shelf.file.index(rest[0])
            session.details.save_notes(shelf.ids[slot], rest[1], rest[2])
        else:
            away = sum(bool(shelf.flags[slot] & AWAY) for slot in shelf.slots())
            tell(rows=len(shelf), away=away, is_settled=session.is_settled and session.is_scanned, index=str(session.index_path))

    session.problem_raised.connect(lambda text, tone: tell(said=text))
    session.folders_faulted.connect(lambda text: tell(said=text))
    session.problem_ended.connect(lambda text: tell(ended=text))
    session.details.notes_failed.connect(lambda id_, text: tell(said=text))
    session.details.notes_saved.connect(lambda id_, text: tell(saved=text))
    session.scanned.connect(lambda result: tell(scanned=result.seconds))
    session.progressed.connect(lambda text, done, total: tell(progress=f"{text} {done}"))
    listener = QSocketNotifier(0, QSocketNotifier.Type.Read)
    listener.activated.connect(obey)
    window.painted.connect(session.start)
    session.open()
    window.show()
    code = app.exec()
    session.close()
    return code


class Window:
    """The other end of `run_window`."""

    def __init__(self, data: Path, comfyui: Path) -> None:
        command = [sys.executable, __file__, str(data), str(comfyui)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.said: list[str] = []
        self.heard: list[dict[str, Any]] = []

    def ask(self, *words: object) -> None:
        """Send a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()

    def until(self, claim: Callable[[dict[str, Any]], bool], asks: bool = True) -> dict[str, Any]:
        """Read (and with `asks` ask for the state) until something told fulfils the claim; raises TimeoutError."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if asks:
                self.ask("state")
            while select.select([self.process.stdout], [], [], 0.1)[0]:
                assert self.process.stdout is not None
                line = self.process.stdout.readline()
                if not line:
                    raise TimeoutError(f"the program ended with {self.process.wait()}")
                told = json.loads(line)
                if "said" in told:
                    self.said.append(told["said"])
                if claim(told):
                    return told
        raise TimeoutError("nothing happened")

    def settled(self) -> dict[str, Any]:
        """Wait until all was looked at."""
        return self.until(lambda told: bool(told.get("is_settled")))

    def close(self) -> str:
        """End it; how that went."""
        assert self.process.stdin is not None and self.process.stderr is not None
        start = time.monotonic()
        self.process.stdin.close()
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        noise = "Traceback" in self.process.stderr.read()
        return f"ended with {code} in {time.monotonic() - start:.1f} s" + (", TRACEBACK" if noise else "")


@contextlib.contextmanager
def window(data: Path, comfyui: Path) -> Iterator[Window]:
    """A window that is closed in any case."""
    one = Window(data, comfyui)
    try:
        yield one
    finally:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    raise SystemExit(run_window(*sys.argv[1:]))
