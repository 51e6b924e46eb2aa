"""The index file under bad weather: damaged, too new, full disk, read-only, killed, shared by two processes."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from library_case import Library, put

from model_manager.core.alone import alone
from model_manager.core.errors import Cancelled, IndexFault
from model_manager.core.library import catalogue
from model_manager.core.library import index as index_module
from model_manager.core.library.entry import Root
from model_manager.core.library.index import GONE_DAYS, VERSION, Index, IndexDamaged, set_aside
from model_manager.core.library.index_place import usable_index
from model_manager.core.library.scanner import scan
from model_manager.core.work import Work

HERE = Path(__file__).parent
SCAN = """
import sys
sys.path[:0] = {paths!r}
from model_manager.core.library.entry import Root
from model_manager.core.library import scanner
from model_manager.core.library.index import Index
from model_manager.core.library.index_place import usable_index
from model_manager.core.work import Work
from pathlib import Path
scanner.SECONDS_A_BATCH = 0.0
path, notice = usable_index(Path({data!r}))
assert not notice, notice
print("open", flush=True)
sys.stdin.readline()
with Index(path) as index:
    result = scanner.scan(index, {{Root("loras", {root!r}, "ComfyUI"): "one"}}, Work(), lambda batch: print("batch", flush=True))
assert not result.unsaved, result.unsaved
print("done", flush=True)
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # copies for now go there
    return Library(tmp_path)


def fill(library: Library, count: int) -> Path:
    root = library.root()
    for number in range(count):
        path = put(root / f"f{number % 9}/m{number}.safetensors", str(number))
        if number % 3 == 0:
            path.with_suffix(".md").write_text(f"note {number} " * 20)
    return root


