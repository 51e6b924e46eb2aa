"""Health in the window: the page and how one gets there, the number in the sidebar, and what is asked on it.

Made by the desk for tidying up. What is found and planned is decided by the bridge's `Health`; plans are shown and carried out by orders,
details and previews fetched by tasks, and links handed to the downloads.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QUrl
from PySide6.QtGui import QCursor, QDesktopServices
from PySide6.QtWidgets import QMenu

from model_manager.bridge.fetching import Fetching
from model_manager.bridge.health import Health
from model_manager.core.health.records import CONVERT, DETAILS, NO_PREVIEW, PREVIEWS, REFETCH, Item
from model_manager.core.health.words import mend_words
from model_manager.core.journal.steps import Plan, Report
from model_manager.core.words import tr
from model_manager.ui.details.parts import copy_text
from model_manager.ui.sidebar_rows import HEALTH
from model_manager.ui.tidy.orders_desk import OrdersDesk
from model_manager.ui.tidy.parts import Parts

if TYPE_CHECKING:
    from model_manager.bridge.health import Conversions
    from model_manager.ui.tidy.health_page import HealthPage
    from model_manager.ui.tidy.health_rows import Line

Entry = tuple[str, Callable[[], object]]


class HealthDesk(QObject):
    """All of the window that has to do with health."""

    def __init__(self, parts: Parts, desk: OrdersDesk) -> None:
        super().__init__(parts.window)
        orders = desk.orders
        self._parts, self._orders, self._desk = parts, orders, desk
        self.health = Health(parts.session, self)
        self.fetching = Fetching(parts.session, parts.tasks.board, self)
        self.page: HealthPage | None = None
        self._made: Conversions | None = None  # new files whose names are in the plan on the sheet
        self._removes_old = False
        self.health.changed.connect(self._on_changed)
        self.health.moved.connect(self._on_moved)
        self.health.converted.connect(self._on_converted)
        for failed in (self.health.failed, self.fetching.failed):
            failed.connect(self._say)
        orders.files_changed.connect(self.health.load)
        orders.planned.connect(self._on_planned)
        orders.carried.connect(self._on_carried)
        parts.session.closing.connect(self._drop_made)
        parts.pages.currentChanged.connect(self._on_page)
        parts.pages.add_way(HEALTH, self.show)

    def show(self) -> None:
        """Show the page; nothing is looked for."""
        if self.page is None:
            from model_manager.ui.tidy.health_page import HealthPage  # loaded on first need

            page = self.page = HealthPage(self.health)
            page.closed.connect(self._parts.pages.leave)
            page.look_asked.connect(self.health.look)
            page.stop_asked.connect(self.health.stop)
            page.mend_asked.connect(self._on_mend)
            page.opened.connect(self._on_opened)
            page.menu_asked.connect(self._show_menu)
        if self._parts.pages.show_page(self.page):
            self.page.show_all()
            self.page.take_keyboard()
            self.health.load()

    def _on_page(self) -> None:
        self.health.is_seen = self.page is not None and self._parts.pages.currentWidget() is self.page

    def _on_changed(self) -> None:
        self._parts.sidebar.set_count(HEALTH, self.health.report.count)
        if self.page is not None:
            self.page.show_all()

    def _on_moved(self) -> None:
        if self.page is not None:
            self.page.show_look()

    def _say(self, text: str) -> None:
        is_shown = self.page is not None and self._parts.pages.currentWidget() is self.page
        (self.page.problems if self.page is not None and is_shown else self._parts.problems).show_problem(text, "warn")

    # what is done

    def _on_mend(self, line: "Line", mend: str) -> None:
        """A button was pressed: of one finding, or of a sort, which means all of it."""
        section = line.section
        items = [line.item] if line.item is not None else [item for item in section.items if mend in item.mends]
        ids = [item.model for item in items if item.model]
        if line.item is None and section.count > len(section.items):
            ids = list(section.models)
        if mend == CONVERT:
            self._ask_convert(ids)
        else:
            self._mend(items, ids, mend)

    def _mend(self, items: Sequence[Item], ids: Sequence[int], mend: str) -> None:
        if mend == REFETCH:
            self._parts.links.show_links(item.target for item in items)
        elif mend in (DETAILS, PREVIEWS):
            self.fetching.fetch(ids)
        else:
            self._orders.plan(self.health.mending(items, mend))

    def _ask_convert(self, ids: Sequence[int]) -> None:
        """Ask what becomes of the old files, in a menu under the button."""
        menu = QMenu(self._parts.window)
        for words, removes in ((tr("Keep the old files"), False), (tr("Delete the old files afterwards"), True)):
            menu.addAction(words).triggered.connect(partial(self._convert, list(ids), removes))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(QCursor.pos())

    def _convert(self, ids: Sequence[int], removes_old: bool, _: bool = False) -> None:
        self._removes_old = removes_old
        self.health.convert(ids)

    def _on_converted(self, result: "Conversions") -> None:
        self._drop_made()
        self._made = result
        self._orders.plan(self.health.naming(result))

    def _on_planned(self, plan: Plan) -> None:
        """New files whose names nobody wants go: those of a sheet that is closed, or that another takes the place of."""
        if self._made is None:
            return
        if self.health.is_of(plan, self._made) and self._desk.sheet is not None:
            self._desk.sheet.rejected.connect(self._drop_made)
        else:
            self._drop_made()

    def _on_carried(self, report: Report) -> None:
        made = self._made
        if made is None or not self.health.has_named(report, made):
            return
        self._drop_made()  # those that got no name after all; the others are not under their first ones any more
        if self._removes_old and made.done:
            self._orders.plan(self.health.removing_old(made))

    def _drop_made(self) -> None:
        if self._made is not None:
            self.health.drop(self._made)
            self._made = None

    # the rows

    def _on_opened(self, line: "Line") -> None:
        if line.item is not None:
            self._go_to(line.item)

    def _go_to(self, item: Item) -> None:
        """To a model in the library, to anything else in its folder."""
        if item.model and item.files and item.path.endswith(item.name):
            self._parts.tasks.show_path(item.path)
        else:
            self._open_folder(item)

    @staticmethod
    def _open_folder(item: Item) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(item.path.rpartition(item.name)[0] or item.path))

    def _show_menu(self, point: QPoint) -> None:
        menu = QMenu(self._parts.window)
        for words, act in self._entries():
            menu.addAction(words).triggered.connect(lambda _=False, act=act: act())
        menu.aboutToHide.connect(menu.deleteLater)
        if menu.actions():
            menu.popup(point)

    def _entries(self) -> list[Entry]:
        """What can be done with the selected rows, or with all of a sort when its row is selected."""
        lines: list[Line] = self.page.view.selected() if self.page is not None else []
        if len(lines) == 1 and lines[0].item is None:
            return [(lines[0].words(mend), partial(self._on_mend, lines[0], mend)) for mend in lines[0].mends]
        items = [line.item for line in lines if line.item is not None]
        entries: list[Entry] = []
        if len(items) == 1:
            entries.append((tr("Show in library") if items[0].model else tr("Open folder"), partial(self._go_to, items[0])))
        for mend in dict.fromkeys(mend for item in items for mend in item.mends):
            some = [item for item in items if mend in item.mends]
            ids = [item.model for item in some if item.model]
            act = partial(self._ask_convert, ids) if mend == CONVERT else partial(self._mend, some, ids, mend)
            entries.append((mend_words(mend), act))
        if any(item.sort == NO_PREVIEW for item in items):
            entries.append((tr("Show all in the library"), self._show_unpictured))
        if items:
            words = tr("Copy path") if len(items) == 1 else tr("Copy paths")
            entries.append((words, lambda: copy_text("\n".join(path for item in items for path in item.files))))
        return entries

    def _show_unpictured(self) -> None:
        self._parts.pages.leave()
        self._parts.sidebar.query_chosen.emit("no:preview")
