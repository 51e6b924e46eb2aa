"""Registering for comfy-models: links: the right files and keys, others' left alone, and taken back."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from model_manager import cli, desktop_entry, link_handler

ENTRY = ".local/share/applications/model-manager.desktop"
LIST = ".config/mimeapps.list"
LINE = "x-scheme-handler/comfy-models=model-manager.desktop;"
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="desktop entries are Linux's")


@pytest.fixture(autouse=True)
def _no_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """The desktop's own tools may be here or not; the outcome is the same."""
    monkeypatch.setattr(link_handler, "_ran", lambda *command: False)


@linux
def test_linux_desktops_are_told_and_untold(own_folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    others = "# mine\n[Added Associations]\nimage/png=viewer.desktop;\n[Default Applications]\nimage/png=viewer.desktop;\n"
    (own_folders / LIST).parent.mkdir(parents=True)
    (own_folders / LIST).write_text(others)
    assert link_handler.is_registered() is False
    assert cli.main(["--register-links"]) == 0
    assert "open with Model Manager now" in capsys.readouterr().out
    assert link_handler.is_registered() is True
    text = (own_folders / ENTRY).read_text()
    assert "MimeType=x-scheme-handler/comfy-models;" in text
    assert next(line for line in text.splitlines() if line.startswith("Exec=")).endswith(" -- %U")
    assert (own_folders / LIST).read_text() == others.replace("[Default Applications]\n", f"[Default Applications]\n{LINE}\n")
    link_handler.register()
    assert (own_folders / LIST).read_text().count(LINE) == 1
    assert cli.main(["--unregister-links"]) == 0
    assert (own_folders / LIST).read_text() == others
    assert "MimeType" not in (own_folders / ENTRY).read_text()
    assert link_handler.is_registered() is False


@linux
def test_what_another_program_opens_stays_so(own_folders: Path) -> None:
    theirs = "[Default Applications]\nx-scheme-handler/comfy-models=other.desktop;\n"
    (own_folders / LIST).parent.mkdir(parents=True)
    (own_folders / LIST).write_text(theirs)
    link_handler.unregister()
    assert (own_folders / LIST).read_text() == theirs
    assert not (own_folders / ENTRY).exists()


@linux
def test_the_menu_entry_keeps_the_links(own_folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    link_handler.register()
    assert desktop_entry.install() == 0
    assert link_handler.is_registered() is True


@linux
def test_a_list_that_cannot_be_written_is_told_plainly(own_folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own_folders / ".config").touch()
    assert cli.main(["--register-links"]) == 2
    assert "Nothing" in capsys.readouterr().err


@linux
def test_the_desktop_accepts_the_entry(own_folders: Path) -> None:
    link_handler.register()
    try:
        done = subprocess.run(["desktop-file-validate", own_folders / ENTRY], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("desktop-file-validate is not here")
    assert "error" not in done.stdout


class Registry:
    """A registry of one user, with the functions of winreg that are used."""

    HKEY_CURRENT_USER, REG_SZ = "HKCU", 1

    def __init__(self) -> None:
        self.keys: dict[str, dict[str, str]] = {}

    def CreateKey(self, root: str, path: str) -> Any:
        parts = path.split("\\")
        for count in range(1, len(parts) + 1):
            self.keys.setdefault("\\".join(parts[:count]), {})
        registry = self

        class Key:
            def __enter__(self) -> str:
                return path

            def __exit__(self, *_: object) -> None:
                assert path in registry.keys

        return Key()

    def SetValueEx(self, key: str, name: str, reserved: int, kind: int, text: str) -> None:
        self.keys[key][name] = text

    def QueryValue(self, root: str, path: str) -> str:
        if path not in self.keys:
            raise FileNotFoundError(path)
        return self.keys[path].get("", "")

    def DeleteKey(self, root: str, path: str) -> None:
        if path not in self.keys:
            raise FileNotFoundError(path)
        if any(other.startswith(path + "\\") for other in self.keys):
            raise PermissionError(path)
        del self.keys[path]


def test_windows_is_told_and_untold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "C:\\Program Files\\ModelManager\\ModelManager.exe")
    registry = Registry()
    link_handler.windows_register(registry)
    top = "Software\\Classes\\comfy-models"
    assert registry.keys[top] == {"": "URL:comfy-models", "URL Protocol": ""}
    assert registry.keys[top + "\\shell\\open\\command"] == {"": '"C:\\Program Files\\ModelManager\\ModelManager.exe" -- "%1"'}
    link_handler.windows_unregister(registry)
    assert top not in registry.keys
    link_handler.windows_unregister(registry)


def test_keys_of_another_program_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry()
    with registry.CreateKey("HKCU", "Software\\Classes\\comfy-models\\shell\\open\\command") as key:
        registry.SetValueEx(key, "", 0, 1, "other.exe")
    link_handler.windows_unregister(registry)
    assert link_handler.windows_command(registry) == "other.exe"


@pytest.mark.skipif(sys.platform != "win32", reason="the real registry is Windows'")
def test_the_real_registry() -> None:
    was = link_handler.is_registered()
    link_handler.register()
    assert link_handler.is_registered() is True
    if not was:
        link_handler.unregister()
        assert link_handler.is_registered() is False
