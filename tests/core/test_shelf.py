"""The columns in memory: after any sequence of news they and their counts equal what was told last."""

import random
from collections import Counter

from model_manager.core.library.index import FolderRow
from model_manager.core.library.rows import AWAY, FAVOURITE, Row, plain_row
from model_manager.core.library.shelf import NOWHERE, Shelf


def row(id_: int, file: str = "a.safetensors", **values: object) -> Row:
    return plain_row(id_, 1, file, "loras", 100, 5, 1.0)._replace(**values)  # type: ignore[arg-type]


def folder(id_: int, path: str, *ways: str) -> FolderRow:
    listed = ", ".join(f'["loras", "/m", "{way}", false]' for way in ways)
    return FolderRow(id_, path, 0, 0, b"", b"", "", f"[{listed}]")


def positive(counter: "Counter[str] | Counter[int]") -> dict[object, int]:
    assert min(counter.values(), default=0) >= 0
    return {key: count for key, count in counter.items() if count}


def check(shelf: Shelf, rows: dict[int, Row]) -> None:
    """Compare the shelf with the rows it should hold, column by column and count by count."""
    slots = shelf.slots()
    assert len(shelf) == len(slots) == len(rows) and sorted(shelf.ids[slot] for slot in slots) == sorted(rows)
    for slot in slots:
        one = rows[shelf.ids[slot]]
        assert shelf.slot(one.id) == slot
        assert (shelf.file[slot], shelf.title[slot], shelf.kind[slot], shelf.base[slot]) == (one.file, one.title, one.kind, one.base)
        assert (shelf.size[slot], shelf.flags[slot], shelf.problem[slot]) == (one.size, one.flags, one.problem)
        assert shelf.preview_name(slot) == one.preview and shelf.preview_sort[slot] == one.preview_sort
        assert "\n".join(shelf.tags[slot]) == one.tags and shelf.search[slot] == one.search
        assert (shelf.mtime_ns[slot], shelf.added[slot], shelf.folder[slot]) == (one.mtime_ns, one.added, one.folder)
    values = rows.values()
    assert shelf.total_size == sum(one.size for one in values)
    assert positive(shelf.counts["kind"]) == Counter(one.kind for one in values)
    assert positive(shelf.counts["base"]) == Counter(one.base for one in values)
    assert positive(shelf.counts["tag"]) == Counter(tag for one in values for tag in one.tags.split("\n") if tag)
    assert positive(shelf.counts["problem"]) == Counter(one.problem for one in values if one.problem)
    assert positive(shelf.counts["ending"]) == Counter(one.file.rpartition(".")[2].lower() for one in values)
    assert positive(shelf.folder_counts) == Counter(one.folder for one in values)
    state = {"favourite": FAVOURITE, "away": AWAY}
    expected = {name: sum(bool(one.flags & flag) for one in values) for name, flag in state.items()}
    expected["no_preview"] = sum(not one.preview_sort for one in values)
    assert positive(shelf.counts["state"]) == {name: count for name, count in expected.items() if count}


def random_row(chance: random.Random, id_: int) -> Row:
    stem = chance.choice(("a", "b.v2", "[c]", "ä"))
    preview = chance.choice(("", f"{stem}.png", f"{stem}.preview.png", "other.png"))
    return row(
        id_, f"{stem}.{chance.choice(('safetensors', 'GGUF', 'pt'))}", kind=chance.choice(("loras", "vae")), folder=chance.randrange(1, 4),
        base=chance.choice(("", "SDXL 1.0")), size=chance.randrange(2**40), flags=chance.randrange(16),
        problem=chance.choice(("", "truncated")), tags=chance.choice(("", "x", "x\ny", "y\nz")), title=chance.choice(("", "Title")),
        preview=preview, preview_sort="still" if preview else chance.choice(("", "embedded")), search=str(id_),
    )  # fmt: skip


def test_random_news() -> None:
    for seed in range(20):
        chance, shelf, rows = random.Random(seed), Shelf(), {}
        first = [random_row(chance, id_) for id_ in range(1, chance.randrange(2, 30))]
        shelf.fill(first)
        rows.update((one.id, one) for one in first)
        for _ in range(150):
            id_ = chance.randrange(1, 60)
            if chance.random() < 0.4:
                shelf.drop(id_)
                rows.pop(id_, None)
            else:
                rows[id_] = random_row(chance, id_)
                assert shelf.slot(id_) in (NOWHERE, slot := shelf.put(rows[id_])) and shelf.ids[slot] == id_
        check(shelf, rows)


def test_empty_shelf() -> None:
    shelf = Shelf()
    shelf.fill([])
    shelf.drop(7)
    check(shelf, {})
    assert shelf.slot(-1) == shelf.slot(0) == shelf.slot(10**6) == NOWHERE


def test_fill_equals_put() -> None:
    chance = random.Random(1)
    rows = [random_row(chance, id_) for id_ in range(1, 200)]
    filled, put = Shelf(), Shelf()
    filled.fill(rows)
    for one in rows:
        put.put(one)
    for shelf in (filled, put):
        check(shelf, {one.id: one for one in rows})


def test_paths_and_names() -> None:
    shelf = Shelf()
    shelf.set_folders([folder(1, "/real/x", "/m/link", "/m/other")])
    slot = shelf.put(row(3, "a.b.SafeTensors", title="Nice"))
    assert (shelf.path(slot), shelf.real_path(slot)) == ("/m/link/a.b.SafeTensors", "/real/x/a.b.SafeTensors")
    assert shelf.ending(slot) == "safetensors" and shelf.name(slot) == "Nice"
    shelf.put(row(3, ".hidden"))
    assert shelf.name(slot) == ".hidden" and shelf.ending(slot) == ""
    shelf.set_folders([folder(1, "/real/x", "/m/moved")])
    assert shelf.path(slot) == "/m/moved/.hidden"


def test_preview_whose_name_begins_with_a_star() -> None:
    shelf = Shelf()
    for file, preview in (("*.safetensors", "*.png"), ("a.safetensors", "a"), ("a.safetensors", "")):
        slot = shelf.put(row(1, file, preview=preview))
        assert shelf.preview_name(slot) == preview


def test_far_ids_and_late_times() -> None:
    shelf = Shelf()
    slot = shelf.put(row(500_000, mtime_ns=2**63 - 1, size=2**62))
    assert shelf.slot(500_000) == slot and shelf.slot(499_999) == NOWHERE
