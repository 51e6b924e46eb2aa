"""What the sites tell, as records: links, offers, their versions, files and pictures. Frozen, plain, no network.

Made by links and the sites' clients, stored in tasks as JSON, shown by ui. Sizes in bytes, hashes in lower case, times in ISO 8601 as
the sites write them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CIVITAI, HUGGING_FACE, GITHUB, PLAIN = "civitai", "huggingface", "github", "plain"
SITE_NAMES = {CIVITAI: "Civitai", HUGGING_FACE: "Hugging Face", GITHUB: "GitHub", PLAIN: ""}

# Civitai's levels are bits (civitai/civitai:src/shared/constants/browsingLevel.constants.ts); 0 is not rated
PG, PG13, R, X, XXX, BLOCKED = 1, 2, 4, 8, 16, 32
SAFE, EVERYTHING = PG | PG13, PG | PG13 | R | X | XXX


@dataclass(frozen=True, slots=True)
class Link:
    """One line of what was pasted, understood without network.

    text: as it was written. problem: why it cannot be used, a plain sentence; "" when it can. Ids and names that the link does not tell
    are 0 and "". Hugging Face: repo is owner/name (with `datasets/` or `spaces/` before it where that is so), path within it, is_folder
    for a tree or a whole repository. url: for GitHub and plain links, where the download or the release begins.
    """

    text: str
    site: str = ""
    model_id: int = 0
    version_id: int = 0
    file_id: int = 0
    image_id: int = 0
    repo: str = ""
    revision: str = ""
    path: str = ""
    is_folder: bool = False
    url: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """An example picture or video of a version. url: the original; level: one of Civitai's bits, 0 not rated; sizes in pixels.

    id: Civitai's, 0 unknown. is_delicate: it shows a minor or a real person, so it is never chosen by itself.
    """

    url: str
    width: int = 0
    height: int = 0
    level: int = 0
    is_video: bool = False
    prompt: str = ""
    id: int = 0
    is_delicate: bool = False


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that can be downloaded.

    id: Civitai's file id as text, the path within a repository, or the url. name: bare file name; below: folders before it in the
    repository ("" or "a/b"). url: where the download begins (before redirects). size: bytes, 0 unknown; is_size_exact: told in bytes, not
    rounded. kind: ComfyUI's category as far as the site tells, "" unknown. type: the site's word ("Model", "VAE", "Training Data").
    format, precision, variant: "SafeTensor", "fp16", "pruned" or "Q4_K_M". hashes: algorithm -> hex, all lower case (sha256, blake3,
    autov2, autov3, crc32; git_sha1 for small files of Hugging Face). pickle_scan, virus_scan: Success, Pending, Danger, Error or "".
    """

    id: str
    name: str
    url: str
    below: str = ""
    size: int = 0
    is_size_exact: bool = False
    kind: str = ""
    type: str = ""
    format: str = ""
    precision: str = ""
    variant: str = ""
    hashes: Mapping[str, str] = field(default_factory=dict)
    pickle_scan: str = ""
    virus_scan: str = ""
    scan_message: str = ""
    is_primary: bool = False
    is_model: bool = True


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an offer. id: Civitai's version id, a revision, or a release's tag, as text.

    barred: why it cannot be downloaded by anybody now ("Early access until 2026-12-01."), "" when it can. raw: the site's own object, to be
    written into sidecars. trigger_words: one entry per group as trained. offer: id of the offer it belongs to, "" where the site does
    not tell.
    """

    id: str
    name: str = ""
    base_model: str = ""
    published: str = ""
    description: str = ""
    trigger_words: tuple[str, ...] = ()
    files: tuple[RemoteFile, ...] = ()
    images: tuple[Image, ...] = ()
    level: int = 0
    barred: str = ""
    page: str = ""
    downloads: int = 0
    offer: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offer:
    """All that a page offers: a Civitai model, a Hugging Face repository, a GitHub release, or one file at an address.

    id: the model id, owner/name, or url. kind: ComfyUI's category as far as the site tells, type: the site's word for it. description:
    HTML (Civitai) or Markdown. licence: plain sentences. is_adult: marked so as a whole; level: OR of its versions' bits. versions: newest
    first. chosen: id of the version the link named, "" if none; chosen_file: that of the file, below: the folder it named within a
    repository. notice: what else is to be said ("Access is given on request."). raw: the site's own object without its versions.
    """

    site: str
    id: str
    name: str
    page: str = ""
    author: str = ""
    type: str = ""
    kind: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    licence: tuple[str, ...] = ()
    is_adult: bool = False
    level: int = 0
    versions: tuple[Version, ...] = ()
    chosen: str = ""
    chosen_file: str = ""
    below: str = ""
    notice: str = ""
    downloads: int = 0
    likes: int = 0
    raw: Mapping[str, Any] = field(default_factory=dict)


ONE, SPLIT, FOLDER = "one", "split", "folder"


@dataclass(frozen=True, slots=True)
class Group:
    """Files of a version that are only of use together. sort: one file, one model split into several, or a folder in diffusers' layout.

    title: what it is called: the file's name, or the folder's.
    """

    sort: str
    title: str
    files: tuple[RemoteFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files, as far as they are known."""
        return sum(file.size for file in self.files)


