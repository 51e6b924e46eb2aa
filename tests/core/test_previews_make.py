"""Making previews: hostile and odd pictures, cutting, formats, limits."""

import os
from io import BytesIO
from pathlib import Path
from typing import Any

import hostile_pictures
import pytest
from hostile_pictures import SIZE, noise
from PIL import Image, ImageCms
from preview_case import Case, ended_of, picture, record

from model_manager.core.errors import BadPicture
from model_manager.core.previews import bulk
from model_manager.core.previews.make import make
from model_manager.core.previews.records import FIT, WEBP, Form, Look, Source, form_of
from model_manager.core.previews.shape import crop_box
from model_manager.core.settings import Settings

REFUSED = hostile_pictures.refused()
ODD = hostile_pictures.odd()


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def colour(image: Image.Image, x: float, y: float) -> tuple[int, ...]:
    found = image.convert("RGB").getpixel((int(x * (image.width - 1)), int(y * (image.height - 1))))
    assert isinstance(found, tuple)
    return found


def near(one: tuple[int, ...], other: tuple[int, ...], by: int = 24) -> bool:
    return all(abs(a - b) <= by for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_hostile_pictures_are_refused_with_a_reason(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(REFUSED[name])
    for what in (str(path), REFUSED[name]):
        with pytest.raises(BadPicture) as fault:
            make(what)
        assert len(fault.value.text) > 20 and "Error" not in fault.value.text and "Traceback" not in fault.value.text
    assert name in str(fault.value.text) or "The picture" in fault.value.text


@pytest.mark.parametrize("name", sorted(ODD))
@pytest.mark.parametrize("suffix", [".preview.png", WEBP])
def test_odd_pictures_become_previews(tmp_path: Path, name: str, suffix: str) -> None:
    path = tmp_path / name
    path.write_bytes(ODD[name])
    made = make(str(path), form=Form(suffix))
    image = opened(made.data)
    assert image.format == ("PNG" if suffix != WEBP else "WEBP") and image.size == (made.width, made.height)
    assert image.mode in ("RGB", "RGBA") and max(image.size) <= 1024 and len(made.data) <= 2_000_000
    assert not image.info.keys() & {"icc_profile", "exif", "workflow", "prompt", "XML:com.adobe.xmp"}
    assert ("first" in " ".join(made.notes)) == name.startswith("moving")


def test_no_hostile_picture_is_ever_written(tmp_path: Path) -> None:
    """All of them at once, through the processes, as a bulk run does it."""
    case = Case(tmp_path)
    records = []
    for number, (name, data) in enumerate(sorted(REFUSED.items())):
        (tmp_path / name).write_bytes(data)
        path = case.folder / f"n{number}.safetensors"
        path.write_bytes(b"model")
        records.append((record(str(path), number), tmp_path / name))
    before = case.files()
    items = tuple(bulk.BulkItem(one.id, one.path, one.name, (Source("file", str(path)),), Look()) for one, path in records)
    ended = ended_of(items, Form(), case.history, processes=None)
    assert len(ended) == len(REFUSED) and all(one.fault and not one.applied for one in ended.values()) and case.files() == before
    assert len(REFUSED) > 130 and len(REFUSED) + len(ODD) > 180


@pytest.mark.parametrize("number", range(1, 9))
def test_turned_pictures_stand_upright(number: int) -> None:
    image = opened(make(ODD[f"turned_{number}.jpg"]).data)
    assert image.size == SIZE
    assert near(colour(image, 0.5, 0.1), (254, 0, 0)) and near(colour(image, 0.5, 0.9), (0, 0, 254))


def test_colours_of_deep_and_inverted_pictures() -> None:
    assert near(colour(opened(make(ODD["sixteen_bit_rgb.png"]).data), 0.5, 0.5), (128, 128, 128))
    assert near(colour(opened(make(ODD["float.tiff"]).data), 0.5, 0.5), (128, 128, 128))
    assert near(colour(opened(make(ODD["int.tiff"]).data), 0.5, 0.5), (156, 156, 156))
    sixteen = Image.new("I;16", (64, 64), 0xC000)
    out = BytesIO()
    sixteen.save(out, "PNG")
    assert near(colour(opened(make(out.getvalue()).data), 0.5, 0.5), (192, 192, 192))
    ink = picture("JPEG", mode="CMYK", colour=(0, 255, 255, 0))
    assert near(colour(opened(make(ink).data), 0.5, 0.5), (255, 0, 0), 40)


def test_a_profile_is_followed() -> None:
    """A profile that swaps nothing but lightens: sRGB pixels tagged with linear light come out lighter."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    make(noise("PNG", icc_profile=lab))  # of another colour space: left alone
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = opened(make(picture(colour=(10, 120, 230), icc_profile=srgb)).data)
    assert near(colour(image, 0.5, 0.5), (10, 120, 230), 2)


def test_clear_places_stay_and_useless_alpha_goes() -> None:
    clear = picture(mode="RGBA", colour=(255, 0, 0, 120))
    assert opened(make(clear).data).mode == "RGBA"
    assert opened(make(picture(mode="RGBA", colour=(255, 0, 0, 255))).data).mode == "RGB"


@pytest.mark.parametrize(
    ("size", "look", "wanted"),
    [
        ((512, 768), Look(), (512, 768)),  # a portrait keeps its shape
        ((1000, 1000), Look(), (727, 1000)),
        ((1920, 1080), Look(), (745, 1024)),
        ((400, 1600), Look(), (400, 550)),
        ((1920, 1080), Look(FIT), (1024, 576)),
        ((2000, 3000), Look(), (683, 1024)),
        ((2000, 3000), Look(zoom=4), (500, 750)),
        ((100, 150), Look(zoom=1000), (6, 9)),
    ],
)
def test_shapes(size: tuple[int, int], look: Look, wanted: tuple[int, int]) -> None:
    made = make(picture(size=size), look)
    assert (made.width, made.height) == wanted == opened(made.data).size


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize(("focus", "wanted"), [((0.0, 0.0), "red"), ((0.5, 0.5), "lime"), ((1.0, 1.0), "blue")])
def test_focus_decides_what_is_kept(form: str, focus: tuple[float, float], wanted: str) -> None:
    image = Image.new("RGB", (3000, 900), "lime")
    image.paste("red", (0, 0, 1000, 900))
    image.paste("blue", (2000, 0, 3000, 900))
    out = BytesIO()
    image.save(out, form, quality=95)
    found = opened(make(out.getvalue(), Look(focus=focus)).data)
    want = {"red": (255, 0, 0), "lime": (0, 255, 0), "blue": (0, 0, 255)}[wanted]
    assert all(near(colour(found, x, y), want) for x in (0.02, 0.5, 0.98) for y in (0, 1))


def test_boxes_stay_inside_whatever_is_asked() -> None:
    for size in ((1, 1), (16, 9000), (9000, 16), (512, 512)):
        for look in (Look(focus=(-5, 9), zoom=0), Look(FIT, (7, 7), 3), Look("odd", (0.3, 0.9), 99)):
            left, top, right, bottom = crop_box(*size, look)
            assert 0 <= left < right <= size[0] + 1e-6 and 0 <= top < bottom <= size[1] + 1e-6


@pytest.mark.parametrize("suffix", [".preview.png", WEBP])
@pytest.mark.parametrize("limit", [2_000_000, 400_000, 60_000])
def test_size_limit_is_kept(suffix: str, limit: int) -> None:
    made = make(noise("PNG", size=(700, 1000)), form=Form(suffix, most_bytes=limit))
    assert len(made.data) <= limit and opened(made.data).size == (made.width, made.height)
    assert (made.height < 1000) == bool(made.notes)


def test_a_limit_that_cannot_be_kept_is_told() -> None:
    with pytest.raises(BadPicture, match="cannot be made smaller"):
        make(noise("PNG"), form=Form(most_bytes=100))


def test_files_that_are_no_files(tmp_path: Path) -> None:
    odd: list[Any] = [str(tmp_path), str(tmp_path / "gone.png"), "a\0b.png"]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        odd.append(str(tmp_path / "pipe.png"))
    for path in odd:
        with pytest.raises(BadPicture):
            make(path)


def test_the_settings_say_how_it_is_written() -> None:
    assert form_of(Settings()) == Form()
    wanted = form_of(Settings(preview_format="webp", preview_edge=300, preview_quality=60, preview_kb=500))
    assert wanted == Form(".preview.webp", 300, 500_000, 60)
    low, high = (make(noise("PNG", size=(400, 500)), form=Form(WEBP, 300, quality=quality)) for quality in (55, 95))
    assert max(low.width, low.height) == 300 and len(low.data) < len(high.data)
