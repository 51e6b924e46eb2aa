"""Moves and copies bytes: to a partial, read again and compared, then the name; a move's source is set aside before it goes.

Called by performing, as the deeds are. A source goes only after everything of its act has its name on the other drive.
"""

import os
import shutil
import stat
import sys
from contextlib import suppress

from model_manager.core.errors import FileFault, NoRoom
from model_manager.core.files.copying import copy_verified
from model_manager.core.files.volumes import RESERVE, volume_of
from model_manager.core.journal.deeds import Deed, Ground, drop_aside, remove
from model_manager.core.journal.kin import link_as, moved
from model_manager.core.journal.seen import Seen, is_away, is_one_file, is_same, look, same_bytes
from model_manager.core.journal.store import KeptAct, KeptStep
from model_manager.core.journal.traits import add_tags
from model_manager.core.paths import long_path, plain_reason, rename_new
from model_manager.core.words import tr


def make_copy(source: str, partial: str, ground: Ground, is_back: bool = False) -> str:
    """Copy a file to a partial of ours, proven, with its time and rights; returns a sentence when its tags could not be kept.

    is_back: to where it was, so that room is only needed for itself. Raises FileFault, Cancelled, OSError with a name.
    """
    folder = os.path.dirname(partial)
    with suppress(FileNotFoundError):
        remove(partial)  # of a run that was killed
    size = os.stat(long_path(source)).st_size
    wanted = size + (0 if is_back else RESERVE)
    if wanted > (free := volume_of(folder)[2]):
        raise NoRoom(tr("There is not enough room on the drive of {folder}.", folder=folder), wanted - free)
    try:
        copy_verified(source, partial, ground.work, ground.told)
    except OSError as fault:
        if fault.filename == source:
            raise
        name, reason = os.path.basename(source), plain_reason(fault)
        raise FileFault(tr("{name} could not be copied to {folder}: {reason}.", name=name, folder=folder, reason=reason)) from fault
    about = os.stat(long_path(source))
    if sys.platform != "win32":
        with suppress(OSError):  # a drive may not know owners
            if (about.st_uid, about.st_gid) != (os.geteuid(), os.getegid()):
                os.chown(partial, about.st_uid, about.st_gid)
    with suppress(OSError):  # nor rights
        shutil.copystat(long_path(source), long_path(partial))
    has_tags = add_tags(source, partial)
    with suppress(OSError):  # what one tag too many must not cost
        os.chmod(long_path(partial), stat.S_IMODE(about.st_mode))
    with suppress(OSError):
        os.utime(long_path(partial), ns=(about.st_atime_ns, about.st_mtime_ns))
    return "" if has_tags else tr("Not all tags of {name} could be kept on the other drive.", name=os.path.basename(source))


def give_back_look(path: str, seen: Seen) -> None:
    """Give a file the rights and the time that it had."""
    with suppress(OSError):
        os.chmod(long_path(path), seen.rights)
    now = os.stat(long_path(path))
    os.utime(long_path(path), ns=(now.st_atime_ns, seen.mtime_ns))


class Copied(Deed):
    """A file has a second home. made: what we made there."""

    __slots__ = ("made",)
    is_noted = True

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.made: Seen | None = self.step.seen if self.is_back else self.step.after

    def prepare(self, ground: Ground) -> None:
        """Copy it to a partial."""
        self.source_now()
        self.said = make_copy(self.source, self._partial(ground), ground) or self.said
        self._note_made(ground)

    def name(self, ground: Ground) -> None:
        """Give the partial its name."""
        rename_new(self._partial(ground), self.target)
        flush_folder(os.path.dirname(self.target))

    def back(self, ground: Ground, is_begun: bool) -> None:
        """Remove what we made."""
        self._remove_made(ground)

    def renames(self, ground: Ground) -> list[tuple[str, str]]:
        """The partial gets its name."""
        return [(self._partial(ground), self.target)]

    def is_done(self, ground: Ground) -> bool:
        """Whether the copy is there."""
        return self.made is not None and is_same(self.made, look(self.target))

    is_begun = is_done

    def has_partial(self, ground: Ground) -> bool:
        """Whether something is there that has not its name yet."""
        return os.path.lexists(long_path(self._partial(ground)))

    def _note_made(self, ground: Ground) -> None:
        self.made = look(self._partial(ground))
        if not self.is_back:
            self.step.after = self.made

    def _remove_made(self, ground: Ground) -> None:
        try:
            remove(self._partial(ground))
        except FileNotFoundError:  # it has its name, or has not been made
            now, source = look(self.target), look(self.source)
            if now is not None and source is not None and self._is_ours(now, ground):
                remove(self.target)

    def _is_ours(self, now: Seen, ground: Ground) -> bool:
        """Whether the file with the target's name is our copy; where ids of files change with each start, the bytes tell."""
        if self.made is None or not is_same(self.made, now):
            return False
        return now.link != "" or is_one_file(self.made, now) or same_bytes(self.source, self.target, ground.work)

    def _partial(self, ground: Ground) -> str:
        return self.hidden(ground, os.path.dirname(self.target), "copy")


