"""What stands around an answer: changes during the day, the next change, facts that would change
it, reports beside the law.
"""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import NamedTuple

from tariffcli.errors import UsageError
from tariffcli.law.docket import (
    Docket,
    breakpoints,
    coverage_points,
    epoch_at,
    lines_at,
    nomenclature_points,
)
from tariffcli.law.engine import answer_case
from tariffcli.law.facts import ZERO, all_true, extremes, holds_for, room_for, unknown_facts
from tariffcli.law.instants import start_of_day
from tariffcli.law.kinds import RULING
from tariffcli.law.model import Answer, Condition, Event, FactValue, Layer, Query
from tariffcli.law.products import GENERAL, all_codes, listings_of

POINT = Decimal("0.01")
"""So finely shares are told."""


class Change(NamedTuple):
    """A change of the additional duty: when, from what to what, and the rows whose layers
    differ.
    """

    instant: int
    before: Answer
    after: Answer
    events: tuple[Event, ...]


class FactEffect(NamedTuple):
    """A fact that the query does not give and what the answer would be with it."""

    condition: Condition
    value: FactValue
    answer: Answer


class Report(NamedTuple):
    """A reported, threatened or claimed row, and the additional duty if it were law (None: cannot
    be said).
    """

    event: Event
    would_be_pct: Decimal | None


def scopes_of(docket: Docket, query: Query) -> frozenset[str]:
    """Every scope that some line of the query's product stands on."""
    if query.product.kind == "general":
        return frozenset()
    return frozenset(
        scope
        for lines in lines_at(docket, query.product, query.instant, query.known_on)
        for scope in lines.scopes
    )


def figure(answer: Answer) -> tuple[object, ...]:
    """What counts as the same answer when changes are looked for."""
    return (answer.status, answer.min_pct, answer.max_pct)


def changes_between(
    docket: Docket, query: Query, after: int, through: int, limit: int | None = None
) -> list[Change]:
    """The changes of the additional duty at instants in `(after, through]`, in order; at most
    `limit` of them.
    """
    found: list[Change] = []
    before = answer_case(docket, query._replace(instant=after))
    for moment in moments_of(docket, query, after, through):
        now = _try(docket, query._replace(instant=moment))
        if now is not None and figure(now) != figure(before):
            found.append(Change(moment, before, now, changed_events(before, now)))
            if limit is not None and len(found) >= limit:
                break
        before = now if now is not None else before
    return found


def moments_of(docket: Docket, query: Query, after: int, through: int) -> list[int]:
    """The instants in `(after, through]` at which the answer to a query could change."""
    scopes = scopes_over_time(docket, query)
    moments = {
        *breakpoints(docket, scopes, query.known_on),
        *nomenclature_points(docket, query.product),
        *coverage_points(docket),
    }
    return sorted(moment for moment in moments if after < moment <= through)


def scopes_over_time(docket: Docket, query: Query) -> frozenset[str]:
    """Every scope that could have a say about the product in any edition: those that
    `products.line_classes` reads.
    """
    if query.product.kind == "general":
        return frozenset()
    book = docket.book
    editions = {row.edition for row in book.editions if row.importer == query.importer}
    if query.product.kind == "list":
        return docket.scopes
    codes = all_codes(book, query.importer, query.product)
    rows = (
        row
        for edition in editions
        for code in codes
        for row in listings_of(book, query.importer, query.product, code, edition)
    )
    return docket.scopes & {row.scope for row in rows}


def _try(docket: Docket, query: Query) -> Answer | None:
    try:
        return answer_case(docket, query)
    except UsageError:
        return None


def changed_layers(before: Answer, after: Answer) -> list[tuple[Layer | None, Layer | None]]:
    """The layers that charge differently in two answers, as (before, after) pairs by programme."""
    then = {layer.programme: layer for layer in before.layers}
    now = {layer.programme: layer for layer in after.layers}
    pairs = [
        (then.get(programme), now.get(programme)) for programme in dict.fromkeys((*now, *then))
    ]
    return [(old, new) for old, new in pairs if _amount(old) != _amount(new)]


def changed_events(before: Answer, after: Answer) -> tuple[Event, ...]:
    """The rows behind the layers that charge differently; where a layer is gone, the row that is
    gone.
    """
    return tuple(
        dict.fromkeys(
            layer.event for old, new in changed_layers(before, after) if (layer := new or old)
        )
    )


def _amount(layer: Layer | None) -> tuple[object, ...]:
    return (Decimal(0), Decimal(0)) if layer is None else (layer.min_pct, layer.max_pct)


def next_change(docket: Docket, query: Query) -> Change | None:
    """The next recorded change of the additional duty after the query's instant, or None."""
    found = changes_between(docket, query, query.instant, 2**40, limit=1)
    return found[0] if found else None


