"""The walls of the house, read from the syntax trees of the package; ARCHITECTURE.md says why they stand."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "model_manager"
QT = ("PySide6", "shiboken6")

# core, bottom to top: a room may import itself and what stands before it. A new room gets its place here first.
CORE = [
    *("errors", "words", "amounts", "work", "release", "paths", "settings", "alone", "processes"),
    *("library.entry", "library.kinds", "library.colours"),
    "online.records",
    *("formats", "sidecars", "previews", "library", "hashes", "online", "files", "journal.steps", "journal", "tasks", "comfyui"),
    *("tidy", "twins", "health", "demo"),
]

# all that ui may know of core: records, tables, words, and where its own icons lie
UI_MAY_IMPORT = {
    *("core.errors", "core.words", "core.amounts", "core.library.entry", "core.library.kinds", "core.tasks.states"),
    *("core.previews.records", "core.previews.shape"),
    *("core.online.records", "core.settings.COMPATIBLE", "core.tasks.words"),
    *("core.paths.resource", "core.journal.steps", "core.library.colours", "core.twins.records"),
    *("core.health.records", "core.health.words"),
}

# name -> the only modules in which it may stand
ONLY_IN = {
    "QThreadPool": ("bridge.jobs",),
    "QRunnable": ("bridge.jobs",),
    "QThread": ("bridge.jobs",),
    # readers, site_process: in processes of their own; engine: tasks run without Qt, too; streams: segments and hashes
    "Thread": ("core.library.watcher", "core.library.readers", "core.demo.site_process", "core.tasks.engine", "core.online.streams"),
    "Timer": ("core.library.watcher",),
    "ThreadPoolExecutor": ("core.journal.ahead",),  # waits for the disk to take many files
    "watchdog": ("core.library.watcher",),
    "processEvents": (),
}
MODULE = re.compile(r"model_manager(\.\w+)+")
BROAD_CATCHES = ("bridge.jobs", "core.library.watcher", "core.tasks.engine")
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 400, 50

# calls that put a text before a person
SHOWING = {
    *("setText", "setWindowTitle", "setTitle", "setToolTip", "setStatusTip", "setWhatsThis"),
    *("setPlaceholderText", "setAccessibleName", "setAccessibleDescription", "setInformativeText", "setLabelText"),
    *("addAction", "addMenu", "addTab", "addItem", "addRow", "addButton", "showMessage"),
    *("QAction", "QLabel", "QPushButton", "QToolButton", "QCheckBox", "QRadioButton", "QGroupBox", "QMenu", "QDockWidget"),
}


@cache
def modules() -> dict[str, ast.Module]:
    """Return the trees of the package by name inside it: "core.paths", "core.library" for an __init__, "" for the top one."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = ast.parse(path.read_text("utf-8"), str(path))
    return found


def targets(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, full dotted name) for every import, wherever it stands: `from a.b import c` is a.b.c."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Constant) and MODULE.fullmatch(str(node.value)):
            yield node.lineno, node.value  # given to `later`


