"""A witness for every act: a question whose answer would be another without the act, asked around
its instants.

The goldens built here are what a change of the record must answer for in review; deleting an act or
moving it by a minute makes a line of them wrong. Their figures are the engine's own: figures from
outside are in `tests/cases/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from tariffcli.book.load import Record
from tariffcli.law.docket import Docket, docket_of, lines_at
from tariffcli.law.engine import assess_parts
from tariffcli.law.facts import extremes, holds_for
from tariffcli.law.instants import to_wall, wall_to_instant
from tariffcli.law.model import Event, FactValue, Product, Query
from tariffcli.law.products import GENERAL, edition_at
from tariffcli.law.timeline import in_force

ORIGINS = ("cn", "us", "hk", "mo", "de", "tr", "ca", "jp", "kr", "gb", "ru")
MOST_CODES = 60
COLUMNS = ("event", "origin", "product", "known_on", "facts", "at", "answer")


class Witness(NamedTuple):
    """A question at an instant and its answer, as text."""

    event: str
    origin: str
    product: str
    known_on: str
    facts: str
    at: str
    answer: str


def figure(docket: Docket, query: Query) -> str:
    """The parts of an answer as text: least, most, and the row and role of every layer."""
    parts = assess_parts(
        docket, lines_at(docket, query.product, query.instant, query.known_on), query
    )
    return " / ".join(
        f"{part.outcome.min_pct:f}..{'' if part.outcome.max_pct is None else format(part.outcome.max_pct, 'f')} "
        + ",".join(sorted(f"{layer.event.id}={layer.role}" for layer in part.outcome.layers))
        for part in parts
    )


def without(docket: Docket, event: Event) -> Docket:
    """The docket as if the act had not been written down."""
    return docket.with_events([one for one in docket.events if one.id != event.id])


def facts_to_try(record: Record, importer: str, event: Event) -> list[dict[str, FactValue]]:
    """Facts under which an act may count: its own, none, and those of the other rows of its
    programmes.
    """
    tried = [
        true_facts(record, event),
        {},
        {**others_false(record, importer, event), **true_facts(record, event)},
    ]
    for other in record.events[importer]:
        if set(other.programmes) & set(event.programmes) and other.condition:
            facts = true_facts(record, other)
            if facts not in tried:
                tried.append(facts)
    return tried[:14]


def others_false(record: Record, importer: str, event: Event) -> dict[str, FactValue]:
    """Facts under which no other condition of the act's programmes is true."""
    found: dict[str, FactValue] = {}
    for other in record.events[importer]:
        if set(other.programmes) & set(event.programmes):
            for term in other.condition:
                condition = record.conditions[term.condition]
                for value in extremes([condition]):
                    if holds_for(condition, value) == term.negated:
                        found[condition.fact] = value
    return found


def true_facts(record: Record, event: Event) -> dict[str, FactValue]:
    """Facts under which an act's condition is true."""
    found: dict[str, FactValue] = {}
    for term in event.condition:
        condition = record.conditions[term.condition]
        for value in extremes([condition]):
            if holds_for(condition, value) != term.negated:
                found[condition.fact] = value
    if event.base:
        name = event.base.removeprefix("!")
        if name not in found:
            found[name] = extremes([record.conditions[name]])[
                1 if not event.base.startswith("!") else 0
            ]
    return found


def products_of(record: Record, importer: str, event: Event) -> Iterator[Product]:
    """Products that an act speaks of: goods in general, or codes of its list spread over it."""
    if event.scope == "all":
        yield GENERAL
    if event.scope == "all" or event.effect == "undo":
        yield from (
            Product("code", code, code, (code,)) for code in _spread(record, importer, event)
        )
        return
    for row in _picked(
        [
            one.prefix
            for one in record.scope_lines(
                event.scope, edition_at(record, importer, event.effective)
            )
            if one.inside
        ]
    ):
        yield Product("code", row, row, (row,))


