"""The acts of a plan to delete: each model with all that is its own goes to where it is held, or for good.

Used by held. It looks at names and links; nothing is changed.
"""

import os
import time
from collections.abc import Mapping, Sequence

from model_manager.core.journal.steps import ABSENT, FOLDER, HELD, MOVE, REMOVE, WRITE, Act, Refused, Step
from model_manager.core.library.entry import Root
from model_manager.core.tidy.ground import Ground, bytes_of
from model_manager.core.tidy.holding import NOTE, HeldFile, Places, new_token, note_bytes
from model_manager.core.tidy.subjects import Subject, led_to
from model_manager.core.tidy.transfers import Uses, links_to, used_words
from model_manager.core.words import tr, trn


class Deleting:
    """Collects the acts of a plan to delete."""

    def __init__(self, roots: Mapping[Root, str], for_good: bool, uses: Uses | None = None) -> None:
        """uses: tells how many pictures were made with a model."""
        self._ground, self._for_good, self._uses = Ground(roots), for_good, uses
        self._places, self._token, self._when = Places(self._ground), new_token(), time.time()
        self._sources: set[str] = set()
        self.acts: list[Act] = []
        self.refused: list[Refused] = []
        self.warnings: list[str] = []
        self.files = 0

    def add(self, one: Subject, all_: Sequence[Subject], note: str = "") -> None:
        """Plan one model; what it shares with another of its stem goes only with the last of them."""
        going = {other.file for other in all_ if other.folder == one.folder} if one.shares else set()
        is_whole = going.issuperset(one.shares)
        names = [name for name in (one.names if is_whole else one.own) if os.path.join(one.folder, name) not in self._sources]
        if not names or names[0] != one.file:
            return  # it is in the plan already
        self._sources.update(os.path.join(one.folder, name) for name in names)
        notes = [(note, "info")] if note else []
        if one.shared and not is_whole:
            notes.append((tr("what it shares with {other} stays", other=", ".join(one.shares)), "warn"))
        notes += self._links(one)
        if self._uses is not None and (count := self._uses(one)):
            notes.append((used_words(count), "info"))
        self._act(one, names, notes)

    def add_target(self, link: Subject, all_: Sequence[Subject]) -> None:
        """Plan the file that a link leads to."""
        found = led_to(link)
        if isinstance(found, Refused):
            self.refused.append(found)
        else:
            self.add(found, all_, tr("what {link} leads to", link=link.file))

    def _links(self, one: Subject) -> list[tuple[str, str]]:
        if one.is_link:
            others = [place.path for place in one.places if place.path != one.path]
            text = tr("only the link · its file stays")
            return [(text if not others else tr("only the link · stays at {path}", path=others[0]), "info")]
        links = links_to(one)
        if links:
            return [(trn("{count} link to it will lead nowhere", "{count} links to it will lead nowhere", len(links)), "warn")]
        others = [place.path for place in one.places if _is_other_name(place.path, one)]
        return [(tr("is the same file as {path}, which stays", path=others[0]), "info")] if others else []

    def _act(self, one: Subject, names: Sequence[str], notes: Sequence[tuple[str, str]]) -> None:
        marks = dict(zip(one.names, one.marks, strict=True))
        files: tuple[HeldFile, ...] = ()
        paths = {name: os.path.join(one.folder, name) for name in names}
        if self._for_good:
            steps = [Step(REMOVE, path, planned=marks[name]) for name, path in paths.items()]
        else:
            folder = os.path.join(self._places.of(one), self._token, f"{len(self.acts):04}")
            files = tuple(HeldFile(os.path.join(folder, f"{number:04}{HELD}"), path) for number, path in enumerate(paths.values()))
            note = Step(WRITE, target=os.path.join(folder, NOTE), data=note_bytes(one, files, self._when), planned=ABSENT)
            moves = [Step(MOVE, file.path, file.held, planned=marks[os.path.basename(file.path)]) for file in files]
            steps = [Step(FOLDER, target=folder), note, *moves]
        self.acts.append(
            Act(
                one.name, tuple(steps), one.real, files[0].held if files else "", one.shown,
                tr("gone for good") if self._for_good else tr("Recently deleted"), len(names) - 1, " · ".join(text for text, _ in notes),
                "warn" if any(tone == "warn" for _, tone in notes) else "info" if notes else "", bytes_of(one, names),
                self._ground.name_before(one), "", one.id,
            )
        )  # fmt: skip
        self.files += len(names)


def _is_other_name(path: str, one: Subject) -> bool:
    """Whether a path is another name of the very file (a hard link)."""
    try:
        real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        return real != one.real and not os.path.islink(path) and os.path.samefile(path, one.real)
    except OSError:
        return False
