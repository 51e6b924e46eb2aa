"""Many previews at once: the plan, the run, its report, and processes that die."""

import base64
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from preview_case import Case, ended_of, picture, record

from model_manager.core.errors import BadPicture
from model_manager.core.formats.write import safetensors_bytes
from model_manager.core.library.entry import ModelRecord, Preview
from model_manager.core.previews import bulk, makers
from model_manager.core.previews.makers import Makers, Wish, fulfil
from model_manager.core.previews.records import (
    BESIDE,
    CIVITAI,
    DRAWN,
    EMBEDDED,
    OUTPUT,
    SORTS,
    VIDEO,
    BulkItem,
    BulkOptions,
    Ended,
    Form,
    Look,
    Output,
    Report,
    Source,
)
from model_manager.core.previews.records import BulkPlan as Plan
from model_manager.core.previews.regenerate import bring_back
from model_manager.core.previews.sources import groups_for, picture_of
from model_manager.core.previews.state import PreviewState, save_state
from model_manager.core.work import Work

PAINTED = picture(colour="green")


class Library(Case):
    """Models of all sorts, and one picture of an output folder."""

    def __init__(self, tmp_path: Path) -> None:
        super().__init__(tmp_path)
        self.output = tmp_path / "output.png"
        self.output.write_bytes(picture(colour="yellow"))
        self.records: list[ModelRecord] = []

    def add(self, name: str, still: bool = False, video: bool = False, cover: bytes = b"", locked: bool = False) -> ModelRecord:
        path = self.folder / f"{name}.safetensors"
        metadata = {"ssmd_cover_images": json.dumps([base64.b64encode(cover).decode()])} if cover else {}
        path.write_bytes(safetensors_bytes({"a": ("F16", [4])}, metadata))
        previews = []
        if still:
            (self.folder / f"{name}.png").write_bytes(picture(colour="black"))
            previews.append(Preview(str(self.folder / f"{name}.png"), "still"))
        if video:
            (self.folder / f"{name}.mp4").write_bytes(b"film")
            previews.append(Preview(str(self.folder / f"{name}.mp4"), "video"))
        if cover:
            previews.append(Preview(str(path), "embedded", 0))
        if locked:
            save_state(str(path), PreviewState(True))
        sidecars = (f"{name}.info",) if locked else ()
        found = record(str(path), len(self.records), tuple(previews), sidecars=sidecars)
        self.records.append(found)
        return found

    def outputs_of(self, found: ModelRecord) -> Sequence[Output]:
        return [Output(str(self.output), 5.0)] if found.name.startswith("used") else []

    def plan(self, options: BulkOptions | None = None) -> Plan:
        return bulk.plan(self.records, self.outputs_of, options or BulkOptions(), Work())

    def run(self, plan: Plan, paint: Callable[..., bytes] = lambda *_: PAINTED, **how: Any) -> dict[str, Ended]:
        return ended_of(plan.items, plan.options.form, self.history, paint, **how)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    found = Library(tmp_path)
    found.add("has", still=True)
    found.add("locked", locked=True)
    found.add("cover", cover=picture(colour="red"))
    found.add("used")
    found.add("usedtoo", cover=picture(colour="red"))
    found.add("film", video=True)
    found.add("bare")
    return found


def test_plan_counts_by_source(library: Library) -> None:
    plan = library.plan()
    assert plan.counts == {EMBEDDED: 2, OUTPUT: 1, VIDEO: 1, DRAWN: 1}
    assert (plan.kept, plan.locked, plan.bare, len(plan.items)) == (1, 1, 0, 5)
    assert bulk.plan_text(plan) == (
        "5 models: 2 from the covers inside the files, 1 from your outputs, 1 from a video, 1 drawn. "
        "1 locked one is left out. 1 has a preview already."
    )


def test_plan_follows_its_options(library: Library) -> None:
    assert library.plan(BulkOptions((OUTPUT, EMBEDDED))).counts == {OUTPUT: 2, EMBEDDED: 1}
    assert library.plan(BulkOptions((OUTPUT, EMBEDDED))).bare == 2
    everything = library.plan(BulkOptions((EMBEDDED, DRAWN), only_missing=False))
    assert everything.bare == 1 and "has" not in [item.name for item in everything.items]  # never a card in place of a picture
    drawn = library.plan(BulkOptions((DRAWN,), only_missing=False))
    assert drawn.counts == {DRAWN: 6} and drawn.locked == 1


