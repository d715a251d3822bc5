"""Excluded goods: a whole statistical line is excluded by itself, a described product must be
claimed and its item is named, none for ever.
"""

from __future__ import annotations

import json
import random
from decimal import Decimal as D

import pytest

from support.run_program import answered, ask
from support.tiny_law import TinyBook, event, line, yes_no
from tariffcli.book.load import Record
from tariffcli.law.codes import stands
from tariffcli.law.docket import docket_of
from tariffcli.law.engine import open_case, rate
from tariffcli.law.instants import end_of_day
from tariffcli.law.items import SHOWN, item_notes, readings
from tariffcli.law.model import Query
from tariffcli.law.products import find_product
from tariffcli.law.reference import Item

PAIR = ("--from", "cn", "--to", "us")
EASTERN = "America/New_York"
WORDS = "Sheets of a width of 5 cm or less"
RELIEF = yes_no("relief", "assume_no")
LISTS = {"lines": ["72081000"], "products": ["72091500"], "all-sheets": ["7208", "7209"]}
ITEMS = (
    Item("lines", "3", "note 1(a)", ("72081000",), "", ""),
    Item("products", "2", "note 1(b)", ("72091500",), WORDS, ""),
    Item("products", "10", "note 1(b)", ("72091500",), "Sheets that are blue", ""),
)
DUTY = event("duty", "25", scope="all-sheets")


def book(*more: Item, until: str | None = "2025-12-01") -> TinyBook:
    """A duty on sheets: the lines of one list are outside it, the products that another describes
    if that is claimed.
    """
    return TinyBook(
        [
            DUTY,
            event("whole", effect="exempt", scope="lines", until=until),
            event("described", effect="exempt", scope="products", until=until, condition="relief"),
        ],
        scopes=LISTS,
        lines=[line("72081000"), line("72091500"), line("72092500")],
        conditions=[RELIEF],
        items=(*ITEMS, *more),
    )


def told(tiny: TinyBook, product: str, day: str = "2025-06-01", **facts: bool) -> dict[str, str]:
    """The notes that name items, by their codes."""
    moment = end_of_day(day, EASTERN)
    query = Query("us", "cn", moment, None, find_product(tiny, "us", product, moment), facts)
    return dict(item_notes(docket_of(tiny, "us", "cn"), query))


def test_a_whole_line_is_excluded_by_itself_and_its_item_is_named() -> None:
    assert book().owes("2025-06-01", product="72081000") == "0"
    assert told(book(), "72081000") == {
        "items": "Items in force for these lines: act whole, note 1(a), item 3 (7208.10.00)."
    }


def test_a_described_product_pays_until_it_is_claimed_and_every_item_of_its_code_is_named() -> None:
    assert book().owes("2025-06-01", product="72091500") == "25"
    assert book().owes("2025-06-01", product="72091500", relief=True) == "0"
    assert told(book(), "72091500") == {
        "items_to_read": "Read before --claim relief: act described, note 1(b), items 2 and 10 (7209.15.00)."
    }
    assert told(book(), "72091500", relief=True) == {
        "items": "Items in force for these lines: act described, note 1(b), items 2 and 10 (7209.15.00)."
    }


def test_who_says_that_it_is_not_the_described_product_is_sent_to_no_text() -> None:
    assert told(book(), "72091500", relief=False) == {}


def test_a_heading_names_the_items_of_both_kinds_and_another_line_none() -> None:
    assert set(told(book(), "72")) == {"items", "items_to_read"}
    assert told(book(), "72092500") == {}
    assert told(book(), "general") == {}


def test_after_the_end_nothing_is_named_and_nothing_is_free() -> None:
    assert told(book(), "72081000", "2025-12-01") == {}
    assert book().owes("2025-12-01", product="72081000") == "25"
    assert book().owes("2025-12-01", product="72091500", relief=True) == "25"


