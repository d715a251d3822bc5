"""`tariff rate`: the answer in every format, its exit codes, and the quick start that must not
differ from the full program.
"""

from __future__ import annotations

import csv
import io
import json
from itertools import product

import pytest

from support.run_program import Told, answered, ask, duty, one_line

BACK = ("--from", "us", "--to", "cn")
PAIR = ("--from", "cn", "--to", "us")
DAY = ("--date", "2025-04-24")

FIELDS = {
    *("status", "reason", "sentence", "importer", "origin", "product", "instant", "known_on"),
    *(
        "additional_pct",
        "additional_min_pct",
        "additional_max_pct",
        "mfn_pct",
        "mfn_text",
        "total_pct",
        "total_min_pct",
        "total_max_pct",
    ),
    *(
        "layers",
        "parts",
        "reports",
        "facts",
        "items",
        "notes",
        "next_change",
        "confidence",
        "dataset",
    ),
}
LAYER = {
    *(
        "programme",
        "authority",
        "heading",
        "role",
        "rate_pct",
        "nominal_pct",
        "event",
        "since",
        "until",
        "where",
        "confidence",
        "sources",
    ),
}
STATUSES = {"complete", "range", "needs_fact", "prohibited", "outside_coverage"}
ROLES = {"applies", "floor", "exempt", "displaced", "condition_not_met", "suspended", "unknown"}
ASKED = {
    "complete": (*BACK, *DAY),
    "complete with parts of layers": (*PAIR, *DAY, "--product", "smartphones"),
    "range": (*BACK, "--date", "2026-11-15"),
    "needs_fact": (*PAIR, "--hs", "7616.99.51", "--date", "2025-08-20"),
    "outside_coverage": (*BACK, "--date", "2017-12-31"),
    "uncovered pair": ("--from", "us", "--to", "gb", *DAY),
}


def plain(*words: str) -> str:
    return answered(ask("rate", *words, "--format", "plain")).strip()


def as_json(told: Told) -> dict:
    return json.loads(told.out)


def test_the_four_figures_of_the_headlines() -> None:
    assert plain(*PAIR, *DAY) == "145"
    assert plain(*BACK, *DAY) == "125"
    assert plain(*PAIR, "--date", "2025-06-01") == "30"
    assert plain(*BACK, "--date", "2025-06-01") == "10"


def test_the_direction_is_said_in_a_sentence_first() -> None:
    said = " ".join(answered(ask("rate", *BACK, *DAY)).split())
    assert said.startswith("China's additional duty on goods of the United States: ")
    assert "Additional duty: 125%" in said
    said = " ".join(answered(ask("rate", *PAIR, *DAY)).split())
    assert said.startswith("The United States' additional duty on goods of China: ")


def test_the_default_view_says_what_is_in_the_number_and_what_is_not() -> None:
    said = " ".join(answered(ask("rate", *BACK, *DAY)).split())
    for piece in (
        "2025-04-12 00:00",
        "Facts that would change it",
        "--loaded",
        "Beside the law",
        "Next recorded change",
        "2025-05-14 12:01",
    ):
        assert piece in said
    for piece in (
        "Not included: anti-dumping",
        "VAT",
        "not what was collected",
        "Verified through",
        "Ordinary duty: not in the number",
    ):
        assert piece in said


def test_explain_adds_pinpoints_addresses_and_the_layers_that_do_not_apply() -> None:
    words = (*PAIR, *DAY, "--product", "smartphones")
    short, whole = answered(ask("rate", *words)), answered(ask("rate", *words, "--explain"))
    assert duty(ask("rate", *words)) == duty(ask("rate", *words, "--explain")) == "20%"
    for piece in ("https://", "exempt", "official", "Where it stands"):
        assert piece in whole
        assert piece not in short


@pytest.mark.parametrize("name", ASKED)
def test_json_has_every_field_that_other_programs_rely_on(name: str) -> None:
    told = ask("rate", *ASKED[name], "--format", "json")
    answer = as_json(told)
    assert set(answer) >= FIELDS
    assert answer["status"] in STATUSES
    assert set(answer["product"]) == {"kind", "id", "name", "codes"}
    assert set(answer["dataset"]) >= {"version", "fingerprint", "verified_through", "overlay"}
    for layer in answer["layers"]:
        assert set(layer) >= LAYER
        assert layer["role"] in ROLES
        assert all(set(source) == {"id", "title", "url", "official"} for source in layer["sources"])
    assert all(
        set(one) >= {"event", "status", "would_be_pct", "note", "sources"}
        for one in answer["reports"]
    )
    assert all(set(one) >= {"flag", "effect"} for one in answer["facts"])
    assert all(set(one) == {"code", "text"} for one in answer["notes"])
    assert answer["next_change"] is None or set(answer["next_change"]) >= {
        "instant",
        "additional_pct",
        "event",
    }
    assert (answer["reason"] is None) == (answer["status"] == "complete")


