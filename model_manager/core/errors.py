"""Every fault the program can name, as one tree. Each carries a text fit for a person.

ModelManagerError
  Cancelled            the person or the program asked to stop; never shown
  FolderFault          a folder cannot be read, written or reached
  FileFault            one file cannot be read or written
  BadFormat            a model file is not what its header or its name says
  BadSidecar           a sidecar cannot be understood
  BadPicture           a picture is broken, too large or not a picture
  BadConfig            extra_model_paths.yaml or our settings cannot be understood
  IndexFault           the index cannot be read or written
  OutsideRoot          a path would leave the folder it must stay in
  BadQuery             a search text cannot be understood
  BadLink              a link cannot be understood, or leads to nothing that can be downloaded
  OnlineFault          a site or the way to it
    NetworkFault       it may work when tried again: no connection, too busy, cut off
    Refused            the site said no: a key is missing, early access, not there
  BadDownload          what came is not the file that was promised
  NoRoom               a drive has not enough room
"""

import traceback


class ModelManagerError(Exception):
    """A fault with `text`: what happened, what is safe, what to do, in plain sentences."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Cancelled(ModelManagerError):
    """Work was stopped on request."""

    def __init__(self) -> None:
        super().__init__("Stopped.")


class FolderFault(ModelManagerError):
    """A folder cannot be read, written or reached."""


class FileFault(ModelManagerError):
    """One file cannot be read or written."""


class BadFormat(ModelManagerError):
    """A model file is not what its header or name says."""


class BadSidecar(ModelManagerError):
    """A sidecar cannot be understood."""


class BadPicture(ModelManagerError):
    """A picture is broken, too large or not a picture."""


class BadConfig(ModelManagerError):
    """A configuration file cannot be understood."""


class IndexFault(ModelManagerError):
    """The index cannot be read or written."""


class OutsideRoot(ModelManagerError):
    """A path would leave the folder it must stay in."""


class BadQuery(ModelManagerError):
    """A search text cannot be understood."""


class BadLink(ModelManagerError):
    """A link cannot be understood, or leads to nothing that can be downloaded."""


class OnlineFault(ModelManagerError):
    """A site, or the way to it. It never holds a key, neither in its text nor in what it was raised from.

    code: the cause for programs. page: the address that helps, "" for none.
    """

    def __init__(self, text: str, code: str, page: str = "") -> None:
        super().__init__(text)
        self.code, self.page = code, page


class NetworkFault(OnlineFault):
    """It may work when tried again. after: seconds that the site asked to wait, 0 when it did not say.

    code: offline, timeout, dropped, busy (429), server (5xx), not_json (HTML where an answer should be), expired (a signed address).
    """

    def __init__(self, text: str, code: str, page: str = "", after: float = 0.0) -> None:
        super().__init__(text, code, page)
        self.after = after


class Refused(OnlineFault):
    """The site said no, and will say it again.

    code: needs_key, bad_key, gated, early_access, downloads_off, forbidden, not_found, gone, bad_request, not_a_file (a page came),
    unusual (the account downloads too much), too_large (more than the caller takes).
    """


class BadDownload(ModelManagerError):
    """What came is not the file that was promised. code: wrong_hash, wrong_size, not_a_model, html."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


class NoRoom(FileFault):
    """A drive has not enough room. needed: bytes that are missing."""

    def __init__(self, text: str, needed: int = 0) -> None:
        super().__init__(text)
        self.needed = needed


def trace_of(fault: BaseException) -> str:
    """Return for the log where a fault came from and of what kinds it was, without its words.

    The words of HTTP libraries quote addresses and headers, keys and all.
    """
    lines = []
    seen: BaseException | None = fault
    while seen is not None:
        lines += [type(seen).__name__ + ":", *(line.rstrip() for line in traceback.format_tb(seen.__traceback__))]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(lines)
