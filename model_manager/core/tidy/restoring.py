"""Makes a plan of what a comparison with a backup found, for the journal, so that a restore can be looked at before and taken back after.

Called by bridge and the command line. New files are unpacked into a folder of their own in the data folder and copied from there; those
that replace one come with their bytes, as the journal keeps what they replace. So at most `MOST_REPLACED` bytes are replaced by one plan;
a second restore does the rest. It writes nothing but that folder.
"""

import json
import os
import secrets
import shutil
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from model_manager.core.amounts import size_text
from model_manager.core.errors import FileFault, NoRoom
from model_manager.core.files.volumes import RESERVE, volume_of
from model_manager.core.journal.steps import COPY, FOLDER, WRITE, Act, Plan, Refused, Step
from model_manager.core.paths import plain_reason
from model_manager.core.previews.history import FOLDER_NAME, History
from model_manager.core.settings import FILE_NAME as SETTINGS_NAME
from model_manager.core.tidy.backup_index import BackedFile, BackedModel
from model_manager.core.tidy.backup_match import KEPT, NEW, REPLACED, SAME, Comparison, Fate, Match, is_still
from model_manager.core.tidy.backup_reading import Archive
from model_manager.core.words import tr, trn
from model_manager.core.work import Work

STAGING: Final = "restoring"
MOST_REPLACED: Final = 256_000_000  # bytes that one plan may replace: they are held in memory, and kept in the journal
_STALE_SECONDS: Final = 86_400.0
# what belongs to this computer or this window, and stays as it is when settings are restored
LOCAL_SETTINGS: Final = (
    *("comfyui_dirs", "config_files", "own_folders", "geometry", "state", "sidebar_state", "table_state"),
    *("first_screen", "note_drafts", "recent_folders"),
)


def plan_restore(data: Path, archive: Archive, found: Comparison, work: Work, has_settings: bool = False) -> Plan:
    """Unpack what is needed and return the plan. Raises FileFault, Cancelled; nothing stays unpacked then.

    A file that is damaged in the backup is named among what is refused, and the others go on.
    """
    _require_room(data, found)
    unpacking = _Unpacking(data, archive, found, work)
    with ExitStack() as taken_back:
        taken_back.callback(drop, unpacking.folder)
        acts = unpacking.acts()
        if has_settings and archive.contents.settings is not None:
            acts += _settings_act(data, archive, archive.contents.settings, work)
        taken_back.pop_all()
    refused = [_refused(model, text) for model, text in found.lost]
    refused += [Refused(name, "", text) for name, text in (*found.faults, *unpacking.faults)]
    refused += unpacking.later
    count = len([act for act in acts if act.model])
    title = trn("Restore previews and sidecars of {count} model", "Restore previews and sidecars of {count} models", count)
    return Plan(
        "restore", title, tr("Restore"), tuple(acts), tuple(refused), tuple(_chips(found)),
        tr("From the backup of {day}.", day=time.strftime("%Y-%m-%d", time.localtime(found.made))), _warnings(found),
        needs=_needs(acts),
    )  # fmt: skip


def sweep(data: Path, done: Plan | None = None) -> None:
    """Remove what a plan that is done had unpacked, and what others left a day ago; that of a plan which is just looked at stays.

    Only to be called while no change is interrupted: finishing it reads from there.
    """
    sources = [] if done is None else [step.source for act in done.acts for step in act.steps if step.sort == COPY]
    used = {os.path.dirname(source) for source in sources}
    try:
        folders = list((data / STAGING).iterdir())
    except OSError:
        return
    for folder in folders:
        if str(folder) in used or time.time() - folder.stat().st_mtime > _STALE_SECONDS:
            drop(folder)


def drop(folder: Path) -> None:
    """Remove an unpacked folder."""
    shutil.rmtree(folder, ignore_errors=True)


class _Unpacking:
    """Unpacks new files into a folder, reads those that replace others, and makes acts of them."""

    def __init__(self, data: Path, archive: Archive, found: Comparison, work: Work) -> None:
        self._archive, self._found, self._work = archive, found, work
        self._history = History(data / FOLDER_NAME)
        self.folder = data / STAGING / secrets.token_hex(8)
        self.faults: list[tuple[str, str]] = []
        self.later: list[Refused] = []
        self._number = self._done = self._replaced = 0
        self._total = found.size

    def acts(self) -> list[Act]:
        """Return an act for each model that gets something, and one for each history that does. Raises FileFault, Cancelled."""
        try:
            self.folder.mkdir(parents=True)
        except OSError as error:
            raise FileFault(tr("{path} could not be made: {reason}.", path=self.folder, reason=plain_reason(error))) from error
        acts = []
        for match in self._found.matches:
            if match.is_changing:
                acts += self._of_model(match)
                acts += self._of_history(match)
        return acts

    def _of_model(self, match: Match) -> list[Act]:
        size = sum(fate.file.size for fate in match.fates if fate.state == REPLACED) + sum(map(_size, self._gone(match)))
        if size and self._replaced + size > MOST_REPLACED:
            text = tr("It comes with the next restore: one plan replaces {limit} at most.", limit=size_text(MOST_REPLACED))
            self.later.append(Refused(match.local.file, _short(match), text, "warn", match.local.id))
            return []
        self._replaced += size
        made = [(fate, step) for fate in match.fates if (step := self._step(fate)) is not None]
        steps = [step for _, step in made]
        if any(is_still(fate, match.local) for fate, _ in made):
            steps += [Step(WRITE, target=path) for path in self._gone(match)]
        return [_act_of(match, steps)] if steps else []

    @staticmethod
    def _gone(match: Match) -> list[str]:
        return [os.path.join(match.local.folder, name) for name in match.gone]

    def _step(self, fate: Fate) -> Step | None:
        if fate.state not in (NEW, REPLACED):
            return None
        try:
            if fate.state == REPLACED:
                return Step(WRITE, target=fate.target, data=self._archive.read(fate.file, self._work), planned=fate.present)
            return Step(COPY, self._unpacked(fate.file), fate.target)
        except FileFault as fault:
            if isinstance(fault, NoRoom):
                raise
            self.faults.append((fate.file.name, fault.text))
            return None

    def _unpacked(self, file: BackedFile) -> str:
        self._number += 1
        path = str(self.folder / str(self._number))
        self._archive.unpack(file, path, self._work)
        self._done += file.size
        self._work.progress(tr("Unpacking {file}", file=file.name), self._done, self._total)
        return path

    def _of_history(self, match: Match) -> list[Act]:
        steps: list[Step] = []
        for state in match.earlier:
            place = self._history.place_of(match.local.real, state[0].name.partition("/")[0])
            try:
                copies = [Step(COPY, self._unpacked(file), str(place / file.name.partition("/")[2])) for file in state]
            except FileFault as fault:
                self.faults.append((match.model.file, fault.text))
                continue
            steps += [Step(FOLDER, target=str(place)), *copies]
        size = sum(file.size for state in match.earlier for file in state)
        name = tr("Earlier pictures of {model}", model=match.local.file)
        return [Act(name, tuple(steps), before=_short(match), extra=len(match.earlier), size=size)] if steps else []


