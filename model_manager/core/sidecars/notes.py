"""The person's own notes: the body of `<stem>.md`, read and written without touching the front matter and the fetched text above.

Called by the details panel's jobs, and by tidy/editing for plans. It must never lose text: what changed on disk meanwhile is not
overwritten, a failed save leaves the old file, a `.txt` stays as it is.
"""

import os
from typing import NamedTuple

from model_manager.core.errors import BadSidecar, FileFault
from model_manager.core.library.entry import Details
from model_manager.core.paths import replace_file
from model_manager.core.sidecars.fetched_text import apart
from model_manager.core.sidecars.front_matter import new_head, split, unix_lines
from model_manager.core.sidecars.reading import TEXT_LIMIT, plain_text, read_bytes, unreadable
from model_manager.core.sidecars.suffixes import NOTES, stem_of
from model_manager.core.sidecars.turns import turn
from model_manager.core.words import tr


class _Stored(NamedTuple):
    """A `.md` as it is on disk: head (front matter and what a fetch wrote), and the notes; encoding "" when there is none."""

    path: str
    head: str
    body: str
    encoding: str


def read_notes(folder: str, model_name: str) -> str:
    r"""Return the notes of a model with `\n` line ends, "" when there are none. Raises FileFault when the file cannot be read."""
    return unix_lines(_stored(folder, model_name).body)


def save_notes(folder: str, model_name: str, body: str, expected: str | None = None, details: Details | None = None) -> str:
    """Write `body` as the notes of a model and return the path of the `.md`.

    The front matter, its unknown keys, what a fetch wrote, the file's line ends and its encoding stay. A new file gets front matter
    from `details` if given. expected: the notes as they were loaded; when the file says something else by now, FileFault is raised and
    nothing is written. Raises FileFault as well when the file cannot be read or written; the old one is then as it was.
    """
    with turn(os.path.join(folder, model_name)):
        return _saved(folder, model_name, body, expected, details)


def changed_notes(
    folder: str, model_name: str, body: str, details: Details | None = None, expected: str | None = None
) -> tuple[str, bytes] | None:
    """Return the path of the `.md` and what `save_notes` would write into it, None when that is there already.

    Nothing is written. Raises FileFault when the file cannot be read, or does not say what was expected.
    """
    stored = _stored(folder, model_name)
    _require(stored, expected)
    if _same(stored.body, body):
        return None
    if stored.encoding:
        return stored.path, _bytes(stored, body)
    return stored.path, _new(body, details)


def _require(stored: _Stored, expected: str | None) -> None:
    if expected is not None and not _same(stored.body, expected):
        raise FileFault(
            tr(
                "The notes in {file} were changed by another program in the meantime. Nothing was saved. "
                "Copy your text, load the notes again and add it.",
                file=os.path.basename(stored.path),
            )
        )


def _saved(folder: str, model_name: str, body: str, expected: str | None, details: Details | None) -> str:
    stored = _stored(folder, model_name)
    _require(stored, expected)
    if not stored.encoding:
        replace_file(stored.path, _new(body, details))
    elif unix_lines(stored.body) != unix_lines(body):
        replace_file(stored.path, _bytes(stored, body))
    return stored.path


def _new(body: str, details: Details | None) -> bytes:
    head = new_head(details) if details is not None else ""
    return (head + unix_lines(body)).encode("utf-8", "replace")


def _bytes(stored: _Stored, body: str) -> bytes:
    """Return the file with another body; as UTF-8 only if the file's own encoding lacks a letter."""
    lines = "\r\n" if "\r\n" in stored.head + stored.body else "\n"
    text = stored.head + unix_lines(body).replace("\n", lines)
    try:
        return text.encode(stored.encoding)
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _same(one: str, other: str) -> bool:
    return unix_lines(one).strip() == unix_lines(other).strip()


def _stored(folder: str, model_name: str) -> _Stored:
    path = os.path.join(folder, stem_of(model_name) + NOTES)
    try:
        return _open(path)
    except FileNotFoundError:
        other = _other_spelling(folder, model_name)
    try:
        return _open(other) if other else _Stored(path, "", "", "")
    except FileNotFoundError:
        return _Stored(path, "", "", "")


def _open(path: str) -> _Stored:
    name = os.path.basename(path)
    try:
        text, encoding = plain_text(name, read_bytes(path, TEXT_LIMIT))
    except BadSidecar as fault:
        raise FileFault(fault.text) from None
    except FileNotFoundError:
        if os.path.lexists(path):
            raise FileFault(unreadable(name, FileNotFoundError(2, ""))) from None
        raise
    except (OSError, ValueError) as error:
        raise FileFault(unreadable(name, error)) from error
    head, _, body = split(text)
    told, notes = apart(body)
    return _Stored(path, head + told, notes, encoding)


def _other_spelling(folder: str, model_name: str) -> str:
    """Return the path of `<stem>.MD` or the like, "" if there is none."""
    stem = stem_of(model_name)
    try:
        names = [name for name in os.listdir(folder) if name[: len(stem)] == stem and name[len(stem) :].lower() == NOTES]
    except OSError:
        return ""
    return os.path.join(folder, min(names)) if names else ""
