"""What is special on the demo site: models that cannot be downloaded, for each reason there is, and a few repositories and releases.

Small real files. All names are invented; the ids are far above any given.
"""

from model_manager.core.demo.site_content import Content, Whole
from model_manager.core.demo.site_records import HubFile, HubRepo, Release, SiteFile, SiteModel, SitePicture, SiteVersion
from model_manager.core.formats import write

NEEDS_KEY, EARLY, BOUGHT, DISABLED, ARCHIVED, PRIVATE, FRESH, PICKLE, SEVERAL, TAKEN_DOWN, EMPTY = range(1_800_000_000, 1_800_001_100, 100)
REPO, GATED_REPO, PRIVATE_REPO = "example-org/tiny-diffusion", "example-org/tiny-gated", "example-org/tiny-private"
RELEASE_REPO = "example-org/upscalers"


def small_lora(key: str, rank: int = 4) -> Content:
    """Return a small valid LoRA for SDXL, unlike any of another key."""
    tensors: dict[str, tuple[str, tuple[int, ...]]] = {}
    for block in range(4, 9):
        layer = f"lora_unet_input_blocks_{block}_1_transformer_blocks_0_attn2_to_k"
        width = 640 if block < 6 else 1280
        tensors |= {f"{layer}.lora_down.weight": ("F16", (rank, 2048)), f"{layer}.lora_up.weight": ("F16", (width, rank))}
    data = write.safetensors_bytes(tensors, {"ss_output_name": key, "ss_base_model_version": "sdxl_base_v1-0", "ss_network_dim": str(rank)})
    return Whole(f"case/{key}", data)


def small_vae(key: str) -> Content:
    """Return the telling part of a VAE."""
    tensors = {
        "decoder.conv_in.weight": ("F32", (512, 4, 3, 3)), "decoder.conv_out.weight": ("F32", (3, 128, 3, 3)),
        "encoder.conv_in.weight": ("F32", (128, 3, 3, 3)), "encoder.conv_out.weight": ("F32", (8, 512, 3, 3)),
        "post_quant_conv.weight": ("F32", (4, 4, 1, 1)), "quant_conv.weight": ("F32", (8, 8, 1, 1)),
    }  # fmt: skip
    return Whole(f"case/{key}", write.safetensors_bytes(tensors, {"name": key}))


def small_pickle(key: str) -> Content:
    """Return an embedding in the pickle format."""
    return Whole(f"case/{key}", write.torch_zip_bytes({key: ("F32", (4, 768))}, "string_to_param"))


def small_gguf(key: str) -> Content:
    """Return the telling part of a quantised Flux."""
    tensors = {"img_in.weight": ("F16", (3072, 64)), "double_blocks.0.img_attn.norm.key_norm.scale": ("F32", (128,))}
    return Whole(f"case/{key}", write.gguf_bytes("flux", tensors, {"general.name": key}))


def _model(number: int, name: str, kind: str = "LORA", **facts: object) -> SiteModel:
    """Return a model of one version with one file; facts go to the version."""
    slug = name.lower().replace(" ", "_")
    file = SiteFile(number + 2, f"{slug}.safetensors", small_lora(slug))
    pictures = [SitePicture(number + place, ("sea", "dusk"), level=level) for place, level in ((10, 1), (11, 2))]
    version = SiteVersion(number + 1, "v1.0", "SDXL 1.0", [file], pictures, (name.lower(),), "<p>First version.</p>")
    for fact, value in facts.items():
        setattr(version, fact, value)
    return SiteModel(number, name, kind, [version], "nightkiln", f"<p>{name}, an invented model.</p>", ("style", "night"))


def _several() -> SiteModel:
    """Return a model whose version has a file of every sort: two precisions, a VAE of its own, training data, a configuration."""
    model = _model(SEVERAL, "Night Ferry Set")
    half = model.versions[0].files[0]
    full = SiteFile(SEVERAL + 3, "night_ferry_set_full.safetensors", small_lora("night_ferry_full", 8), fp="fp32", primary=False)
    vae = SiteFile(SEVERAL + 4, "night_ferry_vae.safetensors", small_vae("night_ferry_vae"), "VAE", fp=None, size=None, primary=False)
    data = Whole("case/training", b"PK\x05\x06" + bytes(18))
    training = SiteFile(
        SEVERAL + 5, "night_ferry_set_training.zip", data, "Training Data", format="Other", fp=None, size=None, primary=False
    )
    quantised = SiteFile(
        SEVERAL + 6, "night_ferry_set_Q4_K.gguf", small_gguf("night_ferry"), format="GGUF", fp=None, quant="Q4_K_M", primary=False
    )
    model.versions[0].files = [half, full, vae, training, quantised]
    old = SiteVersion(
        SEVERAL + 21, "v0.9", "SD 1.5", [SiteFile(SEVERAL + 22, "night_ferry_old.safetensors", small_lora("night_ferry_old", 2))]
    )
    old.published, old.words = "2026-01-10T09:30:00.000Z", ()
    hidden = SiteVersion(SEVERAL + 31, "v2 draft", "SDXL 1.0", [], is_published=False)
    model.versions = [hidden, model.versions[0], old]
    return model


