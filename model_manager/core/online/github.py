"""GitHub's API: a release as an offer, and single files of a repository.

Called by offers, in worker threads. It asks through Web alone and gives records (docs.github.com/rest/releases).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from model_manager.core.errors import BadLink, NetworkFault
from model_manager.core.online import plain
from model_manager.core.online.endpoints import Endpoints
from model_manager.core.online.link_hubs import is_model_name
from model_manager.core.online.records import GITHUB, Offer, RemoteFile, Version
from model_manager.core.online.web import Web
from model_manager.core.sidecars.layer import hashes, items, line, mapping, text, whole
from model_manager.core.words import tr
from model_manager.core.work import Work

_SITE: Final = "https://github.com"


class GitHub:
    """The site's API, or what stands in its place."""

    def __init__(self, web: Web, endpoints: Endpoints) -> None:
        """`endpoints.github` is where the API is."""
        self._web, self._api = web, endpoints.github

    def release(self, repo: str, tag: str = "", name: str = "", work: Work | None = None) -> Offer:
        """Return the release with this tag, the latest for ""; `name`: of the file the link named.

        Raises BadLink (no such file in it), Refused, NetworkFault, Cancelled.
        """
        which = f"tags/{quote(tag, safe='')}" if tag else "latest"
        raw = self._web.get_json(f"{self._api}/repos/{repo}/releases/{which}", work=work)
        if type(raw) is not dict:
            raise NetworkFault(tr("GitHub gave an answer that makes no sense. Try again later."), "not_json")
        offer = release_of(raw, repo)
        chosen = next((file.id for file in offer.versions[0].files if file.name == name), "")
        if name and not chosen:
            raise BadLink(tr("There is no file {name} in that release of {repo}.", name=name, repo=repo))
        return replace(offer, chosen_file=chosen)

    def file(self, repo: str, revision: str, path: str, url: str, work: Work | None = None) -> Offer:
        """Return one file of a repository. Raises Refused, NetworkFault, Cancelled."""
        offer = plain.offer_at(self._web, url, work)
        owner = repo.partition("/")[0]
        page = f"{_SITE}/{repo}/blob/{quote(revision)}/{quote(path)}"
        name = path.rpartition("/")[2]
        files = tuple(
            replace(file, name=name, below=path.rpartition("/")[0], is_model=is_model_name(name)) for file in offer.versions[0].files
        )
        version = replace(offer.versions[0], name=revision, page=page, files=files)
        return replace(offer, site=GITHUB, name=name, author=owner, page=page, versions=(version,), notice="")


def release_of(raw: Mapping[str, Any], repo: str) -> Offer:
    """Return a release object as an offer; files that are still on their way up are left out."""
    tag = line(raw.get("tag_name"))
    page = f"{_SITE}/{repo}/releases" + (f"/tag/{quote(tag)}" if tag else "")
    files = tuple(file for asset in items(raw.get("assets")) if (file := _asset(mapping(asset))) is not None)
    version = Version(
        id=tag,
        name=line(raw.get("name")) or tag,
        published=line(raw.get("published_at")) or line(raw.get("created_at")),
        files=files,
        barred="" if files else tr("There are no files in this release."),
        page=page,
        offer=repo,
        raw={key: value for key, value in raw.items() if key not in ("assets", "body")},
    )
    return Offer(
        site=GITHUB,
        id=repo,
        name=repo.rpartition("/")[2],
        page=page,
        author=repo.partition("/")[0],
        description=text(raw.get("body")),
        versions=(version,),
        chosen=tag,
    )


def _asset(raw: Mapping[str, Any]) -> RemoteFile | None:
    url, name = line(raw.get("browser_download_url")), line(raw.get("name")).replace("/", "_").replace("\\", "_")
    if not url.startswith(("https://", "http://")) or not name or line(raw.get("state")) not in ("", "uploaded"):
        return None
    algorithm, _, digest = line(raw.get("digest")).partition(":")
    size = whole(raw.get("size"))
    known = {name: value for name, value in hashes({algorithm: digest}).items() if name == "sha256" and len(value) == 64}
    return RemoteFile(url, name, url, size=size, is_size_exact=size > 0, hashes=known, is_model=is_model_name(name))