def test_models_that_share_a_picture_get_one(library: Library) -> None:
    library.records.append(record(library.records[-1].path.replace(".safetensors", ".ckpt"), 99))
    plan = library.plan()
    assert plan.kept == 2 and 99 not in [item.id for item in plan.items]


def test_plan_remembers_looks(library: Library) -> None:
    one = library.add("cut", cover=picture())
    save_state(one.path, PreviewState(False, Look("fit", (0.1, 0.2))))
    library.records[-1] = record(one.path, one.id, one.previews, sidecars=("cut.info",))
    assert library.plan().items[-1].look == Look("fit", (0.1, 0.2))


@pytest.mark.parametrize("processes", [0, 2])
def test_run_writes_one_preview_each(library: Library, processes: int) -> None:
    before = library.files()
    ended = library.run(library.plan(), processes=processes)
    seen = [f"{name}|{one.applied.path}" for name, one in ended.items() if one.applied]
    after = library.files()
    names = ["cover", "used", "usedtoo", "film", "bare"]
    assert after.keys() - before.keys() == {f"{name}.preview.png" for name in names}
    assert {name: after[name] for name in before} == before
    assert sorted(seen) == sorted(f"{name}|{library.folder / name}.preview.png" for name in names)
    assert {name: one.sort for name, one in ended.items()} == {
        "cover": EMBEDDED, "usedtoo": EMBEDDED, "used": OUTPUT, "film": VIDEO, "bare": DRAWN
    }  # fmt: skip
    assert not any(one.fault for one in ended.values())


def test_words_of_a_report() -> None:
    report = Report({EMBEDDED: 2, DRAWN: 1}, 3, (("one", "broken"),), kept=2, left=4)
    assert bulk.report_text(report) == (
        "3 new previews: 2 from the covers inside the files, 1 drawn. 1 could not be made. 2 were locked or had a picture by then. "
        "Stopped before the end: 4 are left."
    )
    assert bulk.report_text(Report({})) == "No new preview was made."


def test_next_source_where_the_first_will_not_do(library: Library) -> None:
    library.records.clear()
    library.add("usedbroken", cover=b"not a picture" * 9)
    library.add("broken", cover=b"not a picture" * 9)
    library.add("hopeless", video=True)

    def paint(item: BulkItem, source: Source) -> bytes:
        if source.sort == VIDEO or item.name == "hopeless":
            raise BadPicture(f"no frame in {item.name}")
        return PAINTED

    ended = library.run(library.plan(), paint)
    assert {name: one.sort for name, one in ended.items()} == {"usedbroken": OUTPUT, "broken": DRAWN, "hopeless": ""}
    assert ended["hopeless"].fault == "no frame in hopeless" and ended["hopeless"].applied is None


def test_one_fault_stops_nothing(library: Library) -> None:
    (library.folder / "used.preview.png").mkdir()
    ended = library.run(library.plan())
    assert [name for name, one in ended.items() if one.fault] == ["used"] and sum(one.applied is not None for one in ended.values()) == 4


def test_stop_between_two(library: Library) -> None:
    work = Work()
    ended = library.run(library.plan(), work=work, heard=lambda _: work.cancel())
    assert len(ended) == 1 and len([name for name in library.files() if name.endswith(".preview.png")]) == 1


def test_all_can_be_undone(library: Library) -> None:
    before = library.files()
    plan = library.plan(BulkOptions((DRAWN,), only_missing=False))
    ended = library.run(plan)
    assert len(ended) == 6 and "has.png" not in library.files()
    for one in ended.values():
        assert one.applied is not None
        bring_back(one.item.path, library.history.find(one.item.path, one.applied.earlier_id), library.history)
    assert library.files() == before


