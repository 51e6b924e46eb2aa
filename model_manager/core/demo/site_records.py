"""Requests, replies and what a demo site offers. No network; filled by site_offers and by tests, answered from by `site.answer`."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from model_manager.core.demo.site_content import Content

CIVITAI, HUB, GITHUB, STORAGE = "civitai", "huggingface", "github", "storage"
ROLES = (CIVITAI, HUB, GITHUB, STORAGE)
_BROWSERS = ("mozilla", "chrome", "safari", "firefox", "opera", "edge")


@dataclass(slots=True)
class Request:
    """A request as it came. role: the host it came to. path: percent-decoded; query: names with all their values; headers: lower case."""

    role: str
    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes = b""
    target: str = ""

    def first(self, name: str, default: str = "") -> str:
        """Return the first value of a query parameter."""
        return self.query.get(name, [default])[0]

    @property
    def bearer(self) -> str:
        """The key that came with it, "" for none; the header wins over `?token=`."""
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        return key if scheme.lower() == "bearer" else self.first("token")

    @property
    def is_browser(self) -> bool:
        """Whether Civitai takes the sender for a browser (civitai/civitai:src/server/utils/request-helpers.ts)."""
        return any(name in self.headers.get("user-agent", "").lower() for name in _BROWSERS)


@dataclass(slots=True)
class Reply:
    """What is answered. content: instead of a body, from `start` up to `stop`."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    content: Content | None = None
    start: int = 0
    stop: int = 0

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return len(self.body) if self.content is None else self.stop - self.start


def json_reply(value: Any, status: int = 200, **headers: str) -> Reply:
    """Return an answer in JSON; headers by name with _ for -."""
    found = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, {"Content-Type": "application/json; charset=utf-8", **found}, json.dumps(value, ensure_ascii=False).encode())


def text_reply(text: str, status: int = 200, kind: str = "text/plain", **headers: str) -> Reply:
    """Return an answer in plain text, HTML or XML."""
    found = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"Content-Type": f"{kind}; charset=utf-8", **found}, text.encode())


def redirect(status: int, where: str, **headers: str) -> Reply:
    """Return a redirect."""
    return Reply(status, {"Location": where, **{name.replace("_", "-"): value for name, value in headers.items()}})


class SiteFile:
    """A file of a version. `content` may be a function that makes it when it is first needed."""

    def __init__(self, id: int, name: str, content: Content | Callable[[], Content], type: str = "Model", **facts: Any) -> None:
        """Facts: format, fp, size ("full"), quant, primary, is_scanned, pickle, message, hashes (overrides), size_kb (overrides)."""
        self.id, self.name, self._content, self.type = id, name, content, type
        self.facts: dict[str, Any] = {
            "format": "SafeTensor",
            "fp": "fp16",
            "size": "full",
            "primary": True,
            "is_scanned": True,
            "pickle": "Success",
        } | facts

    @cached_property
    def content(self) -> Content:
        """The bytes."""
        return self._content if isinstance(self._content, Content) else self._content()

    @property
    def hashes(self) -> Mapping[str, str]:
        """What the site tells; none before the file is scanned."""
        if not self.facts["is_scanned"]:
            return {}
        found: Mapping[str, str] = self.facts.get("hashes") or self.content.hashes
        return found


@dataclass(slots=True)
class SitePicture:
    """An example picture. art: motif and palette of pictures.paint; level: one bit; words: its prompt, "" for no data."""

    id: int
    art: tuple[str, str]
    width: int = 832
    height: int = 1216
    level: int = 1
    is_video: bool = False
    words: str = ""

    @property
    def name(self) -> str:
        """The last part of its address."""
        return f"{self.id}.mp4" if self.is_video else f"{self.id}.jpeg"


@dataclass(slots=True)
class SiteVersion:
    """A version. early: until when only buyers may have it ("" for all, "permanent" for ever). usage: anything but Download bars it.

    hides_numbers: all its numbers are null. needs_key, is_private: asked of downloads only.
    """

    id: int
    name: str
    base: str
    files: list[SiteFile] = field(default_factory=list)
    pictures: list[SitePicture] = field(default_factory=list)
    words: tuple[str, ...] = ()
    about: str | None = None
    published: str = "2026-05-02T10:30:00.000Z"
    early: str = ""
    usage: str = "Download"
    is_published: bool = True
    hides_numbers: bool = False
    needs_key: bool = False
    is_private: bool = False
    downloads: int = 1532

    @property
    def level(self) -> int:
        """All levels of its pictures."""
        level = 0
        for picture in self.pictures:
            level |= picture.level
        return level


