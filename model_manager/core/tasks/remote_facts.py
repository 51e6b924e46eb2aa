"""What the header of a file on a server says, from its first bytes, before it is downloaded.

Called by proposals. It fetches 1 MiB at most, and for a zip (PyTorch) its end; a temporary file holds them while they are read.
"""

import os
import shutil
import tempfile
from typing import Final

from model_manager.core.errors import NetworkFault
from model_manager.core.formats.pickles import ZIP_MAGIC
from model_manager.core.formats.read import read_facts
from model_manager.core.library.entry import Facts
from model_manager.core.online.records import RemoteFile
from model_manager.core.online.web import Web
from model_manager.core.work import Work

FIRST: Final = 64 * 1024
MOST: Final = 1024 * 1024
_TAIL: Final = 64 * 1024


def remote_facts(web: Web, file: RemoteFile, work: Work | None = None) -> Facts:
    """Return format, kind, architecture, base model and precision of a file by its first bytes; empty Facts where these do not tell.

    Raises Refused (a key is missing, it is not there ...), NetworkFault, Cancelled.
    """
    data, total, _ = web.first_bytes(file.url, FIRST, work=work)
    size = total or file.size
    wanted = min(MOST, size, _needed(data))
    if wanted > len(data) and len(data) == FIRST:
        data = web.first_bytes(file.url, wanted, work=work)[0]
    pieces = [(0, data)]
    if data.startswith(ZIP_MAGIC) and size > len(data):
        pieces += _tail(web, file.url, size, work)
    return _read(file.name, size or len(data), pieces)


def _needed(start: bytes) -> int:
    """How many bytes the header takes, as far as its beginning tells."""
    length = int.from_bytes(start[:8], "little")
    if len(start) > 8 and start[8:9] == b"{":
        return 8 + length + 64 if length + 72 <= MOST else 0  # a longer header cannot be read from its beginning alone
    return MOST


def _tail(web: Web, url: str, size: int, work: Work | None) -> list[tuple[int, bytes]]:
    """The end of a zip, where its table of contents is; nothing when the server does not give parts."""
    begin = max(0, size - _TAIL)
    try:
        with web.open(url, {"Range": f"bytes={begin}-{size - 1}"}, work=work) as answer:
            return [(begin, answer.read_all(_TAIL))] if answer.status == 206 else []
    except NetworkFault:
        return []


def _read(name: str, size: int, pieces: list[tuple[int, bytes]]) -> Facts:
    """Read what there is of a file of `size` bytes. The rest is a hole; where that may take room, only the beginning is written."""
    ending = os.path.splitext(name)[1]
    try:
        with tempfile.TemporaryDirectory(prefix="model-manager-") as folder:
            path = os.path.join(folder, "head" + (ending if ending.isascii() and len(ending) < 20 else ""))
            is_roomy = shutil.disk_usage(folder).free > 2 * size
            with open(path, "wb") as file:
                for place, data in pieces if is_roomy else pieces[:1]:
                    file.seek(place)
                    file.write(data)
            found = read_facts(path, size)
    except OSError:
        return Facts()
    return Facts(found.format, found.kind, found.architecture, found.base_model, found.precision)
