"""Everything goes wrong at once, and still: what ends done is the same to the byte, and nothing else has a name."""

from pathlib import Path

from tests.storm import SORTS, storm


def test_a_storm(tmp_path: Path) -> None:
    report = storm(tmp_path, 2 * len(SORTS))
    assert report.wrong == []
    assert sum(report.states.values()) == 2 * len(SORTS)
    for sort in ("cut", "expired", "storage broken"):
        assert report.twice[sort] < 600_000  # only what was under way when the drive was full
