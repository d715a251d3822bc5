"""The ordinary duty: by line and edition, by quota, year and origin; what is not known stays
unknown, and what a user supplies fills it.
"""

from __future__ import annotations

import json
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.run_program import answered, ask
from support.tiny_law import TinyBook, at, event, line, member, yes_no
from tariffcli.api import ask as question
from tariffcli.errors import UsageError
from tariffcli.law.codes import whole_schedule
from tariffcli.law.engine import rate
from tariffcli.law.expression import ad_valorem_pct
from tariffcli.law.instants import end_of_day
from tariffcli.law.model import OrdinaryDuty, Query
from tariffcli.law.ordinary import BY_LINE, together
from tariffcli.law.places import parse_selector
from tariffcli.law.products import find_product

CORN = "10059000"
WHEN = "2025-06-01"
IN_QUOTA = yes_no("in-quota", fact="in_quota")


def rates(
    code: str,
    duty: str,
    basis: str = "mfn",
    origin: str = "",
    condition: str = "",
    since: str | None = None,
    until: str | None = None,
):
    """A sourced ordinary duty."""
    from support.tiny_law import terms

    days = at(since) if since else None, at(until) if until else None
    return OrdinaryDuty(
        code,
        duty,
        *days,
        origin=parse_selector(origin) if origin else None,
        basis=basis,
        condition=terms(condition),
        source_ids=("somewhere",),
        confidence="single",
    )


def us(record, hs: str, day: str, mfn: str | None = None, **facts):
    """The United States' answer on goods of China."""
    return of(record, "us", "cn", hs, day, mfn, **facts)


def cn(record, product: str, day: str, mfn: str | None = None, **facts):
    """China's answer on goods of the United States."""
    return of(record, "cn", "us", product, day, mfn, **facts)


def of(record, importer: str, origin: str, product: str, day: str, mfn: str | None, **facts):
    moment = end_of_day(day, record.zones[importer])
    found = find_product(record, importer, product, moment)
    return rate(
        record,
        Query(importer, origin, moment, None, found, facts, D(mfn) if mfn is not None else None),
    )


# Duty expressions, as the Harmonized Tariff Schedule prints them


@pytest.mark.parametrize(
    ("hs", "pct"),
    [("8517.13.00", "0"), ("1005.10.00", "0"), ("0404.10.05", "8.5"), ("1001.91.00", "2.8")],
)
def test_free_and_ad_valorem_lines_have_a_total(record, hs: str, pct: str):
    answer = us(record, hs, "2025-06-05")
    assert (answer.mfn_pct, answer.mfn_text) == (D(pct), "")
    assert answer.total_pct == answer.additional_pct + D(pct)


@pytest.mark.parametrize(
    ("hs", "printed"),
    [
        ("1001.99.00", "0.35¢/kg"),
        ("0404.10.48", "3.3¢/kg"),
        ("0404.10.15", "$1.035/kg + 8.5%"),
        ("6103.22.00", "The rate applicable to each garment in the ensemble if separately entered"),
        (
            "8206.00.00",
            "The rate of duty applicable to that article in the set subject to the highest rate of duty",
        ),
    ],
)
def test_specific_compound_and_other_duties_are_shown_as_printed_and_the_total_is_not_known(
    record, hs: str, printed: str
):
    answer = us(record, hs, "2025-06-05")
    assert answer.mfn_text == printed
    assert answer.additional_pct is not None
    assert (answer.mfn_pct, answer.total_min_pct, answer.total_max_pct) == (None, None, None)


def test_sugar_that_pays_less_by_the_degree_is_text(record):
    answer = us(record, "1701.12.05", "2025-06-05")
    assert "for each degree under 100 degrees" in answer.mfn_text
    assert answer.total_pct is None


def test_a_heading_is_not_priced_by_the_duty_of_one_of_its_lines(record):
    answer = us(record, "1001", "2025-06-05")
    assert answer.mfn_pct is None
    assert answer.mfn_text == "0.35¢/kg or 0.65¢/kg or 2.8%"
    told = ask(
        *[
            "duty",
            "--value",
            "1000",
            "--quantity",
            "10",
            "--unit",
            "kg",
            "--date",
            "2025-06-05",
            "--from",
            "cn",
            "--to",
            "us",
            "--hs",
            "1001",
            "--format",
            "json",
        ]
    )
    whole = json.loads(answered(told))
    assert (whole["total"], whole["lines"][-1]["amount"]) == (None, None)