@dataclass(slots=True)
class SiteModel:
    """A model. creator: "" for none. mode: "", Archived or TakenDown. versions: newest first."""

    id: int
    name: str
    type: str
    versions: list[SiteVersion]
    creator: str = "sample_author"
    about: str | None = None
    tags: tuple[str, ...] = ()
    mode: str = ""
    is_nsfw: bool = False
    hides_numbers: bool = False
    commercial: tuple[str, ...] = ("Image", "RentCivit")

    @property
    def shown(self) -> list[SiteVersion]:
        """The versions that are published."""
        return [version for version in self.versions if version.is_published]

    @property
    def level(self) -> int:
        """All levels of its versions; 1 where none has pictures."""
        level = 0
        for version in self.shown:
            level |= version.level
        return level or 1


@dataclass(slots=True)
class HubFile:
    """A file of a repository. is_lfs: stored outside of it, so that it is told by SHA-256 and comes from another host."""

    path: str
    content: Content
    is_lfs: bool = True


@dataclass(slots=True)
class HubRepo:
    """A repository of the Hugging Face double. gated: "" or "auto"; granted: tokens that may have it; is_private: by any token."""

    id: str
    files: list[HubFile]
    sha: str = "2359aeec427586a6de24ae79f711fd470c9d6a9f"
    branches: tuple[str, ...] = ("main",)
    gated: str = ""
    is_private: bool = False
    license: str = "apache-2.0"
    library: str = "diffusers"
    tags: tuple[str, ...] = ("diffusers", "safetensors", "text-to-image")

    def file(self, path: str) -> HubFile | None:
        """Return the file at that path."""
        return next((file for file in self.files if file.path == path), None)


@dataclass(slots=True)
class Release:
    """A release of a GitHub repository."""

    repo: str
    tag: str
    name: str
    assets: list[tuple[str, Content]]
    notes: str = ""
    published: str = "2026-04-01T08:00:00Z"


class Site:
    """All that is offered, and how it behaves. Public attributes may be changed at any time.

    keys: key -> name of the account, for Civitai; tokens: the same for Hugging Face. lifetime: seconds that a signed address lasts.
    uses: how often one may be used, 0 for ever. bytes_a_second: of each answer, 0 for no limit. has_bad_hosts: the batch
    route tells broken download addresses, as the real one does. hub_page: entries of a tree per page, 0 for the hub's own.
    """

    def __init__(self) -> None:
        self.models: dict[int, SiteModel] = {}
        self.repos: dict[str, HubRepo] = {}
        self.releases: list[Release] = []
        self.plain: dict[str, Content] = {}
        self.contents: dict[str, Content] = {}
        self.origins: dict[str, str] = dict.fromkeys(ROLES, "")
        self.keys: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self.lifetime = 86_400.0
        self.uses = 0
        self.used: dict[str, int] = {}
        self.bytes_a_second = 0
        self.has_bad_hosts = True
        self.hub_page = 0

    def add(self, *things: SiteModel | HubRepo | Release) -> None:
        """Offer models, repositories or releases; one with an id that is there takes its place."""
        for thing in things:
            if isinstance(thing, SiteModel):
                self.models[thing.id] = thing
            elif isinstance(thing, HubRepo):
                self.repos[thing.id] = thing
            else:
                self.releases = sorted([*self.releases, thing], key=lambda release: release.published, reverse=True)

    def versions(self) -> list[tuple[SiteModel, SiteVersion]]:
        """Return every version with its model."""
        return [(model, version) for model in self.models.values() for version in model.versions]

    def version(self, number: int) -> tuple[SiteModel, SiteVersion] | None:
        """Return the version with that id and its model."""
        return next((pair for pair in self.versions() if pair[1].id == number), None)

    def files(self) -> list[SiteFile]:
        """Return every file on Civitai."""
        return [file for _, version in self.versions() for file in version.files]

    def picture(self, number: int) -> SitePicture | None:
        """Return the example picture with that id."""
        return next((picture for _, version in self.versions() for picture in version.pictures if picture.id == number), None)
