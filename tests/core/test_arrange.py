"""The order of the cards: what is put and dropped one by one must end where starting over would."""

import itertools
import json
import random

import pytest

from model_manager.core.library.arrange import GROUPS, SORTS, Arrangement
from model_manager.core.library.index import FolderRow
from model_manager.core.library.order import fold, natural_key
from model_manager.core.library.query import parse
from model_manager.core.library.rows import AWAY, Row, plain_row, stem_of
from model_manager.core.library.shelf import Shelf

KINDS = ("loras", "vae", "checkpoints", "ipadapter")
BASES = ("", "SDXL 1.0", "Pony", "pony", "SD 1.5")
QUERIES = ("", "a", "a -b", "type:lora", "base:pony", "is:away a", "folder:/m/loras", "tag:t1", "size>2b")


def folder(id_: int, kind: str, name: str = "") -> FolderRow:
    root = f"/m/{kind}"
    return FolderRow(id_, root + name, 0, 1, b"", b"", "", json.dumps([[kind, root, root + name, False]]))


FOLDERS = [folder(1, "loras"), folder(2, "vae"), folder(3, "loras", "/sub")]


def made(dice: random.Random, id_: int) -> Row:
    """A row with few different values, so that keys are often equal."""
    file = "".join(dice.choices("aAb19", k=dice.choice((1, 2, 3)))) + ".safetensors"
    title = dice.choice(("", "", "a", "ab2", "ab10"))
    row = plain_row(id_, dice.choice((1, 2, 3)), file, dice.choice(KINDS), dice.randrange(4), dice.randrange(3), float(dice.randrange(3)))
    tags = dice.choice(("", "t1", "t2\nt1"))
    return row._replace(
        title=title, base=dice.choice(BASES), flags=dice.choice((0, AWAY)), tags=tags, natural=natural_key(title or stem_of(file)),
        search=fold(f"{file}\n{title}\n{tags}"),
    )  # fmt: skip


def arranged(rows: list[Row], sort: str = "name", is_descending: bool = False, group: str = "none", query: str = "") -> Arrangement:
    arrangement = Arrangement(Shelf())
    arrangement.shelf.set_folders(FOLDERS)
    arrangement.shelf.fill(rows)
    arrangement.set_order(sort, is_descending, group)
    arrangement.set_query(parse(query))
    arrangement.refill()
    return arrangement


def shown(arrangement: Arrangement) -> list[int]:
    return [arrangement.shelf.ids[arrangement.slot_at(row)] for row in range(len(arrangement.slots))]


def groups_of(arrangement: Arrangement) -> list[tuple[str, int, int]]:
    return [(group.title, group.first, group.size) for group in arrangement.groups]


def check_questions(arrangement: Arrangement) -> None:
    """row_of and slot_at are each other's inverse, and the answers for many agree with those for one."""
    ids = shown(arrangement)
    assert [arrangement.row_of(id_) for id_ in ids] == list(range(len(ids)))
    assert arrangement.rows_of(ids[::2]) == list(range(0, len(ids), 2))
    assert arrangement.rows_of([9_999_999]) == []
    assert arrangement.row_of(9_999_999) == -1
    if len(ids) > 3:
        assert [arrangement.shelf.ids[slot] for slot in arrangement.slots_between(1, len(ids) - 2)] == ids[1:-1]
    assert sum(count for _, _, count in groups_of(arrangement)) in (0, len(ids))


@pytest.mark.parametrize("sort", SORTS)
def test_changes_one_by_one_end_where_a_fresh_start_ends(sort: str) -> None:
    for is_descending, group, query in itertools.product((False, True), GROUPS, QUERIES):
        change_and_compare(sort, is_descending, group, query)


def change_and_compare(sort: str, is_descending: bool, group: str, query: str) -> None:
    dice = random.Random(f"{sort}{is_descending}{group}{query}")
    rows = {id_: made(dice, id_) for id_ in range(1, 25)}
    arrangement = arranged(list(rows.values()), sort, is_descending, group, query)
    for step in range(5):
        before = shown(arrangement)
        if dice.random() < 0.3 and rows:
            gone = dice.sample(sorted(rows), min(len(rows), dice.choice((1, 1, 3))))
            for id_ in gone:
                del rows[id_]
            assert arrangement.drop([*gone, 777_777])
        else:
            new = {id_: made(dice, id_) for id_ in dice.sample(range(1, 40), dice.choice((1, 1, 2, 5)))}
            changed = arrangement.put(list(new.values()))
            rows |= new
            assert changed or shown(arrangement) == before
        fresh = arranged(list(rows.values()), sort, is_descending, group, query)
        assert shown(arrangement) == shown(fresh), step
        assert groups_of(arrangement) == groups_of(fresh), step
        check_questions(arrangement)
    before = shown(arrangement)
    arrangement.refill()
    assert shown(arrangement) == before


