"""The demo's Hugging Face: repositories, their trees, and files that come from the hub or from its storage.

Shapes and headers after huggingface/huggingface_hub:src/huggingface_hub/hf_api.py and file_download.py.
"""

import hashlib
from typing import Any
from urllib.parse import quote

from model_manager.core.demo.site_content import read_all
from model_manager.core.demo.site_records import HubFile, HubRepo, Reply, Request, Site, json_reply, redirect
from model_manager.core.demo.site_storage import ranged, signed

PAGE, PAGE_EXPANDED = 1000, 50
_CHANGED = "2026-06-01T07:08:09.000Z"


def answer(site: Site, request: Request) -> Reply:
    """Answer at the hub."""
    parts = request.path.strip("/").split("/")
    if parts == ["api", "whoami-v2"]:
        return _who(site, request)
    if parts[:2] == ["api", "models"]:
        return _api(site, request, parts[2:])
    for place, word in enumerate(parts[:3]):
        if word in ("resolve", "raw") and len(parts) > place + 2:
            return _resolve(site, request, "/".join(parts[:place]), parts[place + 1 :], is_pointer=word == "raw")
    return _refused(404, "RepoNotFound", "Repository not found")


def _refused(status: int, code: str, text: str) -> Reply:
    return json_reply({"error": text}, status, X_Error_Code=code, X_Error_Message=text)


def _who(site: Site, request: Request) -> Reply:
    name = site.tokens.get(request.bearer)
    if name is None:
        return json_reply({"error": "Invalid credentials in Authorization header" if request.bearer else "Unauthorized"}, 401)
    auth = {"type": "access_token", "accessToken": {"displayName": "model manager", "role": "read"}}
    return json_reply({"type": "user", "id": "66aa00bb11cc22dd33ee44f0", "name": name, "fullname": name, "orgs": [], "auth": auth})


def _api(site: Site, request: Request, parts: list[str]) -> Reply:
    """Answer /api/models/{repo}, .../revision/{rev}, .../tree/{rev}[/path] and .../paths-info/{rev}."""
    place = next((index for index, word in enumerate(parts) if index and word in ("revision", "tree", "paths-info")), len(parts))
    repo, rest = site.repos.get("/".join(parts[:place])), parts[place:]
    if fault := _barred(site, request, repo, is_file=False):
        return fault
    assert repo is not None
    revision, path = _revision(repo, rest[1:])
    if revision is None:
        return _refused(404, "RevisionNotFound", f"Invalid rev id: {'/'.join(rest[1:])}")
    if rest[:1] == ["tree"]:
        return _tree(site, request, repo, revision, path)
    if rest[:1] == ["paths-info"]:
        return _paths(request, repo)
    return json_reply(_model(repo, request.first("blobs") in ("true", "1")))


def _barred(site: Site, request: Request, repo: HubRepo | None, is_file: bool) -> Reply | None:
    """Return why nothing is shown: missing and private are told alike, gated bars files only."""
    known = request.bearer in site.tokens
    if repo is None or (repo.is_private and not known):
        return _refused(404 if known else 401, "RepoNotFound", "Repository not found" if known else "Invalid username or password.")
    if repo.gated and is_file and f"{request.bearer}" not in _granted(site, repo):
        text = f"Access to model {repo.id} is restricted"
        if known:
            return _refused(403, "GatedRepo", f"{text} and you are not in the authorized list.")
        return _refused(401, "GatedRepo", f"{text}. You must have access to it and be authenticated to access it. Please log in.")
    return None


def _granted(site: Site, repo: HubRepo) -> list[str]:
    """Return the tokens that were granted access: those whose account's name ends so."""
    return [token for token, name in site.tokens.items() if name.endswith("-granted")]


def _revision(repo: HubRepo, parts: list[str]) -> tuple[str | None, str]:
    """Return (revision, path below it); names of revisions may have slashes: refs/pr/1."""
    if not parts:
        return repo.sha, ""
    for name in (*repo.branches, repo.sha):
        words = name.split("/")
        if parts[: len(words)] == words:
            return name, "/".join(parts[len(words) :])
    return None, ""


def _blob(file: HubFile) -> str:
    """Return the git hash of a file, or of the pointer that stands for it."""
    data = read_all(file.content) if not file.is_lfs else _pointer(file)
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _pointer(file: HubFile) -> bytes:
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{file.content.sha256}\nsize {file.content.size}\n".encode()


def _model(repo: HubRepo, has_blobs: bool) -> dict[str, Any]:
    siblings: list[dict[str, Any]] = []
    for file in repo.files:
        row: dict[str, Any] = {"rfilename": file.path}
        if has_blobs:
            row |= {"size": file.content.size, "blobId": _blob(file)}
        if has_blobs and file.is_lfs:
            row["lfs"] = {"sha256": file.content.sha256, "size": file.content.size, "pointerSize": len(_pointer(file))}
        siblings.append(row)
    return {
        "_id": "66aa00bb11cc22dd33ee44ff", "id": repo.id, "modelId": repo.id, "private": repo.is_private, "pipeline_tag": "text-to-image",
        "library_name": repo.library, "tags": [*repo.tags, f"license:{repo.license}", "region:us"], "downloads": 1234, "likes": 56,
        "author": repo.id.split("/")[0], "sha": repo.sha, "lastModified": _CHANGED, "gated": repo.gated or False, "disabled": False,
        "createdAt": "2026-05-30T01:02:03.000Z", "model-index": None, "config": {},
        "cardData": {"license": repo.license, "base_model": ["example-org/base-xl"], "tags": list(repo.tags)},
        "siblings": siblings, "spaces": [], "usedStorage": sum(file.content.size for file in repo.files),
    }  # fmt: skip


