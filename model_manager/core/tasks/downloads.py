"""The kind of task that brings models from a site: one file after the other, each proven, with papers and picture, its name last.

Made for the engine by kinds.py; the command `download` and the window only store tasks of it. What is done stays done, and a run goes on
from what is on the disk, however the one before it ended. It must never write a key anywhere.
"""

import contextlib
import os
import shutil
from pathlib import Path
from typing import Any, Final

from model_manager.core.amounts import size_text
from model_manager.core.errors import BadDownload, FileFault, FolderFault, IndexFault, NoRoom, Refused
from model_manager.core.files.volumes import RESERVE
from model_manager.core.hashes.compute import mark_of
from model_manager.core.hashes.store import Store
from model_manager.core.online.adopting import adopt
from model_manager.core.online.bodies import is_strong
from model_manager.core.online.endpoints import asked_now
from model_manager.core.online.filling import Hands, Wanted
from model_manager.core.online.partials import Partial, became, remove
from model_manager.core.online.streams import SHA256, Follower
from model_manager.core.online.throttle import Throttle
from model_manager.core.online.transfer import fill
from model_manager.core.paths import long_path, plain_reason, require_inside
from model_manager.core.tasks.delivery import Delivery, papers_of
from model_manager.core.tasks.kinds import TaskKind, Tools
from model_manager.core.tasks.owners import turn
from model_manager.core.tasks.remote_facts import Head
from model_manager.core.tasks.resolving import page_of_payload, resolved, told_fields
from model_manager.core.tasks.running import Running
from model_manager.core.tasks.states import DOWNLOAD, Task
from model_manager.core.words import tr, trn

FOLDER: Final = "downloads"  # in the data folder: which bytes of which partial are here
_TURNS: Final = "names.lock"  # there, too: one file at a time gets papers and name
_SMALL_DRIVE: Final = 20  # of a small drive only so small a share is left free


def download_kind(tools: Tools) -> TaskKind:
    """Return the kind of task; all its downloads share one limit of speed."""
    throttle = Throttle(lambda: tools.settings.most_kb_a_second * 1000)
    records = tools.folder / FOLDER
    return TaskKind(
        DOWNLOAD,
        lambda running: _Download(tools, throttle, records, running).run(),
        lambda task: clean(records, task),
        lambda: tools.settings.downloads_at_once,
    )


def clean(records: Path, task: Task) -> None:
    """Remove what a task that ended without its files left: its partials, and papers of models that never came. Only what it made.

    A model that is there now, after a kill in between or by the person's own hand, keeps what lies beside it.
    """
    for record in records.glob(f"{task.id}-*.json"):
        remove(record)
    for entry in task.payload.get("files") or ():
        if not entry.get("done") and not os.path.lexists(long_path(str(entry.get("named") or ""))):
            for path in entry.get("beside") or ():
                _unlink(path)


def _unlink(path: str) -> None:
    try:
        os.unlink(long_path(path))
    except OSError:  # gone already, or somebody else's affair by now
        return


