"""Newer versions of the models that are here: which count, what is kept of them, what is ignored, what was told.

Found by the task of updates, read by the command line and the updates page. `updates.sqlite` in the data folder can be made again; what the
person ignores stands in the model's `.info`, so that it travels with it. No network here.
"""

import json
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from model_manager.core.errors import BadSidecar, FileFault
from model_manager.core.hashes.kept import Kept
from model_manager.core.hashes.store import Store
from model_manager.core.online.civitai_parts import version_of
from model_manager.core.online.records import Offer, Update, Version
from model_manager.core.sidecars.own_key import read_own, save_own
from model_manager.core.sidecars.turns import turn

FILE_NAME: Final = "updates.sqlite"
FILE, VERSION, MODEL = "file", "version", "model"  # what can be ignored
_NAME: Final = "updates"  # in our object of the `.info`
_VERSIONS, _MODELS = "versions", "models"

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS updates (path TEXT PRIMARY KEY, model INTEGER, version INTEGER, found REAL, data TEXT);
CREATE TABLE IF NOT EXISTS told (version INTEGER PRIMARY KEY, time REAL);
"""
_STORED: Final = tuple(one.name for one in fields(Update) if one.name not in ("version", "others", "is_new", "found", "path"))


@dataclass(frozen=True, slots=True)
class Ignored:
    """What a person does not want to hear of: this file at all, some versions, some models."""

    is_file: bool = False
    versions: frozenset[int] = frozenset()
    models: frozenset[int] = frozenset()


def newer(
    offer: Offer, here: int, base_model: str, is_owned: Callable[[Version], bool], ignored: Collection[int]
) -> tuple[Version | None, tuple[Version, ...], bool]:
    """Return the newest version that is worth having, the other new ones, and whether it is for another base model.

    here: id of the version that is here. Newer is what was published later or, where that is not told, stands above it on the page.
    Best are those for our base model that can be had now, then those for another, then the barred ones.
    """
    own = next((version for version in offer.versions if version.id == str(here)), None)
    base = (own.base_model if own else "") or base_model
    place = offer.versions.index(own) if own else len(offer.versions)
    found = [
        version
        for number, version in enumerate(offer.versions)
        if version.id.isdigit()
        and int(version.id) not in (here, *ignored)
        and (_is_later(version, own, number, place) if own else int(version.id) > here)
        and not is_owned(version)
    ]
    found.sort(key=lambda version: version.published, reverse=True)
    if not found:
        return None, (), False
    best = min(found, key=lambda version: (bool(version.barred), _is_other(version, base)))
    return best, tuple(version for version in found if version is not best), _is_other(best, base)


def _is_later(version: Version, own: Version, number: int, place: int) -> bool:
    return version.published > own.published if version.published and own.published else number < place


def _is_other(version: Version, base: str) -> bool:
    return bool(base and version.base_model and version.base_model != base)


# what is ignored


def ignored(model_path: str) -> Ignored:
    """Return what the model's `.info` says of updates; what cannot be read or understood counts as not there."""
    with suppress(BadSidecar, FileFault):
        found = read_own(model_path).get(_NAME)
        if isinstance(found, dict):
            return Ignored(found.get(FILE) is True, _numbers(found.get(_VERSIONS)), _numbers(found.get(_MODELS)))
    return Ignored()


def ignore(model_path: str, what: str, id_: int = 0, is_ignored: bool = True) -> None:
    """Ignore (or not any more) the updates of this file, a version, or a whole model, by its id. Kept in the model's `.info`.

    Raises BadSidecar or FileFault when it cannot be written; it is then as it was.
    """
    with turn(model_path):
        before = read_own(model_path).get(_NAME)
        values: dict[str, Any] = dict(before) if isinstance(before, dict) else {}
        if what == FILE:
            values[FILE] = is_ignored
        else:
            key = _VERSIONS if what == VERSION else _MODELS
            ids = _numbers(values.get(key))
            values[key] = sorted(ids | {id_} if is_ignored else ids - {id_})
        save_own(model_path, _NAME, {key: value for key, value in values.items() if value} or None)


