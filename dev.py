"""Makes this checkout ready and acts. Nothing but Python is needed, and a second start costs nothing.

    python3 dev.py run [arguments of the program]     e.g. python3 dev.py run --demo
    python3 dev.py test [arguments of pytest]         lint, types and tests; the status is 0 only if all three pass
    python3 dev.py build [--archive]                  a program to double-click in dist/, tried before it is praised

Ready means: the system libraries of Qt are there (apt installs them where it may, otherwise you get the one line to type and
status 3) and .venv, which belongs to this script, holds what pyproject.toml asks for. MM_NO_APT=1 keeps it from using apt.
On Windows type "py" for "python3". Standard library only; it must stay readable for Python 3.8, which gets a plain sentence.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "ready.txt"  # empty while .venv is being made, so that a half-made one is known
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
DIST = ROOT / "dist"
OLDEST = (3, 11)
NOT_READY = 3


class Library(NamedTuple):
    """A shared library that Qt needs from the system, and who ships it. Fedora and SUSE find packages by the soname."""

    soname: str
    debian: str
    arch: str


# Qt's own report of a missing library is a guess ("xcb-cursor0 is needed" whatever is missing), so each is tried here first
LIBRARIES = (
    Library("libEGL.so.1", "libegl1", "libglvnd"),
    Library("libGL.so.1", "libgl1", "libglvnd"),
    Library("libdbus-1.so.3", "libdbus-1-3", "dbus"),
    Library("libfontconfig.so.1", "libfontconfig1", "fontconfig"),
    Library("libglib-2.0.so.0", "libglib2.0-0", "glib2"),
    Library("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11"),
    Library("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms"),
    Library("libxcb-shape.so.0", "libxcb-shape0", "libxcb"),
    Library("libpulse.so.0", "libpulse0", "libpulse"),
    Library("libXrandr.so.2", "libxrandr2", "libxrandr"),
)


def main(arguments: list[str]) -> int:
    """Run `arguments` (a command and what it takes) and return the exit status."""
    commands = {"run": run, "test": test, "build": build}
    if not arguments or arguments[0] not in commands:
        print(__doc__)
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    if sys.version_info < OLDEST:
        stop("Model Manager needs Python 3.11 or newer; this one is {}.{}: {}".format(*sys.version_info[:2], sys.executable))
    make_ready()
    return commands[arguments[0]](arguments[1:])


def run(arguments: list[str]) -> int:
    """Start the program in the folder we were called from, so that relative paths mean what they say."""
    command = [str(PYTHON), "-P", "-m", "model_manager", *arguments]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    if os.name != "nt":  # on Windows exec would give the prompt back too early
        sys.stdout.flush()
        os.execv(command[0], command)
    try:
        return subprocess.call(command)
    except KeyboardInterrupt:
        return 130


def test(arguments: list[str]) -> int:
    """Run all three gates, also after one has failed, and sum up."""
    gates = {"ruff": ["ruff", "check", "."], "mypy": ["mypy"], "pytest": ["pytest", *arguments]}
    lines, is_good = [], True
    for name, command in gates.items():
        say("\n== " + " ".join(command))
        start = time.monotonic()
        status = subprocess.call([str(PYTHON), "-m", *command], cwd=str(ROOT))
        lines.append("{:<8}{:<12}{:6.1f} s".format(name, "passed" if status == 0 else f"FAILED ({status})", time.monotonic() - start))
        is_good = is_good and status == 0
    say("\n" + "\n".join(lines))
    return 0 if is_good else 1


def build(arguments: list[str]) -> int:
    """Freeze the program into dist/, let it check itself, and say how large it is and where; --archive packs it as well."""
    if arguments not in ([], ["--archive"]):
        stop("build takes nothing but --archive.")
    install_system_packages(missing_build_tools(), needs_venv=False)
    say("Building (about a minute)")
    pip = [*pip_command(), "install", "-qq", "--disable-pip-version-check", "--no-input", *extra("build")]
    must_run(pip, "pip could not install PyInstaller; start again when the network is back.")
    paths = ["--distpath", str(DIST), "--workpath", str(DIST / ".work"), str(ROOT / "build" / "pyinstaller.spec")]
    must_run([str(PYTHON), "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN", *paths], "The program could not be built.")
    top, program = built_program(sys.platform)
    is_good = check_itself(program)
    size = sum(path.stat().st_size for path in top.rglob("*") if path.is_file() and not path.is_symlink())
    print(f"{size / 1e6:.0f} MB in {top}\nStart it with a double click on {program if top.suffix != '.app' else top}")
    if arguments and is_good:
        print(f"Packed: {archive(top, sys.platform)}")
    return 0 if is_good else 1


def built_program(system: str) -> tuple[Path, Path]:
    """Return what PyInstaller made (a folder; on macOS an application) and the program inside."""
    if system == "darwin":
        return DIST / "Model Manager.app", DIST / "Model Manager.app" / "Contents" / "MacOS" / "ModelManager"
    folder = DIST / "ModelManager"
    return folder, folder / ("ModelManager.exe" if system == "win32" else "ModelManager")


def check_itself(program: Path) -> bool:
    """Run the self-check of the frozen program on a data folder of its own and show it; a windowed program answers in a file only."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "self-check.json"
        environment = {**os.environ, "MODEL_MANAGER_DATA": str(Path(folder) / "data")}
        status = subprocess.call([str(program), "--self-check", str(report)], env=environment, stdout=subprocess.DEVNULL)
        checks = json.loads(report.read_text("utf-8"))["checks"] if report.is_file() else []
    for check in checks:
        print("{:<8}{:<18}{}".format("ok" if check["ok"] else "FAILED", check["name"], check["text"]))
    if status or not checks:
        say(f"The built program does not work here (status {status}).")
    return status == 0 and bool(checks)


