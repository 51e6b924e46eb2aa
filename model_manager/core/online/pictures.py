"""Previews from a site's example pictures: the best that may be shown is fetched, checked by its content, converted, put in place.

Called by downloads, the task that fetches details and "Regenerate thumbnail". What cannot be used gives way to the next candidate; a
locked picture is never replaced.
"""

import contextlib
import os
from collections.abc import Sequence
from urllib.parse import urlsplit

from model_manager.core.errors import BadPicture, FileFault, NetworkFault, OnlineFault, Refused
from model_manager.core.online.endpoints import REAL_CIVITAI
from model_manager.core.online.images import ranked, sized
from model_manager.core.online.records import Image
from model_manager.core.online.web import Web
from model_manager.core.paths import long_path, plain_reason, rename_new, temporary_name
from model_manager.core.previews.beside import look_beside, require_short
from model_manager.core.previews.history import History
from model_manager.core.previews.make import USUAL_FORM, USUAL_LOOK, make
from model_manager.core.previews.records import Applied, Form, Look, Made
from model_manager.core.previews.regenerate import apply, require_model
from model_manager.core.previews.state import read_state
from model_manager.core.words import tr
from model_manager.core.work import Work

MOST_BYTES = 40 * 1024 * 1024
MOST_TRIED = 5
WIDTH = 1200  # pixels: enough for a preview of 1024 at its longest side
_HOPELESS = ("offline", "busy")  # the next picture would fare no better
_FILM_HEADS = {b"ftyp": ".mp4", b"\x1aE\xdf\xa3": ".webm"}


def fetch_picture(image: Image, web: Web, work: Work | None = None, width: int = WIDTH) -> bytes:
    """Return the bytes of a picture, or of a still of a video, at about `width` pixels where the site makes such copies.

    A copy that is not there gives way to the original. Raises BadPicture for what is no picture, Refused, NetworkFault, Cancelled.
    """
    copy = sized(image.url, width, is_still=True, hosts=_hosts(image.url, web))
    if image.is_video and copy == image.url:
        raise BadPicture(tr("There is no still of this video."))
    try:
        data = web.get_bytes(copy, MOST_BYTES, work)
        if image.is_video or copy == image.url or not _is_page(data):
            return data
    except Refused:
        if image.is_video or copy == image.url:
            raise
    return web.get_bytes(image.url, MOST_BYTES, work)


def preview_bytes(
    images: Sequence[Image],
    level: int,
    web: Web,
    form: Form = USUAL_FORM,
    work: Work | None = None,
    look: Look = USUAL_LOOK,
    faults: list[str] | None = None,
    chosen: Image | None = None,
) -> Made | None:
    """Return a preview of the best picture that may be shown at `level` (OR of Civitai's bits), None when none may be.

    chosen: the one that a person chose comes first, whatever it shows. Pictures of minors or real people are not taken otherwise. Where
    one fails the next is tried, and `faults` hears why. Raises BadPicture when all failed, NetworkFault when that was for want of a
    connection, Cancelled.
    """
    fitting = [image for image in ranked(images, level) if not image.is_delicate and image != chosen]
    candidates = [*([chosen] if chosen is not None else []), *fitting][:MOST_TRIED]
    told: list[str] = faults if faults is not None else []
    waiting: NetworkFault | None = None
    for image in candidates:
        try:
            return make(fetch_picture(image, web, work, width_for(form)), look, form)
        except NetworkFault as fault:
            if fault.code in _HOPELESS:
                raise
            waiting = fault
            told.append(fault.text)
        except (Refused, BadPicture) as fault:
            told.append(fault.text)
    if waiting is not None:
        raise waiting
    if candidates:
        raise BadPicture(tr("None of the example pictures could be used. {reason}", reason=told[-1]))
    return None


def save_preview(
    model_path: str,
    images: Sequence[Image],
    level: int,
    web: Web,
    history: History,
    form: Form = USUAL_FORM,
    work: Work | None = None,
    chosen: Image | None = None,
) -> Applied | None:
    """Give a model that is here the best of these pictures; what it had goes to the history. None when locked, or none may be shown.

    Raises as preview_bytes, and FileFault; its picture is then as it was.
    """
    require_model(model_path)
    state = read_state(model_path)
    if state.is_locked:
        return None
    faults: list[str] = []
    made = preview_bytes(images, level, web, form, work, state.look or USUAL_LOOK, faults, chosen)
    if made is None:
        return None
    applied = apply(model_path, made, history)
    return Applied(applied.path, applied.retired, applied.earlier_id, (*applied.warnings, *made.notes, *faults))


def place_first(model_path: str, made: Made) -> str:
    """Write the preview of a model that is not there yet and return its name; "" when a picture with its stem is there already.

    Raises FileFault.
    """
    beside = look_beside(model_path)
    if beside.stills:
        return ""
    return _placed(beside.folder, beside.target(made.suffix), made.data)


def place_video(model_path: str, images: Sequence[Image], level: int, web: Web, work: Work | None = None) -> str:
    """Fetch the first example video that may be shown and put it beside the model, as `<stem>.mp4`; returns its name.

    "" when there is none, or when the model has a video. It is for those who ask for it: several programs show it in place of the
    picture. Raises BadPicture for what is no video, Refused, NetworkFault, Cancelled, FileFault.
    """
    beside = look_beside(model_path)
    films = [image for image in ranked(images, level, wants_video=True) if image.is_video and not image.is_delicate]
    if not films or beside.videos:
        return ""
    data = web.get_bytes(films[0].url, MOST_BYTES, work)
    suffix = _FILM_HEADS.get(data[4:8]) or _FILM_HEADS.get(data[:4])
    if suffix is None:
        raise BadPicture(tr("What came in place of the example video is no video."))
    return _placed(beside.folder, beside.stem + suffix, data)


def width_for(form: Form) -> int:
    """Return the width in pixels at which a picture is asked for, to make such a preview of."""
    return max(WIDTH, round(form.edge * WIDTH / USUAL_FORM.edge))


def picture_bytes(url: str, web: Web, work: Work | None = None, width: int = WIDTH) -> bytes:
    """Return the picture of a `Source` of the sort CIVITAI. Raises BadPicture, also for faults of the network; Cancelled."""
    try:
        return fetch_picture(Image(url, is_video=url.partition("?")[0].lower().endswith((".mp4", ".webm"))), web, work, width)
    except OnlineFault as fault:
        raise BadPicture(fault.text) from fault


def _placed(folder: str, name: str, data: bytes) -> str:
    """Write a file under a name that nothing has; "" when something took it meanwhile. Raises FileFault."""
    require_short(name)
    path = os.path.join(folder, name)
    part = long_path(os.path.join(folder, temporary_name()))
    try:
        with open(part, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        rename_new(part, path)
    except FileExistsError:
        _gone(part)
        return ""
    except (OSError, ValueError) as error:
        _gone(part)
        reason = plain_reason(error) if isinstance(error, OSError) else tr("its name is not a possible file name")
        raise FileFault(tr("{path} could not be saved: {reason}.", path=path, reason=reason)) from error
    return name


def _gone(part: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        os.unlink(part)


def _is_page(data: bytes) -> bool:
    return data[:256].lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"{"))


def _hosts(url: str, web: Web) -> tuple[str, ...]:
    """Return the host that makes copies besides Civitai's own: a mirror's, when one stands in for Civitai."""
    return (urlsplit(url).netloc.lower(),) if web.endpoints.civitai != REAL_CIVITAI else ()
