"""The keys of the sites: from the environment, from the system's keychain, or for this run only.

Used by web and the dialog for keys, in worker threads: a keychain may ask the user to unlock it and wait for that. A key never goes into
a file of ours, a text or a log. What we keep in the data folder is only which sites have one in the keychain, so that those who never
saved a key are never asked to unlock anything.
"""

import contextlib
import json
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from model_manager.core.errors import FileFault, Refused
from model_manager.core.online.records import CIVITAI, HUGGING_FACE, SITE_NAMES
from model_manager.core.paths import replace_file
from model_manager.core.words import tr

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "Model Manager for ComfyUI"
FILE_NAME = "keychain.json"
ENVIRONMENT, KEYCHAIN, FILE, MEMORY = "environment", "keychain", "file", "memory"
_VARIABLES = {
    CIVITAI: ("CIVITAI_API_TOKEN", "CIVITAI_API_KEY", "CIVITAI_TOKEN"),
    HUGGING_FACE: ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"),
}
_SHORTEST, _LONGEST = 8, 512
_MOST_SECONDS = 5.0  # that others wait for a thread whose keychain does not answer

# What backends raise besides KeyringError. AttributeError, LookupError, TypeError: a backend of another version, or one that
# the environment or keyringrc.cfg names and that is not there
_USUAL_FAULTS = (OSError, RuntimeError, ValueError, ImportError, AttributeError, LookupError, TypeError)
_FOREIGN_FAULTS = {
    "secretstorage.exceptions": "SecretStorageException",
    "jeepney.wrappers": "DBusErrorResponse",
    "jeepney.io.common": "RouterClosed",
    "win32ctypes.pywin32.pywintypes": "error",
    "pywintypes": "error",
    "dbus.exceptions": "DBusException",
    "gi.repository.GLib": "Error",
    "configparser": "Error",
}


