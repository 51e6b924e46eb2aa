"""What the sorts, grades and mends of health are called, for the page and the command line. Words only."""

from model_manager.core.health import records
from model_manager.core.health.records import DANGEROUS, SAFE, SUSPICIOUS, UNCHECKED, Grade
from model_manager.core.words import tr, trn


def title(sort: str) -> str:
    """What a sort of findings is called."""
    return {
        records.BROKEN: tr("Broken and cut-off files"),
        records.UNSAFE: tr("Unsafe pickles"),
        records.MISPLACED: tr("In the wrong folder"),
        records.MISNAMED: tr("With the wrong ending"),
        records.SAME_STEM: tr("Models that share a name"),
        records.BAD_SIDECAR: tr("Sidecars that cannot be read"),
        records.LINKS: tr("Links that lead nowhere"),
        records.ORPHANS: tr("Sidecars and previews without a model"),
        records.PARTIALS: tr("Downloads that nothing goes on with"),
        records.EMPTY: tr("Empty folders"),
        records.PICKLES: tr("Pickles that could be safetensors"),
        records.NO_DETAILS: tr("Without details"),
        records.NO_PREVIEW: tr("Without a preview"),
    }[sort]


def meaning(sort: str) -> str:
    """What a sort of findings means for the person, a sentence or two."""
    return {
        records.BROKEN: tr("No program can load these. Where a page is known they can be fetched again."),
        records.UNSAFE: tr("Loading these may run what is hidden in them. Nothing of them was run to find out."),
        records.MISPLACED: tr("ComfyUI looks for them in another folder, so it does not offer them where they belong."),
        records.MISNAMED: tr("Programs go by the ending, so they try to load these in the wrong way."),
        records.SAME_STEM: tr("Preview and sidecars go by the name without its ending, so these get each other's. Rename one of them."),
        records.BAD_SIDECAR: tr("What these files say is not shown. They are left as they are."),
        records.LINKS: tr("What they led to was moved or removed, or is on a drive that is not connected."),
        records.ORPHANS: tr("Their model was moved, renamed or removed without them."),
        records.PARTIALS: tr("They only take room, unless another program still works on them."),
        records.EMPTY: tr("Folders with nothing in them. Those that ComfyUI looks into are not counted."),
        records.PICKLES: tr("Nothing bad was found in these. As safetensors they could never hold anything but weights."),
        records.NO_DETAILS: tr("Names, trigger words and descriptions can be fetched for those that Civitai knows."),
        records.NO_PREVIEW: tr("Pictures can be fetched, or chosen by hand in the library."),
    }[sort]


def mend_words(mend: str) -> str:
    """What the button of a mend says."""
    return {
        records.DELETE: tr("Delete…"),
        records.REFETCH: tr("Fetch again"),
        records.MOVE: tr("Move…"),
        records.RENAME: tr("Rename…"),
        records.ATTACH: tr("Put beside its model…"),
        records.REMOVE_FOLDER: tr("Remove…"),
        records.CONVERT: tr("Convert…"),
        records.DETAILS: tr("Fetch details"),
        records.PREVIEWS: tr("Fetch preview"),
    }[mend]


def mend_all_words(mend: str) -> str:
    """What the button of a mend says that is done for all of a sort."""
    return {
        records.DELETE: tr("Delete all of these…"),
        records.REFETCH: tr("Fetch all of these again…"),
        records.MOVE: tr("Move all of these…"),
        records.RENAME: tr("Rename all of these…"),
        records.ATTACH: tr("Put them beside their models…"),
        records.REMOVE_FOLDER: tr("Remove all of these…"),
        records.CONVERT: tr("Convert all of these…"),
        records.DETAILS: tr("Fetch details for all"),
        records.PREVIEWS: tr("Fetch previews for all"),
    }[mend]


def level_words(level: str) -> str:
    """What a grade is called."""
    return {
        SAFE: tr("Safe"), SUSPICIOUS: tr("Suspicious"), DANGEROUS: tr("Dangerous"), UNCHECKED: tr("Cannot be checked"),
    }.get(level, "")  # fmt: skip


def grade_text(told: Grade) -> str:
    """Say in a sentence or two what was found in a pickle."""
    grave = [one for one in told.imports if one.level != SAFE]
    parts = []
    if grave:
        more = trn("and {count} more", "and {count} more", len(grave) - 1) if len(grave) > 1 else ""
        parts.append(tr("It would import {name} {more}", name=".".join(grave[0].name.split(" ")), more=more).rstrip() + ".")
        parts.append(grave[0].text)
    parts += told.doubts
    return " ".join(filter(None, parts)) or tr("It would import nothing but what weights need.")
