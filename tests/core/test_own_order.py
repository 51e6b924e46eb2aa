"""The person's own order in the library: read by scans, kept by an index of an older version, searched, sorted, grouped and counted."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from library_case import Library, put

from model_manager.core.errors import BadQuery
from model_manager.core.library import catalogue
from model_manager.core.library.arrange import Arrangement
from model_manager.core.library.index import Index
from model_manager.core.library.index_schema import VERSION
from model_manager.core.library.query import completions, find, matcher, parse
from model_manager.core.library.rows import Row, plain_row
from model_manager.core.library.shelf import Shelf
from model_manager.core.library.texts import Texts

OWN = {
    "a": {"rating": 5, "colour": "red", "collections": ["For work", "Best"], "category": "Portraits", "group": "Set A"},
    "b": {"rating": 3, "colour": "blue", "collections": ["For work"], "category": "Ländliches"},
    "c": {"rating": 3, "collections": ["Best", "For work"]},
    "d": {},
}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


@pytest.fixture
def filled(library: Library) -> Library:
    root = library.root()
    for name, user in OWN.items():
        put(root / f"{name}.safetensors", name)
        if user:
            (root / f"{name}.info").write_text(json.dumps({"user": user}), "utf-8")
    library.scan()
    return library


def loaded(library: Library, order: tuple[str, bool, str] = ("name", False, "none")) -> Arrangement:
    with closing(Index(library.path)) as index:
        return catalogue.load(index, order)


def names(arrangement: Arrangement) -> str:
    return "".join(arrangement.shelf.file[arrangement.slot_at(row)][0] for row in range(len(arrangement.slots)))


def hits(library: Library, text: str) -> str:
    shelf, query = (arrangement := loaded(library)).shelf, parse(text)
    found = find(shelf, query, arrangement.slots)
    assert found == [slot for slot in arrangement.slots if matcher(shelf, query)(slot)]
    return "".join(shelf.file[slot][0] for slot in found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("rating>=4", "a"), ("rating>3", "a"), ("rating>=3", "abc"), ("rating<3", "d"), ("rating<=3", "bcd"), ("rating:3", "bc"),
        ("rating:★★★", "bc"), ("rating:0", "d"), ("-rating:3", "ad"), ("has:rating", "abc"), ("no:rating", "d"),
        ("colour:red", "a"), ("colour:RED", "a"), ("-colour:red", "bcd"), ("has:colour", "ab"), ("colour:pink", ""),
        ('collection:"for work"', "abc"), ("collection:best", "ac"), ("collection:*work", "abc"), ("no:collection", "d"),
        ('-collection:Best collection:"For work"', "b"), ("category:portraits", "a"), ("category:landliches", "b"), ("has:category", "ab"),
        ('group:"set a"', "a"), ("has:group", "a"), ("portraits", "a"), ('"set a"', "a"), ("best", "ac"),
    ],
)  # fmt: skip
def test_search(filled: Library, text: str, found: str) -> None:
    assert hits(filled, text) == found


@pytest.mark.parametrize("text", ["rating>6", "rating>=x", "rating:-1", "rating:2.5", "rating:99"])
def test_no_stars_are_explained(text: str) -> None:
    with pytest.raises(BadQuery, match="stars"):
        parse(text)


def test_sort_and_groups(filled: Library) -> None:
    assert names(loaded(filled, ("rating", False, "none"))) == "dbca"
    assert names(loaded(filled, ("rating", True, "none"))) == "acbd"
    found = {group: loaded(filled, ("name", False, group)) for group in ("collection", "category", "group", "colour")}
    cut = {group: [(one.title, one.size) for one in arrangement.groups] for group, arrangement in found.items()}
    assert cut["collection"] == [("Best, For work", 1), ("For work", 1), ("For work, Best", 1), ("In no collection", 1)]
    assert cut["category"] == [("Ländliches", 1), ("Portraits", 1), ("No category", 2)]
    assert cut["group"] == [("Set A", 1), ("No group", 3)]
    assert cut["colour"] == [("Red", 1), ("Blue", 1), ("No colour", 2)]


def test_counts_follow_every_change(filled: Library) -> None:
    shelf = loaded(filled).shelf
    wanted = {
        "rating": {"5": 1, "3": 2}, "colour": {"red": 1, "blue": 1}, "collection": {"For work": 3, "Best": 2},
        "category": {"Portraits": 1, "Ländliches": 1}, "group": {"Set A": 1},
    }  # fmt: skip
    assert {name: dict(+shelf.counts[name]) for name in wanted} == wanted
    with closing(Index(filled.path)) as index:
        rows = {row.file[0]: row for row in index.rows()}
    shelf.put(rows["a"]._replace(rating=3, colour="", collections="For work", category="", own_group="Set B"))
    shelf.drop(rows["b"].id)
    assert dict(+shelf.counts["rating"]) == {"3": 2} and dict(+shelf.counts["colour"]) == {}
    assert dict(+shelf.counts["collection"]) == {"For work": 2, "Best": 1} and dict(+shelf.counts["group"]) == {"Set B": 1}


def test_a_changed_row_moves_to_its_place(filled: Library) -> None:
    arrangement = loaded(filled, ("rating", True, "none"))
    with closing(Index(filled.path)) as index:
        rows = {row.file[0]: row for row in index.rows()}
    assert not arrangement.keeps_place(rows["b"]._replace(rating=5)) and arrangement.keeps_place(rows["b"]._replace(colour="red"))
    arrangement.put([rows["d"]._replace(rating=4)])
    assert names(arrangement) == "adcb"


def test_completions(filled: Library) -> None:
    shelf = loaded(filled).shelf
    assert completions(shelf, "collection:") == [('collection:"For work"', "3"), ("collection:Best", "2")]
    assert completions(shelf, "colour:r")[0] == ("colour:red", "1")
    assert completions(shelf, "rat") == [("rating>", "more stars than, such as 3")]
    assert completions(shelf, "has:cat") == [("has:category", "")]


def as_version_1(path: Path) -> None:
    """Make an index what the first version of the program left behind."""
    with closing(sqlite3.connect(path)) as db:
        for column in ("rating", "colour", "collections", "category", "own_group"):
            db.execute(f"ALTER TABLE models DROP COLUMN {column}")
        db.execute("UPDATE known SET details = json_remove(details, '$.collections', '$.category', '$.group', '$.colour', '$.own')")
        db.execute("DROP TABLE told")
        db.execute("PRAGMA user_version=1")
        db.commit()


def test_an_older_index_is_taken_over_without_reading_a_file(filled: Library) -> None:
    before = {path: model.row for path, model in filled.models().items()}
    as_version_1(filled.path)
    rows = {path: model.row for path, model in filled.models().items()}
    assert {path: row._replace(colour="", collections="", category="", own_group="") for path, row in before.items()} == rows
    assert sorted(row.rating for row in rows.values()) == [0, 3, 3, 5]
    with closing(sqlite3.connect(filled.path)) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == VERSION
    filled.screen = {row.id: row for row in rows.values()}
    result = filled.scan()
    assert (result.added, result.changed, result.removed, result.opened) == (0, 0, 0, 0)


def test_an_older_index_is_written_on(filled: Library) -> None:
    as_version_1(filled.path)
    filled.screen = {model.row.id: model.row for model in filled.models().values()}
    root = filled.root()
    (root / "d.info").write_text(json.dumps({"user": OWN["a"]}), "utf-8")
    put(root / "e.safetensors", "eee")
    filled.scan()
    rows = {model.row.file[0]: model.row for model in filled.models().values()}
    assert (rows["d"].rating, rows["d"].colour, rows["d"].collections, rows["d"].own_group) == (5, "red", "For work\nBest", "Set A")
    assert rows["e"].rating == 0 and rows["e"].natural == "e" and rows["e"].size > 0


def test_records_tell_the_own_order(filled: Library) -> None:
    details = filled.records()["a.safetensors"].details
    assert (details.collections, details.category, details.group, details.colour) == (("For work", "Best"), "Portraits", "Set A", "red")
    assert set(details.own) == {"rating", "colour", "collections", "category", "group"}


def test_five_columns_take_fifteen_bytes_a_model() -> None:
    shelf = Shelf()
    rows: list[Row] = [
        plain_row(number, 1, f"m{number}", "loras", 1, 1, 1.0)._replace(
            rating=number % 6, colour="red" if number % 3 else "", collections="A\nB" if number % 2 else "A", category="x", own_group="y"
        )
        for number in range(1_000)
    ]
    shelf.fill(rows)
    columns = (shelf.rating, shelf.colour.codes, shelf.collections.codes, shelf.category.codes, shelf.own_group.codes)
    assert sum(column.itemsize * len(column) for column in columns) == 15 * 1_000


def test_each_model_may_have_a_group_of_its_own() -> None:
    texts = Texts(holds_many=True)
    texts.extend(str(number) for number in range(70_000))
    assert (texts[69_999], texts.copy()[65_536]) == ("69999", "65536")
