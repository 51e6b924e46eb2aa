"""Which folders are looked into, in which order, for every sort of folder a person may choose."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from model_manager.core.library import layouts
from model_manager.core.library.entry import Root
from model_manager.core.library.roots import Roots, collect, comfyui_folders

CODE = """
import os
folder_names_and_paths["checkpoints"] = ([os.path.join(models_dir, "checkpoints")], supported_pt_extensions)
folder_names_and_paths["configs"] = ([os.path.join(models_dir, "configs")], [".yaml"])
folder_names_and_paths["loras"] = ([os.path.join(models_dir, "loras")], supported_pt_extensions)
folder_names_and_paths["vae"] = ([os.path.join(models_dir, "vae")], supported_pt_extensions)
folder_names_and_paths["text_encoders"] = ([os.path.join(models_dir, "text_encoders"), os.path.join(models_dir, "clip")], supported)
folder_names_and_paths["diffusion_models"] = ([os.path.join(models_dir, "unet"), os.path.join(models_dir, "diffusion_models")], supported)
folder_names_and_paths["custom_nodes"] = ([os.path.join(base_path, "custom_nodes")], set())
folder_names_and_paths["new_thing"] = ([os.path.join(base_path, "new", "thing")], supported_pt_extensions)
"""
Make = Callable[..., str]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that makes folders below `name` and returns its path."""

    def build(name: str, *folders: str, code: str = "") -> str:
        top = tmp_path / name
        top.mkdir(parents=True, exist_ok=True)
        for folder in folders:
            (top / folder).mkdir(parents=True, exist_ok=True)
        if code:
            (top / "folder_paths.py").write_text(code)
        return str(top)

    return build


def of(roots: Roots, kind: str, top: str = "") -> list[str]:
    """Return the paths of one category, relative to `top` when given."""
    return [os.path.relpath(root.path, top) if top else root.path for root in roots.roots if root.kind == kind]


def config(folder: str, text: str, name: str = "extra_model_paths.yaml") -> str:
    """Write a configuration file and return its path."""
    path = Path(folder) / name
    path.write_text(text)
    return str(path)


def test_a_base_folder_has_comfyuis_defaults_and_outputs(make: Make) -> None:
    top = make("base", "models/loras")
    roots = collect([top])
    assert of(roots, "diffusion_models", top) == ["models/unet", "models/diffusion_models", "output/diffusion_models"]
    assert of(roots, "text_encoders", top) == ["models/text_encoders", "models/clip", "output/clip"]
    assert of(roots, "controlnet", top) == ["models/controlnet", "models/t2i_adapter"]
    assert of(roots, "configs") == of(roots, "custom_nodes") == []
    assert roots.problems == ()
    assert set(roots.built_in) == set(roots.roots)
    kinds = list(dict.fromkeys(root.kind for root in roots.roots))
    assert kinds[:4] == ["checkpoints", "loras", "vae", "text_encoders"]


def test_folders_that_are_switched_off_are_left_out(make: Make) -> None:
    top = make("ComfyUI", "models/loras", "models/vae")
    whole, less = collect([top]), collect([top], off=[f"{top}/models/loras/"])
    assert {root.path for root in whole.roots} - {root.path for root in less.roots} == {f"{top}/models/loras"}
    assert less.folders == whole.folders, "ComfyUI looks there all the same"


def test_the_table_is_read_from_comfyuis_own_code(make: Make) -> None:
    top = make("comfy", "models", code=CODE)
    folders = comfyui_folders(collect([top]))
    assert list(folders) == ["checkpoints", "loras", "vae", "text_encoders", "diffusion_models", "new_thing"]
    assert folders["new_thing"] == [os.path.join(top, "new", "thing")]
    assert folders["loras"] == [os.path.join(top, "models", "loras"), os.path.join(top, "output", "loras")]


@pytest.mark.parametrize("code", ["def (", "\0", "x = 1\n", "(" * 4000])
def test_unreadable_code_falls_back_to_the_table(make: Make, code: str) -> None:
    assert len(comfyui_folders(collect([make("comfy", code=code)]))) == 18


def test_a_linked_code_folder_counts_from_its_real_place(make: Make, tmp_path: Path) -> None:
    top = make("comfy", code=CODE)
    (tmp_path / "link").symlink_to(top)
    assert collect([str(tmp_path / "link")]).roots == collect([top]).roots


def test_config_files_in_order_with_defaults_first(make: Make, tmp_path: Path) -> None:
    top = make("comfy", code=CODE)
    config(top, "a:\n  base_path: /b\n  loras: one\n  is_default: true\n")
    second = config(
        str(tmp_path),
        "b:\n  base_path: /b\n  loras: |\n    two\n    three\n  is_default: 'false'\nc:\n  lycoris: /l\n  clip: /te\n",
        "second.yaml",
    )
    roots = collect([top], [second])
    default, output = os.path.join(top, "models", "loras"), os.path.join(top, "output", "loras")
    assert of(roots, "loras") == ["/b/three", "/b/two", "/b/one", default, output]
    assert of(roots, "text_encoders")[-2:] == ["/te", os.path.join(top, "output", "clip")]
    assert Root("loras", "/b/one", "extra_model_paths.yaml: a") in roots.roots
    assert Root("lycoris", "/l", "second.yaml: c") in roots.roots
    assert comfyui_folders(roots)["loras"] == of(roots, "loras")
    assert list(comfyui_folders(roots))[-1] == "lycoris"


