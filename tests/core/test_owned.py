"""What of the site's models is here: by ids in sidecars, by answers about hashes, by hashes alone; and what counts as an update."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from library_case import Library
from match_case import MatchCase, lora

from model_manager.core.demo.site_content import Whole
from model_manager.core.demo.site_records import SiteFile, SiteModel, SiteVersion
from model_manager.core.hashes.store import Answer, Store
from model_manager.core.library.index import Index
from model_manager.core.online.owned import OWNED, UPDATE, Standing, owned_ids, standings
from model_manager.core.online.records import Offer
from model_manager.core.tasks.hashing import hash_tasks
from model_manager.core.work import Work
from tests.double import Double


@pytest.fixture
def case(tmp_path: Path, library: Library) -> Iterator[MatchCase]:
    with Double() as double:
        yield MatchCase(tmp_path, library, double)


def publish(model: SiteModel, mark: str, base: str = "SDXL 1.0", early: str = "") -> SiteVersion:
    number = model.versions[0].id + 10
    file = SiteFile(number + 1, f"{mark}.safetensors", Whole(f"new/{number}", lora(mark)))
    version = SiteVersion(number, mark, base, [file], published="2026-06-01T00:00:00.000Z", early=early)
    model.versions.insert(0, version)
    return version


def stands(case: MatchCase, *models: SiteModel) -> dict[str, Standing]:
    """Scan, and judge what the site now says of these models."""
    case.library.scan()
    offers: list[Offer] = [case.tools.sites.civitai.model(model.id) for model in models]
    ids = owned_ids(case.data, case.library.path)
    return standings(case.data, case.library.path, ids, offers)


def here(case: MatchCase, name: str) -> int:
    return case.records()[name].id


def test_ids_of_sidecars_tell_what_is_here(case: MatchCase) -> None:
    _, model = case.both("fox.safetensors")
    _, other = case.both("owl.safetensors")
    case.put("plain.safetensors", lora("plain"))
    (case.loras / "fox.info").write_text(json.dumps({"modelId": model.id, "id": model.id + 1}))
    assert stands(case, model, other) == {str(model.id): Standing(OWNED, here(case, "fox.safetensors"))}
    with Index(case.library.path) as index:
        assert [row[1:] for row in index.site_ids()] == [(model.id, model.id + 1)]


def test_a_model_whose_version_is_not_known_is_owned(case: MatchCase) -> None:
    _, model = case.both("fox.safetensors")
    (case.loras / "fox.info").write_text(json.dumps({"modelId": model.id}))
    assert stands(case, model)[str(model.id)].state == OWNED


def test_a_hash_alone_is_enough(case: MatchCase) -> None:
    path, model = case.both("fox.safetensors")
    assert stands(case, model) == {}
    case.run(*hash_tasks(case.data, [path], False, Work()))
    assert stands(case, model) == {str(model.id): Standing(OWNED, here(case, "fox.safetensors"))}
    Path(path).unlink()
    assert stands(case, model) == {}, "what was hashed once is not here for ever"


def test_an_answer_about_a_hash_counts_without_a_sidecar(case: MatchCase) -> None:
    path, model = case.both("fox.safetensors")
    case.library.scan()
    case.run(*hash_tasks(case.data, [path], False, Work()))
    model.versions[0].files.clear()  # the site tells no hash any more
    with Store(case.data) as store:
        (sha256,) = [row[0] for row in store._kept.rows("SELECT sha256 FROM files")]
        store.save_answers([Answer(sha256, True, model.id, model.id + 1)])
    assert stands(case, model) == {str(model.id): Standing(OWNED, here(case, "fox.safetensors"))}


def test_what_counts_as_an_update(case: MatchCase) -> None:
    _, model = case.both("fox.safetensors")
    (case.loras / "fox.info").write_text(json.dumps({"modelId": model.id, "id": model.id + 1}))
    publish(model, "pony", base="Pony")
    assert stands(case, model)[str(model.id)].state == OWNED, "one for another base model is none"
    publish(model, "early", early="2099-01-01T00:00:00.000Z")
    assert stands(case, model)[str(model.id)].state == OWNED, "nor is one that cannot be had"
    publish(model, "v2")
    assert stands(case, model)[str(model.id)] == Standing(UPDATE, here(case, "fox.safetensors"))
    path = case.put("fox2.safetensors", lora("v2"))
    case.library.scan()
    case.run(*hash_tasks(case.data, [path], False, Work()))
    assert stands(case, model)[str(model.id)] == Standing(OWNED, here(case, "fox2.safetensors"))