def archive(top: Path, system: str) -> Path:
    """Pack what was built beside it, as the system's people unpack it, and return the file."""
    known = {"win32": "windows", "darwin": "macos"}
    name = DIST / f"ModelManager-{known.get(system, system)}-{platform.machine().lower()}"
    if system == "darwin":  # zip would follow the links inside frameworks
        must_run(["ditto", "-c", "-k", "--keepParent", str(top), str(name) + ".zip"], "The application could not be packed.")
        return name.with_suffix(".zip")
    return Path(shutil.make_archive(str(name), "zip" if system == "win32" else "gztar", str(top.parent), top.name))


def missing_build_tools() -> list[Library]:
    """Name what PyInstaller needs from a Linux: objdump, and Python's own library, which Debian leaves out."""
    if not sys.platform.startswith("linux"):
        return []
    missing = [] if shutil.which("objdump") else [Library("objdump", "binutils", "binutils")]
    soname = sysconfig.get_config_var("INSTSONAME") or ""
    places = [Path(sysconfig.get_config_var(name) or "") / soname for name in ("LIBDIR", "LIBPL")]
    if ".so" in soname and not can_load(soname) and not any(place.is_file() for place in places):
        missing.append(Library(soname, "libpython{}.{}".format(*sys.version_info[:2]), "python"))
    return missing


def make_ready() -> None:
    """Install what is missing: system libraries, .venv, packages. Ends the script with status 3 where that is not possible."""
    wanted = venv_id() + "\n" + packages_id()
    found = STAMP.read_text("utf-8") if STAMP.is_file() else ""
    is_made = found == wanted and PYTHON.is_file()
    install_system_packages(missing_libraries(), needs_venv=not is_made and not has_pip_source())
    if is_made:
        return
    if found.split("\n")[0] != venv_id() or not PYTHON.is_file():
        make_venv()
    STAMP.write_text("", "utf-8")
    install_packages()
    STAMP.write_text(wanted, "utf-8")


def missing_libraries() -> list[Library]:
    """Try to load each system library; only Linux leaves these to the system."""
    if not sys.platform.startswith("linux"):
        return []
    return [library for library in LIBRARIES if not can_load(library.soname)]


def is_there(name: str) -> bool:
    """Say whether a shared library can be loaded or a tool be found."""
    return can_load(name) if ".so" in name else shutil.which(name) is not None


def can_load(soname: str) -> bool:
    """Say whether the system can load the shared library `soname`."""
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def has_pip_source() -> bool:
    """Say whether this Python can put pip into a new venv; Debian's bare python3 has neither ensurepip nor pip."""
    importlib.invalidate_caches()
    return any(importlib.util.find_spec(name) for name in ("ensurepip", "pip"))


def install_system_packages(libraries: list[Library], needs_venv: bool) -> None:
    """Let apt install what is missing, saying so; where that may not be, print the line to type and end."""
    packages = sorted({library.debian for library in libraries})
    if needs_venv:
        packages.append("python{}.{}-venv".format(*sys.version_info[:2]))
    if not packages:
        return
    names = "Missing on this system: " + ", ".join([library.soname for library in libraries] + ["ensurepip (venv)"] * needs_venv)
    if shutil.which("apt-get") is None:
        stop(names + "\nInstall them and start again" + hint(libraries))
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    line = " && ".join(("" if is_root() else "sudo ") + part for part in ("apt-get update", " ".join(install)))
    rights = None if os.environ.get("MM_NO_APT") else root_prefix()
    if rights is None:
        stop(names + "\nType this line and start again:\n  " + line)
    say(names + "\nInstalling with apt: " + " ".join(packages) + "  (MM_NO_APT=1 would leave that to you)")
    apt(rights, ["apt-get", "update"])  # may fail for a foreign source that is down; the next one tells
    output = apt(rights, install)
    still = [library.soname for library in libraries if not is_there(library.soname)]
    if output is not None or still or (needs_venv and not has_pip_source()):
        stop((output or "Still missing: " + ", ".join(still)) + "\napt could not install it. Type this line to see why:\n  " + line)