def inner(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name inside the package) for the imports of our own modules."""
    for line, target in targets(tree):
        if target.split(".")[0] == "model_manager":
            yield line, target.removeprefix("model_manager").removeprefix(".")


def module_of(target: str) -> str:
    """Return the module in which the dotted name stands."""
    while target and target not in modules():
        target = target.rpartition(".")[0]
    return target


def room(name: str) -> str:
    """Return core, bridge, ui, app, cli ... for a module."""
    return name.split(".")[0]


def is_outside(target: str, *rooms: str) -> bool:
    """Say whether a dotted name lies in another room than these; the package's own name and version are everybody's."""
    return module_of(target) != "" and room(target) not in rooms


def place_in_core(name: str) -> int:
    """Return the height of a core module; -1 for one without a place."""
    own = name.removeprefix("core.")
    fitting = [place for place in CORE if own == place or own.startswith(place + ".")]
    return CORE.index(max(fitting, key=len)) if fitting else -1


def none_of(faults: list[str]) -> None:
    assert not faults, "\n" + "\n".join(faults)


def test_imports_are_absolute() -> None:
    none_of([f"{name}:{line} {target}" for name, tree in modules().items() for line, target in targets(tree) if target.startswith(".")])


def test_core_knows_neither_qt_nor_the_rooms_above() -> None:
    faults = []
    for name, tree in modules().items():
        if room(name) == "core":
            faults += [f"{name}:{line} {target}" for line, target in targets(tree) if target.split(".")[0] in (*QT, "pytestqt")]
            faults += [f"{name}:{line} {target}" for line, target in inner(tree) if is_outside(target, "core")]
    none_of(faults)


def test_core_has_a_place_for_each_room() -> None:
    none_of([f"{name} has no place in CORE" for name in modules() if name.startswith("core.") and place_in_core(name) < 0])


def test_core_imports_downward_only() -> None:
    faults = []
    for name, tree in modules().items():
        if name.startswith("core."):
            above = [(line, target) for line, target in inner(tree) if place_in_core(target) > place_in_core(name)]
            faults += [f"{name}:{line} {target} stands higher" for line, target in above]
    none_of(faults)


def test_no_circles() -> None:
    graph = {name: {module_of(target) for _, target in inner(tree)} - {name} for name, tree in modules().items()}
    while leaves := [name for name, aims in graph.items() if not aims & graph.keys()]:
        for name in leaves:
            del graph[name]
    none_of([f"{name} is on or above a circle: {sorted(aims & graph.keys())}" for name, aims in graph.items()])


def test_bridge_knows_neither_widgets_nor_ui() -> None:
    faults = []
    for name, tree in modules().items():
        if room(name) == "bridge":
            faults += [f"{name}:{line} {target}" for line, target in targets(tree) if target.startswith("PySide6.QtWidgets")]
            faults += [f"{name}:{line} {target}" for line, target in inner(tree) if is_outside(target, "core", "bridge")]
    none_of(faults)


def ui_may_import(target: str) -> bool:
    """Say whether the dotted name, or what it stands in, is open to ui."""
    return any(target == open_name or target.startswith(open_name + ".") for open_name in UI_MAY_IMPORT)


def test_ui_knows_only_records_and_words_of_core() -> None:
    faults = []
    for name, tree in modules().items():
        if room(name) == "ui":
            outside = [(line, target) for line, target in inner(tree) if is_outside(target, "ui", "bridge")]
            faults += [f"{name}:{line} {target}" for line, target in outside if not ui_may_import(target)]
    none_of(faults)


def test_command_line_works_without_ui_and_bridge() -> None:
    faults = []
    rooms = {
        "cli": (
            *("core", "app", "commands", "commands_tasks", "commands_download", "commands_online", "cli_tidy", "commands_tidy"),
            *("commands_undo", "commands_twins", "cli_backup", "commands_backup", "commands_own", "commands_health"),
            *("self_check", "desktop_entry", "link_handler", "streams"),
        ),
        "commands": ("core",),
        "commands_tasks": ("core", "commands"),
        "commands_download": ("core", "commands_tasks"),
        "commands_online": ("core", "commands", "commands_tasks"),
        "cli_tidy": (),
        "answers": ("core",),
        "commands_tidy": ("core", "commands", "answers"),
        "commands_undo": ("core", "commands", "commands_tidy", "answers"),
        "commands_own": ("core", "commands", "commands_tidy", "answers", "cli_tidy"),
        "commands_twins": ("core", "commands", "commands_tidy", "answers"),
        "commands_health": ("core", "commands", "commands_tidy", "answers"),
        "cli_backup": (),
        "commands_backup": ("core", "commands", "answers"),
    }
    for name, others in ((name, others) for name, others in rooms.items() if name in modules()):
        faults += [f"{name}:{line} {target}" for line, target in inner(modules()[name]) if is_outside(target, *others)]
    at_once = ast.Module([node for node in modules()["cli"].body if isinstance(node, ast.Import | ast.ImportFrom)], [])
    slow = (
        *("app", "link_handler", "commands", "commands_tasks", "commands_download", "commands_online", "commands_tidy", "commands_undo"),
        *("commands_twins", "commands_backup", "commands_own", "commands_health", "self_check"),
    )
    faults += [f"cli:{line} {target} slows every start" for line, target in inner(at_once) if room(target) in slow]
    none_of(faults)


def names_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, name) for each name used, imported or reached through a dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield from ((node.lineno, part) for part in alias.name.split("."))
            if isinstance(node, ast.ImportFrom):
                yield from ((node.lineno, part) for part in (node.module or "").split("."))


def test_threads_start_where_they_may() -> None:
    faults = []
    for name, tree in modules().items():
        faults += [f"{name}:{line} {word}" for line, word in names_in(tree) if word in ONLY_IN and name not in ONLY_IN[word]]
    none_of(faults)


def is_broad(handler: ast.ExceptHandler) -> bool:
    """Say whether a handler catches everything, alone or in a tuple; what only cleans up is for `finally` or an ExitStack."""
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException")) for kind in caught)


def test_broad_catches_stand_at_the_last_doors_only() -> None:
    faults = []
    for name, tree in modules().items():
        handlers = [node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and is_broad(node)]
        faults += [f"{name}:{node.lineno}" for node in handlers if name not in BROAD_CATCHES]
    none_of(faults)


def called(node: ast.Call) -> str:
    """Return the last part of what is called."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""


