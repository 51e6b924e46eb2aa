"""Puts a new picture beside a model, or an earlier one back, so that a crash at any moment loses nothing.

Called by write jobs and bulk. The pictures that were there go into the history first; all files any tool would take for the model's
picture are replaced together, as each tool prefers another. It must never write through a link or touch another model's picture.
"""

import contextlib
import os
import secrets
from collections.abc import Callable

from model_manager.core.errors import FileFault
from model_manager.core.paths import long_path, plain_reason, rename_new
from model_manager.core.previews.beside import Beside, look_beside, require_short
from model_manager.core.previews.entries import Entry, Kept, New, discard, is_as_kept, remove_old
from model_manager.core.previews.history import History
from model_manager.core.previews.records import Applied, Earlier, Made
from model_manager.core.words import tr

TRIES = 3  # when another program changes the picture at the same time


def require_model(model_path: str) -> None:
    """Raise FileFault when the model is gone by now: a picture without it would lie there for ever."""
    if not os.path.lexists(long_path(model_path)):
        raise FileFault(tr("{path} is no longer there. No picture was written.", path=model_path))


def apply(model_path: str, made: Made, history: History, mark: str = "") -> Applied:
    """Write a new preview beside the model; its former pictures go to the history. Raises FileFault; all is then as it was.

    mark: see `History.begin`.
    """
    return _changed(model_path, history, lambda beside: (New(beside.target(made.suffix), _part(), made.data),), mark)


def bring_back(model_path: str, earlier: Earlier, history: History) -> Applied:
    """Put an earlier state back, names and bytes as they were; the present one goes to the history. Raises FileFault as `apply`."""
    require_model(model_path)
    news = _as_kept(history.entry(model_path, earlier.id))
    done = _changed(model_path, history, lambda _beside: news)
    history.forget(model_path, earlier.id)
    return done


def take_away(model_path: str, history: History) -> Applied:
    """Put all pictures of the model into the history, so that it has none. Raises FileFault as `apply`."""
    return _changed(model_path, history, lambda _beside: ())


def _changed(model_path: str, history: History, news_for: Callable[[Beside], tuple[New, ...]], mark: str = "") -> Applied:
    with history.held():
        for left in reversed(range(TRIES)):
            beside = look_beside(model_path)
            news = news_for(beside)
            for new in news:
                require_short(new.name)
            entry = history.begin(model_path, beside.stills, news, mark)
            if _is_written(entry, news, is_last=not left):
                break
        kept = remove_old(entry)
        warnings = _warnings(beside, kept)
        try:
            history.complete(entry)
        except FileFault as fault:
            warnings.append(fault.text)
    names = {new.name for new in news}
    retired = tuple(name for name in beside.stills if name not in kept and name not in names)
    path = os.path.join(beside.folder, news[0].name) if news else ""
    return Applied(path, retired, entry.place.name, tuple(warnings))


def _is_written(entry: Entry, news: tuple[New, ...], is_last: bool) -> bool:
    """Put the new files in place; False when the old ones changed meanwhile. Raises FileFault; all is then as it was."""
    replaced: list[New] = []
    name = news[0].name if news else ""
    try:
        for new in news:
            name = new.name
            _write(os.path.join(entry.folder, new.part), new)
        if not all(is_as_kept(entry, one) for one in entry.kept):
            raise FileExistsError
        for new in news:
            name = new.name
            _put(entry, new)
            replaced.append(new)
    except FileExistsError as error:
        _undo(entry, news, replaced)
        if is_last:
            text = tr("Another program keeps changing the picture of {model}. Nothing was changed.", model=entry.stem)
            raise FileFault(text) from error
        return False
    except (OSError, ValueError) as error:
        _undo(entry, news, replaced)
        raise FileFault(_refusal(entry, name, error)) from error
    except FileFault:
        _undo(entry, news, replaced)
        raise
    return True


def _put(entry: Entry, new: New) -> None:
    """Give a new file its name. Raises FileExistsError for a picture that came to be there after the others were kept."""
    part, path = os.path.join(entry.folder, new.part), os.path.join(entry.folder, new.name)
    if any(one.name == new.name for one in entry.kept):
        os.replace(long_path(part), long_path(path))
    else:
        rename_new(part, path)


def _refusal(entry: Entry, name: str, error: OSError | ValueError) -> str:
    reason = plain_reason(error) if isinstance(error, OSError) else tr("its name is not a possible file name")
    path = os.path.join(entry.folder, name)
    return tr("{path} could not be saved: {reason}. The picture that was there is unchanged.", path=path, reason=reason)


def _undo(entry: Entry, news: tuple[New, ...], replaced: list[New]) -> None:
    """Go back: temporary files go, and what was put in place already gives way to what was there. Then the entry is not needed."""
    before = {one.name: one for one in entry.kept}
    with contextlib.suppress(OSError, ValueError):
        for new in replaced:
            path = os.path.join(entry.folder, new.name)
            if new.name in before:
                old = _again(entry, before[new.name])
                _write(os.path.join(entry.folder, old.part), old)
                os.replace(long_path(os.path.join(entry.folder, old.part)), long_path(path))
            else:
                os.unlink(long_path(path))
    for new in news:
        with contextlib.suppress(OSError, ValueError):
            os.unlink(long_path(os.path.join(entry.folder, new.part)))
    if not replaced or all(is_as_kept(entry, one) for one in entry.kept):
        discard(entry.place)


def _write(path: str, new: New) -> None:
    """Write a new file under its temporary name and have it on the disk."""
    full = long_path(path)
    if new.link:
        with contextlib.suppress(OSError, NotImplementedError):
            os.symlink(new.link, full)
            return
        if not new.data:
            raise FileNotFoundError(2, "")  # a link that led nowhere, where links cannot be made
    handle = os.open(full, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with open(handle, "wb") as file:
        file.write(new.data)
        file.flush()
        os.fsync(handle)
    if new.mtime_ns:
        os.utime(full, ns=(new.mtime_ns, new.mtime_ns))
        os.chmod(full, new.mode)


def _part() -> str:
    return f".mm-{secrets.token_hex(6)}.tmp"


def _warnings(beside: Beside, left: list[str]) -> list[str]:
    found = [
        tr("The older picture {file} could not be removed, so ComfyUI may show it in place of the new one.", file=name) for name in left
    ]
    if beside.sharing:
        others = ", ".join(beside.sharing)
        found.append(tr("{others} has the same name and so the same picture.", others=others))
    return found


def _as_kept(entry: Entry) -> tuple[New, ...]:
    """Return the files of an earlier state as they are to be written. Raises FileFault when a copy cannot be read."""
    try:
        return tuple(_again(entry, one) for one in entry.kept)
    except (OSError, ValueError) as error:
        raise FileFault(tr("This earlier picture is not in the history any more. Nothing was changed.")) from error


def _again(entry: Entry, one: Kept) -> New:
    data = (entry.place / one.copy).read_bytes() if one.copy else b""
    return New(one.name, _part(), data, one.link, one.mtime_ns, one.mode)