def test_only_pictures_of_another_size_or_format_are_written_anew(tmp_path: Path) -> None:
    library = Library(tmp_path)
    for name in ("fine", "jpeg", "wide", "heavy", "locked", "none", "moving"):
        library.add(name, locked=name == "locked")
    files = {
        "fine.preview.webp": picture("WEBP"), "jpeg.jpg": picture("JPEG", (300, 200)), "wide.webp": picture("WEBP", (900, 300)),
        "heavy.webp": picture("WEBP") + b" " * 40_000, "locked.jpg": picture("JPEG"), "moving.gif": picture("GIF"),
    }  # fmt: skip
    for name, data in files.items():
        (library.folder / name).write_bytes(data)
    library.records = [
        record(one.path, one.id, tuple(Preview(str(library.folder / name), "animated" if name.endswith("gif") else "still")
               for name in files if name.startswith(one.name)), sidecars=one.sidecars)
        for one in library.records
    ]  # fmt: skip
    before = library.files()
    form = Form(".preview.webp", 600, 30_000)
    plan = library.plan(BulkOptions((BESIDE,), False, form, is_conversion=True))
    assert {item.name for item in plan.items} == {"jpeg", "wide", "heavy"} and plan.locked == 1
    assert bulk.plan_text(plan) == "3 pictures would be written anew. 3 models have no such picture. 1 locked one is left out."
    ended = library.run(plan)
    assert all(one.applied for one in ended.values())
    with Image.open(library.folder / "wide.preview.webp") as wide, Image.open(library.folder / "jpeg.preview.webp") as jpeg:
        assert wide.size == (600, 200) and jpeg.size == (300, 200), "made smaller, never cut"
    assert not {"jpeg.jpg", "wide.webp", "heavy.webp"} & library.files().keys()
    for one in ended.values():
        assert one.applied is not None
        bring_back(one.item.path, library.history.find(one.item.path, one.applied.earlier_id), library.history)
    assert library.files() == before


def test_killed_processes_are_not_missed(library: Library) -> None:
    wishes = [Wish((Source("file", str(library.output), note=str(number)),), Look(), Form()) for number in range(30)]
    made = Makers(count=2)
    found = []
    try:
        for number, result in enumerate(made.make(wishes)):
            found.append(result)
            if number in (3, 9, 12):
                made._workers._processes[0].kill()
    finally:
        made.close()
    assert len(found) == 30 and all(result[0] is not None for result in found)
    assert [result[1].note for result in found if result[1]] == [str(number) for number in range(30)]


def test_a_picture_that_kills_its_process_is_reported(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Makers(count=1)
    monkeypatch.setattr(made._workers, "alone", lambda wish: None)
    wishes = [Wish((Source("file", str(library.output)),), Look(), Form())] * 2
    results = made.make(wishes)
    made._workers._processes[0].kill()
    first = next(results)
    rest = list(results)
    made.close()
    assert first[0] is None and "memory" in first[2] and (rest[-1][0] is not None or "memory" in rest[-1][2])


def test_large_painted_pictures_do_not_block(library: Library) -> None:
    """More bytes in both directions than any pipe holds."""
    large = picture("BMP", (900, 1200))
    made = Makers(count=2)
    try:
        found = list(made.make(Wish((Source(DRAWN, data=large),), Look(), Form()) for _ in range(8)))
    finally:
        made.close()
    assert len(large) > 3_000_000 and all(result[0] for result in found)


def test_without_processes_everything_is_made_here(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_manager.core.processes.own_program", lambda *_: (["/nonexistent/program"], dict(os.environ)))
    made = Makers(count=2)
    found = list(made.make([Wish((Source("file", str(library.output)),), Look(), Form())]))
    made.close()
    assert found[0][0] is not None


def test_groups_keep_their_order(library: Library) -> None:
    one = library.add("usedall", still=True, video=True, cover=picture())
    chosen = [Source("file", str(library.output), note="output.png")]
    outputs = [*library.outputs_of(one), Output(str(library.folder / "film.mp4"), 1.0, is_video=True)]
    online = [Source(CIVITAI, f"https://image.civitai.com/{number}.jpeg") for number in range(3)]
    groups = groups_for(one, outputs, chosen, online)
    assert [group.sort for group in groups] == list(SORTS)
    assert [len(group.sources) for group in groups] == [1, 1, 1, 1, 2, 3, 1]
    assert all(group.title and group.note for group in groups)
    assert [group.sort for group in groups_for(library.records[-2])] == ["file", "drawn"]
    assert groups[1].sources[0].note == "usedall.png"


def test_pictures_of_sources(library: Library) -> None:
    cover = picture(colour="red")
    one = library.add("one", cover=cover)
    assert picture_of(Source(EMBEDDED, one.path)) == cover
    for source in (
        Source(EMBEDDED, one.path, 5),
        Source(EMBEDDED, str(library.folder / "gone")),
        Source(DRAWN),
        Source(VIDEO, one.path),
        Source("file"),
        Source(CIVITAI, "https://image.civitai.com/1.jpeg"),
    ):
        with pytest.raises(BadPicture):
            picture_of(source)
    assert fulfil(Wish((), Look(), Form()))[2] and makers.WORTH_IT > 1
