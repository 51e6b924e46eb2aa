"""The part of a `.md` that a fetch wrote: trigger words and descriptions, between two comments that Markdown does not show.

Called by front_matter, notes and writing. Programs that show the whole file show it; for us it is no note of the person's. The opening
comment holds a hash of the text, so a part that somebody changed counts as theirs from then on.
"""

import re
from hashlib import sha256

from model_manager.core.sidecars.fetched import Fetched, cut
from model_manager.core.sidecars.markdown import escaped, markdown

_OPEN = "<!-- model-manager: fetched {mark}. The text up to the end mark is replaced when details are fetched again. -->"
_CLOSE = "<!-- model-manager: end -->"
_MARK = re.compile(r"<!-- model-manager: fetched ([0-9a-f]{16})\.[^\n]*-->[ \t]*\r?\n")
_OURS = re.compile(r"<!--(\s*model-manager:)")
MOST_LETTERS = 60_000  # of a description: the file, read as a whole, has to leave room for notes
_HEADINGS = ("# Trigger Words", "# About this version")
_BLANK = re.compile(r"[ \t]*\r?\n")


def block_of(fetched: Fetched) -> str:
    """Return the text of a fetch with its two comments, "" when there is nothing to tell; it ends with a blank line.

    The headings are hayden's (hayden-fr/ComfyUI-Model-Manager:py/information.py).
    """
    version, offer = fetched.version, fetched.offer
    words = ", ".join(fetched.words)
    parts = []
    if words or fetched.is_civitai:
        parts.append(f"{_HEADINGS[0]}\n\n{escaped(words) if words else 'No trigger words'}")
    if about := _text(cut(version.description), fetched.is_civitai):
        parts.append(f"{_HEADINGS[1]}\n\n{about}")
    if about := _text(fetched.about, fetched.is_civitai):
        parts.append(f"# {escaped(' '.join(offer.name.split())) or 'About'}\n\n{about}")
    if not (words or len(parts) > fetched.is_civitai):
        return ""
    text = "\n\n".join(parts)
    return f"{_OPEN.format(mark=_hash(text))}\n\n{text}\n\n{_CLOSE}\n\n"


def _text(description: str, is_html: bool) -> str:
    """Return a description as Markdown: Civitai's is HTML, a card of Hugging Face is Markdown already. A very long one is cut."""
    found = markdown(description) if is_html else _OURS.sub(r"&lt;!--\1", description.replace("\r\n", "\n")).strip()
    return found if len(found) <= MOST_LETTERS else found[:MOST_LETTERS].rstrip("\\") + "…"


def apart(body: str) -> tuple[str, str]:
    """Return (what a fetch wrote, what a person wrote) of the body of a `.md`; together they are the whole body, maybe in another order.

    A part that was changed since it was written is the person's.
    """
    for found in _MARK.finditer(body):
        end = body.find(_CLOSE, found.end())
        if end < 0 or _hash(body[found.end() : end]) != found[1]:
            continue
        end += len(_CLOSE)
        for _ in range(2):  # the rest of its line, and the blank one
            blank = _BLANK.match(body, end)
            end = blank.end() if blank else end
        return body[found.start() : end], body[: found.start()] + body[end:]
    return "", body


def is_haydens(body: str) -> bool:
    """Say whether a body is one that hayden's program wrote: it tells the same already. A part of ours that was edited is not."""
    lines = {line.rstrip() for line in body.splitlines()}
    return all(heading in lines for heading in _HEADINGS) and not _MARK.search(body)


def _hash(text: str) -> str:
    """Return the mark of a text; how lines end and blanks around do not count."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()[:16]
