"""Reads addresses of Hugging Face and GitHub: repositories, folders, files, releases.

Called by links. Forms: huggingface/huggingface_hub:src/huggingface_hub/hf_api.py (repo_type_and_id_from_hf_id), file_download.py.
"""

import re
from typing import Final
from urllib.parse import quote

from model_manager.core.library.kinds import MODEL_EXTENSIONS
from model_manager.core.library.layouts import guess_kind
from model_manager.core.online.link_pieces import Address
from model_manager.core.online.records import GITHUB, HUGGING_FACE, Link
from model_manager.core.words import tr

HUB_HOSTS: Final = frozenset(("huggingface.co", "www.huggingface.co", "hf.co", "www.hf.co"))
GITHUB_HOSTS: Final = frozenset(("github.com", "www.github.com", "raw.githubusercontent.com", "media.githubusercontent.com"))
REPO_TYPES: Final = ("datasets", "spaces")
_ACTIONS: Final = ("blob", "resolve", "raw", "tree", "commit", "commits", "edit", "viewer", "discussions", "blame")
_NOT_REPOS: Final = frozenset(
    "models docs blog papers collections settings join login logout organizations tasks pricing new search posts chat learn inference"
    " enterprise terms-of-service privacy about api front support".split()
)
_NAME: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_-])?")
_OWNER: Final = re.compile(r"(?=[A-Za-z0-9_-]*[A-Za-z])[A-Za-z0-9][A-Za-z0-9_-]{0,94}")


def is_model_name(name: str) -> bool:
    """Return whether a file's name ends like that of a model."""
    dot = name.rfind(".")
    return dot > 0 and name[dot:].lower() in MODEL_EXTENSIONS


def hub_link(text: str, address: Address) -> Link:
    """Return the repository, folder or file an address of Hugging Face names; a link with a problem where it is none."""
    parts, raw = address.parts, address.raw
    if parts[:1] == ("api",):
        parts, raw = parts[1:], raw[1:]
        if parts[:1] == ("resolve-cache",):
            return _cached(text, parts[1:])
        if parts[:1] == ("models",):
            parts, raw = parts[1:], raw[1:]
        elif parts[:1] not in (("datasets",), ("spaces",)):
            return Link(text, HUGGING_FACE, problem=_no_repo())
        parts = tuple("tree" if place > 1 and part == "revision" else part for place, part in enumerate(parts))
    front = ""
    if parts[:1] in (("datasets",), ("spaces",)):
        front, parts, raw = f"{parts[0]}/", parts[1:], raw[1:]
    if not parts or (not front and parts[0] in _NOT_REPOS):
        return Link(text, HUGGING_FACE, problem=_no_repo())
    count = 1 if len(parts) == 1 or (parts[1] in _ACTIONS and (len(parts) < 3 or parts[2] not in _ACTIONS)) else 2
    if not all(_NAME.fullmatch(part) for part in parts[:count]):
        return Link(text, HUGGING_FACE, problem=_no_repo())
    shown = address.query.get("show_file_info", "")
    return _within(text, front + "/".join(parts[:count]), parts[count:], raw[count:], shown)


def _no_repo() -> str:
    return tr("This page of Hugging Face is not a repository. Open the model's page, and copy that address.")


def _within(text: str, repo: str, rest: tuple[str, ...], raw: tuple[str, ...], shown: str) -> Link:
    action = rest[0] if rest else ""
    if action not in ("blob", "resolve", "raw", "tree", "commit", "edit", "blame") or len(rest) < 2:
        return Link(text, HUGGING_FACE, repo=repo, is_folder=True)
    count = 3 if rest[1] == "refs" and len(rest) > 3 else 1  # refs/pr/1 with its slashes as they are
    revision, path = "/".join(rest[1 : 1 + count]), "/".join(rest[1 + count :])
    is_folder = action in ("tree", "commit") or not path
    if action == "commit":
        path = ""
    if shown and is_folder:
        path, is_folder = shown, False
    return _checked(text, repo, revision, path, is_folder)


def _checked(text: str, repo: str, revision: str, path: str, is_folder: bool) -> Link:
    if any(part in (".", "..") for part in f"{path}/{revision}".split("/")) or "\\" in path or not f"{path}{revision}".isprintable():
        return Link(text, HUGGING_FACE, problem=tr("The path in this link leads elsewhere. Copy the address of the file's page."))
    return Link(text, HUGGING_FACE, repo=repo, revision=revision, path=path, is_folder=is_folder)


