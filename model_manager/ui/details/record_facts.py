"""The rows of facts that the overview shows of a record, each with where it came from.

Pure functions from a record to rows; must never touch widgets or disk.
"""

from model_manager.core.amounts import size_text
from model_manager.core.library.entry import ModelRecord, Place
from model_manager.core.library.kinds import label_one
from model_manager.core.words import tr, trn
from model_manager.ui.details import wording
from model_manager.ui.details.fact_table import Fact


def file_facts(record: ModelRecord, now: float) -> list[Fact]:
    """Where the file is, what it is, its dates, hashes and the files beside it. `now`: seconds since 1970."""
    facts, header, disk = record.facts, wording.from_text("header"), tr("From the disk")
    size = size_text(record.size)
    exact = trn("{count} byte", "{count} bytes", record.size)
    count = trn("{count} parameter", "{count} parameters", facts.parameters)
    base_source = wording.from_text(record.details.sources.get("base_model", "")) or header
    return [
        Fact(tr("Folder"), wording.folder_text(record), record.path, is_path=True),
        Fact(tr("File"), wording.file_name(record.path), disk, is_path=True),
        Fact(tr("Size"), f"{size} · {facts.precision}" if facts.precision else size, f"{exact}\n{disk}"),
        Fact(tr("Format"), wording.format_label(facts.format), tr("From the content of the file")),
        Fact(tr("Architecture"), facts.architecture, header),
        Fact(tr("Base model"), record.details.base_model or facts.base_model, base_source),
        Fact(tr("Parameters"), wording.parameters_text(facts.parameters) if facts.parameters else "", f"{count}\n{header}"),
        Fact(tr("Modified"), wording.date_text(record.modified), f"{wording.ago(record.modified, now)}\n{disk}"),
        Fact(tr("Added"), wording.ago(record.added, now), f"{wording.date_text(record.added)}\n{tr('When this program first saw it')}"),
        *_hash_facts(record),
        *_sidecar_facts(record),
    ]


def _hash_facts(record: ModelRecord) -> list[Fact]:
    sources = record.details.sources
    tips = {name: wording.from_text(sources.get(f"hashes.{name}", "") or sources.get("hashes", "")) for name in record.details.hashes}
    return [Fact(wording.hash_label(name), value, tips[name]) for name, value in record.details.hashes.items()]


def _sidecar_facts(record: ModelRecord) -> list[Fact]:
    labels = [tr("Beside it"), *[""] * len(record.sidecars)]
    return [Fact(label, wording.file_name(name), is_path=True) for label, name in zip(labels, record.sidecars, strict=False)]


def training_facts(record: ModelRecord) -> list[Fact]:
    """What a trained adapter says of its training."""
    facts, header = record.facts, wording.from_text("header")
    strength = facts.rank + (f" · {tr('alpha {alpha}', alpha=facts.alpha)}" if facts.alpha else "") if facts.rank else ""
    rows = [
        Fact(tr("Adapter"), facts.adapter, header),
        Fact(tr("Rank"), strength, header),
        Fact(tr("Alpha"), facts.alpha if not facts.rank else "", header),
        Fact(tr("Trained on"), facts.trained_on, header, is_path=True),
        Fact(tr("Resolution"), facts.resolution, header),
        Fact(tr("Title"), facts.title, header),
        Fact(tr("Author"), facts.author if facts.author != record.details.author else "", header),
    ]
    return [row for row in rows if row.value]


def place_facts(record: ModelRecord) -> list[Fact]:
    """All ways to the model when there are several, or when its only one is not what ComfyUI takes."""
    places = record.places
    if len(places) < 2 and all(place.listed and not place.shadowed for place in places):
        return []
    rows: list[Fact] = []
    for place in places:
        rows.append(Fact(label_one(place.kind), place.path, tr("ComfyUI calls it {name}", name=place.name), is_path=True))
        remark = _remark(place)
        if remark:
            rows.append(Fact("", remark[0], remark[1], "warn"))
    return rows


def _remark(place: Place) -> tuple[str, str] | None:
    if place.shadowed:
        why = tr("An earlier folder has a model of the same name, and ComfyUI takes that one. Rename one of them.")
        return tr("Hidden by another model"), why
    if not place.listed:
        return tr("Not in ComfyUI's list"), tr("ComfyUI does not show this file in this folder. Move it to a folder of its type.")
    return None


def about_facts(record: ModelRecord) -> list[Fact]:
    """Licence, numbers on Civitai, and the person's rating."""
    details, sources = record.details, record.details.sources
    number = f"{details.model_id} @ {details.version_id}" if details.version_id else str(details.model_id or "")
    licence = details.license or record.facts.license
    rows = [
        Fact(tr("Licence"), licence, wording.from_text(sources.get("license", "") or ("header" if licence else ""))),
        Fact(tr("Civitai"), number, wording.from_text(sources.get("model_id", ""))),
        Fact(tr("Rating"), "★" * max(0, min(5, details.rating)), wording.from_text(sources.get("rating", ""))),
        Fact(tr("Content"), tr("For adults") if details.adult else "", wording.from_text(sources.get("adult", ""))),
    ]
    return [row for row in rows if row.value]


def source_facts(record: ModelRecord) -> list[Fact]:
    """Each source with the fields it gave."""
    pairs = wording.fields_by_source(record.details.sources)
    return [Fact(wording.short_source(source, record.path), fields, wording.from_text(source)) for source, fields in pairs]
