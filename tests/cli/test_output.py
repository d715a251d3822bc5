"""One `Output` prints for every command: only what was asked for is made, and the exit code says
how it ended.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import tariffcli
from support.run_program import answered, ask
from tariffcli.cli.output import Output, Rows
from tariffcli.errors import UsageError
from tariffcli.show.figures import amount_span, money_span, percent, share_text, span

COMMANDS = (
    "rate",
    "duty",
    "history",
    "compare",
    "average",
    "bulk",
    "events",
    "products",
    "statements",
    "sources",
    "coverage",
    "check",
)
EVE = ("rate", "--from", "cn", "--to", "us", "--at", "2025-04-09T23:59:59")


def emitted(output: Output) -> list[str]:
    """The forms that an output makes, when every form can be made."""
    made: list[str] = []

    def form(name: str, value: object):
        return lambda *_: (made.append(name), value)[1]

    output.emit(
        plain=form("plain", ["125"]),
        document=form("json", {"rate": 125}),
        rows=form("csv", Rows([{"rate": 125}])),
        draw=form("table", None),
    )
    return made


@pytest.mark.parametrize(
    ("form", "text"),
    [("plain", "125\n"), ("json", '{\n  "rate": 125\n}\n'), ("csv", "rate\n125\n"), ("table", "")],
)
def test_only_the_form_that_was_asked_for_is_made(capsys, form, text):
    assert emitted(Output(form)) == [form]
    assert capsys.readouterr().out == text


def test_rows_without_a_row_still_have_their_columns(tmp_path: Path):
    output = Output("csv", tmp_path / "out.csv")
    output.emit(plain=list, document=dict, rows=lambda: Rows([], ("a", "b")), draw=print)
    assert (tmp_path / "out.csv").read_text() == "a,b\n"


def test_a_file_that_exists_is_refused_before_anything_is_computed(tmp_path: Path):
    (tmp_path / "out").write_text("")
    with pytest.raises(UsageError, match="--force"):
        Output("json", tmp_path / "out")
    assert Output("json", tmp_path / "out", force=True).finish() == 0


@pytest.mark.parametrize(
    ("output", "outside", "unsure", "code", "said"),
    [
        (Output("table"), "no record", None, 3, ""),
        (Output("json"), "no record", "a range", 3, "outside coverage: no record\n"),
        (Output("json"), None, "a range", 0, ""),
        (Output("table", strict=True), None, "a range", 4, "--strict: a range\n"),
        (Output("table", strict=True), None, None, 0, ""),
    ],
)
def test_the_exit_code_is_explained_where_the_answer_does_not_explain_it(
    capsys, output, outside, unsure, code, said
):
    assert output.finish(outside, unsure) == code
    assert capsys.readouterr().err == said


def test_an_instant_at_the_end_of_a_day_is_told_from_the_day():
    assert "2025-04-09 23:59 (" in answered(ask(*EVE, columns=200))
    day = (*EVE[:-2], "--date", "2025-04-09")
    assert "end of 2025-04-09 (" in answered(ask(*day, columns=200))


@pytest.mark.parametrize(
    ("when", "whole_day"), [("2025-04-09", True), ("2025-04-09T23:59:59", False)]
)
def test_a_query_says_whether_a_bare_day_was_asked(when, whole_day):
    assert tariffcli.ask(when, origin="cn", importer="us").query.whole_day is whole_day


def test_each_step_of_a_history_begins_at_an_instant():
    steps = tariffcli.history("2025-04-01", "2025-04-12", origin="cn", importer="us")
    assert not any(step.answer.query.whole_day for step in steps if step.answer)


@pytest.mark.parametrize("command", COMMANDS)
def test_only_the_whole_program_offers_completion(command):
    assert "completion" not in ask(command, "--help", columns=200).out
    assert "--install-completion" in ask("--help", columns=200).out


def test_figures_in_words():
    from decimal import Decimal

    zero, ten = Decimal(0), Decimal(10)
    assert (span(ten, ten), span(ten, None), span(None, None)) == ("10", "10..", "unknown")
    assert (percent(ten, None), percent(10, 34.5)) == ("at least 10%", "10% to 34.5%")
    assert (money_span(ten, None), money_span(zero, None)) == ("at least 10.00", "unknown")
    assert (amount_span(ten, ten), amount_span(ten, None)) == ("10", "10..")
    assert share_text(0.99999) == "99.9%"
