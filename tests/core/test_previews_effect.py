"""What a new preview would do, told before it is done: the same that is done then, and refusals."""

import os
from pathlib import Path

import pytest
from preview_case import Case, made, picture

from model_manager.core.previews.effect import effect_of
from model_manager.core.previews.records import Effect
from model_manager.core.previews.regenerate import apply


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_nothing_there(case: Case) -> None:
    assert effect_of(case.model, ".preview.png") == Effect("m.preview.png")


@pytest.mark.parametrize("names", [("m_preview_png",), ("m_png", "m_jpeg"), ("m_preview_png", "m_png", "m_webp")])
def test_what_is_told_is_what_is_done(case: Case, names: tuple[str, ...]) -> None:
    case.write(**{name: picture() for name in names}, m_info=b"{}", m_mp4=b"film", m_example_0_jpeg=picture("JPEG"))
    before = set(case.files())
    told = effect_of(case.model, ".preview.png")
    assert told.is_there == ("m.preview.png" in before) and not told.refusal
    apply(case.model, made(), case.history)
    assert set(case.files()) == before - set(told.gone) | {told.target}


def test_whose_picture_it_is_too(case: Case) -> None:
    (case.folder / "m.ckpt").write_bytes(b"model")
    assert effect_of(case.model, ".preview.png").sharing == ("m.ckpt",)


def test_refusals(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.write(m_png=picture())
    monkeypatch.setattr("model_manager.core.previews.effect.LARGEST", 10)
    assert "too large to be kept" in effect_of(case.model, ".preview.png").refusal
    monkeypatch.setattr(os, "access", lambda *_: False)  # whoever runs the tests may be allowed everything
    assert "read-only" in effect_of(case.model, ".preview.png").refusal
    Path(case.model).unlink()
    assert "no longer there" in effect_of(case.model, ".preview.png").refusal
    long = case.folder / ("x" * 249 + ".ckpt")
    long.write_bytes(b"model")
    assert "too long a name" in effect_of(str(long), ".preview.png").refusal
