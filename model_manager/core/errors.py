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
"""


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