def test_an_exclusion_that_another_act_took_back_is_not_named() -> None:
    tiny = book()
    back = [
        event(
            f"back-{of}",
            effect="undo",
            scope=of,
            announced="2025-03-01",
            effective="2025-04-01",
            undoes=undone,
        )
        for of, undone in (("lines", "whole"), ("products", "described"))
    ]
    again = TinyBook(
        [*tiny.events["us"], *back],
        scopes=LISTS,
        lines=[line("72081000"), line("72091500"), line("72092500")],
        conditions=[RELIEF],
        items=ITEMS,
    )
    assert told(again, "72081000", "2025-03-31") != {}
    assert told(again, "72081000") == told(again, "72091500") == {}
    assert again.owes("2025-06-01", product="72081000") == "25"


def test_many_items_are_cut_in_the_sentence_and_the_rest_is_counted() -> None:
    more = (
        Item("products", str(number), "note 1(b)", ("72091500",), WORDS, "")
        for number in range(11, 31)
    )
    said = told(book(*more), "72091500")["items_to_read"]
    assert said.count(",") == SHOWN
    assert said.endswith(f"; and {22 - SHOWN} more items (a longer code narrows them).")


# The record


def at(record: Record, product: str, day: str, **facts: bool) -> Query:
    """A question about goods of China at the end of a day."""
    moment = end_of_day(day, EASTERN)
    return Query("us", "cn", moment, None, find_product(record, "us", product, moment), facts)


def test_a_whole_line_of_the_record_needs_no_claim(record: Record) -> None:
    document = json.loads(
        answered(
            ask("rate", *PAIR, "--date", "2023-09-30", "--hs", "8412.21.0045", "--format", "json")
        )
    )
    assert document["additional_pct"] == 0
    [item] = document["items"]
    assert (item["heading"], item["provision"], item["item"], item["holds"]) == (
        "9903.88.67",
        "note 20(ttt)(i)",
        "1",
        True,
    )


def test_a_described_product_of_the_record_names_heading_note_item_and_words(
    record: Record,
) -> None:
    asked = ("rate", *PAIR, "--date", "2025-01-15", "--hs", "8414.30.8030")
    document = json.loads(answered(ask(*asked, "--format", "json")))
    claimed = json.loads(answered(ask(*asked, "--claim", "exclusion", "--format", "json")))
    assert (document["additional_pct"], claimed["additional_pct"]) == (25, 0)
    [item] = document["items"]
    assert (item["heading"], item["provision"], item["holds"]) == (
        "9903.88.69",
        "note 20(vvv)(i)",
        False,
    )
    assert item["text"].startswith("Compressors, other than screw type")
    reference = f"9903.88.69, note 20(vvv)(i), item {item['item']}"
    assert f"Read before --claim exclusion: {reference} (8414.30.8030)." in [
        note["text"] for note in document["notes"]
    ]
    view = " ".join(answered(ask(*asked, "--explain")).split())
    assert f"Items to read: {reference}: Compressors, other than screw type" in view


def test_what_followed_the_last_known_end_is_a_range_that_names_the_text(record: Record) -> None:
    query = at(record, "8414308030", "2026-11-20", exclusion=True)
    layer = next(one for one in rate(record, query).layers if one.programme == "us-301-tech")
    assert (layer.role, layer.min_pct, layer.max_pct) == ("unknown", 0, 25)
    [reading] = readings(open_case(record, "us", "cn"), query)
    [(code, text)] = item_notes(open_case(record, "us", "cn"), query)
    assert (code, reading.holds) == ("items_open", None)
    assert text.endswith("what followed: 9903.88.69, note 20(vvv)(i), item 7 (8414.30.8030).")
    assert (reading.event.confidence, reading.event.heading) == ("open", "9903.88.69")
    assert reading.items[0].provision == "note 20(vvv)(i)"


def test_new_numbers_of_an_excluded_line_are_free_by_their_own_act_and_were_not_before_it(
    record: Record,
) -> None:
    query = at(record, "3926909915", "2026-07-15")
    before, now = rate(record, query._replace(known_on="2026-09-01")), rate(record, query)
    assert [
        one.min_pct
        for answer in (before, now)
        for one in answer.layers
        if one.programme == "us-301-tech"
    ] == [D("7.5"), 0]
    [reading] = readings(open_case(record, "us", "cn"), query)
    assert (reading.event.act, reading.items[0].number) == ("91 FR 56538", "4")


