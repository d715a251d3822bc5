"""`tariff compare`: one question asked several ways, side by side, with what differs and by which
act.

Figures are those of the acts and of everybody's newspaper: China's 84, 125 and 10 of April and May
2025 (announcements 5, 6 and 7 of the Tariff Commission), the United States' 104, 145, 30 and 20 of
the same year (EO 14259, 14266, 14298, 14357).
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from support.run_program import Told, answered, ask, fresh, one_line, refused

PAIR = ("--from", "cn", "--to", "us")
BACK = ("--from", "us", "--to", "cn")
SPRING = ("--date", "2025-04-10", "--date", "2025-04-24", "--date", "2025-05-14")
UNSURE = ("--date", "2025-06-01", "--date", "2026-11-15")
OUTSIDE = ("--date", "2017-12-31", "--date", "2025-04-24")


def days(*many: str) -> tuple[str, ...]:
    return tuple(word for day in many for word in ("--date", day))


def plain(*words: str) -> list[str]:
    return answered(ask("compare", *words, "--format", "plain")).splitlines()


def whole(*words: str) -> dict:
    return json.loads(answered(ask("compare", *words, "--format", "json")))


def words_of(told: Told) -> str:
    return " ".join(told.out.split())


def test_the_same_question_on_several_days() -> None:
    assert plain(*BACK, *SPRING) == ["84", "125", "10"]
    assert plain(*PAIR, *days("2025-04-24", "2025-06-01", "2025-11-10")) == ["145", "30", "20"]


def test_the_columns_stand_in_the_order_of_typing() -> None:
    assert plain(*PAIR, *days("2025-11-10", "2025-04-24", "2025-06-01")) == ["20", "145", "30"]


def test_the_same_question_at_several_instants() -> None:
    assert plain(
        *PAIR, "--at", "2025-04-09T00:00", "--at", "2025-04-09T00:01", "--at", "2025-04-10T00:01"
    ) == ["30", "104", "145"]


def test_the_same_question_of_several_origins() -> None:
    assert plain(
        "--from", "cn", "--from", "hk", "--from", "vn", "--to", "us", "--date", "2025-04-24"
    ) == ["145", "145", "10"]


def test_the_same_question_to_several_importers() -> None:
    told = ask(
        "compare",
        "--from",
        "us",
        "--to",
        "cn",
        "--to",
        "fr",
        "--date",
        "2025-04-24",
        "--format",
        "plain",
    )
    assert (told.code, told.out) == (3, "125\noutside_coverage\n")


def test_the_same_question_of_several_products() -> None:
    words = (*PAIR, "--date", "2025-04-24")
    assert plain(*words, "--product", "general", "--product", "smartphones") == ["145", "20"]
    assert plain(*words, "--hs", "8517.13.00", "--hs", "9503.00.00") == ["20", "145"]


def test_the_same_question_as_known_on_several_days() -> None:
    assert plain(
        *PAIR, "--date", "2025-06-01", "--known-on", "2025-04-20", "--known-on", "2025-06-01"
    ) == ["145", "30"]


@pytest.mark.parametrize(
    ("code", "before", "after", "rates"),
    [
        ("8703.80.00", "2024-09-26", "2024-09-27", ["25", "100"]),
        ("8542.31.00", "2024-12-31", "2025-01-01", ["25", "50"]),
    ],
)
def test_the_four_year_review_names_its_own_act(
    code: str, before: str, after: str, rates: list[str]
) -> None:
    """89 FR 76581: electric cars from 25 to 100 on 2024-09-27, semiconductors from 25 to 50 on
    2025-01-01.
    """
    words = (*PAIR, "--hs", code, *days(before, after))
    assert plain(*words) == rates
    changed = whole(*words)["differences"][0]["programmes"]
    assert [(one["act"], one["since"][:16]) for one in changed] == [
        ("89 FR 76581", f"{after}T00:01")
    ]


def test_json_holds_the_full_answers_and_the_differences_of_neighbours() -> None:
    found = whole(*BACK, *SPRING)
    assert list(found) == ["varied", "answers", "differences"]
    assert found["varied"] == "date"
    for day, answer in zip(
        ("2025-04-10", "2025-04-24", "2025-05-14"), found["answers"], strict=True
    ):
        assert answer == json.loads(answered(ask("rate", *BACK, "--date", day, "--format", "json")))
    assert [(one["from"], one["to"], one["points"]) for one in found["differences"]] == [
        (0, 1, 41),
        (1, 2, -115),
    ]
    first = found["differences"][0]["programmes"]
    assert len(first) == 1
    assert {
        name: first[0][name]
        for name in (
            "programme",
            "before_min_pct",
            "before_max_pct",
            "after_min_pct",
            "after_max_pct",
            "act",
        )
    } == {
        "programme": "cn-2025-all-goods",
        "before_min_pct": 84,
        "before_max_pct": 84,
        "after_min_pct": 125,
        "after_max_pct": 125,
        "act": "SCTC announcement 6 of 2025",
    }
    assert first[0]["event"] in [layer["event"] for layer in found["answers"][1]["layers"]]


@pytest.mark.parametrize(
    ("varied", "words"),
    [
        ("at", (*PAIR, "--at", "2025-04-09T00:00", "--at", "2025-04-09T00:01")),
        ("from", (*PAIR, "--from", "hk", "--date", "2025-04-24")),
        (
            "product",
            (*PAIR, "--product", "toys", "--product", "smartphones", "--date", "2025-04-24"),
        ),
        ("hs", (*PAIR, "--hs", "8517.13", "--hs", "9503.00", "--date", "2025-04-24")),
        (
            "known_on",
            (*PAIR, "--date", "2025-06-01", "--known-on", "2025-04-20", "--known-on", "2025-06-01"),
        ),
    ],
)
def test_json_says_which_option_was_varied(varied: str, words: tuple[str, ...]) -> None:
    found = whole(*words)
    assert (found["varied"], len(found["answers"]), len(found["differences"])) == (varied, 2, 1)


def test_the_programmes_that_differ_explain_the_points() -> None:
    found = whole(
        *PAIR,
        *days("2018-01-01", "2019-05-10", "2025-04-24", "2025-11-10", "2026-03-01", "2026-08-01"),
    )
    assert len(found["answers"]) == 6
    for one in found["differences"]:
        assert (
            sum(part["after_min_pct"] - part["before_min_pct"] for part in one["programmes"])
            == one["points"]
        )


def test_a_measure_that_ran_out_is_named_with_its_end() -> None:
    told = words_of(ask("compare", *PAIR, *days("2026-07-20", "2026-08-01")))
    assert (
        "us-122: none against 10%, which Proc. 11012 (9903.03.01) charges from 2026-02-24 00:01 to 2026-07-24 00:01"
        in told
    )


def test_the_view_says_what_is_compared_and_what_differs_by_which_act_since_when() -> None:
    told = answered(ask("compare", *PAIR, *days("2025-04-24", "2025-06-01")))
    said = " ".join(told.split())
    assert said.startswith(
        "Compared by day: the United States' additional duty on goods of China: goods on no special list"
    )
    lines = [line.split() for line in told.splitlines()]
    assert ["2025-04-24", "2025-06-01"] in lines
    assert ["*", "additional", "duty", "145%", "30%"] in lines
    assert ["us-ieepa-fentanyl", "20%", "20%"] in lines
    assert ["*", "us-ieepa-reciprocal", "125%", "10%"] in lines
    assert "2025-06-01 against 2025-04-24: -115 points of additional duty" in said
    assert (
        "us-ieepa-reciprocal: 10% against 125%, by EO 14298 (9903.01.25) since 2025-05-14 00:01"
        in said
    )
    assert "Not included: anti-dumping" in said
    assert "Verified through" in said


def test_a_programme_that_does_not_apply_is_a_dash_and_the_ordinary_duty_has_its_row() -> None:
    told = answered(
        ask("compare", *PAIR, "--hs", "8517.13.00", "--hs", "6404.11.90", "--date", "2025-11-10")
    )
    lines = [line.split() for line in told.splitlines()]
    assert ["*", "us-301-tech", "-", "7.5%"] in lines
    assert ["*", "ordinary", "duty", "0%", "20%"] in lines
    assert ["*", "together", "10%", "47.5%"] in lines
    assert "ordinary duty: 20% against 0%" in told


def test_what_does_not_differ_is_said_and_not_marked() -> None:
    told = answered(ask("compare", *PAIR, *days("2025-04-24", "2025-04-25")))
    assert "the same additional duty" in told
    assert "* " not in told


def test_columns_are_never_summed() -> None:
    for form in ("table", "json", "csv", "plain"):
        assert "175" not in answered(
            ask("compare", *PAIR, *days("2025-04-24", "2025-06-01"), "--format", form)
        )


def test_ranges_differ_by_no_number_of_points() -> None:
    assert whole(*BACK, *UNSURE)["differences"][0]["points"] is None
    told = words_of(ask("compare", *BACK, *UNSURE))
    assert "10% to 34% against 10%, which is no one number of points" in told


def test_csv_has_a_row_a_programme_and_column() -> None:
    rows = list(
        csv.DictReader(
            io.StringIO(
                answered(
                    ask("compare", *PAIR, *days("2025-02-01", "2025-06-01"), "--format", "csv")
                )
            )
        )
    )
    assert [(row["label"], row["programme"], row["min_pct"]) for row in rows] == [
        ("2025-02-01", "us-ieepa-fentanyl", ""),
        ("2025-02-01", "us-ieepa-reciprocal", ""),
        ("2025-06-01", "us-ieepa-fentanyl", "20"),
        ("2025-06-01", "us-ieepa-reciprocal", "10"),
    ]
    rows = list(
        csv.DictReader(
            io.StringIO(
                answered(
                    ask("compare", *PAIR, *days("2018-01-02", "2018-01-03"), "--format", "csv")
                )
            )
        )
    )
    assert [
        (row["status"], row["programme"], row["answer_additional_min_pct"]) for row in rows
    ] == [("complete", "", "0")] * 2


def test_facts_of_the_entry_are_shared_by_all_columns() -> None:
    words = (
        *PAIR,
        "--product",
        "refrigerators",
        "--metal-share",
        "steel=0.4",
        "--metal-share",
        "aluminium=0",
    )
    found = plain(*words, *days("2025-12-01", "2025-12-02"))
    assert found == plain(*words, *days("2025-12-02", "2025-12-01")) == ["61", "61"]
    answers = whole(*PAIR, "--mfn", "7.5", *days("2025-04-24", "2025-06-01"))["answers"]
    assert [one["total_pct"] for one in answers] == [152.5, 37.5]


def test_a_code_is_cut_to_six_digits_for_another_importer() -> None:
    """Hong Kong's goods: the United States charge them, the record of China's duties does not reach
    them.
    """
    told = ask(
        "compare",
        "--from",
        "hk",
        "--to",
        "us",
        "--to",
        "cn",
        "--hs",
        "8517.13.00",
        "--date",
        "2025-04-24",
        "--format",
        "json",
    )
    assert (told.code, json.loads(told.out)["varied"]) == (3, "to")
    assert [one["product"]["id"] for one in json.loads(told.out)["answers"]] == [
        "85171300",
        "851713",
    ]


@pytest.mark.parametrize("form", ["table", "json", "csv", "plain"])
def test_a_column_outside_coverage_says_so_exits_3_and_the_others_are_printed(form: str) -> None:
    told = ask("compare", *BACK, *OUTSIDE, "--format", form)
    assert told.code == 3
    assert "125" in told.out
    assert "outside" in told.out
    said = words_of(told) if form == "table" else one_line(told)
    assert "2017-12-31" in said
    assert "the record covers this pair from 2018-01-01" in said


def test_nothing_is_compared_with_what_is_outside_coverage() -> None:
    told = ask("compare", *BACK, *OUTSIDE, "--format", "json")
    assert json.loads(told.out)["differences"] == [
        {"from": 0, "to": 1, "points": None, "programmes": []}
    ]
    assert "cannot be compared" in words_of(ask("compare", *BACK, *OUTSIDE))


@pytest.mark.parametrize("form", ["table", "json", "csv", "plain"])
def test_strict_exits_4_when_a_column_is_no_one_number_and_still_prints(form: str) -> None:
    told = ask("compare", *BACK, *UNSURE, "--strict", "--format", form)
    assert told.code == 4
    assert "34" in told.out
    assert "2026-11-15" in one_line(told)
    assert ask("compare", *BACK, *UNSURE, "--format", form)[:2] == (0, told.out)


def test_strict_changes_nothing_where_every_column_is_one_number() -> None:
    assert plain(*BACK, *SPRING, "--strict") == ["84", "125", "10"]


@pytest.mark.parametrize(
    ("words", "pieces"),
    [
        ((*PAIR,), ("Nothing to compare", "--date A --date B")),
        ((*PAIR, "--date", "2025-04-24"), ("Nothing to compare",)),
        (
            (
                *PAIR,
                *days("2025-04-24", "2025-06-01"),
                "--product",
                "toys",
                "--product",
                "smartphones",
            ),
            ("Only one", "--date and --product"),
        ),
        (
            (*PAIR, "--from", "hk", "--known-on", "2025-04-01", "--known-on", "2025-04-02"),
            ("Only one", "--from and --known-on"),
        ),
        ((*PAIR, *days(*["2025-04-24"] * 7)), ("7 times", "at most 6")),
        ((*PAIR, "--date", "2025-04-24", "--at", "2025-04-24T00:00"), ("--date or --at",)),
        (
            (*PAIR, "--product", "toys", "--hs", "9503", *days("2025-04-24", "2025-06-01")),
            ("--product or --hs",),
        ),
        ((*PAIR, *days("2025-04-24", "04/05/2025")), ("--dates us",)),
        ((*PAIR, *days("2025-04-24", "")), ("whole date",)),
        ((*PAIR, "--product", "toys", "--product", "zzzqqq"), ("No product", "zzzqqq")),
        (
            (*PAIR, "--product", "zzzqqq", *days("2025-04-24", "2025-06-01")),
            ("error: No product", "zzzqqq"),
        ),
        ((*PAIR, "--from", "us"), ("both us",)),
        ((*PAIR, "--to", "zz"), ("No country",)),
        ((*PAIR, *days("2025-04-24", "2025-06-01"), "--bogus"), ("--help",)),
        ((*PAIR, *days("2025-04-24", "2025-06-01"), "stray"), ("--help",)),
        ((*PAIR, *days("2025-04-24", "2025-06-01"), "--format", "xml"), ("--help",)),
        ((*days("2025-04-24", "2025-06-01"), "--to", "us"), ("--from", "--help")),
        ((*PAIR, *days("2025-04-24", "2025-06-01"), "--metal-share", "2"), ("from 0 to 1",)),
        ((*PAIR, *days("2025-04-24", "\x1b[31m")), ("whole date",)),
    ],
)
def test_a_wrong_comparison_is_refused_in_one_line(
    words: tuple[str, ...], pieces: tuple[str, ...]
) -> None:
    refused(ask("compare", *words), 2, *pieces)


def test_no_record_is_refused(tmp_path: Path) -> None:
    refused(ask("compare", *BACK, *SPRING, "--data", str(tmp_path)), 1, "--data DIR")


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 100, 200])
def test_at_every_width_nothing_is_cut_off(columns: int) -> None:
    told = ask(
        "compare",
        *PAIR,
        *days("2018-07-06", "2019-05-10", "2025-04-24", "2025-05-14", "2025-11-10", "2026-08-01"),
        columns=columns,
    )
    assert told.code == 0
    assert max(len(line.rstrip()) for line in told.out.splitlines()) <= columns
    said = "".join(told.out.split())
    for piece in (
        "145%",
        "12.5%",
        "2018-07-06",
        "2026-08-01",
        "us-301-forced-labour",
        "EO14298",
        "…",
    ):
        assert (piece in said) == (piece != "…")


def test_a_file_is_written_whole_and_never_over_another(tmp_path: Path) -> None:
    out = tmp_path / "compare.txt"
    words = ("compare", *BACK, *SPRING, "--out", str(out))
    assert answered(ask(*words)) == ""
    assert out.read_text(encoding="utf-8").rstrip().endswith(").")
    refused(ask(*words), 2, "--force")
    assert answered(ask(*words, "--force", "--format", "plain")) == ""
    assert out.read_text(encoding="utf-8") == "84\n125\n10\n"


def test_a_pipe_gets_plain_letters() -> None:
    told = fresh("compare", *BACK, *SPRING, LANG="C", LC_ALL="C")
    assert (told.code, told.err) == (0, "")
    assert "\x1b" not in told.out
    assert told.out.isascii()


def test_the_help_has_every_option() -> None:
    told = ask("compare", "--help")
    assert (told.code, told.err) == (0, "")
    assert "Usage: tariff compare" in told.out
    shared = {
        "--format",
        "--known-on",
        "--out",
        "--force",
        "--strict",
        "--no-color",
        "--data",
        "--dates",
        "--claim",
        "--metal-share",
    }
    assert shared | {"--from", "--to", "--date", "--at", "--product", "--hs"} <= set(
        told.out.split()
    )