def _act_of(match: Match, steps: Iterable[Step]) -> Act:
    new, replaced = match.count(NEW), match.count(REPLACED)
    parts = [trn("{count} new", "{count} new", new)] if new else []
    parts += [trn("{count} replaced", "{count} replaced", replaced)] if replaced else []
    if match.gone:
        parts.append(tr("takes the place of {files}", files=", ".join(match.gone)))
    parts += [match.note] if match.note else []
    size = sum(fate.file.size for fate in match.fates if fate.state in (NEW, REPLACED))
    tone = "warn" if replaced or match.gone else "info" if match.note else ""
    return Act(
        match.local.file, tuple(steps), path=match.local.real, new_path=match.local.real, before=_short(match), extra=new + replaced,
        note=" · ".join(parts), tone=tone, size=size, model=match.local.id,
    )  # fmt: skip


def _short(match: Match) -> str:
    return " / ".join([match.local.root, *match.local.below.split("/")])


def _refused(model: BackedModel, text: str) -> Refused:
    return Refused(model.file, " / ".join([model.root, *model.path.split("/")]), text, "")


def _chips(found: Comparison) -> list[str]:
    words = {
        NEW: ("{count} new file", "{count} new files"), REPLACED: ("{count} replaced", "{count} replaced"),
        KEPT: ("{count} kept as it is", "{count} kept as they are"), SAME: ("{count} the same", "{count} the same"),
    }  # fmt: skip
    chips = [trn(*words[state], found.counts[state]) for state in (NEW, REPLACED, KEPT, SAME) if found.counts[state]]
    if found.lost:
        chips.append(trn("{count} model is not here", "{count} models are not here", len(found.lost)))
    return chips


def _warnings(found: Comparison) -> tuple[str, ...]:
    count = sum(bool(match.gone) for match in found.matches)
    text = "For {count} model a picture of another name gives way, since it would hide the restored one."
    texts = "For {count} models pictures of other names give way, since they would hide the restored ones."
    return (trn(text, texts, count),) if count else ()


def _needs(acts: Iterable[Act]) -> dict[str, int]:
    needs: dict[str, int] = {}
    nearest: dict[str, str] = {}
    for act in acts:
        folder = os.path.dirname(act.path or next((step.target for step in act.steps), ""))
        if folder not in nearest:
            nearest[folder] = volume_of(folder)[1]
        needs[nearest[folder]] = needs.get(nearest[folder], 0) + act.size
    return needs


def _require_room(data: Path, found: Comparison) -> None:
    earlier = sum(file.size for match in found.matches for state in match.earlier for file in state)
    new = sum(fate.file.size for match in found.matches for fate in match.fates if fate.state == NEW)
    _, place, free = volume_of(str(data))
    missing = new + earlier + RESERVE - free
    if free and missing > 0:
        text = tr("To unpack the backup, {size} more must be free in {folder}.", size=size_text(missing), folder=place)
        raise NoRoom(text, missing)


def _settings_act(data: Path, archive: Archive, file: BackedFile, work: Work) -> list[Act]:
    """Settings as in the backup, but for what belongs to this computer. Raises FileFault, Cancelled."""
    path = data / SETTINGS_NAME
    try:
        wanted = json.loads(archive.read(file, work))
        present = json.loads(path.read_bytes()) if path.exists() else {}
    except (OSError, ValueError, RecursionError) as error:
        raise FileFault(tr("The settings in the backup, or those here, cannot be understood. They were left as they are.")) from error
    if not isinstance(wanted, dict) or not isinstance(present, dict):
        raise FileFault(tr("The settings in the backup, or those here, cannot be understood. They were left as they are."))
    merged = {key: value for key, value in wanted.items() if key not in LOCAL_SETTINGS}
    merged |= {key: present[key] for key in LOCAL_SETTINGS if key in present}
    if merged == present:
        return []
    text = json.dumps(merged, indent=2, ensure_ascii=True) + "\n"
    note = tr("folders and the look of the window stay as they are here")
    return [Act(tr("Settings"), (Step(WRITE, target=str(path), data=text.encode("ascii")),), before=SETTINGS_NAME, note=note, tone="info")]


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0
