"""Where dropped models go and why: by header first, never over a file, never outside a root."""

import os
import sys
from pathlib import Path

import pytest
from intake_case import CLIP, CONTROL, STYLE, UPSCALER, VAE, VISION, Case, by_name, embedding, lora, only, target, tensors, unknown

from model_manager.core.errors import Cancelled
from model_manager.core.files.destinations import destinations
from model_manager.core.files.gather import gather
from model_manager.core.files.intake import Choice, needs
from model_manager.core.files.names import free_stem, safe_name
from model_manager.core.formats.write import gguf_bytes, safetensors_bytes, torch_zip_bytes
from model_manager.core.library.roots import collect
from model_manager.core.work import Work


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_the_header_decides_though_names_are_wrong(case: Case) -> None:
    wanted = {}
    kinds = {
        "vae": VAE,
        "upscale_models": UPSCALER,
        "controlnet": CONTROL,
        "text_encoders": CLIP,
        "style_models": STYLE,
        "clip_vision": VISION,
    }
    for number in range(6):
        for kind, shapes in kinds.items():
            name = f"my lora number {number} {kind[::-1]}.safetensors"
            case.put(f"vae/{name}" if number % 2 else name, safetensors_bytes(tensors(shapes), {"n": str(number)}))
            wanted[name] = kind
        case.put(f"upscaler {number}.safetensors", lora(str(number)))
        wanted[f"upscaler {number}.safetensors"] = "loras"
        case.put(f"vae {number}.pt", torch_zip_bytes(tensors(UPSCALER) | {"n": ("F16", [number + 1])}))
        wanted[f"vae {number}.pt"] = "upscale_models"
        case.put(f"lora{number}.gguf", gguf_bytes("t5encoder", {"token_embd.weight": ("F16", [8, 32])}, {"n": number}))
        wanted[f"lora{number}.gguf"] = "text_encoders"
    assert len(wanted) >= 50
    lines = by_name(case.plan(keeps=False))
    assert {name: line.destination.kind for name, line in lines.items() if line.destination} == wanted
    assert {line.state for line in lines.values()} == {"ready"}
    assert all("by its header" in line.note for line in lines.values())


def test_the_reason_names_the_base(case: Case) -> None:
    case.put("x.safetensors", embedding())
    assert only(case.plan()).note == "Embedding by its header · SD 1.x"


def test_where_the_header_is_silent_sidecar_folder_and_name_are_asked_in_this_order(case: Case) -> None:
    case.put("a/4x-esrgan.pth", unknown())
    case.put("a/4x-esrgan.civitai.info", b'{"model": {"type": "VAE"}}')
    case.put("Lora/4x-other.pth", unknown())
    case.put("a/4x-UltraSharp.pth", unknown())
    case.put("a/quite unknown.pth", unknown())
    lines = by_name(case.plan())
    found = {name: (line.known.kind, line.state) for name, line in lines.items()}
    assert found == {
        "4x-esrgan.pth": ("vae", "ready"), "4x-other.pth": ("loras", "ready"), "4x-UltraSharp.pth": ("upscale_models", "ready"),
        "quite unknown.pth": ("", "ask"),
    }  # fmt: skip
    assert lines["quite unknown.pth"].targets == ()


def test_the_person_chooses_where_nothing_tells(case: Case) -> None:
    planner = case.planner(case.put("quite unknown.pth", unknown()))
    vae = next(one for one in destinations(collect([str(case.comfyui)])) if one.kind == "vae")
    line = only(planner.plan({0: Choice(vae)}, True, Work()))
    assert (line.state, target(line), line.note) == ("ready", "vae/quite unknown.pth", "chosen by you")


