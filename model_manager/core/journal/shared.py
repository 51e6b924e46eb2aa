"""Lets two files with the same bytes be one (hard link), or share their blocks (reflink), and gives each bytes of its own again.

Called by performing, as the deeds are. The bytes are compared right before; there is always a whole file with the target's name.
"""

import ctypes
import errno
import os
import stat
import sys
from contextlib import suppress

from model_manager.core.errors import FileFault
from model_manager.core.journal.copied import make_copy
from model_manager.core.journal.deeds import Deed, Ground, remove
from model_manager.core.journal.seen import Seen, is_one_file, is_same, look, same_bytes
from model_manager.core.journal.steps import HARD
from model_manager.core.journal.traits import give_traits
from model_manager.core.paths import long_path
from model_manager.core.words import tr

FICLONE = 0x40049409  # ioctl of linux/fs.h


class Twin(Deed):
    """target becomes one with source, or a file of its own again. It is both ways: `is_back` says which."""

    __slots__ = ()
    is_noted = True

    def prepare(self, ground: Ground) -> None:
        """Make what will be put in the target's place. Raises FileFault when the files are not what they were."""
        if self.is_back:
            self._require(self.step.after)
            self._prepare_own(ground)
        else:
            self._require(self.step.seen)
            self._prepare_one(ground)

    def name(self, ground: Ground) -> None:
        """Put it in its place."""
        self._require(self.step.after if self.is_back else self.step.seen)
        self._put(ground)

    def back(self, ground: Ground, is_begun: bool) -> None:
        """Put in its place what was there before."""
        with suppress(FileNotFoundError):
            remove(self._beside(ground))
        if not self.is_begun(ground):
            return
        (self._prepare_one if self.is_back else self._prepare_own)(ground)
        self._put(ground)

    def is_done(self, ground: Ground) -> bool:
        """Whether target is what it is to be."""
        is_one = is_one_file(look(self.step.source), look(self.step.target))
        if self.step.sort != HARD:
            return self.is_begun(ground)
        return not is_one if self.is_back else is_one

    def is_begun(self, ground: Ground) -> bool:
        """Whether another file than before has the name."""
        now, seen, after = look(self.step.target), self.step.seen, self.step.after
        before = after if self.is_back else seen
        made = seen if self.is_back else after
        return now is not None and before is not None and not is_one_file(before, now) and made is not None and is_same(made, now)

    def _require(self, seen: Seen | None) -> None:
        now = look(self.step.target)
        if seen is None or not is_same(seen, now) or (now is not None and not stat.S_ISREG(now.mode)):
            name = os.path.basename(self.step.target)
            raise FileFault(tr("{name} has changed since. It was left as it is.", name=name))

    def _prepare_one(self, ground: Ground) -> None:
        source, target, beside = self.step.source, self.step.target, self._beside(ground)
        one, other = look(source), look(target)
        if one is None or not stat.S_ISREG(one.mode):
            raise FileFault(tr("{name} is not there any more.", name=os.path.basename(source)))
        if is_one_file(one, other):
            raise FileFault(tr("The two are one file already."))
        if not same_bytes(source, target, ground.work, ground.told):
            raise FileFault(tr("The two files do not have the same bytes. Nothing was changed."))
        if not is_same(one, look(source)):
            raise FileFault(tr("{name} changed meanwhile.", name=os.path.basename(source)))
        with suppress(FileNotFoundError):
            remove(beside)
        if self.step.sort == HARD:
            _hard_link(source, beside)
        else:
            clone(source, beside)
            self._give_traits(beside, self.step.seen or one)
        if not self.is_back:
            self.step.after = look(beside)

    def _prepare_own(self, ground: Ground) -> None:
        make_copy(self.step.target, self._beside(ground), ground, is_back=True)
        if self.step.seen is not None:
            self._give_traits(self._beside(ground), self.step.seen)

    def _give_traits(self, path: str, seen: Seen) -> None:
        if not give_traits(path, self.step.before or b"", seen):
            self.said = tr("Owner, rights or tags of {name} could not all be kept.", name=os.path.basename(self.step.target))

    def _put(self, ground: Ground) -> None:
        os.replace(long_path(self._beside(ground)), long_path(self.step.target))

    def _beside(self, ground: Ground) -> str:
        return self.hidden(ground, os.path.dirname(self.step.target), "beside")


def _hard_link(source: str, beside: str) -> None:
    try:
        os.link(long_path(source), long_path(beside))
    except OSError as fault:
        if fault.errno == errno.EXDEV:
            raise FileFault(tr("They lie on two drives; one file can have names on one drive only.")) from fault
        if fault.errno in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
            raise FileFault(tr("This drive cannot give a file two names.")) from fault
        if fault.errno == errno.EMLINK:
            raise FileFault(tr("The file has as many names as the drive allows.")) from fault
        raise


def clone(source: str, target: str) -> None:
    """Make a new file that shares its blocks with `source`. Raises FileFault where the drive or system cannot, OSError."""
    try:
        _clone(source, target)
    except OSError as fault:
        with suppress(OSError):
            remove(target)
        if fault.errno == errno.EXDEV:
            raise FileFault(tr("They lie on two drives; bytes can be shared on one drive only.")) from fault
        if fault.errno in (errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL, errno.ENOSYS, errno.EPERM):
            raise FileFault(tr("This drive cannot share the bytes of two files.")) from fault
        raise


def _clone(source: str, target: str) -> None:
    if sys.platform == "linux":
        import fcntl

        with open(source, "rb") as reader, open(target, "xb") as writer:
            fcntl.ioctl(writer.fileno(), FICLONE, reader.fileno())
    elif sys.platform == "darwin":
        library = ctypes.CDLL(None, use_errno=True)
        if library.clonefile(os.fsencode(source), os.fsencode(target), 0):  # sys/clonefile.h
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), target)
    else:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP), target)
