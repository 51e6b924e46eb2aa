"""Keys: where they come from, where they are kept, and that they are in no file of ours. Never the real keychain."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null
from keyring.errors import KeyringLocked, PasswordDeleteError

from model_manager.core.errors import FileFault, Refused
from model_manager.core.online import keys as module
from model_manager.core.online.keys import ENVIRONMENT, FILE, KEYCHAIN, MEMORY, SERVICE, Keys, keychain, looks_like_key
from model_manager.core.online.records import CIVITAI, HUGGING_FACE

KEY, OTHER = "a-key-0123456789", "another-key-9876543210"


class InMemory(KeyringBackend):
    """A keychain of this test; `fault` is raised by all it is asked, `answers` is cleared where it must not answer."""

    priority = 1.0  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.fault: Exception | None = None
        self.asked = 0
        self.answers = threading.Event()
        self.answers.set()

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        self.answers.wait(20)
        self._fail()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._fail()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._fail()
        if (service, username) not in self.kept:
            raise PasswordDeleteError("none")
        del self.kept[service, username]

    def _fail(self) -> None:
        if self.fault is not None:
            raise self.fault


@pytest.fixture(autouse=True)
def ring() -> Iterator[InMemory]:
    before = keyring.core._keyring_backend
    made = InMemory()
    keyring.set_keyring(made)
    yield made
    keyring.core._keyring_backend = before


def everything_in(folder: Path) -> str:
    return "".join(path.read_text("utf-8", "replace") for path in folder.rglob("*") if path.is_file())


def test_a_key_goes_into_the_keychain_and_comes_back(tmp_path: Path, ring: InMemory) -> None:
    keys = Keys(tmp_path, {})
    assert (keys.get(CIVITAI), keys.source(CIVITAI), ring.asked) == ("", "", 0)
    assert keys.save(CIVITAI, f"  {KEY}\n") == KEYCHAIN
    assert ring.kept == {(SERVICE, CIVITAI): KEY}
    for one in (keys, Keys(tmp_path, {})):
        assert (one.get(CIVITAI), one.source(CIVITAI), one.get(HUGGING_FACE)) == (KEY, KEYCHAIN, "")
    assert KEY not in everything_in(tmp_path) and KEY not in repr(keys)
    keys.remove(CIVITAI)
    assert ring.kept == {} and keys.get(CIVITAI) == Keys(tmp_path, {}).get(CIVITAI) == ""
    keys.remove(CIVITAI)


def test_the_keychain_is_left_alone_by_those_who_never_saved_a_key(tmp_path: Path, ring: InMemory) -> None:
    ring.fault = AssertionError("it was asked")
    keys = Keys(tmp_path, {"HF_TOKEN": KEY})
    assert (keys.get(CIVITAI), keys.get(HUGGING_FACE)) == ("", KEY)
    keys.remove(CIVITAI)
    assert list(tmp_path.iterdir()) == []


def test_the_keychain_is_asked_once(tmp_path: Path, ring: InMemory) -> None:
    Keys(tmp_path, {}).save(CIVITAI, KEY)
    ring.asked = 0
    keys = Keys(tmp_path, {})
    for _ in range(5):
        assert keys.get(CIVITAI) == KEY
    assert ring.asked == 1


def test_what_another_process_saves_is_seen(tmp_path: Path, ring: InMemory) -> None:
    keys, other = Keys(tmp_path, {}), Keys(tmp_path, {})
    other.save(CIVITAI, KEY)
    assert keys.get(CIVITAI) == KEY
    other.save(CIVITAI, OTHER)
    assert keys.get(CIVITAI) == OTHER
    other.remove(CIVITAI)
    assert keys.get(CIVITAI) == ""


@pytest.mark.parametrize("name", ["CIVITAI_API_TOKEN", "CIVITAI_API_KEY", "CIVITAI_TOKEN"])
def test_the_environment_comes_first(tmp_path: Path, name: str) -> None:
    keys = Keys(tmp_path, {name: f" {OTHER} "})
    keys.save(CIVITAI, KEY)
    assert (keys.get(CIVITAI), keys.source(CIVITAI)) == (OTHER, ENVIRONMENT)
    keys.remove(CIVITAI)
    assert keys.get(CIVITAI) == OTHER
    assert Keys(tmp_path, {name: "not a key"}).get(CIVITAI) == ""


def test_hugging_faces_own_places(tmp_path: Path, own_folders: Path) -> None:
    assert Keys(tmp_path, {"HUGGING_FACE_HUB_TOKEN": KEY}).get(HUGGING_FACE) == KEY
    assert Keys(tmp_path, {"HUGGING_FACE_HUB_TOKEN": KEY, "HF_TOKEN": OTHER}).get(HUGGING_FACE) == OTHER
    usual = own_folders / ".cache" / "huggingface"
    usual.mkdir(parents=True)
    (usual / "token").write_text("hf_usual_place\n")
    (tmp_path / "token").write_text("hf_in_hf_home")
    (tmp_path / "elsewhere").write_text("hf_elsewhere")
    for environ, key in (
        ({}, "hf_usual_place"),
        ({"HF_HOME": str(tmp_path)}, "hf_in_hf_home"),
        ({"HF_HOME": str(tmp_path), "HF_TOKEN_PATH": str(tmp_path / "elsewhere")}, "hf_elsewhere"),
        ({"HF_TOKEN_PATH": str(tmp_path)}, ""),
        ({"HF_TOKEN_PATH": "\0"}, ""),
    ):
        keys = Keys(tmp_path, environ)
        assert (keys.get(HUGGING_FACE), keys.source(HUGGING_FACE)) == (key, FILE if key else "")
    (tmp_path / "token").write_bytes(b"\xff\xfe\x00")
    assert Keys(tmp_path, {"HF_HOME": str(tmp_path)}).get(HUGGING_FACE) == ""


class Foreign(Exception):
    """What a backend raises that is no KeyringError."""


@pytest.mark.parametrize("fault", [KeyringLocked("x"), OSError(5, "x"), RuntimeError("x"), ValueError("x"), Foreign(KEY)])
def test_a_keychain_that_fails_means_memory(tmp_path: Path, ring: InMemory, fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module._FOREIGN_FAULTS, __name__, "Foreign")
    keys = Keys(tmp_path, {})
    ring.fault = fault
    assert keys.save(CIVITAI, KEY) == MEMORY
    assert (keys.get(CIVITAI), keys.source(CIVITAI)) == (KEY, MEMORY)
    assert Keys(tmp_path, {}).get(CIVITAI) == "" and everything_in(tmp_path) == ""
    keys.remove(CIVITAI)
    assert keys.get(CIVITAI) == ""
    ring.fault = None
    keys.save(CIVITAI, KEY)
    ring.fault = fault
    assert Keys(tmp_path, {}).get(CIVITAI) == ""
    with pytest.raises(FileFault) as caught:
        keys.remove(CIVITAI)
    assert KEY not in caught.value.text and SERVICE in caught.value.text
    ring.fault = None
    assert Keys(tmp_path, {}).get(CIVITAI) == KEY  # it was not forgotten that there is one


def plaintext(name: str) -> KeyringBackend:
    return type(name, (InMemory,), {"__module__": "keyrings.alt.file"})()


def test_what_keeps_no_secret_is_passed_over(tmp_path: Path, ring: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgetful(InMemory):
        def set_password(self, service: str, username: str, password: str) -> None:
            pass

    for backend in (fail.Keyring(), null.Keyring(), plaintext("PlaintextKeyring"), plaintext("EncryptedKeyring"), Forgetful()):
        keyring.set_keyring(backend)
        assert Keys(tmp_path, {}).save(CIVITAI, KEY) == MEMORY
        assert not getattr(backend, "kept", {})
    row = chainer.ChainerBackend()
    monkeypatch.setattr(chainer.ChainerBackend, "backends", [plaintext("PlaintextKeyring"), ring])
    keyring.set_keyring(row)
    assert keychain() is ring
    monkeypatch.setattr(chainer.ChainerBackend, "backends", [plaintext("PlaintextKeyring"), fail.Keyring()])
    assert keychain() is None


def test_a_backend_that_the_environment_names_and_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no.such.Backend", "keyring.backends.fail.Nothing", "nonsense"):
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)
        keyring.core._keyring_backend = None
        assert Keys(tmp_path, {}).save(CIVITAI, KEY) == MEMORY


def test_who_comes_while_the_keychain_hangs_goes_without(tmp_path: Path, ring: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    Keys(tmp_path, {}).save(CIVITAI, KEY)
    monkeypatch.setattr(module, "_MOST_SECONDS", 0.05)
    keys, found = Keys(tmp_path, {}), list[Any]()
    ring.answers.clear()
    before = ring.asked
    hanging = threading.Thread(target=lambda: found.append(keys.get(CIVITAI)))
    hanging.start()
    while ring.asked == before:
        pass
    assert keys.get(CIVITAI) == ""
    ring.answers.set()
    hanging.join()
    assert found == [KEY] and keys.get(CIVITAI) == KEY


@pytest.mark.parametrize("key", ["", " ", "short", "with a blank 123", "two\nlines-key", "nöt-ascii-12345", "k" * 513, "nul\0-012345"])
def test_what_is_no_key_is_not_kept(tmp_path: Path, ring: InMemory, key: str) -> None:
    assert not looks_like_key(key)
    with pytest.raises(Refused) as caught:
        Keys(tmp_path, {}).save(CIVITAI, key)
    assert caught.value.code == "bad_key" and ring.kept == {}


def test_a_data_folder_that_cannot_be_written_means_memory(tmp_path: Path, ring: InMemory) -> None:
    (tmp_path / "file").write_text("no folder")
    keys = Keys(tmp_path / "file" / "data", {})
    assert keys.save(CIVITAI, KEY) == MEMORY and keys.get(CIVITAI) == KEY


def test_a_damaged_note_of_ours_is_no_key(tmp_path: Path) -> None:
    for text in ("", "{", '{"a": 1}', "[1, null, []]", "[" * 100_000):
        (tmp_path / module.FILE_NAME).write_text(text)
        assert Keys(tmp_path, {}).get(CIVITAI) == ""
