"""The demo's own internet: Civitai, Hugging Face, GitHub and their storage, in the shapes of the real ones.

`answer` needs no network; site_http brings it to the loopback. The program's `--demo` and the tests' double are its two users. It is
polite: every fault it shows is one the real sites show to a well-behaved client.
"""

from model_manager.core.demo import site_civitai, site_github, site_hub, site_storage
from model_manager.core.demo.site_records import GITHUB, HUB, STORAGE, Reply, Request, Site, text_reply

_BLOCKED = "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body>error code: 1010</body></html>"


def answer(site: Site, request: Request) -> Reply:
    """Return what the host that was asked says."""
    if request.role == STORAGE:
        return site_storage.answer(site, request)
    if request.role == HUB:
        return site_hub.answer(site, request)
    if request.role == GITHUB:
        return site_github.answer(site, request)
    agent = request.headers.get("user-agent", "").lower()
    if not agent or agent.startswith("python-urllib"):
        return text_reply(_BLOCKED, 403, "text/html")
    return site_civitai.answer(site, request)
