"""Questions whose answers everybody who followed the trade war knows; among them those that broke
simpler models.
"""

import pytest

from tariffcli.api import ask
from tariffcli.law.expression import span


def answered(record, when, origin, importer, product=None, known_on=None):
    answer = ask(
        when, origin=origin, importer=importer, product=product, known_on=known_on, record=record
    )
    return answer.status, span(answer.min_pct, answer.max_pct)


@pytest.mark.parametrize(
    ("when", "origin", "importer", "product", "known_on", "expected"),
    [
        ("2025-04-24", "us", "cn", None, None, ("complete", "125")),
        ("2025-04-24", "cn", "us", None, None, ("complete", "145")),
        ("2025-06-05", "cn", "us", None, None, ("complete", "30")),
        ("2025-06-05", "us", "cn", None, None, ("complete", "10")),
        ("2026-11-15", "us", "cn", None, None, ("range", "10..34")),
        ("2026-11-15", "us", "cn", None, "2025-11-10", ("complete", "34")),
        ("2026-11-15", "cn", "us", None, None, ("complete", "12.5")),
        ("2026-11-15", "cn", "us", None, "2025-11-10", ("complete", "44")),
        ("2025-06-01", "cn", "us", None, "2025-04-20", ("complete", "145")),
        ("2025-04-10", "cn", "us", "smartphones", "2025-04-10", ("complete", "145")),
        ("2025-04-10", "cn", "us", "smartphones", "2025-04-12", ("complete", "20")),
        ("2025-04-10", "cn", "us", "smartphones", None, ("complete", "20")),
        ("2025-04-26", "de", "us", None, None, ("complete", "10")),
        ("2017-12-31", "us", "cn", None, None, ("outside_coverage", "unknown")),
        ("2025-04-24", "us", "fr", None, None, ("outside_coverage", "unknown")),
    ],
)
def test_the_answer_is_what_a_well_informed_reader_would_have_said(
    record, when, origin, importer, product, known_on, expected
):
    assert answered(record, when, origin, importer, product, known_on) == expected


def test_a_filed_entry_of_september_2026_is_reproduced(record):
    """Other articles of steel, 7326.90.8688 of China: 2.9 ordinary, 25 section 301, 50 section 232,
    forced labour displaced: 77.9.
    """
    answer = ask("2026-09-15", origin="cn", importer="us", product="7326.90.8688", record=record)
    assert span(answer.total_min_pct, answer.total_max_pct) == "77.9"


@pytest.mark.parametrize(
    ("day", "product", "total"),
    [
        ("2025-11-10", "8507.60.0020", "30.9"),
        ("2026-01-01", "8507.60.0020", "48.4"),
        ("2026-02-24", "8507.60.0020", "38.4"),
        ("2026-07-24", "8507.60.0020", "40.9"),
        ("2026-02-23", "electric-cars", "137.5"),
        ("2026-02-24", "electric-cars", "127.5"),
    ],
)
def test_a_battery_that_is_no_car_part_and_an_electric_car_with_their_ordinary_duty(
    record, day, product, total
):
    answer = ask(
        day,
        origin="cn",
        importer="us",
        product=product,
        facts={"vehicle_part": False},
        record=record,
    )
    assert span(answer.total_min_pct, answer.total_max_pct) == total


def test_what_would_apply_under_a_condition_is_a_layer_that_says_so(record):
    answer = ask("2025-06-05", origin="cn", importer="us", product="laptops", record=record)
    unmet = {
        layer.programme: layer.reason
        for layer in answer.layers
        if layer.role == "condition_not_met"
    }
    assert "passenger vehicle" in unmet["us-232-auto-parts"]


def test_the_beginning_and_the_end_of_every_programme_are_cited(record):
    for rows in record.events.values():
        for event in rows:
            assert event.status != "law" or (
                event.act and all(name in record.sources for name in event.source_ids)
            ), event.id