# Gaps between editions that differ


@pytest.mark.parametrize(
    ("hs", "day", "low", "high", "words"),
    [
        ("3215.11.10", "2018-06-01", "0.4", "0.9", "0.4% or 0.9%"),
        ("3215.11.10", "2018-08-07", "0.4", "0.4", ""),
        ("3215.11.10", "2019-06-27", "0.4", "0.4", ""),
        ("3215.11.10", "2019-08-15", "0", "0.4", "0% or 0.4%"),
        ("3215.11.10", "2019-10-24", "0", "0", ""),
        ("1604.20.05", "2020-09-01", "7", "10", "7% or 10%"),
        ("1604.20.05", "2021-05-01", "7", "7", ""),
        ("1604.20.05", "2021-09-01", "5", "7", "5% or 7%"),
    ],
)
def test_between_two_editions_that_differ_both_duties_are_told(
    record, hs: str, day: str, low: str, high: str, words: str
):
    answer = us(record, hs, day)
    assert answer.mfn_text == words
    assert (answer.total_min_pct, answer.total_max_pct) == (
        answer.additional_pct + D(low),
        answer.additional_pct + D(high),
    )
    assert answer.mfn_pct == (D(low) if low == high else None)


def test_a_supplied_duty_settles_a_gap_only_if_it_is_one_of_the_two(record):
    assert us(record, "3215.11.10", "2018-06-01", "0.9").mfn_pct == D("0.9")
    assert us(record, "3215.11.10", "2018-06-01", "3").mfn_pct is None


GAP = TinyBook(
    [event("top-up", 15, effect="floor", announced="2025-01-01")],
    lines=[line("01010101", "2%", until="2025-07-01"), line("01010101", "10%", since="2025-05-01")],
)


def test_a_top_up_in_a_gap_is_a_range_and_the_total_is_not():
    answer = GAP.ask(WHEN, product="01010101")
    assert (answer.min_pct, answer.max_pct, answer.total_pct) == (5, 13, 15)
    assert GAP.owes("2025-04-01", product="01010101") == "13"
    assert GAP.owes("2025-08-01", product="01010101") == "5"


def test_a_gap_between_a_per_cent_and_a_specific_duty_has_no_total():
    book = TinyBook(lines=[line("01010101", "2%"), line("01010101", "$1/kg")])
    answer = book.ask(WHEN, product="01010101")
    assert (answer.mfn_pct, answer.mfn_text, answer.total_min_pct) == (None, "2% or $1/kg", None)


# Sourced rates where no whole schedule is held


PARTIAL = TinyBook(
    [event("retaliation", 25, announced="2018-07-06", scope="listed")],
    scopes={"listed": [CORN, "10051000"]},
    duties=[rates(CORN, "65%"), rates(CORN, "1%", "quota", condition="in-quota")],
    conditions=[IN_QUOTA],
)


def test_within_and_over_a_quota_are_two_duties_and_without_the_fact_a_range():
    assert PARTIAL.ask(WHEN, product=CORN, in_quota=True).total_pct == 26
    assert PARTIAL.ask(WHEN, product=CORN, in_quota=False).total_pct == 90
    answer = PARTIAL.ask(WHEN, product=CORN)
    assert (answer.status, answer.additional_pct) == ("complete", 25)
    assert (answer.total_min_pct, answer.total_max_pct, answer.mfn_text) == (
        26,
        90,
        "1% (quota) or 65%",
    )
    assert answer.asked == ("in_quota",)


