"""The set-up itself: dev.py, the ignore list, the wheel, the version of PySide6, and the guards of conftest.py."""

import ast
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


# --- dev.py ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def dev(tmp_path: Path) -> ModuleType:
    """Load a copy of dev.py as it would lie in another checkout, with a space in its path."""
    checkout = tmp_path / "a check out"
    checkout.mkdir()
    for name in ("dev.py", "pyproject.toml"):
        shutil.copy(ROOT / name, checkout)
    spec = importlib.util.spec_from_file_location("dev", checkout / "dev.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def installs(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let dev.py find a complete system and only note what it would make."""
    done: list[str] = []

    def make_venv() -> None:
        done.append("venv")
        dev.PYTHON.parent.mkdir(parents=True, exist_ok=True)
        dev.PYTHON.touch()

    monkeypatch.setattr(dev, "missing_libraries", list)
    monkeypatch.setattr(dev, "has_pip_source", lambda: True)
    monkeypatch.setattr(dev, "make_venv", make_venv)
    monkeypatch.setattr(dev, "install_packages", lambda: done.append("packages"))
    return done


def test_dev_needs_nothing_but_python() -> None:
    tree = ast.parse((ROOT / "dev.py").read_text("utf-8"), feature_version=(3, 8))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names
    at_the_top = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    assert "tomllib" not in at_the_top  # 3.8 must get as far as the sentence


def test_an_old_python_gets_a_plain_sentence(dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 12))
    with pytest.raises(SystemExit) as ended:
        dev.main(["run"])
    assert ended.value.code == 3
    assert "needs Python 3.11 or newer; this one is 3.10" in capsys.readouterr().err


def test_the_second_start_makes_nothing(dev: ModuleType, installs: list[str]) -> None:
    dev.make_ready()
    dev.make_ready()
    assert installs == ["venv", "packages"]


