"""Decoding: every sort of picture people have, and the ones that must be refused."""

import os
import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from picture_library import motion_jpeg
from PIL import Image, ImageCms
from PySide6.QtGui import QColor, QImage

from model_manager.bridge import pictures, video
from model_manager.core.errors import BadPicture

RED, BLUE = (220, 30, 20), (20, 40, 210)


def _halves(width: int = 512, height: int = 768, mode: str = "RGB") -> Image.Image:
    """Red above, blue below."""
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(BLUE, (0, height // 2, width, height))
    return picture.convert(mode)


def _saved(path: Path, picture: Image.Image, **options: object) -> str:
    picture.save(path, **options)
    return str(path)


def _near(colour: QColor, wanted: tuple[int, int, int], by: int = 40) -> bool:
    return all(abs(a - b) <= by for a, b in zip(colour.getRgb()[:3], wanted, strict=False))


def _is_red_above_blue(image: QImage) -> bool:
    x, height = image.width() // 2, image.height()
    return _near(image.pixelColor(x, height // 8), RED) and _near(image.pixelColor(x, height * 7 // 8), BLUE)


@pytest.mark.parametrize(
    ("name", "options"),
    [*((f"a.{ending}", {}) for ending in ("png", "jpg", "webp", "gif", "bmp", "tiff", "avif")), ("a.tiff", {"compression": "tiff_lzw"})],
)
def test_every_usual_format(tmp_path: Path, name: str, options: dict[str, object]) -> None:
    image = pictures.decode(_saved(tmp_path / name, _halves(), **options), 320)
    assert (image.width(), image.height()) == (233, 349)
    assert image.format() == QImage.Format.Format_RGB32
    assert _is_red_above_blue(image)


@pytest.mark.parametrize(
    ("size", "edge", "expected"),
    [((512, 768), 320, (233, 349)), ((1024, 1024), 320, (320, 320)), ((1920, 1080), 320, (569, 320)), ((4000, 100), 320, (640, 16)),
     ((100, 90), 320, (100, 90)), ((1, 60_000), 320, (1, 640))],
)  # fmt: skip
def test_covers_a_card_and_is_never_enlarged(size: tuple[int, int], edge: int, expected: tuple[int, int]) -> None:
    assert pictures.covering(*size, edge) == expected


def test_the_content_says_what_it_is_not_the_name(tmp_path: Path) -> None:
    path = _saved(tmp_path / "preview.png", _halves(), format="JPEG")
    assert _is_red_above_blue(pictures.decode(path, 160))


@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
@pytest.mark.parametrize(("orientation", "turn"), [(3, 180), (6, 90), (8, 270)])
def test_turned_cameras(tmp_path: Path, name: str, orientation: int, turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    lying = _halves().rotate(turn, expand=True)
    image = pictures.decode(_saved(tmp_path / name, lying, exif=exif), 320)
    assert (image.width(), image.height()) == (233, 349)
    assert _is_red_above_blue(image)


def test_alpha_is_kept_only_where_there_is_some(tmp_path: Path) -> None:
    clear = _halves(mode="RGBA")
    opaque = _saved(tmp_path / "opaque.png", clear)
    clear.paste((0, 0, 0, 0), (0, 0, 256, 384))
    image = pictures.decode(_saved(tmp_path / "clear.png", clear), 320)
    assert image.format() == QImage.Format.Format_ARGB32_Premultiplied
    assert image.pixelColor(5, 5).alpha() == 0
    assert pictures.decode(opaque, 320).format() == QImage.Format.Format_RGB32


def test_sixteen_bits(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.png", Image.new("I;16", (300, 400), 0x8000))
    assert _near(pictures.decode(path, 160).pixelColor(20, 20), (128, 128, 128), 3)


def test_cmyk_jpeg(tmp_path: Path) -> None:
    image = pictures.decode(_saved(tmp_path / "a.jpg", _halves(mode="CMYK")), 320)
    assert image.format() == QImage.Format.Format_RGB32
    assert _is_red_above_blue(image)


def test_a_colour_profile_is_brought_to_srgb(tmp_path: Path) -> None:
    plain = pictures.decode(_saved(tmp_path / "a.png", _halves()), 160)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    same = pictures.decode(_saved(tmp_path / "b.png", _halves(), icc_profile=profile), 160)
    assert _near(same.pixelColor(10, 10), plain.pixelColor(10, 10).getRgb()[:3], 3)
    assert not same.colorSpace().isValid()


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_first_frame_of_an_animation(tmp_path: Path, name: str) -> None:
    path = _saved(tmp_path / name, _halves(), save_all=True, append_images=[Image.new("RGB", (512, 768), (0, 255, 0))], duration=80)
    assert _is_red_above_blue(pictures.decode(path, 320))


def _png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def test_bombs_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + _png_chunk(b"IHDR", head) + _png_chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + _png_chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(bomb)
    with pytest.raises(BadPicture, match="too large"):
        pictures.decode(str(tmp_path / "a.png"), 320)
    with pytest.raises(BadPicture, match="too large"):
        pictures.decode_bytes(bomb, 320)


@pytest.mark.qt_log_ignore("JPEG datastream contains no image")
@pytest.mark.parametrize(
    "content",
    [b"", b"not a picture", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\0\0\0\0WEBP", b"BM" + b"\xff" * 60, b"%PDF-1.4",
     b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
)  # fmt: skip
def test_what_is_no_picture_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(BadPicture, match=r"a\.png"):
        pictures.decode(str(tmp_path / "a.png"), 320)


def test_a_cut_png_is_refused(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.png", Image.effect_noise((300, 300), 90))
    Path(path).write_bytes(Path(path).read_bytes()[:9000])
    with pytest.raises(BadPicture):
        pictures.decode(path, 320)


def test_missing_files_folders_and_pipes(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for name in ("missing.png", "", "pipe.png", "nul\0.png"):
        with pytest.raises(BadPicture):
            pictures.decode(os.path.join(tmp_path, name), 320)


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"caf\xe9.png")
    Path(os.fsdecode(path)).write_bytes(Path(_saved(tmp_path / "a.png", _halves())).read_bytes())
    assert _is_red_above_blue(pictures.decode(os.fsdecode(path), 160))


def test_bytes_from_a_header(tmp_path: Path) -> None:
    out = BytesIO()
    _halves().save(out, "JPEG")
    assert _is_red_above_blue(pictures.decode_bytes(out.getvalue(), 160))
    with pytest.raises(BadPicture, match="inside the model file"):
        pictures.decode_bytes(b"no", 160)


@pytest.mark.qt_log_ignore("JPEG datastream contains no image")
def test_a_thumbnail_survives_being_written(tmp_path: Path) -> None:
    image = pictures.decode(_saved(tmp_path / "a.png", _halves()), 320)
    data = pictures.encode(image)
    assert data[:2] == b"\xff\xd8"
    kept = tmp_path / "kept.jpg"
    kept.write_bytes(data)
    again = pictures.read_thumbnail(str(kept), 320)
    assert again is not None and again.size() == image.size() and again.format() == QImage.Format.Format_RGB32
    assert _is_red_above_blue(again)
    small = pictures.read_thumbnail(str(kept), 200)
    assert small is not None and (small.width(), small.height()) == pictures.covering(image.width(), image.height(), 200)
    assert small.format() == QImage.Format.Format_RGB32 and _is_red_above_blue(small)
    for length in (0, 20):
        kept.write_bytes(data[:length])
        assert pictures.read_thumbnail(str(kept), 320) is None


def test_a_clear_thumbnail_survives_being_written(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (90, 120), (200, 100, 50, 128))
    image = pictures.decode(_saved(tmp_path / "a.png", clear), 320)
    (tmp_path / "kept.jpg").write_bytes(pictures.encode(image))
    again = pictures.read_thumbnail(str(tmp_path / "kept.jpg"), 320)
    assert again is not None and again.format() == QImage.Format.Format_ARGB32_Premultiplied
    colour = again.pixelColor(9, 9)
    assert _near(colour, (200, 100, 50), 4) and abs(colour.alpha() - 128) <= 1


@pytest.mark.qt_log_ignore(".*(pipewire|FFmpeg|decoder|QRhi).*")
def test_a_video_shows_its_first_frame(qapp: object, tmp_path: Path) -> None:
    path = motion_jpeg(tmp_path / "a.avi", [_halves(160, 240)] * 5)
    image = pictures.decode(path, 160)
    assert _is_red_above_blue(image)
    assert image.format() == QImage.Format.Format_RGB32


@pytest.mark.qt_log_ignore(".*(pipewire|FFmpeg|decoder|QRhi).*")
def test_a_video_that_is_none(qapp: object, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"nothing of the kind")
    with pytest.raises(BadPicture, match="video"):
        pictures.decode(str(tmp_path / "a.mp4"), 160)


def test_black_is_dark() -> None:
    image = QImage(64, 64, QImage.Format.Format_RGB32)
    image.fill(QColor(3, 3, 3))
    assert video.is_dark(image)
    image.fill(QColor(90, 30, 30))
    assert not video.is_dark(image)