def test_a_quota_rate_alone_leaves_the_duty_over_the_quota_unknown():
    book = TinyBook(
        scopes={"listed": [CORN]},
        duties=[rates(CORN, "1%", "quota", condition="in-quota")],
        conditions=[IN_QUOTA],
    )
    assert book.ask(WHEN, product=CORN, in_quota=True).total_pct == 1
    assert book.ask(WHEN, product=CORN, in_quota=False).total_pct is None
    answer = book.ask(WHEN, product=CORN)
    assert (answer.total_min_pct, answer.mfn_text) == (None, "1% (quota) or not known")


def test_a_quota_that_decides_both_duties_is_tried_on_whole_answers():
    book = TinyBook(
        [event("safeguard", 55, announced="2025-01-01", scope="listed", condition="!in-quota")],
        scopes={"listed": [CORN]},
        duties=[rates(CORN, "65%"), rates(CORN, "1%", "quota", condition="in-quota")],
        conditions=[IN_QUOTA],
    )
    answer = book.ask(WHEN, product=CORN)
    assert (answer.status, answer.total_min_pct, answer.total_max_pct) == ("needs_fact", 1, 120)


def test_a_specific_duty_within_a_quota_is_told_as_that_of_the_quota():
    book = TinyBook(
        scopes={"listed": [CORN]},
        duties=[rates(CORN, "65%"), rates(CORN, "$1/t", "quota", condition="in-quota")],
        conditions=[IN_QUOTA],
    )
    assert book.ask(WHEN, product=CORN).mfn_text == "65% or $1/t (quota)"


def test_many_duties_of_a_heading_are_only_said_to_differ():
    def heading(*duties: str) -> str:
        lines = [line(f"0101010{place}", duty) for place, duty in enumerate(duties)]
        return TinyBook(lines=lines).ask(WHEN, product="0101").mfn_text

    assert heading("1%", "2%", "3%", "4%") == "1% or 2% or 3% or 4%"
    assert heading("1%", "2%", "3%", "4%", "5%") == BY_LINE == "differs by line"
    rows = [OrdinaryDuty("01010100", "1%"), OrdinaryDuty("01010101", "2%")]
    assert together([(None, BY_LINE, rows), (D(3), "", rows[:1])]) == BY_LINE


def test_a_line_without_a_sourced_rate_has_no_ordinary_duty_and_never_zero():
    answer = PARTIAL.ask(WHEN, product="10051000")
    assert (answer.additional_pct, answer.mfn_pct, answer.total_min_pct) == (25, None, None)


def test_a_rate_holds_only_for_the_days_it_was_sourced_for():
    book = TinyBook(
        scopes={"listed": [CORN]},
        duties=[rates(CORN, "3%", since="2025-01-01", until="2026-01-01")],
    )
    assert [
        book.ask(day, product=CORN).total_pct
        for day in ("2024-12-31", "2025-01-01", "2025-12-31", "2026-01-01")
    ] == [None, 3, 3, None]


def test_a_provisional_rate_goes_before_the_most_favoured_one_while_it_stands():
    years = {"since": "2020-01-01", "until": "2022-01-01"}
    book = TinyBook(
        scopes={"listed": [CORN]},
        duties=[rates(CORN, "12%"), rates(CORN, "8%", "provisional", **years)],
    )
    assert [
        book.ask(day, product=CORN).total_pct
        for day in ("2019-12-31", "2020-01-01", "2021-12-31", "2022-01-01")
    ] == [12, 8, 8, 12]


def test_single_rates_never_make_a_schedule_look_whole():
    assert not whole_schedule(PARTIAL, "us")
    assert not whole_schedule(PARTIAL, "an importer of whom nothing is held")
    assert PARTIAL.ask(WHEN, product="10082100").mfn_pct is None, (
        "not refused: it may be a line that was not sourced"
    )
    assert PARTIAL.owes(WHEN, product="1005") == "0..25", (
        "another line of the heading may stand on no list"
    )
    assert PARTIAL.ask(WHEN, product="1005").total_min_pct is None


def test_some_lines_marked_partial_are_not_taken_for_all():
    from support.tiny_law import edition

    held = edition("2022")._replace(schedule="partial")
    book = TinyBook(lines=[line(CORN, "65%")], editions=[held])
    assert book.ask(WHEN, product="10082100").status == "complete"
    with pytest.raises(UsageError, match="no line of this tariff"):
        TinyBook(lines=[line(CORN, "65%")]).ask(WHEN, product="10082100")