def test_a_half_made_environment_is_made_again(dev: ModuleType, installs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def killed() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(dev, "install_packages", killed)
        dev.make_ready()
    dev.make_ready()
    assert installs == ["venv", "venv", "packages"]


def test_a_changed_list_needs_pip_only_and_another_python_all(
    dev: ModuleType, installs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    dev.make_ready()
    monkeypatch.setattr(dev, "requirements", lambda: ["something-else"])
    dev.make_ready()
    assert installs == ["venv", "packages", "packages"]
    monkeypatch.setattr(dev, "venv_id", lambda: "3.99.0 Plan9")
    dev.make_ready()
    assert installs == ["venv", "packages", "packages", "venv", "packages"]


@pytest.fixture
def no_rights(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a user who may not install stand before a system where one library is missing."""
    monkeypatch.setattr(dev, "can_load", lambda soname: soname != "libEGL.so.1")
    monkeypatch.setattr(dev, "has_pip_source", lambda: False)
    monkeypatch.setattr(dev, "is_root", lambda: False)
    monkeypatch.setattr(dev, "root_prefix", lambda: None)
    monkeypatch.setattr(dev, "apt", lambda *_: pytest.fail("apt was called"))
    monkeypatch.setattr(dev, "make_venv", lambda: pytest.fail(".venv was made"))


@pytest.mark.skipif(sys.platform != "linux", reason="system libraries are Linux's affair")
@pytest.mark.parametrize("is_refused", [False, True])
def test_without_rights_the_line_to_type_is_shown(
    dev: ModuleType, no_rights: None, is_refused: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev.shutil, "which", lambda name: "/usr/bin/" + name)
    if is_refused:
        monkeypatch.setenv("MM_NO_APT", "1")
        monkeypatch.setattr(dev, "root_prefix", list)
    with pytest.raises(SystemExit) as ended:
        dev.make_ready()
    line = capsys.readouterr().err.splitlines()[-1].strip()
    venv = f"python3.{sys.version_info[1]}-venv"
    assert ended.value.code == 3
    assert line == f"sudo apt-get update && sudo apt-get install -y --no-install-recommends libegl1 {venv}"


@pytest.mark.skipif(sys.platform != "linux", reason="system libraries are Linux's affair")
@pytest.mark.parametrize(
    ("manager", "line"),
    [("dnf", "sudo dnf install 'libEGL.so.1()(64bit)'"), ("pacman", "sudo pacman -S --needed libglvnd")],
)
def test_other_distributions_get_a_hint(
    dev: ModuleType, no_rights: None, manager: str, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev.shutil, "which", lambda name: name if name == manager else None)
    with pytest.raises(SystemExit) as ended:
        dev.make_ready()
    said = capsys.readouterr().err
    assert ended.value.code == 3
    assert "libEGL.so.1" in said
    assert said.splitlines()[-1].strip() == line


def test_apt_may_fail_and_its_words_are_shown(
    dev: ModuleType, no_rights: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if sys.platform != "linux":
        pytest.skip("apt is Linux's affair")
    calls: list[list[str]] = []
    monkeypatch.setattr(dev.shutil, "which", lambda name: "/usr/bin/" + name)
    monkeypatch.setattr(dev, "root_prefix", lambda: ["sudo", "-n"])
    monkeypatch.setattr(dev, "apt", lambda rights, command: calls.append([*rights, *command]) or "E: No space left")
    with pytest.raises(SystemExit) as ended:
        dev.make_ready()
    assert ended.value.code == 3
    assert "E: No space left" in capsys.readouterr().err
    assert [call[:4] for call in calls] == [["sudo", "-n", "apt-get", "update"], ["sudo", "-n", "apt-get", "install"]]


def test_all_gates_run_although_one_fails(dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    ran: list[str] = []
    monkeypatch.setattr(dev.subprocess, "call", lambda command, **_: ran.append(command[2]) or int(command[2] == "ruff"))
    assert dev.test([]) == 1
    assert ran == ["ruff", "mypy", "pytest"]
    assert [line.split()[:2] for line in capsys.readouterr().err.splitlines()[-3:]] == [
        ["ruff", "FAILED"],
        ["mypy", "passed"],
        ["pytest", "passed"],
    ]


def test_the_program_starts_in_the_folder_of_the_user(dev: ModuleType, tmp_path: Path) -> None:
    package = dev.ROOT / "model_manager"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("import os, sys; print(os.getcwd(), sys.argv[1:]); raise SystemExit(7)")
    (tmp_path / "json.py").write_text("raise SystemExit('a file of the user was imported')")
    start = "import sys, dev; dev.PYTHON = sys.executable; raise SystemExit(dev.run(['list', 'a b']))"
    environment = {**os.environ, "PYTHONPATH": str(dev.ROOT)}
    done = subprocess.run([sys.executable, "-P", "-c", start], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.strip() == f"{tmp_path} ['list', 'a b']"
    assert done.returncode == 7


@pytest.fixture
def frozen(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Let dev.py build a program that is only a script: it reports what its neighbour, the file `answer.json`, says."""
    top, program = dev.built_program("linux")

    def run(command: list[str], _fault: str) -> None:
        if "PyInstaller" in command:
            program.parent.mkdir(parents=True)
            program.write_text('#!/bin/sh\ntest "$1" = --self-check && cp "$(dirname "$0")/answer.json" "$2"\nexit 1\n')
            program.chmod(0o755)
            checks = [{"name": "window", "ok": False, "text": "no font", "seconds": 0.1}]
            (top / "answer.json").write_text(json.dumps({"ok": False, "checks": checks}))
        ran.append(command)

    ran: list[list[str]] = []
    monkeypatch.setattr(dev, "make_ready", lambda: None)
    monkeypatch.setattr(dev, "missing_build_tools", list)
    monkeypatch.setattr(dev, "pip_command", lambda: ["pip"])
    monkeypatch.setattr(dev, "missing_libraries", list)
    monkeypatch.setattr(dev, "must_run", run)
    monkeypatch.setattr(dev, "ran", ran, raising=False)
    return dev


@pytest.mark.skipif(sys.platform != "linux", reason="the stand-in is a shell script")
def test_a_build_that_fails_its_own_check_is_no_success(frozen: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert frozen.main(["build", "--archive"]) == 1
    out, err = capsys.readouterr()
    assert "FAILED  window            no font" in out and "does not work here (status 1)" in err
    assert "Packed" not in out and not list(frozen.DIST.glob("*.tar.gz"))
    install, freeze = frozen.ran
    assert install[-1].startswith("pyinstaller")
    assert freeze[-1] == str(frozen.ROOT / "build" / "pyinstaller.spec")
    assert freeze[freeze.index("--workpath") + 1].startswith(str(frozen.DIST))


def test_build_takes_no_other_option(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "make_ready", lambda: None)
    with pytest.raises(SystemExit):
        dev.main(["build", "--onefile"])


def test_the_archive_holds_the_folder_and_its_rights(dev: ModuleType) -> None:
    top, program = dev.built_program("linux")
    top.mkdir(parents=True)
    program.write_text("x")
    program.chmod(0o755)
    packed = dev.archive(top, "linux")
    with tarfile.open(packed) as archive:
        assert archive.getmember("ModelManager/ModelManager").mode & 0o100


@pytest.mark.skipif(sys.platform != "linux", reason="system libraries are Linux's affair")
def test_what_a_build_needs_of_the_system_is_named(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev.shutil, "which", lambda name: None)
    monkeypatch.setattr(dev.sysconfig, "get_config_var", lambda name: {"INSTSONAME": "libpython9.9.so.1.0", "LIBDIR": "/none"}.get(name))
    assert [need.soname for need in dev.missing_build_tools()] == ["objdump", "libpython9.9.so.1.0"]


def test_ci_calls_the_test_command() -> None:
    script = ROOT / ".ci" / "run"
    assert "python3 dev.py test" in script.read_text("utf-8")
    assert os.name == "nt" or os.access(script, os.X_OK)


# --- what is shipped ------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize(
    ("name", "is_ignored"),
    [
        ("build/pyinstaller.spec", False),
        ("resources/icons/a.svg", False),
        ("tests/data/a.safetensors", False),
        ("build/lib/a.py", True),
        ("dist/a.whl", True),
        (".venv/bin/python", True),
        ("model_manager/__pycache__/a.pyc", True),
    ],
)
def test_ignore_list_hides_builds_but_not_the_spec(name: str, is_ignored: bool, tmp_path: Path) -> None:
    shutil.copy(ROOT / ".gitignore", tmp_path)
    subprocess.run(["git", "init", "-q", tmp_path], check=True, capture_output=True)
    done = subprocess.run(["git", "-C", tmp_path, "check-ignore", "-q", name])
    assert done.returncode == (0 if is_ignored else 1)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and the source archive, offline."""
    folder = tmp_path_factory.mktemp("built")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(folder)], cwd=ROOT, check=True, capture_output=True)
    return folder


def test_wheel_carries_the_package_and_its_resources(built: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
        wheel.extractall(tmp_path)
    resources = {f"model_manager/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "resources").rglob("*") if path.is_file()}
    assert resources and resources <= names
    assert {"model_manager/__main__.py", "model_manager/core/words.py"} <= names
    assert not [name for name in names if not name.startswith(("model_manager/", "model_manager-"))]
    ask = "import model_manager.core.paths as p; print(p.__file__); print(p.resource('.'))"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-P", "-c", ask], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    module, found = (Path(line) for line in done.stdout.splitlines())
    assert module.is_relative_to(tmp_path)
    assert found == tmp_path / "model_manager" / "resources"


def test_source_archive_can_build_and_test_itself(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}
    assert {"pyproject.toml", "LICENSE", "dev.py", "tests/conftest.py"} <= names
    assert any(name.startswith("resources/") for name in names)
    assert not [name for name in names if name.startswith((".venv/", "dist/"))]


def test_resources_are_found_from_the_checkout_and_in_a_frozen_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from model_manager.core.paths import resource

    assert resource(".") == ROOT / "resources"
    (tmp_path / "resources").mkdir()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert resource(".") == tmp_path / "resources"


def test_the_command_is_the_one_of_the_readme() -> None:
    assert PROJECT["scripts"] == {"model-manager": "model_manager.cli:main"}


# --- PySide6 --------------------------------------------------------------------------------------------------------------


def test_the_broken_pyside_is_never_asked_for() -> None:
    from packaging.requirements import Requirement

    ranges = {need.name: need.specifier for need in map(Requirement, PROJECT["dependencies"]) if need.name.startswith("PySide6")}
    assert ranges.keys() == {"PySide6_Essentials", "PySide6_Addons"}
    assert not any(specifier.contains("6.12.0") for specifier in ranges.values())


def test_qt_calls_keep_their_hands_off_none_and_true() -> None:
    """PySide6 6.12.0 takes one reference from None per void call and one from True per signal on Python 3.11."""
    core = pytest.importorskip("PySide6.QtCore")
    timer, animation = core.QTimer(), core.QObject()
    heard = []
    animation.objectNameChanged.connect(heard.append)
    before = sys.getrefcount(None), sys.getrefcount(True)
    for number in range(10_000):
        timer.stop()
        animation.objectNameChanged.emit(str(number))
    after = sys.getrefcount(None), sys.getrefcount(True)
    assert len(heard) == 10_000
    assert [abs(now - then) < 1000 for then, now in zip(before, after, strict=True)] == [True, True]


# --- the guards -----------------------------------------------------------------------------------------------------------

CARELESS = """
import logging, socket, threading
import pytest

def test_thread():
    threading.Thread(target=threading.Event().wait, name="left-thread", daemon=True).start()

def test_log():
    logging.getLogger("a.b").warning("left-%s", "log")

@pytest.mark.expects_log("left-log", "never said")
def test_missing_log():
    logging.getLogger("a.b").warning("left-log")

@pytest.mark.expects_log("left-log")
def test_expected_log():
    logging.getLogger("a.b").warning("left-log")

def test_network():
    socket.create_connection(("192.0.2.1", 80), timeout=1)

def test_name():
    socket.getaddrinfo("example.invalid", 80)

def test_loopback():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass

def test_warning():
    open(__file__)

def test_window(qapp):
    from PySide6.QtWidgets import QWidget
    test_window.kept = QWidget()
    test_window.kept.show()

def test_timer(qapp):
    from PySide6.QtCore import QTimer
    QTimer(qapp).start(100_000)

def test_qt_message(qapp):
    from PySide6.QtCore import qWarning
    qWarning("left-message")

def test_job(qapp):
    import threading
    from model_manager.bridge.jobs import Pool, Runner
    test_job.kept = Runner()
    test_job.kept.start(Pool.READ, threading.Event().wait, 0.2, done=print)

def test_clean(qtbot):
    from PySide6.QtWidgets import QLabel
    label = QLabel()
    qtbot.addWidget(label)
    label.show()
"""


@pytest.mark.skipif(importlib.util.find_spec("PySide6") is None, reason="PySide6 is not installed")
def test_guards_catch_what_tests_leave_over(tmp_path: Path) -> None:
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_careless.py").write_text("import conftest\nconftest.SECONDS_TO_END = 0.5\n" + CARELESS)
    command = [sys.executable, "-m", "pytest", "-q", "-c", ROOT / "pyproject.toml", "--rootdir", tmp_path, "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([*command, tmp_path], cwd=tmp_path, env=environment, capture_output=True, text=True)
    caught = {line.split("::")[1].split(" ")[0] for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))}
    assert caught == {
        *("test_thread", "test_log", "test_missing_log", "test_network", "test_name"),
        *("test_warning", "test_window", "test_timer", "test_qt_message", "test_job"),
    }, done.stdout
