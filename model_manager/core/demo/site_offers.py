"""What the demo site offers: the models of the demo library, newer versions of some, and many to browse through.

Called when a demo site starts; contents are made when they are asked for. Models of the library have its very bytes, and the ids that
their sidecars tell.
"""

import dataclasses
import random
from collections.abc import Callable, Iterator
from typing import Final

from model_manager.core.demo.canvas import PALETTES
from model_manager.core.demo.catalogue import FLUX, ILLUSTRIOUS, MODELS, PONY, SD1, SDXL, Model
from model_manager.core.demo.papers import header_of, made_of, number_of, type_of
from model_manager.core.demo.pictures import MOTIFS
from model_manager.core.demo.site_cases import cases, hub_repos, releases
from model_manager.core.demo.site_content import Content, Holes
from model_manager.core.demo.site_hashes import KNOWN
from model_manager.core.demo.site_records import Site, SiteFile, SiteModel, SitePicture, SiteVersion
from model_manager.core.demo.sparse import model_pieces

SMALL, NEW = 3, 24  # megabytes of a model where the disk keeps no holes, and of a newer version
MANY = 240
_LEVELS: Final = (1, 1, 2, 1, 4)
_FORMATS: Final = {"safetensors": "SafeTensor", "gguf": "GGUF"}
_FILE_TYPES: Final = {"vae": "VAE", "diffusion_models": "Diffusion Model", "text_encoders": "Text Encoder", "upscale_models": "Upscaler"}
_FIRST: Final = "Amber Copper Quiet Paper Velvet Hollow Silver Northern Drowsy Painted Salt Lantern Moss Cobalt Winter Tidal".split()
_SECOND: Final = "Meadow Harbour Atlas Orchard Comet Theatre Canyon Garden Mosaic Ferry Almanac Cathedral Kiln Reef Observatory".split()
_KINDS: Final = (
    ("LORA", "loras", "lora_sd1_4", SD1), ("LORA", "loras", "lora_sdxl_4", SDXL), ("TextualInversion", "embeddings", "embedding_sd1", SD1),
    ("LORA", "loras", "lora_sdxl_4", ILLUSTRIOUS), ("LORA", "loras", "lora_flux_16", FLUX), ("LORA", "loras", "lora_sdxl_4", PONY),
    ("VAE", "vae_approx", "taesd", SD1), ("TextualInversion", "embeddings", "embedding_sdxl", SDXL),
)  # fmt: skip


# what the site says of models that lie in the library without a picture and a sidecar: title, author, trigger words, tags, art, about
_NAMES: Final = {
    "loras/unsorted/new-lora-000012.safetensors": (
        "Lantern Alley", "nightkiln", ("lantern alley",), ("concept", "night", "city"), ("city", "amber"),
        "Narrow streets after rain, lit from doorways.",
    ),
    "loras/unsorted/test final (2).safetensors": (
        "Sunday Still Life", "stonebrush", ("sunday still life",), ("style", "painting"), ("spheres", "clay"), "Fruit, cloth, north light.",
    ),
    "vae/lantern-ae.safetensors": ("Lantern AE", "lamplighter", (), ("vae",), ("city", "sea"), "Goes with every Flux.1 model."),
    "checkpoints/sd15/linen-1-4.ckpt": ("Linen 1.4", "tenfold", (), ("base model",), ("waves", "mono"), "Where it all began."),
    "diffusion_models/gguf/drift-wan-low-Q8_0.gguf": (
        "Drift (quantised)", "slowriver", (), ("video",), ("sea", "violet"), "The second half of the pair, for smaller cards.",
    ),
}  # fmt: skip


def demo_site(is_small: bool = False, has_many: bool = True) -> Site:
    """Return a filled site. is_small: the demo library was built where the disk keeps no holes, and has small files."""
    site = Site()
    site.add(*(_of_library(model, is_small) for model in known_models()), *cases(), *hub_repos(), *releases())
    if has_many:
        site.add(*_many())
    site.keys, site.tokens = {"demo-key": "demo"}, {"hf_demo": "demo-granted"}
    return site


def known_models() -> list[Model]:
    """Return the models of the demo library that the site knows; one whose header holds a drawn picture is not always the same."""
    return [model for model in MODELS if model.path in _NAMES or (model.pictures and "cover" not in model.pictures)]


def has_update(model: Model) -> bool:
    """Return whether the site has a newer version of a model of the library."""
    return model.header != "" and number_of(model) % 2 == 0


def newer(model: Model) -> Model:
    """Return the next version of a model."""
    stem, _, suffix = model.path.rpartition(".")
    return dataclasses.replace(model, path=f"{stem}-next.{suffix}", version=f"{model.version} next", megabytes=min(model.megabytes, NEW))


