"""What may come back: sums by authority, month and importer of record in whole cents, what stands
apart, and interest as an estimate.

A toy of 1,000 dollars on 2025-04-30 paid 200 under 9903.01.24 (`ieepa-fentanyl`) and 1,250 under
9903.01.63 (`ieepa-reciprocal`).
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.customs_entries import auditor, batches, rows
from tariffcli.bulk.cells.plan import Plan
from tariffcli.bulk.cells.rater import Rater
from tariffcli.bulk.entries.audit import Auditor
from tariffcli.bulk.entries.refund import Refund
from tariffcli.bulk.entries.standing import Seen
from tariffcli.errors import UsageError
from tariffcli.law.entry_summary import Interest
from tariffcli.law.interest import Growth, number_of

PAID = "E1 1 99030163 0 1250\nE1 1 99030124 0 200\nE1 1 9503000073 1000 0"

CORPORATION = {
    (
        "2024-01-01",
        "2025-01-01",
    ): 7,  # 89 FR 77879, https://www.federalregister.gov/documents/2024/09/24/2024-21785
    (
        "2025-01-01",
        "2026-04-01",
    ): 6,  # 90 FR 9036, https://www.federalregister.gov/documents/2025/02/05/2025-02228, and unchanged since
}
"""Overpayment rates for corporations as published, by the days on which they hold."""


def refund(record, table, interest_to=None, payee="corporation", size=1000):
    made = auditor(record, table)
    found = Refund(made, interest_to, payee)
    for batch in batches(table, size):
        found.collect(found.claims(made.rate(batch)))
    return found


def sheet(found: Refund, name: str) -> list[dict]:
    (one,) = [part for part in found.reports() if part.name == name]
    return [dict(zip(one.columns, row, strict=True)) for row in one.rows]


def charged(found: Refund) -> dict[tuple[str, str, str], Decimal]:
    return {
        (row["authority"], row["month"], row["importer_of_record"]): row["charged_usd"]
        for row in sheet(found, "Refund")
    }


def apart(found: Refund) -> dict[tuple[str, str], Decimal]:
    return {(row["reason"], row["about"]): row["amount_usd"] for row in sheet(found, "Not told")}


# what counts


def test_what_was_paid_under_headings_that_come_back_is_summed_by_authority_month_and_importer(
    record,
) -> None:
    text = (
        PAID
        + "\n"
        + PAID.replace("E1 1", "E1 2").replace("1250", "840.10")
        + "\nE2 1 99030124 0 7.07\nE2 1 9503000073 35 0"
    )
    table = rows(text, importer="12-3456789")
    assert charged(refund(record, table)) == {
        ("ieepa-fentanyl", "2025-04", "12-3456789"): Decimal("407.07"),
        ("ieepa-reciprocal", "2025-04", "12-3456789"): Decimal("2090.10"),
    }


def test_months_and_importers_stand_apart_from_one_another(record) -> None:
    lines = [f"E{one} 1 99030124 0 10 date:0{one}/15/2025 importer:{who}\nE{one} 1 9503000073 50 0 date:0{one}/15/2025 importer:{who}"
             for one, who in ((3, "A"), (4, "A"), (5, "B"))]  # fmt: skip
    assert set(charged(refund(record, rows("\n".join(lines))))) == {
        ("ieepa-fentanyl", "2025-03", "A"),
        ("ieepa-fentanyl", "2025-04", "A"),
        ("ieepa-fentanyl", "2025-05", "B"),
    }


@pytest.mark.parametrize("heading", ["99038803", "99038202", "99030301", "99034525", "99030590"])
def test_duty_of_other_acts_stays(record, heading) -> None:
    assert charged(refund(record, rows(f"E1 1 {heading} 0 250\nE1 1 9503000073 1000 0"))) == {}


def test_an_exemption_at_zero_is_nothing_to_refund(record) -> None:
    assert charged(refund(record, rows("E1 1 99030133 0 0\nE1 1 9503000073 1000 0"))) == {}


def test_duty_before_the_first_refundable_day_does_not_come_back(record) -> None:
    text = "E1 1 99030124 0 20 date:{}\nE1 1 9503000073 100 0 date:{}"
    for day, total in (("02/03/2025", None), ("02/04/2025", Decimal("20.00"))):
        assert (
            charged(refund(record, rows(text.format(day, day)))).get(
                ("ieepa-fentanyl", "2025-02", "")
            )
            == total
        )


def test_a_heading_of_the_ranges_that_no_act_of_the_record_names_counts_by_its_prefix(
    record,
) -> None:
    text = "E1 1 99030220 0 150 origin:DE\nE1 1 8418100010 1000 0 origin:DE"
    found = charged(refund(record, rows(text, date="09/01/2025")))
    assert found == {("ieepa-reciprocal", "2025-09", ""): Decimal("150.00")}


def test_a_heading_that_nobody_knows_is_told_and_not_counted(record) -> None:
    found = refund(record, rows("E1 1 99039999 0 33\nE1 1 9503000073 1000 0"))
    assert charged(found) == {}
    assert apart(found) == {("heading not in the record", "9903.99.99"): Decimal("33.00")}


def test_a_reversal_is_taken_off(record) -> None:
    found = refund(record, rows(PAID + "\nE2 1 99030124 0 (200.00)\nE2 1 9503000073 -1000 0"))
    assert charged(found)["ieepa-fentanyl", "2025-04", ""] == Decimal("0.00")


@given(
    st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 4)), min_size=1, max_size=20),
    st.integers(1, 50),
)
def test_sums_are_exact_to_the_cent_however_the_file_is_cut(record, amounts, size) -> None:
    lines = [
        f"E{one} 1 99030124 0 {cents // 100}.{cents % 100:02d} importer:I{who}\nE{one} 1 9503000073 9 0 importer:I{who}"
        for one, (cents, who) in enumerate(amounts)
    ]
    found = charged(refund(record, rows("\n".join(lines)), size=size))
    for who in {who for _, who in amounts}:
        exact = Decimal(sum(cents for cents, one in amounts if one == who)) / 100
        assert found["ieepa-fentanyl", "2025-04", f"I{who}"] == exact


# what a file tells of an entry


@pytest.mark.parametrize(
    ("same", "state"),
    [
        ({}, "liquidation not told"),
        ({"liquidated": "-", "status": "-"}, "liquidation not told"),
        ({"liquidated": "03/10/2026"}, "liquidated"),
        ({"status": "Unliquidated"}, "unliquidated"),
        ({"status": "Suspended"}, "unliquidated"),
        ({"status": "Liquidated"}, "liquidated"),
    ],
)
def test_the_state_of_liquidation_is_told_as_far_as_the_file_does(record, same, state) -> None:
    assert {row["state"] for row in sheet(refund(record, rows(PAID, **same)), "Refund")} == {state}


@pytest.mark.parametrize(
    ("same", "reason"),
    [
        ({"protest": "1001-26-100001"}, "protest"),
        ({"drawback": "Y"}, "drawback"),
        ({"reconciliation": "Yes"}, "reconciliation"),
        ({"type": "09"}, "entry type"),
        ({"type": "21"}, "entry type"),
        ({"type": "8", "protest": "1001"}, "entry type"),
    ],
)
def test_what_cannot_be_told_without_more_facts_stands_apart(record, same, reason) -> None:
    found = refund(record, rows(PAID, **same))
    assert charged(found) == {}
    assert apart(found) == {
        (reason, "ieepa-fentanyl"): Decimal("200.00"),
        (reason, "ieepa-reciprocal"): Decimal("1250.00"),
    }


@pytest.mark.parametrize(
    "same",
    [{"protest": "-"}, {"drawback": "N"}, {"reconciliation": "No"}, {"type": "01"}, {"type": "1"}],
)
def test_a_column_that_says_no_sets_nothing_apart(record, same) -> None:
    assert len(charged(refund(record, rows(PAID, **same)))) == 2


def test_a_line_that_is_in_the_file_twice_counts_once(record) -> None:
    text = "\n".join([PAID, PAID.replace("E1 1", "E1 2"), PAID.replace("E1", "E-1")])
    for size in (3, 1000):
        found = refund(record, rows(text), size=size)
        assert charged(found)["ieepa-fentanyl", "2025-04", ""] == Decimal("400.00")
        assert apart(found) == {
            ("line seen before", "ieepa-fentanyl"): 200,
            ("line seen before", "ieepa-reciprocal"): 1250,
        }


def test_a_row_that_is_in_a_line_twice_counts_once(record) -> None:
    found = refund(record, rows(PAID + "\nE1 1 99030124 0 200"))
    assert charged(found)["ieepa-fentanyl", "2025-04", ""] == Decimal("200.00")
    assert apart(found) == {("row repeated", "9903.01.24"): Decimal("200.00")}


@given(st.lists(st.lists(st.integers(-5, 40), max_size=30), max_size=12))
def test_marks_that_were_met_are_known_again(parts) -> None:
    seen, before = Seen(), set()
    for part in parts:
        again = seen.met(np.array(part, dtype=np.int64))
        for mark, met in zip(part, again.tolist(), strict=True):
            assert met == (mark in before)
            before.add(mark)


# one amount for a line


def test_without_headings_the_law_tells_them_where_the_sum_agrees(record) -> None:
    paid = [1450.0, 1450.02, 1450.03, 200.0, None]
    table = pa.table(
        {
            "date": ["2025-04-30"] * 5,
            "hs": ["9503000073"] * 5,
            "value": [1000.0] * 5,
            "paid": pa.array(paid, pa.float64()),
        }
    )
    plan = Plan({name: name for name in table.column_names}, {"origin": "cn", "importer": "us"})
    made = Auditor(Rater(record, plan), {}, several=False)
    found = Refund(made)
    for batch in table.to_batches():
        found.collect(found.claims(made.rate(batch)))
    assert charged(found) == {
        ("ieepa-fentanyl", "2025-04", ""): 600,
        ("ieepa-reciprocal", "2025-04", ""): 3750,
    }
    assert apart(found) == {
        ("no amount paid in the file", "ieepa-fentanyl"): 200,
        ("no amount paid in the file", "ieepa-reciprocal"): 1250,
        ("paid does not agree with the law", "ieepa-fentanyl"): 200,
        ("paid does not agree with the law", "ieepa-reciprocal"): 1250,
    }


def test_a_sum_that_no_heading_can_be_told_of_stands_apart_whole(record) -> None:
    table = pa.table(
        {"date": ["2025-12-01"], "hs": ["8418100010"], "value": [1000.0], "paid": [610.0]}
    )
    plan = Plan({name: name for name in table.column_names}, {"origin": "cn", "importer": "us"})
    made = Auditor(Rater(record, plan), {}, several=False)
    found = Refund(made)
    found.collect(found.claims(made.rate(table.to_batches()[0])))
    assert charged(found) == {}
    assert apart(found) == {("paid in all, not told by heading", ""): Decimal("610.00")}


# interest


def by_hand(cents: int, since: str, until: str) -> Decimal:
    """Interest in cents by powers of each published rate over its own days, worked in fractions: no
    loop over days, no table.
    """
    factor = Fraction(1)
    first, last = date.fromisoformat(since), date.fromisoformat(until)
    for (begins, ends), rate in CORPORATION.items():
        for year in range(first.year, last.year + 1):
            start = max(first, date.fromisoformat(begins), date(year, 1, 1))
            end = min(last, date.fromisoformat(ends), date(year + 1, 1, 1))
            days_of_year = 366 if year % 4 == 0 else 365
            factor *= (1 + Fraction(rate, 100 * days_of_year)) ** max(0, (end - start).days)
    return Decimal(round((factor - 1) * cents)) / 100


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2025-04-30", "2026-03-10"),
        ("2025-04-30", "2025-05-01"),
        ("2024-12-16", "2025-02-15"),
        ("2024-02-01", "2026-04-01"),
    ],
)
def test_interest_compounds_daily_at_the_published_rate_of_each_day(record, since, until) -> None:
    growth = Growth(record.interest, "us", "corporation")
    factor = growth.factor(number_of(since), number_of(until))
    assert factor is not None
    assert round((factor - 1) * 12_500_000) == round(by_hand(12_500_000, since, until) * 100)


def test_interest_runs_from_the_deposit_to_the_liquidation_where_the_file_tells_them(
    record,
) -> None:
    table = rows(PAID, summary="05/14/2025", liquidated="03/10/2026")
    (row,) = [
        row
        for row in sheet(refund(record, table, "2026-12-31"), "Refund")
        if row["authority"] == "ieepa-reciprocal"
    ]
    assert row["interest_estimate_usd"] == by_hand(125_000, "2025-05-14", "2026-03-10")
    assert row["charged_without_interest_usd"] == 0


def test_without_a_deposit_day_it_runs_from_the_entry_and_says_so(record) -> None:
    found = refund(record, rows(PAID), "2026-03-10")
    assert sheet(found, "Totals")[1]["interest_estimate_usd"] == by_hand(
        125_000, "2025-04-30", "2026-03-10"
    )
    assert any("assumed: the day of entry" in str(row["note"]) for row in sheet(found, "Interest"))


def test_without_a_day_to_count_to_there_is_no_interest(record) -> None:
    for row in sheet(refund(record, rows(PAID)), "Refund"):
        assert row["interest_estimate_usd"] is None
        assert row["charged_without_interest_usd"] == row["charged_usd"]


def test_interest_on_a_duty_that_was_reversed_later_is_told(record) -> None:
    paid, taken = (
        f"{entry} 1 99030124 0 {cents} date:04/{day}/2025\n{entry} 1 9503000073 {value} 0 date:04/{day}/2025"
        for entry, cents, value, day in (("E1", "200", "1000", 20), ("E2", "(200.00)", "-1000", 30))
    )
    found = refund(record, rows(f"{paid}\n{taken}"), "2026-03-10")
    (row,) = [row for row in sheet(found, "Refund") if row["authority"] == "ieepa-fentanyl"]
    assert (row["charged_usd"], row["charged_without_interest_usd"]) == (0, 0)
    assert row["interest_estimate_usd"] == by_hand(20_000, "2025-04-20", "2026-03-10") - by_hand(
        20_000, "2025-04-30", "2026-03-10"
    )


def test_days_without_a_rate_give_no_interest_figure(record) -> None:
    for row in sheet(refund(record, rows(PAID), "2027-06-30"), "Refund"):
        assert row["interest_estimate_usd"] is None
        assert row["charged_without_interest_usd"] == row["charged_usd"]


def test_a_gap_in_the_rates_stops_only_what_runs_over_it() -> None:
    rates = [
        Interest("a", "us", "other", Decimal(6), "2025-01-01", "2025-02-01", (), "official", ""),
        Interest("b", "us", "other", Decimal(6), "2025-03-01", "", (), "official", ""),
    ]
    growth = Growth(rates, "us", "other")
    days = {
        name: number_of(name)
        for name in (
            "2024-12-31",
            "2025-01-01",
            "2025-01-31",
            "2025-02-15",
            "2025-03-01",
            "2025-04-01",
        )
    }
    assert growth.factor(days["2024-12-31"], days["2025-01-31"]) is None
    assert growth.factor(days["2025-01-01"], days["2025-03-01"]) is None
    assert growth.factor(days["2025-02-15"], days["2025-04-01"]) is None
    assert growth.factor(days["2025-03-01"], days["2025-04-01"]) == pytest.approx(
        (1 + Decimal(6) / 36500) ** 31
    )
    assert growth.factor(days["2025-04-01"], days["2025-03-01"]) == 1


def test_others_than_corporations_get_a_point_more(record) -> None:
    day, next_day = number_of("2025-04-30"), number_of("2025-05-01")
    rates = [Growth(record.interest, "us", payee).rate(day) for payee in ("corporation", "other")]
    assert rates == [6, 7]
    assert Growth(record.interest, "us", "other").factor(day, next_day) == 1 + Decimal(7) / 36500
    with pytest.raises(UsageError, match="no interest for 'partner'; it has: corporation, other"):
        refund(record, rows(PAID), payee="partner")
    with pytest.raises(UsageError, match="is not a day to count interest to"):
        refund(record, rows(PAID), "31/12/2026")


def test_every_day_of_the_collection_has_a_rate(record) -> None:
    growth = Growth(record.interest, "us", "corporation")
    day = date(2018, 1, 1)
    while day < date(2027, 1, 1):
        assert growth.rate(number_of(day.isoformat())) is not None
        day += timedelta(days=30)


# words


def test_every_refund_comes_with_its_caveats_and_their_sources(record) -> None:
    caveats = sheet(refund(record, rows(PAID)), "Caveats")
    assert {row["about"] for row in caveats} == {"refund", "interest", "set_apart"}
    assert all(row["sources"] for row in caveats)
    assert any("estimate" in row["text"] for row in caveats)


def test_the_rates_used_are_told_with_their_sources(record) -> None:
    used = [
        row for row in sheet(refund(record, rows(PAID), "2026-05-01"), "Interest") if row["from"]
    ]
    assert used[0]["from"] == "2025-04-01"
    assert used[-1]["until"] == "2026-07-01"
    assert all(row["sources"].startswith("http") for row in used)
