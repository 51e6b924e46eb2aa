"""What `.info` remembers of the last fetch, in our own object: of whom it spoke, and the marks of the values it put into each file.

Called by writing; by merge, to know our own values in a file of the person's. Hand-edited files may hold anything; nothing here raises.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from model_manager.core.sidecars.fetched import Fetched
from model_manager.core.sidecars.keeping import mark
from model_manager.core.sidecars.layer import line, mapping
from model_manager.core.sidecars.own_key import KEY

NAME = "fetched"

Marks = dict[str, str]


@dataclass(slots=True)
class Record:
    """The last fetch. ids: (site, offer, version); model: the model file's name; marks: suffix of a file -> key -> mark of its value."""

    ids: tuple[str, str, str] = ("", "", "")
    model: str = ""
    file: str = ""
    time: int = 0
    marks: dict[str, Marks] = field(default_factory=dict)

    @classmethod
    def of(cls, fetched: Fetched, model: str) -> "Record":
        """Return the record of a fetch, without marks."""
        offer, version = fetched.model_id or fetched.offer.id, fetched.version_id or fetched.version.id
        return cls((fetched.site, str(offer), str(version)), model, fetched.file.id if fetched.file else "", int(fetched.time))

    def is_other(self, new: "Record") -> bool:
        """Say whether the new fetch speaks of another version than this one."""
        return self.ids[0] != "" and self.ids != new.ids

    def values(self) -> dict[str, Any]:
        """Return the record as it is written."""
        site, offer, version = self.ids
        told = {"site": site, "id": offer, "version": version, "file": self.file, "model": self.model, "time": self.time}
        return {**told, "marks": self.marks}


def record_of(data: Mapping[str, Any]) -> Record:
    """Return the record in the values of an `.info`; an empty one when there is none."""
    found = mapping(mapping(data.get(KEY)).get(NAME))
    ids = line(found.get("site")), line(found.get("id")), line(found.get("version"))
    marks = {suffix: _marks(entry) for suffix, entry in mapping(found.get("marks")).items()}
    time = found.get("time")
    return Record(ids, line(found.get("model")), line(found.get("file")), time if type(time) is int else 0, marks)


def _marks(value: object) -> Marks:
    return {key: entry for key, entry in mapping(value).items() if type(entry) is str}


def without_ours(data: dict[str, Any], marks: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of a file without those that a fetch put there and nobody changed since."""
    return {key: value for key, value in data.items() if key not in marks or marks[key] != mark(value)} if marks else data


def ours_of(data: Mapping[str, Any], marks: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of a file that a fetch put there and nobody changed since."""
    return {key: value for key, value in data.items() if key in marks and marks[key] == mark(value)}
