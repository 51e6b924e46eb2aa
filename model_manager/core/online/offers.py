"""All sites together: from a link to what it offers.

Made once by the program and by the command line; used by the dialogs, downloads and matching in worker threads.
"""

import os
from collections.abc import Mapping
from dataclasses import replace

from model_manager.core.errors import BadLink, Refused
from model_manager.core.online import plain
from model_manager.core.online.civitai import Civitai
from model_manager.core.online.endpoints import Endpoints, endpoints
from model_manager.core.online.github import GitHub
from model_manager.core.online.huggingface import HuggingFace
from model_manager.core.online.keys import Keys
from model_manager.core.online.links import parse_links
from model_manager.core.online.records import CIVITAI, GITHUB, HUGGING_FACE, Link, Offer, Version
from model_manager.core.online.web import Web
from model_manager.core.settings import Settings
from model_manager.core.words import tr
from model_manager.core.work import Work


class Sites:
    """The clients of all sites on one Web. Nothing is asked before one of its methods is called."""

    def __init__(self, web: Web, endpoints: Endpoints, keys: Keys) -> None:
        """All clients ask through `web`."""
        self.web, self.endpoints, self.keys = web, endpoints, keys
        self.civitai = Civitai(web, endpoints)
        self.huggingface = HuggingFace(web, endpoints)
        self.github = GitHub(web, endpoints)

    def links(self, text: str) -> list[Link]:
        """Return what a text leads to, without network; pages of the configured mirrors count as the sites'."""
        return parse_links(text, ((CIVITAI, self.endpoints.civitai), (HUGGING_FACE, self.endpoints.huggingface)))

    def find(self, link: Link, work: Work | None = None) -> Offer:
        """Return what a link offers, what it names chosen. Raises BadLink, Refused, NetworkFault, Cancelled."""
        if link.problem:
            raise BadLink(link.problem)
        if link.site == CIVITAI:
            return self._civitai(link, work)
        if link.site == HUGGING_FACE:
            return self.huggingface.offer(link.repo, link.revision, link.path, link.is_folder, work)
        if link.site == GITHUB and "/releases/" in link.url:
            return self.github.release(link.repo, link.revision, link.path, work)
        if link.site == GITHUB:
            return self.github.file(link.repo, link.revision, link.path, link.url, work)
        return plain.offer_at(self.web, link.url, work)

    def completed(self, offer: Offer, version: Version, work: Work | None = None) -> Version:
        """Return a version with all that its site tells of it, to be written into sidecars: for Civitai by one more request.

        Raises Refused, NetworkFault, Cancelled.
        """
        return self.civitai.completed(offer, version, work) if offer.site == CIVITAI else version

    def _civitai(self, link: Link, work: Work | None) -> Offer:
        if link.image_id:
            offer = self.civitai.image(link.image_id, work)
            if offer is None:
                raise BadLink(tr("The site does not tell which model this picture was made with. Open the model's page instead."))
            return offer
        offer = self._civitai_model(link, work) if link.model_id else self.civitai.version(link.version_id, work)
        if link.file_id and not any(file.id == str(link.file_id) for version in offer.versions for file in version.files):
            raise BadLink(tr("The file that this link names is not there any more. Open the model's page and choose another."))
        return replace(offer, chosen_file=str(link.file_id or ""))

    def _civitai_model(self, link: Link, work: Work | None) -> Offer:
        """A model; where its page is hidden or does not list the version, what the version itself tells."""
        try:
            offer = self.civitai.model(link.model_id, link.version_id, work)
        except Refused as refusal:
            if refusal.code != "not_found" or not link.version_id:
                raise
            return self.civitai.version(link.version_id, work)
        return offer if offer.chosen or not link.version_id else self.civitai.version(link.version_id, work)


def make_sites(settings: Settings, keys: Keys, environ: Mapping[str, str] = os.environ) -> Sites:
    """Return the sites as the settings and the environment say. Nothing is asked yet."""
    ends = endpoints(settings, environ)
    return Sites(Web(ends, keys, settings.proxy), ends, keys)
