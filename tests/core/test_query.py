"""The search box: every token, half-typed ones, what narrows what, and what is offered to complete."""

import contextlib
import json
import random
import time

import pytest

from model_manager.core.errors import BadQuery
from model_manager.core.library.index import FolderRow
from model_manager.core.library.order import fold
from model_manager.core.library.query import Query, completions, find, matcher, parse
from model_manager.core.library.rows import AWAY, FAVOURITE, HAS_NOTES, Row, plain_row
from model_manager.core.library.shelf import Shelf

DAY = 86_400.0
NOW = time.time()


def folder(id_: int, path: str, root: str, kind: str) -> FolderRow:
    return FolderRow(id_, path, 0, 1, b"", b"", "", json.dumps([[kind, root, path, False]]))


FOLDERS = [
    folder(1, "/m/checkpoints/xl", "/m/checkpoints", "checkpoints"),
    folder(2, "/m/loras/Stil Größe", "/m/loras", "loras"),
    folder(3, "/m/vae", "/m/vae", "vae"),
]


def row(id_: int, folder_id: int, file: str, kind: str, size: int = 10**9, days: float = 100, **more: object) -> Row:
    made = plain_row(id_, folder_id, file, kind, size, int((NOW - days * DAY) * 1e9), NOW - days * DAY)
    made = made._replace(**more)  # type: ignore[arg-type]
    return made._replace(search=fold("\n".join([file, made.title, made.tags])))


ROWS = [
    row(1, 1, "juggernautXL_v9.safetensors", "checkpoints", 6_617_000_000, 2, base="SDXL 1.0", architecture="SDXL",
        title="Juggernaut Ragnarök", tags="photo\nbase model", flags=FAVOURITE, preview="juggernautXL_v9.png", preview_sort="still"),
    row(2, 2, "ink_wash.safetensors", "loras", 228_000_000, 10, base="Pony", tags="style\nink", flags=HAS_NOTES, preview_sort="embedded"),
    row(3, 2, "detail tweaker.gguf", "loras", 43_000_000, 400, base="SD 1.5", problem="truncated"),
    row(4, 3, "ae.sft", "vae", 335_000_000, 30, architecture="Flux.1 VAE", flags=AWAY, preview="ae.mp4", preview_sort="video"),
]  # fmt: skip


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    made = Shelf()
    made.set_folders(FOLDERS)
    made.fill(ROWS)
    return made


def hits(shelf: Shelf, text: str) -> list[int]:
    query = parse(text)
    found = find(shelf, query, shelf.slots())
    is_match = matcher(shelf, query)
    assert found == [slot for slot in shelf.slots() if is_match(slot)]
    return [shelf.ids[slot] for slot in found]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", [1, 2, 3, 4]),
        ("ragnarok", [1]),
        ("RAGNARÖK", [1]),
        ("ink style", [2]),
        ("style ink -wash", []),
        ("-ink -detail", [1, 4]),
        ('"detail tweaker"', [3]),
        ('"tweaker detail"', []),
        ('-"base model"', [2, 3, 4]),
        ("type:lora", [2, 3]),
        ("type:loras", [2, 3]),
        ("Type:LoRA", [2, 3]),
        ("type:check", [1]),
        ("type:nothing", []),
        ("-type:vae", [1, 2, 3]),
        ("base:sdxl", [1]),
        ('base:"SD 1.5"', [3]),
        ("base:flux", [4]),
        ("ext:gguf", [3]),
        ("ext:.SFT", [4]),
        ("tag:ink", [2]),
        ("tag:INK", [2]),
        ('tag:"base model"', [1]),
        ("tag:in", []),
        ("tag:in*", [2]),
        ("folder:grosse", [2, 3]),
        ("folder:größe", [2, 3]),
        ('folder:"stil gr"', [2, 3]),
        ("folder:/m/loras", [2, 3]),
        ("folder:/m/checkpoints/xl/", [1]),
        ("folder:xl -folder:xl", []),
        ("has:preview", [1, 2, 4]),
        ("no:preview", [3]),
        ("-has:preview", [3]),
        ("has:notes", [2]),
        ("has:tags", [1, 2]),
        ("has:problem", [3]),
        ("has:title", [1]),
        ("no:tags", [3, 4]),
        ("is:favourite", [1]),
        ("is:away", [4]),
        ("is:embedded", [2]),
        ("is:video", [4]),
        ("size>2gb", [1]),
        ("size>=0,2GB", [1, 2, 4]),
        ("size<50mb", [3]),
        ("size<50000000", [3]),
        ("size<=41.5mib", [3]),
        ("-size>2gb", [2, 3, 4]),
        ("added<7d", [1]),
        ("added<2w", [1, 2]),
        ("added>1y", [3]),
        ("added<7", [1]),
        ("modified<72h", [1]),
        ("modified>2m", [3]),
        ("type:lora size<1gb has:notes ink", [2]),
        ("epoch:10", []),
        ("http://x", []),
        ("a<b", []),
    ],
)
def test_every_token(shelf: Shelf, text: str, ids: list[int]) -> None:
    assert hits(shelf, text) == ids


