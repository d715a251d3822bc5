"""What the tests share: the real record, opened once, and ways to ask it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import Phase, settings

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Compiled records go to a folder of this run, never to the user's."""
    os.environ["TARIFF_CACHE"] = str(tmp_path_factory.getbasetemp() / "cache")


@pytest.fixture(scope="session")
def record(_own_cache: None):
    from tariffcli.book import load

    return load(ROOT / "data")


settings.register_profile("suite", derandomize=True, deadline=None, phases=(Phase.explicit, Phase.generate))
settings.register_profile("deep", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))