def test_a_line_known_by_its_rate_stands_on_no_list_rather_than_on_any_of_its_siblings():
    book = TinyBook(
        [event("retaliation", 25, scope="listed")],
        scopes={"listed": ["10051000"]},
        duties=[rates("10051090", "20%")],
    )
    assert book.ask(WHEN, product="10051090").total_pct == 20
    assert book.owes(WHEN, product="10051080") == "0..25"


# Origins: second columns and preferences are rows


def test_a_second_column_is_a_row_for_its_origins_from_the_day_they_are_in_it():
    book = TinyBook(
        lines=[line("01010101", "2%")],
        duties=[rates("01010101", "40%", "column-2", origin="@col2")],
        memberships=[member("col2", "ru", since="2022-04-09"), member("col2", "cu")],
    )
    assert book.ask(WHEN, "cu", "01010101").total_pct == 40
    assert book.ask(WHEN, "cn", "01010101").total_pct == 2
    assert [book.ask(day, "ru", "01010101").total_pct for day in ("2022-04-08", "2022-04-09")] == [
        2,
        40,
    ]


def test_a_provisional_rate_for_everybody_does_not_reach_goods_of_the_second_column():
    book = TinyBook(
        lines=[line("01010101", "12%")],
        duties=[
            rates("01010101", "40%", "column-2", origin="@col2"),
            rates("01010101", "8%", "provisional"),
        ],
        memberships=[member("col2", "cu")],
    )
    assert [book.ask(WHEN, origin, "01010101").total_pct for origin in ("cn", "cu")] == [8, 40]


def test_a_claim_that_is_met_goes_before_the_second_column():
    book = TinyBook(
        lines=[line("01010101", "2%")],
        duties=[
            rates("01010101", "40%", "column-2", origin="@col2"),
            rates("01010101", "Free", "own use", condition="own-use"),
        ],
        memberships=[member("col2", "cu")],
        conditions=[yes_no("own-use", "assume_no", fact="own_use")],
    )
    assert [book.ask(WHEN, "cu", "01010101", own_use=own).total_pct for own in (True, False)] == [
        0,
        40,
    ]


def test_a_preference_is_a_row_with_a_claim():
    book = TinyBook(
        lines=[line("01010101", "2%")],
        duties=[rates("01010101", "Free", "preference", origin="ca+mx", condition="usmca")],
        conditions=[yes_no("usmca", "assume_no")],
    )
    assert [book.ask(WHEN, "ca", "01010101", usmca=claim).total_pct for claim in (True, False)] == [
        0,
        2,
    ]
    assert book.ask(WHEN, "ca", "01010101").total_pct == 2
    assert book.ask(WHEN, "cn", "01010101", usmca=True).total_pct == 2


# China, from the record


@pytest.mark.parametrize(
    ("day", "pct"), [("2019-12-31", 12), ("2020-01-01", 8), ("2021-12-31", 8), ("2022-01-01", 12)]
)
def test_frozen_pork_was_at_a_provisional_eight_per_cent_in_2020_and_2021(
    record, day: str, pct: int
):
    assert cn(record, "02032900", day).mfn_pct == pct


@pytest.mark.parametrize(
    ("day", "pct"), [("2026-01-31", 10), ("2026-02-01", 10), ("2026-02-02", 5)]
)
def test_whisky_is_at_five_per_cent_since_the_second_of_february_2026(record, day: str, pct: int):
    assert cn(record, "whiskey", day).mfn_pct == pct


@pytest.mark.parametrize(
    ("day", "pct"), [("2022-04-30", 3), ("2022-05-01", 0), ("2023-12-31", 0), ("2024-01-01", 3)]
)
def test_coking_coal_was_free_from_may_2022_to_the_end_of_2023(record, day: str, pct: int):
    assert cn(record, "coking-coal", day).mfn_pct == pct


