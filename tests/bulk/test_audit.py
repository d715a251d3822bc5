"""What was paid against what was due: published entries to the cent, and the short vocabulary of
reasons.

Amounts of `cases/entries/published.csv` are those of the sources named there. In the other tests a
toy of 1,000 dollars on 2025-04-30 owes 125 per cent under 9903.01.63 and 20 under 9903.01.24: 145
per cent in all, as the published case of a toy maker says
(https://eyeonsunvalley.com/Story_Reader/12796/Randimals-Get-Three-Minutes-of-Fame-on-CNN).
"""

from __future__ import annotations

import csv
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from support import TESTS
from support.customs_entries import SHORT, audited, auditor, batches, goods, rows, why
from tariffcli.bulk.cells.plan import Plan
from tariffcli.bulk.cells.rater import Rater
from tariffcli.bulk.classes.store import keep_classes, open_classes
from tariffcli.bulk.entries.audit import DECLARED, OTHER_DAY, STATUS_WORDS, Auditor
from tariffcli.bulk.entries.declared import AGREES, WORDS, Items, Sayings, findings, paired
from tariffcli.bulk.entries.headings import Headings
from tariffcli.bulk.entries.tally import Tally

with (TESTS / "cases" / "entries" / "published.csv").open(encoding="utf-8", newline="") as stream:
    PUBLISHED = list(csv.DictReader(stream))

AGREED = "E1 1 99030163 0 1250\nE1 1 99030124 0 200\nE1 1 9503000073 1000 0"


def entry_of(case: dict[str, str]) -> pa.Table:
    """A published entry as the rows of an export."""
    text = []
    for part in case["declared"].split(";"):
        heading, _, amount = part.partition("=")
        facts = f" metal:{case['facts']}" if case["facts"] else ""
        measured = f" quantity:{case['quantity']} unit:{case['unit']}" if case["quantity"] else ""
        code, value = (
            (case["code"], case["entered_value"])
            if heading == "goods"
            else (heading.replace(".", ""), "0.00")
        )
        text.append(f"E1 1 {code} {value} {amount} date:{case['date']}{facts}{measured}")
    return rows("\n".join(text))


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case["case_id"])
def test_a_published_entry_is_reproduced_to_the_cent_heading_by_heading(record, case) -> None:
    found = audited(record, entry_of(case), known_on=case["known_on"] or None, several=True)
    (row,) = goods(found)
    assert Decimal(str(row["duty_due"])) == Decimal(case["total"])
    assert row["why"] == "agrees"
    amounts = [Decimal(part.partition("=")[2]) for part in case["declared"].split(";")]
    assert [Decimal(str(one["heading_due"])) for one in found] == amounts
    assert {one["heading_variance"] for one in found} == {0.0}


def test_the_half_cents_of_a_courier_stay_within_a_cent_a_heading(record) -> None:
    """A consignee's form of September 2025, charged 74.05:
    https://reddit.jaspervandalum.nl/r/Tariffs/comments/1nw9qil/how_to_read_7501/
    """
    lines = (
        (55, "6210305000", "5.50", "11.00", "4.13", "3.91"),
        (29, "6402993365", "2.90", "5.80", "2.18", "10.87"),
    )
    text = []
    for number, (value, code, *paid) in enumerate(
        (*lines, (37, "6402993365", "3.70", "7.40", "2.78", "13.88"))
    ):
        codes = ("99030125", "99030124", "99038815", code)
        text += [
            f"E1 {number} {one} {value if one == code else 0} {amount}"
            for one, amount in zip(codes, paid, strict=True)
        ]
    found = goods(audited(record, rows("\n".join(text), date="09/30/2025")))
    assert sum(Decimal(str(row["paid"])) for row in found) == Decimal("74.05")
    assert {row["why"] for row in found} <= {"agrees", "rounding"}


# the vocabulary


