"""Names, links and sidecars that programs stumble over, with what is true of them.

Used by make_library.py. Names that the system refuses are left out there and then.
"""

import contextlib
import os
import unicodedata
from collections.abc import Callable
from typing import Final

from library_templates import Content
from library_writer import Root, Writer

Sound = Callable[[], Content]
_STEMS: Final = (
    "[bracket] star",
    "curly {x} (1)",
    "quote ' and \" both",
    "percent %20 %s %d",
    "hash # and & and ;",
    "-leading-dash",
    "--help",
    "trailing space ",
    " leading space",
    "two  spaces",
    "dots.in.the.name",
    "ends with dot.",
    "x" * 238,
    "ü" * 115,
    "日本語の名前",
    "naïve café",
    unicodedata.normalize("NFD", "décomposé"),
    "emoji 🦊 fox 👩‍🎨",
    "عربي",
    "tab\there",
    "line\nbreak",
    "back\\slash",
    "star * question ?",
    "colon: pipe |",
    "CON",
    "nul.txt",
    "$HOME `id`",
    "<b>bold</b>",
    "~tilde",
    "zero\u200bwidth",
    "rtl\u202eoverride",
    "preview",
    "null",
    "1e5",
)
_FOLDERS: Final = (
    "[v1] folder",
    "folder with space ",
    "percent %41",
    unicodedata.normalize("NFD", "dossier é"),
    "-dash",
    "new\nline",
    "emoji 🐚",
    "a.safetensors",
)
_PARTIALS: Final = (".part", ".part.dl-meta", ".downloading", ".download", ".aria2", ".crdownload")


def add_hostile_names(writer: Writer, root: Root, sound: Sound, picture: bytes) -> int:
    """Write models with hostile names, each with a preview and a sidecar; return how many the system took."""
    before = len(writer.records)
    for stem in _STEMS:
        _named(writer, root, "hostile", stem, sound, picture)
    for folder in _FOLDERS:
        _named(writer, root, os.path.join("hostile", folder), "inside", sound, picture)
    for sub, name in (("hostile", ".dotfile.safetensors"), (os.path.join("hostile", ".dotfolder"), "inside.safetensors")):
        writer.model(root, sub, name, sound(), optional=True, note="hidden name")  # ComfyUI's two lists disagree about these
    deep = os.path.join("hostile", *[f"level {index:02}" for index in range(40)])
    writer.model(root, deep, "deep.safetensors", sound(), note="deep folder")
    return len(writer.records) - before


def _named(writer: Writer, root: Root, sub: str, stem: str, sound: Sound, picture: bytes) -> None:
    with contextlib.suppress(OSError, ValueError):
        record = writer.model(root, sub, f"{stem}.safetensors", sound(), note="hostile name")
        with contextlib.suppress(OSError, ValueError):
            writer.beside(record, f"{stem}.png", picture, is_preview=True)
            writer.beside(record, f"{stem}.txt", b"plain words\n")


def add_sidecar_traps(writer: Writer, root: Root, sound: Sound, picture: bytes) -> int:
    """Write families whose names begin alike, shared stems, contradicting dialects and orphans; return how many models."""
    before = len(writer.records)
    for index in range(3):
        sub = os.path.join("traps", f"set {index}")
        plain, second = (writer.model(root, sub, f"foo{end}.safetensors", sound(), note="stem trap") for end in ("", ".v2"))
        writer.beside(plain, "foo.info", b'{"trainedWords": ["plain foo"], "baseModel": "SDXL 1.0"}')
        writer.beside(second, "foo.v2.info", b'{"trainedWords": ["second foo"], "baseModel": "Pony"}')
        writer.beside(second, "foo.v2.preview.png", picture, is_preview=True)
        plain |= {"trigger_words": ["plain foo"], "base_model": ["SDXL 1.0"]}
        second |= {"trigger_words": ["second foo"], "base_model": ["Pony"]}
        odd = writer.model(root, sub, "foo.preview.safetensors", sound(), note="stem trap")
        writer.beside(odd, "foo.preview.webp", picture, is_preview=True)
        _orphans(writer, os.path.join(root.path, sub), picture)
        _shared_stem(writer, root, sub, sound, picture)
        _contradiction(writer, root, sub, sound)
    return len(writer.records) - before


