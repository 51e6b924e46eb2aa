"""One file from the double into its partial, with every fault of the way: byte-equal or not there, and nothing loaded twice for nothing."""

import hashlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from blake3 import blake3
from transfer_case import NAME, Transferred, noise

from model_manager.core.errors import BadDownload, Cancelled, NetworkFault, NoRoom, Refused
from model_manager.core.online import filling, reading
from model_manager.core.online.bodies import is_strong
from tests.double import Double, faults
from tests.double.faults import Fault

DATA = noise(3_000_000)
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as made:
        yield made


@pytest.fixture
def case(double: Double, tmp_path: Path) -> Transferred:
    return Transferred(double, tmp_path, DATA)


def test_a_file_comes_whole_and_only_once(case: Transferred) -> None:
    assert case.run() == SHA
    assert case.here() == DATA
    assert case.names() == [f"{NAME}.part"]
    assert case.double.twice() == 0
    assert len(case.double.seen("storage")) == 1
    assert case.progress[-1] == (len(DATA), len(DATA))
    assert not case.double.leaks()


ON_THE_WAY = {
    "cut": ([faults.cut(300_000)], 0),
    "cut at random": ([faults.cut_at_random(1, 400_000)], 0),
    "dropped": ([faults.dropped("storage", count=3)], 0),
    "range ignored once": ([faults.cut(300_000, count=4), faults.ignore_range(skip=2, count=1)], 600_000),
    "range ignored always": ([faults.cut(900_000, count=1), faults.ignore_range()], 1_200_000),
    "wrong range": ([faults.cut(500_000), faults.wrong_range(1000, skip=1, count=1)], 600_000),
    "no content range": ([faults.cut(500_000), faults.no_content_range(skip=1, count=1)], 600_000),
    "wrong total": ([faults.cut(500_000), faults.wrong_total(5, skip=2, count=1)], 600_000),
    "always wrong ranges": ([faults.cut(1_000_000, count=1), faults.wrong_range(7)], len(DATA) * 4),
    "changed tag": ([faults.cut(1_000_000, count=2), faults.changed_etag()], 1_100_000),
    "if-range ignored": ([faults.cut(1_000_000, count=2), faults.ignore_if_range()], 0),
    "no tag": ([faults.cut(1_000_000), faults.no_etag()], 4 * filling.OVERLAP),
    "weak tag": ([faults.cut(1_000_000), faults.weak_etag()], 4 * filling.OVERLAP),
    "expired": ([faults.cut(600_000), faults.expired(skip=2, count=2)], 0),
    "server": ([faults.cut(600_000), faults.server_error(skip=1, count=1, on="storage")], 0),
    "a page once": ([faults.html_page(count=1)], 0),
    "a page in between": ([faults.cut(600_000), faults.html_page(skip=1, count=1)], 0),
    "wrong hash once": ([faults.flipped(count=1)], len(DATA)),
    "too long a length": ([faults.lying_length(1000, count=1)], 0),
    "too short a length": ([faults.lying_length(-1000, count=1)], 1000),
    "chunked": ([faults.chunked()], 0),
    "until close": ([faults.until_close()], 0),
    "until close and cut": ([faults.until_close(), faults.cut(700_000, count=2)], 0),
}


@pytest.mark.parametrize("name", ON_THE_WAY)
def test_faults_on_the_way(case: Transferred, name: str) -> None:
    case.double.faults, twice = list(ON_THE_WAY[name][0]), ON_THE_WAY[name][1]
    assert case.run() == SHA
    assert case.here() == DATA
    assert case.double.twice("storage") <= twice
    assert not case.double.leaks()


def test_a_long_part_is_asked_for_once_more_before_all_is_taken(case: Transferred, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "WORTH_ASKING", 100_000)
    case.double.faults = [faults.cut(900_000, count=1), faults.ignore_range(count=1, skip=1)]
    assert case.run() == SHA
    asked = [seen.headers for seen in case.double.seen("storage")]
    assert ["if-range" in headers for headers in asked] == [False, True, False]
    assert asked[2]["range"] == "bytes=900000-"


def test_reconnecting_asks_the_storage_and_not_the_site(case: Transferred) -> None:
    case.double.faults = [faults.cut(300_000)]
    case.run()
    assert len(case.double.seen("civitai")) == 1
    assert len(case.double.seen("storage")) > 5


