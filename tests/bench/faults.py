"""Breaks things under the real program and prints what it says, whether it goes on, and whether its index is as the disk afterwards.

`sudo python tests/bench/faults.py` (as root for the faults that take mounts; they are made in a namespace of their own). It writes
only into a temporary folder.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from faults_window import window

REPO = Path(__file__).resolve().parents[2]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(REPO))
MODELS = 1_500
Row = tuple[str, str, str, int, int, str]


# the program on the command line


def command(data: Path, comfyui: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    line = [sys.executable, "-m", "model_manager", *words, "--data-dir", str(data), "--comfyui", str(comfyui)]
    return subprocess.run(line, capture_output=True, text=True, cwd=REPO, timeout=120, check=False)


def rows_of(index: Path) -> set[Row]:
    """What an index says of the models on disk."""
    from model_manager.core.library.index import Index
    from model_manager.core.library.rows import AWAY

    with Index(index) as opened:
        folders = {folder.id: folder.path for folder in opened.folders()}
        return {
            (folders[row.folder], row.file, row.title, row.size, row.mtime_ns, row.base) for row in opened.rows() if not row.flags & AWAY
        }


class Ground:
    """A library, what a look at it in peace gives, and a place for data folders."""

    def __init__(self, top: Path, models: int) -> None:
        self.top = top
        make = [sys.executable, str(REPO / "tests/bench/make_library.py"), str(top / "library"), "--models", str(models), "--light",
                "--no-extra-roots"]  # fmt: skip
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
        self.comfyui = top / "library" / "ComfyUI"
        self._count = 0
        data = self.data()
        start = time.monotonic()
        command(data, self.comfyui, "scan", "--json")
        self.seconds = time.monotonic() - start
        self.data_in_peace = data
        self.rows = rows_of(data / "index.sqlite")

    def data(self, is_filled: bool = False) -> Path:
        """A fresh data folder, with a finished index if wanted."""
        self._count += 1
        folder = self.top / f"data {self._count}"
        if is_filled:
            shutil.copytree(self.data_in_peace, folder)
        else:
            folder.mkdir()
        return folder

    def verdict(self, index: Path) -> str:
        """Whether an index is as the disk."""
        from model_manager.core.errors import ModelManagerError

        try:
            found = rows_of(index)
        except ModelManagerError as fault:
            return f"INDEX IS NO INDEX: {fault}"
        missing, more = len(self.rows - found), len(found - self.rows)
        return f"INDEX IS WRONG: {missing} missing, {more} too many" if missing or more else "index = disk"


def said_by(done: subprocess.CompletedProcess[str]) -> str:
    """What a command said and how it ended."""
    return f"exit {done.returncode}" + (", TRACEBACK" if "Traceback" in done.stderr else "") + f", says {done.stderr.strip()[-300:]!r}"


# the faults


def killed(ground: Ground) -> None:
    """kill -9 at ten moments of a scan, on the command line and with a window."""
    bad = 0
    moments = sorted(random.uniform(0.1, 1.1) * ground.seconds for _ in range(10))
    data = ground.data()
    for number, moment in enumerate(moments):
        if number % 2:
            with window(data, ground.comfyui) as one:
                time.sleep(moment)
                one.process.send_signal(signal.SIGKILL)
        else:
            line = [sys.executable, "-m", "model_manager", "scan", "--data-dir", str(data), "--comfyui", str(ground.comfyui)]
            process = subprocess.Popen(line, cwd=REPO, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(moment)
            process.kill()
            process.wait()
        copy = ground.data()
        shutil.copytree(data, copy, dirs_exist_ok=True)
        done = command(copy, ground.comfyui, "scan", "--json")
        verdict = ground.verdict(copy / "index.sqlite")
        bad += done.returncode != 0 or verdict != "index = disk"
        if number == 4:
            data = ground.data()  # from nothing once more
    print(f"kill -9 at 10 moments of a scan: {10 - bad} of 10 went on as if nothing had been", flush=True)


def damaged(ground: Ground) -> None:
    """The index overwritten at its header, in its middle, cut off and emptied."""

    def header(path: Path) -> None:
        with path.open("r+b") as file:
            file.write(b"\xff" * 200)

    def middle(path: Path) -> None:
        with path.open("r+b") as file:
            for place in range(path.stat().st_size // 4, path.stat().st_size, path.stat().st_size // 6):
                file.seek(place)
                file.write(os.urandom(20_000))

    def cut(path: Path) -> None:
        os.truncate(path, path.stat().st_size // 2)

    for name, damage in (("header", header), ("middle", middle), ("cut off", cut)):
        data = ground.data(is_filled=True)
        damage(data / "index.sqlite")
        done = command(data, ground.comfyui, "scan", "--json")
        print(f"index damaged ({name}), command line: {said_by(done)}; {ground.verdict(data / 'index.sqlite')}", flush=True)
        data = ground.data(is_filled=True)
        damage(data / "index.sqlite")
        with window(data, ground.comfyui) as one:
            one.settled()
            state = one.until(lambda told: told.get("rows") == len(ground.rows) and told["is_settled"])
            print(f"index damaged ({name}), window: says {one.said}; {ground.verdict(Path(state['index']))}; {one.close()}", flush=True)


def read_only(ground: Ground) -> None:
    """The data folder on a volume that cannot be written."""
    data = ground.data(is_filled=True)
    with mounted(["--bind", str(data), str(data)], data):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(data)], check=True)
        done = command(data, ground.comfyui, "scan", "--json")
        models = json.loads(done.stdout)["models"] if done.returncode == 0 else None
        print(f"data folder read-only, command line: {said_by(done)}; {models} of {len(ground.rows)} models", flush=True)
        with window(data, ground.comfyui) as one:
            state = one.until(lambda told: told.get("rows") == len(ground.rows) and told["is_settled"])
            print(f"data folder read-only, window: says {one.said}; {ground.verdict(Path(state['index']))}; {one.close()}", flush=True)


def full(ground: Ground) -> None:
    """The data folder on a disk that is full."""
    for name, size in (("at once", "64k"), ("on the way", "1m")):
        data = ground.data()
        with mounted(["-t", "tmpfs", "-o", f"size={size}", "none", str(data)], data):
            done = command(data, ground.comfyui, "scan", "--json")
            print(f"disk full {name} while writing the index, command line: {said_by(done)}", flush=True)
            for path in data.iterdir():
                path.unlink()
            with window(data, ground.comfyui) as one:
                one.settled()
                state = one.until(lambda told: told.get("rows") == len(ground.rows) and told["is_settled"])
                said = f"says {one.said}, shows {state['rows']} of {len(ground.rows)} models"
                subprocess.run(["mount", "-o", "remount,size=64m", str(data)], check=True)
                verdict = ""
                if state["index"].startswith(str(data)):
                    with contextlib.suppress(TimeoutError):
                        one.until(lambda told: "ended" in told)
                    one.settled()
                    verdict = f"; with room again: {ground.verdict(Path(state['index']))}"
                print(f"disk full {name} while writing the index, window: {said}{verdict}; {one.close()}", flush=True)


def note_full(ground: Ground) -> None:
    """A note written where the disk is full."""
    place = ground.top / "small"
    place.mkdir()
    with mounted(["-t", "tmpfs", "-o", "size=256k", "none", str(place)], place):
        loras = place / "ComfyUI" / "models" / "loras"
        loras.mkdir(parents=True)
        model = next(path for folder, path, *_ in sorted(ground.rows) if path.endswith(".safetensors") and "loras" in folder)
        source = next(Path(folder) / path for folder, path, *_ in ground.rows if path == model)
        (loras / "one.safetensors").write_bytes(source.read_bytes()[:20_000])
        (loras / "one.md").write_text("the old note")
        with window(ground.data(), place / "ComfyUI") as one:
            one.until(lambda told: told.get("rows") == 1 and told["is_settled"])
            with contextlib.suppress(OSError), (place / "filler").open("wb", buffering=0) as file:
                while file.write(b"x" * 4096):
                    pass
            one.ask("note", "one.safetensors", "a new note " * 1000, "the old note")
            one.until(lambda told: "said" in told or "saved" in told, asks=False)
            kept = (loras / "one.md").read_text() == "the old note"
            left = sorted(path.name for path in loras.iterdir())
            said = f"says {one.said}; old note kept: {kept}; in the folder: {left}"
            print(f"disk full while writing a note: {said}; {one.close()}", flush=True)


def unmounted(ground: Ground) -> None:
    """A root that is unmounted in the middle of a scan, and comes back."""
    volume, place = ground.top / "volume", ground.top / "library" / "ComfyUI" / "models" / "loras"
    place.rename(volume)
    place.mkdir()
    drive = ground.top / "drive"  # a file system of its own, as a drive is
    drive.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", str(drive)], check=True)
    subprocess.run(["cp", "-a", f"{volume}/.", str(drive)], check=True)
    try:
        known = ground.data()
        with mounted(["--bind", str(drive), str(place)], place):
            command(known, ground.comfyui, "scan")
        for name, data in (("first scan", ground.data()), ("later scan", known)):
            with mounted(["--bind", str(drive), str(place)], place, is_mine=False), window(data, ground.comfyui) as one:
                one.until(lambda told: "progress" in told, asks=False)
                subprocess.run(["umount", "-l", str(place)], check=True)
                one.settled()
                state = one.until(lambda told: bool(told.get("is_settled")))
                said = f"{state['rows']} models shown, {state['away']} of them as away, says {one.said}"
                subprocess.run(["mount", "--bind", str(drive), str(place)], check=True)
                back = one.until(lambda told: told.get("rows") == len(ground.rows) and told["away"] == 0 and told["is_settled"])
                verdict = ground.verdict(Path(back["index"]))
                print(f"root unmounted during the {name}, window: {said}; mounted again: {verdict}; {one.close()}", flush=True)
        data = ground.data()
        subprocess.run(["mount", "--bind", str(drive), str(place)], check=True)
        line = [sys.executable, "-m", "model_manager", "scan", "--data-dir", str(data), "--comfyui", str(ground.comfyui)]
        process = subprocess.Popen(line, cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(ground.seconds / 2)
        subprocess.run(["umount", "-l", str(place)], check=True)
        out, err = process.communicate()
        subprocess.run(["mount", "--bind", str(drive), str(place)], check=True)
        command(data, ground.comfyui, "scan")
        verdict = ground.verdict(data / "index.sqlite")
        said = f"exit {process.returncode}, says {(out + err).strip()!r}"
        print(f"root unmounted during a scan, command line: {said}; mounted again: {verdict}", flush=True)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["umount", "-l", str(drive)], check=False)
        place.rmdir()
        volume.rename(place)


def removed(ground: Ground) -> None:
    """A root that is deleted under the running program."""
    place, copy = ground.top / "library" / "ComfyUI" / "models" / "vae", ground.top / "copy"
    shutil.copytree(place, copy)
    with window(ground.data(is_filled=True), ground.comfyui) as one:
        one.settled()
        shutil.rmtree(place)
        state = one.until(lambda told: "rows" in told and (told["rows"] < len(ground.rows) or told["away"] > 0) and told["is_settled"])
        said = f"{state['rows']} of {len(ground.rows)} models shown, {state['away']} of them as away, says {one.said}"
        copy.rename(place)
        back = one.until(lambda told: told.get("rows") == len(ground.rows) and told["away"] == 0 and told["is_settled"])
        print(f"root deleted, window: {said}; back again: {ground.verdict(Path(back['index']))}; {one.close()}", flush=True)


@contextlib.contextmanager
def mounted(words: list[str], place: Path, is_mine: bool = True) -> Iterator[None]:
    """Something mounted for a while."""
    subprocess.run(["mount", *words], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=is_mine, stderr=subprocess.DEVNULL)


FAULTS = {
    "killed": killed, "damaged": damaged, "read-only": read_only, "full": full, "note": note_full, "unmounted": unmounted,
    "removed": removed,
}  # fmt: skip
NEED_ROOT = ("read-only", "full", "note", "unmounted")


def main() -> int:
    """Read the command line and break things."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--models", type=int, default=MODELS)
    parser.add_argument("--only", nargs="*", choices=FAULTS, default=list(FAULTS))
    chosen = parser.parse_args()
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if is_root and not chosen.alone and shutil.which("unshare"):
        os.execvp("unshare", ["unshare", "-m", sys.executable, *sys.argv, "--alone"])
    with tempfile.TemporaryDirectory() as top:
        ground = Ground(Path(top), chosen.models)
        print(f"{len(ground.rows)} models, scanned in {ground.seconds:.1f} s", flush=True)
        for name in chosen.only:
            if name in NEED_ROOT and not is_root:
                print(f"{name}: left out, mounts take root")
                continue
            try:
                FAULTS[name](ground)
            except TimeoutError as fault:
                print(f"{name}: WENT WRONG, {fault}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
