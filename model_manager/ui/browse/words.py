"""What the online browser calls types, orders, times and states. Plain functions."""

from model_manager.bridge.browse import END, FULL, MORE, TIRED
from model_manager.core.online.records import PERIODS, SORTS, TYPES
from model_manager.core.words import tr, trn


def type_words() -> dict[str, str]:
    """Every type of model by the site's word for it, the usual ones first."""
    named = {
        "Checkpoint": tr("Checkpoint"), "LORA": tr("LoRA"), "LoCon": tr("LyCORIS"), "DoRA": tr("DoRA"), "TextualInversion": tr("Embedding"),
        "Controlnet": tr("ControlNet"), "Upscaler": tr("Upscaler"), "VAE": tr("VAE"), "TextEncoder": tr("Text encoder"),
        "UNet": tr("Diffusion model"), "CLIPVision": tr("CLIP Vision"), "MotionModule": tr("Motion module"), "Workflows": tr("Workflow"),
        "ComfyWorkflows": tr("ComfyUI workflow"), "VisionLanguage": tr("Vision language model"),
        "AestheticGradient": tr("Aesthetic gradient"),
    }  # fmt: skip
    rest = {name: name for name in TYPES if name not in named}
    return named | rest


def sort_words() -> dict[str, str]:
    """Every order by the site's word for it."""
    words = (
        tr("Highest rated"), tr("Most downloaded"), tr("Most liked"), tr("Most discussed"), tr("Most collected"), tr("Most pictures"),
        tr("Newest"), tr("Oldest"),
    )  # fmt: skip
    return dict(zip(SORTS, words, strict=True))


def period_words() -> dict[str, str]:
    """Every time by the site's word for it."""
    words = (tr("Of all time"), tr("This year"), tr("This month"), tr("This week"), tr("Today"))
    return dict(zip(PERIODS, words, strict=True))


def count_words(state: str, shown: int) -> str:
    """How many there are, and whether that is all."""
    text = trn("{count} model", "{count} models", shown) if shown else ""
    if state == END and shown:
        return tr("{models} · that is all", models=text)
    if state == FULL:
        return tr("{models} · more than can be looked through: narrow the search", models=text)
    if state == TIRED:
        return tr("{models} · much of what follows is hidden by the level", models=text or tr("Nothing so far"))
    return tr("{models} so far", models=text) if state == MORE and shown else text
