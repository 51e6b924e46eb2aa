"""Previews from a site: the right candidate, checked by its content, the next one where it fails, and nothing replaced that is locked."""

import json
import os
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import other_tools
import pytest
from fetched_case import SHA
from PIL import Image as Picture
from preview_case import Case, ended_of, picture, record
from web_case import Site, reply, site, web_for

from model_manager.core.errors import BadPicture, FileFault, NetworkFault
from model_manager.core.library.entry import Facts
from model_manager.core.online import pictures
from model_manager.core.online.civitai import Civitai
from model_manager.core.online.endpoints import Endpoints
from model_manager.core.online.keys import Keys
from model_manager.core.online.known_images import known_images, known_sources, sources_of
from model_manager.core.online.records import CIVITAI, EVERYTHING, SAFE, Image
from model_manager.core.online.web import Web
from model_manager.core.previews import bulk
from model_manager.core.previews.records import CIVITAI as FROM_CIVITAI
from model_manager.core.previews.records import WEBP, BulkOptions, Form, PreviewState
from model_manager.core.previews.state import save_state
from model_manager.core.settings import COMPATIBLE
from model_manager.core.sidecars.family import families
from model_manager.core.sidecars.fetched import Fetched
from model_manager.core.sidecars.merge import read_details
from model_manager.core.sidecars.writing import save_details
from model_manager.core.work import Work
from tests.double import FOX, Double

MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(64)
FORM = Form()


class Served:
    """A site with pictures by name ("red.jpeg"); an answer may be bytes, a status, or both for copies and originals."""

    def __init__(self, at: Site, folder: Path) -> None:
        self.site, self.web = at, web_for(folder, civitai=at.url)
        self.answers: dict[str, Any] = {}
        at.answer = self._answer

    def _answer(self, handler: Any) -> None:
        *_, params, name = handler.path.split("/")
        found = self.answers.get(f"{params}/{name}", self.answers.get(name, 404))
        reply(handler, *((found, b"no") if isinstance(found, int) else (200, found)))

    def image(self, name: str, level: int = 1, **more: Any) -> Image:
        more = {"width": 832, "height": 1216, "is_video": name.endswith(".mp4")} | more
        return Image(f"{self.site.url}/account/uuid/original=true/{name}", level=level, **more)

    def asked(self) -> list[str]:
        return [asked.path.removeprefix("/account/uuid/") for asked in self.site.log]


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr("model_manager.core.online.web.growing", lambda _: 0.0)
    with site() as at:
        found = Served(at, tmp_path)
        yield found
        found.web.close()


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def save(case: Case, served: Served, *images: Image, level: int = SAFE, form: Form = FORM) -> Any:
    return pictures.save_preview(case.model, images, level, served.web, case.history, form)


