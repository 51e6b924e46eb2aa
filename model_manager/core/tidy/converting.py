"""Plans that put what is known of models into the sidecars of other programs, as if it had been fetched for them, too.

Called by the window's jobs. It reads sidecars and asks nobody; what it plans only writes sidecars, merged into what they hold.
"""

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any, Final

from model_manager.core.errors import BadSidecar, FileFault, FolderFault
from model_manager.core.journal.steps import ABSENT, WRITE, Act, Plan, Refused, Step
from model_manager.core.library.entry import Details
from model_manager.core.online.civitai_parts import offer_around, version_of
from model_manager.core.online.records import CIVITAI, HUGGING_FACE, PLAIN, SITE_NAMES, Offer, RemoteFile, Version
from model_manager.core.paths import long_path
from model_manager.core.sidecars.fetched import Fetched
from model_manager.core.sidecars.layer import mapping, whole
from model_manager.core.sidecars.merge import read_details
from model_manager.core.sidecars.own_values import family_of
from model_manager.core.sidecars.reading import JSON_LIMIT, parse_object, read_bytes
from model_manager.core.sidecars.record import record_of
from model_manager.core.sidecars.suffixes import CIVITAI_INFO, INFO, LORA_MANAGER
from model_manager.core.sidecars.writing import converted
from model_manager.core.tidy.subjects import Subject
from model_manager.core.words import tr, trn
from model_manager.core.work import Work

# what Civitai itself tells of a version (civitai/civitai:src/pages/api/v1/model-versions/[id].ts); `.info` holds more
_VERSION_KEYS: Final = frozenset(
    "id modelId name index nsfwLevel createdAt updatedAt publishedAt status trainedWords trainingStatus trainingDetails baseModel "
    "baseModelType earlyAccessEndsAt earlyAccessConfig earlyAccessDeadline description uploadType usageControl air stats model creator "
    "files images downloadUrl availability covered".split()
)
Sha256 = Callable[[str], str]


def plan_convert(
    subjects: Sequence[Subject],
    dialects: Collection[str],
    sha256_of: Sha256 | None = None,
    refused: Sequence[Refused] = (),
    work: Work | None = None,
) -> Plan:
    """Return the plan to write, or refresh, the sidecars of these programs (names of settings.COMPATIBLE) for models.

    sha256_of: what is surely known of a model file at a path, "" if nothing; without it only a site's own word counts. Raises Cancelled.
    """
    converting = _Converting(dialects, sha256_of or (lambda _: ""), list(refused))
    for number, one in enumerate(subjects):
        if work is not None:
            work.check()
            work.progress(tr("Reading sidecars"), number, len(subjects))
        converting.add(one)
    acts, same = converting.acts, converting.same
    files = sum(len(act.steps) for act in acts)
    chips = [trn("{count} model", "{count} models", len(acts)), trn("{count} file is written", "{count} files are written", files)]
    stay = len(converting.refused)
    chips += [trn("{count} stays", "{count} stay", stay)] if stay else []
    chips += [trn("{count} says it already", "{count} say it already", same)] if same else []
    return Plan(
        "convert", trn("Write sidecars for {count} model", "Write sidecars for {count} models", len(subjects)),
        trn("Write {count} file", "Write {count} files", files), tuple(acts), tuple(converting.refused), tuple(chips),
        tr("Only sidecars are written; what else is in them stays."),
    )  # fmt: skip


class _Converting:
    def __init__(self, dialects: Collection[str], sha256_of: Sha256, refused: list[Refused]) -> None:
        self._dialects, self._sha256_of = dialects, sha256_of
        self._written: set[str] = set()
        self.acts: list[Act] = []
        self.refused = refused
        self.same = 0

    def add(self, one: Subject) -> None:
        """Plan one model."""
        before = one.shown
        try:
            fetched = known_of(one)
            if fetched is None:
                self.refused.append(Refused(one.file, before, tr("Nothing is known of it that could be written."), "", one.id))
                return
            beside, plan = converted(one.real, fetched, self._dialects, self._sha256_of(one.real), one.size)
        except (BadSidecar, FileFault, FolderFault) as fault:
            self.refused.append(Refused(one.file, before, fault.text, model=one.id))
            return
        paths = {os.path.join(beside.folder, name): data for name, data in plan.files.items()}
        steps = [Step(WRITE, target=path, data=data, planned=_mark(path)) for path, data in paths.items() if path not in self._written]
        self._written.update(paths)
        note = " ".join(plan.faults)
        if steps:
            size = sum(len(step.data or b"") for step in steps)
            note = note or ", ".join(os.path.basename(step.target)[len(one.stem) :] for step in steps)
            tone = "warn" if plan.faults else ""
            self.acts.append(Act(one.name, tuple(steps), one.real, one.real, before, note=note, tone=tone, size=size, model=one.id))
        elif note:
            self.refused.append(Refused(one.file, before, note, "warn", one.id))
        else:
            self.same += 1