def _spread(record: Record, importer: str, event: Event) -> list[str]:
    edition = edition_at(record, importer, event.effective)
    scopes = (
        [event.scope]
        if event.scope != "all"
        else [
            one.scope
            for one in record.events[importer]
            if one.scope != "all"
            and (one.id in event.undoes or set(one.programmes) & set(event.programmes))
        ]
    )
    codes = [
        row.prefix
        for scope in dict.fromkeys(scopes)
        for row in record.scope_lines(scope, edition)[
            :: max(1, len(record.scope_lines(scope, edition)) // 4)
        ]
        if row.inside
    ]
    return _picked(codes)


def _picked(codes: list[str]) -> list[str]:
    step = max(1, len(codes) // MOST_CODES)
    return codes[::step]


def days_to_know(event: Event, docket: Docket) -> list[str | None]:
    """Days as known on which an act may have counted: today, its own day, and the eves of later
    acts of its programmes.
    """
    later = sorted(
        {
            one.announced
            for one in docket.events
            if one.announced > event.announced and set(one.programmes) & set(event.programmes)
        }
    )
    return [None, event.announced, *later[:3]]


def instants_to_try(event: Event, docket: Docket) -> list[int]:
    """The act's first instant, and the ends of rows of its programmes announced with it: what waits
    behind a suspension.
    """
    ends = {
        one.until
        for one in docket.events
        if one.until is not None
        and one.until > event.effective
        and one.announced == event.announced
        and set(one.programmes) & set(event.programmes)
    }
    return [event.effective, *sorted(ends)[:2]]


def reached(docket: Docket, event: Event) -> bool:
    return any(one.id == event.id for one in docket.events)


def find(
    record: Record, dockets: Mapping[tuple[str, str], Docket], importer: str, event: Event
) -> tuple[Docket, Query] | None:
    """A question at the act's first instant that the act decides; None when it decides nothing
    anywhere.
    """
    for origin in (*event.origin.named, *ORIGINS):
        docket = dockets.get((importer, origin))
        if docket is None or not reached(docket, event):
            continue
        bare = without(docket, event)
        for known in days_to_know(event, docket):
            for moment in instants_to_try(event, docket):
                if not in_force(event, moment, known):
                    continue
                for product in products_of(record, importer, event):
                    for facts in facts_to_try(record, importer, event):
                        query = Query(importer, origin, moment, known, product, facts)
                        if _answer(docket, query) != _answer(bare, query):
                            return docket, query
    return None


def all_dockets(record: Record) -> dict[tuple[str, str], Docket]:
    """The dockets of every pair that a witness may stand in."""
    named = {
        name for rows in record.events.values() for event in rows for name in event.origin.named
    }
    return {
        (importer, origin): docket_of(record, importer, origin)
        for importer in record.events
        for origin in dict.fromkeys((*ORIGINS, *sorted(named)))
        if origin != importer
    }


def moments(event: Event, decided: int) -> list[int]:
    """The instants at which an act is watched: its first minute and the one before, its last and
    the one after.
    """
    found = [
        event.effective - 60,
        event.effective,
        *([decided] if decided != event.effective else []),
    ]
    if event.until is not None:
        found += [event.until - 60, event.until]
    return found


def witnesses(record: Record) -> Iterator[Witness]:
    """The golden lines of every act of law that decides something."""
    dockets = all_dockets(record)
    for importer, rows in record.events.items():
        zone = record.zones[importer]
        for event in rows:
            found = find(record, dockets, importer, event) if event.status == "law" else None
            if found is None:
                continue
            docket, query = found
            facts = ";".join(f"{name}={value}" for name, value in sorted(query.facts.items()))
            for asked in questions(event, query):
                answer = _answer(docket, asked)
                yield Witness(
                    event.id,
                    query.origin,
                    query.product.id,
                    asked.known_on or "",
                    facts,
                    to_wall(asked.instant, zone),
                    answer,
                )


def questions(event: Event, query: Query) -> list[Query]:
    """The witness's question at every instant; an end set in advance is also watched as known on
    the act's own day.
    """
    found = [query._replace(instant=moment) for moment in moments(event, query.instant)]
    if event.until is not None and query.known_on != event.announced:
        found += [
            query._replace(instant=moment, known_on=event.announced)
            for moment in (event.until - 60, event.until)
        ]
    return found


def _answer(docket: Docket, query: Query) -> str:
    try:
        return figure(docket, query)
    except Exception as error:
        return type(error).__name__


def question(
    record: Record,
    row: Mapping[str, str],
    docket_for: Callable[[Record, str, str], Docket] = docket_of,
) -> tuple[Docket, Query]:
    """A golden line's question as a query, and the docket of its pair: sorted anew, or by a
    function that keeps what it sorted.
    """
    importer = row["event"].partition("-")[0]
    docket = docket_for(record, importer, row["origin"])
    product = (
        GENERAL
        if row["product"] == GENERAL.id
        else Product("code", row["product"], row["product"], (row["product"],))
    )
    moment = wall_to_instant(row["at"], record.zones[importer])
    return docket, Query(
        importer,
        row["origin"],
        moment,
        row["known_on"] or None,
        product,
        _facts_of(record, row["facts"]),
    )


def asked_again(
    record: Record,
    row: Mapping[str, str],
    docket_for: Callable[[Record, str, str], Docket] = docket_of,
) -> str:
    """The answer to a golden line's question, asked of the record as it is now."""
    return _answer(*question(record, row, docket_for))


def _facts_of(record: Record, text: str) -> dict[str, FactValue]:
    kinds = {condition.fact: condition.kind for condition in record.conditions.values()}
    read = {
        "yes_no": lambda word: word == "True",
        "share": Decimal,
        "amount": Decimal,
        "instant": int,
        "choice": str,
    }
    pairs = (part.partition("=")[::2] for part in text.split(";") if part)
    return {name: read[kinds[name]](value) for name, value in pairs}
