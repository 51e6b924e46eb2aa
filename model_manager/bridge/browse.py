"""The online browser's other half: searches Civitai page by page, knows what is here already, keeps details of the last results.

Made by the browse desk. Nothing is asked before the page is opened for the first time. One search at a time: what is no longer wanted
when it lands is dropped. Works on the GUI thread only.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from model_manager.bridge import browse_tasks
from model_manager.bridge.browse_model import BrowseModel
from model_manager.bridge.browse_tasks import Landing, Shelf
from model_manager.bridge.jobs import Job, Pool
from model_manager.bridge.session import Session
from model_manager.bridge.web_thumbnails import WebThumbnails
from model_manager.core.errors import ModelManagerError
from model_manager.core.online.owned import Ids, Standing
from model_manager.core.online.records import Offer, Search

AHEAD = 80  # cards below the screen that are there before anybody scrolls to them
EMPTY_MOST = 6  # pages in a row without anything to show, after which the person decides
HITS_MOST = 10_000  # cards; nobody looks at more, and each takes some kB
KEPT_OFFERS = 240  # whole models with descriptions and pictures, for the panel

NEW, ASKING, MORE, END, FAILED, TIRED, FULL = "new", "asking", "more", "end", "failed", "tired", "full"


class Browse(QObject):
    """One session's search on Civitai."""

    changed = Signal()  # the state, or how many there are
    offer_ready = Signal(object)  # Offer
    offer_failed = Signal(int, object)  # id, ModelManagerError
    base_models_known = Signal(object)  # list[str]

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._online, self._runner = session, session.online, session.runner
        self.model = BrowseModel(self)
        self.pictures = WebThumbnails(session.online, self)
        self.search = Search()
        self.state, self.fault = NEW, None  # type: tuple[str, ModelManagerError | None]
        self._cursor, self._empty, self._last_seen = "", 0, 0
        self._job: Job | None = None
        self._ids: Ids | None = None
        self._is_judging = self._is_stale = self._has_bases = False
        self._offers: OrderedDict[int, Offer] = OrderedDict()
        self._asked: Job | None = None
        session.scanned.connect(lambda _: self._on_library_changed())

    # searching

    def look(self, search: Search) -> None:
        """Search anew; what was on the way for another search is dropped."""
        self._stop()
        self.search, self._cursor, self._empty, self._last_seen = search, "", 0, 0
        self.state, self.fault = ASKING, None  # before the rows go: the view tells what it shows at once
        self.model.clear()
        self._ask()
        if not self._has_bases:
            self._has_bases = True
            self._online.ask(browse_tasks.base_models, done=self.base_models_known.emit, failed=self._on_no_bases)

    def look_once(self, search: Search) -> None:
        """Search if nothing was searched for yet."""
        if self.state == NEW:
            self.look(search)

    def again(self) -> None:
        """Ask once more for what failed, or look further after many empty pages."""
        if self.state in (FAILED, TIRED):
            self._empty = 0
            self.pictures.retry()
            self._ask()

    def near(self, row: int) -> None:
        """The person has come to this row: have the next page on its way in time."""
        self._last_seen = row
        if self.state == MORE and row >= self.model.rowCount() - AHEAD:
            self._ask()

    def _ask(self) -> None:
        index = self._session.index_path
        if index is None:  # the library is not open yet
            self.state = NEW
            return
        shelf = Shelf(self._session.folder, index, self._ids)
        self.state, self.fault = ASKING, None
        self._job = self._online.ask(browse_tasks.found, shelf, self.search, self._cursor, done=self._on_found, failed=self._on_failed)
        self.changed.emit()

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _on_found(self, landing: Landing) -> None:
        self._job, self._cursor = None, landing.cursor
        if self._ids is None:
            self._ids = landing.ids
        for offer in landing.offers:
            self._keep(offer)
        added = self.model.add(landing.hits, landing.standings)
        self._empty = 0 if added else self._empty + 1
        self.state = self._next_state()
        if landing.ids is not self._ids or self._is_judging:  # the library has changed meanwhile
            self._on_library_changed()
        self.changed.emit()
        self.near(self._last_seen)

    def _next_state(self) -> str:
        if not self._cursor:
            return END
        if self.model.rowCount() >= HITS_MOST:
            return FULL
        return TIRED if self._empty >= EMPTY_MOST else MORE

    def _on_failed(self, fault: ModelManagerError) -> None:
        self._job, self.state, self.fault = None, FAILED, fault
        self.changed.emit()

    def _on_no_bases(self, _: ModelManagerError) -> None:
        """The known ones will do; the next search asks again."""
        self._has_bases = False

    # what is here

    def _on_library_changed(self) -> None:
        """Judge what is on show anew, one after the other."""
        index = self._session.index_path
        if self.state == NEW or index is None:
            return
        if self._is_judging:
            self._is_stale = True
            return
        self._is_judging, self._is_stale = True, False
        offers = [hit.offer for hit in self.model.hits()]
        shelf = Shelf(self._session.folder, index)
        done = partial(self._on_judged, offers)
        self._runner.start(Pool.READ, browse_tasks.judged_anew, shelf, offers, done=done, failed=self._on_not_judged)

    def _on_judged(self, offers: Sequence[Offer], found: tuple[Ids, Mapping[str, Standing]]) -> None:
        self._ids, standings = found
        self._is_judging = False
        self.model.set_standings({offer.id: standings.get(offer.id, Standing()) for offer in offers})
        if self._is_stale:
            self._on_library_changed()

    def _on_not_judged(self, _: ModelManagerError) -> None:
        self._is_judging = False

    # details

    def ask_offer(self, id_: int) -> None:
        """Ask for all of one model; `offer_ready` or `offer_failed` answers, at once when it is still known."""
        if self._asked is not None:
            self._asked.cancel()
            self._asked = None
        if (known := self._offers.get(id_)) is not None:
            self._offers.move_to_end(id_)
            self.offer_ready.emit(known)
            return
        failed = partial(self._on_no_offer, id_)
        self._asked = self._online.ask(browse_tasks.model, id_, done=self._on_offer, failed=failed)

    def _on_offer(self, offer: Offer) -> None:
        self._asked = None
        self._keep(offer)
        self.offer_ready.emit(offer)

    def _on_no_offer(self, id_: int, fault: ModelManagerError) -> None:
        self._asked = None
        self.offer_failed.emit(id_, fault)

    def _keep(self, offer: Offer) -> None:
        self._offers[int(offer.id)] = offer
        self._offers.move_to_end(int(offer.id))
        while len(self._offers) > KEPT_OFFERS:
            self._offers.popitem(last=False)
