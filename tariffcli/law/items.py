"""The numbered items of lists: where an act describes goods in words, which item of which provision
to read for a code.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tariffcli.law.codes import dotted
from tariffcli.law.docket import Docket, Epoch, epoch_at, lines_at
from tariffcli.law.facts import all_true
from tariffcli.law.model import Event, Query
from tariffcli.law.reference import Item
from tariffcli.law.timeline import living

SHOWN = 8
"""So many items are named in a sentence; a document gives them all."""


MOST_CODES = 3


class Reading(NamedTuple):
    """A row in force, the items of its list that name the product's codes, those codes, and whether
    the row's condition is met.
    """

    event: Event
    items: tuple[Item, ...]
    codes: frozenset[str]
    met: bool

    @property
    def holds(self) -> bool | None:
        """Whether the row applies as the facts are given; None where the record does not establish
        what holds.
        """
        return None if self.met and self.event.confidence == "open" else self.met


def readings(docket: Docket, query: Query) -> list[Reading]:
    """What is to be read for a product at an instant: rows in force whose list has numbered items
    that name its codes.

    The first rows are the last announced. Empty for goods in general, which stand on no list.
    """
    if query.product.kind == "general":
        return []
    found: dict[str, Reading] = {}
    for lines in lines_at(docket, query.product, query.instant, query.known_on):
        epoch = epoch_at(docket, lines.scopes, query.instant, query.known_on)
        for event, met in _listed(docket, epoch, query):
            named = [item for code in lines.codes for item in docket.book.items(event.scope, code)]
            if named and _lives(docket, epoch, query, event):
                old = found.get(event.id, Reading(event, (), frozenset(), met))
                mine = {
                    listed
                    for item in named
                    for listed in item.codes
                    if any(code.startswith(listed) for code in lines.codes)
                }
                found[event.id] = Reading(
                    event, tuple(dict.fromkeys((*old.items, *named))), old.codes | mine, met
                )
    latest = sorted(found.values(), key=lambda one: one.event.id)
    return sorted(latest, key=lambda one: one.event.announced, reverse=True)


def _listed(docket: Docket, epoch: Epoch, query: Query) -> Iterator[tuple[Event, bool]]:
    """The rows in force that say something of a list, each with whether its condition is met."""
    said = (
        event
        for events in epoch.rows.values()
        for event in events
        if event.scope != "all" and event.effect != "undo"
    )
    for event in dict.fromkeys(said):
        yield event, all_true(event.condition, docket.book.conditions, query.facts)


def _lives(docket: Docket, epoch: Epoch, query: Query, event: Event) -> bool:
    """Whether no act that holds takes the row away, if its own condition were met."""
    for programme in event.programmes:
        rows = epoch.rows[programme]
        holding = [
            one
            for one in rows
            if one == event or all_true(one.condition, docket.book.conditions, query.facts)
        ]
        if event in living(holding):
            return True
    return False


def item_notes(docket: Docket, query: Query) -> list[tuple[str, str]]:
    """(code, text) notes that name the items to read: of rows that hold as they are, and of rows
    that a fact would make hold.
    """
    found: list[tuple[str, str]] = []
    many = readings(docket, query)
    held, unsure = [one for one in many if one.holds], [one for one in many if one.holds is None]
    if held:
        found.append(("items", f"Items in force for these lines: {_references(held)}."))
    if unsure:
        found.append(
            (
                "items_open",
                "Items of these lines of which the record does not know what followed: "
                f"{_references(unsure)}.",
            )
        )
    for flag, asked in _by_flag(docket, query, [one for one in many if not one.met]).items():
        found.append(("items_to_read", f"Read before {flag}: {_references(asked)}."))
    return found


def _by_flag(docket: Docket, query: Query, many: Sequence[Reading]) -> dict[str, list[Reading]]:
    """Readings by the flag of the first condition that is not met; none for a fact that
    was given.
    """
    conditions = docket.book.conditions
    found: dict[str, list[Reading]] = {}
    for one in many:
        unmet = [
            conditions[term.condition]
            for term in one.event.condition
            if not all_true((term,), conditions, query.facts)
        ]
        if not any(condition.fact in query.facts for condition in unmet):
            found.setdefault(unmet[0].flag, []).append(one)
    return found


def _references(many: Sequence[Reading]) -> str:
    """`9903.01.01, note 2(a), items 14 and 15 (8501.52.4000); ...`, cut after some items."""
    left = SHOWN
    found: list[str] = []
    for one in many:
        for provision in dict.fromkeys(item.provision for item in one.items):
            items = [item for item in one.items if item.provision == provision]
            if left > 0:
                found.append(_reference(one, provision, items[:left]))
            left -= len(items)
    more = f"; and {-left} more items (a longer code narrows them)" if left < 0 else ""
    return "; ".join(dict.fromkeys(found)) + more


def _reference(one: Reading, provision: str, items: Sequence[Item]) -> str:
    numbers = [item.number for item in items]
    listed = numbers[0] if len(numbers) == 1 else f"{', '.join(numbers[:-1])} and {numbers[-1]}"
    codes = sorted({code for item in items for code in item.codes} & one.codes)
    shown = ", ".join(map(dotted, codes[:MOST_CODES])) + (
        ", ..." if len(codes) > MOST_CODES else ""
    )
    return (
        f"{one.event.heading or one.event.act}, {provision}, item{'s' * (len(numbers) > 1)} "
        f"{listed} ({shown})"
    )
