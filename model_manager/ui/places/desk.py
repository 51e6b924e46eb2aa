"""Everything of the window that has to do with places: the page of folders, the editor of their files, and what is asked there.

Made by the tidy desk. What is done is decided by the bridge's `Places`; what changes files is handed over as a plan.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMenu

from model_manager.bridge.places import OFF, PlaceRow, Places
from model_manager.core.library.kinds import KINDS, label
from model_manager.core.words import tr
from model_manager.ui.places import words
from model_manager.ui.sidebar_rows import FOLDERS, quoted
from model_manager.ui.tidy.parts import Parts

if TYPE_CHECKING:
    from model_manager.ui.places.editor import EditorSheet
    from model_manager.ui.places.page import PlacesPage


class PlacesDesk(QObject):
    """The places of one window."""

    plan_asked = Signal(object)  # what makes a plan, for `Orders.plan`
    plan_from_asked = Signal(object, object)  # a sheet, and what makes the plan of what it says

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._parts, self._session = parts, parts.session
        self.places = Places(parts.session, self)
        self.page: PlacesPage | None = None
        self.editor: EditorSheet | None = None
        parts.pages.add_way(FOLDERS, self.show)
        self.places.changed.connect(self._on_changed)
        self.places.sources_changed.connect(parts.folders.sources_changed)
        parts.menu.add_more(self._add_entries)
        parts.session.folders.looked_at.connect(self._on_looked_at)

    def show(self) -> None:
        """Show the page."""
        if self.page is None:
            from model_manager.ui.places.page import PlacesPage  # loaded on first need

            page = self.page = PlacesPage()
            page.set_kinds([(kind, label(kind)) for kind, about in KINDS.items() if not about.is_hidden])
            self._connect(page)
        if self._parts.pages.show_page(self.page):
            self.page.show_rows(self.places.rows, self.places.is_known)
            self.page.take_keyboard()

    def _connect(self, page: "PlacesPage") -> None:
        page.closed.connect(self._parts.pages.leave)
        page.shown.connect(self.places.show)
        page.again_asked.connect(lambda: self.places.retry([row.path for row in self.places.rows if row.needs_attention]))
        page.comfyui_added.connect(self._session.folders.look_at)
        page.folder_added.connect(self._on_folder_added)
        page.yaml_added.connect(self._on_yaml_added)
        page.editor_asked.connect(lambda: self.edit())
        page.picked.connect(self._on_picked)
        page.menu_asked.connect(self._show_menu)
        page.view.opened.connect(lambda: self._do(words.OPEN))
        detail = page.detail
        detail.done_asked.connect(self._do)
        detail.named.connect(lambda name: self.places.name(detail.rows[0].path, name))
        detail.grouped.connect(lambda group: self.places.group([row.path for row in detail.rows], group))
        detail.switched.connect(lambda is_on: self.places.switch([row.path for row in detail.rows], is_on))
        detail.remove_asked.connect(self._remove)
        detail.move_asked.connect(lambda: self._move_away(detail.rows[0]))
        self.places.noted.connect(detail.show_notes)

    # what comes

    def _on_changed(self) -> None:
        self._parts.sidebar.set_count(FOLDERS, sum(row.needs_attention for row in self.places.rows))
        if self.page is not None:
            self.page.show_rows(self.places.rows, self.places.is_known)

    def _on_picked(self) -> None:
        if self.page is None:
            return
        rows = self.page.chosen()
        before = self.page.detail.rows
        groups = sorted({row.group for row in self.places.rows}, key=str.casefold)
        self.page.detail.show_rows(rows, groups)
        if len(rows) == 1 and [row.path for row in before] != [rows[0].path]:
            self.page.detail.show_notes(())
            self.places.ask_notes(rows[0].path)

    def _on_looked_at(self, look: Any) -> None:
        if self.page is None or self._parts.pages.currentWidget() is not self.page:
            return
        if look.install is None:
            self.page.show_problem(look.text)
        else:
            sources = self._session.sources
            self.places.use(replace(sources, installs=_once((*sources.installs, look.install.path))))

    # what is asked

    def _on_folder_added(self, path: str, kind: str) -> None:
        sources = self._session.sources
        if kind:
            self.places.use(replace(sources, own=tuple(dict.fromkeys((*sources.own, (kind, path))))))
        else:
            self._session.folders.look_at(path)

    def _on_yaml_added(self, path: str) -> None:
        sources = self._session.sources
        self.places.use(replace(sources, configs=_once((*sources.configs, path))))

    def _remove(self) -> None:
        gone = {(row.kind, row.path) for row in self.page.chosen()} if self.page is not None else set()
        sources = self._session.sources
        self.places.use(replace(sources, own=tuple(pair for pair in sources.own if pair not in gone)))

    def _do(self, name: str) -> None:
        """Do one of the remedies for the first selected folder."""
        rows = self.page.chosen() if self.page is not None else []
        if not rows:
            return
        row = rows[0]
        match name:
            case words.AGAIN:
                self.places.retry([row.path])
            case words.OPEN:
                _open(row.path)
            case words.ABOVE:
                _open(os.path.dirname(row.path))
            case words.MAKE:
                self.plan_asked.emit(self.places.plan_make(row.path))
            case words.MOVED:
                self._choose_new(row)
            case words.BACK:
                self.plan_asked.emit(self.places.plan_back(row.path))
            case words.ON:
                self.places.switch([row.path for row in rows], True)
            case words.EDIT | words.TELL:
                self.edit(row)

    def _move_away(self, row: PlaceRow) -> None:
        path = QFileDialog.getExistingDirectory(self._parts.window, tr("Choose a folder on another drive"))
        if path:
            self.plan_asked.emit(self.places.plan_away(row, path))

    def _move_models(self) -> None:
        path = QFileDialog.getExistingDirectory(self._parts.window, tr("Choose a folder on another drive"))
        if path and (ids := self._parts.selection.ids()):
            self.plan_asked.emit(self.places.plan_models_away(ids, path))

    def _bring_models_back(self, id_: int) -> None:
        shelf = self._session.model.shelf
        if (slot := shelf.slot(id_)) >= 0:
            self.plan_asked.emit(self.places.plan_back(shelf.path(slot)))

    def _add_entries(self, menu: QMenu, ids: list[int]) -> None:
        """Put the ways to another drive and back into the menu of the selected models; `ids`: at most two of them."""
        more = menu.addMenu(tr("Another drive"))
        more.addAction(tr("Move there, leave a link…")).triggered.connect(self._move_models)
        if len(ids) == 1:
            more.addAction(tr("Bring back what the link leads to…")).triggered.connect(lambda: self._bring_models_back(ids[0]))

    def _choose_new(self, row: PlaceRow) -> None:
        before = row.path if row.is_own else row.install
        path = QFileDialog.getExistingDirectory(self._parts.window, tr("Where is {folder} now?", folder=before))
        if path and row.is_own:
            self.places.move_own(row, path)
        elif path:
            self.places.replace_install(row.install, path)

    def _show_menu(self, point: QPoint) -> None:
        rows = self.page.chosen() if self.page is not None else []
        if not rows:
            return
        menu = QMenu(self._parts.window)
        if len(rows) == 1:
            for name, text in words.remedies(rows[0]):
                menu.addAction(text).triggered.connect(lambda _=False, name=name: self._do(name))
            menu.addSeparator()
        are_on = any(row.state != OFF for row in rows)
        switch = menu.addAction(tr("Switch off") if are_on else tr("Switch on"))
        switch.triggered.connect(lambda: self.places.switch([row.path for row in rows], not are_on))
        if all(row.is_own for row in rows):
            menu.addAction(tr("Remove from the list")).triggered.connect(self._remove)
        menu.addAction(tr("Show in library")).triggered.connect(lambda: self._show_in_library(rows))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(point)

    def _show_in_library(self, rows: Sequence[PlaceRow]) -> None:
        query = quoted("folder", rows[0].path)
        self._parts.pages.leave()
        self._parts.sidebar.set_current(query)
        self._parts.sidebar.query_chosen.emit(query)

    def edit(self, row: PlaceRow | None = None) -> None:
        """Open the editor of the files of folders; at a folder that a file names, or that ComfyUI is to be told of."""
        paths = self.places.yaml_files()
        if not paths:
            if self.page is not None:
                self.page.show_problem(tr("There is no ComfyUI among your folders whose file could be edited. Add it, or the file itself."))
            return
        if self.editor is not None:
            self.editor.close()
            self.editor.deleteLater()
        from model_manager.bridge.yaml_file import YamlFile  # loaded on first need
        from model_manager.ui.places.editor import EditorSheet

        file = YamlFile(self._session.runner, self.places.models, self)
        editor = self.editor = EditorSheet(file, self._parts.window)
        file.setParent(editor)
        editor.save_asked.connect(lambda: self.plan_from_asked.emit(editor, file.plan()))
        editor.opened.connect(_open)
        editor.finished.connect(lambda _: file.drop())
        chosen = next(iter(paths))
        if row is not None:
            editor.want(row.kind, row.path, row.state == "not_seen_by_comfyui")
            named = [path for path in paths if row.source.startswith(os.path.basename(path))]
            chosen = next(iter(sorted(named, key=lambda path: not path.startswith(os.path.join(row.install, "")))), chosen)
        editor.show_files(paths, chosen)
        editor.open()


def _once(paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(paths))


def _open(path: str) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(path))
