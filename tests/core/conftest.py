"""Fixtures for the tests of the library: a real one in a temporary folder."""

import os
from pathlib import Path

import pytest
from library_case import Library

from model_manager.core.library import reading


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the model files whose header was read."""
    found: list[str] = []
    read = reading.read_facts

    def noted(path: str, size: int) -> reading.Facts:
        found.append(os.path.basename(path))
        return read(path, size)

    monkeypatch.setattr(reading, "read_facts", noted)
    return found