EXCLUSIONS = "us-301-excl-"


def test_every_exclusion_has_an_end_and_an_item_for_each_of_its_codes(record: Record) -> None:
    rows = [
        row
        for row in record.events["us"]
        if row.scope.startswith(EXCLUSIONS) and row.effect == "exempt"
    ]
    assert {row.scope for row in rows} == {
        scope for scope in record.scopes if scope.startswith(EXCLUSIONS)
    }
    assert all(row.until is not None for row in rows)
    for scope in {row.scope for row in rows}:
        for edition in ("2017", "2022"):
            for one in record.scope_lines(scope, edition):
                assert record.items(scope, one.prefix), (scope, one.prefix)


def test_an_exclusion_is_by_claim_or_of_whole_lines(record: Record) -> None:
    for row in record.events["us"]:
        if row.scope.startswith(EXCLUSIONS) and row.effect != "undo":
            assert ("whole" in row.scope) == (not row.condition), row.id
            items = {
                item
                for one in record.scope_lines(row.scope, "2017")
                for item in record.items(row.scope, one.prefix)
            }
            if "whole" not in row.scope:
                assert all(item.text for item in items), row.scope


@pytest.mark.parametrize("claimed", [False, True])
def test_no_exclusion_is_free_on_a_day_that_no_act_is_known_to_cover(
    record: Record, claimed: bool
) -> None:
    """Each excluded code at the last known end of its list: it pays, or it is a range, or another
    act in force excludes it.
    """
    ends: dict[str, int] = {}
    for row in record.events["us"]:
        if row.scope.startswith(EXCLUSIONS) and row.effect == "exempt" and row.until is not None:
            ends[row.scope] = max(ends.get(row.scope, 0), row.until)
    case = open_case(record, "us", "cn")
    for scope, end in ends.items():
        for one in [*record.scope_lines(scope, "2017"), *record.scope_lines(scope, "2022")][::7]:
            if not any(stands(row, end) for row in record.lines("us", one.prefix[:8])):
                continue
            product = find_product(record, "us", one.prefix, end)
            query = Query("us", "cn", end, None, product, {"exclusion": claimed})
            layer = next(
                layer for layer in rate(record, query).layers if layer.programme == "us-301-tech"
            )
            if layer.role == "exempt":
                covering = [
                    reading
                    for reading in readings(case, query)
                    if reading.met and reading.event.effect == "exempt"
                ]
                assert covering, (scope, one.prefix)
                assert all(
                    found.event.until is not None and end < found.event.until for found in covering
                )
            else:
                assert layer.max_pct is None or layer.max_pct > 0, (scope, one.prefix)


def test_an_item_is_said_to_hold_where_and_only_where_the_duty_is_lifted(record: Record) -> None:
    draw = random.Random(301)
    scopes = sorted(scope for scope in record.scopes if scope.startswith(EXCLUSIONS))
    codes = sorted(
        {
            (row.prefix, edition)
            for scope in scopes
            for edition in ("2017", "2022")
            for row in record.scope_lines(scope, edition)
        }
    )
    case = open_case(record, "us", "cn")
    asked = 0
    for code, edition in draw.sample(codes, 400):
        year = draw.randint(2018, 2021) if edition == "2017" else draw.randint(2022, 2026)
        moment = end_of_day(f"{year}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}", EASTERN)
        if not any(stands(row, moment) for row in record.lines("us", code[:8])):
            continue
        query = Query(
            "us",
            "cn",
            moment,
            None,
            find_product(record, "us", code, moment),
            {"exclusion": True} if draw.random() < 0.5 else {},
        )
        lifted = [
            one
            for one in rate(record, query).layers
            if one.programme == "us-301-tech" and one.role == "exempt"
        ]
        assert bool(lifted) == any(one.holds for one in readings(case, query)), (code, moment)
        asked += 1
    assert asked > 200
