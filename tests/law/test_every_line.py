"""Every code of every edition, asked one by one: each answers, lies inside its heading, and makes
it up together with the others.

One day of each edition is asked whole; the other days take turns at its headings.
HYPOTHESIS_PROFILE=deep asks every day whole.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import groupby

import pytest

from support import ROOT
from tariffcli.law.codes import edition_at, stands
from tariffcli.law.engine import answer_case, open_case
from tariffcli.law.instants import end_of_day
from tariffcli.law.model import Answer, Product, Query

WHOLE = (0, 1)
DAYS = [
    ("us", "cn", "2018-12-31", WHOLE),
    ("us", "cn", "2022-01-27", (0, 4)),
    ("us", "cn", "2025-04-20", (1, 4)),
    ("us", "cn", "2025-12-01", (2, 4)),
    ("us", "hk", "2025-06-05", (3, 4)),
    ("us", "cn", "2026-08-10", WHOLE),
    ("cn", "us", "2018-12-31", WHOLE),
    ("cn", "us", "2021-12-31", (0, 3)),
    ("cn", "us", "2025-06-05", (1, 3)),
    ("cn", "us", "2026-11-21", WHOLE),
]
"""Days of different editions and different stacks; the headings asked are those at places `start,
start + step, ...` of all.
"""

SLACK = Decimal("1E-9")


def codes_of(record, importer: str, moment: int) -> list[str]:
    """Every code that can be asked for by itself: the lines of the schedule where one is held, the
    subheadings of the edition where none is, and every line and part of a line that a list names.
    """
    edition = edition_at(record, importer, moment)
    named = {
        row.prefix
        for scope in record.scopes
        if record.scopes[scope].importer == importer
        for row in record.scope_lines(scope, edition)
    }
    standing = {line.code for line in record.lines(importer, "") if stands(line, moment)}
    if len(standing) > 5_000:
        return sorted(standing | {code for code in named if len(code) > 8 and code[:8] in standing})
    with (ROOT / "data" / "subheadings.csv").open(encoding="utf-8", newline="") as stream:
        every = {row["code"] for row in csv.DictReader(stream) if row["edition"] == edition}
    return sorted(every | {code for code in named if len(code) >= 6 and code[:6] in every})


class Asked(Mapping[str, Answer]):
    """Answers by code, each asked once."""

    def __init__(self, record, importer: str, origin: str, day: str, turn: tuple[int, int]) -> None:
        self.moment = end_of_day(day, record.zones[importer])
        every = codes_of(record, importer, self.moment)
        assert len(every) > 5_000
        start, step = turn
        headings = set(sorted({code[:4] for code in every})[start::step])
        self.codes = [code for code in every if code[:4] in headings]
        assert len(self.codes) > len(every) // (2 * step)
        self._case = open_case(record, importer, origin)
        self._query = Query(importer, origin, self.moment, None, Product("code", "", "", ()))
        self._kept: dict[str, Answer] = {}

    def __getitem__(self, code: str) -> Answer:
        if code not in self._kept:
            self._kept[code] = answer_case(
                self._case, self._query._replace(product=Product("code", code, code, (code,)))
            )
        return self._kept[code]

    def __iter__(self):
        return iter(self.codes)

    def __len__(self) -> int:
        return len(self.codes)


def inside(inner: Answer, outer: Answer) -> bool:
    least, most = outer.min_pct - SLACK, None if outer.max_pct is None else outer.max_pct + SLACK
    return least <= inner.min_pct and (
        most is None or (inner.max_pct is not None and inner.max_pct <= most)
    )


def every_code_answers(asked: Asked):
    for code in asked:
        answer = asked[code]
        assert answer.status in ("complete", "range", "needs_fact"), code
        assert answer.min_pct is not None, code
        assert answer.min_pct >= 0, code
        assert (
            (answer.status == "complete")
            == (answer.additional_pct is not None)
            == (answer.min_pct == answer.max_pct)
        ), code


def a_longer_code_lies_inside_the_range_of_its_prefixes(asked: Asked):
    for code in asked:
        for digits in (4, 6, 8):
            if digits < len(code):
                assert inside(asked[code], asked[code[:digits]]), (code, code[:digits])


def the_parts_of_a_heading_make_the_whole(asked: Asked):
    """Every line of a heading stands in exactly one part, and the least and most of the parts are
    those of the whole.
    """
    for heading, inside_it in groupby(asked, lambda code: code[:4]):
        whole = asked[heading]
        if not whole.parts:
            continue
        codes = [code for part in whole.parts for code in part.codes]
        assert len(codes) == len(set(codes)), heading
        if len(asked.codes[0]) == 8:  # a schedule is held
            assert set(codes) == set(inside_it), heading
        assert abs(sum(part.share_of_lines for part in whole.parts) - 1) < SLACK, heading
        assert min(part.outcome.min_pct for part in whole.parts) == whole.min_pct, heading
        tops = [part.outcome.max_pct for part in whole.parts]
        assert whole.max_pct == (None if None in tops else max(tops)), heading


def layers_together_are_never_more_than_their_sum(asked: Asked):
    """Stacking only takes away: no answer is above the sum of the most that its acts say of the
    whole value.
    """
    for code in asked:
        answer = asked[code]
        tops: Iterable[Decimal | None] = [
            one.nominal_pct if one.event.rate_max_pct is None else one.event.rate_max_pct
            for one in answer.layers
        ]
        if answer.max_pct is None:
            assert any(
                one.event.amount is not None or one.event.rate_pct is None for one in answer.layers
            ), code
        elif not answer.parts:
            assert answer.max_pct <= sum(top for top in tops if top is not None), code


@pytest.mark.parametrize(
    ("importer", "origin", "day", "turn"),
    [pytest.param(*row, id="-".join(row[:3])) for row in DAYS],
)
def test_what_holds_for_every_code_of_an_edition(
    record, importer: str, origin: str, day: str, turn: tuple[int, int]
):
    asked = Asked(
        record,
        importer,
        origin,
        day,
        WHOLE if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else turn,
    )
    every_code_answers(asked)
    a_longer_code_lies_inside_the_range_of_its_prefixes(asked)
    the_parts_of_a_heading_make_the_whole(asked)
    layers_together_are_never_more_than_their_sum(asked)
