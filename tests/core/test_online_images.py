"""Sizes of example pictures by their address, and which of them goes onto the card."""

import pytest

from model_manager.core.online.images import best, ranked, sized
from model_manager.core.online.records import EVERYTHING, PG, SAFE, Image, R, X

BASE = "https://image.civitai.com/xG1nkqKTMzGDvpLrqFT7WA/0d0c9bb1-4d27-4835-a7a2-6da5a17de49c"


@pytest.mark.parametrize(
    ("url", "width", "is_still", "wanted"),
    [
        (f"{BASE}/original=true/77.jpeg", 450, False, f"{BASE}/width=450,optimized=true/77.jpeg"),
        (f"{BASE}/original=true/77.jpeg", 600, False, f"{BASE}/width=800/77.jpeg"),
        (f"{BASE}/width=96/77.jpeg", 0, False, f"{BASE}/original=true/77.jpeg"),
        (f"{BASE}/original=true/77.mp4", 450, True, f"{BASE}/anim=false,transcode=true,width=450/77.jpeg"),
        (f"{BASE}/original=true/77.mp4", 450, False, f"{BASE}/transcode=true,width=450/77.mp4"),
        (f"{BASE}/original=true/77.mp4", 0, False, f"{BASE}/original=true/77.mp4"),
        ("https://image.civitai.com/xG1/width=450/77.jpeg", 96, False, "https://image.civitai.com/xG1/width=96,optimized=true/77.jpeg"),
        (f"{BASE}/anim=false,transcode=true,width=450/a=b.jpeg", 320, False, f"{BASE}/width=320,optimized=true/a=b.jpeg"),
    ],
)
def test_sized(url: str, width: int, is_still: bool, wanted: str) -> None:
    assert sized(url, width, is_still) == wanted


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a/width=450/77.jpeg",
        "https://civitai.com.example.org/a/width=450/77.jpeg",
        "https://notcivitai.com/a/width=450/77.jpeg",
        f"{BASE}/77.jpeg",
        "https://image.civitai.com/width=1/width=2/77.jpeg",
        "https://[::1/width=450/x",
        "",
    ],
)
def test_other_addresses_are_left_alone(url: str) -> None:
    assert sized(url, 450) == url


def test_pictures_of_a_mirror() -> None:
    url = "http://127.0.0.1:8188/a/original=true/77.jpeg"
    assert sized(url, 450, hosts=("127.0.0.1:8188",)) == "http://127.0.0.1:8188/a/width=450,optimized=true/77.jpeg"


PORTRAIT, SQUARE, WIDE = Image("p", 832, 1216, PG), Image("s", 1024, 1024, PG), Image("w", 1600, 900, PG)
SMALL, VIDEO, RED = Image("t", 100, 150, PG), Image("v", 720, 1280, PG, is_video=True), Image("r", 832, 1216, R)
UNRATED, DELICATE = Image("u", 832, 1216), Image("d", 832, 1216, PG, is_delicate=True)


def test_best_fits_the_card() -> None:
    assert best((WIDE, SMALL, VIDEO, SQUARE, PORTRAIT), SAFE) == PORTRAIT
    assert best((WIDE, SQUARE), SAFE) == SQUARE
    assert best((WIDE, SMALL), SAFE) == WIDE
    assert best((VIDEO, SMALL), SAFE) == SMALL and best((SMALL, VIDEO), SAFE, wants_video=True) == VIDEO
    assert best((VIDEO,), SAFE) == VIDEO and best((), SAFE) is None
    first = Image("first", 900, 1200, PG)
    assert best((first, PORTRAIT), SAFE) == first and best((PORTRAIT, first), SAFE) == PORTRAIT


def test_only_what_may_be_shown() -> None:
    assert best((RED, UNRATED, DELICATE, WIDE), SAFE) == WIDE
    assert best((RED, DELICATE), PG) is None
    assert best((RED,), R) == RED and best((RED,), X) is None
    assert best((UNRATED,), EVERYTHING) == UNRATED
    assert ranked((DELICATE, WIDE, RED), EVERYTHING) == (RED, WIDE, DELICATE)
