"""A docket: the rows of the record that could ever reach goods of one origin in one importer, sorted once.

Between two breakpoints the rows in force are the same, so a docket keeps them by epoch: what is kept is the record in
another order, never an answer.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tariffcli.law.book import Book
from tariffcli.law.instants import end_of_day, holds, start_of_day
from tariffcli.law.model import Coverage, Event, Product, Relation
from tariffcli.law.places import ever_reaches, reaches
from tariffcli.law.products import Lines, all_codes, classes, codes_at
from tariffcli.law.timeline import by_programme, in_force


class Epoch(NamedTuple):
    """The rows and relations in force for goods on the same lists, between two breakpoints, whatever their conditions."""

    key: tuple[Any, ...]
    rows: dict[str, list[Event]]
    relations: Sequence[Relation]


class Docket:
    """Rows of law, rows beside the law, and the relations of one pair, each in order of id: the order of the record is no order."""

    def __init__(self, book: Book, importer: str, origin: str, events: Sequence[Event], beside: Sequence[Event] = ()) -> None:
        self.book, self.importer, self.origin = book, importer, origin
        self.events = tuple(sorted(events, key=lambda event: event.id))
        self.beside = tuple(sorted(beside, key=lambda event: event.id))
        self.memberships = tuple(row for row in book.memberships if row.member == origin)
        """Of all memberships those of the origin: no other decides what reaches it."""
        relations = (row for row in book.relations.get(importer, ()) if ever_reaches(row.origin, origin, self.memberships))
        self.relations = tuple(sorted(relations, key=lambda row: row.id))
        named = {event.scope for event in (*self.events, *self.beside)} | {row.scope for row in self.relations}
        self.scopes = frozenset(named - {"all"})
        self._kept: dict[Any, Any] = {}

    def with_events(self, events: Sequence[Event]) -> "Docket":
        """The same pair with other rows of law; how a what-if is asked."""
        return Docket(self.book, self.importer, self.origin, events, self.beside)

    def keep(self, key: Any, build: Callable[[], Any]) -> Any:
        """What `build` sorts out of the docket, sorted once for each key."""
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = build()
        return found

    def forget(self, most: int) -> None:
        """Let go of what was sorted out, where it is more than so many results: it is sorted out again when it is asked for."""
        if len(self._kept) > most:
            self._kept.clear()


def docket_of(book: Book, importer: str, origin: str) -> Docket:
    """Sort the record for one pair."""
    reaching = [event for event in book.events.get(importer, ()) if ever_reaches(event.origin, origin, book.memberships)]
    law = [event for event in reaching if event.status == "law"]
    return Docket(book, importer, origin, law, [event for event in reaching if event.status != "law"])


def epoch_at(docket: Docket, scopes: frozenset[str], moment: int, known_on: str | None) -> Epoch:
    """What is in force for goods on these scopes at `moment`, as known on a day."""
    points = docket.keep(("points", scopes, known_on), lambda: breakpoints(docket, scopes, known_on))
    key = ("epoch", scopes, known_on, bisect_right(points, moment))
    return docket.keep(key, lambda: _epoch(docket, key, scopes, moment, known_on))


def _epoch(docket: Docket, key: tuple[Any, ...], scopes: frozenset[str], moment: int, known_on: str | None) -> Epoch:
    events, announced = rows_on(docket, scopes)
    memberships = docket.memberships
    rows = [event for event in events if in_force(event, moment, known_on) and reaches(event.origin, docket.origin, memberships, moment)]
    relations = [
        row
        for row in announced
        if (known_on is None or row.announced <= known_on)
        and holds(row.effective, row.until, moment)
        and reaches(row.origin, docket.origin, memberships, moment)
    ]
    return Epoch(key, dict(by_programme(rows)), relations)


def rows_on(docket: Docket, scopes: frozenset[str]) -> tuple[Sequence[Event], Sequence[Relation]]:
    """The rows and relations that could ever speak of goods on these scopes."""

    def build() -> tuple[Sequence[Event], Sequence[Relation]]:
        named = {*scopes, "all"}
        return [event for event in docket.events if event.scope in named], [row for row in docket.relations if row.scope in named]

    return docket.keep(("rows", scopes), build)


def breakpoints(docket: Docket, scopes: frozenset[str], known_on: str | None) -> list[int]:
    """Every instant at which the answer for goods on these scopes could change, sorted."""
    events, relations = rows_on(docket, scopes)
    known = [row for row in (*events, *relations) if known_on is None or row.announced <= known_on]
    edges = {edge for row in known for edge in (row.effective, row.until)}
    edges.update(edge for member in docket.memberships for edge in (member.since, member.until))
    return sorted(edge for edge in edges if edge is not None)


def nomenclature_points(docket: Docket, product: Product) -> list[int]:
    """Every instant at which the product's own codes or lines could change: editions, lines born and gone."""
    book = docket.book
    if product.kind == "general":
        return []
    found = {row.since for row in book.editions if row.importer == docket.importer and row.since is not None}
    for code in all_codes(book, docket.importer, product) if product.kind != "list" else ("",):
        for line in (*book.lines(docket.importer, code[:8]), *book.duties(docket.importer, code[:6])):
            found.update(edge for edge in (line.since, line.until) if edge is not None)
    return sorted(found)


def codes_used(docket: Docket, product: Product, moment: int) -> tuple[str, ...]:
    """The codes that answer for the product at `moment`; see `products.codes_at`."""
    points = docket.keep(("nomenclature", product), lambda: nomenclature_points(docket, product))
    key = ("codes", product, bisect_right(points, moment))
    return docket.keep(key, lambda: codes_at(docket.book, docket.importer, product, moment))


def lines_at(docket: Docket, product: Product, moment: int, known_on: str | None) -> list[Lines]:
    """The product's classes of lines at `moment`, by the lists announced by `known_on`; see `products.classes`."""
    points = docket.keep(("nomenclature", product), lambda: nomenclature_points(docket, product))
    key = ("lines", product, known_on, bisect_right(points, moment))
    return docket.keep(key, lambda: classes(docket.book, docket.importer, product, moment, scopes_known(docket, known_on)))


def scopes_known(docket: Docket, known_on: str | None) -> frozenset[str]:
    """The lists that rows announced by `known_on` name."""
    if known_on is None:
        return docket.scopes
    rows = (*docket.events, *docket.beside, *docket.relations)
    return docket.keep(("scopes", known_on), lambda: frozenset(row.scope for row in rows if row.announced <= known_on) - {"all"})


def coverage_at(docket: Docket, moment: int) -> list[Coverage]:
    """The coverage rows that vouch for the whole pair at `moment`, each of whose days counts whole."""
    spans = docket.keep("coverage", lambda: list(_coverage(docket)))
    return [
        row
        for first, last, row in spans
        if first <= moment and (last is None or moment <= last) and reaches(row.origin, docket.origin, docket.memberships, moment)
    ]


def coverage_points(docket: Docket) -> list[int]:
    """Every instant at which the record begins or ceases to vouch for the pair."""
    spans = docket.keep("coverage", lambda: list(_coverage(docket)))
    return [edge for first, last, _ in spans for edge in (first, last + 1 if last is not None else None) if edge is not None]


def _coverage(docket: Docket) -> Sequence[tuple[int, int | None, Coverage]]:
    zone = docket.book.zones.get(docket.importer, "UTC")
    return [
        (start_of_day(row.covered_from, zone), end_of_day(row.covered_until, zone) if row.covered_until else None, row)
        for row in docket.book.coverage
        if row.importer == docket.importer and row.programme == "*"
    ]
