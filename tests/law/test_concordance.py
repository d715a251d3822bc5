"""A code that is no line of the tariff in force is answered by the concordance, says so, or is
refused: never a confident zero.
"""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime

import pytest

from support import ROOT
from support.run_program import ask as run
from support.tiny_law import BEIJING, TinyBook, at, edition, event, line, owed
from tariffcli.api import ask, history
from tariffcli.errors import UsageError
from tariffcli.law.codes import codes_ever, codes_in_force, mapping_notes
from tariffcli.law.docket import nomenclature_points
from tariffcli.law.engine import answer_case, open_case
from tariffcli.law.notes import mappings
from tariffcli.law.products import codes_at, find_product

DATA = ROOT / "data"
OLD, NEW = "2021-06-01", "2025-06-01"
TURN = "2022-01-27"
PAIRS = ("2017:851712 2022:851713", "2017:851712 2022:851714", "2017:854370 2022:854340")
EDITIONS = [edition("2017", until=TURN), edition("2022", since=TURN)]
TARIFF = [
    line("85171200", until=TURN),
    line("85171300", since=TURN),
    line("85171410", since=TURN),
    line("85171490", since=TURN),
    line("85434000", since=TURN),
    line("85437010"),
    line("85437095", until="2019-07-01"),
    line("85437096", since="2019-07-01", until=TURN),
    line("85437097", since=TURN),
    line("85074000", until=TURN),
    line("85076000"),
]
RATES = [
    event("old", 10, announced="2018-07-06", scope="old"),
    event("phone", 20, announced="2022-01-27", scope="phone", programme="phone"),
    event("other", 5, announced="2022-01-27", scope="other", programme="other"),
]
LISTS = {
    "old": ["2017:85171200"],
    "phone": ["2022:85171300"],
    "other": ["2022:85171490", "2022:85434000"],
}
BOOK = TinyBook(RATES, scopes=LISTS, lines=TARIFF, editions=EDITIONS, concordance=PAIRS)
UNSCHEDULED = TinyBook(
    [event("old", 25, announced="2018-07-06", scope="old"), event("new", 10, announced="2022-01-02", scope="new", programme="new")],
    scopes={"old": ["2017:85171210", "2017:85171290"], "new": ["2022:85171300", "2022:85172000"]},
    editions=[edition("2017", until="2022-01-01", importer="cn", zone=BEIJING), edition("2022", since="2022-01-01", importer="cn", zone=BEIJING)],
    concordance=PAIRS[:1],
    importer="cn",
    zone=BEIJING,
)  # fmt: skip


def used(code: str, when: str, book: TinyBook = BOOK) -> tuple[str, ...]:
    return codes_in_force(book, book.importer, code, at(when, book.zone))


# Which codes answer


@pytest.mark.parametrize(
    ("code", "when", "answering"),
    [
        ("85171200", OLD, ["85171200"]),
        ("85171200", NEW, ["851713", "851714"]),
        ("851712", NEW, ["851713", "851714"]),
        ("8517120050", NEW, ["851713", "851714"]),
        ("85171300", OLD, ["851712"]),
        ("85171410", OLD, ["851712"]),
        ("851714", OLD, ["851712"]),
        ("8517", OLD, ["8517"]),
        ("8517", NEW, ["8517"]),
    ],
)
def test_successors_forward_and_predecessors_back(code: str, when: str, answering: list[str]):
    assert used(code, when) == tuple(answering)


def test_a_line_gone_within_its_edition_is_answered_for_its_subheading():
    assert used("85437095", "2020-01-01") == ("854370",)
    assert used("85437096", "2018-06-01") == ("854370",)


def test_a_line_gone_with_its_edition_may_have_gone_wherever_its_subheading_did():
    assert used("85437096", NEW) == ("854340", "854370")
    assert used("85437097", OLD) == ("854370",)


def test_a_code_shorter_than_a_subheading_is_mapped_by_what_is_below_it():
    book = TinyBook(
        lines=[line("85240000", since=TURN), line("85171200", until=TURN)],
        editions=EDITIONS,
        concordance=["2017:851712 2022:852400"],
    )
    assert used("8524", OLD, book) == ("851712",)


def test_what_the_concordance_names_but_the_tariff_lacks_answers_for_nothing():
    book = TinyBook(
        lines=TARIFF,
        editions=EDITIONS,
        concordance=["2017:851712 2022:851713", "2017:851712 2022:999900"],
    )
    assert used("85171200", NEW, book) == ("851713",)


# What is unknown stays unknown


def test_a_dead_code_without_relation_is_refused_with_its_nearest_relatives():
    with pytest.raises(
        UsageError,
        match=r"^85074000 is no line of the tariff in force that day; its nearest relatives are 8507.60.00\.$",
    ):
        used("85074000", NEW)


@pytest.mark.parametrize("code", ["85171299", "99999999", "8599"])
def test_a_code_of_no_edition_is_refused_whatever_the_concordance_says_of_its_beginning(code: str):
    for when in (OLD, NEW):
        with pytest.raises(UsageError, match="no line of this tariff in any edition read"):
            used(code, when)


