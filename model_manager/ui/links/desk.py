"""Adding models from links: opens the sheet, shows what links offer, and puts what is wanted on the list of tasks.

Made by the main window; links come from the button, a paste, a drop, the browser or another start of the program.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from model_manager.bridge.links import Links, Pick, ground_of, task_of
from model_manager.bridge.session import Session
from model_manager.bridge.web_pictures import WebPictures
from model_manager.core.amounts import size_text
from model_manager.core.online.records import CIVITAI, HUGGING_FACE, SITE_NAMES, Image
from model_manager.core.words import tr
from model_manager.ui.drop_desk import DropDesk
from model_manager.ui.folder_desk import FolderDesk
from model_manager.ui.links.sheet import LinkSheet
from model_manager.ui.links.words import fault_words, link_tile, nothing_words, place_words, row_notes, total_words
from model_manager.ui.open_page import open_page
from model_manager.ui.settings.dialog import ONLINE
from model_manager.ui.tasks.desk import TasksDesk

MOST = QSize(1240, 960)  # more of a large screen would only be empty
EDGE = 180  # device pixels of a picture in the strip, at a scale of one


class LinkDesk(QObject):
    """One sheet at a time."""

    def __init__(self, window: QWidget, session: Session, tasks: TasksDesk, folders: FolderDesk, drops: DropDesk) -> None:
        """`tasks` stores what is wanted; `folders` has the sheet for keys; through `drops` links come in."""
        super().__init__(window)
        self._window, self._session, self._tasks, self._folders = window, session, tasks, folders
        self._sheet: LinkSheet | None = None
        self._shown: Pick | None = None
        self._facts: dict[str, Any] = {}
        self.links = Links(session.online, self._ground, lambda: session.settings.adult_level, self)
        self.pictures = WebPictures(session.online, self)
        self.links.understood.connect(self._on_understood)
        self.links.changed.connect(self._on_changed)
        self.pictures.ready.connect(self._on_picture)
        self.pictures.refused.connect(self._on_no_picture)
        drops.links_came.connect(self.show)
        tasks.board.add_link_asked.connect(self.show)
        folders.settings.key_kept.connect(self._on_key_kept)
        folders.settings.level_changed.connect(self.links.review)
        folders.sources_changed.connect(self.links.plan_lost)

    # ways in

    def show(self, text: str = "") -> None:
        """Open the sheet, with links in it if there are any."""
        if self._sheet is None:
            sheet = self._sheet = LinkSheet(self._window)
            self._connect(sheet)
            self._fit(sheet)
        if text:
            self._sheet.field.show_links(text)
        self._sheet.show()
        self._sheet.raise_()
        self._sheet.activateWindow()

    def show_links(self, links: Iterable[str]) -> None:
        """Open the sheet with these links."""
        self.show("\n".join(links))

    def _on_key_kept(self, site: str) -> None:
        """A key is good now: ask again for what was refused."""
        for pick in self.links.picks.values():
            if pick.fault is not None and pick.link.site == site:
                self.links.look(pick)

    def _fit(self, sheet: LinkSheet) -> None:
        """As large as it is of use, and never larger than the window."""
        window = self._window
        width = max(sheet.width(), min(MOST.width(), window.width() * 2 // 3))
        height = max(sheet.height(), min(MOST.height(), window.height() * 4 // 5))
        sheet.resize(min(width, max(640, window.width() - 24)), min(height, max(420, window.height() - 24)))

    def _connect(self, sheet: LinkSheet) -> None:
        sheet.links_changed.connect(self.links.set_text)
        sheet.link_shown.connect(self._show)
        sheet.accepted_all.connect(self._download)
        sheet.fix_asked.connect(self._fix)
        sheet.finished.connect(self._close)
        offer, target = sheet.offer, sheet.target
        offer.version_chosen.connect(lambda id_: self._with_shown(partial(self.links.choose_version, id_=id_)))
        offer.files_chosen.connect(lambda places, row: self._with_shown(partial(self.links.take, places=places, row=row)))
        offer.picture_chosen.connect(self._on_picture_chosen)
        offer.page_asked.connect(open_page)
        offer.level_asked.connect(lambda: self._folders.settings.show(ONLINE))
        target.folder_chosen.connect(lambda folder: self._with_shown(partial(self.links.set_options, destination=folder)))
        target.sub_folder_chosen.connect(lambda text: self._with_shown(partial(self.links.set_options, below=text)))
        target.name_chosen.connect(lambda text: self._with_shown(partial(self.links.set_options, name=text)))
        target.folders_asked.connect(self._ask_folders)
        target.show_asked.connect(self._show_here)
        self.links.sub_folders_known.connect(target.show_sub_folders)

    def _ground(self) -> Any:
        return ground_of(self._session.folder, self._session, self._facts)

    def _with_shown(self, act: Callable[[Pick], None]) -> None:
        if self._shown is not None:
            act(self._shown)

    def _ask_folders(self) -> None:
        """Ask for a folder; until another is chosen, the one that was stays chosen."""
        self._show(self._shown)
        if self._sheet is not None:
            self._folders.add_folder(self._sheet)

    def _show_here(self) -> None:
        """Go to the model that has this content already."""
        plan = self._shown.plan if self._shown is not None else None
        if plan is not None and plan.here and self._sheet is not None:
            self._sheet.reject()
            self._tasks.show_path(plan.here[0])

    def _close(self) -> None:
        sheet, self._sheet, self._shown = self._sheet, None, None
        self.links.close()
        self.pictures.drop()
        if sheet is not None:
            sheet.deleteLater()

    # what the links say

    def _on_understood(self, problems: dict[str, str]) -> None:
        if self._sheet is None:
            return
        self._sheet.show_problems(problems)
        if self._shown is None or self._shown.key not in self.links.picks:
            self._shown = next(iter(self.links.picks.values()), None)
        self._show_list()
        self._show(self._shown)

    def _show_list(self) -> None:
        tiles = [link_tile(pick) for pick in self.links.picks.values()]
        if self._sheet is not None:
            self._sheet.show_links(tiles, self._shown)
            self._show_total()

    def _on_changed(self, pick: Pick) -> None:
        self._show_list()
        if pick is self._shown:
            self._show(pick)

    def _show(self, pick: Pick | None) -> None:
        """Show one link: what it offers, that it is looked for, or why there is nothing."""
        self._shown, sheet = pick, self._sheet
        if sheet is None or pick is None:
            return
        if pick.fault is not None:
            sheet.say_instead(pick.fault.text, "", *fault_words(pick.fault))
        elif pick.found is None:
            sheet.say_instead(tr("Looking at {site}…", site=SITE_NAMES.get(pick.link.site) or pick.link.text), "")
        else:
            self._show_found(sheet, pick)

    def _show_found(self, sheet: LinkSheet, pick: Pick) -> None:
        found = pick.found
        assert found is not None
        sheet.offer.show_offer(found.offer, found.version, pick.picture, self._session.settings.adult_level)
        sheet.offer.files.show_files(found.groups, pick.taken, pick.row)
        sheet.offer.files.files.set_notes(row_notes(pick))
        self.pictures.ask(sheet.offer.missing_pictures(), self._edge())
        plan = pick.plan
        if plan is not None:
            sheet.target.show_folders(self.links.folders, plan.destination)
            sheet.target.show_place(plan.below, plan.name, is_one=len(plan.group.files) == 1)
            if plan.destination is not None:
                self.links.ask_sub_folders(plan.destination.path)
        is_lost = plan is not None and plan.state in ("ask", "stuck")
        sheet.target.say(*place_words(pick), can_show=plan is not None and bool(plan.here), needs_folder=is_lost)
        sheet.show_offer()

    def _edge(self) -> int:
        return round(EDGE * self._window.devicePixelRatioF())

    def _on_picture(self, image: Image, picture: QImage) -> None:
        if self._sheet is not None:
            self._sheet.offer.show_picture(image, picture)

    def _on_no_picture(self, image: Image, text: str) -> None:
        if self._sheet is not None:
            self._sheet.offer.refuse_picture(image, text)

    def _on_picture_chosen(self, image: Image) -> None:
        if self._shown is not None:
            self._shown.picture = image

    # what becomes of them

    def _show_total(self) -> None:
        sheet = self._sheet
        if sheet is None:
            return
        wanted = self.links.wanted()
        missing = next((plan for _, plan in wanted if plan.missing), None)
        if not self.links.picks:
            sheet.show_total("", "muted", False)
        elif any(pick.is_busy for pick in self.links.picks.values()):
            sheet.show_total(tr("Looking…"), "muted", bool(wanted))
        elif missing is not None:
            sheet.show_total(tr("There is not enough room: {size} are missing.", size=size_text(missing.missing)), "bad", True)
        elif wanted:
            sheet.show_total(total_words([plan for _, plan in wanted]), "muted", True)
        else:
            sheet.show_total(nothing_words(self.links.picks.values()), "muted", False)

    def _download(self) -> None:
        wanted = self.links.wanted()
        for pick, plan in wanted:
            kind, key, title, payload, fields = task_of(pick, plan, self._session.settings.adult_level)
            self._tasks.board.add(kind, key, title, payload, **fields)
        if self._sheet is not None and wanted:
            self._sheet.accept()

    def _fix(self, what: str) -> None:
        pick = self._shown
        if pick is None:
            return
        page = getattr(pick.fault, "page", "")
        if what == "add_key":
            self._folders.settings.ask_key(pick.link.site if pick.link.site in (CIVITAI, HUGGING_FACE) else CIVITAI)
        elif what == "open_page" and page:
            open_page(page)
        else:
            self.links.look(pick)