class _Download:
    """One run of a task."""

    def __init__(self, tools: Tools, throttle: Throttle, records: Path, running: Running) -> None:
        self._tools, self._throttle, self._records, self._running = tools, throttle, records, running
        self._payload: dict[str, Any] = dict(running.task.payload)
        self.heads: dict[str, Head] = {}  # beginnings of files that were read to see what they are
        self._before = 0
        self._notes: list[str] = []
        self._is_verifying = False

    def run(self) -> str:
        """Bring all files and return what is to be said of them."""
        if not self._payload.get("files"):
            self._payload = resolved(self._tools, self._payload, self._running.work, self.heads)
        self._running.save(self._payload, **told_fields(self._payload, self._tools.settings.adult_level))
        files = [dict(entry) for entry in self._payload["files"]]
        self._payload["files"] = files
        for number, entry in enumerate(files):
            self._running.work.check()
            if not entry.get("done"):
                _One(self, number, entry).bring()
            self._before += entry["size"]
        return self._closing(files)

    def _closing(self, files: list[dict[str, Any]]) -> str:
        unproven = [entry["name"] for entry in files if not entry.get("proven")]
        proof = tr("hash verified")
        if unproven:
            one = tr("not verified: the site gives no hash")
            many = trn("{count} not verified: the site gives no hash", "{count} not verified: the site gives no hash", len(unproven))
            proof = one if len(files) == 1 else many
        count = [trn("{count} file", "{count} files", len(files))] if len(files) > 1 else []
        return " · ".join([*count, proof, *dict.fromkeys(self._notes)])

    # what one file needs

    @property
    def total(self) -> int:
        """Bytes of all files, as far as they are known."""
        return sum(int(entry.get("size") or 0) for entry in self._payload["files"])

    def later(self, number: int) -> int:
        """Bytes of the files that come after the one with that number."""
        return sum(int(entry.get("size") or 0) for entry in self._payload["files"][number + 1 :] if not entry.get("done"))

    def tell(self, done: int, note: str = "") -> None:
        """Say how many bytes of the file at hand are here."""
        self._running.tell(self._before + done, self.total, note)

    def save(self, **fields: Any) -> None:
        """Keep the payload, with what changed in its files."""
        self._running.save(self._payload, **fields)

    def hands(self, entry: dict[str, Any], folder: str) -> Hands:
        """What the transfer of a file is given."""

        def told(done: int, total: int) -> None:
            self._begin_loading()
            if total:
                entry["size"] = total
            self.tell(done)

        def verifying(hashed: int) -> None:
            self.begin_verifying()
            self.tell(entry["size"], tr("verifying {size}", size=size_text(hashed)))

        return Hands(self._running.work, self._throttle, told, lambda count: _require_room(folder, count), verifying)

    def begin_verifying(self) -> None:
        """Say so once."""
        if not self._is_verifying:
            self._is_verifying = True
            self._running.verifying()

    def _begin_loading(self) -> None:
        if self._is_verifying:
            self._is_verifying = False
            self._running.running()

    def partial(self, number: int, target: str) -> Partial:
        """The partial of the file with that number."""
        return Partial(target, self._record(number))

    def has_become(self, number: int, path: str) -> bool:
        """Whether the file at `path` is what the partial of the file with that number was."""
        return became(self._record(number), path)

    def _record(self, number: int) -> Path:
        return self._records / f"{self._running.task.id}-{number}.json"

    def delivery(self, entry: dict[str, Any]) -> Delivery:
        """What brings the file at hand to its name; its notes are the task's."""

        def written(target: str, paths: list[str]) -> None:
            entry.update(named=target, beside=paths)
            self.save()

        is_alone = len(self._payload["files"]) == 1
        turns = self._tools.folder / _TURNS
        return Delivery(
            self._tools.sites.web, self._tools.settings, self._running.work, is_alone, lambda: turn(turns), written, self._notes
        )

    @property
    def tools(self) -> Tools:
        """What kinds of tasks work with."""
        return self._tools

    @property
    def payload(self) -> dict[str, Any]:
        """All that the task knows."""
        return self._payload

    @property
    def running(self) -> Running:
        """The task under way."""
        return self._running