# The words of Civitai's API (civitai/civitai:src/server/common/enums.ts ModelSort, metricTimeframe)
SORTS = ("Highest Rated", "Most Downloaded", "Most Liked", "Most Discussed", "Most Collected", "Most Images", "Newest", "Oldest")
PERIODS = ("AllTime", "Year", "Month", "Week", "Day")
TYPES = tuple(
    "Checkpoint LORA LoCon DoRA TextualInversion Hypernetwork Controlnet Upscaler MotionModule VAE TextEncoder UNet CLIPVision CLIP"
    " Detection AestheticGradient Poses Wildcards Workflows ComfyWorkflows VisionLanguage LLM Other".split()
)

# Those in use in 2026, for while the site cannot be asked (civitai/civitai:src/shared/constants/base-model.constants.ts)
BASE_MODELS = (
    "SD 1.5", "SDXL 1.0", "Pony", "Illustrious", "NoobAI", "SD 3.5", "Flux.1 D", "Flux.1 S", "Flux.1 Kontext", "Flux.1 Krea", "Chroma",
    "HiDream", "Qwen", "Z-Image", "Lumina", "Kolors", "PixArt E", "AuraFlow", "Hunyuan 1", "Hunyuan Video", "LTXV", "Mochi", "CogVideoX",
    "Wan Video 1.3B t2v", "Wan Video 14B t2v", "Wan Video 14B i2v 480p", "Wan Video 14B i2v 720p", "Wan Video 2.2 TI2V-5B",
    "Wan Video 2.2 I2V-A14B", "Wan Video 2.2 T2V-A14B", "SD 2.1", "SVD", "Upscaler", "Other",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for on Civitai. level: OR of the bits that may be shown; types and base_models: none means all."""

    text: str = ""
    types: tuple[str, ...] = ()
    base_models: tuple[str, ...] = ()
    sort: str = SORTS[1]
    period: str = PERIODS[0]
    level: int = PG
    tag: str = ""
    username: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of what was found. cursor: asks for the next part, "" at the end."""

    offers: tuple[Offer, ...]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """A newer version of a model that is here. path: the model here, as shown; name: the model's.

    here_id, here_version, here_base_model, here_published: the version here, as far as it is known. here_size in bytes, here_precision as
    in Facts. version: the newest that is worth having; others: further new ones, newest first. is_other_base: it is for another base
    model. is_new: nobody was told of it yet; version.barred says why it cannot be had now. found: epoch seconds.
    """

    path: str
    model_id: int
    name: str
    version: Version
    others: tuple[Version, ...] = ()
    author: str = ""
    type: str = ""
    here_id: int = 0
    here_version: str = ""
    here_base_model: str = ""
    here_published: str = ""
    here_size: int = 0
    here_precision: str = ""
    is_other_base: bool = False
    is_new: bool = True
    found: float = 0.0