def test_links_that_expire_are_asked_for_anew(case: Transferred) -> None:
    case.double.site.uses = 2
    case.double.faults = [faults.cut(400_000)]
    assert case.run() == SHA
    assert 3 <= len(case.double.seen("civitai")) <= 6
    assert case.double.twice() == 0


ENDS = {
    "page": ([faults.html_page()], BadDownload, "html"),
    "error in JSON": ([faults.json_body()], BadDownload, "html"),
    "page without its type": ([faults.html_page(kind="application/octet-stream")], BadDownload, "html"),
    "wrong hash": ([faults.flipped()], BadDownload, "wrong_hash"),
    "not there": ([faults.missing(count=0)], Refused, "not_found"),
    "busy": ([faults.busy("3", on="civitai")], NetworkFault, "busy"),
    "cut at once": ([faults.dropped("storage")], NetworkFault, "dropped"),
    "always expired": ([faults.expired()], NetworkFault, "expired"),
}


@pytest.mark.parametrize("name", ENDS)
def test_what_cannot_be_had_leaves_nothing(case: Transferred, name: str) -> None:
    found, kind, code = ENDS[name]
    case.double.faults = list(found)
    with pytest.raises(kind) as caught:
        case.run()
    assert getattr(caught.value, "code", "") == code
    assert case.here() == b""
    if kind is BadDownload:
        assert case.names() == []


def test_a_wrong_hash_is_believed_when_it_comes_twice(case: Transferred) -> None:
    case.double.faults = [faults.flipped()]
    with pytest.raises(BadDownload):
        case.run()
    assert len(case.double.seen("storage")) == 2


def test_what_is_here_outlives_a_stop(case: Transferred) -> None:
    case.double.faults = [faults.cut(1_000_000, count=1), faults.dropped("storage", skip=1, count=6)]
    with pytest.raises(NetworkFault):
        case.run()
    assert case.here() == DATA[:1_000_000]
    assert case.run() == SHA
    assert case.here() == DATA
    assert case.double.twice() == 0
    assert len(case.double.seen("civitai")) >= 2  # nothing signed was kept


def test_another_file_at_the_address_begins_anew(case: Transferred) -> None:
    case.double.faults = [faults.cut(1_000_000, count=1), faults.dropped("", skip=2)]
    with pytest.raises(NetworkFault):
        case.run()
    case.double.faults = []
    other = noise(len(DATA), 2)
    again = Transferred(case.double, case.folder, other)
    assert again.run() == hashlib.sha256(other).hexdigest()
    assert again.here() == other


def test_a_part_that_somebody_damaged_is_found_out(case: Transferred) -> None:
    case.double.faults = [faults.cut(1_000_000, count=1), faults.dropped("", skip=2)]
    with pytest.raises(NetworkFault):
        case.run()
    case.double.faults = []
    with case.part.open("r+b") as file:
        file.write(b"damage")
    assert case.run() == SHA
    assert case.here() == DATA


def test_a_whole_part_is_not_loaded_again(case: Transferred) -> None:
    case.run()
    case.double.forget()
    assert case.run() == SHA
    assert case.double.seen() == []


def test_a_whole_part_of_unknown_size_is_proven_by_416(case: Transferred) -> None:
    case.is_exact, case.size = False, 0
    case.double.faults = [faults.chunked(), faults.cut(len(DATA), count=1)]
    assert case.run() == SHA
    assert case.here() == DATA


def test_a_partial_of_somebody_else_is_left_alone(case: Transferred) -> None:
    case.part.write_bytes(b"theirs")
    assert case.run() == SHA
    assert case.here() == b"theirs"
    assert (case.folder / f"{NAME}.2.part").read_bytes() == DATA


def test_rounded_sizes_and_other_hashes(case: Transferred) -> None:
    for hashes in ({"autov2": SHA[:10]}, {"sha256": SHA.upper()}):
        case.is_exact, case.size, case.hashes = False, len(DATA) - 400, hashes
        assert case.run() == SHA
    case.hashes = {"blake3": blake3(DATA).hexdigest()}
    assert case.run() == case.hashes["blake3"]


def test_a_size_that_was_a_lie_gives_way_to_the_next(case: Transferred) -> None:
    case.is_exact, case.size = False, len(DATA) - 300
    case.double.faults = [faults.cut(900_000, count=2), faults.lying_length(400, count=1), faults.wrong_total(9, skip=1, count=1)]
    assert case.run() == SHA
    assert case.double.twice("storage") == 0