def test_damaged_ones_are_left_out_unless_wanted(case: Case) -> None:
    case.put("cut.safetensors", lora()[:-10])
    case.put("page.safetensors", b"<!DOCTYPE html><html>log in</html>")
    case.put("zeros.safetensors", bytes(5000))
    planner = case.planner()
    lines = by_name(planner.plan({}, True, Work()))
    assert {name: (line.state, line.note) for name, line in lines.items()} == {
        "cut.safetensors": ("damaged", "cut off"), "page.safetensors": ("damaged", "not a model"),
        "zeros.safetensors": ("damaged", "its content was never written"),
    }  # fmt: skip
    assert "10 bytes shorter" in lines["cut.safetensors"].text
    wanted = next(one for one in destinations(collect([str(case.comfyui)])) if one.kind == "loras")
    numbers = [name.known.find.name for name in planner.plan({}, True, Work()).lines]
    choice = {numbers.index("cut.safetensors"): Choice(wanted, takes_damaged=True)}
    assert by_name(planner.plan(choice, True, Work()))["cut.safetensors"].state == "ready"


def test_a_wrong_ending_is_told(case: Case) -> None:
    line = only(case.plan(case.put("x.ckpt", lora())))
    assert line.state == "ready" and "ending" in line.note and ".safetensors" in line.text


def test_families_come_along_also_with_a_single_dropped_file(case: Case) -> None:
    model = case.put("foo.safetensors", lora())
    for name in ("foo.png", "foo.civitai.info", "foo.yaml", "foo.safetensors.sha256", "foo.v2.png", "other.png", "foo.part"):
        case.put(name, b"x")
    line = only(case.plan(model))
    names = [part.name for part, _ in line.targets]
    assert names[-1] == "foo.safetensors" and sorted(names[:-1]) == ["foo.civitai.info", "foo.png", "foo.safetensors.sha256", "foo.yaml"]
    found = gather([str(case.drop)], Work())
    assert (found.others, found.partials) == (2, 1)


def test_two_models_of_one_stem_share_what_is_beside_them(case: Case) -> None:
    case.put("foo.safetensors", lora())
    case.put("foo.gguf", gguf_bytes("t5encoder", {"token_embd.weight": ("F16", [8, 32])}))
    case.put("foo.png", b"x")
    case.carry(case.plan(keeps=False))
    assert sorted(case.there()) == ["loras/foo.png", "loras/foo.safetensors", "text_encoders/foo.gguf", "text_encoders/foo.png"]


def test_folders_keep_their_names_but_for_those_of_categories(case: Case) -> None:
    case.put("pack/models/loras/style/a.safetensors", lora())
    planner = case.planner(case.drop / "pack")
    assert target(only(planner.plan({}, True, Work()))) == "loras/pack/style/a.safetensors"
    assert target(only(planner.plan({}, False, Work()))) == "loras/a.safetensors"


def test_a_taken_name_keeps_both_for_the_whole_family(case: Case) -> None:
    (case.models / "loras/a.safetensors").write_bytes(lora("old one"))
    case.put("a.safetensors", lora("new"))
    case.put("a.png", b"picture")
    line = only(case.plan(keeps=False))
    assert (line.state, target(line)) == ("both", "loras/a (2).safetensors")
    assert [os.path.basename(path) for _, path in line.targets] == ["a (2).png", "a (2).safetensors"]


def test_a_taken_sidecar_name_counts_too(case: Case) -> None:
    (case.models / "loras/a.png").write_bytes(b"somebody's")
    (case.models / "loras/b.ckpt").write_bytes(b"x")
    case.put("a.safetensors", lora("new"))
    case.put("a.png", b"picture")
    case.put("b.safetensors", lora("b"))
    case.put("b.md", b"notes")
    lines = by_name(case.plan(keeps=False))
    assert target(lines["a.safetensors"]) == "loras/a (2).safetensors"
    assert target(lines["b.safetensors"]) == "loras/b (2).safetensors", "or its notes would become those of b.ckpt, too"


def test_same_content_is_already_here_and_twice_is_told(case: Case) -> None:
    (case.models / "loras/a.safetensors").write_bytes(lora("same"))
    case.put("a.safetensors", lora("same"))
    case.put("x/b.safetensors", lora("b"))
    case.put("y/b.safetensors", lora("b"))
    case.put("z/b.safetensors", lora("c"))
    lines = case.plan(keeps=False).lines
    assert sorted(line.state for line in lines) == ["both", "here", "ready", "twice"]


