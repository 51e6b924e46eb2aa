"""The one style sheet of the program, made from a theme's colours.

Called by `theme` when the theme changes. Widgets ask for a look by the properties `tone` and `role`; no widget has a sheet of its own.
"""

from string import Template

from model_manager.core.paths import resource
from model_manager.ui.tokens import Tokens, mixed

_BASE = """
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 5px 8px; }
QDialog, QMainWindow { background: $window; }
QDialog { background: $panel; }
QDialog QFrame[role="foot"] { border-bottom-left-radius: 11px; border-bottom-right-radius: 11px; }
QSizeGrip { image: none; width: 16px; height: 16px; }
QScrollArea, QScrollArea > QWidget > QWidget[role="plain"] { background: transparent; border: none; }
QFrame[role="panel"] { background: $panel; border: none; }
QFrame[role="raised"] { background: $raised; border: 1px solid $line; border-radius: 8px; }
QFrame[role="top"] { background: $panel; border: none; border-bottom: 1px solid $line; }
QFrame[role="status"], QFrame[role="foot"] { background: $panel; border: none; border-top: 1px solid $line; }
QFrame[role="foot"] { background: $window; }
QFrame[role="rule"] { background: $line; border: none; max-height: 1px; min-height: 1px; }
QFrame[role="rule-upright"] { background: $line; border: none; }
QFrame[role="side"] { background: $panel; border: none; }
QLabel[role="title"] { font-size: 18px; font-weight: 600; color: $text; }
QLabel[role="hero"] { font-size: 22px; font-weight: 600; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="faint"] { color: $faint; font-size: 12px; }
QLabel[role="heading"] { color: $faint; font-size: 11px; font-weight: 600; text-transform: uppercase; letter-spacing: 1px; }
QLabel[role="chip"] { background: $raised; color: $text; border: 1px solid $line; border-radius: 6px; padding: 1px 7px; font-size: 12px; }
QLabel[role="chip"][tone="ok"] { color: $ok; } QLabel[role="chip"][tone="warn"] { color: $warn; }
QLabel[role="chip"][tone="bad"] { color: $bad; }
QLabel[role="pill"] { background: $accent_ground; color: $accent; border-radius: 6px; padding: 1px 7px; font-size: 12px; }
QFrame[role="strip"] { background: $panel; border: none; border-bottom: 1px solid $line; }
QLabel[role="ok"] { color: $ok; } QLabel[role="warn"] { color: $warn; } QLabel[role="bad"] { color: $bad; }
QSplitter::handle { background: $line; }
QSplitter::handle:horizontal { width: 1px; } QSplitter::handle:vertical { height: 1px; }
QSplitter::handle:hover { background: $accent; }
"""

_BUTTONS = """
QPushButton { background: $raised; color: $text; border: 1px solid $line; border-radius: 8px; min-height: 30px; padding: 0 12px; }
QPushButton:hover { background: $raised_hover; }
QPushButton:pressed, QPushButton:open { background: $pressed; }
QPushButton:checked { background: $accent_ground; color: $accent; border-color: $accent_ground; }
QPushButton:focus { border: 2px solid $accent; padding: 0 11px; min-height: 28px; }
QPushButton:disabled { color: $disabled; background: $panel; }
QPushButton::menu-indicator { image: url("$arrow_down"); width: 12px; height: 12px; subcontrol-position: right center; right: 9px; }
QPushButton[menu="yes"] { padding-left: 8px; padding-right: 26px; }
QPushButton[menu="yes"]:focus { padding-left: 7px; padding-right: 25px; }
QPushButton[tone="drop"] { min-height: 104px; }
QPushButton[tone="primary"] { background: $accent_fill; color: $on_accent; border-color: $accent_fill; font-weight: 600; }
QPushButton[tone="primary"]:hover { background: $fill_hover; border-color: $fill_hover; }
QPushButton[tone="primary"]:pressed { background: $fill_pressed; }
QPushButton[tone="primary"]:focus { border: 2px solid $fill_ring; }
QPushButton[tone="primary"]:disabled { background: $raised; color: $disabled; border-color: $line; }
QPushButton[tone="danger"] { color: $bad; }
QPushButton[tone="danger"]:disabled { color: $disabled; }
QPushButton[side="left"] { border-top-right-radius: 0; border-bottom-right-radius: 0; }
QPushButton[size="small"] { padding: 0 8px; }
QPushButton[size="small"]:focus { padding: 0 7px; }
QPushButton[tone="quiet"] { background: transparent; border-color: transparent; }
QPushButton[tone="quiet"]:hover { background: $hover; }
QPushButton[tone="quiet"]:pressed { background: $pressed; }
QPushButton[tone="quiet"]:focus { border-color: $accent; }
QPushButton[tone="quiet"]:checked { background: $accent_ground; }
QPushButton[role="filter"] { background: transparent; color: $muted; border-color: transparent; min-height: 24px; padding: 0 10px;
  border-radius: 7px; }
QPushButton[role="filter"]:hover { background: $hover; color: $text; }
QPushButton[role="filter"]:checked { background: $accent_ground; color: $accent; border-color: $accent_ground; }
QPushButton[role="filter"]:focus { border: 2px solid $accent; padding: 0 9px; min-height: 22px; }
QToolButton { background: transparent; color: $text; border: 1px solid transparent; border-radius: 8px; padding: 0; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:open { background: $pressed; }
QToolButton:checked { background: $accent_ground; color: $accent; }
QToolButton:focus { border: 2px solid $accent; }
QToolButton::menu-indicator { image: none; }
QToolButton[role="icon"], QToolButton[tone] { min-width: 30px; min-height: 30px; max-height: 30px; }
QToolButton[role="icon"]:focus, QToolButton[tone]:focus { min-width: 28px; min-height: 28px; max-height: 28px; }
QToolButton[tone="plain"] { background: $raised; border: 1px solid $line; }
QToolButton[tone="plain"]:hover { background: $raised_hover; }
QToolButton[tone="plain"]:focus { border: 2px solid $accent; }
QToolButton[role="split"] { background: $accent_fill; border: 1px solid $accent_fill; border-top-left-radius: 0;
  border-bottom-left-radius: 0; min-width: 22px; min-height: 30px; max-height: 30px; }
QToolButton[role="split"]:hover { background: $fill_hover; border-color: $fill_hover; }
QToolButton[role="split"]:pressed { background: $fill_pressed; }
QToolButton[role="split"]:focus { border: 2px solid $fill_ring; min-width: 20px; min-height: 28px; max-height: 28px; }
QToolButton[role="chip"] { background: $raised; border: 1px solid $line; border-radius: 6px; padding: 1px 7px; font-size: 12px; }
QToolButton[role="chip"]:hover { background: $raised_hover; border-color: $faint; }
QToolButton[role="chip"]:focus { border: 1px solid $accent; }
QToolButton[role="small"] { min-width: 20px; min-height: 20px; max-height: 20px; border-radius: 5px; }
QToolButton[role="small"]:focus { min-width: 18px; min-height: 18px; max-height: 18px; }
"""

