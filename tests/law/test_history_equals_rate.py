"""A step of the history begins wherever the rate changes, and nowhere else: for codes of every
kind, of both importers.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pytest

from support.run_program import ask as run
from tariffcli.errors import UsageError
from tariffcli.law.engine import open_case, rate
from tariffcli.law.history import history
from tariffcli.law.instants import end_of_day, start_of_day
from tariffcli.law.model import Query
from tariffcli.law.outlook import changes_between, figure, next_change
from tariffcli.law.products import find_product

SINCE, UNTIL = "2018-01-01", "2026-12-31"
ZONES = {"us": "America/New_York", "cn": "Asia/Shanghai"}
ORIGINS = {"us": "cn", "cn": "us"}


@pytest.fixture(scope="module")
def codes(record) -> Mapping[str, Sequence[str]]:
    """Codes of every kind: listed, unlisted siblings of them, of other editions, of two to ten
    digits.
    """
    draw = random.Random(1)
    found: dict[str, list[str]] = {}
    for importer in ZONES:
        scopes = [name for name, scope in record.scopes.items() if scope.importer == importer]
        listed = sorted(
            {
                row.prefix
                for name in scopes
                for edition in ("2017", "2022")
                for row in record.scope_lines(name, edition)
            }
        )
        picked = draw.sample(listed, 60)
        siblings = [
            code[:6].ljust(6, "0") + f"{draw.randrange(100):02}" for code in draw.sample(listed, 60)
        ]
        longer = [
            (code.ljust(8, "0") + f"{draw.randrange(100):02}")[:10]
            for code in draw.sample(listed, 20)
        ]
        shorter = [code[: draw.choice((2, 4, 6))] for code in draw.sample(listed, 20)]
        lines = (
            [line.code for line in draw.sample(record.lines(importer, ""), 40)]
            if record.lines(importer, "")
            else []
        )
        found[importer] = [*picked, *siblings, *longer, *shorter, *lines]
    return found


def rate_at(record, query, moment):
    """The figure at an instant, or None where the code is no line of that day."""
    try:
        return figure(rate(record, query._replace(instant=moment)))
    except UsageError:
        return None


def step_at(steps, moment):
    answer = [step.answer for step in steps if step.since <= moment][-1]
    return figure(answer) if answer is not None else None


@pytest.mark.parametrize("known_on", [None, "2019-08-30", "2025-04-09"])
@pytest.mark.parametrize("importer", ZONES)
def test_the_history_holds_the_rate_of_every_instant(record, codes, importer, known_on):
    draw = random.Random(f"{importer} {known_on}")
    zone = ZONES[importer]
    since, until = start_of_day(SINCE, zone), end_of_day(UNTIL, zone)
    docket = open_case(record, importer, ORIGINS[importer])
    for code in draw.sample(codes[importer], 60):
        query = asked(record, importer, code, known_on)
        if query is None:
            continue
        steps = history(docket, query, since, until)
        for step in steps[1:]:
            assert rate_at(record, query, step.since - 1) != rate_at(record, query, step.since), (
                code,
                step.since,
            )
        for moment in [draw.randrange(since, until) for _ in range(25)]:
            assert step_at(steps, moment) == rate_at(record, query, moment), (code, moment)


def asked(record, importer, code, known_on):
    """A question about a code that is one at some time of the span, else None."""
    zone = ZONES[importer]
    for day in ("2018-07-01", "2020-01-01", "2023-01-01", "2026-01-01"):
        try:
            product = find_product(record, importer, code, end_of_day(day, zone))
        except UsageError:
            continue
        return Query(importer, ORIGINS[importer], end_of_day(day, zone), known_on, product)
    return None


@pytest.mark.parametrize("importer", ZONES)
def test_the_next_change_is_where_the_rate_first_differs(record, codes, importer):
    draw = random.Random(importer)
    docket = open_case(record, importer, ORIGINS[importer])
    zone = ZONES[importer]
    for code in draw.sample(codes[importer], 40):
        query = asked(record, importer, code, None)
        if query is None or rate_at(record, query, query.instant) is None:
            continue
        coming, until = next_change(docket, query), end_of_day("2028-12-31", zone)
        last = coming.instant - 1 if coming is not None else until
        now = rate_at(record, query, query.instant)
        for moment in [last, *(draw.randrange(query.instant, last + 1) for _ in range(20))]:
            assert rate_at(record, query, moment) in (now, None), (code, moment)
        if coming is not None:
            assert rate_at(record, query, coming.instant) == figure(coming.after) != now


def test_a_change_far_in_the_row_of_instants_is_still_found(record):
    """A good whose rate stood still over more than twenty changes of other goods: the next change
    is told all the same.
    """
    moment = end_of_day("2018-01-01", ZONES["us"])
    for code in ("0101", "27", "85171300", "9503"):
        query = Query("us", "cn", moment, None, find_product(record, "us", code, moment))
        docket = open_case(record, "us", "cn")
        every = changes_between(docket, query, moment, end_of_day("2028-12-31", ZONES["us"]))
        coming = next_change(docket, query)
        assert (coming.instant if coming else None) == (every[0].instant if every else None)


def test_the_story_of_an_unlisted_chinese_line_has_the_steps_of_its_subheading():
    """17029058 is no line that a list names: the record gives the range of its siblings, from the
    day on which one was listed.
    """
    told = run(
        "history",
        "--from",
        "us",
        "--to",
        "cn",
        "--hs",
        "17029058",
        "--since",
        "2018-06-01",
        "--until",
        "2020-12-31",
        "--format",
        "plain",
    )
    assert [(line[:10], line.split()[1]) for line in told.out.splitlines()] == [
        ("2018-06-01", "0"),
        ("2018-09-24", "0..10"),
        ("2019-06-01", "0..20"),
    ]


def test_the_panel_gives_an_unlisted_line_the_rate_of_each_day():
    rows = run(
        "export",
        "rates",
        "--pair",
        "us:cn",
        "--product",
        "17029058",
        "--since",
        "2019-05-31",
        "--until",
        "2019-06-02",
    ).out.splitlines()
    spans = [
        dict(zip(rows[0].split(","), row.split(","), strict=False))["additional_max_pct"]
        for row in rows[1:]
    ]
    assert spans == ["10", "20", "20"]
