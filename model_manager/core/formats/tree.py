"""Shows a whole header: everything a file says of itself as nested dicts for a searchable tree, and the pictures embedded in it.

Called when a person looks at one model, in a worker; never by a scan. Raises FileFault or BadFormat with a plain sentence.
"""

import base64
import binascii
import io
import json
import os
import re
from collections import Counter
from typing import Final

from model_manager.core.errors import BadFormat, FileFault
from model_manager.core.formats import archive, gguf, onnx, pickles, safetensors
from model_manager.core.formats.contents import Tensors, amount
from model_manager.core.formats.dtypes import label
from model_manager.core.formats.metadata import clean
from model_manager.core.formats.read import HEAD, header_of
from model_manager.core.formats.tables import pairs_of, rows_from_pairs, rows_of
from model_manager.core.paths import long_path, plain_reason
from model_manager.core.words import tr, trn

MOST_COVERS: Final = 8
LARGEST_COVER: Final = 16 << 20
_LONGEST: Final = 200_000  # characters of one text that a tree can usefully hold
_MOST_JSON: Final = 16 << 20
_DEEPEST: Final = 20
_PICTURE_KEYS: Final = (safetensors.COVER_LIST, "modelspec.thumbnail")
_BASE64: Final = re.compile(r"(?:data:image/[\w.+-]+;base64,)?[A-Za-z0-9+/\s]{200,}={0,2}\s*\Z")


def header_tree(path: str) -> dict[str, object]:
    """Return the header of a model file as nested dicts, lists, texts and numbers; long arrays and pictures are only described."""
    with _opened(path) as file:
        return _tree(file, os.fstat(file.fileno()).st_size)


def embedded_covers(path: str) -> list[bytes]:
    """Return the pictures in a safetensors header as files (ssmd_cover_images, then modelspec.thumbnail), at most eight."""
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if not safetensors.looks_like(file.read(HEAD), size):
            return []
        metadata = safetensors.all_metadata(*header_of(file, size))
    texts = _cover_texts(metadata)
    pictures = [_decoded(text) for text in texts[:MOST_COVERS] if isinstance(text, str) and len(text) <= LARGEST_COVER * 4 // 3 + 64]
    return [picture for picture in pictures if picture]


class _opened:
    """A file for reading whose system errors come out as FileFault."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> io.FileIO:
        try:
            self._file = io.FileIO(long_path(self._path))
        except OSError as error:
            raise _fault(error) from error
        return self._file

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._file.close()
        if isinstance(error, OSError):
            raise _fault(error) from error


def _fault(error: OSError) -> FileFault:
    return FileFault(tr("The file cannot be read: {reason}", reason=plain_reason(error)))


def _tree(file: io.FileIO, size: int) -> dict[str, object]:
    head = file.read(HEAD)
    if safetensors.looks_like(head, size):
        return _safetensors(file, size)
    if head.startswith(gguf.MAGIC):
        return _gguf(gguf.read_header(file, size))
    if head.startswith(archive.ZIP_MAGIC) or pickles.is_pickle(head):
        return {"imports": pickles.imports(file, head, size)}
    if onnx.may_be(head):
        model = onnx.read_model(file, size)
        found: dict[str, object] = dict(model.fields)
        return found | {"opset_import": model.opsets, "metadata_props": {key: _shown(text) for key, text in model.properties.items()}}
    raise BadFormat(tr("This file has no header that can be shown."))


def _safetensors(file: io.FileIO, size: int) -> dict[str, object]:
    buffer, end = header_of(file, size)
    metadata = {clean(key): _value(key, text) for key, text in safetensors.all_metadata(buffer, end).items()}
    text = safetensors.table_text(buffer, end)
    if text is None:
        pairs = pairs_of(str(memoryview(buffer)[8:end], "utf-8", "replace"))
        rows = rows_from_pairs([pair for pair in pairs if pair[0] != "__metadata__"])
    else:
        rows = rows_of(text)
    tensors: Tensors = dict(zip(rows.names, rows.values, strict=True))
    return {"metadata": metadata, "tensors": _summary(tensors)}


def _gguf(header: gguf.Header) -> dict[str, object]:
    pairs: dict[str, object] = {}
    for key, value in header.pairs.items():
        rest = header.lengths[key] - len(value) if isinstance(value, list) else 0
        more = [trn("and {count} more", "and {count} more", rest)] if rest > 0 else []
        pairs[clean(key)] = [*(_shown(item) for item in value), *more] if isinstance(value, list) else _shown(value)
    return {"version": header.version, "metadata": pairs, "tensors": _summary(header.tensors)}


def _summary(tensors: Tensors) -> dict[str, object]:
    counts = Counter(label(dtype) for dtype, _ in tensors.values())
    return {"count": len(tensors), "dtypes": dict(counts.most_common())}


def _value(key: str, value: object) -> object:
    """Decode JSON kept in a text; describe pictures instead of showing their letters."""
    if key in _PICTURE_KEYS:
        return [_picture(text) for text in _cover_texts({key: value}) if isinstance(text, str)]
    if isinstance(value, str) and value[:1] in ("{", "[") and len(value) <= _MOST_JSON:
        try:
            return _shown(json.loads(value))
        except (ValueError, RecursionError):
            pass
    return _shown(value)


def _shown(value: object, depth: int = 0) -> object:
    if isinstance(value, str):
        if len(value) > 200 and _BASE64.match(value):
            return _picture(value)
        return clean(value) if len(value) < 20_000 else value[:_LONGEST].encode("utf-8", "replace").decode()
    if depth > _DEEPEST:
        return tr("(nested too deeply to show)")
    if isinstance(value, dict):
        return {clean(str(key)): _shown(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item, depth + 1) for item in value]
    return value


def _picture(text: str) -> str:
    return tr("picture, {amount}", amount=amount(len(text.partition(",")[2] or text) * 3 // 4))


def _cover_texts(metadata: dict[str, object]) -> list[object]:
    texts: list[object] = []
    covers = metadata.get(safetensors.COVER_LIST)
    if isinstance(covers, str):
        try:
            covers = json.loads(covers)
        except (ValueError, RecursionError):
            covers = []
    texts += covers if isinstance(covers, list) else []
    thumbnail = metadata.get("modelspec.thumbnail")
    return [*texts, thumbnail] if isinstance(thumbnail, str) and thumbnail.startswith("data:") else texts


def _decoded(text: str) -> bytes:
    """Return the bytes of base64 text, with or without `data:image/...;base64,` before it; b"" when it is not base64."""
    body = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
