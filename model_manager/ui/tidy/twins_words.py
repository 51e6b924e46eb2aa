"""What the page of duplicates says of groups and their members. Plain functions over records."""

import os
import time
from collections.abc import Collection

from model_manager.core.amounts import size_text
from model_manager.core.library.kinds import label_one
from model_manager.core.twins.records import ONE_FILE, SAME_FILE, SAME_NAME, SAME_WEIGHTS, Group, Member
from model_manager.core.words import tr, trn
from model_manager.ui.tidy.rows import SLASH


def title_of(group: Group) -> str:
    """What a group is called: the name of the file that is worth keeping, or of the first."""
    first = next((one for one in group.members if one.id == group.keep), group.members[0])
    return os.path.basename(first.real)


def about_words(group: Group, kept: Collection[int]) -> str:
    """The second line of a group."""
    if group.sort == ONE_FILE:
        return tr("One file with {count} names: nothing is stored twice", count=1 + len(group.members[0].names))
    sizes = [size_text(size) for size in sorted({one.size for one in group.members})]
    size = sizes[0] if sizes[0] == sizes[-1] else tr("{least} to {most}", least=sizes[0], most=sizes[-1])
    words = [trn("{count} file", "{count} files", len(group.members)), size]
    if group.sort == SAME_NAME:
        words.append({SAME_FILE: tr("same content"), SAME_WEIGHTS: tr("same weights")}.get(group.equal, tr("different content")))
    why = group.why if set(kept) == {group.keep} else ""
    return " · ".join(words) + (tr(" · keeps {path}. {why}", path=_kept_name(group), why=why) if why else "")


def _kept_name(group: Group) -> str:
    kept = next(one for one in group.members if one.id == group.keep)
    return "".join(place_words(group, kept))


def place_words(group: Group, member: Member) -> tuple[str, str]:
    """Where a member is, as (folders, file): "loras / style / ", "ink.safetensors"."""
    if not member.root or not member.path.startswith(member.root):
        return os.path.dirname(member.path) + os.sep, os.path.basename(member.path)
    *folders, name = member.path[len(member.root) :].strip(os.sep).split(os.sep)
    return SLASH.join((*_root_words({one.root for one in group.members}, member.root), *folders)) + SLASH, name


def _root_words(roots: Collection[str], root: str) -> list[str]:
    """The last parts of a root's path, as many as tell it from the others."""
    parts = root.split(os.sep)
    for count in range(1, len(parts)):
        tail = parts[-count:]
        if not any(other != root and other.split(os.sep)[-count:] == tail for other in roots):
            return tail
    return [root]


def member_words(group: Group, member: Member) -> str:
    """The second line of a member: what it is, and what would be missed."""
    words = [label_one(member.kind), size_text(member.size), time.strftime("%Y-%m-%d", time.localtime(max(0, member.mtime_ns) / 1e9))]
    if group.sort == SAME_NAME:
        words.append(tr("ComfyUI takes this one") if member.is_seen else tr("ComfyUI never sees it"))
    elif not member.is_seen:
        words.append(tr("hidden by a file of the same name"))
    if group.sort == SAME_WEIGHTS:
        first = next((one for one in group.members if one.id == group.keep), group.members[0])
        words += [tr("other metadata")] if member.content != first.content else [tr("the same file")] if member is not first else []
    words += [
        text
        for text, is_so in (
            (tr("favourite"), member.favourite), (tr("rated {count}", count=member.rating), member.rating), (tr("notes"), member.has_notes),
            (tr("preview"), member.has_preview), (tr("details"), member.has_details), (tr("link"), member.is_link),
            (tr("in {count} pictures", count=member.uses), member.uses),
            (tr("{count} names", count=member.links), member.links > 1 and group.sort != ONE_FILE),
        )
        if is_so
    ]  # fmt: skip
    return " · ".join(words)


def mark_words(group: Group, member: Member, kept: Collection[int]) -> tuple[str, str]:
    """What is said of a member at the right, and its tone."""
    if group.sort == ONE_FILE or len(kept) == len(group.members):
        return "", ""
    return (tr("stays"), "ok") if member.id in kept else (tr("goes"), "warn")


def won_words(group: Group, kept: Collection[int]) -> str:
    """What is to be won in a group, at the right of its first line."""
    if group.sort == ONE_FILE:
        return tr("Already one file")
    won = group.won(kept)
    return size_text(won) if won else tr("Nothing to be won")


def foot_words(is_selected: bool, groups: int, won: int, going: int) -> str:
    """What the buttons are about: these groups, selected or all of them. going: files that would go."""
    one, many = ("{count} group selected", "{count} groups selected") if is_selected else ("{count} group", "{count} groups")
    scope = trn(one, many, groups)
    going_words = trn("{count} file goes", "{count} files go", going)
    return " · ".join((scope, going_words, tr("{size} to be won", size=size_text(won)))) if going else f"{scope} · {tr('all files stay')}"


def spoken(group: Group, member: Member | None, kept: Collection[int]) -> str:
    """A row as a screen reader says it."""
    if member is None:
        return f"{title_of(group)}, {about_words(group, kept)}, {won_words(group, kept)}"
    return ", ".join(filter(None, ("".join(place_words(group, member)), member_words(group, member), mark_words(group, member, kept)[0])))


def sort_words(sort: str, count: int) -> str:
    """A tab with its number of groups."""
    texts = {SAME_FILE: tr("Same file"), SAME_WEIGHTS: tr("Same weights"), SAME_NAME: tr("Same name")}
    return f"{texts[sort]} {count:,}" if count else texts[sort]


def lead_words(sort: str) -> str:
    """A sentence above the list of a tab."""
    return {
        SAME_FILE: tr("The same bytes in files of their own."),
        SAME_WEIGHTS: tr("The same weights, byte for byte. What else is in the files differs, such as the training data in a header."),
        SAME_NAME: tr("One name in several folders of a category. ComfyUI takes the first and never sees the others."),
    }[sort]
