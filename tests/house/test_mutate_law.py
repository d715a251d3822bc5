"""The mutation run over the engine makes the mutants that it says it makes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support import ROOT, TESTS

sys.path.insert(0, str(ROOT / "tools"))

pytest.importorskip("resource", reason="the run forks a process for each mutant")

import mutate_law as tool


def changes(source: str) -> set[str]:
    """What the mutants of a source say in the place of what it says."""
    return {mutant.after for mutant in tool.mutants("some", source)}


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("a < b", {"a <= b"}),
        ("a <= b > c", {"a < b > c", "a <= b >= c"}),
        ("a >= b", {"a > b"}),
        ("a == b", {"a != b"}),
        ("a != b", {"a == b"}),
        ("a is b in c", set()),
        ("a and b", {"a", "b"}),
        ("a or b or c", {"b or c", "a or c", "a or b"}),
        ("not a", {"a"}),
        ("[x for x in a if p if q]", {"for x in a if p", "for x in a if q"}),
        ("if a:\n    b", {"if True:", "if False:"}),
        ("a if b else c", {"a if True else c", "a if False else c"}),
        ("a + b", {"a - b"}),
        ("a -= 1", {"a += 1"}),
        ("min(a)", {"max(a)"}),
        ("any(a)", {"all(a)"}),
        ("ROUND_DOWN", {f"'{mode}'" for mode in tool.ROUNDINGS if mode != "ROUND_DOWN"}),
        ("key = a, b", {"key = (a,)", "key = (b,)", "key = (b, a)"}),
        ("lambda x: (x, y)", {"lambda x: (x,)", "lambda x: (y,)", "lambda x: (y, x)"}),
        ("def f(x):\n    'Doc.'\n    return x, y", {"return (x,)", "return (y,)", "return (y, x)"}),
        ("def f(x):\n    g(x)\n    h(x)\n    return x, y", set()),
        ("a.sort(key=b, reverse=True)", {"a.sort(key=b)", "a.sort(reverse=True)"}),
        ("raise E(a + b if c else d)", set()),
    ],
)
def test_each_operator_makes_its_mutants_and_no_other(source: str, changed: set[str]):
    assert changes(source) == changed


def test_a_mutant_differs_from_its_module_in_one_place_only():
    first, second = tool.mutants("some", "a = b < c\nd = e + f\n")
    assert first.source == "a = b <= c\nd = e + f"
    assert second.source == "a = b < c\nd = e - f"
    assert str(second) == "tariffcli/law/some.py:2: e + f  ->  e - f"


def test_the_same_seed_draws_the_same_mutants_in_order():
    drawn = tool.chosen(["places", "facts"], 12, 7)
    assert list(map(str, drawn)) == list(map(str, tool.chosen(["places", "facts"], 12, 7)))
    assert [one.module for one in drawn] == sorted((one.module for one in drawn), reverse=True)
    assert list(map(str, drawn)) != list(map(str, tool.chosen(["places", "facts"], 12, 8)))


def test_every_test_file_that_the_run_names_is_there():
    named = {*tool.FAST, *(name for names in tool.LIKELIEST.values() for name in names)}
    assert not named - {path.stem.removeprefix("test_") for path in TESTS.rglob("test_*.py")}
    assert set(tool.MODULES) <= {path.stem for path in tool.LAW.glob("*.py")}


def test_a_module_is_tried_against_its_own_tests_first_and_then_against_all_others():
    own, others = ([Path(path).stem for path in some] for some in tool.tests_of("stacking"))
    assert own == ["test_stacking"]
    assert sorted(own + others) == sorted(f"test_{name}" for name in tool.FAST)
