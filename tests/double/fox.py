"""The model of the sample payloads: three versions, test files A and B of the fact sheet, and what goes with them."""

import json

from model_manager.core.demo.site_cases import small_lora, small_pickle, small_vae
from model_manager.core.demo.site_content import Content, Whole
from model_manager.core.demo.site_records import SiteFile, SiteModel, SitePicture, SiteVersion

FOX = 900030
_ABOUT = (
    "<p>An <em>invented</em> model for tests. Line with ünïcödé, 日本語 and an "
    '<a target="_blank" rel="ugc" href="https://example.com/">external link</a>.</p>'
)


def file_a() -> bytes:
    """Test file A: 88 bytes, a header of 64."""
    header = b'{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}'
    return (64).to_bytes(8, "little") + header.ljust(64) + bytes(16)


def file_b() -> bytes:
    """Test file B: 2,097,296 bytes, a LoRA of one tensor."""
    tensor = {"dtype": "F32", "shape": [512, 1024], "data_offsets": [0, 2097152]}
    header = json.dumps(
        {"__metadata__": {"ss_output_name": "demo"}, "lora_unet_x.lora_down.weight": tensor}, separators=(",", ":")
    ).encode()
    return (136).to_bytes(8, "little") + header.ljust(136) + bytes(range(256)) * 8192


def _file(number: int, name: str, content: Content, kind: str = "Model", **facts: object) -> SiteFile:
    return SiteFile(number, name, content, kind, **facts)


def fox() -> SiteModel:
    """Return it, made anew."""
    training = Whole("fox/training", b"PK\x05\x06" + bytes(18))
    pictures = [
        SitePicture(9200201, ("facets", "ice"), words="glass fox, forest, morning light, <lora:glass_fox_v2:0.8>"),
        SitePicture(9200202, ("facets", "neon"), 720, 1280, 2, is_video=True),
        SitePicture(9200203, ("facets", "rose"), 1024, 1024, 4, words="glass fox"),
    ]
    third = SiteVersion(
        9000303, "v3.0 early", "Illustrious", [_file(9100303, "glass_fox_v3.safetensors", small_lora("fox_v3", 16), fp="bf16")],
        [SitePicture(9200301, ("facets", "sea"))], ("glass fox, translucent fur",), None, "2026-08-01T12:00:00.000Z",
        early="2027-08-15T12:00:00.000Z", hides_numbers=True,
    )  # fmt: skip
    second = SiteVersion(
        9000302, "v2.0", "SDXL 1.0",
        [
            _file(9100302, "glass_fox_v2.safetensors", Whole("fox/b", file_b())),
            _file(9100312, "glass_fox_v2_training.zip", training, "Training Data", format="Other", fp=None, size=None, primary=False),
        ],
        pictures, ("glass fox", "translucent fur, "), "<p>Retrained on 240 images. Weight <strong>0.7 - 0.9</strong>.</p>",
    )  # fmt: skip
    first = SiteVersion(
        9000301, "v1.0", "SD 1.5",
        [
            _file(9100301, "glassfox.safetensors", Whole("fox/a", file_a())),
            _file(
                9100311, "glassfox.pt", small_pickle("glassfox"), format="PickleTensor", fp="fp32", primary=False,
                pickle="Danger", message="**Dangerous import**\n- `os.system`",
            ),
            _file(9100321, "sample-vae.safetensors", small_vae("fox_vae"), "VAE", fp=None, size=None, primary=False),
        ],
        [SitePicture(9200101, ("facets", "mint"), 512, 768)], (), None, "2026-01-10T09:30:00.000Z", downloads=87,
    )  # fmt: skip
    return SiteModel(FOX, "Glass Fox (sample)", "LORA", [third, second, first], about=_ABOUT, tags=("animal", "fox", "glass", "style"))
