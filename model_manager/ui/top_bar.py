"""The bar above the grid: search, order, groups, card size, grid or table, adding, tasks, folders and settings.

Built by the main window, which puts the search field in and listens. Labels shorten as the window narrows. Knows nothing of models.
"""

from collections.abc import Mapping

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QLayout, QMenu, QPushButton, QSlider, QToolButton, QWidget

from model_manager.core.words import tr
from model_manager.ui.tasks.top_buttons import AddButtons, TasksButton
from model_manager.ui.theme import dress

HEIGHT = 52
CARD_WIDTHS = (120, 360)
SEARCH_WIDTHS = (250, 560)
SEARCH_AT_LEAST, SLIDER_AT_LEAST = 132, 48
# from wide to narrow: how short the words of sort and group are, and those of adding (0 in full, 2 none)
STEPS = ((0, 0), (1, 0), (1, 1), (2, 1), (2, 2))


def sort_labels() -> dict[str, str]:
    """Every order by its key."""
    return {
        "name": tr("Name"), "size": tr("Size"), "added": tr("Recently added"), "modified": tr("Recently changed"),
        "base": tr("Base model"), "type": tr("Type"), "rating": tr("Rating"),
    }  # fmt: skip


def group_labels() -> dict[str, str]:
    """Every way of grouping by its key."""
    return {
        "none": tr("None"), "base": tr("Base model"), "folder": tr("Folder"), "type": tr("Type"), "collection": tr("Collection"),
        "category": tr("Category"), "group": tr("Own group"), "colour": tr("Colour"),
    }  # fmt: skip


def starts_descending(key: str) -> bool:
    """Whether an order begins with the largest or newest when it is first chosen."""
    return key in ("size", "added", "modified", "rating")


