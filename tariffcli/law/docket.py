"""A docket: the rows of the record that could ever reach goods of one origin in one importer,
sorted once.

Between two breakpoints the rows in force are the same, so a docket keeps them by epoch: what is
kept is the record in another order, never an answer.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from tariffcli.law.book import Book
from tariffcli.law.facts import conditions_of
from tariffcli.law.instants import end_of_day, holds, start_of_day
from tariffcli.law.model import Condition, Event, FactValue, Layer, OrdinaryDuty, Product, Relation
from tariffcli.law.places import ever_reaches, reaches
from tariffcli.law.products import LineClass, all_codes, codes_at, line_classes
from tariffcli.law.reference import Coverage
from tariffcli.law.timeline import by_programme, in_force

Truth = tuple[bool, ...]
"""Which of an epoch's conditions are true, in order of their ids: equal facts in law have equal
truth.
"""

Scopes = frozenset[str]
Given = tuple[tuple[str, FactValue], ...]
"""Known facts by name, sorted."""


class Epoch:
    """The rows and relations in force for goods on the same lists, between two breakpoints.

    `rows`: by programme, whatever their conditions; `conditional`: those that turn on a fact, or
    are charged on a share; `read`: the conditions that rows name; `facts`: the facts that any row
    reads. What is worked out of an epoch (for some truth, some facts) is kept with it.
    """

    def __init__(
        self,
        key: tuple[Scopes, str | None, int],
        rows: Mapping[str, Sequence[Event]],
        relations: Sequence[Relation],
        conditions: Mapping[str, Condition],
    ) -> None:
        self.key, self.rows, self.relations = key, rows, relations
        self.conditional = [
            event for events in rows.values() for event in events if event.condition or event.base
        ]
        named = sorted({term.condition for event in self.conditional for term in event.condition})
        self.read = [conditions[name] for name in named]
        self.facts = {
            one.fact for event in self.conditional for one in conditions_of(event, conditions)
        }
        self.asked: dict[Given, dict[str, tuple[Condition, ...]]] = {}
        self.ruled: dict[Truth, list[tuple[str, Event]]] = {}
        self.unmet: dict[Truth, tuple[Layer, ...]] = {}
        self.displacements: dict[tuple[str, ...], Mapping[tuple[str, str], Relation]] = {}
        self.readings: dict[tuple[OrdinaryDuty, ...], tuple[tuple[Condition, bool], ...]] = {}

    def __len__(self) -> int:
        """How many results are kept with it."""
        kept = (self.asked, self.ruled, self.unmet, self.displacements, self.readings)
        return 1 + sum(map(len, kept))


class Docket:
    """Rows of law, rows beside the law, and the relations of one pair, each in order of id: the
    order of the record is no order.
    """

    def __init__(
        self,
        book: Book,
        importer: str,
        origin: str,
        events: Sequence[Event],
        beside: Sequence[Event] = (),
    ) -> None:
        self.book, self.importer, self.origin = book, importer, origin
        self.events = tuple(sorted(events, key=lambda event: event.id))
        self.beside = tuple(sorted(beside, key=lambda event: event.id))
        self.memberships = tuple(row for row in book.memberships if row.member == origin)
        """Of all memberships those of the origin: no other decides what reaches it."""
        relations = (
            row
            for row in book.relations.get(importer, ())
            if ever_reaches(row.origin, origin, self.memberships)
        )
        self.relations = tuple(sorted(relations, key=lambda row: row.id))
        named = {event.scope for event in (*self.events, *self.beside)} | {
            row.scope for row in self.relations
        }
        self.scopes = frozenset(named - {"all"})
        self.covered = list(_coverage(book, importer))
        """The spans in which the record vouches for the importer: first second, last one or None,
        row.
        """
        self.points: dict[tuple[Scopes, str | None], list[int]] = {}
        self.epochs: dict[tuple[Scopes, str | None, int], Epoch] = {}
        self.rows: dict[Scopes, tuple[Sequence[Event], Sequence[Relation]]] = {}
        self.nomenclature: dict[Product, list[int]] = {}
        self.codes: dict[tuple[Product, int], tuple[str, ...]] = {}
        self.lines: dict[tuple[Product, str | None, int], list[LineClass]] = {}
        self.known: dict[str, Scopes] = {}

    def with_events(self, events: Sequence[Event]) -> Docket:
        """The same pair with other rows of law; how a what-if is asked."""
        return Docket(self.book, self.importer, self.origin, events, self.beside)

    def forget(self, most: int) -> None:
        """Let go of what was worked out, where it is more than `most` results: it is worked out
        again when asked for.
        """
        kept = (
            self.points,
            self.epochs,
            self.rows,
            self.nomenclature,
            self.codes,
            self.lines,
            self.known,
        )
        if sum(map(len, kept)) + sum(map(len, self.epochs.values())) > most:
            for one in kept:
                one.clear()


def docket_of(book: Book, importer: str, origin: str) -> Docket:
    """Sort the record for one pair."""
    reaching = [
        event
        for event in book.events.get(importer, ())
        if ever_reaches(event.origin, origin, book.memberships)
    ]
    law = [event for event in reaching if event.status == "law"]
    return Docket(
        book, importer, origin, law, [event for event in reaching if event.status != "law"]
    )


def epoch_at(docket: Docket, scopes: Scopes, moment: int, known_on: str | None) -> Epoch:
    """What is in force for goods on these scopes at `moment`, as known on a day."""
    points = docket.points.get((scopes, known_on))
    if points is None:
        points = docket.points[scopes, known_on] = breakpoints(docket, scopes, known_on)
    key = (scopes, known_on, bisect_right(points, moment))
    epoch = docket.epochs.get(key)
    if epoch is None:
        epoch = docket.epochs[key] = _epoch(docket, key, moment)
    return epoch


def _epoch(docket: Docket, key: tuple[Scopes, str | None, int], moment: int) -> Epoch:
    scopes, known_on, _ = key
    events, announced = rows_on(docket, scopes)
    memberships = docket.memberships
    rows = [
        event
        for event in events
        if in_force(event, moment, known_on)
        and reaches(event.origin, docket.origin, memberships, moment)
    ]
    relations = [
        row
        for row in announced
        if (known_on is None or row.announced <= known_on)
        and holds(row.effective, row.until, moment)
        and reaches(row.origin, docket.origin, memberships, moment)
    ]
    return Epoch(key, by_programme(rows), relations, docket.book.conditions)


def rows_on(docket: Docket, scopes: Scopes) -> tuple[Sequence[Event], Sequence[Relation]]:
    """The rows and relations that could ever speak of goods on these scopes."""
    found = docket.rows.get(scopes)
    if found is None:
        named = {*scopes, "all"}
        events = [event for event in docket.events if event.scope in named]
        relations = [row for row in docket.relations if row.scope in named]
        found = docket.rows[scopes] = events, relations
    return found


def breakpoints(docket: Docket, scopes: frozenset[str], known_on: str | None) -> list[int]:
    """Every instant at which the answer for goods on these scopes could change, sorted."""
    events, relations = rows_on(docket, scopes)
    known = [row for row in (*events, *relations) if known_on is None or row.announced <= known_on]
    edges = {edge for row in known for edge in (row.effective, row.until)}
    edges.update(edge for member in docket.memberships for edge in (member.since, member.until))
    return sorted(edge for edge in edges if edge is not None)


def nomenclature_points(docket: Docket, product: Product) -> list[int]:
    """Every instant at which the product's own codes or lines could change: editions, lines born
    and gone.
    """
    book = docket.book
    if product.kind == "general":
        return []
    found = {
        row.since
        for row in book.editions
        if row.importer == docket.importer and row.since is not None
    }
    for code in all_codes(book, docket.importer, product) if product.kind != "list" else ("",):
        for line in (
            *book.lines(docket.importer, code[:8]),
            *book.duties(docket.importer, code[:6]),
        ):
            found.update(edge for edge in (line.since, line.until) if edge is not None)
    return sorted(found)


def _nomenclature_epoch(docket: Docket, product: Product, moment: int) -> int:
    """The number of the span between two changes of the product's codes that `moment` lies in."""
    points = docket.nomenclature.get(product)
    if points is None:
        points = docket.nomenclature[product] = nomenclature_points(docket, product)
    return bisect_right(points, moment)