_INPUTS = """
QLineEdit, QSpinBox, QComboBox { background: $raised; color: $text; border: 1px solid $line; border-radius: 8px; min-height: 30px;
  padding: 0 10px; selection-background-color: $accent_fill; selection-color: $on_accent; }
QPlainTextEdit, QTextEdit { background: $raised; color: $text; border: 1px solid $line; border-radius: 8px; padding: 6px;
  selection-background-color: $accent_fill; selection-color: $on_accent; }
QTextBrowser { background: transparent; border: 1px solid transparent; padding: 0; }
QLineEdit:focus, QSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus, QTextEdit:focus { border-color: $accent; }
QLineEdit:disabled, QSpinBox:disabled, QComboBox:disabled { color: $disabled; background: $panel; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url("$arrow_down"); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $panel; border: 1px solid $line; padding: 4px; selection-background-color: $accent_ground;
  selection-color: $text; }
QSpinBox { padding: 0 26px 0 0; max-height: 30px; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit { border: none; background: transparent; min-height: 0; padding: 0; }
QSpinBox::up-button, QSpinBox::down-button { border: none; background: transparent; width: 20px; subcontrol-origin: border; }
QSpinBox::up-button { subcontrol-position: top right; top: 3px; right: 4px; }
QSpinBox::down-button { subcontrol-position: bottom right; bottom: 3px; right: 4px; }
QSpinBox::up-arrow { image: url("$arrow_up"); width: 10px; height: 10px; }
QSpinBox::down-arrow { image: url("$arrow_down"); width: 10px; height: 10px; }
QCheckBox, QRadioButton { spacing: 8px; color: $text; padding: 2px; border: 1px solid transparent; border-radius: 5px; }
QCheckBox:focus, QRadioButton:focus { border-color: $accent; }
QCheckBox:disabled, QRadioButton:disabled { color: $disabled; }
QCheckBox::indicator, QRadioButton::indicator, QAbstractItemView::indicator { width: 14px; height: 14px; border: 1px solid $faint;
  border-radius: 4px; background: $window; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $accent; }
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked { background: $accent_fill; border-color: $accent_fill;
  image: url("$check"); }
QCheckBox::indicator:indeterminate { background: $accent_fill; border-color: $accent_fill; image: url("$minus"); }
QRadioButton::indicator:checked { width: 6px; height: 6px; border: 5px solid $accent_fill; background: $on_accent; }
QSlider { min-height: 22px; border: 1px solid transparent; border-radius: 6px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $track; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $accent_fill; }
QSlider::sub-page:horizontal:disabled { background: $track; }
QSlider::handle:horizontal { width: 12px; height: 12px; margin: -5px 0; border-radius: 7px;
  border: 1px solid $knob_line; background: $knob; }
QSlider::handle:horizontal:hover { border-color: $accent; }
QSlider::handle:horizontal:focus { border: 2px solid $accent; width: 10px; height: 10px; }
QSlider::handle:horizontal:disabled { background: $raised; border-color: $line; }
QProgressBar { background: $track; border: none; border-radius: 2px; min-height: 5px; max-height: 5px; color: transparent; }
QProgressBar::chunk { background: $accent_fill; border-radius: 2px; }
"""

