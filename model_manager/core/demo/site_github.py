"""The demo's GitHub: releases and their assets (docs.github.com: REST API, releases). It has no rate limit of its own."""

from typing import Any

from model_manager.core.demo.site_records import Release, Reply, Request, Site, json_reply, redirect, text_reply
from model_manager.core.demo.site_storage import signed

_MISSING = {"message": "Not Found", "documentation_url": "https://docs.github.com/rest/releases/releases", "status": "404"}


def answer(site: Site, request: Request) -> Reply:
    """Answer at api.github.com; the pages' download addresses are served here, too, and lead to the storage host."""
    match request.path.strip("/").split("/"):
        case ["repos", owner, name, "releases"]:
            return json_reply([_shape(site, release) for release in site.releases if release.repo == f"{owner}/{name}"])
        case ["repos", owner, name, "releases", "latest"]:
            return _told(site, [release for release in site.releases if release.repo == f"{owner}/{name}"])
        case ["repos", owner, name, "releases", "tags", *tag]:
            return _told(site, [release for release in site.releases if (release.repo, release.tag) == (f"{owner}/{name}", "/".join(tag))])
        case [owner, name, "releases", "download", tag, file]:
            return _asset(site, f"{owner}/{name}", tag, file)
    return json_reply(_MISSING, 404)


def _told(site: Site, releases: list[Release]) -> Reply:
    return json_reply(_shape(site, releases[0])) if releases else json_reply(_MISSING, 404)


def _asset(site: Site, repo: str, tag: str, name: str) -> Reply:
    for release in site.releases:
        for asset, content in release.assets:
            if (release.repo, release.tag, asset) == (repo, tag, name):
                return redirect(302, signed(site, content, name))
    return text_reply("Not Found", 404)


def _shape(site: Site, release: Release) -> dict[str, Any]:
    base = site.origins["github"]
    return {
        "url": f"{base}/repos/{release.repo}/releases/1",
        "html_url": f"https://github.com/{release.repo}/releases/tag/{release.tag}",
        "id": 1, "tag_name": release.tag, "target_commitish": "main", "name": release.name, "draft": False, "prerelease": False,
        "author": {"login": release.repo.split("/")[0], "id": 1}, "created_at": release.published, "published_at": release.published,
        "body": release.notes,
        "assets": [
            {
                "url": f"{base}/repos/{release.repo}/releases/assets/{number}", "id": number, "name": name, "label": None,
                "content_type": "application/octet-stream", "state": "uploaded", "size": content.size,
                "digest": f"sha256:{content.sha256}",
                "download_count": 42, "created_at": release.published, "updated_at": release.published,
                "browser_download_url": f"{base}/{release.repo}/releases/download/{release.tag}/{name}",
            }
            for number, (name, content) in enumerate(release.assets, 1)
        ],
    }  # fmt: skip
