"""Writes what was found of one model beside it: details, a preview; says what became of it.

Used by details alone. One fault never stops the rest; only what concerns all (no network, a refusal of the site) is raised.
"""

import time
from contextlib import suppress
from typing import Final

from model_manager.core.errors import BadPicture, BadSidecar, FileFault, FolderFault, NetworkFault, Refused
from model_manager.core.hashes.store import Answer, Store
from model_manager.core.online.matches import Match
from model_manager.core.online.pictures import place_video, save_preview
from model_manager.core.online.records import CIVITAI, Offer, Version
from model_manager.core.previews.history import FOLDER_NAME, History
from model_manager.core.previews.records import form_of
from model_manager.core.sidecars.fetched import Fetched
from model_manager.core.sidecars.writing import mark_not_found, save_details
from model_manager.core.tasks.kinds import Tools
from model_manager.core.tasks.lists import DONE, FAILED, NOT_FOUND, Result
from model_manager.core.tasks.subjects import NO_PICTURE, Subject, Wishes
from model_manager.core.words import tr
from model_manager.core.work import Work

_FOR_ALL: Final = ("offline", "busy")  # of NetworkFault: no other picture would come either


class Applying:
    """Writes the results of one run."""

    def __init__(self, tools: Tools, store: Store, wishes: Wishes, work: Work) -> None:
        self._settings, self._web, self._store, self._wishes, self._work = tools.settings, tools.sites.web, store, wishes, work
        self._history = History(tools.folder / FOLDER_NAME)

    def absent(self, subject: Subject) -> Result:
        """The model is not on Civitai: leave the mark that some programs know, nothing else."""
        path, sha256 = subject.record.path, subject.local.sha256
        if subject.needs_details:
            with suppress(FileFault, FolderFault, BadSidecar):  # it is only a mark
                mark_not_found(path, self._settings.compatible_sidecars)
        return Result(path, NOT_FOUND, tr("It is not on Civitai."), sha256)

    def found(self, subject: Subject, match: Match) -> Result:
        """Write details and preview as far as they are needed. Raises NetworkFault, Refused, Cancelled, IndexFault."""
        offer, version = match.offer, match.version
        if offer is None or version is None:
            return self.absent(subject)
        path, faults, state, reason = subject.record.path, list[str](), DONE, ""
        if subject.needs_details:
            self._write(subject, match, Fetched(CIVITAI, offer, version, match.file, time.time()), faults)
        if subject.needs_preview:
            try:
                if not self._picture(subject, version):
                    reason = tr("It has no picture that may be shown.")
                    state = state if self._wishes.details else NOT_FOUND
            except (BadPicture, FileFault, FolderFault, BadSidecar, NetworkFault, Refused) as fault:
                if isinstance(fault, NetworkFault) and fault.code in _FOR_ALL:
                    raise
                faults.append(fault.text)
        ids = _ids(offer, version)
        return Result(path, FAILED if faults else state, " ".join(faults) or reason, subject.local.sha256, *ids)

    def _write(self, subject: Subject, match: Match, fetched: Fetched, faults: list[str]) -> None:
        local = subject.local
        try:
            sha256 = local.sha256 if match.how != "link" or local.is_sure else ""
            save_details(local.path, fetched, self._settings.compatible_sidecars, sha256, local.size, faults)
        except (FileFault, FolderFault, BadSidecar) as fault:
            faults.append(fault.text)

    def _picture(self, subject: Subject, version: Version) -> bool:
        """Put a preview beside the model; False where there is none that may be shown, which is remembered."""
        level, form = self._settings.adult_level, form_of(self._settings)
        applied = save_preview(subject.record.path, version.images, level, self._web, self._history, form, self._work)
        if self._settings.takes_videos:
            place_video(subject.record.path, version.images, level, self._web, self._work)
        if applied is None and version.id.isdigit():
            asked = NO_PICTURE.format(version.id, level)
            self._store.save_answers([Answer(asked, False)])
        return applied is not None


def _ids(offer: Offer, version: Version) -> tuple[int, int]:
    return int(offer.id) if offer.id.isdigit() else 0, int(version.id) if version.id.isdigit() else 0
