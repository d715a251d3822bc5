"""Lists of codes: what stands on them, and that every one is counted and read twice."""

import csv

import pytest

from support import ROOT
from tariffcli.api import ask

PATENTED = {"patented_drug": True}


def rows(path):
    with (ROOT / path).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def duty(record, day, product, **facts):
    return ask(
        day, origin="cn", importer="us", product=product, facts=facts, record=record
    ).additional_pct


@pytest.mark.parametrize("code", ["8511.10.00", "8511.10.0000"])
def test_a_statistical_number_ending_in_00_is_the_whole_line(record, code):
    """The parts list of Proc. 10908 prints 8511.10.0000 for a line that is not divided."""
    assert duty(record, "2025-06-05", code, vehicle_part=True) == 70
    assert duty(record, "2025-06-05", code, vehicle_part=False) == 55


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("3004.20.0042", 0, 100),  # joined the list
        ("3004.20.0083", 0, 0),  # left it as the duty began for all companies
        ("3004.90.9276", 0, 100),  # stayed
    ],
)
def test_the_list_of_patented_drugs_was_split_anew_on_29_september_2026(
    record, code, before, after
):
    other_company = {"pharma_annex_3_company": False}
    assert duty(record, "2026-09-28", code, **PATENTED, **other_company) == before
    assert duty(record, "2026-09-29", code, **PATENTED) == after


def test_drugs_for_research_are_free_of_the_patented_drug_duty_from_29_september_2026(record):
    assert duty(record, "2026-09-30", "3004.90.9276", **PATENTED, research_use=True) == 0
    assert (
        ask(
            "2026-09-30",
            origin="cn",
            importer="us",
            product="3004.90.9276",
            facts=PATENTED,
            record=record,
        ).min_pct
        == 100
    )


def test_the_new_drug_list_is_not_known_before_its_notice(record):
    known = ask(
        "2026-09-30",
        origin="cn",
        importer="us",
        product="3004.20.0042",
        known_on="2026-09-22",
        facts=PATENTED,
        record=record,
    )
    assert known.additional_pct == 0


def test_every_list_is_counted_or_says_why_not(record):
    counted = {scope for row in rows("data/counts.csv") for scope in row["scopes"].split(";")}
    silent = [
        scope.id
        for scope in record.scopes.values()
        if scope.official_count is None and scope.id not in counted and not scope.shortfall
    ]
    assert silent == []


def test_every_second_reading_is_of_lists_of_the_record_and_every_difference_of_a_reading(record):
    readings = rows("tools/second_readings.csv")
    assert {scope for row in readings for scope in row["scopes"].split(";")} <= set(record.scopes)
    assert {row["list"] for row in rows("tools/second_readings_explained.csv")} <= {
        row["list"] for row in readings
    }
    assert all(
        row["why"] and int(row["count"]) > 0 for row in rows("tools/second_readings_explained.csv")
    )


def test_lists_read_officially_have_a_second_reading_or_a_description(record):
    """A list of the act's own codes, read in official text, was read twice; the others are known by
    their text alone.
    """
    read_twice = {
        scope for row in rows("tools/second_readings.csv") for scope in row["scopes"].split(";")
    }
    counted = {scope for row in rows("data/counts.csv") for scope in row["scopes"].split(";")}
    alone = {
        scope.id
        for scope in record.scopes.values()
        if scope.confidence == "official" and scope.id not in read_twice | counted
    }
    assert alone == {"us-201-solar-cells", "us-201-solar-modules", "us-232-elected-parts"}


def test_parts_that_may_be_elected_are_lines_of_the_metal_and_wood_lists():
    """Proc. 10984 names no codes: the list is made of others that were read twice, without the
    parts lists and chapters 72, 73 and 76.
    """

    def codes(*words: str) -> tuple[str, ...]:
        paths = [
            path
            for path in (ROOT / "data" / "scopes").glob("us-232-*.csv")
            if any(word in path.name for word in words)
        ]
        return tuple(
            row["prefix"]
            for path in paths
            for row in rows(str(path.relative_to(ROOT)))
            if row["sign"] == "in"
        )

    elected = codes("elected-parts")
    charged = codes(
        "steel", "aluminium", "copper", "232-annex-", "softwood", "cabinets", "upholstered"
    )
    assert [
        code
        for code in elected
        if not code.startswith(charged) and not any(one.startswith(code) for one in charged)
    ] == []
    assert [
        code
        for code in elected
        if code.startswith((*codes("auto-parts", "truck-parts"), "72", "73", "76"))
    ] == []
