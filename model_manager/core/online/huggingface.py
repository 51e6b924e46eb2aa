"""Hugging Face's API: a repository as an offer, with its files, their hashes, and its pictures.

Called by offers, in worker threads. It asks through Web alone and gives records; nothing is stored.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from model_manager.core.errors import BadLink, NetworkFault, OnlineFault
from model_manager.core.online.endpoints import Endpoints
from model_manager.core.online.hub_parts import base_of_card, entries_of, file_of, is_for_adults, kind_of_card, licence_of_card, pictures_of
from model_manager.core.online.records import HUGGING_FACE, Offer, RemoteFile, Version
from model_manager.core.online.web import Web
from model_manager.core.sidecars.front_matter import split
from model_manager.core.sidecars.layer import groups, labels, line, mapping, whole
from model_manager.core.words import tr
from model_manager.core.work import Work

MAIN: Final = "main"
_README: Final = "README.md"
_LARGEST_README: Final = 512 * 1024
_MOST_PAGES: Final = 200  # of 1000 entries
_NEXT: Final = re.compile(r"<([^<>]{1,2000})>\s*;[^,]*\brel=\"?next", re.IGNORECASE)


class HuggingFace:
    """The site, or the mirror in its place."""

    def __init__(self, web: Web, endpoints: Endpoints) -> None:
        """`endpoints.huggingface` is where the API is."""
        self._web, self.origin = web, endpoints.huggingface

    def offer(self, repo: str, revision: str = "", path: str = "", is_folder: bool = False, work: Work | None = None) -> Offer:
        """Return a repository with the files of one revision; with a folder as `path` only those below it.

        repo: owner/name, or one name, with `datasets/` or `spaces/` before it where that is so. Raises BadLink (no such file or
        folder), Refused, NetworkFault, Cancelled.
        """
        api = f"{self.origin}/api/{repo if repo.startswith(('datasets/', 'spaces/')) else f'models/{repo}'}"
        revision = "" if revision == MAIN else revision
        at = f"/revision/{quote(revision, safe='')}" if revision else ""
        info = self._web.get_json(f"{api}{at}", {"blobs": "true"}, work=work)
        if type(info) is not dict:
            raise _strange()
        entries = entries_of(info.get("siblings"))
        if not entries or not all(whole(entry.get("size")) or entry.get("size") == 0 for entry in entries.values()):
            entries = self._tree(f"{api}/tree/{quote(revision or MAIN, safe='')}", path if is_folder else "", work) or entries
        path = path.strip("/")
        self._check(entries, path, is_folder, repo)
        base = f"{self.origin}/{repo}/resolve/{quote(revision or MAIN, safe='')}"
        readme = self._readme(base, work) if _README in entries else ""
        files = _files(info, entries, path if is_folder else "", base)
        return _offer(info, repo, revision, files, readme, self.origin, base, entries, path, is_folder)

    def _tree(self, url: str, below: str, work: Work | None) -> dict[str, Mapping[str, Any]]:
        """All entries of a tree, page by page. Where the next page begins is taken from the `Link` header, never whom to ask."""
        found: dict[str, Mapping[str, Any]] = {}
        address = url + (f"/{quote(below)}" if below else "")
        cursor = ""
        for _ in range(_MOST_PAGES):
            params = {"recursive": "true", **({"cursor": cursor} if cursor else {})}
            answer, headers = self._web.get_page(address, params, work=work)
            found.update(entries_of(answer))
            before, cursor = cursor, _cursor(headers.get("Link", "") or "")
            if not cursor or cursor == before:
                break
        return found

    @staticmethod
    def _check(entries: Mapping[str, object], path: str, is_folder: bool, repo: str) -> None:
        if path and not is_folder and path not in entries:
            raise BadLink(tr("There is no file {path} in {repo}. It may have been renamed: open its page.", path=path, repo=repo))
        if path and is_folder and not any(name.startswith(path + "/") for name in entries):
            raise BadLink(tr("There is no folder {path} in {repo}. It may have been renamed: open its page.", path=path, repo=repo))

    def _readme(self, base: str, work: Work | None) -> str:
        """The text of the repository's page, "" when it cannot be had: the files do not need it."""
        try:
            data = self._web.get_bytes(f"{base}/{_README}", _LARGEST_README, work=work)
        except OnlineFault:
            return ""
        return split(data.decode("utf-8", "replace"))[2].strip()


def _strange() -> NetworkFault:
    return NetworkFault(tr("Hugging Face gave an answer that makes no sense. It may be overloaded; try again later."), "not_json")


def _cursor(link: str) -> str:
    match = _NEXT.search(link[:8_000])
    try:
        return parse_qs(urlsplit(match[1]).query).get("cursor", [""])[0] if match else ""
    except ValueError:
        return ""


def _files(info: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any]], below: str, base: str) -> tuple[RemoteFile, ...]:
    kind = kind_of_card(info)
    names = [path for path in entries if not below or path.startswith(below + "/")]
    return tuple(file_of(path, entries[path], base, kind) for path in sorted(names))


def _offer(
    info: Mapping[str, Any], repo: str, revision: str, files: tuple[RemoteFile, ...], readme: str, origin: str, base: str,
    entries: Mapping[str, object], path: str, is_folder: bool,
) -> Offer:  # fmt: skip
    card, page = mapping(info.get("cardData")), f"{origin}/{repo}"
    name = repo.rpartition("/")[2]
    here = revision or MAIN
    version = Version(
        id=here,
        name=here,
        base_model=base_of_card(card),
        published=line(info.get("lastModified")) or line(info.get("createdAt")),
        trigger_words=groups(card.get("instance_prompt")),
        files=files,
        images=pictures_of(info, readme, entries, base),
        barred=tr("The site has turned this repository off.") if info.get("disabled") is True else "",
        page=page if here == MAIN else f"{page}/tree/{quote(here, safe='')}",
        downloads=whole(info.get("downloads")),
        offer=repo,
        raw={"sha": line(info.get("sha"))},
    )
    tags = labels(info.get("tags"))
    return Offer(
        site=HUGGING_FACE,
        id=repo,
        name=name,
        page=page,
        author=line(info.get("author")) or repo.removeprefix("datasets/").removeprefix("spaces/").rpartition("/")[0],
        type=line(info.get("pipeline_tag")),
        kind=kind_of_card(info),
        description=readme,
        tags=tuple(tag for tag in tags if ":" not in tag),
        licence=licence_of_card(card) or tuple(tag[8:] for tag in tags if tag.startswith("license:")),
        is_adult=is_for_adults(info),
        versions=(version,),
        chosen=here,
        chosen_file=path if path and not is_folder else "",
        below=path if is_folder else "",
        notice=_gate(info.get("gated")),
        downloads=whole(info.get("downloads")),
        likes=whole(info.get("likes")),
        raw={key: value for key, value in info.items() if key not in ("siblings", "spaces")},
    )


def _gate(gated: object) -> str:
    """What to do before a repository with a gate can be downloaded (false, "auto" or "manual")."""
    if gated == "auto":
        return tr("Accept the terms on its page first; the key of your account must be added here.")
    if gated == "manual" or gated is True:
        return tr("The owner gives access on request: ask on its page first; the key of your account must be added here.")
    return ""
