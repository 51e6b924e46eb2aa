"""Which files of a folder belong to which model: by exact stem, the longest one wins.

Called by the scanner for every folder, and by whoever moves a model with all that is its own. It looks at names only and must
never touch the disk.
"""

from collections.abc import Iterable

from model_manager.core.library.entry import Family
from model_manager.core.sidecars.suffixes import INFO, PREVIEWS, SIDECARS, stem_of

_FIRST_PREVIEW = 100
_EXACT = {suffix: rank * 2 for rank, suffix in enumerate(SIDECARS)} | {
    suffix: _FIRST_PREVIEW + rank * 2 for rank, suffix in enumerate(PREVIEWS)
}
_LAST_PARTS = frozenset(suffix[suffix.rfind(".") :] for suffix in _EXACT)
_MOST_DOTS = max(suffix.count(".") for suffix in _EXACT)
_ALONE = Family()


def families(model_names: Iterable[str], file_names: Iterable[str]) -> dict[str, Family]:
    """Return for every model of one folder the files beside it that are its own; bare names in, bare names out.

    A file belongs to the longest model stem that leaves a known suffix, so `foo.v2.png` is never taken with `foo` while a model
    `foo.v2` is there. Models with one stem share their files; `<file name>.info` belongs to that one file alone. A model is never
    somebody's sidecar. Suffixes count in any case, the exact spelling ranks first; stems are compared letter by letter, as ComfyUI
    does (Comfy-Org/ComfyUI:app/model_manager.py).
    """
    stems = {name: stem_of(name) for name in model_names}
    found: dict[str, list[tuple[int, str]]] = {stem: [] for stem in stems.values()}
    own: dict[str, tuple[str, ...]] = {}
    for name in file_names:
        dot = name.rfind(".")
        if name[dot:] not in _LAST_PARTS and name[dot:].lower() not in _LAST_PARTS:
            continue
        if name in stems:
            continue
        if not _place(name, dot, found) and name[:dot] in stems and name[dot:].lower() == INFO:
            own[name[:dot]] = (*own.get(name[:dot], ()), name)
    shared = {stem: _family(files) for stem, files in found.items() if files}
    together = {name: shared.get(stem, _ALONE) for name, stem in stems.items()}
    for name, files in own.items():
        together[name] = _with_own(together[name], files, len(stems[name]))
    return together


def _place(name: str, dot: int, found: dict[str, list[tuple[int, str]]]) -> bool:
    """Put `name` with the longest stem that owns it, trying its dots from the last (at `dot`) to the first that can matter."""
    for _ in range(_MOST_DOTS):
        if dot < 1:
            return False
        files = found.get(name[:dot])
        if files is not None:
            suffix = name[dot:]
            rank = _EXACT.get(suffix)
            if rank is None and (rank := _EXACT.get(suffix.lower())) is not None:
                rank += 1
            if rank is not None:
                files.append((rank, name))
                return True
        dot = name.rfind(".", 0, dot)
    return False


def _family(files: list[tuple[int, str]]) -> Family:
    if len(files) > 1:
        files.sort()
    return Family(
        tuple([name for rank, name in files if rank < _FIRST_PREVIEW]),
        tuple([name for rank, name in files if rank >= _FIRST_PREVIEW]),
    )


def _with_own(family: Family, own: tuple[str, ...], stem_length: int) -> Family:
    """Return the family with `<file name>.info` read right after `<stem>.info`."""
    first = sum(name[stem_length:].lower() == INFO for name in family.sidecars)
    return Family((*family.sidecars[:first], *own, *family.sidecars[first:]), family.previews)