def process(library: Library) -> "subprocess.Popen[str]":
    """Another process that opens the index, waits for a line and scans."""
    text = SCAN.format(paths=[str(HERE), str(HERE.parents[1])], data=str(library.data), root=str(library.root()))
    return subprocess.Popen([sys.executable, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


# damage


def damage(path: Path, start: int, data: bytes) -> None:
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    with path.open("r+b") as file:
        file.seek(start)
        file.write(data)


def load_all(path: Path) -> None:
    """Everything the window reads of an index."""
    with Index(path) as index:
        catalogue.load(index)
        list(catalogue.records(index))


@pytest.mark.parametrize("content", [b"not a database" * 90, b"", bytes(range(256)) * 40, b"SQLite format 3\0"])
def test_file_that_is_no_index_is_set_aside(library: Library, content: bytes) -> None:
    fill(library, 5)
    library.path.write_bytes(content)
    path, notice = usable_index(library.data)
    assert path == library.path
    kept = [name for name in os.listdir(library.data) if ".damaged-" in name]
    assert len(kept) == bool(notice) == bool(content)
    library.scan()
    library.check_disk()


def test_random_bytes_in_the_header_are_found_at_open(library: Library) -> None:
    fill(library, 20)
    library.scan()
    damage(library.path, 0, random.Random(1).randbytes(100))
    path, notice = usable_index(library.data)
    assert path == library.path and "damaged" in notice
    library.screen.clear()
    library.scan()
    library.check_disk()


def test_database_of_somebody_else_is_set_aside(library: Library) -> None:
    with closing(sqlite3.connect(library.path)) as db:
        db.executescript(f"CREATE TABLE other (x); PRAGMA user_version={VERSION};")
    with closing(Index(library.path)) as index, pytest.raises(IndexDamaged):
        index.folders()


@pytest.mark.parametrize("seed", range(8))
def test_damage_in_the_middle_is_an_index_fault_and_nothing_else(library: Library, seed: int) -> None:
    """Found at open, at load or while scanning; then the file is set aside and made anew."""
    fill(library, 60)
    library.scan()
    with closing(sqlite3.connect(library.path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    chance = random.Random(seed)
    size = library.path.stat().st_size
    for _ in range(chance.choice((1, 3, 30))):
        damage(library.path, chance.randrange(100, size), chance.randbytes(chance.choice((2, 20, 4_096))))
    library.screen.clear()
    try:
        path, _ = usable_index(library.data)
        assert path == library.path
        load_all(path)
        with Index(path) as index:
            scan(index, library.roots, Work(), lambda batch: None)
        load_all(path)
    except IndexDamaged:
        set_aside(library.path)
        library.scan()
        library.check_disk()


def test_truncated_file(library: Library) -> None:
    fill(library, 60)
    library.scan()
    os.truncate(library.path, library.path.stat().st_size // 2 + 7)
    _, notice = usable_index(library.data)
    if not notice:
        with pytest.raises(IndexDamaged):
            load_all(library.path)
        set_aside(library.path)
    library.screen.clear()
    library.scan()
    library.check_disk()


def test_set_aside_twice_keeps_both(library: Library) -> None:
    for _ in range(2):
        library.path.write_bytes(b"x" * 5_000)
        usable_index(library.data)
    assert len([name for name in os.listdir(library.data) if ".damaged-" in name]) == 2


# versions


def test_newer_version_refuses_and_is_left_alone(library: Library) -> None:
    fill(library, 3)
    library.scan()
    with closing(sqlite3.connect(library.path)) as db:
        db.execute(f"PRAGMA user_version={VERSION + 1}")
    with pytest.raises(IndexFault, match="newer version"):
        Index(library.path)
    path, notice = usable_index(library.data)
    assert path.parent != library.data and "newer version" in notice and "forgotten" in notice
    with closing(sqlite3.connect(library.path)) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == VERSION + 1
        assert db.execute("SELECT COUNT(*) FROM models").fetchone()[0] == 3


# places that cannot be written


@pytest.fixture
def small_volume(library: Library) -> Iterator[Path]:
    """The data folder as a volume of one megabyte."""
    if shutil.which("mount") is None or subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", library.data], capture_output=True
    ).returncode:
        pytest.skip("mounting is not allowed here")
    yield library.data
    subprocess.run(["umount", "-l", library.data], check=True)


def test_full_disk_while_scanning(library: Library, small_volume: Path) -> None:
    fill(library, 300)
    usable_index(library.data)
    ballast = small_volume / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(small_volume).free - 200_000))
    result = library.scan()
    assert "full" in result.unsaved and len(library.screen) == 300
    path, _ = usable_index(library.data)
    assert path == library.path  # still the same place: what was saved can be read
    with suppress(OSError):
        ballast.write_bytes(b"")
    library.screen.clear()
    with closing(Index(path)) as index:
        library.screen.update((row.id, row) for row in index.rows())
        library.folders.update((folder.id, folder) for folder in index.folders())
    assert library.scan().unsaved == ""
    library.check_disk()
    assert library.scan().changed == 0 and library.quick() == set()


@pytest.mark.parametrize("pages", [1, 2, 5])
def test_index_that_may_not_grow(library: Library, monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
    fill(library, 200)
    with closing(Index(library.path)):
        pass
    prepare = Index._prepare

    def limited(self: Index) -> None:
        prepare(self)
        self._db.execute(f"PRAGMA max_page_count={self._db.execute('PRAGMA page_count').fetchone()[0] + pages}")

    with monkeypatch.context() as patch:
        patch.setattr(Index, "_prepare", limited)
        result = library.scan()
        assert "full" in result.unsaved and len(library.screen) == 200
    library.screen.clear()
    library.screen.update((model.row.id, model.row) for model in library.models().values())
    library.scan()
    library.check_disk()


def test_read_only_data_folder_gets_a_copy_for_now(library: Library) -> None:
    fill(library, 10)
    library.scan()
    if subprocess.run(["mount", "--bind", "-o", "ro", library.data, library.data], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        path, notice = usable_index(library.data)
        assert path.parent != library.data and str(library.data) in notice and "forgotten" in notice
        with closing(Index(path)) as index:
            assert index.totals()[0] == 10
    finally:
        subprocess.run(["umount", "-l", library.data], check=True)


def test_index_that_may_only_be_read(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, 10)
    library.scan()
    touch = Index.touch

    def refused(self: Index) -> None:
        if self.path == library.path:
            self._db.execute("PRAGMA query_only=ON")
        touch(self)
        self._db.execute("CREATE TABLE t (x)")

    monkeypatch.setattr(Index, "touch", refused)
    path, notice = usable_index(library.data)
    assert path != library.path and "forgotten" in notice
    with closing(Index(path)) as index:
        assert index.totals()[0] == 10


def test_data_folder_that_cannot_be_made(library: Library) -> None:
    (library.folder / "file").write_text("")
    path, notice = usable_index(library.folder / "file/below")
    assert path.is_file() and "forgotten" in notice


def test_nowhere_to_keep_an_index(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    (library.folder / "file").write_text("")

    def full(**_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    with pytest.raises(IndexFault, match="Free some space"):
        usable_index(library.folder / "file/below")


# killed


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
@pytest.mark.parametrize(("is_known", "after"), [(False, 1), (False, 3), (True, 0), (True, 1), (True, 2), (True, 4)])
def test_killed_in_the_middle_of_a_scan(library: Library, is_known: bool, after: int) -> None:
    root = fill(library, 240)
    before: dict[str, int] = {}
    if is_known:
        library.scan()
        before = {path: model.row.id for path, model in library.models().items()}
        (root / "f1").rename(root / "moved")
        shutil.rmtree(root / "f2")
        for number in range(0, 240, 2):
            if (root / f"f{number % 9}/m{number}.safetensors").exists():
                put(root / f"f{number % 9}/m{number}.safetensors", f"changed {number}")
        for number in range(100):
            put(root / f"new/n{number}.safetensors", str(number))
    other = process(library)
    assert other.stdin and other.stdout and other.stderr
    assert other.stdout.readline() == "open\n"
    other.stdin.write("go\n")
    other.stdin.flush()
    for _ in range(after):
        other.stdout.readline()
    other.send_signal(signal.SIGKILL)
    other.communicate()
    library.screen = {model.row.id: model.row for model in library.models().values()}  # a new window
    with closing(Index(library.path)) as index:
        library.folders = {folder.id: folder for folder in index.folders()}
        assert {row.folder for row in index.rows()} <= library.folders.keys()
    load_all(library.path)
    library.scan()
    library.check_disk()
    for path, model in library.models().items():
        old = path.replace("/moved/", "/f1/")
        assert old not in before or before[old] == model.row.id
    assert library.scan().changed == 0 and library.quick() == set()


# shared


def test_two_processes_scan_at_once(library: Library) -> None:
    fill(library, 150)
    others = [process(library) for _ in range(2)]
    for other in others:
        assert other.stdout and other.stdout.readline() == "open\n", other.communicate()
    for other in others:
        assert other.stdin
        other.stdin.write("go\n")
        other.stdin.flush()
    for number in range(150, 190):
        put(library.root() / f"late{number % 4}/m{number}.safetensors", str(number))
    told = [other.communicate() for other in others]
    assert all(out.endswith("done\n") for out, _ in told), told
    library.screen = {model.row.id: model.row for model in library.models().values()}
    library.folders = {row.id: row for row in Index(library.path).folders()}
    library.scan()
    library.check_disk()


def test_scan_waits_for_another_and_can_be_stopped_while_it_waits(library: Library) -> None:
    fill(library, 3)
    work = Work()
    with alone(f"{library.path}.scan", Work()):
        caught: list[bool] = []

        def wait() -> None:
            with closing(Index(library.path)) as own:
                try:
                    scan(own, library.roots, work, lambda batch: None)
                except Cancelled:
                    caught.append(True)

        thread = threading.Thread(target=wait)
        thread.start()
        work.cancel()
        thread.join()
    assert caught == [True] and library.models() == {}
    library.scan()
    library.check_disk()


def test_reader_sees_a_whole_scan_or_none_of_a_batch(library: Library) -> None:
    fill(library, 30)
    library.scan()
    with closing(Index(library.path)) as reader:
        rows = reader.rows()
        next(rows)
        put(library.root() / "f1/late.safetensors")
        library.scan()
        assert len(list(rows)) == 29


# small things


def test_what_is_gone_is_forgotten_after_a_while(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(library.root() / "a.safetensors")
    put(library.root() / "b.safetensors")
    library.scan()
    path.unlink()
    library.scan()
    with closing(Index(library.path)) as index:
        assert len(index.gone_models()) == 1
        later = index_module.time.time() + (GONE_DAYS + 1) * 86_400
    monkeypatch.setattr(index_module.time, "time", lambda: later)
    (library.root() / "b.safetensors").unlink()
    library.scan()
    with closing(Index(library.path)) as index:
        assert [model.row.file for model in index.gone_models()] == ["b.safetensors"] and len(index.all_known()) == 1


def test_writing_is_all_or_nothing(library: Library) -> None:
    with closing(Index(library.path)) as index:
        index.save_roots({Root("loras", "/a", "own"): ""})
        with pytest.raises(ZeroDivisionError), index.writing():
            index._db.execute("DELETE FROM roots")
            raise ZeroDivisionError
        assert [root.path for root in index.roots()] == ["/a"]
        index.close()


def test_totals_and_used_roots(library: Library) -> None:
    put(library.root("loras") / "deep/a.safetensors")
    put(library.root("vae") / "b.safetensors")
    library.root("embeddings")
    library.scan()
    with closing(Index(library.path)) as index:
        assert index.totals() == (2, {"loras": 1, "vae": 1})
        assert index.used_roots() == {str(library.root("loras")), str(library.root("vae"))}
        assert list(index.roots()) == list(library.roots)
        assert len(index.first_rows(1)) == 1 and len(list(index.rows([1]))) == 1
        assert index.id_at(str(library.root("vae")), "b.safetensors") and index.id_at(str(library.root("vae")), "x") is None
