"""Civitai's model and version objects as records, out of each of the shapes its API has.

Called by civitai, and by what reads answers that were kept. Every field may be missing, null or of another sort; nothing here raises
(civitai/civitai:src/pages/api/v1/models/[id].ts, model-versions/[id].ts).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from model_manager.core.online.civitai_files import files_of, images_of, level_of
from model_manager.core.online.records import CIVITAI, EVERYTHING, SAFE, Offer, Version
from model_manager.core.sidecars.civitai import base_model_of, kind_of
from model_manager.core.sidecars.layer import groups, items, labels, line, mapping, text, whole
from model_manager.core.words import tr

REAL: Final = "https://civitai.com"
WHOLE: Final = "https://civitai.red"  # the same with everything; civitai.com shows what is safe
_MOST_VERSIONS: Final = 500


def offer_of(raw: object, origin: str = REAL, chosen: int = 0) -> Offer:
    """Return a model object as an offer; one without an id (no model at all) has id "". chosen: id of the version to begin with."""
    model = mapping(raw)
    id = whole(model.get("id"))
    kind, mode = kind_of(model.get("type")), line(model.get("mode"))
    inner = [entry for entry in items(model.get("modelVersions"))[:_MOST_VERSIONS] if type(entry) is dict]
    versions = tuple(version_of(entry, origin, model) for entry in sorted(inner, key=_place))
    stats = mapping(model.get("stats"))
    level = level_of(model.get("nsfwLevel"))
    for version in versions:
        level |= version.level
    is_adult = model.get("nsfw") is True
    return Offer(
        site=CIVITAI,
        id=str(id) if id else "",
        name=line(model.get("name")) or tr("Model {number}", number=id),
        page=_page(origin, id, 0, is_adult),
        author=line(mapping(model.get("creator")).get("username")),
        type=line(model.get("type")),
        kind=kind,
        description=text(model.get("description")),
        tags=labels(model.get("tags")),
        licence=licence_of(model),
        is_adult=is_adult,
        level=level,
        versions=versions,
        chosen=str(chosen) if any(version.id == str(chosen) for version in versions) else "",
        notice=_mode(mode),
        downloads=whole(stats.get("downloadCount")),
        likes=whole(stats.get("thumbsUpCount")),
        raw={key: value for key, value in model.items() if key != "modelVersions"},
    )


def _place(version: Mapping[str, Any]) -> int:
    place = version.get("index")
    return place if type(place) is int else 0


def version_of(raw: object, origin: str = REAL, model: Mapping[str, Any] | None = None) -> Version:
    """Return a version object as a record; `model` is the object it stood in, without one its own words on its model count."""
    version = mapping(raw)
    about = mapping(version.get("model")) if model is None else model
    id, model_id = whole(version.get("id")), whole(version.get("modelId")) or (whole(model.get("id")) if model else 0)
    images = images_of(version.get("images"))
    level = level_of(version.get("nsfwLevel"))
    files = files_of(version.get("files"), id, kind_of(about.get("type")), origin)
    is_adult = about.get("nsfw") is True or bool(level & EVERYTHING and not level & SAFE)
    return Version(
        id=str(id) if id else "",
        name=line(version.get("name")),
        base_model=base_model_of(version.get("baseModel")),
        published=line(version.get("publishedAt")) or line(version.get("createdAt")),
        description=text(version.get("description")),
        trigger_words=groups(version.get("trainedWords")),
        files=files,
        images=images,
        level=level,
        barred=barred(version, line(about.get("mode"))) or ("" if files else tr("The site names no files for it.")),
        page=_page(origin, model_id, id, is_adult),
        downloads=whole(mapping(version.get("stats")).get("downloadCount")),
        offer=str(model_id) if model_id else "",
        raw=version,
    )


def joined(short: Mapping[str, Any], full: Mapping[str, Any]) -> dict[str, Any]:
    """Return one version object out of its short form (within a model) and its full one (by its own id): each tells what the other lacks.

    Only the full one has modelId, usageControl, air and the pictures' prompts; only the short one index, and the quant of a file.
    """
    whole_one = {**short, **{key: value for key, value in full.items() if value is not None or key not in short}}
    for key, name in (("files", "id"), ("images", "url")):
        known = {str(entry.get(name)): entry for entry in items(short.get(key)) if type(entry) is dict}
        told = [entry for entry in items(full.get(key)) if type(entry) is dict]
        if told:
            whole_one[key] = [_joined_entry(known.get(str(entry.get(name)), {}), entry) for entry in told]
    return whole_one


def _joined_entry(short: Mapping[str, Any], full: Mapping[str, Any]) -> dict[str, Any]:
    told = {key: value for key, value in full.items() if value is not None or key not in short}
    about = {**mapping(short.get("metadata")), **{key: value for key, value in mapping(full.get("metadata")).items() if value is not None}}
    return {**short, **told, **({"metadata": about} if about else {})}


def _page(origin: str, model: int, version: int, is_adult: bool) -> str:
    site = WHOLE if is_adult and origin == REAL else origin
    if not model:
        return f"{site}/model-versions/{version}" if version else ""
    return f"{site}/models/{model}" + (f"?modelVersionId={version}" if version else "")


def offer_around(raw_version: object, origin: str = REAL) -> Offer:
    """Return the offer that a version object alone tells of: its model's name and type, no author, tags or licence."""
    version = mapping(raw_version)
    about = {**mapping(version.get("model")), "id": version.get("modelId"), "modelVersions": [version]}
    return offer_of(about, origin, whole(version.get("id")))


