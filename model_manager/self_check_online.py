"""The checks of the self-check for links and tasks: the way to a site and back, hashes, the task list. They need no Qt.

Called by self_check only, as those of self_check_parts are. Nothing outside of this computer is asked: the site is the demo's own.
"""

from pathlib import Path

from model_manager.core.demo.site_process import DemoSite
from model_manager.core.hashes.compute import BLAKE3, SHA256, compute
from model_manager.core.online.keys import Keys
from model_manager.core.online.offers import make_sites
from model_manager.core.online.records import Search
from model_manager.core.settings import Settings
from model_manager.core.tasks.engine import Engine
from model_manager.core.tasks.kinds import TaskKind
from model_manager.core.tasks.running import Running
from model_manager.core.tasks.states import DONE
from model_manager.core.words import tr
from model_manager.core.work import Work
from model_manager.self_check_parts import CheckFailed

_ABC = {  # FIPS 180-4, and BLAKE3 as its authors' own program computes it
    SHA256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    BLAKE3: "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
}
_COUNT = 64  # bytes of a file


def online(folder: Path) -> str:
    """The program can start itself to be the demo's sites, understands what they answer, and gets the beginning of a file there."""
    site = DemoSite(folder)
    try:
        environ = site.environ()
        sites = make_sites(Settings(), Keys(folder, environ), environ)
        try:
            found = sites.civitai.search(Search()).offers
            file = found[0].versions[0].files[0]
            data, size, _ = sites.web.first_bytes(file.url, _COUNT)
        finally:
            sites.web.close()
    finally:
        site.close()
    if len(data) != _COUNT or size < _COUNT:
        raise CheckFailed(tr("{name} came with {count} bytes of {total}.", name=file.name, count=len(data), total=size))
    return tr("the demo's site offers {count} models", count=len(found))


def hashes(folder: Path) -> str:
    """Files are hashed as the sites do it."""
    path = folder / "abc.bin"
    path.write_bytes(b"abc")
    _, found = compute(str(path), Work(), tuple(_ABC))
    wrong = [name for name, wanted in _ABC.items() if found.get(name) != wanted]
    if wrong:
        raise CheckFailed(tr("Wrong: {names}", names=", ".join(wrong)))
    return ", ".join(_ABC)


def tasks(folder: Path) -> str:
    """A task is stored, done, and on the list with its history."""

    def work(running: Running) -> str:
        running.tell(1, 1)
        return ""

    engine = Engine(folder, [TaskKind("check", work, clean=lambda _task: None, at_once=lambda: 1)])
    engine.start()
    try:
        task = engine.add("check", "key", "check", {})
        (ended,) = engine.wait([task.id])
        states = [change.after for change in engine.history(task.id)]
    finally:
        engine.close()
    if ended.state != DONE:
        raise CheckFailed(f"{ended.state}: {ended.reason}")
    return ", ".join(states)
