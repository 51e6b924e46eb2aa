"""First run: where models are looked for; and the ways to the page of folders and to the settings.

Made by the main window. It asks the session to look and shows what it answers; it never looks at the disk itself.
"""

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from model_manager.bridge.session import Session
from model_manager.bridge.tasks import Sources
from model_manager.core.library.kinds import KINDS, label
from model_manager.core.words import tr
from model_manager.ui.first_run import FirstRunPage, FoundItem
from model_manager.ui.pages import Pages
from model_manager.ui.settings.desk import SettingsDesk
from model_manager.ui.sidebar_rows import DELETED, FOLDERS


class FolderDesk(QObject):
    """Wires the first run and the settings to the session."""

    sources_changed = Signal()

    def __init__(self, window: QWidget, session: Session, pages: Pages) -> None:
        super().__init__(window)
        self._window, self._session, self._pages = window, session, pages
        self._first_run: FirstRunPage | None = None
        self.settings = SettingsDesk(window, session)
        self.settings.folders_asked.connect(self.show_folders)
        self.settings.deleted_asked.connect(lambda: pages.open(DELETED))
        self.sidecars_chosen = self.settings.sidecars_chosen
        self._configs: dict[str, tuple[str, ...]] = {}
        session.folders.installs_found.connect(self._on_installs)
        session.folders.looked_at.connect(self._on_looked_at)

    # first run

    def show_first_run(self) -> None:
        """Show the page that asks where the models are."""
        page = self._first_run = FirstRunPage()
        page.folder_chosen.connect(self._session.folders.look_at)
        page.accepted.connect(self._on_accepted)
        page.demo_asked.connect(self.open_demo)
        self._pages.addWidget(page)
        self._pages.setCurrentWidget(page)
        page.set_looking(True)
        self._session.folders.find_installs()

    def open_demo(self) -> None:
        """Build the demo library and open it."""
        self._session.open_demo()
        self._leave_first_run()

    def _on_installs(self, looks: list[Any]) -> None:
        if self._first_run is not None:
            self._first_run.set_looking(False)
            self._first_run.set_found([self._item(look) for look in looks if look.install is not None])

    def _on_looked_at(self, look: Any) -> None:
        if self._first_run is not None:
            if look.install is None:
                self._first_run.show_problem(look.text)
            else:
                self._first_run.add_item(self._item(look))

    def _on_accepted(self, paths: list[str]) -> None:
        self._leave_first_run()
        configs = tuple(file for path in paths for file in self._configs.get(path, ()))
        self._session.set_sources(Sources(tuple(paths), configs))
        self.sources_changed.emit()

    def _leave_first_run(self) -> None:
        page, self._first_run = self._first_run, None
        self._pages.setCurrentIndex(0)
        if page is not None:
            page.deleteLater()

    def _item(self, look: Any) -> FoundItem:
        """A place as the first-run page shows it."""
        self._configs[look.install.path] = look.install.config_files
        return FoundItem(look.install.path, look.install.name, look.text)

    def add_folder(self, over: QWidget) -> QMenu:
        """Ask for the type and the place of a folder with models, over a sheet that goes on with it."""
        menu = QMenu(over)
        for kind, about in KINDS.items():
            if not about.is_hidden:
                menu.addAction(label(kind)).triggered.connect(partial(self._choose, over, kind))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(QCursor.pos())
        return menu

    def _choose(self, over: QWidget, kind: str, *_: bool) -> None:
        if path := QFileDialog.getExistingDirectory(over, tr("Choose a folder with models")):
            sources = self._session.sources
            self._session.set_sources(replace(sources, own=tuple(dict.fromkeys((*sources.own, (kind, path))))))
            self.sources_changed.emit()

    def show_folders(self) -> None:
        """Show the page of all folders."""
        self._pages.open(FOLDERS)

    def show_settings(self) -> None:
        """Open the settings."""
        self.settings.show()