def content_of(model: Model, is_small: bool, is_known: bool = True) -> Content:
    """Return the bytes that the demo library has of a model; is_known: take its hashes from the table."""
    megabytes = min(model.megabytes, SMALL) if is_small else model.megabytes
    key = _key(model, is_small)
    return Holes(key, model_pieces(model, megabytes, header_of(model, made_of(model), None)), KNOWN.get(key) if is_known else None)


def _key(model: Model, is_small: bool) -> str:
    return f"{'small' if is_small else 'large'}/{model.path}"


def _made(model: Model, is_small: bool) -> Callable[[], Content]:
    return lambda: content_of(model, is_small)


def _file(model: Model, number: int, is_small: bool) -> SiteFile:
    name, suffix = model.path.rsplit("/", 1)[1], model.path.rsplit(".", 1)[1]
    kind = _FILE_TYPES.get(model.path.split("/", 1)[0], "Model")
    fp = {"F16": "fp16", "BF16": "bf16", "F32": "fp32", "F8_E4M3": "fp8"}.get(model.dtype)
    facts = {"format": _FORMATS.get(suffix, "PickleTensor"), "fp": fp, "hashes": KNOWN.get(_key(model, is_small))}
    return SiteFile(number, name, _made(model, is_small), kind, **facts)


def _shown(model: Model) -> Model:
    """Return a model as its page shows it."""
    if model.path not in _NAMES:
        return model
    title, author, words, tags, art, about = _NAMES[model.path]
    return dataclasses.replace(model, title=title, author=author, words=words, tags=tags, art=art, about=about)


def _of_library(held: Model, is_small: bool) -> SiteModel:
    number, model = number_of(held), _shown(held)
    about = f"<p>{model.about}</p>" if model.about else None
    counted, published = number % 9000 + 40, f"2026-0{number % 6 + 1}-{number % 28 + 1:02d}T10:30:00.000Z"
    files, pictures = [_file(held, number + 2, is_small)], list(_pictures(model, number))
    versions = [SiteVersion(number + 1, model.version, model.base, files, pictures, model.words, about, published, downloads=counted)]
    if has_update(held):
        new = newer(held)
        changes = "<p>Trained on twice as many pictures. Hands are better, colours calmer.</p>"
        files = [_file(new, number + 12, is_small)]
        pictures = list(_pictures(model, number + 500_000))
        newest = SiteVersion(number + 11, new.version, model.base, files, pictures, model.words, changes, "2026-07-20T09:00:00.000Z")
        versions.insert(0, newest)
    return SiteModel(number, model.title, type_of(model), versions, model.author, about, model.tags)


def _pictures(model: Model, number: int) -> Iterator[SitePicture]:
    """Yield example pictures: the motif of the model in other colours."""
    motif, palette = model.art
    palettes = [palette, *(name for name in PALETTES if name != palette)]
    for place, level in enumerate(_LEVELS):
        size = (832, 1216) if (number + place) % 3 else (1216, 832)
        words = ", ".join([*model.words, model.title.lower(), "evening light"]) if place % 2 == 0 else ""
        art = (motif, palettes[(place + number) % 5 if place else 0])
        yield SitePicture(number % 100_000_000 * 10 + place, art, *size, level, place == 1 and "video" in model.tags, words)


def _many() -> Iterator[SiteModel]:
    """Yield models to browse through, small ones."""
    rng = random.Random(7)
    names = [f"{first} {second}" for first in _FIRST for second in _SECOND]
    rng.shuffle(names)
    motifs, palettes = list(MOTIFS), list(PALETTES)
    for place, name in enumerate(names[:MANY]):
        kind, folder, table, base = _KINDS[place % len(_KINDS)]
        path = f"{folder}/{name.lower().replace(' ', '-')}.safetensors"
        art = (rng.choice(motifs), rng.choice(palettes))
        about = f"Made for quiet scenes. Number {place + 1} of a series."
        author = rng.choice(("fieldnotes", "nightkiln", "mossgate", "tenfold", "typecase", "leadlight", "slowriver"))
        tags = tuple(dict.fromkeys([art[0], "style" if place % 2 else "concept", name.split()[1].lower()]))
        dtype = "F32" if table.startswith(("embedding", "taesd")) else "F16"
        model = Model(path, table, name, base, about, author, "v1.0", dtype, 0, (name.lower(),), tags, art)
        number = 1_900_000_000 + place * 20
        downloads, day = int(40_000 / (1 + rng.random() * place)), rng.randrange(1, 28)
        published = f"2026-0{rng.randrange(1, 8)}-{day:02d}T12:00:00.000Z"
        version = SiteVersion(
            number + 1, "v1.0", base, [_file(model, number + 2, True)], list(_pictures(model, number)), model.words,
            None, published, downloads=downloads,
        )  # fmt: skip
        yield SiteModel(number, name, kind, [version], author, f"<p>{about}</p>", tags)