def _orphans(writer: Writer, folder: str, picture: bytes) -> None:
    """Files that look like somebody's and are nobody's."""
    for name in ("foo.v3.preview.png", "gone.info", "gone.preview.png", "foobar.png"):
        writer.file(os.path.join(folder, name), picture if name.endswith("png") else b"{}", writer.time())
    for ending in _PARTIALS:
        path = os.path.join(folder, f"coming.safetensors{ending}")
        writer.file(path, b"partial", writer.time())
        writer.absent.append(path)


def _shared_stem(writer: Writer, root: Root, sub: str, sound: Sound, picture: bytes) -> None:
    first = writer.model(root, sub, "shared.safetensors", sound(), note="shared stem")
    second = writer.model(root, sub, "shared.sft", sound(), note="shared stem")
    writer.beside(first, "shared.png", picture, is_preview=True)
    writer.beside(first, "shared.txt", b"of both\n")
    second |= {"preview": first["preview"], "sidecars": list(first["sidecars"])}


def _contradiction(writer: Writer, root: Root, sub: str, sound: Sound) -> None:
    """`.info` wins over `.civitai.info`, that over Stability Matrix, that over the front matter."""
    record = writer.model(root, sub, "argue.safetensors", sound(), note="contradicting sidecars")
    writer.beside(record, "argue.info", b'{"baseModel": "Pony", "trainedWords": ["from info"]}')
    writer.beside(record, "argue.civitai.info", b'{"id": 2000000001, "baseModel": "SDXL 1.0", "trainedWords": ["from civitai"]}')
    writer.beside(record, "argue.cm-info.json", b'{"BaseModel": "Illustrious", "TrainedWords": ["from cm"], "Hashes": {}, "Source": 0}')
    writer.beside(record, "argue.md", b"---\nbaseModel: NoobAI\n---\n\nnotes\n")
    record |= {"base_model": ["Pony"], "trigger_words": ["from info"]}


def add_links(writer: Writer, root: Root, other: Root, sound: Sound) -> dict[str, int]:
    """Write links of every sort; return how many. Nothing when the system lets us make none."""
    top = writer.folder(os.path.join(root.path, "links"))
    try:
        os.symlink(os.pardir, os.path.join(top, "loop up"))
    except OSError:
        return {}
    os.symlink("itself", os.path.join(top, "itself"))
    os.symlink("gone.safetensors", os.path.join(top, "broken.safetensors"))
    os.symlink("no such folder", os.path.join(top, "broken folder"))
    writer.absent += [os.path.join(top, "broken.safetensors"), os.path.join(top, "itself")]
    twice = [
        writer.model(root, os.path.join("links", "real"), f"twice-{index:02}.safetensors", sound(), note="folder by two ways")
        for index in range(20)
    ]
    os.symlink("real", os.path.join(top, "alias"))
    for record in twice:
        _place(record, os.path.join(top, "alias", os.path.basename(record["path"])))
    outside = Root(root.kind, os.path.join(str(writer.out), "outside"), root.source)
    for index in range(10):
        record = writer.model(outside, "", f"outside-{index:02}.safetensors", sound(), note="folder outside, linked")
        path = os.path.join(top, "away", os.path.basename(record["path"]))
        record |= {"path": path, "places": [path], "comfyui_name": os.path.relpath(path, root.path)}
    os.symlink(outside.path, os.path.join(top, "away"))
    for index in range(10):
        _file_links(writer, root, other, sound, index)
    return {
        "folder loop": 1,
        "link to itself": 1,
        "broken": 2,
        "folder by two ways": 1,
        "folder outside": 1,
        "file links": 10,
        "hard links": 10,
    }


def _file_links(writer: Writer, root: Root, other: Root, sound: Sound, index: int) -> None:
    top = os.path.join(root.path, "links")
    linked = writer.model(other, "linked", f"target-{index:02}.safetensors", sound(), note="file link into another root")
    path = os.path.join(top, f"link-{index:02}.safetensors")
    os.symlink(linked["path"], path)
    _place(linked, path)
    hard = writer.model(root, "links", f"hard-{index:02}.safetensors", sound(), note="hard link")
    path = os.path.join(top, f"hard-{index:02}-again.safetensors")
    os.link(hard["path"], path)
    _place(hard, path)
    hard["may_be_split"] = True


def _place(record: dict[str, object], path: str) -> None:
    """Say that the model is reached by `path` as well; which of its names is shown first is then open."""
    record["places"] = [*record["places"], path]  # type: ignore[misc]
    record["comfyui_name"] = None