def test_a_default_named_again_moves_to_the_front(make: Make) -> None:
    top = make("comfy", code=CODE)
    config(top, f"a:\n  base_path: {top}\n  is_default: true\n  diffusion_models: models/diffusion_models\n")
    assert of(collect([top]), "diffusion_models", top)[:2] == ["models/diffusion_models", "models/unet"]


def test_desktops_option_is_no_category_of_ours(make: Make) -> None:
    top = make("base", "models")
    file = config(
        top,
        f"comfyui_desktop:\n  is_default: 'true'\n  base_path: {top}\n  custom_nodes: custom_nodes/\n  download_model_base: models\n",
        "d.yaml",
    )
    roots = collect([top], [file])
    assert of(roots, "download_model_base") == []
    assert comfyui_folders(roots)["download_model_base"] == [os.path.join(top, "models")]


def test_broken_config_is_a_problem_and_the_rest_stays(make: Make, tmp_path: Path) -> None:
    top = make("comfy", "models", code=CODE)
    config(top, "a: [")
    good = config(str(tmp_path), "b:\n  loras: /good\n  vae: 3\n", "good.yaml")
    roots = collect([top], [good, str(tmp_path / "missing.yaml")])
    assert "/good" in of(roots, "loras")
    assert [os.path.basename(problem.file) for problem in roots.problems] == ["extra_model_paths.yaml", "good.yaml", "missing.yaml"]


def test_flat_entries_are_used_and_marked(make: Make, tmp_path: Path) -> None:
    top = make("comfy", code=CODE)
    flat = config(str(tmp_path), "loras: /flat\nunet: [/u1, /u2]\n", "flat.yaml")
    roots = collect([top], [flat])
    assert {root.path for root in roots.unseen} == {"/flat", "/u1", "/u2"}
    assert "/flat" in of(roots, "loras")
    assert "/flat" not in comfyui_folders(roots)["loras"]


def test_folders_only_custom_nodes_know_are_categories(make: Make) -> None:
    top = make("comfy", "models/ultralytics/bbox", "models/sams", "models/unet", "models/configs", "models/.git", "models/.x", code=CODE)
    roots = collect([top])
    assert of(roots, "ultralytics", top) == ["models/ultralytics"]
    assert of(roots, "sams", top) == ["models/sams"]
    assert {root.kind for root in roots.roots if root not in roots.built_in} == {"ultralytics", "sams"}
    assert "sams" not in comfyui_folders(roots)
    assert not roots.unseen


def test_a_link_to_a_known_folder_is_no_category(make: Make) -> None:
    top = make("comfy", "models/loras", code=CODE)
    Path(top, "models", "my_loras").symlink_to("loras")
    assert of(collect([top]), "my_loras") == []


def test_one_real_folder_is_one_root_but_comfyui_keeps_both_spellings(make: Make, tmp_path: Path) -> None:
    top = make("comfy", "models/loras", code=CODE)
    (tmp_path / "link").symlink_to(Path(top) / "models")
    config(top, f"a:\n  loras: {tmp_path}/link/loras\n")
    roots = collect([top])
    assert of(roots, "loras", top) == ["models/loras", "output/loras"]
    assert len(comfyui_folders(roots)["loras"]) == 3


def test_several_installs_side_by_side(make: Make) -> None:
    one, two = make("one", code=CODE), make("two", "models/loras")
    roots = collect([one, two, one])
    assert of(roots, "loras") == [os.path.join(top, part, "loras") for top in (one, two) for part in ("models", "output")]
    assert {roots.groups[root] for root in roots.roots if root.path.startswith(two)} == {two}
    assert comfyui_folders(roots)["loras"][0].startswith(one)


@pytest.mark.parametrize("inner", ["ComfyUI", "app"])
def test_portable_and_pinokio(make: Make, inner: str) -> None:
    make(f"portable/{inner}", "models", code=CODE)
    top = make("portable", "python_embeded")
    assert of(collect([top]), "loras", top)[0] == f"{inner}/models/loras"


def test_a_models_folder_itself(make: Make) -> None:
    top = make("somewhere/models", "loras", "checkpoints", "ipadapter")
    roots = collect([top])
    assert of(roots, "loras", top) == ["loras"]
    assert of(roots, "ipadapter", top) == ["ipadapter"]
    assert not [root for root in roots.roots if "output" in root.path]


def test_the_models_folder_of_a_comfyui_is_that_comfyui(make: Make) -> None:
    top = make("comfy", "models/loras", code=CODE)
    assert collect([os.path.join(top, "models")]).roots == collect([top]).roots


