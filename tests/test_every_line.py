"""Every code of an edition answers, and a number is only given for what is known."""

import pytest

from tariffcli.law.engine import rate
from tariffcli.law.instants import end_of_day
from tariffcli.law.model import Product, Query


@pytest.mark.parametrize(("day", "step"), [("2018-12-31", 5), ("2021-06-30", 5), ("2025-06-01", 1), ("2026-06-08", 5)])
def test_every_line_of_the_schedule_in_force_answers(record, day, step):
    moment = end_of_day(day, record.zones["us"])
    lines = sorted(
        {line.code for line in record.lines("us", "") if (line.since or 0) <= moment and (line.until is None or moment < line.until)}
    )
    assert len(lines) > 11_000
    for code in lines[::step]:
        answer = rate(record, Query("us", "cn", moment, None, Product("code", code, code, (code,))))
        assert answer.status in ("complete", "range", "needs_fact"), code
        assert answer.min_pct is not None
        assert (answer.status == "complete") == (answer.additional_pct is not None), code


def test_every_listed_line_of_china_answers(record):
    moment = end_of_day("2025-06-05", record.zones["cn"])
    codes = sorted(
        {row.prefix for scope in record.scopes if scope.startswith("cn-") for row in record.scope_lines(scope, "2022") if row.inside}
    )
    assert len(codes) > 6_000
    for code in codes[::3]:
        answer = rate(record, Query("cn", "us", moment, None, Product("code", code, code, (code,))))
        assert answer.min_pct is not None
        assert answer.min_pct >= 10, code


def test_layers_together_are_never_more_than_their_sum(record):
    """Stacking only takes away: no answer is above the sum of what its acts say of the whole value."""
    moment = end_of_day("2025-12-01", record.zones["us"])
    lines = sorted({line.code for line in record.lines("us", "") if line.until is None})
    for code in lines[::40]:
        answer = rate(record, Query("us", "cn", moment, None, Product("code", code, code, (code,))))
        nominal = sum(layer.nominal_pct for layer in answer.layers if layer.nominal_pct is not None)
        assert answer.max_pct is not None
        assert answer.max_pct <= nominal, code