def is_root() -> bool:
    """Say whether we may install by ourselves; only asked where there is an apt-get."""
    if sys.platform == "win32":
        return False
    return os.geteuid() == 0


def root_prefix() -> list[str] | None:
    """Return what to put before a command to run it as root; None where we may not or cannot ask for a password."""
    if is_root():
        return []
    if shutil.which("sudo") is None:
        return None
    if subprocess.run(["sudo", "-n", "true"], stdin=subprocess.DEVNULL, capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    return ["sudo"] if sys.stdin is not None and sys.stdin.isatty() else None


def apt(rights: list[str], command: list[str]) -> str | None:
    """Run an apt-get command without questions; return its output if it fails, None if all went well."""
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", command[0], "-q", "-o", "DPkg::Lock::Timeout=120", *command[1:]]
    done = subprocess.run([*rights, *quiet], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    return done.stdout.strip() or "apt-get failed." if done.returncode else None


def hint(libraries: list[Library]) -> str:
    """Return the lines that install `libraries` with the package manager of this machine, or with each we know."""
    sonames = shlex.join(library.soname + "()(64bit)" if ".so" in library.soname else library.debian for library in libraries)
    lines = {
        "dnf": "sudo dnf install " + sonames,
        "zypper": "sudo zypper install " + sonames,
        "pacman": "sudo pacman -S --needed " + " ".join(sorted({library.arch for library in libraries})),
    }
    fitting = [line for name, line in lines.items() if shutil.which(name)] or list(lines.values())
    return "; the line for it:\n  " + "\n  ".join(fitting) if libraries else "."


def make_venv() -> None:
    """Make .venv anew; one left over from another Python or from an interrupted start is thrown away."""
    say("Making .venv with Python " + platform.python_version())
    if VENV.exists():
        shutil.rmtree(str(VENV))
    VENV.mkdir()
    STAMP.write_text("", "utf-8")
    options = [] if importlib.util.find_spec("ensurepip") else ["--without-pip"]
    must_run([base_python(), "-m", "venv", *options, str(VENV)], "The virtual environment could not be made.")


def install_packages() -> None:
    """Install what pyproject.toml lists into .venv; the project itself runs from the checkout."""
    say("Installing PySide6 and the rest into .venv (about 150 MB to fetch, once)")
    options = ["-qq", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    install = [*pip_command(), "install", *options, *requirements()]
    must_run(install, "pip could not install the packages; start again when the network is back.")


def pip_command() -> list[str]:
    """Return what to type for the pip of .venv, which has none of its own where it was made without ensurepip."""
    pip = [str(PYTHON), "-m", "pip"]
    has_pip = subprocess.run([*pip, "--version"], capture_output=True).returncode == 0
    return pip if has_pip else [base_python(), "-m", "pip", "--python", str(PYTHON)]


def requirements() -> list[str]:
    """Return the dependencies and the test tools."""
    return [*project()["dependencies"], *extra("test")]


def extra(name: str) -> list[str]:
    """Return what one extra asks for."""
    found: list[str] = project()["optional-dependencies"][name]
    return found


def project() -> dict[str, Any]:
    """Read what pyproject.toml says of the project."""
    import tomllib  # not there before 3.11

    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return found


def venv_id() -> str:
    """Name what .venv is bound to: a change of any of these needs a new one."""
    return " ".join([platform.python_version(), platform.system(), platform.machine(), os.path.realpath(base_python())])


def packages_id() -> str:
    """Name what is installed in .venv: a change needs another round of pip."""
    return hashlib.sha256("\n".join(requirements()).encode()).hexdigest()


def base_python() -> str:
    """Return the Python below any virtual environment, ours included: that one may be about to be thrown away."""
    return getattr(sys, "_base_executable", None) or sys.executable


def must_run(command: list[str], fault: str) -> None:
    """Run `command`; show what it says on a failure and end the script."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode:
        stop(done.stdout.strip() + "\n" + fault)


def say(text: str) -> None:
    """Print at once, in order with what the started programs print; stdout stays theirs."""
    print(text, file=sys.stderr, flush=True)


def stop(text: str) -> NoReturn:
    """Say why this cannot go on and end with status 3."""
    say(text)
    raise SystemExit(NOT_READY)


if __name__ == "__main__":
    try:
        raise SystemExit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        raise SystemExit(130) from None