def colour(data: bytes) -> tuple[int, ...]:
    image = Picture.open(BytesIO(data)).convert("RGB")
    found = image.getpixel((image.width // 2, image.height // 2))
    assert isinstance(found, tuple)
    return tuple(round(part / 255) for part in found)


RED, GREEN, BLUE = (1, 0, 0), (0, 1, 0), (0, 0, 1)


def jpeg(name: str) -> bytes:
    return picture("JPEG", (832, 1216), name)


def test_the_best_that_may_be_shown(case: Case, served: Served) -> None:
    served.answers = {"hot.jpeg": jpeg("red"), "kid.jpeg": jpeg("red"), "wide.jpeg": jpeg("red"), "fit.jpeg": jpeg("blue")}
    images = [
        served.image("hot.jpeg", 8), served.image("kid.jpeg", is_delicate=True), served.image("wide.jpeg", width=2000, height=500),
        served.image("fit.jpeg", 2), served.image("unknown.jpeg", 0),
    ]  # fmt: skip
    done = save(case, served, *images)
    assert served.asked() == ["width=1200/fit.jpeg"] and done.warnings == ()
    data = case.files()["m.preview.png"]
    assert data.startswith(b"\x89PNG") and colour(data) == BLUE and max(Picture.open(BytesIO(data)).size) <= 1024
    assert save(case, served, images[0]) is None and save(case, served) is None, "none may be shown"


def test_what_a_person_chose_comes_first(case: Case, served: Served) -> None:
    served.answers = {"hot.jpeg": jpeg("red"), "fit.jpeg": jpeg("blue")}
    hot, fit = served.image("hot.jpeg", 16, width=2000, height=500), served.image("fit.jpeg")
    pictures.save_preview(case.model, [fit, hot], SAFE, served.web, case.history, FORM, chosen=hot)
    assert colour(case.files()["m.preview.png"]) == RED and served.asked() == ["width=1200/hot.jpeg"]
    gone = served.image("gone.jpeg")
    pictures.save_preview(case.model, [hot, fit], SAFE, served.web, case.history, FORM, chosen=gone)
    assert colour(case.files()["m.preview.png"]) == BLUE, "then only what may be shown"


def test_a_copy_that_is_not_there_gives_way_to_the_original(case: Case, served: Served) -> None:
    for answer in (404, b"<!DOCTYPE html><p>soon</p>"):
        served.site.log.clear()
        served.answers = {"width=1200/a.jpeg": answer, "original=true/a.jpeg": jpeg("lime")}
        assert save(case, served, served.image("a.jpeg")).path.endswith("m.preview.png")
        assert served.asked() == ["width=1200/a.jpeg", "original=true/a.jpeg"] and colour(case.files()["m.preview.png"]) == GREEN


@pytest.mark.parametrize("bad", [404, 403, b"<html>login</html>", b"", jpeg("red")[:5000], b"GIF89a", MP4, b'{"error": 1}', 500])
def test_the_next_one_is_tried(case: Case, served: Served, bad: Any) -> None:
    served.answers = {"bad.jpeg": bad, "good.jpeg": jpeg("blue")}
    done = save(case, served, served.image("bad.jpeg"), served.image("good.jpeg"))
    assert colour(case.files()["m.preview.png"]) == BLUE and len(done.warnings) == 1


def test_when_all_fail_nothing_changes_and_all_is_told(case: Case, served: Served) -> None:
    case.write(m_png=picture())
    faults: list[str] = []
    images = [served.image(f"{number}.jpeg") for number in range(9)]
    with pytest.raises(BadPicture, match="None of the example pictures"):
        pictures.preview_bytes(images, SAFE, served.web, faults=faults)
    assert len(faults) == pictures.MOST_TRIED and list(case.files()) == ["m.png"]


def test_without_a_connection_it_can_be_tried_later(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_manager.core.online.web.growing", lambda _: 0.0)
    web = web_for(tmp_path)
    with pytest.raises(NetworkFault):
        pictures.save_preview(case.model, [Image("http://127.0.0.1:9/original=true/a.jpeg", level=1)], SAFE, web, case.history)
    web.close()
    assert case.files() == {}


def test_what_is_too_large_is_not_taken(case: Case, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_BYTES", 1000)
    served.answers = {"big.jpeg": jpeg("red"), "small.jpeg": picture("JPEG", (64, 96), "blue")}
    save(case, served, served.image("big.jpeg"), served.image("small.jpeg"))
    assert colour(case.files()["m.preview.png"]) == BLUE


def test_a_locked_picture_stays_and_an_old_one_is_kept(case: Case, served: Served) -> None:
    served.answers = {"a.jpeg": jpeg("blue")}
    case.write(m_png=picture())
    save_state(case.model, PreviewState(True))
    assert save(case, served, served.image("a.jpeg")) is None and not served.asked()
    save_state(case.model, PreviewState(False))
    done = save(case, served, served.image("a.jpeg"), form=Form(suffix=WEBP))
    assert done.retired == ("m.png",) and case.files()["m.preview.webp"][8:12] == b"WEBP"
    assert case.history.earlier(case.model)[0].names == ("m.png",)


def test_a_still_of_a_video(case: Case, served: Served) -> None:
    still = "anim=false,transcode=true,width=1200/film.jpeg"
    served.answers = {still: jpeg("blue")}
    assert save(case, served, served.image("film.mp4")) is not None and served.asked() == [still]
    with pytest.raises(BadPicture):
        pictures.preview_bytes([Image("https://example.com/film.mp4", level=1, is_video=True)], SAFE, served.web)


def test_beside_a_model_that_is_not_there_yet(case: Case, served: Served) -> None:
    served.answers = {"a.jpeg": jpeg("blue")}
    os.unlink(case.model)
    with pytest.raises(FileFault):
        save(case, served, served.image("a.jpeg"))
    made = pictures.preview_bytes([served.image("a.jpeg")], SAFE, served.web)
    assert made is not None and pictures.place_first(case.model, made) == "m.preview.png"
    assert pictures.place_first(case.model, made) == "", "what is there stays"
    assert list(case.files()) == ["m.preview.png"] and case.files()["m.preview.png"] == made.data
    with pytest.raises(FileFault):
        pictures.place_first(str(case.folder / "gone" / "x.safetensors"), made)
    with pytest.raises(FileFault):
        pictures.place_first(str(case.folder / ("x" * 250 + ".pt")), made)


def test_a_video_beside_only_when_asked(case: Case, served: Served) -> None:
    images = [served.image("a.jpeg"), served.image("film.mp4", 2), served.image("hot.mp4", 16)]
    served.answers = {"film.mp4": MP4}
    assert pictures.place_video(case.model, images[:1], SAFE, served.web) == ""
    assert pictures.place_video(case.model, images, SAFE, served.web) == "m.mp4" and case.files()["m.mp4"] == MP4
    assert pictures.place_video(case.model, images, EVERYTHING, served.web) == "", "it has one"
    os.unlink(case.folder / "m.mp4")
    served.answers = {"film.mp4": b"<html>"}
    with pytest.raises(BadPicture):
        pictures.place_video(case.model, images, SAFE, served.web)
    assert case.files() == {}


# sources for "Regenerate thumbnail"


HOLDERS: list[tuple[str, Callable[[Any], Any]]] = [
    ("m.info", lambda images: {"images": images}),
    ("m.civitai.info", lambda images: {"id": 1, "images": images}),
    ("m.metadata.json", lambda images: {"civitai": {"images": images}}),
]


@pytest.mark.parametrize(("name", "holder"), HOLDERS)
def test_pictures_that_sidecars_tell_of(case: Case, served: Served, name: str, holder: Callable[[Any], Any]) -> None:
    raw = [{"url": served.image("a.jpeg").url, "nsfwLevel": 1, "type": "image"}, {"url": served.image("b.jpeg").url, "nsfwLevel": 16}]
    (case.folder / name).write_text(json.dumps(holder(raw)))
    one = record(case.model, sidecars=(name,))
    assert [image.level for image in known_images(one)] == [1, 16]
    assert [source.path for source in known_sources(one, SAFE)] == [raw[0]["url"]]
    (case.folder / name).write_text("{broken")
    assert known_images(one) == () and not served.asked()


def test_bulk_from_civitai(case: Case, served: Served) -> None:
    served.answers = {"a.jpeg": jpeg("blue")}
    one, two = record(case.model), record(str(case.folder / "n.safetensors"), 2)
    Path(two.path).write_bytes(b"model")
    options = BulkOptions((FROM_CIVITAI,))
    assert not bulk.plan([one, two], lambda _: (), options, Work()).items, "offline there is no such source"
    offered = {1: sources_of([served.image("bad.jpeg"), served.image("a.jpeg")], SAFE), 2: sources_of([served.image("bad.jpeg")], SAFE)}
    plan = bulk.plan([one, two], lambda _: (), options, Work(), lambda found: offered[found.id])
    assert plan.counts == {FROM_CIVITAI: 2} and "from Civitai" in bulk.plan_text(plan) and not served.asked()
    ended = ended_of(plan.items, options.form, case.history, lambda _, source: pictures.picture_bytes(source.path, served.web))
    assert [one.sort for one in ended.values()] == [FROM_CIVITAI, ""] or [one.sort for one in ended.values()] == ["", FROM_CIVITAI]
    assert colour(case.files()["m.preview.png"]) == BLUE


# all of it together, against the double


def test_from_the_site_to_the_sidecars_and_the_picture(tmp_path: Path) -> None:
    model = tmp_path / "fox.safetensors"
    with Double() as double:
        ends = Endpoints(double.civitai, double.huggingface, double.github)
        web = Web(ends, Keys(tmp_path / "data", {}))
        offer = Civitai(web, ends).model(FOX, 9000302)
        version = next(one for one in offer.versions if one.id == "9000302")
        file = next(one for one in version.files if one.is_primary)
        written = save_details(str(model), Fetched(CIVITAI, offer, version, file, 1.78e9), COMPATIBLE, SHA, 2_097_296)
        made = pictures.preview_bytes(version.images, SAFE, web)
        assert made is not None and pictures.place_first(str(model), made) == "fox.preview.png"
        asked = double.seen("storage GET .*width=1200")
        web.close()
    assert len(written) == 6 and len(asked) == 1
    for read, suffix in ((other_tools.chris, ".info"), (other_tools.hayden, ".md"), (other_tools.civitai_helper, ".civitai.info")):
        read(model.with_name("fox" + suffix))
    assert other_tools.stability_matrix(model.with_name("fox.cm-info.json"))["ModelType"] == "LORA"
    assert other_tools.lora_manager(model.with_name("fox.metadata.json"), model)["civitai"]["id"] == 9000302
    other_tools.web_ui(model.with_name("fox.json"))
    names = os.listdir(tmp_path)
    found = read_details(str(tmp_path), model.name, families([model.name], names)[model.name], Facts())
    assert (found.model_id, found.version_id, found.base_model, found.author) == (900030, 9000302, "SDXL 1.0", offer.author)
    assert found.trigger_words and found.description and found.hashes["sha256"] == SHA and not found.problems
    assert urlsplit(found.links[0][1]).hostname == "civitai.com"