def test_what_lies_in_its_folder_is_already_here(case: Case) -> None:
    path = case.models / "loras/deep/a.safetensors"
    path.parent.mkdir()
    path.write_bytes(lora())
    assert only(case.plan(path)).state == "here"


def test_of_the_built_in_pair_todays_name_is_used(case: Case) -> None:
    found = destinations(collect([str(case.comfyui)]))
    firsts = {one.kind: Path(one.path).name for one in found if one.is_first}
    assert firsts["diffusion_models"] == "diffusion_models" and firsts["text_encoders"] == "text_encoders"
    assert next(one for one in found if one.kind == "controlnet").is_new, "ComfyUI looks there, so it may be made"
    assert not any(one.path.endswith("custom_nodes") for one in found)


def test_the_default_of_a_config_comes_first(case: Case, tmp_path: Path) -> None:
    big = tmp_path / "big" / "loras"
    big.mkdir(parents=True)
    (case.comfyui / "folder_paths.py").touch()
    (case.comfyui / "extra_model_paths.yaml").write_text(f"mine:\n  base_path: {tmp_path}/big\n  is_default: true\n  loras: loras\n")
    case.put("a.safetensors", lora())
    line = only(case.plan())
    assert line.destination is not None and line.destination.path == str(big)


def test_without_any_folder_everything_is_stuck(case: Case) -> None:
    case.put("a.safetensors", lora())
    found = gather([str(case.drop)], Work())
    assert destinations(collect([])) == [] and len(found.finds) == 1


def test_loops_and_links(case: Case) -> None:
    case.put("pack/a.safetensors", lora())
    (case.drop / "pack/loop").symlink_to(case.drop / "pack")
    (case.drop / "again").symlink_to(case.drop / "pack")
    (case.drop / "broken.safetensors").symlink_to(case.drop / "nowhere")
    found = gather([str(case.drop)], Work())
    assert [find.name for find in found.finds] == ["a.safetensors"]
    assert len(found.faults) == 1 and "broken" in found.faults[0]


def test_a_diffusers_folder_is_one_model(case: Case) -> None:
    for name in ("model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors"):
        case.put(f"sdxl-turbo/{name}", lora())
    line = only(case.plan())
    assert line.destination is not None and (line.destination.kind, len(line.targets)) == ("diffusers", 3)
    case.carry(case.plan())
    case.put("sdxl-turbo/unet/config.json", b"other")
    assert only(case.plan()).shown == os.path.join("diffusers", "drop", "sdxl-turbo (2)")


def test_space_is_summed_by_drive_and_a_move_within_one_needs_none(case: Case) -> None:
    case.put("a.safetensors", lora())
    case.put("b.safetensors", lora("b"))
    plan = case.plan()
    (need,) = needs(plan, [0, 1], False)
    assert need.wanted == sum(line.size for line in plan.lines) and need.free > 0
    assert [need.wanted for need in needs(plan, [0, 1], True)] == [0]


def test_stopping(case: Case) -> None:
    case.put("a.safetensors", lora())
    work = Work()
    work.cancel()
    with pytest.raises(Cancelled):
        gather([str(case.drop)], work)


@pytest.mark.parametrize(
    ("name", "safe"), [("a:b?.pt", "a_b_.pt"), ("nul.pt", "_nul.pt"), ("a. ", "a"), ("u\u0308.pt", "\u00fc.pt"), ("..", "_")]
)
def test_names_windows_takes(name: str, safe: str) -> None:
    assert safe_name(name, "win32") == safe


def test_names_are_composed() -> None:
    assert safe_name("u\u0308:x", "linux") == "\u00fc:x"


def test_long_names_are_cut_for_their_number() -> None:
    stem = "ä" * 120
    found = free_stem(stem, [".safetensors"], lambda tried: tried != stem)
    assert found.endswith(" (2)") and len((found + ".safetensors").encode()) <= 255


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
def test_a_name_cannot_lead_out(case: Case) -> None:
    case.put("..hidden/..a.safetensors", lora())
    line = only(case.plan())
    assert line.targets[-1][1].startswith(str(case.models / "loras"))