class TopBar(QFrame):
    """The top bar. Setters do not emit; only what the person does is signalled."""

    sort_chosen = Signal(str, bool)
    group_chosen = Signal(str)
    card_width_changed = Signal(int)
    view_chosen = Signal(str)
    settings_asked = Signal()
    refresh_asked = Signal()
    add_link_asked = Signal()
    add_asked = Signal()  # in another way than by a link
    tasks_asked = Signal()
    folders_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "top")
        self.setFixedHeight(HEIGHT)
        self._search: QWidget | None = None
        self._sort, self._descending, self._group, self._shortness = "added", True, "none", -1
        self._build_buttons()
        self._build_size()
        self._build_layout()
        self._show_labels()

    def minimumSizeHint(self) -> QSize:
        """As narrow as the shortest labels allow, at most."""
        return QSize(730, HEIGHT)

    def set_search(self, field: QWidget) -> None:
        """Put the search field in, at the left."""
        self._search = field
        field.setMaximumWidth(SEARCH_WIDTHS[1])
        self._row.insertWidget(0, field, 10)
        QWidget.setTabOrder(field, self._sort_button)
        self._show_labels()

    def set_sort(self, key: str, is_descending: bool) -> None:
        """Show the order in use."""
        self._sort, self._descending = key, is_descending
        for action in self._sort_actions.actions():
            action.setChecked(action.data() == key)
        for action in self._way_actions.actions():
            action.setChecked(action.data() == is_descending)
        self._show_labels()

    def set_group(self, key: str) -> None:
        """Show the grouping in use."""
        self._group = key
        for action in self._group_actions.actions():
            action.setChecked(action.data() == key)
        self._show_labels()

    def set_card_width(self, pixels: int) -> None:
        """Show the width of the cards."""
        with QSignalBlocker(self._slider):
            self._slider.setValue(pixels)

    def set_view(self, name: str) -> None:
        """Show `grid` or `table` as the view in use; the size of cards counts in the grid only."""
        (self._table_button if name == "table" else self._grid_button).setChecked(True)
        for widget in (self._slider, self._small, self._large):
            widget.setEnabled(name != "table")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten or lengthen the labels."""
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Fit once the style has given the labels their size."""
        super().showEvent(event)
        self._shortness = -1
        self._fit()

    def _build_buttons(self) -> None:
        self._sort_button = _menu_button("sort", tr("Sort"))
        self._group_button = _menu_button("group", tr("Group"))
        menu = QMenu(self._sort_button)
        self._sort_actions = _choices(menu, sort_labels())
        menu.addSeparator()
        self._way_actions = _choices(menu, {False: tr("Ascending"), True: tr("Descending")})
        self._sort_button.setMenu(menu)
        menu = QMenu(self._group_button)
        self._group_actions = _choices(menu, group_labels())
        self._group_button.setMenu(menu)
        self._sort_actions.triggered.connect(self._on_sort)
        self._way_actions.triggered.connect(self._on_way)
        self._group_actions.triggered.connect(self._on_group)
        self._grid_button = _icon_button("grid", tr("Show as cards"), is_choice=True)
        self._table_button = _icon_button("table", tr("Show as a table"), is_choice=True)
        self._views = QButtonGroup(self)
        for button, name in ((self._grid_button, "grid"), (self._table_button, "table")):
            self._views.addButton(button)
            button.setObjectName(name)
        self._grid_button.setChecked(True)
        self._views.buttonClicked.connect(self._on_view)
        self._add, self.tasks = AddButtons(), TasksButton()
        self._add.link_asked.connect(self.add_link_asked)
        self._add.menu_asked.connect(self.add_asked)
        self.tasks.clicked.connect(self.tasks_asked)
        self._tools = [_icon_button("refresh", tr("Look at all folders again")), _icon_button("folder", tr("Folders")),
                       _icon_button("settings", tr("Settings"))]  # fmt: skip
        signals = (self.refresh_asked, self.folders_asked, self.settings_asked)
        for button, signal in zip(self._tools, signals, strict=True):
            button.clicked.connect(signal)
        self.set_sort(self._sort, self._descending)
        self.set_group(self._group)

    def _build_size(self) -> None:
        self._small, self._large = QLabel(), QLabel()
        dress(self._small, "size-small", tone="muted")
        dress(self._large, "size-large", tone="muted")
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(*CARD_WIDTHS)
        self._slider.setSingleStep(10)
        self._slider.setPageStep(40)
        self._slider.setValue(200)
        self._slider.setMaximumWidth(100)
        self._slider.setAccessibleName(tr("Card size"))
        self._slider.setToolTip(tr("Card size"))
        self._slider.valueChanged.connect(self.card_width_changed)

    def _build_layout(self) -> None:
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 0, 12, 0)
        self._row.setSpacing(8)
        self._row.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        for button in (self._sort_button, self._group_button):
            self._row.addWidget(button)
        self._row.addSpacing(4)
        for widget in (self._small, self._slider, self._large):
            self._row.addWidget(widget)
        self._row.addSpacing(4)
        self._row.addStretch(1)
        self._row.addWidget(self._grid_button)
        self._row.addWidget(self._table_button)
        rule = QFrame()
        rule.setProperty("role", "rule-upright")
        rule.setFixedSize(1, 20)
        self._row.addWidget(rule)
        self._row.addWidget(self._add)
        self._row.addWidget(self.tasks)
        for tool in self._tools:
            self._row.addWidget(tool)

    def _show_labels(self) -> None:
        self._shortness = -1
        if hasattr(self, "_row"):
            self._fit()

    def _fit(self) -> None:
        """Take the longest labels that fit."""
        for shortness in range(len(STEPS)):
            self._label(shortness)
            if self._row.minimumSize().width() <= self.width():
                break
        self._row.activate()

    def _label(self, shortness: int) -> None:
        if shortness == self._shortness:
            return
        self._shortness = shortness
        is_last = shortness == len(STEPS) - 1
        for end in (self._small, self._large):
            end.setVisible(shortness == 0)
        if self._search is not None:
            self._search.setMinimumWidth(SEARCH_AT_LEAST if is_last else SEARCH_WIDTHS[0])
        self._slider.setMinimumWidth(SLIDER_AT_LEAST if is_last else 64)
        sort, group = sort_labels().get(self._sort, ""), group_labels().get(self._group, "")
        way = tr("descending") if self._descending else tr("ascending")
        full = (tr("Sort: {order}", order=sort), tr("Group: {group}", group=group))
        of_labels, of_adding = STEPS[shortness]
        shown = (full, (sort, group), ("", ""))[of_labels]
        for button, text, whole in zip((self._sort_button, self._group_button), shown, full, strict=True):
            button.setText(f" {text}" if text else "")
            button.setAccessibleName(whole)
        self._add.set_shortness(of_adding)
        self._sort_button.setToolTip(f"{full[0]}, {way}")
        self._group_button.setToolTip(full[1])
        dress(self._sort_button, "arrow-down" if self._descending else "arrow-up", tone="muted")

    def _on_sort(self, action: QAction) -> None:
        key = str(action.data())
        self.set_sort(key, self._descending if key == self._sort else starts_descending(key))
        self.sort_chosen.emit(self._sort, self._descending)

    def _on_way(self, action: QAction) -> None:
        self.set_sort(self._sort, bool(action.data()))
        self.sort_chosen.emit(self._sort, self._descending)

    def _on_group(self, action: QAction) -> None:
        self.set_group(str(action.data()))
        self.group_chosen.emit(self._group)

    def _on_view(self, button: QToolButton) -> None:
        self.set_view(button.objectName())
        self.view_chosen.emit(button.objectName())


def _menu_button(icon_name: str, name: str) -> QPushButton:
    button = QPushButton(name)
    button.setProperty("tone", "plain")
    button.setProperty("menu", "yes")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    dress(button, icon_name, tone="muted")
    return button


def _icon_button(icon_name: str, name: str, is_choice: bool = False) -> QToolButton:
    button = QToolButton()
    button.setProperty("role", "icon")
    button.setCheckable(is_choice)
    button.setToolTip(name)
    button.setAccessibleName(name)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    dress(button, icon_name)
    return button


def _choices(menu: QMenu, labels: Mapping[str, str] | Mapping[bool, str]) -> QActionGroup:
    """Checkable entries, one of which is chosen; the key is the action's data."""
    group = QActionGroup(menu)
    for key, label in labels.items():
        action = group.addAction(label)
        action.setCheckable(True)
        action.setData(key)
        menu.addAction(action)
    return group