def _cached(text: str, parts: tuple[str, ...]) -> Link:
    """Addresses to which Hugging Face leads on from `resolve`: api/resolve-cache/models/owner/name/commit/path."""
    front = "" if parts[:1] == ("models",) else f"{parts[0]}/" if parts and parts[0] in REPO_TYPES else None
    if front is None or len(parts) < 5:
        return Link(text, HUGGING_FACE, problem=_no_repo())
    return _checked(text, front + "/".join(parts[1:3]), parts[3], "/".join(parts[4:]), False)


def short_link(text: str, piece: str, is_marked: bool) -> Link | None:
    """Return the repository or file of "owner/name" or "owner/name/file.safetensors"; None where it may be something else.

    is_marked: it stood behind `hf:`, so nothing else is meant.
    """
    name, _, revision = piece.partition("@")
    revision, _, after = revision.partition("/")
    parts = [part for part in f"{name}/{after}".strip("/").split("/") if part]
    front = f"{parts.pop(0)}/" if is_marked and len(parts) > 2 and parts[0] in REPO_TYPES else ""
    if len(parts) < 2 or not _OWNER.fullmatch(parts[0]) or not _NAME.fullmatch(parts[1]):
        return Link(text, HUGGING_FACE, problem=tr("This does not name a repository as owner/name.")) if is_marked else None
    path = "/".join(parts[2:])
    if not is_marked and (_is_local(parts) or (path and not is_model_name(path))):
        return None
    return _checked(text, front + "/".join(parts[:2]), revision, path, not is_model_name(path))


def _is_local(parts: list[str]) -> bool:
    """Whether "loras/style" or "new/x.safetensors" may as well name something in a models folder."""
    return bool(guess_kind(parts[0])) or parts[0].lower() == "models" or is_model_name(parts[1])


def github_link(text: str, address: Address) -> Link:
    """Return the release or file an address of GitHub names; revision is the tag or the ref, "" for the latest release."""
    parts = address.parts
    if address.host in ("raw.githubusercontent.com", "media.githubusercontent.com"):
        parts = parts[1:] if parts[:1] == ("media",) else parts
        parts = (*parts[:2], "raw", *parts[2:])
    if len(parts) < 2 or not all(_NAME.fullmatch(part) for part in parts[:2]):
        return Link(text, GITHUB, problem=tr("This page of GitHub is neither a release nor a file."))
    repo, rest = "/".join((parts[0], parts[1].removesuffix(".git"))), parts[2:]
    if rest[:1] in (("raw",), ("blob",)) and len(rest) > 2:
        return _raw(text, repo, rest[1:])
    if rest[:2] == ("releases", "download") and len(rest) > 3:
        return _release(text, repo, "/".join(rest[2:-1]), rest[-1])
    if rest[:3] == ("releases", "latest", "download") and len(rest) == 4:
        return _release(text, repo, "", rest[3])
    if rest[:2] in (("releases", "tag"), ("releases", "expanded_assets")) and len(rest) > 2:
        return _release(text, repo, "/".join(rest[2:]), "")
    if not rest or rest in (("releases",), ("releases", "latest")):
        return _release(text, repo, "", "")
    return Link(text, GITHUB, problem=tr("This page of GitHub is neither a release nor a file. Copy the address of the release."))


def _release(text: str, repo: str, tag: str, name: str) -> Link:
    page = f"https://github.com/{repo}/releases/" + (f"tag/{quote(tag)}" if tag else "latest")
    if name:
        page = f"https://github.com/{repo}/releases/" + (f"download/{quote(tag)}/" if tag else "latest/download/") + quote(name)
    return Link(text, GITHUB, repo=repo, revision=tag, path=name, is_folder=not name, url=page)


def _raw(text: str, repo: str, rest: tuple[str, ...]) -> Link:
    count = 3 if rest[:2] in (("refs", "heads"), ("refs", "tags")) and len(rest) > 3 else 1
    revision, path = "/".join(rest[:count]), "/".join(rest[count:])
    if any(part in (".", "..") for part in rest):
        return Link(text, GITHUB, problem=tr("The path in this link leads elsewhere. Copy the address of the file's page."))
    url = f"https://github.com/{repo}/raw/{quote(revision)}/{quote(path)}"
    return Link(text, GITHUB, repo=repo, revision=revision, path=path, url=url)