_VIEWS = """
QAbstractScrollArea { background: transparent; }
QAbstractItemView { background: transparent; color: $text; border: none; outline: 0; selection-background-color: $accent_ground;
  selection-color: $text; alternate-background-color: $raised; }
QTreeView::item, QListView::item, QTableView::item { padding: 4px 6px; border: none; }
QTreeView::item:hover, QListView::item:hover { background: $hover; }
QTreeView::item:selected, QListView::item:selected, QTableView::item:selected { background: $accent_ground; color: $text; }
QListView[role="popup"] { background: $panel; border: 1px solid $line; padding: 4px; }
QListView[role="pages"]::item { border-radius: 7px; }
QTreeView::branch { background: transparent; }
QTreeView::branch:has-children:closed { image: url("$branch_closed"); }
QTreeView::branch:has-children:open { image: url("$branch_open"); }
QTableView { gridline-color: $line; }
QHeaderView { background: $panel; border: none; }
QHeaderView::section { background: $panel; color: $muted; border: none; border-bottom: 1px solid $line; padding: 6px 8px; font-size: 12px;
  font-weight: 400; text-align: left; }
QHeaderView::section:hover { color: $text; background: $raised; }
QHeaderView::up-arrow { image: url("$arrow_up"); width: 10px; height: 10px; subcontrol-position: center right; right: 4px; }
QHeaderView::down-arrow { image: url("$arrow_down"); width: 10px; height: 10px; subcontrol-position: center right; right: 4px; }
QTableCornerButton::section { background: $panel; border: none; border-bottom: 1px solid $line; }
QTabWidget::pane { border: none; border-top: 1px solid $line; top: -1px; }
QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $muted; border: none; border-bottom: 2px solid transparent; padding: 6px 1px;
  margin-right: 16px; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:selected:focus { color: $accent; }
QMenu { background: $panel; color: $text; border: 1px solid $line; padding: 5px; }
QMenu::item { padding: 6px 24px 6px 10px; border-radius: 6px; margin: 0; }
QMenu::item:selected { background: $accent_ground; }
QMenu::item:disabled { color: $disabled; background: transparent; }
QMenu::separator { height: 1px; background: $line; margin: 5px 8px; }
QMenu::icon { padding-left: 8px; }
QMenu::indicator { width: 14px; height: 14px; margin-left: 8px; }
QMenu::indicator:checked { image: url("$tick"); }
QMenu::right-arrow { image: url("$arrow_right"); width: 10px; height: 10px; }
QScrollBar { background: transparent; border: none; }
QScrollBar:vertical { width: 10px; margin: 0; } QScrollBar:horizontal { height: 10px; margin: 0; }
QScrollBar::handle { background: $thumb; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 36px; } QScrollBar::handle:horizontal { min-width: 36px; }
QScrollBar::handle:hover, QScrollBar::handle:pressed { background: $thumb_hover; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; border: none; background: none; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; border: none; }
"""

_CONTROLS = ("check", "minus", "tick", "arrow-down", "arrow-up", "arrow-right", "branch-open", "branch-closed")


def style_sheet(colours: Tokens) -> str:
    """The style sheet of the whole program in `colours`."""
    places = {name: getattr(colours, name).name() for name in ("window", "panel", "raised", "line", "text", "muted", "faint")}
    places |= {name: getattr(colours, name).name() for name in ("accent", "ok", "warn", "bad", "accent_fill", "on_accent")}
    places |= _mixtures(colours)
    places |= {name.replace("-", "_"): resource(f"controls/{name}.svg").as_posix() for name in _CONTROLS}
    return Template(_BASE + _BUTTONS + _INPUTS + _VIEWS).substitute(places)


def _mixtures(colours: Tokens) -> dict[str, str]:
    """Colours that only the style sheet needs, each mixed from two of the theme's."""
    edge = colours.on_accent if colours.is_dark else colours.text
    pairs = {
        "raised_hover": mixed(edge, colours.raised, 0.06), "pressed": mixed(edge, colours.raised, 0.12),
        "hover": mixed(colours.hover, colours.panel), "accent_ground": mixed(colours.accent_soft, colours.panel),
        "disabled": mixed(colours.faint, colours.panel, 0.6), "fill_hover": mixed(edge, colours.accent_fill, 0.1),
        "fill_pressed": mixed(colours.text, colours.accent_fill, 0.18), "fill_ring": mixed(colours.text, colours.accent_fill, 0.75),
        "track": mixed(edge, colours.panel, 0.1),
        "thumb": mixed(edge, colours.panel, 0.18), "thumb_hover": mixed(edge, colours.panel, 0.32),
        "knob": mixed(colours.on_accent, colours.on_accent), "knob_line": mixed(edge, colours.panel, 0.3),
    }  # fmt: skip
    return {name: colour.name() for name, colour in pairs.items()}