def test_a_code_whose_zero_was_eaten_is_asked_about_and_not_mapped():
    with pytest.raises(UsageError, match="has a spreadsheet eaten its last zero"):
        find_product(BOOK, "us", "851712005", at(NEW))


# Where no schedule is held, the editions of the Harmonized System decide


@pytest.mark.parametrize(
    ("code", "when", "answering"),
    [
        ("85171210", NEW, "851713"),
        ("85171300", OLD, "851712"),
        ("85171300", NEW, "85171300"),
        ("85171299", OLD, "85171299"),
    ],
)
def test_without_a_schedule_the_six_digit_code_tells_whether_a_code_is_of_the_edition(
    code: str, when: str, answering: str
):
    assert used(code, when, UNSCHEDULED) == (answering,)


def test_without_a_schedule_a_mapped_code_is_any_of_the_lines_there_or_none():
    assert UNSCHEDULED.owes(OLD, "us", "85171300") == "0..25"
    assert UNSCHEDULED.owes(NEW, "us", "85171300") == "10"


def test_without_a_schedule_the_relatives_are_the_lines_that_lists_name():
    with pytest.raises(
        UsageError,
        match=r"85172000 is no line of the tariff in force that day; its nearest relatives are 8517.12.10, 8517.12.90",
    ):
        find_product(UNSCHEDULED, "cn", "85172000", at(OLD, BEIJING))


# The answer


def test_the_answer_is_a_range_over_every_line_of_the_successors():
    answer = BOOK.ask(NEW, product="8517.12.00")
    assert (answer.status, owed(answer)) == ("range", "0..20")
    assert sorted(code for part in answer.parts for code in part.codes) == [
        "85171300",
        "85171410",
        "85171490",
    ]


def test_the_answer_is_one_number_where_all_lines_agree():
    answer = BOOK.ask(OLD, product="8517.14.90")
    assert (answer.status, owed(answer)) == ("complete", "10")
    assert [code for code, _ in answer.notes] == ["mapped"]


def test_the_answer_keeps_the_typed_code_and_names_those_used():
    product = BOOK.ask(NEW, product="8517.12.00").query.product
    assert (product.kind, product.id, product.name, product.codes) == (
        "code",
        "85171200",
        "code 8517.12.00",
        ("851713", "851714"),
    )


def test_every_mapped_answer_says_so_and_no_other_does():
    assert BOOK.ask(NEW, product="8517.12.00").notes == (
        (
            "mapped",
            "8517.12.00 was no line of the tariff in force; answered for 8517.13, 8517.14 by the concordance. "
            "It holds one best match of six-digit codes: other links are lost, and what stood beyond the sixth digit is not known.",
        ),
    )
    assert BOOK.ask("2020-01-01", product="85437095").notes == (
        (
            "mapped",
            "8543.70.95 was no line of the tariff in force; answered for every line of its subheading 8543.70.",
        ),
    )
    assert [
        BOOK.ask(when, product=code).notes
        for when, code in ((NEW, "8517.13"), (OLD, "85171200"), (NEW, "general"))
    ] == [(), (), ()]
    assert mapping_notes("851713", ("851713",)) == ()


# History


def test_a_typed_code_is_followed_over_an_edition_change_from_either_side():
    for when in (OLD, NEW):
        for code in ("85171200", "85171300"):
            product = find_product(BOOK, "us", code, at(when))
            assert codes_at(BOOK, "us", product, at(OLD)) == (
                ("85171200",) if code == "85171200" else ("851712",)
            )
            assert codes_at(BOOK, "us", product, at(NEW)) == (
                ("85171300",) if code == "85171300" else ("851713", "851714")
            )


def test_an_answer_is_the_same_whatever_day_its_product_was_read_on():
    docket = open_case(BOOK, "us", "cn")
    answer = BOOK.ask(OLD, product="85171300")
    product = find_product(BOOK, "us", "85171300", at(NEW))
    again = answer_case(docket, answer.query._replace(product=product))
    assert (again.status, again.min_pct, again.max_pct, again.notes) == (
        answer.status,
        answer.min_pct,
        answer.max_pct,
        answer.notes,
    )


def test_the_instants_of_change_include_those_of_the_codes_that_answer():
    docket = open_case(BOOK, "us", "cn")
    product = find_product(BOOK, "us", "85437010", at(NEW))
    assert nomenclature_points(docket, product) == [at(TURN)]
    gone = find_product(BOOK, "us", "85437095", at("2020-01-01"))
    assert nomenclature_points(docket, gone) == [at("2019-07-01"), at(TURN)]
    assert codes_ever(BOOK, "us", "85437010") == ("85437010",)
    assert set(codes_ever(BOOK, "us", "85171200")) == {"85171200", "851712", "851713", "851714"}


