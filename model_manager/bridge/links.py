"""Links on their way to downloads: what they are, what they offer, what of it is wanted, and where it would go.

Made by the link desk for each sheet. It starts jobs and keeps one `Pick` for each link; what is no longer wanted when it lands is
dropped. Works on the GUI thread only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from model_manager.bridge.jobs import Job
from model_manager.bridge.online import Online
from model_manager.core.errors import ModelManagerError
from model_manager.core.online.records import Image, Link
from model_manager.core.tasks.states import DOWNLOAD

if TYPE_CHECKING:
    from model_manager.bridge.link_tasks import Found, Ground
    from model_manager.core.files.destinations import Destination
    from model_manager.core.tasks.proposals import Options
    from model_manager.core.tasks.proposals import Proposal as Proposal


@dataclass(slots=True, eq=False)
class Pick:
    """One link and what the person wants of it. options, plans: by the place of a group; row: the group in hand."""

    key: str
    link: Link
    found: "Found | None" = None
    fault: ModelManagerError | None = None
    taken: list[int] = field(default_factory=list)
    row: int = 0
    picture: Image | None = None
    options: "dict[int, Options]" = field(default_factory=dict)
    plans: "dict[int, Proposal]" = field(default_factory=dict)
    plan_fault: str = ""
    job: Job | None = None

    @property
    def plan(self) -> "Proposal | None":
        """Where the group in hand would go."""
        return self.plans.get(self.row)

    @property
    def is_busy(self) -> bool:
        """True while something is looked up or planned."""
        return self.job is not None


class Links(QObject):
    """The links of one sheet."""

    understood = Signal(object)  # {piece: what is wrong with it}
    changed = Signal(object)  # Pick
    sub_folders_known = Signal(object)  # list[str]: of the folder that was asked for last

    def __init__(self, online: Online, ground: "Callable[[], Ground]", level: Callable[[], int], parent: QObject) -> None:
        """`ground()` says where files can go, `level()` what pictures may show."""
        super().__init__(parent)
        self._online, self._ground, self._level = online, ground, level
        self.picks: dict[str, Pick] = {}  # in the order of the field
        self.folders: tuple[Destination, ...] = ()
        self._text = self._asked_folder = ""

    def set_text(self, text: str) -> None:
        """Understand what stands in the field; `understood` answers, then `changed` for each link."""
        from model_manager.bridge import link_tasks

        self._text = text
        self._online.ask(link_tasks.understood, text, done=partial(self._on_understood, text), failed=self._on_not_understood)

    def close(self) -> None:
        """Nothing is wanted any more."""
        for pick in self.picks.values():
            self._stop(pick)
        self.picks, self._asked_folder = {}, ""

    def _on_not_understood(self, fault: ModelManagerError) -> None:
        self.understood.emit({self._text: fault.text})

    def _on_understood(self, text: str, pieces: Sequence[tuple[str, Link]]) -> None:
        if text != self._text:
            return
        before, self.picks = self.picks, {}
        for key, link in pieces:
            if not link.problem:
                self.picks[key] = before.pop(key) if key in before else Pick(key, link)
        for gone in before.values():
            self._stop(gone)
        self.understood.emit({link.text: link.problem for _, link in pieces if link.problem})
        for pick in self.picks.values():
            if pick.found is None and pick.fault is None and not pick.is_busy:
                self.look(pick)

    def look(self, pick: Pick) -> None:
        """Look a link up, or once more."""
        from model_manager.bridge import link_tasks

        pick.fault = None
        self._start(pick, link_tasks.found, pick.link, self._level(), done=self._on_found, failed=self._on_failed)

    def _on_found(self, pick: Pick, found: "Found") -> None:
        pick.found, pick.picture = found, found.picture
        pick.taken, pick.row = list(found.taken), found.taken[0] if found.taken else 0
        pick.options, pick.plans, pick.plan_fault = {}, {}, ""
        self.plan(pick)

    def _on_failed(self, pick: Pick, fault: ModelManagerError) -> None:
        pick.fault = fault
        self.changed.emit(pick)

    def plan_lost(self) -> None:
        """Folders have changed: plan anew what had no place."""
        for pick in self.picks.values():
            states = {plan.state for plan in pick.plans.values()}
            if pick.plan_fault or states & {"ask", "stuck"}:
                self.plan(pick)

    def review(self) -> None:
        """Another level may be shown: a picture that may not be is no preview any more."""
        from model_manager.core.online import images

        level = self._level()
        for pick in self.picks.values():
            if pick.found is not None:
                shown = images.ranked(pick.found.version.images, level)
                if pick.picture is None or (pick.picture.level and not pick.picture.level & level):
                    pick.picture = shown[0] if shown else None
                self.changed.emit(pick)

    # what the person chooses

    def choose_version(self, pick: Pick, id_: str) -> None:
        """Show another version."""
        from model_manager.bridge import link_tasks

        if pick.found is not None and pick.found.version.id != id_:
            offer = pick.found.offer
            version = next(version for version in offer.versions if version.id == id_)
            self._on_found(pick, link_tasks.version_of(replace(offer, chosen="", chosen_file=""), version, self._level()))

    def take(self, pick: Pick, places: Sequence[int], row: int) -> None:
        """Want these groups, with one of them in hand."""
        is_new = any(place not in pick.plans for place in (*places, row))
        pick.taken, pick.row = list(places), row
        if is_new:
            self.plan(pick)
        else:
            self.changed.emit(pick)

    def set_options(self, pick: Pick, **changes: Any) -> None:
        """Say something of the group in hand: destination, below, name."""
        from model_manager.core.tasks.proposals import Options

        before = pick.options.get(pick.row) or Options()
        if (after := replace(before, **changes)) != before:
            pick.options[pick.row] = after
            self.plan(pick)

    def plan(self, pick: Pick) -> None:
        """Plan where everything goes; `changed` answers."""
        from model_manager.bridge import link_tasks
        from model_manager.core.tasks.proposals import Options

        if pick.found is None:
            return
        places = [*pick.taken, *({pick.row} - set(pick.taken))] if pick.found.groups else []
        options = [(place, pick.options.get(place) or Options()) for place in places]
        args = (self._ground(), pick.found, options)
        self._start(pick, link_tasks.planned, *args, done=self._on_planned, failed=self._on_plan_failed)
        self.changed.emit(pick)

    def _on_planned(self, pick: Pick, planned: Any) -> None:
        pick.plans, pick.plan_fault = dict(planned.proposals), ""
        self.folders = planned.folders
        self.changed.emit(pick)

    def _on_plan_failed(self, pick: Pick, fault: ModelManagerError) -> None:
        pick.plan_fault = fault.text
        self.changed.emit(pick)

    def ask_sub_folders(self, folder: str) -> None:
        """Ask for the sub-folders of a folder, unless that was just done; `sub_folders_known` answers."""
        from model_manager.bridge import link_tasks

        if folder != self._asked_folder:
            self._asked_folder = folder
            done = partial(self._on_sub_folders, folder)
            self._online.ask(link_tasks.sub_folders, folder, done=done, failed=lambda _: None)

    def _on_sub_folders(self, folder: str, names: list[str]) -> None:
        if folder == self._asked_folder:
            self.sub_folders_known.emit(names)

    # what becomes of it

    def wanted(self) -> "list[tuple[Pick, Proposal]]":
        """All that would be downloaded now."""
        from model_manager.core.tasks.proposals import GOES

        pairs = [(pick, pick.plans[place]) for pick in self.picks.values() for place in pick.taken if place in pick.plans]
        return [(pick, plan) for pick, plan in pairs if plan.state in GOES]

    def _start(self, pick: Pick, function: Callable[..., Any], *args: Any, done: Callable[..., None], failed: Callable[..., None]) -> None:
        self._stop(pick)
        pick.job = self._online.ask(
            function, *args, done=partial(self._on_ended, pick, done), failed=partial(self._on_ended, pick, failed)
        )

    def _on_ended(self, pick: Pick, then: Callable[[Pick, Any], None], result: Any) -> None:
        pick.job = None
        if self.picks.get(pick.key) is pick:
            then(pick, result)

    def _stop(self, pick: Pick) -> None:
        if pick.job is not None:
            pick.job.cancel()
            pick.job = None


def task_of(pick: Pick, plan: "Proposal", level: int) -> tuple[str, str, str, dict[str, Any], dict[str, Any]]:
    """Return kind, key, title, payload and the other fields of the task for one proposal; `level`: what its picture may show."""
    from model_manager.core.tasks.proposals import download_payload
    from model_manager.core.tasks.resolving import told_fields

    payload = download_payload(plan, pick.link.text, pick.picture)
    fields = told_fields(payload, level)
    key = "|".join((pick.key, plan.version.id, *plan.targets[:1]))
    return DOWNLOAD, key, fields.pop("title"), payload, {**fields, "total": plan.size}


def ground_of(folder: Path, session: Any, facts: dict[str, Any]) -> "Ground":
    """Where files can go in a session."""
    from model_manager.bridge.link_tasks import Ground

    return Ground(folder, session.index_path, session.sources, session.settings.folder_template, facts)


def template_problem(text: str) -> str:
    """What is wrong with a template for sub-folders, "" for nothing."""
    from model_manager.core.tasks import naming

    return naming.template_problem(text)
