"""The demo library: complete, honest, small, and never in the way of what is somebody else's."""

import io
import itertools
import json
import os
from pathlib import Path

import pytest
from PIL import Image

from model_manager.core.demo import build_demo
from model_manager.core.demo.build import STAMP
from model_manager.core.demo.catalogue import MODELS
from model_manager.core.demo.sparse import Pieces, keeps_holes, model_pieces, write_pieces
from model_manager.core.demo.tables import TABLES, table, telling_part
from model_manager.core.demo.unet import SD1, SDXL, unet_shapes
from model_manager.core.errors import FolderFault

FAULTS = {"half-downloaded.safetensors", "login-page.safetensors", "pointer-only.safetensors", "never-filled.safetensors"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One demo library for all tests that only read it."""
    return build_demo(tmp_path_factory.mktemp("data") / "demo")


def test_every_model_of_the_catalogue_is_there(demo: Path) -> None:
    missing = [model.path for model in MODELS if not (demo / "models" / model.path).is_file()]
    left_out = 0 if keeps_holes(demo) else 2
    assert len(missing) <= left_out
    assert len(MODELS) >= 60
    assert len({model.path for model in MODELS}) == len(MODELS)


def test_safetensors_headers_agree_with_the_length_of_their_files(demo: Path) -> None:
    for path in sorted(demo.rglob("*.safetensors")):
        if path.name in FAULTS:
            continue
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length))
        ends = [row["data_offsets"] for name, row in header.items() if name != "__metadata__"]
        assert ends[0][0] == 0
        assert all(first[1] == second[0] for first, second in itertools.pairwise(ends))
        assert 8 + length + ends[-1][1] == path.stat().st_size, path.name


def test_half_downloaded_lora_is_shorter_than_its_header_says(demo: Path) -> None:
    path = demo / "models" / "loras" / "needs attention" / "half-downloaded.safetensors"
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    assert 8 + length + max(row["data_offsets"][1] for row in header.values()) > path.stat().st_size


def test_no_file_is_large_and_the_whole_is_small_on_disk(demo: Path) -> None:
    sizes = [path.stat() for path in demo.parent.rglob("*") if path.is_file()]
    assert max(size.st_size for size in sizes) <= 200_000_000
    if keeps_holes(demo):
        assert sum(size.st_blocks * 512 for size in sizes) < 30_000_000


def test_previews_are_pictures_and_all_differ(demo: Path) -> None:
    paths = [path for path in demo.rglob("*") if path.suffix in (".png", ".jpg", ".jpeg", ".webp", ".gif")]
    thumbnails = set()
    for path in paths:
        with Image.open(io.BytesIO(path.read_bytes())) as image:
            thumbnails.add(image.convert("RGB").resize((16, 24)).tobytes())
            assert getattr(image, "n_frames", 1) > 1 or image.size == (512, 768)
    twins = sum(len([name for name in model.pictures if name != "cover"]) > 1 for model in MODELS)
    assert len(thumbnails) >= len(paths) - twins
    assert {path.suffix for path in paths} == {".png", ".jpg", ".jpeg", ".webp", ".gif"}


def test_every_sidecar_dialect_is_there_and_sound(demo: Path) -> None:
    names = [path.name for path in demo.rglob("*")]
    for ending in (".info", ".safetensors.info", ".civitai.info", ".cm-info.json", ".metadata.json", ".md", ".txt", ".description.txt"):
        assert any(name.endswith(ending) for name in names), ending
    for path in [*demo.rglob("*.info"), *demo.rglob("*.json")]:
        if path.name != "torn-notes.info":
            assert isinstance(json.loads(path.read_text(encoding="utf-8")), dict)


def test_paths_in_sidecars_are_those_of_the_finished_library(demo: Path) -> None:
    sidecars = list(demo.rglob("*.metadata.json"))
    assert sidecars
    for path in sidecars:
        said = json.loads(path.read_text(encoding="utf-8"))
        assert Path(said["file_path"]).is_file()
        assert Path(said["file_path"]).stat().st_size == said["size"]


def test_times_are_spread_so_that_sorting_means_something(demo: Path) -> None:
    times = sorted((demo / "models" / model.path).stat().st_mtime for model in MODELS if (demo / "models" / model.path).exists())
    assert times[-1] - times[0] > 500 * 86_400
    assert len(set(times)) == len(times)


@pytest.fixture
def few_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make building quick where its content does not matter."""
    monkeypatch.setattr("model_manager.core.demo.build.MODELS", MODELS[:2])


@pytest.mark.usefixtures("few_models")
def test_building_again_changes_nothing(tmp_path: Path) -> None:
    first = build_demo(tmp_path / "demo")
    note = first / "models" / "checkpoints" / "sdxl" / "amber-fields-xl-v4.md"
    assert note.is_file()
    note.write_text("mine", encoding="utf-8")
    assert build_demo(tmp_path / "demo") == first
    assert note.read_text(encoding="utf-8") == "mine"
    assert os.listdir(tmp_path) == ["demo"]


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(FolderFault):
        build_demo(tmp_path / "demo")
    assert [path.name for path in tmp_path.rglob("*")] == ["demo", "thesis.txt"]


@pytest.mark.usefixtures("few_models")
def test_a_demo_of_another_version_is_built_anew(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / STAMP).write_text("0", encoding="utf-8")
    (tmp_path / "demo" / "old.txt").write_text("old", encoding="utf-8")
    build_demo(tmp_path / "demo")
    assert not (tmp_path / "demo" / "old.txt").exists()


def test_a_place_that_cannot_be_written_is_a_plain_fault_without_leftovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, pieces: Pieces) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("model_manager.core.demo.build.write_pieces", full)
    with pytest.raises(FolderFault, match="disk is full"):
        build_demo(tmp_path / "demo")
    assert list(tmp_path.iterdir()) == []


def test_without_holes_the_whole_stays_small() -> None:
    sizes = [model_pieces(model, min(model.megabytes, 3), {}).size for model in MODELS]
    assert sum(size for size in sizes if size <= 30 << 20) < 300_000_000


def test_pieces_leave_zeros_between(tmp_path: Path) -> None:
    write_pieces(tmp_path / "file", Pieces(((0, b"ab"), (6, b"c")), 9))
    assert (tmp_path / "file").read_bytes() == b"ab\0\0\0\0c\0\0"


def test_unets_have_the_size_of_the_real_ones() -> None:
    def parameters(shapes: dict[str, tuple[int, ...]]) -> int:
        total = 0
        for shape in shapes.values():
            size = 1
            for edge in shape:
                size *= edge
            total += size
        return total

    assert parameters(unet_shapes(SD1)) == 859_520_964
    assert parameters(unet_shapes(SDXL)) == 2_567_463_684
    assert parameters(table("vae")) == 83_653_863


def test_the_telling_part_keeps_the_order_and_what_tells() -> None:
    for name in TABLES:
        if name == "onnx":
            continue
        whole, part = list(table(name)), list(telling_part(table(name), 0))
        assert [key for key in whole if key in set(part)] == part
    kept = telling_part(table("sdxl"), 0)
    assert kept["model.diffusion_model.label_emb.0.0.weight"] == (1280, 2816)
    assert kept["model.diffusion_model.input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"] == (640, 2048)