def test_the_layers_that_apply_sum_to_the_answer() -> None:
    answer = as_json(ask("rate", *PAIR, *DAY, "--format", "json"))
    assert (
        sum(
            layer["rate_pct"] for layer in answer["layers"] if layer["role"] in ("applies", "floor")
        )
        == answer["additional_pct"]
        == 145
    )


def test_numbers_print_exactly() -> None:
    words = (*PAIR, "--hs", "6404.11.90", "--date", "2024-01-15")
    assert plain(*words) == "7.5"
    assert '"additional_pct": 7.5,' in answered(ask("rate", *words, "--format", "json"))
    assert duty(ask("rate", *words)) == "7.5%"
    total = as_json(ask("rate", *PAIR, *DAY, "--mfn", "7.5", "--format", "json"))
    assert plain(*PAIR, "--product", "list-4a", "--date", "2024-01-15").startswith("0..")
    assert (total["mfn_pct"], total["total_pct"]) == (7.5, 152.5)


def test_plain_prints_one_number_or_one_range_and_nothing_else() -> None:
    assert answered(ask("rate", *BACK, *DAY, "--format", "plain")) == "125\n"
    assert answered(ask("rate", *BACK, "--date", "2026-11-15", "--format", "plain")) == "10..34\n"


def test_csv_has_the_same_columns_for_every_answer() -> None:
    heads = {ask("rate", *words, "--format", "csv").out.splitlines()[0] for words in ASKED.values()}
    assert len(heads) == 1
    rows = list(
        csv.DictReader(io.StringIO(answered(ask("rate", *BACK, *DAY, "--both", "--format", "csv"))))
    )
    assert [row["additional_pct"] for row in rows] == ["125", "145"]


@pytest.mark.parametrize("name", ["outside_coverage", "uncovered pair"])
def test_outside_coverage_exits_3_says_what_is_covered_and_shows_no_rate(name: str) -> None:
    words = ASKED[name]
    told = ask("rate", *words, "--format", "json")
    answer = as_json(told)
    assert told.code == 3
    assert answer["status"] == "outside_coverage"
    assert "cover" in answer["reason"]
    assert [
        answer[field]
        for field in ("additional_pct", "additional_min_pct", "additional_max_pct", "total_pct")
    ] == [None] * 4
    assert "cover" in one_line(told)
    told = ask("rate", *words, "--format", "plain")
    assert (told.code, told.out) == (3, "outside_coverage\n")
    assert "cover" in one_line(told)
    told = ask("rate", *words)
    assert told.code == 3
    assert "%" not in told.out


def test_strict_exits_4_when_the_answer_is_a_range_and_still_prints_it() -> None:
    words = ("rate", *BACK, "--date", "2026-11-15", "--strict")
    for form, piece in (
        ("json", '"additional_min_pct": 10'),
        ("plain", "10..34"),
        ("csv", "10,34"),
        ("table", "10% to 34%"),
    ):
        told = ask(*words, "--format", form)
        assert told.code == 4
        assert piece in told.out
        assert "not one number" in one_line(told)
    assert as_json(ask(*words, "--format", "json"))["additional_pct"] is None


def test_strict_changes_nothing_when_the_answer_is_one_number() -> None:
    assert ask("rate", *BACK, *DAY, "--strict", "--format", "json") == ask(
        "rate", *BACK, *DAY, "--format", "json"
    )


def test_both_answers_each_direction_and_never_sums_them() -> None:
    assert answered(ask("rate", *BACK, *DAY, "--both", "--format", "plain")) == "125\n145\n"
    answers = as_json(ask("rate", *BACK, *DAY, "--both", "--format", "json"))["answers"]
    assert [(one["importer"], one["origin"], one["additional_pct"]) for one in answers] == [
        ("cn", "us", 125),
        ("us", "cn", 145),
    ]
    assert "270" not in answered(ask("rate", *BACK, *DAY, "--both"))


def test_both_cuts_a_code_to_the_six_digits_that_tariffs_share_and_says_so() -> None:
    answers = as_json(ask("rate", *PAIR, *DAY, "--hs", "8517.13.00", "--both", "--format", "json"))[
        "answers"
    ]
    assert [one["product"]["id"] for one in answers] == ["85171300", "851713"]
    assert "code_cut" in [note["code"] for note in answers[1]["notes"]]


def test_both_with_one_direction_outside_coverage_exits_3_and_prints_the_other() -> None:
    told = ask("rate", "--from", "us", "--to", "fr", *DAY, "--both", "--format", "plain")
    assert told.code == 3
    assert told.out.splitlines()[0] == "outside_coverage"
    one_line(told)


@pytest.mark.parametrize("us", ["us", "US", "usa", "United States", "united_states", "美国"])
@pytest.mark.parametrize("cn", ["cn", "CHN", "China", "PRC", "中国", "5700"])
def test_countries_are_known_by_codes_and_names(us: str, cn: str) -> None:
    assert plain("--from", us, "--to", cn, *DAY) == "125"