def fact_effects(docket: Docket, query: Query, answer: Answer) -> list[FactEffect]:
    """The facts not given that would change the additional duty or the total, each with the answer
    it would give.
    """
    epoch = epoch_at(docket, scopes_of(docket, query), query.instant, query.known_on)
    groups = lines_at(docket, query.product, query.instant, query.known_on)
    ordinary = [row for lines in groups for row in lines.duties if row.condition]
    events = [*(event for found in epoch.rows.values() for event in found), *ordinary]
    book = docket.book
    unknown = {
        **unknown_facts(events, book.conditions, query.facts, "ask"),
        **unknown_facts(events, book.conditions, query.facts, "assume_no"),
    }
    effects: list[FactEffect] = []
    for name, reading in unknown.items():
        for value in _told_values(reading, room_for(reading[0], book.conditions, query.facts)):
            condition = next((one for one in reading if holds_for(one, value)), reading[0])
            tried = answer_case(docket, query._replace(facts={**query.facts, name: value}))
            if _with_total(tried) != _with_total(answer):
                effects.append(FactEffect(condition, value, tried))
    return effects


def _told_values(reading: Sequence[Condition], room: Decimal) -> list[FactValue]:
    """The extremes of an unknown fact as a person would give them.

    Of a share, which takes at most `room`: the bounds, and a point beside a bound only where it
    differs.
    """
    values = extremes(reading)
    if reading[0].kind != "share":
        return list(values)

    def truth(value: FactValue) -> tuple[bool, ...]:
        return tuple(holds_for(one, value) for one in reading)

    found: list[FactValue] = [
        ZERO,
        room,
        *(one.bound for one in reading if isinstance(one.bound, Decimal) and one.bound <= room),
    ]
    for value in values:
        if isinstance(value, Decimal) and value <= room and truth(value) not in map(truth, found):
            points = (value.quantize(POINT, ROUND_FLOOR), value.quantize(POINT, ROUND_CEILING))
            found.append(next((point for point in points if truth(point) == truth(value)), value))
    return sorted(dict.fromkeys(found), key=lambda one: Decimal(str(one)))


def _with_total(answer: Answer) -> tuple[object, ...]:
    return (*figure(answer), answer.total_min_pct, answer.total_max_pct)


def reports(docket: Docket, query: Query) -> list[Report]:
    """Rows beside the law that speak of this product at this instant: reported, threatened, planned
    without an act.

    A report stands from the day it was made, or from the instant it speaks of, until its own end,
    its withdrawal, or an act of the same programme that overtook it.
    """
    scopes = scopes_of(docket, query)
    begun = _begun(docket, query)
    withdrawn = {name for event in begun if event.effect == "undo" for name in event.undoes}
    found: list[Report] = []
    for event in begun:
        mine = event.scope == "all" or event.scope in scopes
        stands = event.id not in withdrawn and _is_report(event, query, begun)
        if stands and (mine or query.product == GENERAL) and _could_hold(docket, query, event):
            spoken = mine and event.effective <= query.instant
            found.append(Report(event, _would_be(docket, query, event) if spoken else None))
    return sorted(found, key=lambda report: (report.event.announced, report.event.id))


def _begun(docket: Docket, query: Query) -> list[Event]:
    """The rows, law or not, that were known and had been made, or spoke of the instant."""
    zone = docket.book.zones[query.importer]
    return [
        event
        for event in (*docket.beside, *docket.events)
        if (query.known_on is None or event.announced <= query.known_on)
        and min(event.effective, start_of_day(event.announced, zone)) <= query.instant
    ]


def _is_report(event: Event, query: Query, begun: Sequence[Event]) -> bool:
    """Whether a row stands beside the law: neither ended nor overtaken by an act."""
    if event.status == "law" or event.effect == "undo":
        return False
    return (event.until is None or query.instant < event.until) and not _overtaken(event, begun)


def _could_hold(docket: Docket, query: Query, event: Event) -> bool:
    """Whether a row's condition is met; news of goods in general asks no facts of an entry."""
    if query.product == GENERAL:
        return True
    return all_true(event.condition, docket.book.conditions, query.facts)


def _overtaken(report: Event, rows: Sequence[Event]) -> bool:
    """Whether a later act of the same programme speaks of the same goods: then the report is
    history.
    """
    return any(
        row.status == "law"
        and row.effect in (*RULING, "exempt")
        and row.confidence != "open"
        and row.announced > report.announced
        and not set(row.programmes).isdisjoint(report.programmes)
        and (row.scope == report.scope or "all" in (row.scope, report.scope))
        for row in rows
    )


def _would_be(docket: Docket, query: Query, event: Event) -> Decimal | None:
    """The additional duty if a reported row were law and the last word of its programme."""
    if event.effect == "rate" and event.rate_pct is None:
        return None
    law = event._replace(status="law", undoes=("none",), condition=())
    if event.effect != "exempt":
        law = law._replace(undoes=("earlier",))
    return answer_case(docket.with_events((*docket.events, law)), query).additional_pct
