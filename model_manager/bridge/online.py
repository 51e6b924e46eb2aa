"""The way to the sites: asks them in the net pool, and looks after keys.

Made by the session; nothing is loaded and no connection is made before somebody asks. Works on the GUI thread only; `sites` may be
called from workers, too.
"""

import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from model_manager.bridge.jobs import Job, Pool, Runner
from model_manager.core.errors import ModelManagerError
from model_manager.core.online.records import CIVITAI, HUGGING_FACE, SITE_NAMES
from model_manager.core.settings import Settings
from model_manager.core.words import tr
from model_manager.core.work import Work

if TYPE_CHECKING:  # loaded on first need: a start goes without the network
    from model_manager.core.demo.site_process import DemoSite
    from model_manager.core.online.keys import Keys
    from model_manager.core.online.offers import Sites


class Online(QObject):
    """One session's way to the sites."""

    source_known = Signal(str, str)  # site; where its key comes from, as `Keys.source`
    key_judged = Signal(str, bool, str)  # site, whether it is good, what became of it

    def __init__(self, runner: Runner, folder: Path, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner, self._folder, self._settings = runner, folder, settings
        self.environ: dict[str, str] = dict(os.environ)
        self._keys: Keys | None = None
        self._sites: Sites | None = None
        self._demo_folder: Path | None = None
        self._demo: DemoSite | None = None
        self._lock = threading.RLock()

    def sites(self) -> "Sites":
        """The sites as the settings say; made on first need, in whatever thread that is."""
        from model_manager.core.online.offers import make_sites

        with self._lock:
            if self._sites is None:
                self._sites = make_sites(self._settings, self.keys(), self._led())
            return self._sites

    def keys(self) -> "Keys":
        """Where keys are kept."""
        from model_manager.core.online.keys import Keys

        with self._lock:
            if self._keys is None:
                self._keys = Keys(self._folder, self.environ)
            return self._keys

    def lead_to_demo(self, folder: Path | None) -> None:
        """Ask the demo's own site instead of the real ones, unless somebody has named others; None: the real ones again.

        It is started when first asked.
        """
        if folder != self._demo_folder and not any(name in self.environ for name in ("CIVITAI_ENDPOINT", "HF_ENDPOINT")):
            self._demo_folder = folder
            self.renew()

    def overridden(self) -> dict[str, tuple[str, str]]:
        """Sites whose address an environment variable sets, whatever the settings say: site -> (the variable's name, the address)."""
        names = {CIVITAI: "CIVITAI_ENDPOINT", HUGGING_FACE: "HF_ENDPOINT"}
        return {site: (name, address) for site, name in names.items() if (address := self.environ.get(name))}

    def _led(self) -> dict[str, str]:
        if self._demo_folder is None:
            return self.environ
        from model_manager.core.demo.site_process import DemoSite

        self._demo = self._demo or DemoSite(self._demo_folder)
        return {**self._demo.environ(), **self.environ}

    def close(self) -> None:
        """End the demo's site, and all connections."""
        with self._lock:
            if self._sites is not None:
                self._sites.web.close()
            if self._demo is not None:
                self._demo.close()

    def renew(self) -> None:
        """The settings have changed: whoever asks from now on is sent the new way."""
        with self._lock:
            self._sites = None

    def ask(
        self, function: Callable[..., Any], *args: Any, done: Callable[[Any], None], failed: Callable[[ModelManagerError], None]
    ) -> Job:
        """Run `function(sites, *args, work)` in the net pool; one of the two is called on the GUI thread unless the job is cancelled."""
        work = Work()
        return self._runner.start(Pool.NET, self._asked, function, args, work, done=done, failed=failed, work=work)

    def _asked(self, function: Callable[..., Any], args: tuple[Any, ...], work: Work) -> Any:
        return function(self.sites(), *args, work)

    # keys

    def look_for_keys(self) -> None:
        """Find out where the keys come from; `source_known` answers for each site."""
        for site in (CIVITAI, HUGGING_FACE):
            self._runner.start(Pool.READ, self._source, site, done=partial(self.source_known.emit, site))

    def give_key(self, site: str, key: str) -> None:
        """Try a key and keep it if it is good; `key_judged` answers."""
        failed = partial(self._on_key_failed, site)
        self.ask(_tried_and_kept, site, key, done=partial(self._on_key_kept, site), failed=failed)

    def remove_key(self, site: str) -> None:
        """Take a key out of the keychain."""
        removed = partial(self._on_key_removed, site)
        self._runner.start(Pool.READ, self._remove, site, done=removed, failed=partial(self._on_key_failed, site))

    def _source(self, site: str) -> str:
        return self.keys().source(site)

    def _remove(self, site: str) -> None:
        self.keys().remove(site)

    def _on_key_kept(self, site: str, found: tuple[str, str]) -> None:
        name, source = found
        self.source_known.emit(site, source)
        if source == "memory":
            text = tr("This key works, but this system has no keychain: it is forgotten when the program ends.")
        elif name:
            text = tr("This key works: {site} knows you as {name}.", site=SITE_NAMES[site], name=name)
        else:
            text = tr("This key works.")
        self.key_judged.emit(site, True, text)

    def _on_key_removed(self, site: str, _: object) -> None:
        self.look_for_keys()

    def _on_key_failed(self, site: str, fault: ModelManagerError) -> None:
        self.key_judged.emit(site, False, fault.text)


def _tried_and_kept(sites: "Sites", site: str, key: str, work: Work) -> tuple[str, str]:
    """Return (account name, where the key is kept). Raises Refused when the site does not know the key."""
    name = sites.web.check_key(site, key)
    work.check()
    return name, sites.keys.save(site, key)
