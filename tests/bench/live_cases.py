"""The changes that `live.py` measures. Each case yields its act, then the claim that must come true; what it did before is preparation."""

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

from live_stage import OWN, Stage
from live_writer import Writer

Case = Callable[[Stage, Writer, str, str], Iterator[tuple[Any, ...] | Callable[[], bool]]]


def case_new(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    path = f"{base}/{tag}.safetensors"
    yield "write", path
    yield lambda: stage.slot(path) >= 0


def case_removed(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    path = f"{base}/{tag}.safetensors"
    _made(stage, writer, path)
    yield "remove", path
    yield lambda: stage.slot(path) < 0


def case_moved_out(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    path = f"{base}/{tag}.safetensors"
    _made(stage, writer, path)
    yield "rename", path, f"{stage.library}/{OWN} outside/{tag}.safetensors"
    yield lambda: stage.slot(path) < 0


def case_renamed(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    yield from _move(stage, writer, f"{base}/{tag}.safetensors", f"{base}/{tag} renamed.safetensors")


def case_moved_to_folder(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    yield from _move(stage, writer, f"{base}/{tag}.safetensors", f"{base}/sub/{tag}.safetensors")


def case_moved_to_root(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    yield from _move(stage, writer, f"{base}/{tag}.safetensors", f"{stage.library}/vault/lora/{OWN}/{tag}.safetensors")


def case_rewritten(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    path = f"{base}/{tag}.safetensors"
    _made(stage, writer, path)
    yield "write_slowly", path

    def is_shown() -> bool:
        about, slot, shelf = os.stat(path), stage.slot(path), stage.session.model.shelf
        return (shelf.size[slot], shelf.mtime_ns[slot]) == (about.st_size, about.st_mtime_ns) and not shelf.problem[slot]

    yield is_shown


def case_sidecar(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    path = f"{base}/{tag}.safetensors"
    _made(stage, writer, path)
    yield "text", f"{base}/{tag}.civitai.info", json.dumps({"model": {"name": f"title {tag}", "type": "LORA"}, "name": "v1"})
    yield lambda: stage.session.model.shelf.title[stage.slot(path)] == f"title {tag}"


def case_preview(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    path = f"{base}/{tag}.safetensors"
    writer.do("picture", f"{base}/{tag}.png", [10, 0, 0])
    _made(stage, writer, path)
    model = stage.session.model

    def key() -> object:
        return model.card(model.row_of(model.shelf.ids[stage.slot(path)])).picture

    stage.until(lambda: key() is not None)
    before = key()
    yield "picture", f"{base}/{tag}.png", [20, 90, 0]
    yield lambda: key() not in (None, before)


def case_new_folder(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    yield "fill", f"{base}/{tag}", 20, tag
    yield lambda: all(stage.slot(f"{base}/{tag}/{tag} {number}.safetensors") >= 0 for number in range(20))


def case_nested_folders(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    yield "fill", f"{base}/{tag}/a/b/c", 20, tag
    yield lambda: all(stage.slot(f"{base}/{tag}/a/b/c/{tag} {number}.safetensors") >= 0 for number in range(20))


def case_folder_renamed(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    writer.do("fill", f"{base}/{tag}", 20, tag)
    stage.until(lambda: all(stage.slot(f"{base}/{tag}/{tag} {number}.safetensors") >= 0 for number in range(20)))
    stage.settle()
    yield "rename", f"{base}/{tag}", f"{base}/{tag} renamed"
    yield lambda: all(
        stage.slot(f"{base}/{tag} renamed/{tag} {number}.safetensors") >= 0 and stage.slot(f"{base}/{tag}/{tag} {number}.safetensors") < 0
        for number in range(20)
    )
    path = f"{base}/{tag} renamed/late {tag}.safetensors"  # and it is still watched under its new name
    writer.do("write", path)
    stage.until(lambda: stage.slot(path) >= 0)


def case_folder_moved_in(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    outside = f"{stage.library}/{OWN} outside/{tag}"
    writer.do("fill", outside, 20, tag)
    yield "rename", outside, f"{base}/{tag}"
    yield lambda: all(stage.slot(f"{base}/{tag}/{tag} {number}.safetensors") >= 0 for number in range(20))


def case_file_in_linked_folder(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    outside = f"{stage.library}/{OWN} outside/{tag}"
    writer.do("fill", outside, 3, tag)
    writer.do("symlink", outside, f"{base}/{tag}")
    stage.until(lambda: all(stage.slot(f"{outside}/{tag} {number}.safetensors") >= 0 for number in range(3)))
    stage.settle()
    yield "write", f"{outside}/late {tag}.safetensors"
    yield lambda: stage.slot(f"{outside}/late {tag}.safetensors") >= 0


def case_folder_linked(stage: Stage, writer: Writer, base: str, tag: str) -> Iterator[Any]:
    outside = f"{stage.library}/{OWN} outside/{tag}"
    writer.do("fill", outside, 3, tag)
    yield "symlink", outside, f"{base}/{tag}"
    yield lambda: all(stage.slot(f"{outside}/{tag} {number}.safetensors") >= 0 for number in range(3))


CASES: dict[str, Case] = {
    name.removeprefix("case_").replace("_", " "): case for name, case in globals().items() if name.startswith("case_")
}


def _made(stage: Stage, writer: Writer, path: str) -> int:
    writer.do("write", path)
    stage.until(lambda: stage.slot(path) >= 0)
    stage.settle()
    return stage.session.model.shelf.ids[stage.slot(path)]


def _move(stage: Stage, writer: Writer, source: str, target: str) -> Iterator[Any]:
    id_ = _made(stage, writer, source)
    yield "rename", source, target
    yield lambda: stage.slot(target) >= 0 and stage.slot(source) < 0
    if stage.session.model.shelf.ids[stage.slot(target)] != id_:
        print(f"    {os.path.basename(source)} lost its identity")
