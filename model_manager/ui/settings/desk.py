"""Opens the settings and the sheet for a key, and has done what is chosen there.

Made by the folder desk. It changes the settings in memory, which the session saves, and asks the bridge about everything else.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QWidget

from model_manager.bridge.cleaning import Cleaning
from model_manager.bridge.links import template_problem
from model_manager.bridge.online import Online
from model_manager.bridge.session import Session
from model_manager.ui.open_page import open_page
from model_manager.ui.settings.dialog import SettingsDialog
from model_manager.ui.settings.key_row import KeyRow
from model_manager.ui.settings.key_sheet import KeySheet
from model_manager.ui.theme import set_theme


class SettingsDesk(QObject):
    """Wires the settings to the session."""

    sidecars_chosen = Signal(bool)
    folders_asked = Signal()
    deleted_asked = Signal()
    clipboard_chosen = Signal(bool)
    handler_chosen = Signal(bool)
    speed_changed = Signal()  # how many downloads at once, or how fast
    level_changed = Signal()  # what may be shown
    key_kept = Signal(str)  # site whose key is good now
    backup_asked = Signal()
    restore_asked = Signal()

    def __init__(self, window: QWidget, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self._dialog: SettingsDialog | None = None
        self._sheets: dict[str, KeySheet] = {}
        self.handles_links: Callable[[], bool | None] = lambda: None
        self._online: Online = session.online
        self.cleaning = Cleaning(session, self)
        self._online.source_known.connect(self._on_source)
        self._online.key_judged.connect(self._on_judged)

    def show(self, page: int = -1) -> None:
        """Open the settings, at one of the pages of `dialog` if one is named."""
        if self._dialog is None:
            self._dialog = SettingsDialog(self._window)
            self._connect_general(self._dialog)
            self._connect_online(self._dialog)
            self._connect_storage(self._dialog)
        self._fill(self._dialog)
        self._session.folders.measure_cache()
        self.cleaning.weigh()
        self._online.look_for_keys()
        if page >= 0:
            self._dialog.show_page(page)
        self._dialog.show()
        self._dialog.raise_()

    def ask_key(self, site: str) -> None:
        """Open the sheet for the key of a site."""
        if site not in self._sheets:
            sheet = self._sheets[site] = KeySheet(site, self._window)
            sheet.destroyed.connect(lambda: self._sheets.pop(site, None))
            self._connect_row(sheet.row)
        self._online.look_for_keys()
        self._sheets[site].show()
        self._sheets[site].raise_()

    def _connect_general(self, dialog: SettingsDialog) -> None:
        page, session = dialog.general, self._session
        page.theme_chosen.connect(self._on_theme)
        page.cache_size_chosen.connect(lambda size: setattr(session.settings, "thumbnail_cache_mb", size))
        page.clear_cache_asked.connect(session.folders.clear_cache)
        page.format_chosen.connect(lambda name: setattr(session.settings, "preview_format", name))
        page.form_chosen.connect(lambda name, value: setattr(session.settings, name, value))
        page.backup_asked.connect(self._on_backup)
        page.restore_asked.connect(self._on_restore)
        page.folders_asked.connect(dialog.accept)  # they are a page of the window behind
        page.folders_asked.connect(self.folders_asked)
        page.sidecars_chosen.connect(self.sidecars_chosen)
        page.data_folder_asked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(session.folder))))
        session.folders.cache_measured.connect(lambda used: page.set_cache(session.settings.thumbnail_cache_mb, used))

    def _connect_online(self, dialog: SettingsDialog) -> None:
        downloads, online, settings = dialog.downloads, dialog.online, self._session.settings
        downloads.at_once_chosen.connect(lambda count: self._on_speed("downloads_at_once", count))
        downloads.speed_chosen.connect(lambda kilobytes: self._on_speed("most_kb_a_second", kilobytes))
        downloads.template_chosen.connect(self._on_template)
        downloads.compatible_chosen.connect(lambda names: setattr(settings, "compatible_sidecars", names))
        downloads.videos_chosen.connect(lambda are_taken: setattr(settings, "takes_videos", are_taken))
        downloads.clipboard_chosen.connect(self._on_clipboard)
        downloads.handler_chosen.connect(self.handler_chosen)
        online.level_chosen.connect(self._on_level)
        online.place_chosen.connect(self._on_place)
        for row in online.keys.values():
            self._connect_row(row)

    def _connect_storage(self, dialog: SettingsDialog) -> None:
        page, cleaning = dialog.storage, self.cleaning
        page.limit_chosen.connect(lambda name, value: setattr(self._session.settings, name, value))
        page.clean_asked.connect(cleaning.clean)
        page.deleted_asked.connect(dialog.accept)  # they are a page of the window behind
        page.deleted_asked.connect(self.deleted_asked)
        cleaning.weighed.connect(page.show_weights)
        cleaning.cleaned.connect(lambda pieces, is_asked: page.show_cleaned(pieces) if is_asked else None)
        cleaning.failed.connect(page.show_problem)

    def _connect_row(self, row: KeyRow) -> None:
        row.key_given.connect(self._online.give_key)
        row.remove_asked.connect(self._online.remove_key)
        row.page_asked.connect(open_page)

    def _fill(self, dialog: SettingsDialog) -> None:
        settings = self._session.settings
        dialog.general.set_theme(settings.theme)
        dialog.general.set_cache(settings.thumbnail_cache_mb)
        dialog.general.set_sidecars(settings.takes_sidecars)
        form = settings.preview_format, settings.preview_edge, settings.preview_quality, settings.preview_kb
        dialog.general.set_format(*form)
        dialog.general.set_data_folder(str(self._session.folder))
        dialog.downloads.set_speed(settings.downloads_at_once, settings.most_kb_a_second)
        dialog.downloads.set_template(settings.folder_template, template_problem(settings.folder_template))
        dialog.downloads.set_compatible(settings.compatible_sidecars)
        dialog.downloads.set_videos(settings.takes_videos)
        dialog.downloads.set_links(settings.watches_clipboard, self.handles_links())
        dialog.online.set_level(settings.adult_level)
        dialog.storage.set_limits(settings.held_days, settings.history_days, settings.former_pictures_mb)
        dialog.online.set_places(settings.civitai_endpoint, settings.huggingface_endpoint, settings.proxy)
        dialog.online.set_overridden(self._online.overridden())

    def _on_backup(self) -> None:
        self._close()
        self.backup_asked.emit()

    def _on_restore(self) -> None:
        self._close()
        self.restore_asked.emit()

    def _close(self) -> None:
        """The next sheet belongs to the window, and this one would lie over it."""
        if self._dialog is not None:
            self._dialog.accept()

    def _on_theme(self, name: str) -> None:
        self._session.settings.theme = name
        app = QApplication.instance()
        if isinstance(app, QApplication):
            set_theme(name, app)

    def _on_level(self, level: int) -> None:
        self._session.settings.adult_level = level
        self.level_changed.emit()

    def _on_speed(self, name: str, value: int) -> None:
        setattr(self._session.settings, name, value)
        self.speed_changed.emit()

    def _on_template(self, text: str) -> None:
        problem = template_problem(text)
        if self._dialog is not None:
            self._dialog.downloads.set_template(text, problem)
        if not problem:
            self._session.settings.folder_template = text.strip()

    def _on_clipboard(self, is_on: bool) -> None:
        self._session.settings.watches_clipboard = is_on
        self.clipboard_chosen.emit(is_on)

    def _on_place(self, name: str, text: str) -> None:
        field = {"civitai": "civitai_endpoint", "huggingface": "huggingface_endpoint", "proxy": "proxy"}[name]
        if getattr(self._session.settings, field) != text:
            setattr(self._session.settings, field, text)
            self._online.renew()

    def _on_source(self, site: str, source: str) -> None:
        for row in self._rows(site):
            row.show_source(source)

    def _on_judged(self, site: str, is_good: bool, text: str) -> None:
        if self._dialog is not None:
            self._dialog.online.keys[site].show_result(is_good, text)
        if site in self._sheets:
            self._sheets[site].show_result(is_good, text)
        if is_good:
            self.key_kept.emit(site)

    def _rows(self, site: str) -> list[KeyRow]:
        rows = [self._dialog.online.keys[site]] if self._dialog is not None else []
        return rows + ([self._sheets[site].row] if site in self._sheets else [])