class Across(Copied):
    """A file goes to another drive, or a link to a place from where it must be written differently."""

    __slots__ = ("is_gone", "now")
    has_aside = True

    def prepare(self, ground: Ground) -> None:
        """Make it anew under a name that nobody sees."""
        now = self.source_now()
        self.is_gone, self.now = now is None, now
        if now is None:
            return
        if now.is_folder:
            raise FileFault(tr("The folder {name} cannot be moved to another drive as one.", name=os.path.basename(self.source)))
        if now.link:
            self._make_link(now, ground)
        elif not self._is_linked(now, ground):
            self.said = make_copy(self.source, self._partial(ground), ground, self.is_back) or self.said
            if self.is_back and self.step.seen is not None and self.seen is not None and is_same(self.seen, now):
                give_back_look(self._partial(ground), self.step.seen)
        self._note_made(ground)

    def name(self, ground: Ground) -> None:
        """Give it its name."""
        if not self.is_gone:
            super().name(ground)

    def aside(self, ground: Ground) -> None:
        """Take the source out of sight, if it is still what was copied."""
        if self.is_gone or self.now is None:
            return
        if not is_same(self.now, look(self.source)):
            raise FileFault(tr("{name} changed while it was moved.", name=os.path.basename(self.source)))
        rename_new(self.source, self._aside(ground))

    def commit(self, ground: Ground) -> None:
        """Remove the source."""
        self.said = drop_aside(self._aside(ground), self.source) or self.said

    def back(self, ground: Ground, is_begun: bool) -> None:
        """Give the source its name again, then remove what we made."""
        if os.path.lexists(long_path(self._aside(ground))):
            rename_new(self._aside(ground), self.source)
        self._remove_made(ground)

    def is_done(self, ground: Ground) -> bool:
        """Whether it is there and no more here."""
        if os.path.lexists(long_path(self._aside(ground))):
            return False
        return is_away(self.seen, look(self.source)) and super().is_done(ground)

    def renames(self, ground: Ground) -> list[tuple[str, str]]:
        """The source goes out of sight as well, and back."""
        aside = self._aside(ground)
        return [*super().renames(ground), (self.source, aside), (aside, self.source)]

    def has_trace(self, ground: Ground) -> bool:
        """Whether the source is set aside just now."""
        return os.path.lexists(long_path(self._aside(ground)))

    def is_committed(self, ground: Ground, has_trace: bool) -> bool:
        """Whether the source is gone for good, and it was us."""
        return self.is_done(ground)

    def _is_linked(self, now: Seen, ground: Ground) -> bool:
        """Make it another name of a file that is there already, if they were one file."""
        partial, others = self._partial(ground), ground.kin.others(self.step)
        stayed = ground.kin.stayed(self.act, self.step) if self.is_back else []
        if not others and not stayed:
            return False
        with suppress(FileNotFoundError):
            remove(partial)  # of a run that was killed
        places = [(one.source, one.seen) for one in stayed if one.seen is not None and _inode(one.source) == one.seen.inode]
        for path, made in (*places, *moved(self.step, others, self.is_back, lambda act, step: self._hidden_of(act, step, ground))):
            if link_as(self.source, path, made, partial, ground.work, ground.told):
                return True
        if stayed:
            names = [os.path.basename(path) for path in (self.target, stayed[0].source)]
            self.said = tr("{name} and {other} were one file. They could not be made one again.", name=names[0], other=names[1])
        return False

    def _hidden_of(self, act: KeptAct, step: KeptStep, ground: Ground) -> str:
        """Where another step of this change has its partial."""
        return Across(act, step, self.is_back)._partial(ground)

    def _make_link(self, now: Seen, ground: Ground) -> None:
        partial, seen = self._partial(ground), self.step.seen
        with suppress(FileNotFoundError):
            remove(partial)
        is_old = self.is_back and seen is not None and self.seen is not None and is_same(self.seen, now)
        text = seen.link if is_old and seen is not None else led_from(now.link, os.path.dirname(self.source), os.path.dirname(self.target))
        os.symlink(text, long_path(partial), target_is_directory=os.path.isdir(long_path(self.source)))
        if os.utime in os.supports_follow_symlinks:
            time_ns = seen.mtime_ns if is_old and seen is not None else now.mtime_ns
            os.utime(partial, ns=(time_ns, time_ns), follow_symlinks=False)

    def _aside(self, ground: Ground) -> str:
        return self.hidden(ground, os.path.dirname(self.source), "aside")


def led_from(link: str, old_folder: str, new_folder: str) -> str:
    """Return how a link must be written in another folder (both real ones) so that it leads where it led."""
    if os.path.isabs(link) or old_folder == new_folder:
        return link
    parts, base = link.split(os.sep), old_folder
    while parts and parts[0] in ("..", ".", ""):
        base = os.path.dirname(base) if parts.pop(0) == ".." else base
    try:
        found = os.path.relpath(base, new_folder)
    except ValueError:  # another drive letter
        found = base
    return os.path.join(*([] if found == "." and parts else [found]), *parts)


def _inode(path: str) -> int:
    """The number of a file, 0 when it is not there: that of its drive may be another after each start."""
    now = look(path)
    return now.inode if now is not None else 0


def flush_folder(folder: str) -> None:
    """Let the names in a folder be on the disk, where systems know that."""
    if os.name == "posix":
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