def _mark(path: str) -> tuple[int, int]:
    try:
        about = os.stat(long_path(path))
    except OSError:
        return ABSENT
    return about.st_size, about.st_mtime_ns


def known_of(one: Subject) -> Fetched | None:
    """Return what is known of a model in the shape of a fetch, the person's own words first; None when its sidecars say nothing.

    Raises FileFault.
    """
    family = family_of(one.folder, one.file, one.names)
    details = read_details(one.folder, one.file, family, one.facts)
    if set(details.sources.values()) <= {"file name", "header"}:
        return None
    info = _object(one, family.sidecars, INFO)
    time = float(record_of(info).time or one.mtime_ns // 1_000_000_000)
    raw = _raw(one, family.sidecars, info, details)
    if raw:
        return _of_civitai(one, raw, details, time)
    page = details.links[0][1] if details.links else ""
    site = next((site for site in (HUGGING_FACE,) if details.links and details.links[0][0] == SITE_NAMES[site]), PLAIN)
    offer = Offer(
        site, page, details.name, page, details.author, kind=one.kind, description=details.description, tags=details.tags,
        licence=(details.license,) if details.license else (), is_adult=details.adult,
    )  # fmt: skip
    version = Version("", details.version, details.base_model, trigger_words=details.trigger_words, page=page)
    return Fetched(site, offer, version, None, time)


def _raw(one: Subject, sidecars: Sequence[str], info: dict[str, Any], details: Details) -> dict[str, Any]:
    """Return Civitai's version object out of the sidecars, that of the version the model is; {} when there is none."""
    held = mapping(_object(one, sidecars, LORA_MANAGER).get("civitai"))
    for found in (_object(one, sidecars, CIVITAI_INFO), held, info):
        version = {key: value for key, value in found.items() if key in _VERSION_KEYS}
        if whole(version.get("id")) and whole(version.get("id")) == (details.version_id or whole(version.get("id"))):
            return version
    return {}


def _object(one: Subject, sidecars: Sequence[str], suffix: str) -> dict[str, Any]:
    """Return what a JSON sidecar holds, {} when there is none or it cannot be understood (which converted tells)."""
    name = next((name for name in sidecars if name[len(one.stem) :].lower() == suffix), "")
    try:
        return parse_object(name, read_bytes(os.path.join(one.folder, name), JSON_LIMIT), suffix == CIVITAI_INFO) if name else {}
    except (BadSidecar, OSError, ValueError):
        return {}


def _of_civitai(one: Subject, raw: dict[str, Any], details: Details, time: float) -> Fetched:
    told, version = offer_around(raw), version_of(raw)
    about = told.description or ("" if version.description or not details.description_is_html else details.description)
    offer = replace(
        told,
        name=details.name if details.sources.get("name") != "file name" else told.name,
        author=details.author or told.author,
        kind=told.kind or one.kind,
        description=about,
        tags=details.tags or told.tags,
        licence=told.licence or ((details.license,) if details.license else ()),
        is_adult=details.adult or told.is_adult,
    )
    version = replace(
        version,
        name=details.version or version.name,
        base_model=details.base_model or version.base_model,
        trigger_words=details.trigger_words or version.trigger_words,
    )
    return Fetched(CIVITAI, offer, version, _file(one, version, details), time)


def _file(one: Subject, version: Version, details: Details) -> RemoteFile | None:
    """Return which file of the version the model is, as far as its hash, its name, or there being one only, tells."""
    models = [file for file in version.files if file.is_model]
    known = details.hashes.get("sha256", "").lower()
    by_hash = next((file for file in models if known and file.hashes.get("sha256", "") == known), None)
    by_name = next((file for file in models if file.name == one.file), None)
    return by_hash or by_name or (models[0] if len(models) == 1 else None)
