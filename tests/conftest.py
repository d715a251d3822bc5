"""What the tests share: the real record, opened once, and ways to ask it."""

from __future__ import annotations

import os
from collections.abc import Generator

import pluggy
import pytest
from hypothesis import Phase, settings

from support import ROOT


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Compiled records go to a folder of this run, never to the user's."""
    os.environ["TARIFF_CACHE"] = str(tmp_path_factory.getbasetemp() / "cache")


@pytest.fixture(scope="session")
def record(_own_cache: None):
    from tariffcli.book import load

    return load(ROOT / "data")


ALL_EXTRAS = "TARIFF_ALL_EXTRAS"
"""Set where every extra is installed: a test that would be skipped fails there instead, so that
none is lost unnoticed.
"""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"extras: needs an optional extra or program; run all with {ALL_EXTRAS}=1 -m extras",
    )


def _not_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get(ALL_EXTRAS):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = (
            "failed",
            f"{ALL_EXTRAS} is set, and this was to be skipped: {why}",
        )


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Generator[None, pluggy.Result[pytest.TestReport], None]:
    _not_skipped((yield).get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report() -> Generator[None, pluggy.Result[pytest.CollectReport], None]:
    _not_skipped((yield).get_result())


settings.register_profile(
    "suite", derandomize=True, deadline=None, phases=(Phase.explicit, Phase.generate)
)
settings.register_profile("deep", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))
