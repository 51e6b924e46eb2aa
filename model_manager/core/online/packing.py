"""Records of the sites as plain JSON and back, for tasks that outlive the program.

Called by proposals, downloads and what fetches details. What comes back from a disk may be of another version of the program, or
broken: each value of the wrong sort counts as not there, nothing raises.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final, TypeVar

from model_manager.core.online.records import Image, Link, Offer, RemoteFile, Version

Packed = Offer | Version | RemoteFile | Image | Link
_INNER: Final[Mapping[tuple[type, str], type]] = {
    (Offer, "versions"): Version,
    (Version, "files"): RemoteFile,
    (Version, "images"): Image,
}
_EMPTY: Final[Mapping[type, Packed]] = {
    Offer: Offer("", "", ""),
    Version: Version(""),
    RemoteFile: RemoteFile("", "", ""),
    Image: Image(""),
    Link: Link(""),
}
R = TypeVar("R", Offer, Version, RemoteFile, Image, Link)


def to_plain(record: Packed) -> dict[str, Any]:
    """Return a record as JSON takes it; what has its usual value is left out."""
    usual = _EMPTY[type(record)]
    found: dict[str, Any] = {}
    for one in fields(record):
        value = getattr(record, one.name)
        if value != getattr(usual, one.name):
            inner = (type(record), one.name) in _INNER
            found[one.name] = [to_plain(item) for item in value] if inner else list(value) if isinstance(value, tuple) else value
    return found


def from_plain(sort: type[R], data: object) -> R:
    """Return the record of this sort that `to_plain` made `data` of."""
    known = data if isinstance(data, Mapping) else {}
    usual = _EMPTY[sort]
    values = {one.name: _value(sort, one.name, known.get(one.name), getattr(usual, one.name)) for one in fields(sort)}
    return sort(**values)


def _value(sort: type, name: str, value: object, usual: object) -> Any:
    inner = _INNER.get((sort, name))
    if isinstance(usual, tuple):
        if not isinstance(value, list | tuple):
            return usual
        if inner is not None:
            return tuple(from_plain(inner, item) for item in value if isinstance(item, Mapping))
        return tuple(item for item in value if isinstance(item, str))
    if isinstance(usual, Mapping):
        if not isinstance(value, Mapping):
            return usual
        return {key: one for key, one in value.items() if isinstance(one, str)} if name == "hashes" else dict(value)
    return value if type(value) is type(usual) else usual
