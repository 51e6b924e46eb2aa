"""The map of space: what belongs where, and rectangles whose areas are as the sizes are."""

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from random_case import examples

from model_manager.core.library.index import FolderRow
from model_manager.core.library.rows import plain_row
from model_manager.core.library.shelf import Shelf
from model_manager.core.tidy import space
from model_manager.core.tidy.space import BASE, FOLDER, KIND, USE, Part, Space
from model_manager.core.tidy.treemap import Rect, squarified

NOW = 2_000_000_000.0


def shelf() -> Shelf:
    """Two LoRAs in a folder below loras, a checkpoint, and a VAE in a root of its own."""
    made = Shelf()
    ways = {
        1: ("loras", "/c/models/loras", "/c/models/loras/style/ink"), 2: ("checkpoints", "/c/models/checkpoints", "/c/models/checkpoints"),
        3: ("vae", "/big/vae", "/big/vae"),
    }  # fmt: skip
    made.set_folders(
        FolderRow(id_, way[2], 0, 0, b"", b"", "", f'[["{way[0]}", "{way[1]}", "{way[2]}", false]]') for id_, way in ways.items()
    )
    models = (
        ("fox", 1, "loras", "SDXL 1.0", 100),
        ("owl", 1, "loras", "", 300),
        ("base", 2, "checkpoints", "SDXL 1.0", 5_000),
        ("v", 3, "vae", "", 600),
    )
    for id_, (name, folder, kind, base, size) in enumerate(models, 1):
        added = NOW - 40 * 86_400
        made.put(plain_row(id_, folder, f"{name}.safetensors", kind, size, int(added * 1e9), added)._replace(base=base))
    return made


def walk(part: Part) -> Iterator[Part]:
    yield part
    for one in part.parts.values():
        yield from walk(one)


def names(whole: Space) -> dict[str, tuple[int, int]]:
    return {part.name: (part.count, part.size) for part in walk(whole.top)}


@pytest.mark.parametrize("way", space.WAYS)
def test_all_is_counted_once(way: str) -> None:
    whole = space.space(space.columns(shelf()), way, now=NOW)
    assert (whole.top.count, whole.top.size) == (4, 6_000)
    for part in walk(whole.top):
        inner = sum(one.size for one in part.parts.values()) + sum(whole.columns.sizes[slot] for slot in part.slots)
        assert part.size == inner and part.count == sum(one.count for one in part.parts.values()) + len(part.slots)


def test_by_folder() -> None:
    whole = space.space(space.columns(shelf()), FOLDER)
    assert names(whole) == {
        "All models": (4, 6_000), "c/models": (3, 5_400), "loras/style/ink": (2, 400), "checkpoints": (1, 5_000), "big/vae": (1, 600),
    }  # fmt: skip
    assert {part.query for part in walk(whole.top)} == {
        "", 'folder:"/c/models"', 'folder:"/c/models/loras/style/ink"', 'folder:"/c/models/checkpoints"', 'folder:"/big/vae"',
    }  # fmt: skip


def test_by_kind_and_by_base() -> None:
    kinds = space.space(space.columns(shelf()), KIND).top
    assert {part.name: sorted(part.parts) for part in kinds.parts.values()} == {
        "LoRAs": ["", "SDXL 1.0"], "Checkpoints": ["SDXL 1.0"], "VAEs": [""],
    }  # fmt: skip
    bases = space.space(space.columns(shelf()), BASE).top
    assert {part.name: part.size for part in bases.parts.values()} == {"SDXL 1.0": 5_100, "Base model not known": 900}


def test_by_last_use() -> None:
    used = {("loras", "style/ink/fox"): NOW - 86_400, ("", "base"): NOW - 400 * 86_400, ("loras", "elsewhere/v"): NOW - 20 * 86_400}
    whole = space.space(space.columns(shelf()), USE, used, NOW)
    assert {part.name: part.size for part in whole.top.parts.values()} == {
        "Used in the last week": 100, "Not used for a year": 5_000, "Used in the last month": 600,
        "New in the last half year, no use known": 300,
    }  # fmt: skip
    assert whole.has_uses and not space.space(space.columns(shelf()), USE, {}, NOW).has_uses


def test_a_model_that_went_takes_no_room() -> None:
    made = shelf()
    made.drop(3)
    assert space.space(space.columns(made), KIND).top.size == 1_000


def test_what_is_shown_of_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = space.space(space.columns(shelf()), FOLDER)
    inner = next(part for part in walk(whole.top) if part.name == "loras/style/ink")
    shown = space.shown_parts(whole, inner)
    assert [(part.name, part.size, part.id) for part in shown] == [("owl.safetensors", 300, 2), ("fox.safetensors", 100, 1)]
    assert "/c/models/loras/style/ink/owl.safetensors" in shown[0].note
    monkeypatch.setattr(space, "MOST_CHILDREN", 1)
    assert [(part.name, part.size) for part in space.shown_parts(whole, inner)] == [("owl.safetensors", 300), ("1 smaller ones", 100)]


@example([29_204_249_354, 1], 1.5, 1.5)
@examples(80)
@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=60), st.floats(1, 3000), st.floats(1, 3000))
def test_rectangles(sizes: list[int], width: float, height: float) -> None:
    ordered = sorted(sizes, reverse=True)
    found = squarified(ordered, Rect(10, 20, width, height))
    assert len(found) == len(ordered)
    whole = width * height
    for size, rect in zip(ordered, found, strict=True):
        assert math.isclose(rect.width * rect.height, whole * size / sum(sizes), rel_tol=1e-6, abs_tol=1e-6 * whole)
        assert rect.x >= 10 - 1e-6 and rect.y >= 20 - 1e-6
        assert rect.x + rect.width <= 10 + width + 1e-6 * width + 1e-6 and rect.y + rect.height <= 20 + height + 1e-6 * height + 1e-6
    for one, other in pairwise(found):
        apart_x = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
        apart_y = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
        assert apart_x <= 1e-6 * width + 1e-9 or apart_y <= 1e-6 * height + 1e-9, "they do not overlap"


def test_nothing_takes_nothing() -> None:
    assert squarified([], Rect(0, 0, 10, 10)) == []
    assert squarified([5], Rect(0, 0, 0, 10)) == [Rect(0, 0, 0, 0)]
    assert space.space(space.columns(Shelf()), FOLDER).top.size == 0


def test_last_uses_are_read(tmp_path: Path) -> None:
    from model_manager.core.comfyui.usage import Usage

    usage = Usage(tmp_path)
    usage._db.execute("INSERT INTO files VALUES (1, '/o/a.png', 1, 5000000000, 1, 1, 0), (2, '/o/b.png', 1, 9000000000, 1, 1, 0)")
    usage._db.execute("INSERT INTO names VALUES ('fox', 'style/fox', 'loras', 1), ('fox', 'style/fox', 'loras', 2)")
    assert usage.last_uses() == {("loras", "style/fox"): 9.0}
    usage.close()