class Keys:
    """Who may ask as whom. Safe to share between threads, but may take long: never call it in the window's thread."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        """`folder`: the data folder."""
        self._path, self._environ = folder / FILE_NAME, environ
        self._lock = threading.Lock()
        self._memory: dict[str, str] = {}
        self._known: dict[str, str] = {}  # as the keychain told
        self._seen: object = None  # the state of our file when it did

    def get(self, site: str) -> str:
        """Return the key for a site (CIVITAI, HUGGING_FACE), "" for none."""
        return self._found(site)[0]

    def source(self, site: str) -> str:
        """Return where the key of a site comes from: environment, file (Hugging Face's own), keychain, memory; "" when there is none."""
        return self._found(site)[1]

    def save(self, site: str, key: str) -> str:
        """Keep a key and return where: KEYCHAIN, or MEMORY (until the program ends) where no keychain can be used. Raises Refused."""
        key = require_key(key)
        with self._lock:
            is_kept = _put(site, key)
            if is_kept:
                try:
                    self._mark(site, True)
                except FileFault:
                    _taken_out(site)  # nobody would look for it there
                    is_kept = False
            self._memory.pop(site, None)
            self._known.pop(site, None)
            if is_kept:
                self._known[site] = key
            else:
                self._memory[site] = key
        return KEYCHAIN if is_kept else MEMORY

    def remove(self, site: str) -> None:
        """Forget a key. Raises FileFault when the keychain does not let it go; keys of the environment stay where they are."""
        with self._lock:
            self._memory.pop(site, None)
            self._known.pop(site, None)
            if site in self._marked() and not _taken_out(site):
                text = tr("The keychain did not let go of the key for {site}. Remove it there; it is called {name}.",
                          site=SITE_NAMES[site], name=SERVICE)  # fmt: skip
                raise FileFault(text)
            self._mark(site, False)

    def _found(self, site: str) -> tuple[str, str]:
        for name in _VARIABLES.get(site, ()):
            if looks_like_key(key := self._environ.get(name, "").strip()):
                return key, ENVIRONMENT
        if site == HUGGING_FACE and (key := self._from_file()):
            return key, FILE
        if key := self._memory.get(site, ""):  # only where the keychain would not take it, so it is the newer one
            return key, MEMORY
        key = self._from_keychain(site)
        return key, KEYCHAIN if key else ""

    def _from_file(self) -> str:
        """Read the file in which Hugging Face's own tools keep their key (formats.md 7.4)."""
        cache = self._environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        home = self._environ.get("HF_HOME") or os.path.join(cache, "huggingface")
        path = os.path.expanduser(self._environ.get("HF_TOKEN_PATH") or os.path.join(home, "token"))
        with contextlib.suppress(OSError, ValueError), open(path, encoding="utf-8") as file:
            key = file.read(_LONGEST * 2).strip()
            return key if looks_like_key(key) else ""
        return ""

    def _from_keychain(self, site: str) -> str:
        """Ask the keychain once, or again after somebody changed what is in it. Whoever comes while it does not answer goes without."""
        if not self._lock.acquire(timeout=_MOST_SECONDS):
            return ""
        try:
            if site not in self._marked():
                return ""
            if site not in self._known:
                self._known[site] = _asked(site)
            return self._known[site]
        finally:
            self._lock.release()

    def _marked(self) -> list[str]:
        """Return the sites that have a key in the keychain, and forget what it told when another process has changed that."""
        try:
            found = os.stat(self._path)
            sites = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return []
        state = (found.st_mtime_ns, found.st_ino, found.st_size)
        if state != self._seen:
            self._seen = state
            self._known.clear()
        return [site for site in _VARIABLES if site in sites] if isinstance(sites, list) else []

    def _mark(self, site: str, is_there: bool) -> None:
        """Write down which sites have a key there. Raises FileFault."""
        sites = self._marked()
        if (site in sites) == is_there and not is_there:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileFault(tr("The data folder {path} could not be made.", path=self._path.parent)) from error
        replace_file(self._path, json.dumps(sorted({*sites, site} if is_there else {*sites} - {site})).encode("ascii"))
        self._marked()


def looks_like_key(key: str) -> bool:
    """Return whether a text can be a key, and so stand in a header: letters, digits and signs in one piece."""
    return _SHORTEST <= len(key) <= _LONGEST and key.isascii() and key.isprintable() and " " not in key


def require_key(key: str) -> str:
    """Return a key without the blanks around it. Raises Refused when it cannot be one."""
    key = key.strip()
    if not looks_like_key(key):
        raise Refused(tr("This does not look like a key. Copy the whole key from the site's page, in one piece."), "bad_key")
    return key


def _put(site: str, key: str) -> bool:
    """Write a key into the keychain and read it again: some backends forget without a word."""
    backend = keychain()
    if backend is None:
        return False
    try:
        backend.set_password(SERVICE, site, key)
        return backend.get_password(SERVICE, site) == key
    except _faults():
        return False


def _asked(site: str) -> str:
    backend = keychain()
    if backend is None:
        return ""
    try:
        key = (backend.get_password(SERVICE, site) or "").strip()
    except _faults():
        return ""
    return key if looks_like_key(key) else ""


def _taken_out(site: str) -> bool:
    backend = keychain()
    if backend is None:
        return False
    with contextlib.suppress(*_faults()):
        if backend.get_password(SERVICE, site) is not None:
            backend.delete_password(SERVICE, site)
        return backend.get_password(SERVICE, site) is None
    return False


def keychain() -> "KeyringBackend | None":
    """Return the system's keychain; None where there is none, or only files in which everybody can read.

    Also the file that keyrings.alt encrypts is passed over: it asks for its password on a terminal.
    """
    try:
        import keyring
        from keyring.backends import fail, null

        chosen = keyring.get_keyring()
        for backend in getattr(chosen, "backends", None) or [chosen]:  # several in a row: the first that will do
            if not isinstance(backend, fail.Keyring | null.Keyring) and not type(backend).__module__.startswith("keyrings.alt"):
                found: KeyringBackend = backend
                return found
    except _faults():
        pass
    return None


def _faults() -> tuple[type[BaseException], ...]:
    """Return what keyring and its backends raise, of what has been imported so far."""
    found: list[type[BaseException]] = [*_USUAL_FAULTS]
    if "keyring.errors" in sys.modules:
        found.append(sys.modules["keyring.errors"].KeyringError)
    for module, name in _FOREIGN_FAULTS.items():
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type) and issubclass(kind, BaseException):
            found.append(kind)
    return tuple(found)
