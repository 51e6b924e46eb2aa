"""What a fetch writes into `<stem>.md`: hayden's front matter, and the fetched text in a part of its own above the notes.

Called by writing. The person's text is never touched; a body that hayden's program wrote stays as it is
(hayden-fr/ComfyUI-Model-Manager:py/information.py).
"""

from collections.abc import Mapping
from typing import Any

from model_manager.core.errors import BadSidecar
from model_manager.core.sidecars.fetched import Fetched, public
from model_manager.core.sidecars.fetched_text import apart, block_of, is_haydens
from model_manager.core.sidecars.front_matter import parse, split
from model_manager.core.sidecars.front_writing import dump, edited
from model_manager.core.sidecars.keeping import Kept, keep
from model_manager.core.sidecars.reading import TEXT_LIMIT, plain_text, too_large

MOST_PICTURES = 20
_WEBSITES = {"civitai": "Civitai", "huggingface": "HuggingFace"}
_WORDS = ("author", "baseModel", "metadata", "modelPage", "preview", "website")


def front_told(fetched: Fetched, sha256: str) -> dict[str, Any]:
    """Return hayden's keys with what is known; the program itself writes only some of them for other sites than Civitai."""
    version, file = fetched.version, fetched.file
    metadata = {"fp": file.precision, "size": file.variant, "format": file.format} if file and fetched.is_civitai else {}
    return {
        "author": " ".join(fetched.offer.author.split()),
        "baseModel": version.base_model,
        "hashes": fetched.hashes(sha256),
        "metadata": {key: value for key, value in metadata.items() if value},
        "modelPage": fetched.page,
        "preview": [public(image.url) for image in version.images if image.url.startswith(("http://", "https://"))][:MOST_PICTURES],
        "website": _WEBSITES.get(fetched.site, fetched.website),
    }


def notes_bytes(
    name: str, data: bytes | None, fetched: Fetched, sha256: str, marks: Mapping[str, str], is_other: bool
) -> tuple[bytes, Kept]:
    """Return the new content of a `.md` and what became of its front matter.

    Raises BadSidecar when the old one is no text, or the new one would be too large to be read again.
    """
    text, _ = plain_text(name, data) if data is not None else ("", "")
    head, inner, body = split(text)
    before = parse(name, inner) if inner.strip() else {}
    kept = keep(before, front_told(fetched, sha256), marks, _WORDS, is_other)
    old, notes = apart(body)
    block = "" if is_haydens(notes) else block_of(fetched) or ("" if is_other else old)
    lines = "\r\n" if "\r\n" in text else "\n"
    new = _head(name, head, inner, kept) + block.replace("\r\n", "\n").replace("\n", lines) + notes
    if data is not None and new == text:
        return data, kept
    found = new.lstrip("\ufeff").encode("utf-8", "replace")
    if len(found) > TEXT_LIMIT:
        raise BadSidecar(too_large(name, TEXT_LIMIT))
    return found, kept


def _head(name: str, head: str, inner: str, kept: Kept) -> str:
    """Return the front matter with its lines `---`, changed only within."""
    if not head.strip("\ufeff"):
        lines = dump(kept.changes)
        return f"---\n{lines}---\n\n" if lines else head
    start = head.index(inner, head.index("\n") + 1) if inner else head.index("\n") + 1
    new = edited(name, inner, kept.changes, kept.gone)
    end = head[start + len(inner) :]
    return head[:start] + new + end + ("" if end.endswith("\n") else "\n")


def front_of(name: str, data: bytes) -> dict[str, Any]:
    """Return the front matter of a `.md`, {} when it has none. Raises BadSidecar."""
    inner = split(plain_text(name, data)[0])[1]
    return parse(name, inner) if inner.strip() else {}