def test_a_history_says_a_mapping_once_and_when_it_holds():
    docket = open_case(BOOK, "us", "cn")
    query = BOOK.ask(NEW, product="8517.12.00").query
    first, last = at("2020-01-01"), at("2026-01-01") - 1
    ((code, text),) = mappings(docket, query, first, last)
    assert code == "mapped"
    assert text.startswith(
        "From 2022-01-27 to 2025-12-31: 8517.12.00 was no line of the tariff in force; answered for 8517.13, 8517.14"
    )
    assert mappings(docket, query, first, at("2021-12-31")) == []
    assert (
        mappings(
            docket,
            query._replace(product=find_product(BOOK, "us", "85076000", at(NEW))),
            first,
            last,
        )
        == []
    )


def test_a_history_of_a_mapped_code_agrees_with_rate_on_every_step(record):
    steps = history(
        "2021-12-01", "2025-06-30", origin="cn", importer="us", product="8517.12.00", record=record
    )
    assert all(step.answer is not None for step in steps)
    for step in steps:
        moment = datetime.fromtimestamp(step.since, UTC)
        one = ask(moment, origin="cn", importer="us", product="8517.12.00", record=record)
        assert (one.min_pct, one.max_pct) == (step.answer.min_pct, step.answer.max_pct)


# The record


@pytest.fixture(scope="module")
def links() -> list[dict[str, str]]:
    with (DATA / "concordance.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_pair_of_the_concordance_answers_both_ways(record, links):
    for row in links:
        assert row["newer"] in record.mapped(row["older"], row["newer_edition"])
        assert row["older"] in record.mapped(row["newer"], row["older_edition"])
        assert row["newer"] in record.mapped(row["older"][:4], row["newer_edition"])
    assert record.mapped("851713", "2022") == ()


def test_each_subheading_new_in_an_edition_has_one_predecessor(links):
    assert len({(row["newer_edition"], row["newer"]) for row in links}) == len(links)


def test_every_code_that_either_edition_knows_is_answered_or_refused_in_words(record, links):
    for row in links:
        for importer in ("us", "cn"):
            for code, when in ((row["older"], NEW), (row["newer"], OLD)):
                moment = at(when)
                assert codes_in_force(record, importer, code, moment)


def test_the_phone_of_2017_and_the_phone_of_2022(record):
    now = ask("2025-04-24", origin="cn", importer="us", product="8517.12.00", record=record)
    assert now.status == "range"
    assert "851713" in now.query.product.codes
    assert (now.min_pct, now.max_pct) == (20, 145)
    then = ask("2019-10-01", origin="us", importer="cn", product="8517.13.00", record=record)
    assert then.query.product.codes == ("851712",)
    assert (then.status, then.min_pct, then.max_pct) == ("range", 0, 25)


# The program


PAIR = ("--from", "cn", "--to", "us")


def test_json_keeps_the_typed_code_and_carries_the_note():
    whole = json.loads(
        run("rate", *PAIR, "--hs", "8517.13.00", "--date", "2019-10-01", "--format", "json").out
    )
    assert (whole["product"]["kind"], whole["product"]["id"], whole["product"]["codes"]) == (
        "code",
        "85171300",
        ["851712"],
    )
    assert next(note["text"] for note in whole["notes"] if note["code"] == "mapped").startswith(
        "8517.13.00 was no line"
    )


@pytest.mark.parametrize("form", ["plain", "csv"])
def test_where_the_output_has_no_place_for_a_note_it_is_said_beside_it(form: str):
    told = run("rate", *PAIR, "--hs", "8517.12", "--date", "2025-06-01", "--format", form)
    assert told.code == 0
    assert "was no line" not in told.out
    assert told.err.startswith(
        "note: 8517.12 was no line of the tariff in force; answered for 8517.13"
    )


@pytest.mark.parametrize("form", ["table", "json", "csv", "plain"])
def test_a_history_says_it_once_in_any_format(form: str):
    told = run(
        "history",
        *PAIR,
        "--hs",
        "8517.12",
        "--since",
        "2021-12-01",
        "--until",
        "2025-06-01",
        "--format",
        form,
    )
    text = " ".join((told.out + told.err).split())
    assert text.count("8517.12 was no line of the tariff in force") == 1
    assert "From 2022-01-27 to 2025-06-01: 8517.12 was no line" in text


def test_an_export_says_it_beside_its_rows():
    told = run(
        "export",
        "rates",
        "--pair",
        "cn:us",
        "--product",
        "8517.12",
        "--since",
        "2025-06-01",
        "--until",
        "2025-06-02",
    )
    assert told.err.startswith("note: From 2025-06-01 to 2025-06-02: 8517.12 was no line")


def test_a_dead_code_that_the_concordance_does_not_know_is_refused():
    told = run("rate", *PAIR, "--hs", "8507.40", "--date", "2025-06-01")
    assert (told.code, told.out) == (2, "")
    assert "no line of the tariff in force" in told.err
    assert "8507.10.00" in told.err