@pytest.mark.parametrize("product", ["corn", "wheat"])
@pytest.mark.parametrize("day", ["2018-01-15", "2021-06-01", "2023-06-01", "2026-09-01"])
def test_grain_owes_one_per_cent_in_quota_and_sixty_five_over_it(record, product: str, day: str):
    assert [cn(record, product, day, in_quota=within).mfn_pct for within in (True, False)] == [
        1,
        65,
    ]
    both = cn(record, product, day)
    assert both.mfn_text == "1% (quota) or 65%"
    assert (both.total_min_pct, both.total_max_pct) == (both.min_pct + 1, both.max_pct + 65)


def test_cotton_over_the_quota_is_text_because_a_part_pays_a_sliding_duty(record):
    assert cn(record, "cotton", "2025-06-05", in_quota=True).mfn_pct == 1
    over = cn(record, "cotton", "2025-06-05", in_quota=False)
    assert "sliding duty" in over.mfn_text
    assert over.total_pct is None
    assert cn(record, "cotton", "2025-06-05", "40", in_quota=False).mfn_pct == 40


@pytest.mark.parametrize("product", ["ethane", "drones", "toys", "aircraft", "integrated-circuits"])
def test_what_was_not_sourced_is_not_known(record, product: str):
    answer = cn(record, product, "2025-06-05")
    assert (answer.mfn_pct, answer.total_min_pct, answer.total_max_pct) == (None, None, None)


def test_no_category_of_china_has_an_ordinary_duty_without_a_document(record):
    names = {row.id for row in record.categories["cn"] if row.edition != "2017"}
    answers = [
        answer
        for name in sorted(names)
        for day in ("2022-06-05", "2025-06-05")
        if (answer := cn(record, name, day)).mfn_pct is not None
    ]
    assert len(answers) >= 10
    assert all(
        answer.ordinary and all(one.source_ids for one in answer.ordinary) for answer in answers
    )


def test_every_sourced_rate_is_of_a_code_of_its_edition(record):
    editions = [row for row in record.editions if row.importer == "cn"]
    for one in record.duties("cn", ""):
        for row in editions:
            meets = (row.until is None or one.since < row.until) and (
                row.since is None or one.until > row.since
            )
            assert not meets or record.in_edition(one.code[:6], row.edition), one.code


def test_the_record_says_whose_schedule_is_whole(record):
    assert whole_schedule(record, "us")
    assert not whole_schedule(record, "cn")


def test_the_sources_of_the_ordinary_duty_are_told(record):
    told = json.loads(
        answered(
            ask(
                *[
                    "rate",
                    "--date",
                    "2025-12-01",
                    "--from",
                    "us",
                    "--to",
                    "cn",
                    "--product",
                    "soybeans",
                    "--format",
                    "json",
                ]
            )
        )
    )
    assert [one["id"] for one in told["mfn_sources"]] == ["chinesetariff-1201-2025"]
    assert {one["code"] for one in told["notes"]} >= {"ordinary_duty", "no_schedule"}
    whole = json.loads(
        answered(
            ask(
                *[
                    "rate",
                    "--date",
                    "2025-12-01",
                    "--from",
                    "cn",
                    "--to",
                    "us",
                    "--hs",
                    "61091000",
                    "--format",
                    "json",
                ]
            )
        )
    )
    assert [one["id"] for one in whole["mfn_sources"]] == ["usitc-hts-schedules"]
    unknown = json.loads(
        answered(
            ask(
                *[
                    "rate",
                    "--date",
                    "2025-12-01",
                    "--from",
                    "us",
                    "--to",
                    "cn",
                    "--product",
                    "ethane",
                    "--format",
                    "json",
                ]
            )
        )
    )
    assert unknown["mfn_sources"] == []


def test_the_quota_is_offered_as_a_fact_with_the_total_it_gives(record):
    told = json.loads(
        answered(
            ask(
                *[
                    "rate",
                    "--date",
                    "2018-09-01",
                    "--from",
                    "us",
                    "--to",
                    "cn",
                    "--product",
                    "corn",
                    "--format",
                    "json",
                ]
            )
        )
    )
    assert (
        told["status"],
        told["additional_pct"],
        told["total_pct"],
        told["total_min_pct"],
        told["total_max_pct"],
    ) == (
        "complete",
        25,
        None,
        26,
        90,
    )
    offered = {one["flag"]: one["effect"] for one in told["facts"]}
    assert offered["--in-quota"] == "together with the ordinary duty 26%"
    assert offered["--over-quota"] == "together with the ordinary duty 90%"


