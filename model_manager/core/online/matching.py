"""Which local models are what on Civitai: by SHA-256 in hundreds, by AutoV3 for edited headers, by the link in a sidecar.

Called by the task that fetches details. It asks only what is not remembered, and remembers each answer at once. It must never take a
wrong page for a model: what a sidecar claims without proof counts only when the file that was found has our file's size.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, TypeVar

from model_manager.core.errors import Refused
from model_manager.core.hashes.compute import AUTOV3, SHA256
from model_manager.core.hashes.store import Answer, Store
from model_manager.core.online.civitai import MOST_HASHES, MOST_IDS, Civitai
from model_manager.core.online.civitai_parts import offer_around
from model_manager.core.online.matches import (
    ABSENT,
    FOUND,
    NOWHERE,
    UNSURE,
    Local,
    Match,
    agrees,
    by_page,
    link_of,
    other_hashes,
)
from model_manager.core.online.records import Offer, Version
from model_manager.core.work import Work

_NOT_THERE: Final = ("not_found", "gone")
_MODEL, _VERSION = "model:{}", "version:{}"
_K = TypeVar("_K")
_V = TypeVar("_V")


class Matcher:
    """Asks for the models of one run.

    singles: how many look-ups of one hash are allowed; since: older answers do not count; told: hears the number of each request.
    """

    def __init__(self, civitai: Civitai, store: Store, work: Work, singles: int, since: float = 0.0) -> None:
        self._civitai, self._store, self._work, self._since = civitai, store, work, since
        self._singles, self._requests = singles, 0
        self.told: Callable[[int], None] | None = None
        self.skipped = 0  # models that another hash might find, had more single look-ups been allowed

    def unasked(self, hashes: Iterable[str]) -> set[str]:
        """Return those of the SHA-256s that have to be asked for."""
        wanted = set(filter(None, hashes))
        return wanted - self._store.answers(wanted, self._since).keys()

    def identify(self, models: Sequence[Local]) -> dict[str, Match]:
        """Return path -> what it is, for some hundred models. Raises NetworkFault, Refused, IndexFault, Cancelled."""
        versions = self._ask_hashes(models)
        answers = self._store.answers((model.sha256 for model in models), self._since)
        found: dict[str, Answer] = {}
        doubtful = set()
        for model in models:
            answer = answers.get(model.sha256) or Answer("", False)
            if not answer.is_there and model.sha256 and not model.is_sure:
                doubtful.add(model.path)
                continue
            if not answer.is_there:
                answer = self._by_others(model) or self._by_link(model) or answer
            if answer.is_there:
                found[model.path] = answer
        offers = self._offers({answer.model_id for answer in found.values()})
        matches = {model.path: self._match(model, found.get(model.path), versions, offers) for model in models}
        return matches | dict.fromkeys(doubtful, UNSURE)

    # asking

    def _next(self) -> None:
        """A request comes now: a chance to stop, and a sign of life."""
        self._work.check()
        self._requests += 1
        if self.told is not None:
            self.told(self._requests)

    def _versions(self, hashes: Sequence[str]) -> dict[str, Version]:
        self._next()
        return self._civitai.by_hashes(hashes, self._work)

    def _models(self, ids: Sequence[int]) -> dict[int, Offer]:
        self._next()
        return self._civitai.models(ids, self._work)

    def _ask_hashes(self, models: Sequence[Local]) -> dict[str, Version]:
        """Ask for all hashes nobody asked for yet; returns sha256 -> version of these."""
        found: dict[str, Version] = {}
        wanted = self.unasked(model.sha256 for model in models)
        for step in _steps([hash for hash in dict.fromkeys(model.sha256 for model in models) if hash in wanted], MOST_HASHES):
            versions = in_parts(self._versions, step)
            self._store.save_answers(_answer(hash, versions.get(hash), SHA256, hash) for hash in step)
            found |= versions
        return found

    def _by_others(self, model: Local) -> Answer | None:
        """Ask for the other hashes of one model, one by one; None when none of them is there or may be asked for."""
        for hash in other_hashes(model):
            known = self._store.answers([hash], self._since).get(hash)
            if known is None and self._singles <= 0:
                self.skipped += 1
                return None
            answer = known or self._ask_other(hash)
            if answer.is_there:
                return answer
        return None

    def _ask_other(self, hash: str) -> Answer:
        self._next()
        self._singles -= 1
        offer = self._civitai.by_hash(hash, self._work)
        answer = _answer(hash, _chosen(offer) if offer else None, AUTOV3, hash)
        self._store.save_answers([answer])
        return answer

    def _by_link(self, model: Local) -> Answer | None:
        """Take the page that a sidecar names; whether it is the file's own version is judged when its files are known."""
        if not model.model_id and not model.version_id:
            return None
        if link_of(model) in self._store.answers([link_of(model)], self._since):
            return None  # it led nowhere before
        if model.model_id:
            return Answer("", True, model.model_id, model.version_id)
        key = _VERSION.format(model.version_id)
        answer = self._store.answers([key], self._since).get(key)
        if answer is None:
            answer = self._ask_version(key, model.version_id)
        return answer if answer.is_there else None

    def _ask_version(self, key: str, version_id: int) -> Answer:
        self._next()
        try:
            offer = self._civitai.version(version_id, self._work)
            answer = Answer(key, True, int(offer.id or 0), version_id)
        except Refused as refusal:
            if refusal.code not in _NOT_THERE:
                raise
            answer = Answer(key, False)
        self._store.save_answers([answer])
        return answer

    def _offers(self, ids: set[int]) -> dict[int, Offer]:
        """Return the models by id; those that are on no list are asked for one by one, and the missing ones are remembered."""
        found: dict[int, Offer] = {}
        gone = self._store.answers((_MODEL.format(id) for id in ids), self._since)
        wanted = sorted(id for id in ids if id and _MODEL.format(id) not in gone)
        for step in _steps(wanted, MOST_IDS):
            found |= in_parts(self._models, step)
        for id in wanted:
            if id not in found and (offer := self._model(id)) is not None:
                found[id] = offer
        return found

    def _model(self, id: int) -> Offer | None:
        self._next()
        try:
            return self._civitai.model(id, work=self._work)
        except Refused as refusal:
            if refusal.code not in _NOT_THERE:
                raise
        self._store.save_answers([Answer(_MODEL.format(id), False)])
        return None

    # judging

    def _match(self, model: Local, answer: Answer | None, versions: dict[str, Version], offers: dict[int, Offer]) -> Match:
        if answer is None:
            return NOWHERE
        offer = offers.get(answer.model_id)
        version = versions.get(model.sha256) if answer.asked == model.sha256 else None
        listed = _of(offer, answer.version_id) if offer else None
        if version is None:
            version = listed
        elif listed is not None and not version.images:
            version = replace(version, images=listed.images)
        if not answer.asked or answer.asked.startswith("version:"):
            match = by_page(model, offer, version)
            if match.state == ABSENT:
                self._store.save_answers([Answer(link_of(model), False)])
            return match
        if version is None:  # it was there and is not listed any more
            self._store.save_answers([Answer(answer.asked, False)])
            return NOWHERE
        file = next((file for file in version.files if answer.asked in file.hashes.values()), None)
        if not model.is_sure and not agrees(model, file):
            return UNSURE
        how = SHA256 if answer.asked == model.sha256 else AUTOV3
        return Match(FOUND, offer or offer_around(version.raw), version, file, how)