def test_a_row_that_keeps_its_place_may_be_put_without_looking() -> None:
    dice = random.Random(3)
    kept = 0
    for case in range(200):
        rows = [made(dice, id_) for id_ in range(1, 12)]
        args = (dice.choice(SORTS), dice.random() < 0.5, dice.choice(GROUPS), dice.choice(("", "", "a", "-b", "is:away")))
        arrangement = arranged(rows, *args)
        other = made(dice, 5)
        fields = dice.sample(Row._fields[1:], 2)
        new = rows[4]._replace(**{name: getattr(other, name) for name in fields})
        if not arrangement.keeps_place(new):
            continue
        kept += 1
        before = shown(arrangement), groups_of(arrangement)
        arrangement.shelf.put(new)
        arrangement.refill()
        assert (shown(arrangement), groups_of(arrangement)) == before, (case, fields)
    assert kept > 25
    assert not arrangement.keeps_place(made(dice, 99))


def test_typing_on_looks_only_at_hits_and_finds_all() -> None:
    dice = random.Random(5)
    rows = [made(dice, id_) for id_ in range(1, 200)]
    for is_descending, sort in itertools.product((False, True), SORTS):
        arrangement = arranged(rows, sort, is_descending)
        for text in ("a", "ab", "ab 1", "ab 1 -t1", "a", "", "b"):
            arrangement.set_query(parse(text))
            assert shown(arrangement) == shown(arranged(rows, sort, is_descending, "none", text))


def test_unknown_words_fall_back() -> None:
    arrangement = arranged([made(random.Random(1), 1)])
    arrangement.set_order("colour", True, "mood")
    assert (arrangement.sort, arrangement.group) == ("name", "none")


def test_names_sort_as_people_count_and_groups_by_title_with_the_unknown_last() -> None:
    rows = [
        plain_row(id_, 1, name, "loras", 1, 1, 1.0)._replace(base=base)
        for id_, (name, base) in enumerate([("v10.pt", "b"), ("v2.pt", ""), ("V1.pt", "A"), ("ä3.pt", "b")], 1)
    ]
    arrangement = arranged(rows)
    assert shown(arrangement) == [4, 3, 2, 1]
    arrangement.set_order("name", False, "base")
    assert groups_of(arrangement) == [("A", 0, 1), ("b", 1, 2), ("Not known", 3, 1)]
    arrangement.set_order("name", True, "base")
    assert shown(arrangement) == [3, 1, 4, 2], "turned within the groups"


def test_a_folder_reached_in_another_way_is_looked_at_again() -> None:
    rows = [plain_row(1, 1, "a.pt", "loras", 1, 1, 1.0), plain_row(2, 2, "b.pt", "vae", 1, 1, 1.0)]
    arrangement = arranged(rows, query="folder:/n/loras")
    assert shown(arrangement) == []
    moved = FolderRow(1, "/m/loras", 0, 1, b"", b"", "", json.dumps([["loras", "/n/loras", "/n/loras", True]]))
    assert arrangement.set_folders([moved])
    assert shown(arrangement) == [1]
    assert not arrangement.set_folders([moved, folder(9, "clip")])
    assert arrangement.put([rows[0]._replace(size=5)]) is False


def test_groups_by_folder_follow_folders_that_move() -> None:
    rows = [plain_row(id_, id_ % 3 + 1, f"{id_}.safetensors", "loras", 10, 1, 1.0) for id_ in range(1, 10)]
    arrangement = arranged(rows, group="folder")
    assert [title for title, _, _ in groups_of(arrangement)] == ["/m/loras", "/m/loras/sub", "/m/vae"]
    moved = folder(1, "loras")._replace(path="/z/Loras", ways='[["loras", "/z/Loras", "/z/Loras", false]]')
    assert arrangement.set_folders([moved])
    assert [title for title, _, _ in groups_of(arrangement)] == ["/m/loras/sub", "/m/vae", "/z/Loras"]
    assert sum(size for _, _, size in groups_of(arrangement)) == len(rows)
