"""A docket: the rows of the record that could ever reach goods of one origin in one importer, sorted once."""

from collections.abc import Sequence
from typing import NamedTuple

from tariffcli.law.model import Book, Event, Relation
from tariffcli.law.places import ever_reaches, reaches
from tariffcli.law.timeline import by_programme, in_force


class Docket(NamedTuple):
    """Rows of law by programme, those of them on every product, and the relations of the importer's programmes."""

    book: Book
    importer: str
    origin: str
    events: tuple[Event, ...]
    general: tuple[Event, ...]
    beside: tuple[Event, ...]
    relations: Sequence[Relation]


def docket_of(book: Book, importer: str, origin: str) -> Docket:
    """Sort the record for one pair."""
    reaching = [event for event in book.events.get(importer, ()) if ever_reaches(event.origin, origin, book.memberships)]
    law = tuple(event for event in reaching if event.status == "law")
    general = tuple(event for event in law if event.scope == "all")
    beside = tuple(event for event in reaching if event.status != "law")
    relations = tuple(row for row in book.relations.get(importer, ()) if ever_reaches(row.origin, origin, book.memberships))
    return Docket(book, importer, origin, law, general, beside, relations)


def rows_in_play(docket: Docket, scopes: frozenset[str], moment: int, known_on: str | None) -> dict[str, list[Event]]:
    """The rows in force for goods on these scopes, by programme, whatever their conditions."""
    memberships = docket.book.memberships
    found = [
        event
        for event in (docket.events if scopes else docket.general)
        if in_force(event, moment, known_on)
        and (event.scope == "all" or event.scope in scopes)
        and ((not event.origin.groups and not event.origin.but_groups) or reaches(event.origin, docket.origin, memberships, moment))
    ]
    return dict(by_programme(found))


def relations_in_play(docket: Docket, scopes: frozenset[str], moment: int) -> list[Relation]:
    """The stacking rows that reach these goods at `moment`."""
    memberships = docket.book.memberships
    return [
        row
        for row in docket.relations
        if (row.scope == "all" or row.scope in scopes) and reaches(row.origin, docket.origin, memberships, moment)
    ]


def relevant_scopes(docket: Docket) -> frozenset[str]:
    """Every scope that a row of the docket names."""
    named = {event.scope for event in (*docket.events, *docket.beside)} | {row.scope for row in docket.relations}
    return frozenset(named - {"all"})


def breakpoints(docket: Docket, scopes: frozenset[str], known_on: str | None) -> list[int]:
    """Every instant at which the answer for goods on these scopes could change, sorted."""
    found: set[int] = set()
    for row in (*docket.events, *docket.relations):
        if (row.scope == "all" or row.scope in scopes) and (known_on is None or row.announced <= known_on):
            found.add(row.effective)
            if row.until is not None:
                found.add(row.until)
    for member in docket.book.memberships:
        if member.member == docket.origin:
            found.update(edge for edge in (member.since, member.until) if edge is not None)
    return sorted(found)
