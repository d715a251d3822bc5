"""What the tests share: the real record, opened once, and ways to ask it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Compiled records go to a folder of this run, never to the user's."""
    os.environ["TARIFF_CACHE"] = str(tmp_path_factory.getbasetemp() / "cache")


@pytest.fixture(scope="session")
def record(_own_cache: None):
    from tariffcli.book import load

    return load(ROOT / "data")
