"""The one door for text that people read; all of core, bridge and ui call it.

The English text is its own key. A catalogue put in with `use_catalogue` replaces it, so nothing below has to know the language.
"""

from collections.abc import Mapping

_catalogue: Mapping[str, str] = {}


def use_catalogue(catalogue: Mapping[str, str]) -> None:
    """Translate from now on with `catalogue` (English text -> text in the user's language)."""
    global _catalogue
    _catalogue = catalogue


def tr(text: str, /, **values: object) -> str:
    """Return `text` in the user's language with `{name}` places filled from `values`."""
    found = _catalogue.get(text, text)
    return found.format(**values) if values else found


def trn(one: str, many: str, count: int, /, **values: object) -> str:
    """Return the singular or plural text for `count`, which is also the place `{count}` (grouped by thousands)."""
    return tr(one if count == 1 else many, count=f"{count:,}", **values)
