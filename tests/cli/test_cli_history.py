"""`tariff history`: the step function, one row a change, in every format and on every clock."""

from __future__ import annotations

import csv
import io
import json

import pytest

from support.run_program import answered, ask, one_line, refused

PAIR = ("--from", "cn", "--to", "us")
BACK = ("--from", "us", "--to", "cn")
SPRING = ("--since", "2025-01-01", "--until", "2025-06-01")


def test_plain_is_an_instant_and_a_rate_a_line() -> None:
    assert answered(ask("history", *BACK, *SPRING, "--format", "plain")).splitlines() == [
        "2025-01-01T00:00:00+08:00 0",
        "2025-04-10T12:01:00+08:00 84",
        "2025-04-12T00:00:00+08:00 125",
        "2025-05-14T12:01:00+08:00 10",
    ]


def test_json_holds_the_steps_the_peak_and_which_record_answered() -> None:
    whole = json.loads(answered(ask("history", *BACK, *SPRING, "--format", "json")))
    assert [(step["additional_pct"], step["change_points"]) for step in whole["steps"]] == [
        ("0", None),
        ("84", 84),
        ("125", 41),
        ("10", -115),
    ]
    assert (whole["peak_pct"], whole["peak_days"], whole["peak_since"]) == (
        125,
        32.5,
        "2025-04-12 00:00",
    )
    assert set(whole) >= {
        "sentence",
        "importer",
        "origin",
        "product",
        "known_on",
        "since",
        "until",
        "steps",
        "dataset",
    }
    assert whole["dataset"]["fingerprint"]


def test_csv_has_a_row_a_change_and_layers_add_a_column_a_programme() -> None:
    narrow = list(
        csv.DictReader(io.StringIO(answered(ask("history", *PAIR, *SPRING, "--format", "csv"))))
    )
    wide = list(
        csv.DictReader(
            io.StringIO(answered(ask("history", *PAIR, *SPRING, "--layers", "--format", "csv")))
        )
    )
    assert len(narrow) == len(wide)
    assert set(wide[0]) - set(narrow[0]) == {"us-ieepa-fentanyl", "us-ieepa-reciprocal"}
    assert wide[-1]["us-ieepa-fentanyl"] == "20"


def test_the_table_has_a_chart_the_changes_the_peak_and_the_clock() -> None:
    said = answered(ask("history", *BACK, *SPRING))
    assert said.startswith("China's additional duty on goods of the United States: ")
    for piece in (
        "█",
        "2025-04-12 00:00",
        "125",
        "+41",
        "-115",
        "SCTC announcement 6 of 2025",
        "Peak 125%",
        "32.5 days in force",
        "Times: Asia/Shanghai",
    ):
        assert piece in said


def test_the_clock_changes_the_wall_time_and_never_the_rate() -> None:
    found = {
        clock: answered(ask("history", *BACK, *SPRING, "--clock", clock, "--format", "plain"))
        for clock in ("utc", "origin", "importer", "Asia/Tokyo")
    }
    assert found["utc"].splitlines()[1] == "2025-04-10T04:01:00+00:00 84"
    assert found["origin"].splitlines()[1] == "2025-04-10T00:01:00-04:00 84"
    assert (
        len({tuple(line.split()[1] for line in text.splitlines()) for text in found.values()}) == 1
    )


def test_known_on_hides_what_was_announced_later() -> None:
    lines = answered(
        ask("history", *BACK, *SPRING, "--known-on", "2025-04-20", "--format", "plain")
    ).splitlines()
    assert [line.split()[1] for line in lines] == ["0", "84", "125"]


def test_a_single_day_is_one_step() -> None:
    lines = answered(
        ask("history", *BACK, "--since", "2025-04-24", "--until", "2025-04-24", "--format", "plain")
    ).splitlines()
    assert lines == ["2025-04-24T00:00:00+08:00 125"]


def test_what_follows_10_november_2026_is_a_range_and_strict_says_so() -> None:
    words = ("history", *BACK, "--since", "2026-11-01", "--until", "2026-11-20")
    assert answered(ask(*words, "--format", "plain")).splitlines()[-1].endswith(" 10..34")
    told = ask(*words, "--format", "plain", "--strict")
    assert (told.code, told.out) == (4, ask(*words, "--format", "plain").out)
    assert "not one number" in one_line(told)


@pytest.mark.parametrize("form", ["table", "csv", "plain"])
def test_an_uncovered_pair_exits_3_without_a_number(form: str) -> None:
    refused(ask("history", "--from", "us", "--to", "fr", "--format", form), 3, "importers covered")


def test_an_uncovered_pair_still_prints_its_json() -> None:
    told = ask("history", "--from", "us", "--to", "fr", "--format", "json")
    whole = json.loads(told.out)
    assert told.code == 3
    assert (whole["status"], whole["steps"]) == ("outside_coverage", [])
    assert "importers covered" in one_line(told)


def test_a_code_that_died_is_followed_into_its_successors() -> None:
    told = ask(
        "history",
        *PAIR,
        "--hs",
        "8517.12",
        "--since",
        "2021-12-01",
        "--until",
        "2022-06-01",
        "--format",
        "plain",
    )
    assert [line.split()[1] for line in told.out.splitlines()] == ["0"]
    assert told.err.count("8517.12 was no line") == 1


def test_a_code_that_died_without_known_successors_is_followed_while_it_lived() -> None:
    lines = answered(
        ask(
            "history",
            *PAIR,
            "--hs",
            "8507.40",
            "--since",
            "2021-12-01",
            "--until",
            "2022-06-01",
            "--format",
            "plain",
        )
    ).splitlines()
    assert "no line" not in lines[0]
    assert "no line" in lines[-1]


def test_the_steps_agree_with_rate() -> None:
    for line in answered(
        ask("history", *PAIR, "--since", "2025-01-01", "--until", "2026-03-01", "--format", "plain")
    ).splitlines():
        at, rate = line.split()
        assert answered(ask("rate", *PAIR, "--at", at, "--format", "plain")) == f"{rate}\n"
