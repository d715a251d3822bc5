"""Every example in a docstring is run, wherever one stands."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

from support import ROOT, TESTS


def with_examples(folder: Path, parent: Path) -> list[str]:
    """The names of the modules below a folder whose text holds an example."""
    paths = (path for path in folder.rglob("*.py") if "_data" not in path.parts)
    found = (
        path.relative_to(parent).with_suffix("")
        for path in paths
        if ">>> " in path.read_text(encoding="utf-8")
    )
    return sorted(".".join(path.parts).removesuffix(".__init__") for path in found)


MODULES = [*with_examples(ROOT / "tariffcli", ROOT), *with_examples(TESTS / "support", TESTS)]


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings_are_true(record, module):
    done = doctest.testmod(import_module(module))
    assert done.attempted > 0, "no docstring holds the example: doctest does not see it"
    assert done.failed == 0


def test_the_package_itself_is_among_them():
    assert "tariffcli" in MODULES