def test_stability_matrix(make: Make) -> None:
    top = make("sm/Data", "Models/StableDiffusion", "Models/LyCORIS", "Models/Lora", "Models/IpAdapter", "Models/Karlo", "Models/Unet")
    for chosen in (top, os.path.dirname(top), os.path.join(top, "Models")):
        roots = collect([chosen])
        found = [(root.kind, os.path.relpath(root.path, top)) for root in roots.roots]
        assert found == [
            ("checkpoints", "Models/StableDiffusion"),
            ("loras", "Models/Lora"),
            ("loras", "Models/LyCORIS"),
            ("diffusion_models", "Models/Unet"),
            ("ipadapter", "Models/IpAdapter"),
            ("Karlo", "Models/Karlo"),
        ]
        assert {root.source for root in roots.roots} == {"Stability Matrix"}
        assert comfyui_folders(roots) == {}


def test_webui(make: Make) -> None:
    top = make("forge", "models/Stable-diffusion", "models/Lora", "models/VAE-approx", "models/ESRGAN", "models/RealESRGAN", "embeddings")
    roots = collect([top])
    assert of(roots, "checkpoints", top) == ["models/Stable-diffusion"]
    assert of(roots, "upscale_models", top) == ["models/ESRGAN", "models/RealESRGAN"]
    assert of(roots, "embeddings", top) == ["embeddings"]
    assert of(roots, "vae_approx", top) == ["models/VAE-approx"]


def test_webui_beside_a_comfyui_that_was_told_of_half(make: Make) -> None:
    web = make("forge", "models/Stable-diffusion/sub", "models/Lora")
    comfy = make("comfy", code=CODE)
    config(comfy, f"a111:\n  base_path: {web}\n  checkpoints: models/Stable-diffusion\n")
    roots = collect([web, comfy], own=[("checkpoints", os.path.join(web, "models", "Stable-diffusion", "sub"))])
    assert [os.path.basename(root.path) for root in roots.unseen] == ["Lora"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("loras", "loras"),
        ("Lora", "loras"),
        ("StableDiffusion", "checkpoints"),
        ("unet", "diffusion_models"),
        ("my stuff", "other"),
        ("loras/Flux", "loras"),
    ],
)
def test_bare_folders(make: Make, name: str, kind: str) -> None:
    top = make(name)
    roots = collect([top])
    assert roots.roots == (Root(kind, top, "own"),)
    assert not roots.unseen


def test_a_lora_folder_with_a_telling_subfolder_is_still_one_of_loras(make: Make) -> None:
    assert layouts.layout_of(make("loras", "vae")).sort == layouts.BARE
    assert layouts.layout_of(make("stuff", "vae", "loras")).sort == layouts.MODELS


def test_own_folders(make: Make) -> None:
    top, mine = make("comfy", code=CODE), make("mine")
    roots = collect([top], own=[("clip", mine), ("my kind", mine), ("loras", os.path.join(top, "models", "loras"))])
    assert of(roots, "text_encoders")[-1] == mine
    assert of(roots, "my kind") == [mine]
    assert {(root.kind, root.path) for root in roots.unseen} == {("text_encoders", mine), ("my kind", mine)}
    assert len(of(roots, "loras")) == 2


def test_config_files_alone(make: Make, tmp_path: Path) -> None:
    roots = collect([], [config(str(tmp_path), "a:\n  loras: /l\n  configs: /c\n")])
    assert roots.roots == (Root("loras", "/l", "extra_model_paths.yaml: a"),)
    assert comfyui_folders(roots) == {"loras": ["/l"]}


def test_an_install_that_is_away_keeps_its_roots(make: Make, tmp_path: Path) -> None:
    top = make("portable/ComfyUI", "models/sams", code=CODE)
    before = collect([os.path.dirname(top)])
    os.rename(tmp_path / "portable", tmp_path / "gone")
    after = collect([os.path.dirname(top)], known_before=before.roots)
    assert after.roots == before.roots
    assert "not there" in after.problems[0].text
    assert len(collect([os.path.dirname(top)]).roots) > 18


def test_odd_folders_never_stop_the_rest(make: Make, tmp_path: Path) -> None:
    good = make("good", "models")
    (tmp_path / "file").write_text("x")
    (tmp_path / "loop").symlink_to("loop")
    roots = collect([str(tmp_path / "file"), str(tmp_path / "loop"), "no\0name", "", good], own=[("loras", "no\0name")])
    assert os.path.join(good, "models", "loras") in of(roots, "loras")
    assert len(roots.problems) >= 3


def test_a_links_loop_below_models_is_skipped(make: Make) -> None:
    top = make("base", "models/loras")
    Path(top, "models", "loop").symlink_to("loop")
    assert of(collect([top]), "loop") == []


def test_comfyui_keeps_the_doubled_slash_we_fold(make: Make, tmp_path: Path) -> None:
    roots = collect([], [config(str(tmp_path), "a:\n  loras: //l\n")])
    assert comfyui_folders(roots)["loras"] == ["//l"]
    assert of(roots, "loras") == ["/l"]