class _One:
    """One file of a task."""

    def __init__(self, download: _Download, number: int, entry: dict[str, Any]) -> None:
        self._download, self._number, self._entry = download, number, entry
        self._folder = str(entry["folder"])
        self._root = str(entry.get("root") or download.payload.get("root") or self._folder)
        entry["size"] = int(entry.get("size") or 0)
        url = asked_now(str(entry["url"]), str(entry.get("site") or ""), download.tools.sites.endpoints)
        self._wanted = Wanted(url, str(entry["name"]), entry["size"], bool(entry.get("is_size_exact")), dict(entry.get("hashes") or {}))
        self._delivery = download.delivery(entry)

    def bring(self) -> None:
        """Bring it; raises what the engine is to know."""
        self._require_safe()
        target = os.path.join(self._folder, self._wanted.name)
        require_inside(self._root, target)
        self._make_folder()
        hands = self._download.hands(self._entry, self._folder)
        partial = self._download.partial(self._number, target)
        if not partial.path and (there := self._arrived(hands) or self._there(hands)):
            partial.forget()
            self._done(there, "", is_proven=bool(self._wanted.expected))
            return
        if not partial.path and os.path.lexists(long_path(target)):
            target = self._delivery.another(target)
            self._entry["name"] = os.path.basename(target)
            self._download.save()
            partial = self._download.partial(self._number, target)
        self._load(partial, target, hands)

    def _load(self, partial: Partial, target: str, hands: Hands) -> None:
        web = self._download.tools.sites.web
        self._download.tell(partial.count)
        hands.room(max(0, self._wanted.size - partial.count) + self._download.later(self._number))
        if adopted := adopt(web, self._wanted, partial, target, hands):
            self._download.tell(partial.count, tr("going on from {name}", name=adopted))
        self._begin_with_head(partial)
        digest = fill(web, self._wanted, partial, hands)
        self._download.begin_verifying()
        self._entry["size"] = partial.count
        self._check(partial)
        sha256 = digest if self._wanted.algorithm == SHA256 else ""
        papers = self._papers()
        path = self._delivery.deliver(partial, target, papers, sha256)
        self._done(path, sha256, is_proven=bool(self._wanted.expected))
        self._delivery.bring_video(path, papers)

    def _begin_with_head(self, partial: Partial) -> None:
        """Take over what was read of the file already, where the server can tell whether it is still the same."""
        head = self._download.heads.pop(str(self._entry["url"]), None)
        if head is None or partial.path or not is_strong(head.etag) or not (head.total and self._wanted.is_near(head.total)):
            return
        partial.make()
        partial.know(head.etag, head.modified, head.total)
        handle = partial.open(0)
        try:
            partial.write(handle, 0, memoryview(head.data))
        finally:
            os.close(handle)

    def _check(self, partial: Partial) -> None:
        if self._entry.get("is_model", True):
            try:
                self._delivery.check(partial.path, partial.count, self._wanted.name)
            except BadDownload:
                partial.discard()
                raise

    def _papers(self) -> Any:
        if not self._entry.get("is_main", True):
            return None
        return papers_of(self._download.payload, self._entry, self._download.tools.settings.adult_level)

    def _done(self, path: str, sha256: str, is_proven: bool) -> None:
        self._entry.update(done=path, sha256=sha256, proven=is_proven, name=os.path.basename(path), beside=[])
        if sha256:
            self._remember(path, sha256)
        fields = {"path": path} if self._entry.get("is_main", True) else {}
        if self._delivery.picture:
            fields["picture"] = self._delivery.picture
        self._download.save(**fields)
        self._download.tell(self._entry["size"])

    def _remember(self, path: str, sha256: str) -> None:
        """Keep the hash for matching and updates, which then need not read the file again; without it they would."""
        real = os.path.realpath(path)
        with contextlib.suppress(IndexFault, FileFault), Store(self._download.tools.folder) as store:
            store.save(real, mark_of(real), {SHA256: sha256})

    def _require_safe(self) -> None:
        """Raise Refused for a file in which the site found something dangerous, unless the person wants it all the same."""
        remote = self._entry.get("remote") or {}
        if "Danger" in (remote.get("pickle_scan"), remote.get("virus_scan")) and not self._download.payload.get("accepted"):
            text = tr("The site's scan found something dangerous in {name}, so it was not loaded.", name=self._wanted.name)
            raise Refused(text, "dangerous", page_of_payload(self._download.payload))

    def _make_folder(self) -> None:
        """Make the folders below the root, and the root itself where its own folder is there. Raises FolderFault."""
        if not os.path.isdir(long_path(os.path.dirname(self._root))) and not os.path.isdir(long_path(self._root)):
            raise FolderFault(tr("{folder} is not there any more. Choose another folder.", folder=self._root))
        try:
            os.makedirs(long_path(self._folder), exist_ok=True)
        except OSError as fault:
            text = tr("{folder} cannot be made: {reason}. Choose another folder.", folder=self._folder, reason=plain_reason(fault))
            raise FolderFault(text) from fault

    def _arrived(self, hands: Hands) -> str:
        """The path that this very file got in a run that was killed before it could say so; "" for none."""
        path = str(self._entry.get("named") or "")
        if not self._download.has_become(self._number, path):
            return ""
        return path if not self._wanted.expected or self._is_same(path, hands) else ""

    def _there(self, hands: Hands) -> str:
        """The path of the very file that is wanted, under its name or the one it had before that was found to be taken; "" for none."""
        names = dict.fromkeys((self._wanted.name, str((self._entry.get("remote") or {}).get("name") or "")))
        paths = [os.path.join(self._folder, name) for name in names if name and name == os.path.basename(name)]
        return next((path for path in paths if self._is_same(path, hands)), "")

    def _is_same(self, path: str, hands: Hands) -> bool:
        """Whether the file that has the name already is the one that is wanted: its size, then its hash."""
        try:
            size = os.stat(long_path(path)).st_size
        except OSError:
            return False
        if not self._wanted.expected or not self._wanted.is_near(size) or not os.path.isfile(long_path(path)):
            return False
        follower = Follower(path, self._wanted.algorithm, size)
        try:
            is_same = follower.digest(size, hands.work, hands.verifying).startswith(self._wanted.expected)
        finally:
            follower.close()
        if is_same:
            self._entry["size"] = size
            self._delivery.notes.append(tr("already there"))
        return is_same


def _require_room(folder: str, count: int) -> None:
    """Raise NoRoom unless so many bytes fit on the drive of a folder, and a little stays free. A drive that does not tell is believed."""
    try:
        usage = shutil.disk_usage(long_path(folder))
    except OSError:
        return
    missing = count + min(RESERVE, usage.total // _SMALL_DRIVE) - usage.free
    if count and missing > 0:
        text = tr("The drive of {folder} lacks {size}. It goes on when there is room.", folder=folder, size=size_text(missing))
        raise NoRoom(text, missing)