def test_hong_kong_is_its_own_country() -> None:
    said = as_json(
        ask("rate", "--from", "hk", "--to", "us", "--date", "2025-05-20", "--format", "json")
    )
    assert (said["origin"], said["importer"]) == ("hk", "us")


@pytest.mark.parametrize(
    "day", ["2025-04-24", "24 Apr 2025", "Apr 24, 2025", "April 24 2025", " 2025-04-24 "]
)
def test_days_are_read_in_the_ways_people_write_them(day: str) -> None:
    assert plain(*BACK, "--date", day) == "125"


@pytest.mark.parametrize(
    ("at", "rate"),
    [
        ("2025-04-12T00:00", "125"),
        ("2025-04-11T23:59", "84"),
        ("2025-04-11T16:00Z", "125"),
        ("2025-04-11 15:59Z", "84"),
    ],
)
def test_an_instant_without_offset_is_the_importers(at: str, rate: str) -> None:
    assert plain(*BACK, "--at", at) == rate


def test_a_bare_day_is_its_end_and_the_change_during_the_day_is_told() -> None:
    answer = as_json(ask("rate", *BACK, "--date", "2025-04-10", "--format", "json"))
    assert answer["additional_pct"] == 84
    assert answer["instant"] == "2025-04-10T23:59:59+08:00"
    assert any(note["code"] == "day_change" and "12:01" in note["text"] for note in answer["notes"])


def test_today_and_yesterday_are_the_importers(monkeypatch: pytest.MonkeyPatch) -> None:
    from tariffcli import clock

    monkeypatch.setattr(
        clock.time, "time", lambda: 1_745_512_200
    )  # 2025-04-24 16:30 UTC: already the 25th in Beijing
    for words, day in ((BACK, "2025-04-25"), (PAIR, "2025-04-24")):
        assert as_json(ask("rate", *words, "--format", "json"))["instant"][:10] == day
        assert (
            as_json(ask("rate", *words, "--date", "TODAY", "--format", "json"))["instant"][:10]
            == day
        )
    assert (
        as_json(ask("rate", *PAIR, "--date", "yesterday", "--format", "json"))["instant"][:10]
        == "2025-04-23"
    )


def test_known_on_answers_as_a_reader_of_that_day_would() -> None:
    assert plain(*PAIR, "--date", "2025-06-01", "--known-on", "2025-04-20") == "145"
    answer = as_json(
        ask("rate", *PAIR, "--date", "2025-06-01", "--known-on", "20 Apr 2025", "--format", "json")
    )
    assert answer["known_on"] == "2025-04-20"


def test_a_claim_of_relief_changes_the_number_and_its_denial_does_not() -> None:
    assert plain(*PAIR, *DAY, "--claim", "donation") != "145"
    assert plain(*PAIR, *DAY, "--claim", "donation=no") == "145"
    assert (
        plain(*PAIR, "--date", "2025-05-01", "--loaded", "2025-04-04", "--mode", "vessel") != "145"
    )


FORMS = ("table", "json", "csv", "plain")
QUICK = (
    (*BACK, *DAY),
    (*PAIR, "--at", "2025-04-10T12:01"),
    (*PAIR, *DAY, "--product", "smartphones"),
    (*PAIR, "--date", "2025-08-20", "--hs", "7616.99.51"),
    (*BACK, "--date", "2026-11-15"),
    (*BACK, "--date", "2017-12-31"),
    ("--from", "us", "--to", "gb", *DAY),
    (*PAIR, "-d", "2025-06-01", "--known-on", "2025-04-20"),
    (*BACK, *DAY, "--hs", "8517130000"),
    (*BACK, *DAY, "--product", ""),
    (*BACK, "--date", ""),
    (*BACK, "--date", "04/05/2025"),
    (*BACK, *DAY, "--product", "[/x]"),
    ("--from", "us", "--to", "us"),
    (*BACK, *DAY, "--at", "2025-04-24T12:00"),
    (*BACK, *DAY, "--data", "/nonexistent"),
    (*BACK, *BACK, *DAY),
)


@pytest.mark.parametrize(("words", "form"), list(product(QUICK, FORMS)))
def test_the_quick_start_and_the_full_program_answer_alike_to_the_byte(
    words: tuple[str, ...], form: str
) -> None:
    quick = ask("rate", *words, "--format", form)
    assert quick == ask("rate", *words, "--format", form, "--no-color")


def test_the_quick_start_is_taken_for_plain_questions_only() -> None:
    from tariffcli.cli.start import quick_options

    assert quick_options(["rate", *BACK, *DAY, "-f", "json"]) == {
        "origin": "us",
        "importer": "cn",
        "date": "2025-04-24",
        "format": "json",
    }
    for words in (
        ["rate", *BACK, "--both"],
        ["rate", *BACK, *BACK],
        ["rate", *BACK, "--date", "--both"],
        ["history", *BACK],
        ["rate", "--from", "us"],
        [],
    ):
        assert quick_options(words) is None
