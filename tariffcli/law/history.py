"""The step function of a rate: one step a change, with what changed and by which act; and
its days.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from tariffcli.errors import UsageError
from tariffcli.law.docket import Docket
from tariffcli.law.engine import answer_case
from tariffcli.law.instants import end_of_day
from tariffcli.law.model import Answer, Event, Query
from tariffcli.law.outlook import changed_events, changed_layers, figure, moments_of


class Step(NamedTuple):
    """A rate and the instant from which it holds. `answer` is None while the product is no line of
    the tariff.

    `events` are the rows behind the change, `charges` what each programme that changed charges
    since (least, most).
    """

    since: int
    answer: Answer | None
    events: tuple[Event, ...]
    charges: tuple[tuple[str, Decimal, Decimal | None], ...]


def history(docket: Docket, query: Query, since: int, until: int) -> list[Step]:
    """The steps of the additional duty from `since` through `until`; the first is the state at
    `since`.
    """
    steps: list[Step] = []
    for moment in (since, *moments_of(docket, query, since, until)):
        answer = _answer_at(docket, query, moment)
        before = steps[-1].answer if steps else None
        if steps and _same(before, answer):
            steps[-1] = steps[-1]._replace(answer=answer)
            continue
        if before is None or answer is None:
            steps.append(Step(moment, answer, (), ()))
        else:
            steps.append(
                Step(moment, answer, changed_events(before, answer), _charges(before, answer))
            )
    return steps


def _same(before: Answer | None, answer: Answer | None) -> bool:
    if before is None or answer is None:
        return before is answer
    return figure(before) == figure(answer)


def _charges(before: Answer, after: Answer) -> tuple[tuple[str, Decimal, Decimal | None], ...]:
    found: list[tuple[str, Decimal, Decimal | None]] = []
    for old, new in changed_layers(before, after):
        if new is not None:
            found.append((new.programme, new.min_pct, new.max_pct))
        elif old is not None:
            found.append((old.programme, Decimal(0), Decimal(0)))
    return tuple(found)


def _answer_at(docket: Docket, query: Query, moment: int) -> Answer | None:
    try:
        return answer_case(docket, query._replace(instant=moment))
    except UsageError:
        return None


class DayRate(NamedTuple):
    """The additional duty at the end of a local day."""

    day: str
    min_pct: Decimal | None
    max_pct: Decimal | None


def by_day(steps: Sequence[Step], first: str, last: str, zone: str) -> Iterator[DayRate]:
    """The rate at the end of every local day from `first` through `last`; None while nothing can be
    said.
    """
    day = date.fromisoformat(first)
    position = 0
    while day.isoformat() <= last:
        moment = end_of_day(day.isoformat(), zone)
        while position + 1 < len(steps) and steps[position + 1].since <= moment:
            position += 1
        answer = steps[position].answer if steps and steps[position].since <= moment else None
        yield DayRate(
            day.isoformat(), *((answer.min_pct, answer.max_pct) if answer else (None, None))
        )
        day += timedelta(days=1)