def has_letters(node: ast.expr) -> bool:
    """Say whether an argument is a text to read, written out on the spot."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return any(letter.isalpha() for text in texts for letter in text)


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Yield (module, call) for the whole package."""
    for name, tree in modules().items():
        yield from ((name, node) for node in ast.walk(tree) if isinstance(node, ast.Call))


def test_texts_on_screen_go_through_tr() -> None:
    shown = [(name, node) for name, node in calls() if room(name) in ("ui", "app") and called(node) in SHOWING]
    none_of([f"{name}:{node.lineno} {called(node)}" for name, node in shown if any(has_letters(part) for part in node.args)])


def test_tr_gets_texts_a_catalogue_can_find() -> None:
    faults = []
    for name, node in calls():
        if called(node) in ("tr", "trn") and any(isinstance(key, ast.JoinedStr | ast.BinOp | ast.Call) for key in node.args[:2]):
            faults.append(f"{name}:{node.lineno} a text put together cannot be found; use places like {{name}}")
    none_of(faults)


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its docstring."""
    first = node.body[0]
    is_documented = ast.get_docstring(node) is not None
    return (node.end_lineno or 0) - node.lineno + 1 - ((first.end_lineno or 0) - first.lineno + 1 if is_documented else 0)


def test_files_and_functions_stay_small() -> None:
    faults = []
    for path in [*sorted(PACKAGE.rglob("*.py")), ROOT / "dev.py"]:
        text = path.read_text("utf-8")
        if text.count("\n") > MOST_LINES:
            faults.append(f"{path.relative_to(ROOT)}: {text.count(chr(10))} lines")
        functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        long = [node for node in functions if length(node) > MOST_LINES_OF_A_FUNCTION]
        faults += [f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {length(node)} lines" for node in long]
    none_of(faults)


def test_names_of_test_files_are_unique() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    none_of([f"{name} is there twice" for name in sorted(set(names)) if names.count(name) > 1])


WITHOUT_QT = """
import importlib, json, sys

class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("PySide6", "shiboken6"):
            raise ModuleNotFoundError(f"{name} is not there", name=name)

sys.meta_path.insert(0, NoQt())
faults = {}
for name in json.load(sys.stdin):
    try:
        importlib.import_module(name)
    except Exception as fault:
        faults[name] = repr(fault)
print(json.dumps(faults))
"""


def test_core_imports_where_pyside_is_absent() -> None:
    rooms = (
        *("core", "cli", "cli_tidy", "cli_backup", "commands", "commands_tasks", "commands_download", "commands_online"),
        *("commands_tidy", "commands_undo", "commands_twins", "commands_backup", "commands_own", "commands_health"),
    )
    names = ["model_manager." + name for name in modules() if room(name) in rooms]
    done = subprocess.run([sys.executable, "-c", WITHOUT_QT], input=json.dumps(names), cwd=ROOT, capture_output=True, text=True, check=True)
    assert len(names) > 3
    assert json.loads(done.stdout) == {}


@pytest.mark.parametrize("source", ["from PySide6 import QtCore", "import PySide6.QtGui as gui", "from PySide6.QtCore import Qt"])
def test_imports_of_qt_are_seen(source: str) -> None:
    assert [target.split(".")[0] for _, target in targets(ast.parse(source))] == ["PySide6"]


def test_other_breaches_are_seen() -> None:
    tree = ast.parse("try:\n    label.setText(f'Found {n}')\nexcept (OSError, Exception):\n    threading.Thread()")
    assert {"Thread", "threading"} <= {name for _, name in names_in(tree)}
    assert [is_broad(node) for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)] == [True]
    call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call))
    assert called(call) == "setText" and has_letters(call.args[0])
    assert not has_letters(ast.parse("f'{n} %'", mode="eval").body)