def _fresh() -> SiteModel:
    """Return a model that was uploaded just now: nothing scanned, no numbers, no creator, no pictures."""
    model = _model(FRESH, "Fresh Upload", "Checkpoint")
    model.creator, model.about, model.hides_numbers, model.tags, model.commercial = "", None, True, (), ()
    version = model.versions[0]
    version.pictures, version.hides_numbers, version.about, version.words, version.base = [], True, None, (), "Flux.1 D"
    version.files = [SiteFile(FRESH + 2, "freshUpload_fp8.gguf", small_gguf("fresh"), "Diffusion Model", format="GGUF", is_scanned=False)]
    return model


def _pickle() -> SiteModel:
    model = _model(PICKLE, "Old Embedding", "TextualInversion")
    model.versions[0].files = [
        SiteFile(
            PICKLE + 2, "old_embedding.pt", small_pickle("old_embedding"), format="PickleTensor", fp="fp32",
            pickle="Danger", message="**Dangerous import**\n- `os.system`",
        )
    ]  # fmt: skip
    return model


def _of_mode(number: int, name: str, mode: str) -> SiteModel:
    model = _model(number, name)
    model.mode = mode
    return model


def cases() -> list[SiteModel]:
    """Return the models, made anew at each call."""
    return [
        _model(NEEDS_KEY, "Members Lounge", needs_key=True), _model(EARLY, "Early Bird", early="2027-08-15T12:00:00.000Z"),
        _model(BOUGHT, "Paid Postcard", early="permanent"), _model(DISABLED, "Generator Only", usage="Generation"),
        _of_mode(ARCHIVED, "Attic Box", "Archived"), _model(PRIVATE, "Locked Drawer", is_private=True), _fresh(), _pickle(), _several(),
        _of_mode(TAKEN_DOWN, "Empty Frame", "TakenDown"), _model(EMPTY, "Nothing Inside", files=[]),
    ]  # fmt: skip


def hub_repos() -> list[HubRepo]:
    """Return an open repository with folders, split files and small ones, a gated and a private one."""
    readme = b"---\nlicense: apache-2.0\n---\n# Tiny diffusion (sample)\n"
    index = b'{"metadata": {}, "weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}\n'
    files = [
        HubFile(".gitattributes", Whole("hub/attributes", b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n"), False),
        HubFile("README.md", Whole("hub/readme", readme), False),
        HubFile("model_index.json", Whole("hub/index", b'{"_class_name": "SamplePipeline"}\n'), False),
        HubFile("tiny_lora.safetensors", small_lora("tiny_lora", 2)),
        HubFile("vae/config.json", Whole("hub/vae", b'{"_class_name": "AutoencoderKL"}\n'), False),
        HubFile("vae/diffusion_pytorch_model.safetensors", small_vae("tiny_vae")),
        HubFile("text_encoder/model-00001-of-00002.safetensors", small_lora("part_1", 3)),
        HubFile("text_encoder/model-00002-of-00002.safetensors", small_lora("part_2", 3)),
        HubFile("text_encoder/model.safetensors.index.json", Whole("hub/split", index), False),
        HubFile("split_files/diffusion models/tiny flux é Q4_K.gguf", small_gguf("tiny_flux")),
    ]
    gated = HubRepo(GATED_REPO, [HubFile("model.safetensors", small_lora("gated", 2))], gated="auto", license="other")
    private = HubRepo(PRIVATE_REPO, [HubFile("model.safetensors", small_lora("private", 2))], is_private=True)
    return [HubRepo(REPO, files, branches=("main", "refs/pr/1", "fp16")), gated, private]


def releases() -> list[Release]:
    """Return releases of an upscaler."""
    new = [("4x-tiny.pth", small_pickle("tiny_upscaler")), ("4x-tiny.safetensors", small_lora("tiny_upscaler_st", 1))]
    return [
        Release(RELEASE_REPO, "v1.1", "Tiny 1.1", new, "Sharper edges."),
        Release(RELEASE_REPO, "v1.0", "Tiny 1.0", [("4x-tiny.pth", small_pickle("tiny_upscaler_old"))], published="2026-01-01T08:00:00Z"),
    ]