def _mode(mode: str) -> str:
    return {
        "Archived": tr("The creator has archived this model: it cannot be downloaded any more."),
        "TakenDown": tr("This model was taken down: it cannot be downloaded any more."),
    }.get(mode, "")


def barred(version: Mapping[str, Any], mode: str = "", now: datetime | None = None) -> str:
    """Return why nobody can download a version for nothing now, a plain sentence; "" where it can be. mode: that of its model."""
    if sentence := _mode(mode):
        return sentence
    control = line(version.get("usageControl"))
    if control and control != "Download":
        return tr("The creator has turned downloads off: it can only be used on the site.")
    status = line(version.get("status"))
    if status and status != "Published":
        return tr("It is not published.")
    access = mapping(version.get("paidAccess"))
    if access.get("permanent") is True:
        return tr("The creator asks for payment: it can be bought on the site.")
    now = now or datetime.now(UTC)
    ends = (access.get("endsAt"), version.get("earlyAccessDeadline"), version.get("earlyAccessEndsAt"))
    end = max((time for value in ends if (time := _time(value)) is not None), default=None)
    if end is not None:
        return tr("Early access until {date}: until then it can be bought on the site.", date=f"{end:%Y-%m-%d}") if end > now else ""
    if access or line(version.get("availability")) == "EarlyAccess":
        return tr("Early access: it can be bought on the site.")
    return ""


def _time(value: object) -> datetime | None:
    if type(value) is not str or len(value) > 40:
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def licence_of(model: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the flags of a model permit and ask for, in plain sentences; a flag that is not there says nothing."""
    found = []
    if model.get("allowNoCredit") is False:
        found.append(tr("Name the creator when you use it."))
    uses = model.get("allowCommercialUse")
    if type(uses) is str:  # as older answers have it: "Sell" or "{Image,RentCivit}"
        uses = [word.strip() for word in uses.strip("{}").split(",")]
    if type(uses) is list:
        found += _uses({line(use) for use in uses})
    if model.get("allowDerivatives") is False:
        found.append(tr("Do not share merges made with it."))
    elif model.get("allowDifferentLicense") is False or model.get("allowDifferentLicenses") is False:
        found.append(tr("Merges must keep these terms."))
    return tuple(found)


def _uses(uses: set[str]) -> list[str]:
    if not uses - {"None", ""}:
        return [tr("No commercial use.")]
    sentences = (
        ("Image", tr("You may sell pictures made with it.")),
        ("RentCivit", tr("It may be used for payment on Civitai.")),
        ("Rent", tr("It may be used for payment on other sites.")),
        ("Sell", tr("You may sell it and merges of it.")),
    )
    return [sentence for use, sentence in sentences if use in uses]
