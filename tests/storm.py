"""Many small downloads at once while everything goes wrong: cuts, wrong ranges, expired links, pages, wrong hashes, full drives.

Used by tests/core/test_storm.py in small and by tests/bench/storm.py in full size. It says what stood where in the end.
"""

import errno
import hashlib
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model_manager.core.demo.site_records import SiteModel
from model_manager.core.library.roots import collect
from model_manager.core.online import partials
from model_manager.core.online.keys import Keys
from model_manager.core.online.offers import make_sites
from model_manager.core.settings import Settings
from model_manager.core.tasks import faults as engine_faults
from model_manager.core.tasks.engine import Engine
from model_manager.core.tasks.every_kind import all_kinds
from model_manager.core.tasks.kinds import Tools
from model_manager.core.tasks.resolving import payload_of, task_key, title_of
from model_manager.core.tasks.states import DONE, DOWNLOAD, ENDED, FAILED
from tests.double import Double, big_lora, faults
from tests.double.faults import Fault

CUT = (200_000, 500_000)

# what a file meets, and the code with which it must fail ("": it must be there in the end); "{}" is its name
SORTS: dict[str, tuple[Callable[[str], list[Fault]], str]] = {
    "cut": (lambda on: [], ""),
    "wrong range": (lambda on: [faults.wrong_range(777, on=on, skip=1, count=2)], ""),
    "wrong total": (lambda on: [faults.wrong_total(9, on=on, skip=1, count=1)], ""),
    "no content range": (lambda on: [faults.no_content_range(on=on, skip=1, count=1)], ""),
    "200 for 206": (lambda on: [faults.ignore_range(on=on, skip=1, count=2)], ""),
    "changed tag": (lambda on: [faults.changed_etag(on=on)], ""),
    "no tag": (lambda on: [faults.no_etag(on=on)], ""),
    "weak tag": (lambda on: [faults.weak_etag(on=on)], ""),
    "expired": (lambda on: [faults.expired(on=on, skip=1, count=3)], ""),
    "page once": (lambda on: [faults.html_page(on=on, skip=1, count=1)], ""),
    "page": (lambda on: [faults.html_page(on=on)], "html"),
    "error in JSON": (lambda on: [faults.json_body(on=on)], "html"),
    "wrong hash once": (lambda on: [faults.flipped(on=on, count=1, place=10)], ""),
    "wrong hash": (lambda on: [faults.flipped(on=on, place=10)], "wrong_hash"),
    "too long a length": (lambda on: [faults.lying_length(500, on=on, count=2)], ""),
    "chunked": (lambda on: [faults.chunked(on=on)], ""),
    "storage busy": (lambda on: [faults.busy("1", on=on, skip=1, count=1)], ""),
    "storage broken": (lambda on: [faults.server_error(503, on=on, skip=1, count=2)], ""),
}


@dataclass
class Report:
    """What a storm came to. wrong: sentences, none when all is as it must be. twice: bytes sent again, by sort of fault."""

    wrong: list[str] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)
    twice: dict[str, int] = field(default_factory=dict)
    size: int = 0
    sent: int = 0
    requests: int = 0
    seconds: float = 0.0