def test_without_a_hash_the_size_decides(case: Transferred) -> None:
    case.is_exact, case.hashes, case.size = False, {}, len(DATA) + 700
    assert case.run() == SHA
    case.part.unlink()
    case.size = len(DATA) + 100_000
    with pytest.raises(BadDownload) as caught:
        case.run()
    assert caught.value.code == "wrong_size"
    assert case.here() == b""


def test_a_full_drive_keeps_what_is_here(case: Transferred, monkeypatch: pytest.MonkeyPatch) -> None:
    case.room = 1000
    with pytest.raises(NoRoom) as caught:
        case.run()
    assert caught.value.needed == len(DATA) - 1000
    assert case.double.sent("storage") < len(DATA)
    case.room = 1 << 60
    assert case.run() == SHA


def test_a_stop_is_heard_while_it_waits(case: Transferred) -> None:
    case.double.faults = [faults.stall(30, after=500_000)]

    def stop() -> None:
        for _ in range(3_000):
            if case.double.sent("storage") >= 500_000:
                break
            time.sleep(0.01)
        time.sleep(1.0)  # what was sent is being read meanwhile
        case.work.cancel()

    threading.Thread(target=stop).start()
    with pytest.raises(Cancelled):
        case.run()
    assert case.here() == DATA[: len(case.here())]
    assert len(case.here()) > 400_000


def test_an_empty_file(double: Double, tmp_path: Path) -> None:
    case = Transferred(double, tmp_path, b"", url=double.plain("empty", b""), is_exact=False, hashes={})
    assert case.run() == hashlib.sha256(b"").hexdigest()
    assert case.here() == b""


# segments


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "SPLIT_FROM", 1_000_000)
    monkeypatch.setattr(reading, "PROBE_SECONDS", 0.1)


SLOW = faults.slow(1_500_000)
IN_SEGMENTS: dict[str, list[Fault]] = {
    "slow": [],
    "cut": [faults.cut(200_000)],
    "parallel ones refused": [faults.busy(on="storage", skip=1, count=3)],
    "ranges ignored": [faults.ignore_range(skip=1)],
    "changed tag": [faults.changed_etag(skip=2)],
    "expired": [faults.expired(skip=1, count=3)],
}


@pytest.mark.parametrize("name", IN_SEGMENTS)
def test_segments_of_a_slow_file(case: Transferred, small_segments: None, name: str) -> None:
    case.double.faults = [SLOW, *IN_SEGMENTS[name]]
    while True:
        try:
            assert case.run() == SHA
            break
        except NetworkFault as fault:  # the engine would try again
            assert fault.code == "busy"
    assert case.here() == DATA
    if name in ("slow", "cut"):
        assert case.double.twice("storage") == 0
        starts = {seen.headers["range"].partition("-")[0] for seen in case.double.seen("storage")}
        assert len(starts) > 3


def test_segments_go_on_after_a_stop(case: Transferred, small_segments: None) -> None:
    case.double.faults = [faults.slow(400_000)]
    case.stops_at = 600_000
    with pytest.raises(Cancelled):
        case.run()
    assert case.partial().is_spread
    assert len(case.partial().gaps(len(DATA))) > 1
    here = case.partial().count
    again = Transferred(case.double, case.folder, DATA, url=case.url)
    case.double.faults = []
    assert again.run() == SHA
    assert again.here() == DATA
    assert here > 300_000
    assert case.double.twice() < 2_000_000  # what a server had under way when it was stopped


def test_a_fast_file_comes_over_one_connection_at_a_time(case: Transferred, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "SPLIT_FROM", 1_000_000)
    assert case.run() == SHA
    assert not case.partial().is_spread
    assert case.double.twice() == 0


# the limit


def test_the_limit_holds_and_may_be_taken_away(case: Transferred) -> None:
    case.limit = 2_000_000
    timer = threading.Timer(0.4, lambda: setattr(case, "limit", 0))
    timer.start()
    assert case.run() == SHA
    done = [done for done, _ in case.progress]
    assert any(0 < count < len(DATA) for count in done)


def test_a_tag_that_is_weak_or_cannot_be_sent_back_promises_nothing() -> None:
    assert is_strong('"a1"') and not any(map(is_strong, ("", '""', 'W/"a1"', "a1", '"a\r\n b"')))