def codes_used(docket: Docket, product: Product, moment: int) -> tuple[str, ...]:
    """The codes that answer for the product at `moment`; see `products.codes_at`."""
    key = (product, _nomenclature_epoch(docket, product, moment))
    found = docket.codes.get(key)
    if found is None:
        found = docket.codes[key] = codes_at(docket.book, docket.importer, product, moment)
    return found


def lines_at(
    docket: Docket, product: Product, moment: int, known_on: str | None
) -> list[LineClass]:
    """The product's classes of lines at `moment`, by the lists announced by `known_on`; see
    `products.line_classes`.
    """
    key = (product, known_on, _nomenclature_epoch(docket, product, moment))
    found = docket.lines.get(key)
    if found is None:
        scopes = scopes_known(docket, known_on)
        found = docket.lines[key] = line_classes(
            docket.book, docket.importer, product, moment, scopes
        )
    return found


def scopes_known(docket: Docket, known_on: str | None) -> Scopes:
    """The lists that rows announced by `known_on` name."""
    if known_on is None:
        return docket.scopes
    found = docket.known.get(known_on)
    if found is None:
        rows = (*docket.events, *docket.beside, *docket.relations)
        found = docket.known[known_on] = frozenset(
            row.scope for row in rows if row.announced <= known_on
        ) - {"all"}
    return found


def coverage_at(docket: Docket, moment: int) -> list[Coverage]:
    """The coverage rows that vouch for the whole pair at `moment`, each of whose days
    counts whole.
    """
    return [
        row
        for first, last, row in docket.covered
        if first <= moment
        and (last is None or moment <= last)
        and reaches(row.origin, docket.origin, docket.memberships, moment)
    ]


def coverage_points(docket: Docket) -> list[int]:
    """Every instant at which the record begins or ceases to vouch for the pair."""
    return [
        edge
        for first, last, _ in docket.covered
        for edge in (first, last + 1 if last is not None else None)
        if edge is not None
    ]


def _coverage(book: Book, importer: str) -> Iterator[tuple[int, int | None, Coverage]]:
    zone = book.zones.get(importer, "UTC")
    for row in book.coverage:
        if row.importer == importer and row.programme == "*":
            last = end_of_day(row.covered_until, zone) if row.covered_until else None
            yield start_of_day(row.covered_from, zone), last, row
