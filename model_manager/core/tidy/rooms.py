"""Which names are free in the folders that a plan fills: those on disk, and those the plan itself has given away.

Used by transfers. Each folder is listed once. A name that an earlier act frees counts as taken: that act may fail.
"""

import os
from collections.abc import Collection, Iterable, Sequence

from model_manager.core.files.gather import strangers
from model_manager.core.files.names import free_stem
from model_manager.core.library.kinds import OTHER, is_model
from model_manager.core.paths import long_path, name_key
from model_manager.core.sidecars.family import families
from model_manager.core.sidecars.suffixes import stem_of


class Room:
    """The names in one folder, which need not be there yet."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._names: dict[str, str] = {}
        self._by_front: dict[str, set[str]] = {}
        self._models: set[str] = set()
        try:
            for name in os.listdir(long_path(folder)):
                self._note(name)
        except OSError:  # it is made by the plan, or whoever lists it next says why not
            pass

    def _note(self, name: str) -> None:
        key = name_key(name)
        self._names[key] = name
        dot = key.rfind(".")
        while dot > 0:
            self._by_front.setdefault(key[:dot], set()).add(name)
            dot = key.rfind(".", 0, dot)
        if is_model(OTHER, name):
            self._models.add(name)

    def claim(self, names: Iterable[str]) -> None:
        """Give names away."""
        for name in names:
            self._note(name)

    def there(self, name: str) -> str:
        """The file that has this name, in its own spelling; "" for none."""
        return self._names.get(name_key(name), "")

    def free_stem(self, stem: str, models: Sequence[str], beside: Sequence[str], own: Collection[str]) -> str:
        """Return `stem` or the first like it that is free for a family: `models` and `beside` are what its names have behind the stem.

        own: names in this folder that are the family's already. A stem is free when none of its names is taken, no file here would become
        the family's, and none of the family another model's.
        """
        rests = [*models, *beside]
        return free_stem(stem, rests, lambda tried: self._is_free(tried, models, beside, own))

    def _is_free(self, stem: str, models: Sequence[str], beside: Sequence[str], own: Collection[str]) -> bool:
        for rest in (*models, *beside):
            name = stem + rest
            if (taken := self._names.get(name_key(name))) is not None and taken not in own:
                return False
            if taken is None and self._is_there(name, own):
                return False
        return not self._is_mixed(stem, models, beside, own)

    def _is_there(self, name: str, own: Collection[str]) -> bool:
        """Whether the drive knows this name although it is not listed: one that takes several spellings for one."""
        path = long_path(os.path.join(self._folder, name))
        if not os.path.lexists(path):
            return False
        return not any(os.path.lexists(one) and os.path.samestat(os.lstat(path), os.lstat(one)) for one in self._paths(own))

    def _paths(self, names: Iterable[str]) -> list[str]:
        return [long_path(os.path.join(self._folder, name)) for name in names]

    def _is_mixed(self, stem: str, models: Sequence[str], beside: Sequence[str], own: Collection[str]) -> bool:
        """Whether a file of ours would become another model's, or one that is here would become ours."""
        near = {name for name in (*self._by_front.get(name_key(stem), ()), self.there(stem)) if name and name not in own}
        if not near and not self._is_below_others(stem, beside):
            return False
        ours = [stem + rest for rest in models]
        family = {stem + rest for rest in beside}
        others = {name for name in self._models if name not in own}
        if any(name_key(stem_of(name)) == name_key(stem) for name in near & others):
            return True  # two models of one stem cannot be told apart by most programs
        around = {*ours, *(name for name in others if name in near or self._is_longer(name, family))}
        files = {*near, *family} - around
        found, unknown = families(around, files), strangers(around, files)
        held = {one: {*found[one].sidecars, *found[one].previews, *unknown.get(one, ())} for one in around}
        is_theirs = any(held[one] & family for one in around.difference(ours))  # one may be named like our stem, ending and all
        return is_theirs or {name for one in ours for name in held[one]} != family

    def _is_below_others(self, stem: str, beside: Sequence[str]) -> bool:
        """Whether a name of ours begins with more than our stem and might be the stem of a model that is here."""
        return any(rest.count(".") > 1 and name_key(stem + rest[: rest.rfind(".")]) in self._by_front for rest in beside)

    @staticmethod
    def _is_longer(model: str, family: Iterable[str]) -> bool:
        front = stem_of(model) + "."
        return any(name.startswith(front) for name in family)