def test_an_entry_as_the_law_asks_agrees(record) -> None:
    assert why(record, AGREED) == "agrees"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("E1 1 99030163 0 1250\nE1 1 9503000073 1000 0", "missing heading: 9903.01.24"),
        ("E1 1 9503000073 1000 0", "missing heading: 9903.01.24, 9903.01.63"),
        (AGREED + "\nE1 1 99038803 0 250", "unexpected heading: 9903.88.03"),
        (AGREED + "\nE1 1 99038869 0 0", "agrees"),
        (AGREED + "\nE1 1 99030590 0 0.00", "agrees"),
        (AGREED.replace("1250", "840"), "rate differs: 9903.01.63"),
        (AGREED.replace("1000 0", "1000 34"), "rate differs: ordinary duty"),
        (AGREED.replace("99030163", "99030125"), "other heading: 9903.01.25 for 9903.01.63"),
        (
            AGREED.replace("99030163 0 1250", "99030133 0 0"),
            "exemption claimed: 9903.01.33 for 9903.01.63",
        ),
        (AGREED.replace("1000 0", "500 0"), "value differs"),
        (AGREED.replace("1250", "1250.01"), "rounding"),
        (AGREED.replace("1250", "1250.02"), "rate differs: 9903.01.63"),
        (AGREED.replace("1250", "-"), "amount blank: 9903.01.63"),
        (AGREED + "\nE1 1 99030124 0 200", "row repeated"),
        (AGREED.replace("9503000073", "0000000000"), "not rated"),
        (AGREED.replace("1000 0", "- 0"), "no value"),
        (
            "E1 1 99030163 0 -\nE1 1 99030124 0 -\nE1 1 9503000073 1000 -",
            "amount blank: 9903.01.24, 9903.01.63",
        ),
        (
            "E1 1 8418100010 100 20 date:12/01/2025",
            "depends on a fact: aluminium_share, steel_share",
        ),
        ("E1 1 9503000073 1000 0 origin:VN date:09/01/2025", "outside coverage"),
        (AGREED.replace("1000 0", "500 0") + "\nE1 1 9802008040 500 0", "special classification"),
    ],
)
def test_what_differs_is_said_in_few_words(record, text, said) -> None:
    assert why(record, text) == said


def test_several_findings_stand_together_the_gravest_first(record) -> None:
    text = "E1 1 99030124 0 100\nE1 1 99038803 0 250\nE1 1 9503000073 1000 0"
    assert (
        why(record, text)
        == "missing heading: 9903.01.63; unexpected heading: 9903.88.03; rate differs: 9903.01.24"
    )


def test_the_words_are_few_and_all_different() -> None:
    words = [*WORDS.values(), *STATUS_WORDS.values(), OTHER_DAY, AGREES]
    assert len(set(words)) == len(words)


def test_an_entry_from_a_warehouse_may_owe_the_rate_of_another_day(record) -> None:
    assert why(record, AGREED.replace("1250", "840"), type="31") == "rate of another day"
    assert why(record, AGREED.replace("1250", "840"), type="01") == "rate differs: 9903.01.63"
    assert why(record, AGREED, type="31") == "agrees"


def test_the_relief_of_small_values_is_not_claimed_for_a_line_of_an_entry(record) -> None:
    assert why(record, "E1 1 99030163 0 125\nE1 1 99030124 0 20\nE1 1 9503000073 100 0") == "agrees"


def test_variance_is_what_was_paid_too_much_and_null_where_either_is_unknown(record) -> None:
    text = "\n".join(
        AGREED.replace("E1 1", f"E1 {line}").replace("1250", paid)
        for line, paid in enumerate(("1250", "1500", "840", "-"))
    )
    found = goods(audited(record, rows(text)))
    assert [(row["paid"], row["variance"]) for row in found] == [
        (1450.0, 0.0),
        (1700.0, 250.0),
        (1040.0, -410.0),
        (None, None),
    ]


def test_each_row_tells_the_duty_of_its_own_heading(record) -> None:
    found = audited(record, rows(AGREED.replace("1250", "840")))
    assert [(row["status"], row["heading_due"], row["heading_variance"]) for row in found] == [
        (DECLARED, 1250.0, -410.0),
        (DECLARED, 200.0, 0.0),
        ("complete", 0.0, 0.0),
    ]
    assert [row["headings"] for row in found] == [None, None, "9903.01.24;9903.01.63"]


# one row for a line


def single(record, *lines: tuple[str, float | None], outputs=None) -> list[dict]:
    table = pa.table(
        {
            "date": ["2025-04-30"] * len(lines),
            "hs": [code for code, _ in lines],
            "value": [1000.0] * len(lines),
            "paid": pa.array([paid for _, paid in lines], pa.float64()),
        }
    )
    plan = Plan(
        {name: name for name in table.column_names},
        {"origin": "cn", "importer": "us"},
        outputs=outputs,
    )
    made = Auditor(Rater(record, plan), {}, several=False)
    (batch,) = table.to_batches()
    return pa.table(dict(zip(made.added, made.rate(batch).arrays, strict=True))).to_pylist()


