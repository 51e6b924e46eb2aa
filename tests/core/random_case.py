"""How many examples a random test gets, in the profile that was chosen (tests/conftest.py)."""

from hypothesis import settings

USUAL = 100  # of the profile "suite"


def examples(count: int) -> settings:
    """Give a test `count` examples in an ordinary run, and as many times more as the chosen profile has."""
    return settings(max_examples=count * settings().max_examples // USUAL)
