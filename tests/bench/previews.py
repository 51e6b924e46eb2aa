"""How fast many previews are made and written, against nothing but the imaging on two cores: python tests/bench/previews.py [count]

Bare: two processes that open, cut, scale and encode with Pillow, and write nothing. Ours: `bulk.run`, with history and flushed files.
Rounds alternate. Goal: at least 0.8 of the bare rate, flat memory, and a 16 ms beat in another thread that stays in time meanwhile.
"""

import os
import pickle
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from io import BytesIO
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "core")]
sys.setswitchinterval(0.0005)

from PIL import Image, ImageChops  # noqa: E402
from preview_case import record  # noqa: E402

from model_manager.core.library.entry import ModelRecord  # noqa: E402
from model_manager.core.previews import bulk  # noqa: E402
from model_manager.core.previews.history import History  # noqa: E402
from model_manager.core.previews.makers import Makers  # noqa: E402
from model_manager.core.previews.records import (  # noqa: E402
    OUTPUT,
    BulkOptions,
    Ended,
    Look,
    Output,
)
from model_manager.core.previews.shape import crop_box, fitted  # noqa: E402
from model_manager.core.work import Work  # noqa: E402

CORES = 2
ROUNDS = 3
BEAT = 0.016
SIZES = ((832, 1216), (1024, 1024), (512, 768), (1216, 832), (1024, 1536))


def photo(width: int, height: int, seed: int) -> Image.Image:
    """Return a picture with soft shapes and some grain, as generated ones have."""
    chance = random.Random(seed)
    small = Image.frombytes("RGB", (width // 48, height // 48), chance.randbytes(3 * (width // 48) * (height // 48)))
    grain = Image.effect_noise((width, height), 8).convert("RGB")
    return ImageChops.add(small.resize((width, height), Image.Resampling.BICUBIC), grain, 1, -128)


def write_pictures(folder: Path, count: int) -> list[str]:
    """Write `count` pictures, thirty different ones, two thirds of them PNG as ComfyUI's outputs are."""
    kinds = []
    for number in range(30):
        out = BytesIO()
        photo(*SIZES[number % len(SIZES)], number).save(out, ("PNG", "PNG", "JPEG")[number % 3], quality=92)
        kinds.append(out.getvalue())
    paths = []
    for number in range(count):
        path = folder / f"{number}.{('png', 'png', 'jpg')[number % 30 % 3]}"
        path.write_bytes(kinds[number % 30])
        paths.append(str(path))
    return paths


def bare_work(paths: list[str]) -> None:
    """Open, cut, scale, encode; nothing else."""
    for path in paths:
        with Image.open(path) as image:
            box = crop_box(*image.size, Look())
            small = image.convert("RGB").resize(fitted(box, 1024), Image.Resampling.LANCZOS, box=box, reducing_gap=2.0)
            small.save(BytesIO(), "PNG", compress_level=6)


def bare(paths: list[str]) -> float:
    """Return the seconds that bare imaging takes on two cores, without the start of the interpreters."""
    command = [sys.executable, __file__, "--bare"]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(CORES)]
    for number, process in enumerate(processes):
        assert process.stdin and process.stdout
        pickle.dump(paths[number::CORES], process.stdin)
        process.stdin.flush()
        process.stdout.read(1)
    start = time.perf_counter()
    for process in processes:
        assert process.stdin
        process.stdin.write(b"g")
        process.stdin.flush()
    for process in processes:
        process.wait()
    return time.perf_counter() - start


def ours(folder: Path, paths: list[str], has_old: bool) -> tuple[float, list[float], list[int]]:
    """Return the seconds of a bulk run, how late the beats were, and the memory of this process in kB, at each fifth of the way."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    records: list[ModelRecord] = []
    for number in range(len(paths)):
        model = folder / f"model {number}.safetensors"
        model.write_bytes(b"model")
        if has_old:
            (folder / f"model {number}.jpg").write_bytes(b"an older picture" * 2000)
        records.append(record(str(model), number))
    options = BulkOptions((OUTPUT,), only_missing=False)
    plan = bulk.plan(records, lambda one: [Output(paths[one.id], 1.0)], options, Work())
    memory: list[int] = []

    def heard(ended: Ended) -> None:
        done.append(ended)
        if len(done) % (len(paths) // 5 or 1) == 0:
            memory.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4 if os.path.exists("/proc/self/statm") else 0)

    done: list[Ended] = []
    late: list[float] = []
    end = threading.Event()
    beat = threading.Thread(target=count_beats, args=(late, end))
    beat.start()
    start = time.perf_counter()
    makers = Makers(count=CORES)
    bulk.run(plan.items, options.form, History(folder / "history"), makers, lambda *_: b"", Work(), heard)
    makers.close()
    seconds = time.perf_counter() - start
    end.set()
    beat.join()
    assert len(done) == len(paths) and not any(one.fault for one in done)
    return seconds, late, memory


def count_beats(late: list[float], end: threading.Event) -> None:
    """Do 3 ms of Python every 16 ms, as a window that paints, and note how much later than that each was done."""
    due = time.perf_counter()
    while not end.is_set():
        due += BEAT
        time.sleep(max(0.0, due - time.perf_counter()))
        until = time.thread_time() + 0.003
        while time.thread_time() < until:
            pass
        late.append(time.perf_counter() - due - 0.003)
        due = max(due, time.perf_counter())


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pictures").mkdir()
        paths = write_pictures(folder / "pictures", count)
        bares, runs = [], []
        for number in range(ROUNDS):
            bares.append(bare(paths))
            runs.append(ours(folder / "models", paths, has_old=number > 0))
            print(f"round {number}: bare {count / bares[-1]:5.1f} a second   ours {count / runs[-1][0]:5.1f}   "
                  f"ratio {bares[-1] / runs[-1][0]:.2f}{'  (each replaces an older picture)' if number else ''}", flush=True)  # fmt: skip
    late = [one for run in runs for one in run[1]]
    print(f"median ratio {median(b / r[0] for b, r in zip(bares, runs, strict=True)):.2f}")
    share = 100 * sum(one > BEAT for one in late) / len(late)
    print(f"beats more than 16 ms late: {share:.1f} % of {len(late)}, worst {1000 * max(late):.0f} ms")
    print("memory of this process at each fifth, MB:", *[one // 1000 for one in runs[-1][2]])
    print(f"largest process of any: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1000} MB")


if __name__ == "__main__":
    if sys.argv[1:] == ["--bare"]:
        mine = pickle.load(sys.stdin.buffer)
        bare_work(mine[:1])
        sys.stdout.buffer.write(b"r")
        sys.stdout.buffer.flush()
        sys.stdin.buffer.read(1)
        bare_work(mine)
    else:
        main()