TYPED = [
    'type:lora base:"SD 1.5" ext:gguf tag:"base model" folder:/m/x has:preview no:notes is:favourite',
    "size>2.5gib added<7d modified>=1y -type:vae -word -\"a b\" epoch:10 size<=20mb",
    "has:pre -is:fav no:title",
]  # fmt: skip


@pytest.mark.parametrize("text", TYPED)
def test_nothing_half_typed_is_refused(shelf: Shelf, text: str) -> None:
    for end in range(len(text) + 1):
        hits(shelf, text[:end])


@pytest.mark.parametrize("text", ["type:", 'type:"', "base:", "has:", "is:", "size>", "added<", "-tag:", "-", '"', '""', '-"', "  "])
def test_a_token_without_value_is_no_condition(shelf: Shelf, text: str) -> None:
    assert hits(shelf, text) == [1, 2, 3, 4]


def test_an_open_quote_ends_with_the_text(shelf: Shelf) -> None:
    assert hits(shelf, 'base:"SD') == [1, 3]
    assert hits(shelf, '"tweak') == [3]


def test_a_name_half_typed_means_all_it_could_become(shelf: Shelf) -> None:
    assert hits(shelf, "has:p") == [1, 2, 3, 4]
    assert hits(shelf, "has:pr") == [1, 2, 3, 4]
    assert hits(shelf, "has:pre") == [1, 2, 4]
    assert hits(shelf, "no:p") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("has:wings", "preview, notes, tags, problem"),
        ("no:wings", "preview, notes"),
        ("is:new", "favourite, away"),
        ("size>big", "size> comes a size like 2gb"),
        ("size<2xb", "2gb"),
        ("added<soon", "added< comes a time like 7d"),
        ("modified>3q", "7d, 2w or 1y"),
        ("ok -has:wings", "preview"),
        ("size>" + "9" * 5000, "2gb"),
        ("added<١d", "7d"),
    ],
)
def test_what_makes_no_sense_says_what_would(text: str, said: str) -> None:
    with pytest.raises(BadQuery) as fault:
        parse(text)
    assert said in fault.value.text


def test_queries_are_equal_when_they_ask_the_same() -> None:
    assert parse("type:lora ink") == parse("type:lora ink")
    assert parse("type:lora") != parse("type:vae")
    assert parse("").is_all and Query().is_all
    assert not parse("-x").is_all and not parse("is:away").is_all


def test_narrowing_knows_words_only() -> None:
    assert parse("inkw").narrows(parse("ink"))
    assert parse("ink wash").narrows(parse("ink"))
    assert parse("a is:away").narrows(parse("is:away"))
    assert not parse("in").narrows(parse("ink"))
    assert not parse("is:away").narrows(parse("is:video"))
    assert not parse("ink").narrows(parse("ink is:away"))
    assert not parse("a -bc").narrows(parse("a -b"))
    assert not parse("folder:/m/A").narrows(parse("folder:/m/a"))