def storm(folder: Path, count: int, seed: int = 1, at_once: int = 6, seconds: float = 60.0) -> Report:
    """Download `count` models of 0.2 to 2 MB below `folder` and look at what is there."""
    rng, report, begun = random.Random(seed), Report(), time.monotonic()
    with Double() as double, _drive_that_fills_up(rng), _short_delays():
        models = _models(double, count, rng)
        double.faults += [
            faults.cut_at_random(*CUT, seed=seed, on="storage GET /model"),
            faults.busy("1", on="civitai GET /api", skip=count // 8, count=3),
            faults.busy(on="civitai GET /api/download", skip=count // 4, count=3),
        ]
        double.site.uses = 4
        report.states, by_name = _downloaded(folder, double, models, at_once, seconds, report)
        report.seconds = time.monotonic() - begun
        for name, sort, model in models:
            _judge(folder, name, sort, model, by_name.get(name, ("lost", "")), report)
            report.twice[sort] = report.twice.get(sort, 0) + double.twice(f"storage GET .*{name}")
        report.size = sum(model.shown[0].files[0].content.size for _, _, model in models)
        report.sent, report.requests = double.sent("storage GET /model"), len(double.log)
        if double.leaks():
            report.wrong.append("a key went where it must not go")
    names = {name for name, sort, _ in models if not SORTS[sort][1]}
    stray = [file for file in os.listdir(folder / "ComfyUI/models/loras") if file.partition(".")[0] not in names]
    report.wrong += [f"stray file {file}" for file in stray]
    return report


def _models(double: Double, count: int, rng: random.Random) -> list[tuple[str, str, SiteModel]]:
    found = []
    for number in range(count):
        sort = list(SORTS)[number % len(SORTS)]
        name = f"storm{number:03}"
        size = rng.randint(900_000, 2_000_000) if "range" in sort or "20" in sort else rng.randint(200_000, 2_000_000)
        model = double.add_model(big_lora(name, size), f"{name}.safetensors")
        double.faults += SORTS[sort][0](f"storage GET .*{name}")
        found.append((name, sort, model))
    return found


def _downloaded(
    folder: Path, double: Double, models: list[tuple[str, str, SiteModel]], at_once: int, seconds: float, report: Report
) -> tuple[Counter[str], dict[str, tuple[str, str]]]:
    """Run all tasks to their end; returns how many ended how, and state and code by name."""
    (folder / "ComfyUI/models/loras").mkdir(parents=True)
    settings, data = Settings(), folder / "data"
    settings.downloads_at_once = at_once
    sites = make_sites(settings, Keys(data, {"CIVITAI_API_TOKEN": double.key}), double.environ)
    tools = Tools(data, settings, lambda: sites, lambda: collect([str(folder / "ComfyUI")], [], [], ()), data / "index.sqlite")
    engine = Engine(data, all_kinds(tools))
    engine.start()
    try:
        ids = {}
        for name, _, model in models:
            (link,) = sites.links(double.page(model))
            ids[engine.add(DOWNLOAD, task_key(link, "loras"), title_of(link), payload_of(link, "loras")).id] = name
        until = time.monotonic() + seconds
        while time.monotonic() < until and any(task.state not in ENDED for task in engine.tasks()):
            time.sleep(0.1)
        ended = engine.tasks()
        for task in ended:
            if task.state not in ENDED:
                report.wrong.append(f"{ids[task.id]} never ended: {task.state} {task.code} {task.reason}")
        by_name = {ids[task.id]: (task.state, task.code) for task in ended}
        engine.clear(None).result()
        while any(task.chore for task in engine.tasks()) and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.3)
    finally:
        engine.close()
        sites.web.close()
    if double.key.encode() in b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file()):
        report.wrong.append("the key stands in the data folder")
    return Counter(task.state for task in ended), by_name


def _judge(folder: Path, name: str, sort: str, model: SiteModel, ended: tuple[str, str], report: Report) -> None:
    code = SORTS[sort][1]
    if ended != ((FAILED, code) if code else (DONE, "")):
        report.wrong.append(f"{name} ({sort}) ended {ended}")
    path = folder / "ComfyUI/models/loras" / f"{name}.safetensors"
    if ended[0] != DONE and path.exists():
        report.wrong.append(f"{name} ({sort}) has its name though it is {ended[0]}")
    if ended[0] == DONE and (not path.exists() or hashlib.sha256(path.read_bytes()).digest() != _sha256(model)):
        report.wrong.append(f"{name} ({sort}) is done and not the same")


def _sha256(model: SiteModel) -> bytes:
    content, digest, place = model.shown[0].files[0].content, hashlib.sha256(), 0
    while place < content.size:
        block = content.read(place, content.size - place)
        digest.update(block)
        place += len(block)
    return digest.digest()


@contextmanager
def _drive_that_fills_up(rng: random.Random) -> Iterator[None]:
    """Let a write fail now and then as on a full drive."""
    write = os.write

    class Os:
        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

        def write(self, handle: int, data: memoryview) -> int:
            if rng.random() < 0.002:
                write(handle, data[: len(data) // 2])
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(handle, data)

    partials.os = Os()
    try:
        yield
    finally:
        partials.os = os


@contextmanager
def _short_delays() -> Iterator[None]:
    """Let tasks be tried again at once, and more often than usual since all of this comes in a minute."""
    names = {"FIRST_DELAY": 0.05, "ROOM_DELAY": 0.2, "LONGEST_DELAY": 1.0}
    kept = {name: getattr(engine_faults, name) for name in names}
    for name, value in names.items():
        setattr(engine_faults, name, value)
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(engine_faults, name, value)
