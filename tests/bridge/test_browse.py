"""The online browser's search against the double: pages, faults, levels, what is here, pictures; and nothing before it is asked for."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot
from small_library import lora_bytes, make_library

from model_manager.bridge import browse as module
from model_manager.bridge import tasks
from model_manager.bridge.browse import END, FAILED, FULL, MORE, NEW, TIRED, Browse
from model_manager.bridge.browse_tasks import hit_of
from model_manager.bridge.jobs import Runner
from model_manager.bridge.library_model import PictureKey
from model_manager.bridge.session import Session
from model_manager.bridge.web_thumbnails import HIDDEN, WEB, WebThumbnails, key_of
from model_manager.core.errors import ModelManagerError
from model_manager.core.online.records import EVERYTHING, PG, SAFE, Image, Offer, R, Search, Version
from model_manager.core.settings import Settings
from tests.double import FOX, Double
from tests.double.faults import html_page, server_error, stall

SECONDS = 30_000
MODELS = r"civitai GET /api/v1/models\?"


@pytest.fixture
def double() -> Iterator[Double]:
    with Double(has_library=True, has_many=True) as made:
        yield made


@pytest.fixture
def session(tmp_path: Path, double: Double, qtbot: QtBot, qapp: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    for name, value in double.environ.items():
        monkeypatch.setenv(name, value)
    made = Session(tmp_path / "data", Settings(), Runner(), tasks.Sources((str(make_library(tmp_path)),)))
    made.open()
    made.start()
    qtbot.waitUntil(lambda: made.is_settled, timeout=SECONDS)
    yield made
    qtbot.waitUntil(lambda: made.runner.is_idle, timeout=SECONDS)
    made.close()


@pytest.fixture
def browse(session: Session) -> Browse:
    made = Browse(session, session)
    QAbstractItemModelTester(made.model, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    return made


def look(qtbot: QtBot, browse: Browse, search: Search) -> None:
    browse.look(search)
    settled(qtbot, browse)


def settled(qtbot: QtBot, browse: Browse) -> None:
    qtbot.waitUntil(lambda: browse.state in (MORE, END, FAILED, TIRED, FULL), timeout=SECONDS)


def names(browse: Browse) -> list[str]:
    return [browse.model.card(row).name for row in range(browse.model.rowCount())]


def test_nothing_is_asked_before_somebody_searches(browse: Browse, double: Double) -> None:
    assert browse.state == NEW and browse.model.rowCount() == 0
    browse.near(0)
    browse.again()
    assert double.log == []


def test_pages_come_as_one_scrolls_to_the_end(browse: Browse, double: Double, qtbot: QtBot) -> None:
    look(qtbot, browse, Search(level=EVERYTHING))
    first = browse.model.rowCount()
    assert 0 < first <= 150 and browse.state == MORE
    while browse.state == MORE:
        browse.near(browse.model.rowCount() - 1)
        settled(qtbot, browse)
    ids = [browse.model.id_at(row) for row in range(browse.model.rowCount())]
    assert browse.state == END and len(ids) == len(set(ids)) > 240
    assert [browse.model.row_of(id_) for id_ in ids] == list(range(len(ids)))
    asked = len(double.seen(MODELS))
    browse.near(len(ids) - 1)
    assert len(double.seen(MODELS)) == asked, "nothing after the end"


def test_the_next_page_is_there_before_it_is_seen(browse: Browse, qtbot: QtBot) -> None:
    look(qtbot, browse, Search(level=EVERYTHING))
    qtbot.waitUntil(lambda: browse.model.rowCount() > module.AHEAD, timeout=SECONDS)


def test_choices_narrow_the_search(browse: Browse, double: Double, qtbot: QtBot) -> None:
    look(qtbot, browse, Search("fox", types=("LORA",), base_models=("SDXL 1.0",), sort="Newest", period="Month", level=EVERYTHING))
    (seen,) = double.seen(MODELS)
    assert all(part in str(seen) for part in ("query=fox", "types=LORA", "baseModels=SDXL", "sort=Newest", "period=Month", "nsfw=true"))
    look(qtbot, browse, Search(username="tenfold", level=PG))
    assert names(browse) and "username=tenfold" in str(double.seen(MODELS)[-1]) and "nsfw=false" in str(double.seen(MODELS)[-1])
    look(qtbot, browse, Search("no such thing at all"))
    assert browse.state == END and browse.model.rowCount() == 0


def test_answers_to_former_searches_are_dropped(browse: Browse, double: Double, qtbot: QtBot) -> None:
    double.faults.append(stall(0.6, on="civitai GET .*query=glass", count=1))
    browse.look(Search("glass", level=EVERYTHING))
    look(qtbot, browse, Search(username="tenfold", level=EVERYTHING))
    shown = names(browse)
    qtbot.waitUntil(lambda: browse._runner.is_idle, timeout=SECONDS)
    assert names(browse) == shown and browse.search.username == "tenfold"


def test_a_fault_is_told_and_tried_again(browse: Browse, double: Double, qtbot: QtBot) -> None:
    double.faults.append(html_page(on=MODELS))
    look(qtbot, browse, Search(level=EVERYTHING))
    assert browse.state == FAILED and isinstance(browse.fault, ModelManagerError) and browse.fault.text
    double.faults.clear()
    browse.again()
    settled(qtbot, browse)
    assert browse.state == MORE and browse.fault is None and names(browse)


def test_a_fault_in_the_middle_keeps_what_is_there(browse: Browse, double: Double, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AHEAD", 5)
    look(qtbot, browse, Search(level=EVERYTHING))
    shown = names(browse)
    double.faults.append(html_page(on=MODELS))
    browse.near(len(shown) - 1)
    qtbot.waitUntil(lambda: browse.state == FAILED, timeout=SECONDS)
    assert names(browse) == shown
    double.faults.clear()
    browse.again()
    qtbot.waitUntil(lambda: len(names(browse)) > len(shown), timeout=SECONDS)
    assert names(browse)[: len(shown)] == shown


def test_many_pages_without_anything_ask_the_person(browse: Browse, double: Double, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_manager.core.online.civitai._may_be_shown", lambda offer, level: False)
    look(qtbot, browse, Search(level=PG))
    qtbot.waitUntil(lambda: browse.state in (TIRED, END), timeout=SECONDS)
    assert browse.model.rowCount() == 0 and len(double.seen(MODELS)) <= module.EMPTY_MOST


def test_there_is_an_end_to_what_is_kept(browse: Browse, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HITS_MOST", 50)
    monkeypatch.setattr(module, "KEPT_OFFERS", 10)
    look(qtbot, browse, Search(level=EVERYTHING))
    assert browse.state == FULL and len(browse._offers) == 10
    offer = browse.model.hit(0).offer
    assert offer.raw == {} and all(version.raw == {} and not version.images for version in offer.versions)


def test_details_come_from_what_is_known_or_are_asked_for(browse: Browse, double: Double, qtbot: QtBot) -> None:
    look(qtbot, browse, Search("fox", level=EVERYTHING))
    got: list[Offer] = []
    browse.offer_ready.connect(got.append)
    double.forget()
    browse.ask_offer(FOX)
    assert got[0].id == str(FOX) and got[0].versions[0].images and double.log == []
    browse._offers.clear()
    with qtbot.waitSignal(browse.offer_ready, timeout=SECONDS):
        browse.ask_offer(FOX)
    assert got[1].description and len(double.seen(f"/models/{FOX}")) == 1
    with qtbot.waitSignal(browse.offer_failed, timeout=SECONDS) as blocker:
        browse.ask_offer(999_999_999)
    assert blocker.args is not None and blocker.args[0] == 999_999_999 and blocker.args[1].text


def test_what_is_here_is_marked_and_follows_the_library(
    browse: Browse, session: Session, double: Double, tmp_path: Path, qtbot: QtBot
) -> None:
    look(qtbot, browse, Search("fox", level=EVERYTHING))
    row = browse.model.row_of(FOX)
    assert browse.model.card(row).badge == ""
    folder = tmp_path / "ComfyUI/models/loras"
    (folder / "here.safetensors").write_bytes(lora_bytes("here"))
    (folder / "here.info").write_text(json.dumps({"modelId": FOX, "id": 9_000_302}))
    session.scan([str(folder)])
    qtbot.waitUntil(lambda: browse.model.card(browse.model.row_of(FOX)).badge != "", timeout=SECONDS)
    assert (browse.model.card(row).badge, browse.model.card(row).badge_tone) in (("Owned", "ok"), ("Update", "accent"))
    standing = browse.model.standing(str(FOX))
    assert session.model.card(session.model.row_of(standing.id)).name == "here"
    double.forget()
    look(qtbot, browse, Search("fox", level=EVERYTHING))
    assert browse.model.card(browse.model.row_of(FOX)).badge and len(double.seen(MODELS)) == 1


def offer_with(*levels: int) -> Offer:
    pictures = tuple(Image(f"http://127.0.0.1/{level}.jpeg", 832, 1216, level) for level in levels)
    return Offer("civitai", "7", "Fox", kind="loras", versions=(Version("8", images=pictures),))


def test_pictures_beyond_the_level_are_hidden() -> None:
    assert key_of(hit_of(offer_with(R, PG), SAFE)) == PictureKey("http://127.0.0.1/1.jpeg", 0, 0, WEB, 0)
    hidden = key_of(hit_of(offer_with(R), SAFE))
    assert hidden is not None and hidden.sort == HIDDEN and hidden.path == ""
    assert key_of(hit_of(offer_with(), SAFE)) is None
    assert key_of(hit_of(offer_with(0), SAFE)) == hidden, "what is not rated is not safe"


def test_pictures_are_fetched_kept_and_refused(browse: Browse, double: Double, qtbot: QtBot) -> None:
    look(qtbot, browse, Search(level=EVERYTHING))
    cards = [browse.model.card(row) for row in range(6)]
    keys = [card.picture for card in cards if card.picture is not None]
    pictures: WebThumbnails = browse.pictures
    assert pictures.picture(keys[0], 300) is None and pictures.state(keys[0]) == "asked"
    pictures.want(keys, 300)
    qtbot.waitUntil(lambda: pictures.is_idle, timeout=SECONDS)
    assert all(pictures.state(key) == "have" for key in keys)
    pixmap = pictures.picture(keys[0], 300)
    assert pixmap is not None and max(pixmap.width(), pixmap.height()) >= 300
    double.forget()
    pictures.want(keys, 310)
    assert double.log == [] and pictures.picture(keys[0], 310) is pixmap
    odd = PictureKey(f"{double.storage}/nothing/here.jpeg", 0, 0, WEB, 0)
    pictures.want([odd], 300)
    qtbot.waitUntil(lambda: pictures.state(odd) == "none", timeout=SECONDS)
    pictures.retry()
    assert pictures.state(odd) == "asked"
    nothing = PictureKey("", 0, 0, HIDDEN, 0)
    quiet = pictures.picture(nothing, 300)
    assert pictures.state(nothing) == "have" and quiet is not None and quiet.toImage().pixelColor(0, 0).alpha() == 0


def test_few_pictures_are_kept_but_all_on_screen(browse: Browse, session: Session, qtbot: QtBot) -> None:
    look(qtbot, browse, Search(level=EVERYTHING))
    keys = [key for row in range(8) if (key := browse.model.card(row).picture) is not None]
    pictures = WebThumbnails(session.online, session, memory=1)
    for some in (keys[:4], keys[4:]):
        pictures.want(some, 160)
        qtbot.waitUntil(lambda: pictures.is_idle, timeout=SECONDS)
    assert {key for key, _ in pictures._pixmaps} == set(keys[4:])


def test_pictures_that_scrolled_away_are_not_fetched(browse: Browse, double: Double, qtbot: QtBot) -> None:
    look(qtbot, browse, Search(level=EVERYTHING))
    keys = [key for row in range(40) if (key := browse.model.card(row).picture) is not None]
    double.forget()
    browse.pictures.want(keys, 160)
    browse.pictures.want(keys[-2:], 160)
    qtbot.waitUntil(lambda: browse.pictures.is_idle, timeout=SECONDS)
    assert len(double.seen("storage GET")) < len(keys) - 10


def test_base_models_come_from_the_site(browse: Browse, double: Double, qtbot: QtBot) -> None:
    double.faults.append(server_error(404, on="enums", count=1))
    with qtbot.waitSignal(browse.base_models_known, timeout=SECONDS) as blocker:
        look(qtbot, browse, Search(level=PG))
        qtbot.waitUntil(lambda: browse._runner.is_idle, timeout=SECONDS)
        look(qtbot, browse, Search(level=SAFE))  # the first time it failed
    assert blocker.args is not None and "SDXL 1.0" in blocker.args[0]
