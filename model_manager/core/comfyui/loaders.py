"""The table of ComfyUI's loader nodes: which class loads a category, by which widgets, and what it gives.

Called by nodes. It knows names only; it never touches the disk or a server.
"""

from dataclasses import dataclass
from typing import Final

from model_manager.core.library.kinds import current_name

GGUF_PACK: Final = "ComfyUI-GGUF"
_IMPACT_PACK: Final = "ComfyUI-Impact-Pack"
_ANIMATEDIFF_PACK: Final = "ComfyUI-AnimateDiff-Evolved"


@dataclass(frozen=True, slots=True)
class Loader:
    """One loader class.

    field: the input that takes the file's name, always the first widget. extra: values of the widgets after it.
    inputs and outputs: types of the slots in order. size: (width, height) in the page's pixels, without the title bar.
    pack: the custom node it comes with, "" for ComfyUI's own. prefix: what stands before the file's name in its list.
    """

    type: str
    field: str
    outputs: tuple[str, ...]
    extra: tuple[str | float, ...] = ()
    inputs: tuple[str, ...] = ()
    pack: str = ""
    prefix: str = ""

    @property
    def size(self) -> tuple[int, int]:
        """Room for the slots, then a line of widgets each."""
        return 340, 26 + 20 * max(len(self.inputs), len(self.outputs)) + 28 * (1 + len(self.extra))


MODEL, CLIP, VAE = "MODEL", "CLIP", "VAE"
_ALL: Final = (MODEL, CLIP, VAE)

# Comfy-Org/ComfyUI:nodes.py, comfy_extras/nodes_*.py; the class that ComfyUI's own model library makes
# (Comfy-Org/ComfyUI_frontend:src/platform/assets/mappings/modelNodeMappings.ts)
LOADERS: Final[dict[str, Loader]] = {
    "checkpoints": Loader("CheckpointLoaderSimple", "ckpt_name", _ALL),
    "loras": Loader("LoraLoader", "lora_name", (MODEL, CLIP), (1.0, 1.0), (MODEL, CLIP)),
    "vae": Loader("VAELoader", "vae_name", (VAE,)),
    "diffusion_models": Loader("UNETLoader", "unet_name", (MODEL,), ("default",)),
    "text_encoders": Loader("CLIPLoader", "clip_name", (CLIP,), ("stable_diffusion", "default")),
    "diffusers": Loader("DiffusersLoader", "model_path", _ALL),
    "clip_vision": Loader("CLIPVisionLoader", "clip_name", ("CLIP_VISION",)),
    "style_models": Loader("StyleModelLoader", "style_model_name", ("STYLE_MODEL",)),
    "controlnet": Loader("ControlNetLoader", "control_net_name", ("CONTROL_NET",)),
    "gligen": Loader("GLIGENLoader", "gligen_name", ("GLIGEN",)),
    "upscale_models": Loader("UpscaleModelLoader", "model_name", ("UPSCALE_MODEL",)),
    "hypernetworks": Loader("HypernetworkLoader", "hypernetwork_name", (MODEL,), (1.0,), (MODEL,)),
    "photomaker": Loader("PhotoMakerLoader", "photomaker_model_name", ("PHOTOMAKER",)),
    "model_patches": Loader("ModelPatchLoader", "name", ("MODEL_PATCH",)),
    "audio_encoders": Loader("AudioEncoderLoader", "audio_encoder_name", ("AUDIO_ENCODER",)),
    # ComfyUI after October 2025
    "latent_upscale_models": Loader("LatentUpscaleModelLoader", "model_name", ("LATENT_UPSCALE_MODEL",)),
    "background_removal": Loader("LoadBackgroundRemovalModel", "bg_removal_name", ("BACKGROUND_REMOVAL",)),
    "frame_interpolation": Loader("FrameInterpolationModelLoader", "model_name", ("INTERP_MODEL",)),
    "geometry_estimation": Loader("LoadMoGeModel", "model_name", ("MOGE_MODEL",)),
    "optical_flow": Loader("OpticalFlowLoader", "model_name", ("OPTICAL_FLOW",)),
    # custom nodes
    "unet_gguf": Loader("UnetLoaderGGUF", "unet_name", (MODEL,), pack=GGUF_PACK),
    "clip_gguf": Loader("CLIPLoaderGGUF", "clip_name", (CLIP,), ("stable_diffusion",), pack=GGUF_PACK),
    "animatediff_models": Loader("ADE_LoadAnimateDiffModel", "model_name", ("MOTION_MODEL_ADE",), pack=_ANIMATEDIFF_PACK),
    "animatediff_motion_lora": Loader("ADE_AnimateDiffLoRALoader", "name", ("MOTION_LORA",), (1.0,), pack=_ANIMATEDIFF_PACK),
    "ipadapter": Loader("IPAdapterModelLoader", "ipadapter_file", ("IPADAPTER",), pack="ComfyUI_IPAdapter_plus"),
    "sams": Loader("SAMLoader", "model_name", ("SAM_MODEL",), ("AUTO",), pack=_IMPACT_PACK),
    "ultralytics": Loader("UltralyticsDetectorProvider", "model_name", ("BBOX_DETECTOR", "SEGM_DETECTOR"), pack=_IMPACT_PACK),
    "ultralytics_bbox": Loader(
        "UltralyticsDetectorProvider", "model_name", ("BBOX_DETECTOR", "SEGM_DETECTOR"), pack=_IMPACT_PACK, prefix="bbox/"
    ),
    "ultralytics_segm": Loader(
        "UltralyticsDetectorProvider", "model_name", ("BBOX_DETECTOR", "SEGM_DETECTOR"), pack=_IMPACT_PACK, prefix="segm/"
    ),
}
LORA_ONLY: Final = Loader("LoraLoaderModelOnly", "lora_name", (MODEL,), (1.0,), (MODEL,))

# city96/ComfyUI-GGUF:nodes.py takes these out of the folders of the core
_GGUF: Final = {"diffusion_models": "unet_gguf", "text_encoders": "clip_gguf"}
# Formats that only custom nodes load: the core's loaders do not list such files, in whatever folder they lie.
_NEVER_IN_CORE: Final = (".gguf", ".onnx", ".engine", ".trt")


def kind_for_loader(kind: str, name: str) -> str:
    """Return the key of LOADERS for a file of a category: today's name of it, or the one of GGUF files there."""
    kind = current_name(kind)
    return _GGUF.get(kind, kind) if name.lower().endswith(".gguf") else kind


def loader_of(kind: str, name: str) -> Loader | None:
    """Return the class that loads a file of this name in this category, None if there is none."""
    loader = LOADERS.get(kind_for_loader(kind, name))
    if loader is None or (not loader.pack and name.lower().endswith(_NEVER_IN_CORE)):
        return None
    return loader


def encoders_loader(count: int, clip_type: str, is_gguf: bool) -> Loader:
    """Return the class that loads `count` (1 to 4) text encoders together; clip_type: its `type` widget where it has one."""
    word = ("", "", "Dual", "Triple", "Quadruple")[count]
    types = (clip_type,) if count < 3 else ()
    if is_gguf:
        return Loader(f"{word}CLIPLoaderGGUF", "clip_name1" if word else "clip_name", (CLIP,), types, pack=GGUF_PACK)
    device = ("default",) if count < 3 else ()
    return Loader(f"{word}CLIPLoader", "clip_name1" if word else "clip_name", (CLIP,), types + device)