def test_a_file_with_one_amount_a_line_is_compared_in_sum(record) -> None:
    found = single(
        record,
        ("9503000073", 1450.0),
        ("9503000073", 1450.01),
        ("9503000073", 200.0),
        ("9503000073", 1250.0),
        ("9503000073", 1000.0),
        ("9503000073", 2000.0),
        ("9503000073", None),
        ("99", 1.0),
    )
    said = [row["why"] for row in found]
    assert said[:4] == [
        "agrees",
        "rounding",
        "as if without: 9903.01.63",
        "as if without: 9903.01.24",
    ]
    assert said[4:] == ["paid less", "paid more", "no amount paid", "not rated"]
    assert [row["variance"] for row in found][:4] == [0.0, 0.01, -1250.0, -200.0]


def test_a_column_named_paid_is_not_added_again(record) -> None:
    (row,) = single(record, ("9503000073", 1450.0), outputs=["duty_due"])
    assert list(row) == ["duty_due", "variance", "why", "headings"]


# sums and texts


def test_the_sums_of_an_audit_are_exact_and_independent_of_batches(record) -> None:
    lines = [
        AGREED.replace("E1 1", f"E{one} {one}").replace("1250", f"{1250 + one / 100:.2f}")
        for one in range(30)
    ]
    table = rows("\n".join(lines))
    seen = []
    for size in (4, 1000):
        made = auditor(record, table)
        tally = Tally(made)
        for batch in batches(table, size):
            tally.collect(made.rate(batch))
        seen.append([(sheet.name, sorted(map(str, sheet.rows))) for sheet in tally.reports()])
        audit = {row[0]: row[1:] for row in tally.reports()[0].rows}
        assert audit["rate differs: 9903.01.63"] == (
            28,
            Decimal("0.00"),
            sum((Decimal(one) / 100 for one in range(2, 30)), Decimal(0)),
        )
        headings = {row[0]: row[1:] for row in tally.reports()[1].rows}
        assert headings["9903.01.63"][3:] == (
            Decimal("37500.00"),
            Decimal("37504.35"),
            Decimal("4.35"),
        )
    assert seen[0] == seen[1]


def test_findings_do_not_depend_on_the_order_in_which_headings_were_met(record) -> None:
    text = (
        "E1 1 9503000073 1000 0\nE2 1 99030163 0 1250\nE2 1 99030124 0 200\nE2 1 9503000073 1000 0"
    )
    turned = "\n".join([*text.splitlines()[1:], text.splitlines()[0]])
    first, second = (
        sorted(row["why"] for row in goods(audited(record, rows(one)))) for one in (text, turned)
    )
    assert first == second == ["agrees", "missing heading: 9903.01.24, 9903.01.63"]


def test_a_layer_whose_heading_the_record_lacks_is_met_by_its_programme(record) -> None:
    headings = Headings(record)
    lacking = headings.number_of_charge("", "us-ieepa-reciprocal")
    declared = headings.number("99030125")
    assert headings.labels[lacking] == "us-ieepa-reciprocal"
    one = np.zeros(1, dtype=np.int64)
    pairs = paired(
        Items(one, one + lacking, one + 500),
        Items(one, one + declared, one + 500),
        len(headings.labels),
    )
    (text,) = Sayings(headings).of(findings(pairs, headings.programme), 1)[:1]
    assert text == 0 or headings.labels[declared] == "9903.01.25"


def test_the_names_of_the_export_are_those_of_the_tests() -> None:
    assert len(set(SHORT.values())) == len(SHORT)


def test_classes_kept_from_an_earlier_run_tell_headings_too(record, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TARIFF_CACHE", str(tmp_path))
    table = rows(AGREED)
    first = auditor(record, table)
    before = first.rate(batches(table)[0]).arrays
    keep_classes(first.rater.classes)
    classes = open_classes(record, None)
    assert classes.fresh == 0
    assert len(classes.outcomes) > 0
    again = Auditor(Rater(record, first.rater.plan, classes), first.found, several=True)
    assert [array.to_pylist() for array in again.rate(batches(table)[0]).arrays] == [
        array.to_pylist() for array in before
    ]
    assert classes.fresh == 0


@pytest.mark.parametrize("several", [True, False])
def test_every_added_column_has_the_type_it_says(record, several) -> None:
    table = rows(AGREED + "\nE1 2 9503000073 10 - origin:XX")
    made = auditor(record, table, several=several)
    (batch,) = table.to_batches()
    assert [array.type for array in made.rate(batch).arrays] == [
        made.type_of(name) for name in made.added
    ]
    assert {len(array) for array in made.rate(batch).arrays} == {batch.num_rows}
    empty = made.rate(batch.slice(0, 0))
    assert [(len(array), array.type) for array in empty.arrays] == [
        (0, made.type_of(name)) for name in made.added
    ]