def _entries(repo: HubRepo, below: str, is_deep: bool, is_expanded: bool) -> list[dict[str, Any]]:
    """Return directories and files below a path, as the tree route lists them."""
    prefix = f"{below}/" if below else ""
    out: dict[str, dict[str, Any]] = {}
    for file in repo.files:
        if not file.path.startswith(prefix):
            continue
        folders = file.path.removeprefix(prefix).split("/")[:-1]
        for depth in range(1, len(folders) + 1 if is_deep else min(len(folders), 1) + 1):
            path = prefix + "/".join(folders[:depth])
            mark = hashlib.sha1(path.encode(), usedforsecurity=False).hexdigest()
            out[path] = {"type": "directory", "oid": mark, "size": 0, "path": path}
        if is_deep or not folders:
            out[file.path] = _entry(file)
    if is_expanded:
        for row in out.values():
            row["lastCommit"] = {"id": repo.sha, "title": "Upload folder using huggingface_hub", "date": _CHANGED}
            if row["type"] == "file":
                row["securityFileStatus"] = {"status": "safe", "avScan": {"status": "safe", "message": None}}
    return sorted(out.values(), key=lambda row: (row["type"] != "directory", row["path"]))


def _entry(file: HubFile) -> dict[str, Any]:
    row: dict[str, Any] = {"type": "file", "oid": _blob(file), "size": file.content.size, "path": file.path}
    if file.is_lfs:
        row["lfs"] = {"oid": file.content.sha256, "size": file.content.size, "pointerSize": len(_pointer(file))}
        row["xetHash"] = hashlib.sha256(file.content.sha256.encode()).hexdigest()
    return row


def _tree(site: Site, request: Request, repo: HubRepo, revision: str, path: str) -> Reply:
    is_deep, is_expanded = (request.first(name) in ("true", "1", "True") for name in ("recursive", "expand"))
    rows = _entries(repo, path.strip("/"), is_deep, is_expanded)
    if not rows:
        return _refused(404, "EntryNotFound", f'{path} does not exist on "{revision}"')
    size = site.hub_page or (PAGE_EXPANDED if is_expanded else PAGE)
    start = int(request.first("cursor", "0"))
    reply = json_reply(rows[start : start + size])
    if start + size < len(rows):
        asked = "&".join(f"{name}={quote(request.first(name))}" for name in request.query if name != "cursor")
        address = f"{site.origins['huggingface']}{quote(request.path)}?{asked}{'&' * bool(asked)}cursor={start + size}"
        reply.headers["Link"] = f'<{address}>; rel="next"'
    return reply


def _paths(request: Request, repo: HubRepo) -> Reply:
    import json

    try:
        asked = json.loads(request.body)
        wanted = set(asked["paths"] if isinstance(asked["paths"], list) else [asked["paths"]])
    except (ValueError, KeyError, TypeError):
        return json_reply({"error": "Bad request"}, 400)
    return json_reply([row for row in _entries(repo, "", True, False) if row["path"] in wanted])


def _resolve(site: Site, request: Request, name: str, parts: list[str], is_pointer: bool) -> Reply:
    repo = site.repos.get(name)
    if fault := _barred(site, request, repo, is_file=True):
        return fault
    assert repo is not None
    revision, path = _revision(repo, parts)
    file = repo.file(path)
    if revision is None:
        return _refused(404, "RevisionNotFound", f"Invalid rev id: {parts[0]}")
    if file is None:
        return _refused(404, "EntryNotFound", "Entry not found")
    headers = {"X-Repo-Commit": repo.sha, "Accept-Ranges": "bytes"}
    if is_pointer and file.is_lfs:
        return Reply(200, {**headers, "Content-Type": "text/plain; charset=utf-8"}, _pointer(file))
    if not file.is_lfs:
        return ranged(request, file.content, {**headers, "ETag": f'"{_blob(file)}"', "Content-Disposition": _named(path)})
    headers |= {"X-Linked-Size": str(file.content.size), "X-Linked-ETag": f'"{file.content.sha256}"', "ETag": f'"{_blob(file)}"'}
    address = signed(site, file.content, path.rpartition("/")[2]) + "&content_host=1"
    reply = redirect(302, address)
    reply.headers |= headers | {"X-Xet-Hash": hashlib.sha256(file.content.sha256.encode()).hexdigest()}
    return reply


def _named(path: str) -> str:
    name = path.rpartition("/")[2]
    return f"inline; filename*=UTF-8''{quote(name)}; filename=\"{name}\";"