def test_narrowing_waits_for_time(monkeypatch: pytest.MonkeyPatch) -> None:
    old = parse("added>7d")
    monkeypatch.setattr(time, "time", lambda: NOW + 30 * DAY)
    assert not parse("added>7d ink").narrows(old), "more is older than seven days by now"


def test_a_narrowed_search_finds_what_a_full_one_finds() -> None:
    dice = random.Random(7)
    letters = ["a", "b", "ä", "ß", "ab", "ba", "1", "İ"]
    shelf = Shelf()
    shelf.set_folders(FOLDERS)
    shelf.fill([
        row(id_, dice.choice((1, 2, 3)), "".join(dice.choices(letters, k=6)), dice.choice(("loras", "vae")), dice.randrange(10**10),
            flags=dice.choice((0, AWAY)), tags=dice.choice(("", "a", "b\nab")))
        for id_ in range(1, 400)
    ])  # fmt: skip
    tokens = ["type:lora", "-type:lora", "is:away", "size>2gb", "tag:ab", "folder:xl", "has:tags", "no:tags"]
    narrowed = 0
    for _ in range(3000):
        parts = [dice.choice(("", "-")) + "".join(dice.choices(letters, k=dice.choice((1, 1, 2)))) for _ in range(dice.choice((1, 1, 2)))]
        parts += dice.sample(tokens, dice.choice((0, 0, 1)))
        typed = " ".join(parts)
        more = typed + dice.choice(("", "a", " b", "ä", " -a", " tag:ab"))
        with contextlib.suppress(BadQuery):  # "size>2gbä"
            old, new = parse(typed), parse(more)
            if not new.narrows(old):
                continue
            narrowed += 1
            assert find(shelf, new, find(shelf, old, shelf.slots())) == find(shelf, new, shelf.slots()), (typed, more)
    assert narrowed > 500


def texts(shelf: Shelf, prefix: str) -> list[str]:
    return [text for text, _ in completions(shelf, prefix)]


def test_completions_offer_keys_then_values(shelf: Shelf) -> None:
    assert texts(shelf, "ty") == ["type:"]
    assert texts(shelf, "-ha") == ["-has:"]
    assert texts(shelf, "si") == ["size>"]
    assert texts(shelf, "") == [] and texts(shelf, "xyz") == [] and texts(shelf, "nokey:a") == []
    assert completions(shelf, "type:")[0] == ("type:LoRAs", "2"), "the most frequent first"
    assert texts(shelf, 'base:"sd') == ['base:"SD 1.5"', 'base:"SDXL 1.0"']
    assert texts(shelf, "ext:") == ["ext:safetensors", "ext:gguf", "ext:sft"]
    assert texts(shelf, "tag:in") == ["tag:ink"]
    assert completions(shelf, "is:f") == [("is:favourite", "1")]
    assert completions(shelf, "has:pre") == [("has:preview", "")], "what is not counted has no number"
    assert completions(shelf, "folder:") == [('folder:"Stil Größe"', "2"), ("folder:xl", "1")]


def test_every_completion_is_understood_and_finds_something(shelf: Shelf) -> None:
    for prefix in ("type:", "base:", "ext:", "tag:", "folder:", "-type:"):
        for text, _ in completions(shelf, prefix):
            assert hits(shelf, text), text
    for prefix in ("has:", "no:", "is:"):
        for text, _ in completions(shelf, prefix):
            parse(text)


def test_a_completed_value_with_quotes_or_tabs_stays_one_token(shelf: Shelf) -> None:
    odd = Shelf()
    odd.set_folders(FOLDERS)
    odd.fill([row(1, 1, "a.safetensors", "checkpoints", tags='say "hi"')])
    ((text, _),) = completions(odd, "tag:say")
    assert text == 'tag:"say hi"'
    assert len(parse(text).marks) == 1