# --mfn: fills what is unknown, settles what is open, never overrules


def test_a_supplied_duty_fills_what_is_not_known(record):
    assert (
        cn(record, "ethane", "2025-06-05", "2").total_pct
        == cn(record, "ethane", "2025-06-05").additional_pct + 2
    )


def test_a_supplied_duty_settles_whether_goods_are_over_the_quota(record):
    answer = cn(record, "corn", "2018-09-01", "65")
    assert (answer.mfn_pct, answer.total_pct, answer.asked) == (65, 90, ())


def test_a_supplied_duty_does_not_overrule_a_known_one(record):
    answer = cn(record, "soybeans", "2025-12-01", "5")
    assert answer.mfn_pct == 3


@pytest.mark.parametrize(
    "words",
    [
        "rate --date 2025-12-01 --format plain",
        "rate --date 2025-12-01 --format table",
        "duty --value 1000 --date 2025-12-01 --format table",
        "compare --date 2025-11-01 --date 2025-12-01 --format table",
        "history --since 2025-10-01 --until 2025-12-31 --format table",
        "history --since 2025-10-01 --until 2025-12-31 --format csv",
        "export history --since 2025-10-01 --until 2025-12-31",
    ],
)
def test_a_supplied_duty_that_the_record_contradicts_is_told_by_every_command(words: str):
    told = ask(
        *words.split(), *["--from", "us", "--to", "cn", "--product", "soybeans", "--mfn", "5"]
    )
    assert told.code == 0
    assert "The ordinary duty given, 5%, is not that of the record" in " ".join(
        (told.out + told.err).split()
    )
    agreed = ask(
        *words.split(), *["--from", "us", "--to", "cn", "--product", "soybeans", "--mfn", "3"]
    )
    assert "is not the ordinary duty" not in " ".join((agreed.out + agreed.err).split())


def test_the_panel_tells_it_too():
    words = (
        "export rates --pair us:cn --product soybeans --since 2025-11-01 --until 2025-11-02 --mfn 5"
    )
    assert "The ordinary duty given, 5%, is not that of the record" in ask(*words.split()).err


def test_a_supplied_duty_is_used_by_every_command_that_knows_totals():
    words = ["--from", "us", "--to", "cn", "--product", "ethane", "--mfn", "2", "--format", "json"]
    one = json.loads(answered(ask("rate", "--date", "2025-12-01", *words)))
    assert (one["mfn_pct"], one["total_pct"]) == (2, one["additional_pct"] + 2)
    bill = json.loads(answered(ask("duty", "--value", "1000", "--date", "2025-12-01", *words)))
    assert bill["lines"][-1]["amount"] == 20
    many = json.loads(
        answered(ask("compare", "--date", "2025-12-01", "--date", "2025-12-02", *words))
    )
    assert [answer["mfn_pct"] for answer in many["answers"]] == [2, 2]


def test_the_library_takes_the_ordinary_duty_too():
    assert question("2025-12-01", origin="us", importer="cn", product="ethane").total_pct is None
    told = question("2025-12-01", origin="us", importer="cn", product="ethane", mfn_pct=D(2))
    assert told.total_pct == told.additional_pct + 2


@given(st.decimals(0, 100, places=1), st.sampled_from([True, False, None]))
def test_a_supplied_duty_never_widens_an_answer(pct: D, within: bool | None):
    facts = {} if within is None else {"in_quota": within}
    bare = PARTIAL.ask(WHEN, product=CORN, **facts)
    told = PARTIAL.ask(WHEN, product=CORN, mfn=str(pct), **facts)
    assert bare.total_min_pct <= told.total_min_pct <= told.total_max_pct <= bare.total_max_pct


def test_a_sliding_duty_is_never_read_as_its_ceiling():
    assert ad_valorem_pct("40%; for allotted cotton over the quota a sliding duty") is None
