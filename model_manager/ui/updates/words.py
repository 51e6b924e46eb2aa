"""What the page of updates says of versions, times and what is ignored. Plain functions."""

import os
import time
from collections.abc import Sequence

from model_manager.bridge.updates import FILE, MODEL, VERSION, Unwanted
from model_manager.core.amounts import size_text
from model_manager.core.online.records import RemoteFile, Update, Version
from model_manager.core.words import tr, trn
from model_manager.ui.details.fact_table import Fact


def step_words(update: Update) -> str:
    """From which version to which: "v1.0 → v2.0 · SDXL 1.0 · 2026-07-20"."""
    here = update.here_version or tr("yours")
    words = [tr("{here} → {new}", here=here, new=update.version.name or update.version.id), update.version.base_model]
    return " · ".join(filter(None, [*words, update.version.published[:10]]))


def mark_words(update: Update) -> tuple[str, str]:
    """What a row says at its right, and its tone; the gravest first."""
    if update.version.barred:
        return tr("Not yet to be had"), "warn"
    if update.is_other_base:
        return tr("Other base model"), "warn"
    return (tr("New"), "accent") if update.is_new else ("", "")


def here_facts(update: Update) -> list[Fact]:
    """What is here."""
    size = size_text(update.here_size) if update.here_size else ""
    return [
        Fact(tr("Version"), update.here_version), Fact(tr("Base model"), update.here_base_model),
        Fact(tr("Published"), update.here_published[:10]), Fact(tr("Size"), " · ".join(filter(None, (size, update.here_precision)))),
        Fact(tr("File"), os.path.basename(update.path), tip=update.path, is_path=True),
    ]  # fmt: skip


def new_facts(version: Version) -> list[Fact]:
    """What there is now."""
    file = main_file(version)
    size = size_text(file.size) if file is not None and file.size else ""
    return [
        Fact(tr("Version"), version.name or version.id), Fact(tr("Base model"), version.base_model),
        Fact(tr("Published"), version.published[:10]),
        Fact(tr("Size"), " · ".join(filter(None, (size, file.precision if file is not None else "")))),
        Fact(tr("File"), file.name if file is not None else "", is_path=True),
    ]  # fmt: skip


def main_file(version: Version) -> RemoteFile | None:
    """The file of a version that is the model."""
    models = [file for file in version.files if file.is_model]
    return next((file for file in models if file.is_primary), models[0] if models else None)


def unwanted_words(row: Unwanted) -> str:
    """What of a model is ignored."""
    sorts = [what for what, _ in row.marks]
    if FILE in sorts:
        return tr("Nothing is told of this file")
    if MODEL in sorts:
        return tr("Nothing is told of this model")
    return trn("{count} version is ignored", "{count} versions are ignored", len(sorts))


def ignore_words(count: int) -> tuple[tuple[str, str], ...]:
    """What can be ignored, as (sort, words)."""
    if count > 1:
        return (FILE, tr("These files")), (VERSION, tr("These versions")), (MODEL, tr("These models"))
    return (FILE, tr("This file")), (VERSION, tr("This version")), (MODEL, tr("This model"))


def looked_words(looked: float, now: float) -> str:
    """When it was looked last."""
    if not looked:
        return tr("Not looked yet")
    minutes = max(0, int(now - looked) // 60)
    if minutes < 2:
        return tr("Looked just now")
    if minutes < 120:
        return tr("Looked {count} minutes ago", count=minutes)
    if minutes < 48 * 60:
        return tr("Looked {count} hours ago", count=minutes // 60)
    return tr("Looked on {day}", day=time.strftime("%Y-%m-%d", time.localtime(looked)))


def links_of(updates: Sequence[Update]) -> list[str]:
    """The pages of the new versions."""
    return list(dict.fromkeys(update.version.page for update in updates if update.version.page))
