"""A small library beside a double of the sites, and an engine that really runs the tasks of hashing, details and updates."""

import os
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from library_case import Library

from model_manager.core.demo.site_content import Whole
from model_manager.core.demo.site_records import SiteFile, SiteModel, SitePicture, SiteVersion
from model_manager.core.formats.write import safetensors_bytes
from model_manager.core.library.entry import ModelRecord
from model_manager.core.library.roots import Roots
from model_manager.core.online.keys import Keys
from model_manager.core.online.offers import make_sites
from model_manager.core.settings import Settings
from model_manager.core.tasks.details import details_task
from model_manager.core.tasks.engine import Engine
from model_manager.core.tasks.every_kind import all_kinds
from model_manager.core.tasks.hashing import LIST
from model_manager.core.tasks.kinds import Tools
from model_manager.core.tasks.lists import Lists, NewTask, Result
from model_manager.core.tasks.states import Task
from tests.double import Double

BY_HASH = "POST .*model-versions/by-hash"
SINGLE = "GET .*model-versions/by-hash/"
MODELS = r"GET .*/api/v1/models\?"


def lora(mark: str, output_name: str = "demo") -> bytes:
    """A LoRA whose tensors depend on `mark` and whose header on `output_name`."""
    tensors = {"lora_unet_x.lora_down.weight": ("F16", [4, 8])}
    return safetensors_bytes(tensors, {"ss_output_name": output_name}, lambda _, size: mark.encode().ljust(size, b"\1")[:size])


class MatchCase:
    """Local models, what the site has of them, and tasks run to their end."""

    def __init__(self, folder: Path, library: Library, double: Double) -> None:
        self.folder, self.library, self.double, self.data = folder, library, double, library.data
        self.loras = library.root()
        self.settings = Settings()
        environ = double.environ
        sites = make_sites(self.settings, Keys(self.data, environ), environ)
        self.tools = Tools(self.data, self.settings, lambda: sites, Roots, library.path)
        self._number = 100

    def put(self, name: str, data: bytes) -> str:
        """Write a local model; returns its path."""
        path = self.loras / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return str(path)

    def offer(self, data: bytes, name: str, **facts: Any) -> SiteModel:
        """Have the site offer a model with one version and a picture; numbers are small and follow each other by 100."""
        self._number += 100
        number = self._number
        file = SiteFile(number + 2, name, Whole(f"case/{number}", data), **facts)
        pictures = [SitePicture(number + 3, ("facets", "ice")), SitePicture(number + 4, ("facets", "ice"), level=8)]
        version = SiteVersion(number + 1, "v1.0", "SDXL 1.0", [file], pictures, ("glass fox",), "<p>Version words.</p>")
        model = SiteModel(number, f"Model {number}", "LORA", [version], about="<p>Model words.</p>", tags=("animal",))
        self.double.site.add(model)
        return model

    def both(self, name: str, mark: str = "") -> tuple[str, SiteModel]:
        """A model that is here and on the site; its path and what the site has."""
        data = lora(mark or name)
        return self.put(name, data), self.offer(data, os.path.basename(name))

    def run(self, *wanted: NewTask, seconds: float = 60) -> list[Task]:
        """Add tasks and work until all have ended or wait."""
        engine = Engine(self.data, all_kinds(self.tools))
        engine.start()
        try:
            ids = [engine.add(one.kind, one.key, one.title, one.payload, unit=one.unit, total=one.total).id for one in wanted]
            return engine.wait(ids)
        finally:
            engine.close()

    def fetch(
        self, paths: Iterable[str] | None = None, details: bool = True, previews: bool = False, force: bool = False
    ) -> dict[str, Result]:
        """Scan, fetch, scan again; what became of each model by file name."""
        self.library.scan()
        wanted = [record.path for record in self.records().values()] if paths is None else list(paths)
        (self.task,) = self.run(details_task(self.data, wanted, details, previews, force))
        self.library.scan()
        return self.results(self.task)

    def results(self, task: Task) -> dict[str, Result]:
        """What became of the models of a task, by file name."""
        with closing(Lists(self.data)) as lists:
            return {os.path.basename(one.path): one for one in lists.results(str(task.payload[LIST]))}

    def records(self) -> dict[str, ModelRecord]:
        """What the index holds, by file name."""
        return self.library.records()

    def calls(self, pattern: str) -> int:
        """How often the site was asked so."""
        return len(self.double.seen(pattern))