def in_parts(ask: Callable[[Sequence[_K]], dict[_K, _V]], wanted: Sequence[_K]) -> dict[_K, _V]:
    """Ask for all at once, and for each half where the answer would be too large: pictures may tell a whole workflow each."""
    try:
        return ask(wanted)
    except Refused as refusal:
        if refusal.code != "too_large" or len(wanted) < 2:
            raise
    half = len(wanted) // 2
    return in_parts(ask, wanted[:half]) | in_parts(ask, wanted[half:])


def _answer(asked: str, version: Version | None, algorithm: str, hash: str) -> Answer:
    if version is None:
        return Answer(asked, False, time=time.time())
    file = next((file for file in version.files if file.hashes.get(algorithm) == hash), None)
    file_id = int(file.id) if file and file.id.isdigit() else 0
    return Answer(asked, True, int(version.offer or 0), int(version.id or 0), file_id, time.time())


def _chosen(offer: Offer) -> Version | None:
    return next((version for version in offer.versions if version.id == offer.chosen), None)


def _of(offer: Offer, version_id: int) -> Version | None:
    return next((version for version in offer.versions if version.id == str(version_id)), None)


def _steps(values: Sequence[_K], count: int) -> Iterator[list[_K]]:
    left = iter(values)
    while step := list(islice(left, count)):
        yield step
