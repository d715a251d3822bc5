"""Published figures: what others printed, with address and quotation, must come out of the
record.
"""

from collections import Counter

import pytest

from support.published_cases import cases, replayed

CASES = cases()


@pytest.mark.parametrize("row", [pytest.param(row, id=row["case_id"]) for row in CASES])
def test_a_published_figure_is_reproduced(record, row):
    assert replayed(record, row) == row["expected"], row["quote"]


def test_there_are_enough_cases_in_both_directions():
    assert len(CASES) >= 150
    assert min(Counter(row["importer"] for row in CASES).values()) >= 75


def test_totals_with_the_ordinary_duty_of_the_record_are_published_too():
    own = [
        row
        for row in CASES
        if row["importer"] == "cn" and row["measure"] == "total" and "mfn" not in row["facts"]
    ]
    assert len(own) >= 40
    assert len({row["publisher"] for row in own}) >= 15


def test_no_publisher_carries_more_than_a_third():
    publishers = Counter(row["publisher"] for row in CASES)
    assert publishers.most_common(1)[0][1] * 3 <= len(CASES)


@pytest.mark.parametrize("row", [pytest.param(row, id=row["case_id"]) for row in CASES])
def test_a_case_has_address_title_and_a_short_quotation(row):
    assert row["url"].startswith("http")
    assert row["title"]
    words = [word for word in row["quote"].split() if any(letter.isalnum() for letter in word)]
    chinese = sum("一" <= letter <= "鿿" for letter in row["quote"])
    assert 0 < len(words) <= 12
    assert chinese <= 24


CUT_OVERS = [
    ("us", "2018-07-06 00:01"),
    ("us", "2018-09-24 00:01"),
    ("us", "2019-05-10 00:01"),
    ("us", "2019-09-01 00:01"),
    ("us", "2020-02-14 00:01"),
    ("us", "2025-02-04 00:01"),
    ("us", "2025-03-04 00:01"),
    ("us", "2025-04-05 00:01"),
    ("us", "2025-04-09 00:01"),
    ("us", "2025-04-10 00:01"),
    ("us", "2025-05-14 00:01"),
    ("us", "2025-11-10 00:01"),
    ("us", "2026-02-24 00:01"),
    ("us", "2026-07-24 00:01"),
    ("cn", "2018-04-02 00:00"),
    ("cn", "2018-07-06 12:01"),
    ("cn", "2018-08-23 12:01"),
    ("cn", "2018-09-24 12:01"),
    ("cn", "2019-01-01 00:00"),
    ("cn", "2019-06-01 00:00"),
    ("cn", "2019-09-01 12:01"),
    ("cn", "2020-02-14 13:01"),
    ("cn", "2025-02-10 00:00"),
    ("cn", "2025-03-10 00:00"),
    ("cn", "2025-04-10 12:01"),
    ("cn", "2025-04-12 00:00"),
    ("cn", "2025-05-14 12:01"),
    ("cn", "2025-11-10 13:01"),
]


@pytest.mark.parametrize(("importer", "instant"), CUT_OVERS)
def test_every_great_cut_over_has_a_case_at_its_minute_and_before_it(importer, instant):
    day = instant[:10]
    moments = {row["at"] for row in CASES if row["importer"] == importer}
    assert instant in moments
    assert any(
        moment < instant and (moment.startswith(day) or moment.endswith("23:59") or ":" in moment)
        for moment in moments
    ), day
