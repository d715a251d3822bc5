"""Duty in money: expressions, units, rounding, whole bills; published worked examples, and what
holds for every bill.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import TESTS
from support.tiny_law import at
from support.tiny_record import write_record
from tariffcli.book.load import Record, load
from tariffcli.law.bill import Bill, Goods, Price, bill, cents, price_parts
from tariffcli.law.engine import rate
from tariffcli.law.entry_summary import reporting_on
from tariffcli.law.expression import AdValorem, Specific, in_unit, is_unit, parse
from tariffcli.law.instants import day_of, wall_to_instant
from tariffcli.law.model import FactValue, Query
from tariffcli.law.products import GENERAL, find_product

CASES = TESTS / "cases" / "amounts.csv"
with CASES.open(encoding="utf-8", newline="") as stream:
    PUBLISHED = list(csv.DictReader(stream))
HALF = Decimal("0.005")
VALUES = st.decimals(0, 10**9, places=2)


def D(text: str) -> Decimal:
    return Decimal(text)


def billed(record: Record, query: Query, goods: Goods, fees: bool = False) -> Bill:
    """The bill of a query as the program makes it."""
    day = day_of(query.instant, record.zones[query.importer])
    rules = reporting_on(record.reporting, query.importer, day)
    authorities = {name: one.authority for name, one in record.programmes.items()}
    held = [fee for fee in record.fees if fee.importer == query.importer]
    even = goods._replace(even=any(row.rule == "even_units" for row in rules))
    return bill(rate(record, query), even, authorities, rules, held if fees else None, day)


def of(
    record: Record,
    value: str,
    when: str,
    product: str = "",
    *,
    origin: str = "cn",
    importer: str = "us",
    quantity: str = "",
    unit: str = "",
    mode: str = "",
    fees: bool = False,
    known_on: str = "",
    facts: dict[str, FactValue] | None = None,
) -> Bill:
    moment = wall_to_instant(when, record.zones[importer]) if " " in when else at(when)
    found = find_product(record, importer, product, moment) if product else GENERAL
    query = Query(importer, origin, moment, known_on or None, found, facts or {})
    goods = Goods(D(value), "USD", ((D(quantity), unit),) if quantity else (), mode)
    return billed(record, query, goods, fees)


def measured(made: Bill, measure: str) -> str:
    """A figure of a bill by the name that the cases use."""
    prices = {"total": made.total, "duty": made.duty, "ordinary": made.duties[-1].price}
    prices |= {f"layer:{one.layer.programme}": one.price for one in made.duties if one.layer}
    prices |= {f"fee:{one.fee.id}": one.price for one in made.fees if one.fee}
    return span(prices[measure])


def span(price: Price) -> str:
    return (
        f"{price.low}"
        if price.low == price.high
        else f"{price.low}..{'' if price.high is None else price.high}"
    )


# Expressions


@pytest.mark.parametrize(
    ("printed", "parts"),
    [
        ("Free", (AdValorem(D("0")),)),
        ("3.4%", (AdValorem(D("3.4")),)),
        ("0.43¢/kg", (Specific(D("0.0043"), "kg"),)),
        ("2.8¢/kg + 5%", (Specific(D("0.028"), "kg"), AdValorem(D("5")))),
        ("$1.50/doz", (Specific(D("1.50"), "doz"),)),
        ("2.8¢/doz.", (Specific(D("0.028"), "doz."),)),
        ("$2.146/kg", (Specific(D("2.146"), "kg"),)),
        ("40¢ each + 8%", (Specific(D("0.40"), "each"), AdValorem(D("8")))),
        ("89.6¢/1000", (Specific(D("0.896"), "1000"),)),
        ("$1.13/m3", (Specific(D("1.13"), "m3"),)),
        ("5¢/kg on drained weight", (Specific(D("0.05"), "kg on drained weight"),)),
        (
            "4.4¢/liter + 31.4¢/pf. liter",
            (Specific(D("0.044"), "liter"), Specific(D("0.314"), "pf. liter")),
        ),
        ("1.9¢/pr. + 20%", (Specific(D("0.019"), "pr."), AdValorem(D("20")))),
        ("32¢/ liter", (Specific(D("0.32"), "liter"),)),
    ],
)
def test_what_the_schedule_prints_is_read(printed: str, parts: object) -> None:
    assert parse(printed) == parts


@pytest.mark.parametrize(
    "printed",
    [
        *(
            "",
            "See additional U.S. note 2",
            "The rate applicable to the natural juice in heading 2009",
            "1% + $1",
            "7%/kg",
            "5",
            "$",
            "/kg",
        ),
        *(
            "40¢ each + 5% on the case",
            "3.66¢/kg less 0.02¢/kg for each degree under 100 degrees",
            "2.4¢/line/ gross + 9%",
            "0.8¢",
            "5¢ + 3%",
        ),
        *(
            "3.4% or 2.8¢/kg",
            "3.4%, but not less than 2¢/kg",
            "2¢/kg - 1%",
            "-2¢/kg",
            "12¢ each of two + 3%",
            "Free (A,AU)",
        ),
    ],
)
def test_what_is_not_understood_stays_text(printed: str) -> None:
    assert parse(printed) is None


def test_every_duty_of_the_schedule_is_read_or_left_and_most_are_read(record: Record) -> None:
    words = {line.duty for line in record.lines("us", "")}
    left = {word for word in words if parse(word) is None}
    assert all(
        " on the " in word
        or "rate" in word
        or "note" in word
        or "less" in word
        or "/" in word
        or " on case" in word
        for word in left
    )
    lines = record.lines("us", "")
    assert sum(line.duty in left for line in lines) < len(lines) / 50


@pytest.mark.parametrize(
    ("quantity", "given", "wanted", "is_"),
    [
        *(
            ("500", "kg", "kg", "500"),
            ("500", "KG", "kg", "500"),
            ("500", "g", "kg", "0.5"),
            ("2", "t", "kg", "2000"),
            ("36", "pcs", "doz.", "3"),
        ),
        *(
            ("3", "gross", "doz", "36"),
            ("5000", "items", "1000", "5"),
            ("1", "m3", "liter", "1000"),
            ("7", "head", "each", "7"),
        ),
        *(
            ("5", "kg on drained weight", "kg on drained weight", "5"),
            ("5", "kg", "kg on drained weight", None),
            ("5", "kg", "liter", None),
        ),
        *(
            ("5", "pairs", "each", None),
            ("5", "kg", "clean kg", None),
            ("5", "liter", "pf. liter", None),
            ("5", "", "kg", None),
        ),
    ],
)
def test_units_agree_or_do_not(quantity: str, given: str, wanted: str, is_: str | None) -> None:
    assert in_unit(D(quantity), given, wanted) == (None if is_ is None else D(is_))


def test_units_that_are_none_are_known() -> None:
    assert all(is_unit(text) for text in ("kg", "pf. liter", "kg on drained weight", "m2", "Dozen"))
    assert not any(is_unit(text) for text in ("", "¢", "5%", "kg/kg", "a b c d"))


def test_a_compound_duty_is_rounded_once() -> None:
    goods = Goods(D("10.10"), quantities=((D(10), "kg"),))
    assert price_parts(parse("2.85¢/kg + 5%") or (), goods) == Price(
        D("0.79"), D("0.79")
    )  # 0.285 + 0.505, not 0.29 + 0.51


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [("0.005", "0.01"), ("0.0049999", "0.00"), ("2.675", "2.68"), ("1", "1.00")],
)
def test_half_a_cent_is_rounded_up(exact: str, rounded: str) -> None:
    assert str(cents(D(exact))) == rounded


# Bills


@pytest.mark.parametrize("row", PUBLISHED, ids=[row["case_id"] for row in PUBLISHED])
def test_a_published_amount_is_reproduced(record: Record, row: dict[str, str]) -> None:
    made = of(
        record,
        row["value"],
        row["at"],
        row["product"],
        origin=row["origin"],
        importer=row["importer"],
        quantity=row["quantity"],
        unit=row["unit"],
        mode=row["mode"],
        fees=True,
        known_on=row["known_on"],
    )
    measure = "duty" if row["measure"] == "total" else row["measure"]
    assert measured(made, measure) == row["expected"]


def test_every_published_amount_has_an_address_and_a_short_quote() -> None:
    assert len(PUBLISHED) >= 30
    assert all(
        row["url"].startswith("http") and 1 <= len(row["quote"].split()) <= 12 for row in PUBLISHED
    )


def test_headings_stand_in_reporting_order_and_the_ordinary_duty_last(record: Record) -> None:
    made = of(record, "10000", "2025-03-20", "72081015")
    assert [one.layer.programme if one.layer else "" for one in made.duties] == [
        "us-301-tech",
        "us-ieepa-fentanyl",
        "us-232-steel",
        "",
    ]


@pytest.mark.parametrize(
    ("day", "order"),
    [
        ("2018-07-06", []),
        ("2019-01-01", ["section-301", "section-201+section-232"]),
        (
            "2025-02-04",
            ["section-301", "ieepa-fentanyl+ieepa-reciprocal", "section-201+section-232"],
        ),
        (
            "2026-08-27",
            ["section-301", "ieepa-fentanyl+ieepa-reciprocal", "section-232", "section-201"],
        ),
    ],
)
def test_the_order_of_headings_is_that_of_the_customs_message_in_force(
    record: Record, day: str, order: list[str]
) -> None:
    """CSMS 18-000624 of 2018-10-20, 64018403 of February 2025, 69668138 of 2026-08-27; none read
    gives section 122 a place.
    """
    rules = [row for row in reporting_on(record.reporting, "us", day) if row.rule == "order"]
    ranked = sorted((row.position or 0, "+".join(sorted(row.authorities))) for row in rules)
    assert [authorities for _, authorities in ranked] == order


def test_rates_meet_even_dollars_where_the_law_says_so(record: Record) -> None:
    assert span(of(record, "100.49", "2025-03-20").duties[0].price) == "20.00"
    assert span(of(record, "100.50", "2025-03-20").duties[0].price) == "20.20"
    made = of(record, "100.50", "2025-04-24", origin="us", importer="cn")
    assert span(made.duties[0].price) == "125.63"  # 125.625: no such rule is known there


def test_quantities_at_a_dollar_or_less_meet_whole_units() -> None:
    assert price_parts(
        (Specific(D("0.50"), "kg"),), Goods(D(1), quantities=((D("10.5"), "kg"),), even=True)
    ).low == D("5.50")
    assert price_parts(
        (Specific(D("2"), "kg"),), Goods(D(1), quantities=((D("10.5"), "kg"),), even=True)
    ).low == D("21.00")


def test_a_specific_duty_without_a_quantity_is_open_and_asks(record: Record) -> None:
    made = of(record, "1000", "2025-04-24", "04090000")
    assert (span(made.total), made.status, made.duties[-1].price.asks) == (
        "1700.00..",
        "needs_fact",
        "quantity",
    )
    made = of(record, "1000", "2025-04-24", "04090000", quantity="500", unit="liter")
    assert (span(made.total), made.duties[-1].price.asks) == ("1700.00..", "unit")
    made = of(record, "1000", "2025-04-24", "04090000", quantity="500", unit="kg")
    assert (span(made.total), made.status) == ("1709.50", "complete")


def test_an_unknown_ordinary_duty_is_never_zero(record: Record) -> None:
    made = of(record, "1000", "2025-04-24")
    assert (span(made.duties[-1].price), span(made.total), made.status) == (
        "0..",
        "1450.00..",
        "range",
    )
    assert made.duties[-1].price.why == ("depends on the product", "mfn")


def test_a_parcel_pays_as_the_carrier_chooses(record: Record) -> None:
    postal: dict[str, FactValue] = {"postal": True, "value": D(300)}
    assert (
        span(of(record, "300", "2025-05-20", facts=postal, quantity="2", unit="item").total)
        == "162.00..200.00"
    )
    assert span(of(record, "300", "2025-05-20", facts=postal).total) == "0.00.."
    assert (
        span(
            of(
                record,
                "200",
                "2025-05-20",
                facts={**postal, "value": D(200)},
                quantity="1",
                unit="item",
            ).total
        )
        == "100.00..108.00"
    )


def test_a_specific_and_an_ad_valorem_part_add(record: Record) -> None:
    papers: dict[str, FactValue] = {"no_price_papers": True}
    made = of(record, "10000", "2026-12-10", "85414300", facts=papers, quantity="20", unit="kW")
    priced = {one.layer.programme: span(one.price) for one in made.duties if one.layer}
    assert priced["us-232-polysilicon"] == "9100.00"  # 15 per cent and 38 cents a watt
    made = of(record, "10000", "2026-12-10", "85414300", facts=papers)
    assert made.status == "needs_fact"
    assert made.total.high is None


@pytest.mark.parametrize(
    ("value", "when", "mode", "mpf", "hmf"),
    [
        ("2500", "2025-11-20", "vessel", "0..", "0.."),
        ("2501", "2025-11-20", "vessel", "33.58", "3.13"),
        ("50000", "2025-11-20", "air", "173.20", "0"),
        ("50000", "2025-11-20", "", "173.20", "0..62.50"),
        ("250000", "2026-10-01", "vessel", "670.86", "312.50"),
        ("2501", "2026-10-01", "air", "34.58", "0"),
        ("50000", "2027-10-01", "vessel", "0..", "62.50"),
        ("50000", "2026-09-30", "vessel", "173.20", "62.50"),
    ],
)
def test_fees_are_dated_and_for_formal_entries(
    record: Record, value: str, when: str, mode: str, mpf: str, hmf: str
) -> None:
    made = of(record, value, when, "39013060", mode=mode, fees=True)
    found = {one.fee.name: span(one.price) for one in made.fees if one.fee}
    assert found == {"Harbor maintenance fee": hmf, "Merchandise processing fee": mpf}
    assert made.duty.low <= made.total.low


def test_without_fees_there_are_none(record: Record) -> None:
    made = of(record, "50000", "2025-11-20", "39013060")
    assert made.fees == ()
    assert made.total == made.duty


def test_the_clean_record_bills(tmp_path: Path) -> None:
    record = load(write_record(tmp_path))
    made = of(record, "1000.50", "2025-06-15", "72081000", fees=True, mode="vessel")
    assert [span(one.price) for one in made.duties] == ["250.25", "0.00"]
    assert made.goods.entered == 1001


# What holds for every bill

CODES = ("39013060", "04090000", "85076000", "72081015", "87038000", "61091000", "8481", "toys", "")


@settings(max_examples=150, deadline=None)
@given(
    VALUES,
    st.sampled_from(CODES),
    st.integers(at("2018-01-01"), at("2026-11-30")),
    st.sampled_from(["cn", "hk"]),
    st.booleans(),
)
def test_amounts_sum_to_the_total_and_no_line_is_off_by_more_than_half_a_cent(
    record: Record, value: Decimal, code: str, moment: int, origin: str, fees: bool
) -> None:
    product = (
        find_product(record, "us", code, moment)
        if code and not (code == "87038000" and moment < at("2022-01-28"))
        else GENERAL
    )
    made = billed(
        record, Query("us", origin, moment, None, product), Goods(value, mode="vessel"), fees
    )
    lines = [*made.duties, *made.fees]
    if all(one.price.amount is not None for one in lines):
        assert made.total.amount == sum(one.price.low for one in lines)
        assert made.status in ("complete", "prohibited")
    for one in made.duties:
        if one.layer is not None and one.layer.rate_pct is not None:
            assert abs(one.price.low - made.goods.entered * one.layer.rate_pct / 100) <= HALF
        assert one.price.low == cents(one.price.low)
    if made.answer.total_pct is not None:
        slack = HALF * (len(made.duties) + 1)
        assert abs(made.duty.low - made.goods.entered * made.answer.total_pct / 100) <= slack
    open_lines = [one for one in lines if one.price.high is None]
    assert (made.total.high is None) == bool(open_lines) or made.answer.asked or made.answer.parts
    assert made.total.high is None or made.total.low <= made.total.high
    assert all(one.price.reason for one in lines if one.price.amount is None)


@settings(max_examples=60, deadline=None)
@given(VALUES, VALUES, st.decimals(0, 10**6, places=3))
def test_more_value_never_owes_less(one: Decimal, other: Decimal, quantity: Decimal) -> None:
    parts = parse("2.8¢/kg + 5.3%") or ()
    low, high = sorted((one, other))
    cheap, dear = (
        price_parts(parts, Goods(value, quantities=((quantity, "kg"),), even=True))
        for value in (low, high)
    )
    assert cheap.low <= dear.low


@given(
    st.decimals(0, 500, places=3),
    st.sampled_from(["kg", "liter", "doz.", "pf.liter", "1000", "kg on drained weight"]),
)
def test_no_digit_of_a_specific_duty_is_lost(amount: Decimal, unit: str) -> None:
    assert parse(f"${amount}/{unit}") == (Specific(amount, unit),)
    assert parse(f"{amount}¢/{unit}") == (Specific(amount / 100, unit),)
