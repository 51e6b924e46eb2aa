"""The records that "Regenerate thumbnail" passes between core, bridge and ui: frozen, plain, no disk.

Made in core, shown by ui. A list of sources stays open: another sort is one more name in `SORTS`, and whoever paints it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from model_manager.core.settings import Settings

FILE, BESIDE, EMBEDDED, OUTPUT, VIDEO, CIVITAI, DRAWN = "file", "beside", "embedded", "output", "video", "civitai", "drawn"
SORTS = (FILE, BESIDE, EMBEDDED, OUTPUT, VIDEO, CIVITAI, DRAWN)
PAINTED = (VIDEO, CIVITAI, DRAWN)  # previews cannot make these: the caller hands over their bytes, painted or fetched
FILL, FIT = "fill", "fit"
PNG, WEBP = ".preview.png", ".preview.webp"
CARD_SHAPE = 8 / 11  # width by height of a card's picture


@dataclass(frozen=True, slots=True)
class Output:
    """A picture or video of ComfyUI's output folders that used a model. time: seconds since 1970; is_alone: no other LoRA in it."""

    path: str
    time: float
    width: int = 0
    height: int = 0
    is_alone: bool = False
    is_video: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Where a new preview can come from. sort: one of SORTS.

    path: the picture, video or (embedded) model file, the address of a picture of Civitai's; "" for what was pasted and for a drawn card.
    number: which cover within the model file. note: a few words for people ("cover.png", "12 March"). data: the bytes of a pasted, painted
    or fetched picture.
    """

    sort: str
    path: str = ""
    number: int = 0
    note: str = ""
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class SourceGroup:
    """One line of the dialog's list: a sort with its title, a note ("12 pictures used this model") and its sources, best first."""

    sort: str
    title: str
    note: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is put on the card.

    fit: FILL keeps a portrait's own shape and cuts others to the card's, FIT keeps all of the picture. focus: the point (0..1 from the
    left and the top) that stays in view when something is cut off. zoom: 1 or more; 2 shows half the width.
    """

    fit: str = FILL
    focus: tuple[float, float] = (0.5, 0.4)
    zoom: float = 1.0


@dataclass(frozen=True, slots=True)
class Form:
    """How the new file is written. suffix: PNG or WEBP; edge: its longest side in pixels at most; most_bytes: its size at most.

    quality: of a WebP, 50 to 100; where that is too large, less.
    """

    suffix: str = PNG
    edge: int = 1024
    most_bytes: int = 2_000_000
    quality: int = 88


def form_of(settings: Settings) -> Form:
    """Return how new previews are written by the settings."""
    suffix = WEBP if settings.preview_format == "webp" else PNG
    return Form(suffix, settings.preview_edge, settings.preview_kb * 1000, settings.preview_quality)


@dataclass(frozen=True, slots=True)
class Made:
    """A picture ready to be written. notes: what was done to it that a person may want to know, plain sentences."""

    data: bytes
    width: int
    height: int
    suffix: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Earlier:
    """One former state of a model's pictures in the history. id: its name there; time: when it was replaced, seconds since 1970.

    names: the file names they had, the one shown first in front; () when the model had no picture. paths: where the bytes lie now.
    """

    id: str
    time: float
    names: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """What a change of preview did. path: the picture now beside the model ("" if it has none any more).

    retired: names that went to the history. earlier_id: the history's entry that undoes this (`bring_back`), "" when nothing changed.
    warnings: plain sentences.
    """

    path: str
    retired: tuple[str, ...] = ()
    earlier_id: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """What a new preview would do. target: the file name of the new preview; is_there: whether a file of that name gives way to it.

    gone: other pictures of the model that go, () when there are none; all that goes is kept in the history. sharing: other models whose
    picture it is, too. refusal: why no picture can be set, a sentence; "" when nothing speaks against it.
    """

    target: str
    is_there: bool = False
    gone: tuple[str, ...] = ()
    sharing: tuple[str, ...] = ()
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class PreviewState:
    """What `<stem>.info` remembers of a model's preview. look: None when none was chosen."""

    is_locked: bool = False
    look: Look | None = None


@dataclass(frozen=True, slots=True)
class BulkOptions:
    """What to regenerate. order: sorts to try, first that has something wins; only_missing: leave models with a still picture alone.

    A model that has a still picture never gets a drawn card in its place, unless DRAWN is the only sort asked for. is_conversion: only
    pictures that are not as `form` says are written anew, from themselves and with all that is on them; nothing else counts then.
    """

    order: tuple[str, ...] = (EMBEDDED, OUTPUT, VIDEO, DRAWN)
    only_missing: bool = True
    form: Form = field(default_factory=Form)
    is_conversion: bool = False


@dataclass(frozen=True, slots=True)
class BulkItem:
    """One model to make a preview for. path: the model file; sources: what to try, in order; look: remembered or the usual one."""

    id: int
    path: str
    name: str
    sources: tuple[Source, ...]
    look: Look


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """What would be done, before anything is.

    counts: sort -> models whose first source is of that sort, in the order asked for. locked: models left out because their picture is
    locked; kept: because they have one, or share one with a model of the same
    name that gets it; bare: because none of the sources has anything.
    """

    items: tuple[BulkItem, ...]
    options: BulkOptions
    counts: Mapping[str, int]
    locked: int = 0
    kept: int = 0
    bare: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of one model of a bulk run. sort: of the source that was used; applied: None when nothing was written.

    fault: why not, a sentence; warnings: what else there is to say. is_kept: left alone, as it was locked or got a picture meanwhile.
    """

    item: BulkItem
    sort: str = ""
    applied: Applied | None = None
    fault: str = ""
    warnings: tuple[str, ...] = ()
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What a bulk run did. counts: sort -> previews made. made: how many of them can be taken back. faults: (model name, why not).

    warnings: (model name, sentence). run: its name in the list of runs. kept: models left alone, as they were locked or got a picture
    meanwhile. left: models that are still to be done, because it was stopped or rests. undone: previews that were taken back.
    """

    counts: Mapping[str, int]
    made: int = 0
    faults: tuple[tuple[str, str], ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()
    run: str = ""
    kept: int = 0
    left: int = 0
    undone: int = 0
