"""First run and the folders dialog: everything about where models are looked for; and the way to the settings.

Made by the main window. It asks the session to look and shows what it answers; it never looks at the disk itself.
"""

from typing import Any

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QStackedWidget, QWidget

from model_manager.bridge.session import Session
from model_manager.bridge.tasks import Sources
from model_manager.core.library.entry import FolderReport
from model_manager.core.library.kinds import KINDS, label
from model_manager.ui.first_run import FirstRunPage, FoundItem
from model_manager.ui.folders_page import FoldersDialog
from model_manager.ui.settings.desk import SettingsDesk


class FolderDesk(QObject):
    """Wires the pages about folders to the session."""

    sources_changed = Signal()

    def __init__(self, window: QWidget, session: Session, pages: QStackedWidget) -> None:
        super().__init__(window)
        self._window, self._session, self._pages = window, session, pages
        self._first_run: FirstRunPage | None = None
        self._folders: FoldersDialog | None = None
        self.settings = SettingsDesk(window, session)
        self.settings.folders_asked.connect(self.show_folders)
        self.sidecars_chosen = self.settings.sidecars_chosen
        self._configs: dict[str, tuple[str, ...]] = {}
        session.folders.installs_found.connect(self._on_installs)
        session.folders.looked_at.connect(self._on_looked_at)
        session.folders.reported.connect(self._on_reported)

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
        elif self._folders is not None:
            if look.install is None:
                self._folders.show_problem(look.text)
            else:
                self._change(installs=(*self._session.sources.installs, look.install.path))

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

    # folders

    def show_folders(self) -> None:
        """Open the dialog of all folders."""
        if self._folders is None:
            dialog = self._folders = FoldersDialog(self._window)
            dialog.set_kinds([(kind, label(kind)) for kind, about in KINDS.items() if not about.is_hidden])
            dialog.comfyui_added.connect(self._session.folders.look_at)
            dialog.folder_added.connect(self._on_folder_added)
            dialog.yaml_added.connect(lambda path: self._change(configs=(*self._session.sources.configs, path)))
            dialog.remove_asked.connect(self._on_remove)
            dialog.open_asked.connect(lambda path: QDesktopServices.openUrl(QUrl.fromLocalFile(path)))
        self._session.folders.report()
        self._folders.show()
        self._folders.raise_()

    def _on_folder_added(self, path: str, kind: str) -> None:
        if kind:
            self._change(own=(*self._session.sources.own, (kind, path)))
        else:
            self._session.folders.look_at(path)

    def _on_remove(self, source: str, path: str) -> None:
        sources = self._session.sources
        gone = path or source
        self._change(
            installs=tuple(one for one in sources.installs if one != gone),
            configs=tuple(one for one in sources.configs if one != gone),
            own=tuple(pair for pair in sources.own if pair[1] != gone),
        )

    def _change(self, installs: Any = None, configs: Any = None, own: Any = None) -> None:
        """Use changed sources, each at most once, and show the folders anew."""
        old = self._session.sources
        self._session.set_sources(
            Sources(
                tuple(dict.fromkeys(old.installs if installs is None else installs)),
                tuple(dict.fromkeys(old.configs if configs is None else configs)),
                tuple(dict.fromkeys(old.own if own is None else own)),
            )
        )
        self._session.folders.report()
        self.sources_changed.emit()

    def _on_reported(self, reports: list[FolderReport]) -> None:
        if self._folders is not None:
            sources = self._session.sources
            self._folders.set_reports(reports, {*sources.installs, *sources.configs, *(path for _, path in sources.own)})

    def show_settings(self) -> None:
        """Open the settings."""
        self.settings.show()
