"""A scanned library with previews and sidecars, its backups, and restores through the real journal; and archives made by hand."""

import json
import os
import zipfile
from hashlib import blake2b
from pathlib import Path
from typing import Any

from library_case import Library, model_bytes
from preview_case import picture

from model_manager.core.hashes.compute import SHA256, mark_of
from model_manager.core.hashes.store import Store
from model_manager.core.journal.steps import Plan, Report
from model_manager.core.tidy.backup import write_backup
from model_manager.core.tidy.backup_gather import Backed, Options
from model_manager.core.tidy.backup_match import MISSING, Comparison, compare
from model_manager.core.tidy.backup_reading import Archive
from model_manager.core.tidy.carrying import carry_out, take_back
from model_manager.core.tidy.restoring import plan_restore
from model_manager.core.work import Work

DAY = 86_400
OLD = 1_600_000_000


class Case:
    """Models below one root; `tree` is everything there with its bytes and times."""

    def __init__(self, tmp_path: Path) -> None:
        self.library = Library(tmp_path)
        self.data, self.loras = self.library.data, self.library.root()
        self.zip = str(tmp_path / "backup.zip")

    def put(self, name: str, data: bytes | str = b"", age: int = 0) -> Path:
        """Write a file below the root; a model gets bytes of its own. age: days it is newer than the others."""
        path = self.loras / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = data.encode() if isinstance(data, str) else data
        path.write_bytes(content or (model_bytes(name) if name.endswith(".safetensors") else picture()))
        os.utime(path, (OLD + age * DAY, OLD + age * DAY))
        return path

    def family(self, stem: str, *endings: str) -> None:
        self.put(f"{stem}.safetensors")
        for ending in endings:
            self.put(stem + ending, f"{stem}{ending}")

    def hash(self, name: str, sha256: str) -> None:
        """Let the hash of a model be known."""
        path = os.path.realpath(self.loras / name)
        with Store(self.data) as store:
            store.save(path, mark_of(path), {SHA256: sha256})

    def tree(self) -> dict[str, tuple[bytes, int]]:
        return {
            str(path.relative_to(self.loras)): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in sorted(self.loras.rglob("*"))
            if path.is_file()
        }

    def back_up(self, **options: Any) -> Backed:
        self.library.scan()
        return write_backup(self.data, self.library.path, self.zip, Options(**options), Work())

    def compare(self, rule: str = MISSING, has_history: bool = False) -> Comparison:
        self.library.scan()
        with Archive(self.zip) as archive:
            return compare(self.data, self.library.path, archive, rule, Work(), has_history)

    def plan(self, rule: str = MISSING, has_history: bool = False, has_settings: bool = False) -> Plan:
        self.library.scan()
        with Archive(self.zip) as archive:
            found = compare(self.data, self.library.path, archive, rule, Work(), has_history)
            return plan_restore(self.data, archive, found, Work(), has_settings)

    def restore(self, rule: str = MISSING, **how: bool) -> tuple[Plan, Report]:
        plan = self.plan(rule, **how)
        report = carry_out(self.data, plan, Work())
        self.library.scan()
        return plan, report

    def undo(self, report: Report) -> Report:
        return take_back(self.data, report.change, Work())


def states(found: Comparison) -> dict[str, str]:
    """What becomes of each file, by its name here."""
    return {os.path.basename(fate.target): fate.state for match in found.matches for fate in match.fates}


class Forged:
    """An archive made by hand, as somebody who means harm would."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.lines: list[dict[str, Any]] = [{"backup": 1, "made": 1.0, "program": "x", "models": 1, "files": 1}]
        self.entries: list[tuple[zipfile.ZipInfo, bytes]] = []

    def model(self, path: str, size: int, root: str = "ComfyUI loras", number: int = 0) -> None:
        self.lines.append({"model": number, "root": root, "kind": "loras", "path": path, "size": size, "mtime_ns": 1})

    def file(self, name: str, data: bytes = b"x", entry: str = "", is_there: bool = True, **other: Any) -> zipfile.ZipInfo:
        entry = entry or f"files/{len(self.entries)}/{name}"
        line = {"file": entry, "of": 0, "name": name, "size": len(data), "mtime_ns": 1, "sum": blake2b(data, digest_size=16).hexdigest()}
        self.lines.append({**line, **other})
        info = zipfile.ZipInfo(entry)
        if is_there:
            self.entries.append((info, data))
        return info

    def write(self, index: bytes | None = None) -> str:
        with zipfile.ZipFile(self.path, "w") as archive:
            for info, data in self.entries:
                archive.writestr(info, data)
            archive.writestr("index.jsonl", b"".join(compact(line) for line in self.lines) if index is None else index)
        return self.path


def compact(line: dict[str, Any]) -> bytes:
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"
