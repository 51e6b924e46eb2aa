"""How names are folded for searching and ordered for reading.

Used when rows are made (scanner) and when queries are parsed; both must fold alike or a search misses.
"""

import re
import unicodedata
from functools import lru_cache

_DIGITS = re.compile(r"\d+")


def fold(text: str) -> str:
    """Return `text` for comparing: lower case, accents removed, compatibility forms unified ("Ragnarök" -> "ragnarok")."""
    if text.isascii():
        return text.lower()
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in spread if not unicodedata.combining(letter))


@lru_cache(8_192)  # a new card is put in its place by asking the same few dozen names again and again
def natural_key(text: str) -> str:
    """Return a string that sorts as people count: "v2" before "v10". Numbers are padded to at least eight digits."""
    return _DIGITS.sub(lambda found: found.group().lstrip("0").zfill(8), fold(text))
