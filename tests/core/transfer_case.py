"""A transfer against the double: what it takes to call `fill`, and what came of it."""

import hashlib
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from model_manager.core.errors import NoRoom
from model_manager.core.online.endpoints import Endpoints
from model_manager.core.online.filling import Hands, Wanted
from model_manager.core.online.keys import Keys
from model_manager.core.online.partials import Partial
from model_manager.core.online.throttle import Throttle
from model_manager.core.online.transfer import fill
from model_manager.core.online.web import Web
from model_manager.core.work import Work
from tests.double import Double

NAME = "fox.safetensors"


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes of which no two parts are alike."""
    return hashlib.shake_128(seed.to_bytes(4, "little")).digest(size)


@dataclass
class Transferred:
    """One file on its way from the double to a folder. stops_at: after so many bytes it is cancelled, a moment later."""

    double: Double
    folder: Path
    data: bytes
    url: str = ""
    is_exact: bool = True
    size: int = -1
    hashes: Mapping[str, str] | None = None
    limit: int = 0
    room: int = 1 << 60
    stops_at: int = 0
    work: Work = field(default_factory=Work)
    progress: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.url:
            self.model = self.double.add_model(self.data, NAME)
            self.url = self.double.download_url(self.model)
        self.web = Web(Endpoints(self.double.civitai, self.double.huggingface, self.double.github), Keys(self.folder, {}))

    @property
    def wanted(self) -> Wanted:
        hashes = {"sha256": hashlib.sha256(self.data).hexdigest()} if self.hashes is None else self.hashes
        return Wanted(self.url, NAME, len(self.data) if self.size < 0 else self.size, self.is_exact, hashes)

    def partial(self) -> Partial:
        return Partial(str(self.folder / NAME), self.folder / "data" / "1-0.json")

    def look(self, wanted: int) -> None:
        if wanted > self.room:
            raise NoRoom("full", wanted - self.room)

    def told(self, done: int, total: int) -> None:
        self.progress.append((done, total))
        if 0 < self.stops_at <= done:
            self.stops_at = 0
            threading.Timer(0.3, self.work.cancel).start()

    def run(self) -> str:
        hands = Hands(self.work, Throttle(lambda: self.limit), self.told, self.look, lambda place: None)
        try:
            return fill(self.web, self.wanted, self.partial(), hands)
        finally:
            self.web.close()

    @property
    def part(self) -> Path:
        return self.folder / f"{NAME}.part"

    def here(self) -> bytes:
        return self.part.read_bytes() if self.part.exists() else b""

    def names(self) -> list[str]:
        return sorted(name for name in os.listdir(self.folder) if name != "data")
