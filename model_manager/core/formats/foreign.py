"""Recognises files that are no model at all: web pages, error messages, pointers, pictures, packed archives.

Called by read.py when no container fits. It must accuse nothing that might be a model: unknown bytes give None.
"""

import os
from typing import Final

from model_manager.core.formats.contents import Damage
from model_manager.core.words import tr

# Endings under which ComfyUI or its nodes expect a model; other files (configuration beside a model) may well be text.
_MODEL_ENDINGS: Final = frozenset({".ckpt", ".pt", ".pt2", ".bin", ".pth", ".safetensors", ".pkl", ".sft", ".gguf", ".onnx"})
_TEXT: Final = bytes({7, 8, 9, 10, 12, 13, 27} | set(range(0x20, 0x100)) - {0x7F})
_POINTER: Final = b"version https://git-lfs"
_MARKS: Final = (
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"RIFF", "picture"),
    (b"%PDF", "PDF document"),
    (b"Rar!", "packed archive"),
    (b"7z\xbc\xaf", "packed archive"),
    (b"\x1f\x8b", "packed archive"),
    (b"\xfd7zXZ", "packed archive"),
    (b"\x28\xb5\x2f\xfd", "packed archive"),
)


def foreign(head: bytes, path: str) -> Damage | None:
    """Return the damage of a file that begins with `head` if it is plainly no model, else None."""
    ending = os.path.splitext(path)[1].lower()
    if head.startswith(_POINTER):
        return Damage("not_a_model", tr("This is only a pointer of git-LFS, not the model itself. Download the model from its page."))
    if ending in _MODEL_ENDINGS and (thing := _thing(head)):
        return thing
    if not _is_text(head):
        return None
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head")) or b"<html" in start[:1024]:
        text = tr("This is a web page, not a model: the download was refused or needed a login. Download it again.")
        return Damage("not_a_model", text)
    return _text(start) if ending in _MODEL_ENDINGS else None


def _thing(head: bytes) -> Damage | None:
    word = next((word for mark, word in _MARKS if head.startswith(mark)), "video" if head[4:8] == b"ftyp" else "")
    texts = {
        "picture": tr("This is a picture, not a model. Download the model again or give the file its right name."),
        "video": tr("This is a video, not a model. Download the model again or give the file its right name."),
        "PDF document": tr("This is a PDF document, not a model. Download the model again."),
        "packed archive": tr("This is a packed archive, not a model. Unpack it and use the model inside."),
    }
    return Damage("not_a_model", texts[word]) if word else None


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[2:3] in (b"<", b"\0") and b"\0" in head[2:5]
    if not head or head.translate(None, _TEXT):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4 and error.start > 8  # a character cut in two at the end of what was read
    return True


def _text(start: bytes) -> Damage:
    if start.startswith((b"<?xml", b"<error", b"<")):
        return Damage("not_a_model", tr("This is an XML message, most likely an error of the server, not a model. Download it again."))
    if start.startswith((b"{", b"[")):
        return Damage("not_a_model", tr("This is JSON text, most likely an error of the server, not a model. Download it again."))
    return Damage("not_a_model", tr("This is plain text, not a model. Download the model again."))
