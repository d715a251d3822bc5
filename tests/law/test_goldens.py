"""Goldens: the history of each pair, and a witness for every act. `python tools/golden.py` writes
them; review the difference.
"""

import csv

import pytest

from support import TESTS
from support.golden_histories import CHOSEN, file_name, lines
from support.golden_witnesses import asked_again
from tariffcli.law.engine import open_case

GOLDEN = TESTS / "golden"


def rows_of(name):
    with (GOLDEN / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize(("origin", "importer", "product"), CHOSEN)
def test_the_history_is_as_reviewed(record, origin, importer, product):
    assert list(lines(record, origin, importer, product)) == rows_of(
        file_name(origin, importer, product)
    )


def test_every_act_answers_as_reviewed_around_its_instants(record):
    wrong = [
        row
        for row in rows_of("witnesses.csv")
        if asked_again(record, row, open_case) != row["answer"]
    ]
    assert wrong == []


def test_every_act_of_law_has_a_witness_or_a_reason(record):
    acts = {event.id for rows in record.events.values() for event in rows if event.status == "law"}
    witnessed = {row["event"] for row in rows_of("witnesses.csv")}
    explained = {row["event"]: row["reason"] for row in rows_of("unwitnessed.csv")}
    assert acts == witnessed | set(explained)
    assert not witnessed & set(explained)
    assert all(explained.values())


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("cn_on_us_general.csv", "2025-04-10T12:01:00+08:00,84"),
        ("cn_on_us_general.csv", "2026-11-10T13:01:00+08:00,10..34"),
        ("us_on_cn_general.csv", "2025-04-10T00:01:00-04:00,145"),
        ("us_on_cn_general.csv", "2026-02-24T00:00:00-05:00,0"),
    ],
)
def test_the_guard_still_holds_a_noon_change_an_open_range_a_peak_and_an_ending(name, wanted):
    assert wanted in (GOLDEN / name).read_text(encoding="utf-8")