def _numbers(value: object) -> frozenset[int]:
    return frozenset(one for one in value if type(one) is int) if isinstance(value, list) else frozenset()


# what is kept


class Updates:
    """The updates that were found. A connection belongs to the thread that made it."""

    def __init__(self, folder: Path) -> None:
        """`folder`: the data folder. Raises IndexFault."""
        self._kept = Kept(folder / FILE_NAME, 1, _SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._kept.close()

    def __enter__(self) -> "Updates":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def set(self, found: Iterable[Update], none: Iterable[str] = ()) -> None:
        """Keep updates, in place of those the same models had; `none`: paths for which there is none any more."""
        rows = [(one.path, one.model_id, int(one.version.id), one.found or time.time(), _packed(one)) for one in found]
        self._kept.write(
            ("DELETE FROM updates WHERE path = ?", [(path,) for path in none]),
            ("INSERT OR REPLACE INTO updates VALUES (?, ?, ?, ?, ?)", rows),
        )

    def follow(self, moves: Iterable[tuple[str, str]]) -> None:
        """Follow models from (old, new) path. Harmless when done twice. Raises IndexFault."""
        self._kept.write(("UPDATE OR REPLACE updates SET path = ? WHERE path = ?", [(new, old) for old, new in moves]))

    def keep_only(self, paths: Collection[str]) -> None:
        """Forget the updates of models that are not in the library any more."""
        wanted = set(paths)
        gone = [(path,) for (path,) in self._kept.rows("SELECT path FROM updates") if path not in wanted]
        self._kept.write(("DELETE FROM updates WHERE path = ?", gone))

    def all(self) -> list[Update]:
        """Return all updates, the latest found first."""
        rows = self._kept.rows(
            "SELECT path, data, found, told.version IS NULL FROM updates LEFT JOIN told ON told.version = updates.version"
            " ORDER BY found DESC, path"
        )
        return [one for row in rows if (one := _unpacked(*row)) is not None]

    def tell(self, updates: Iterable[Update]) -> None:
        """Remember that the person was told of these: nobody is told twice of a version."""
        self._kept.write(("INSERT OR IGNORE INTO told VALUES (?, ?)", [(int(one.version.id), time.time()) for one in updates]))


def found(folder: Path) -> list[Update]:
    """Return what is to be shown now: all updates but those that are ignored or have come meanwhile. Raises IndexFault."""
    with Updates(folder) as updates, Store(folder) as store:
        return [one for one in updates.all() if not _is_here(store, one.version) and not _is_unwanted(one)]


def to_tell(updates: Iterable[Update]) -> list[Update]:
    """Return those of which the person is to be told: new ones for the same base model that can be had now, one for each version."""
    wanted = [one for one in updates if one.is_new and not one.is_other_base and not one.version.barred]
    return list({one.version.id: one for one in wanted}.values())


def _is_here(store: Store, version: Version) -> bool:
    hashes = (file.hashes.get("sha256", "") for file in version.files if file.is_model)
    return any(hash and store.paths_of(hash) for hash in hashes)


def _is_unwanted(update: Update) -> bool:
    kept = ignored(update.path)
    return kept.is_file or update.model_id in kept.models or int(update.version.id) in kept.versions


def _packed(update: Update) -> str:
    values = {name: value for name in _STORED if (value := getattr(update, name))}
    return json.dumps(values | {"raw": [dict(version.raw) for version in (update.version, *update.others)]})


def _unpacked(path: str, data: str, when: float, is_new: int) -> Update | None:
    try:
        values = json.loads(data)
        model = {"id": values["model_id"], "name": values["name"], "type": values.get("type", "")}
        versions = [version_of(raw, model=model) for raw in values.pop("raw")]
        return Update(path=path, version=versions[0], others=tuple(versions[1:]), is_new=bool(is_new), found=when, **values)
    except (ValueError, TypeError, KeyError, IndexError):
        return None  # by another version of the program; the next look finds it again
