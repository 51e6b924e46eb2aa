"""Download tasks against the double, with the engine, real folders and a small ComfyUI."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from model_manager.core.library.roots import collect
from model_manager.core.online.keys import Keys
from model_manager.core.online.offers import Sites, make_sites
from model_manager.core.settings import Settings
from model_manager.core.tasks.engine import Engine
from model_manager.core.tasks.every_kind import all_kinds
from model_manager.core.tasks.kinds import Tools
from model_manager.core.tasks.resolving import payload_of, task_key, title_of
from model_manager.core.tasks.states import DOWNLOAD, Task
from tests.double import Double

SECONDS = 30.0


class Downloads:
    """One data folder, one ComfyUI, one double."""

    def __init__(self, folder: Path, double: Double, environ: Mapping[str, str] | None = None) -> None:
        self.folder, self.double = folder, double
        self.data = folder / "data"
        self.comfyui = folder / "ComfyUI"
        self.models = self.comfyui / "models"
        for kind in ("checkpoints", "loras", "vae", "diffusers", "embeddings", "upscale_models"):
            (self.models / kind).mkdir(parents=True, exist_ok=True)
        self.settings = Settings()
        self.environ = {**double.environ, **(environ or {})}

    def tools(self) -> Tools:
        sites = self.sites()
        return Tools(self.data, self.settings, lambda: sites, lambda: collect([str(self.comfyui)], [], [], ()), self.data / "index.sqlite")

    def sites(self) -> Sites:
        return make_sites(self.settings, Keys(self.data, self.environ), self.environ)

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        tools = self.tools()
        engine = Engine(self.data, all_kinds(tools))
        engine.start()
        try:
            engine.ready()
            yield engine
        finally:
            assert engine.close()
            tools.sites.web.close()

    def add(self, engine: Engine, link: str, to: str = "", name: str = "", **extra: Any) -> Task:
        (parsed,) = self.sites().links(link)
        return engine.add(DOWNLOAD, task_key(parsed, to, name), title_of(parsed), payload_of(parsed, to, name) | extra)

    def brought(self, link: str, to: str = "", name: str = "", **extra: Any) -> Task:
        """Store a task, wait until it has ended or waits, and return it."""
        with self.engine() as engine:
            task = self.add(engine, link, to, name, **extra)
            return until(engine, task.id, lambda now: now.state in ("done", "failed", "cancelled", "waiting", "paused"))

    def names(self, below: str = "loras") -> list[str]:
        """The files in a folder of models and below it."""
        top = self.models / below
        return sorted(str(path.relative_to(top)).replace(os.sep, "/") for path in top.rglob("*") if path.is_file())

    def records(self) -> list[str]:
        folder = self.data / "downloads"
        return sorted(os.listdir(folder)) if folder.is_dir() else []


def until(engine: Engine, id_: int, is_so: Callable[[Task], bool]) -> Task:
    """Wait until a task is so."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        task = engine.task(id_)
        if task is not None and is_so(task):
            return task
        time.sleep(0.02)
    raise AssertionError(f"it never came to that: {engine.task(id_)}")
