"""A handful of rows of law built in memory, so that a test reads like the acts it speaks of. No
files, no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tariffcli.law.engine import rate
from tariffcli.law.instants import end_of_day, wall_to_instant
from tariffcli.law.model import (
    Answer,
    Condition,
    Event,
    FactValue,
    OrdinaryDuty,
    Product,
    Programme,
    Query,
    Relation,
    TariffLine,
    Term,
)
from tariffcli.law.places import parse_selector
from tariffcli.law.products import find_product
from tariffcli.law.reference import (
    Category,
    Coverage,
    Edition,
    Item,
    Listing,
    Membership,
    Scope,
    Source,
)

EASTERN, BEIJING = "America/New_York", "Asia/Shanghai"
Number = int | str | Decimal | None


def number(value: Number) -> Decimal | None:
    """An exact decimal of an int or a text; None stays None."""
    return None if value is None else Decimal(value)


def at(text: str, zone: str = EASTERN) -> int:
    """The instant of a wall time; of a bare day its first minute."""
    return wall_to_instant(text, zone)


def terms(text: str) -> tuple[Term, ...]:
    """A condition cell: `a&!b`."""
    return tuple(
        Term(piece.removeprefix("!"), piece.startswith("!")) for piece in text.split("&") if piece
    )


def event(
    id: str,
    rate: Number = None,
    *,
    programme: str = "duty",
    effect: str = "rate",
    origin: str = "*",
    scope: str = "all",
    announced: str = "2025-01-01",
    effective: str | None = None,
    until: str | None = None,
    undoes: str = "",
    condition: str = "",
    top: Number = None,
    amount: Number = None,
    per: str = "",
    join: str = "",
    base: str = "",
    status: str = "law",
    confidence: str = "official",
    zone: str = EASTERN,
) -> Event:
    """One act's effect. Without `effective` it holds from the first minute of the day it was
    announced.
    """
    return Event(
        id,
        tuple(programme.split(";")),
        parse_selector(origin),
        scope,
        effect,
        number(rate),
        number(top),
        number(amount),
        "USD" if amount is not None else "",
        per,
        join,
        base,
        announced,
        at(effective or announced, zone),
        at(until, zone) if until else None,
        tuple(one for one in undoes.split(";") if one),
        terms(condition),
        status,
        f"act {id}",
        "",
        (f"source-{id}",),
        "sec. 1",
        confidence,
        "",
    )


def relation(
    when: str,
    drops: str,
    mode: str = "displaces",
    *,
    id: str = "",
    origin: str = "*",
    scope: str = "all",
    announced: str = "2025-01-01",
    effective: str | None = None,
    until: str | None = None,
    zone: str = EASTERN,
) -> Relation:
    """A dated statement of how two programmes meet."""
    name = id or f"{when}-{mode}-{drops}-{announced}"
    return Relation(
        name,
        when,
        tuple(drops.split(";")),
        mode,
        parse_selector(origin),
        scope,
        announced,
        at(effective or announced, zone),
        at(until, zone) if until else None,
        f"act {name}",
        (),
        "sec. 2",
        "",
    )


def yes_no(id: str, when_unknown: str = "ask", fact: str = "") -> Condition:
    """A question answered by yes or no."""
    return Condition(
        id, fact or id, "yes_no", "", None, when_unknown, f"--claim {id}", f"{id}?", ""
    )


def share(
    id: str,
    test: str = "",
    bound: Number = None,
    when_unknown: str = "ask",
    fact: str = "",
    flag: str = "--metal-share",
) -> Condition:
    """A share of the value; with a test, a question about it."""
    return Condition(id, fact or id, "share", test, number(bound), when_unknown, flag, f"{id}?", "")


def loaded_before(
    id: str, wall: str, zone: str = EASTERN, when_unknown: str = "assume_no"
) -> Condition:
    """Was it loaded before a minute?"""
    return Condition(
        id, "loaded", "instant", "<", at(wall, zone), when_unknown, "--loaded", f"{id}?", ""
    )


def line(
    code: str,
    duty: str = "Free",
    since: str | None = None,
    until: str | None = None,
    zone: str = EASTERN,
) -> TariffLine:
    """A tariff line and its ordinary duty."""
    return TariffLine(
        code, duty, at(since, zone) if since else None, at(until, zone) if until else None
    )


def member(
    area: str, country: str, since: str | None = None, until: str | None = None, zone: str = EASTERN
) -> Membership:
    """A dated membership."""
    return Membership(
        area, country, at(since, zone) if since else None, at(until, zone) if until else None
    )


def edition(
    name: str,
    since: str | None = None,
    until: str | None = None,
    importer: str = "us",
    zone: str = EASTERN,
) -> Edition:
    """The codes that an importer uses between two days."""
    return Edition(
        importer, name, at(since, zone) if since else None, at(until, zone) if until else None
    )


def covered(
    origin: str = "*",
    since: str = "2018-01-01",
    until: str = "",
    verified: str = "2026-11-21",
    importer: str = "us",
) -> Coverage:
    """The record vouches for all programmes of a pair."""
    return Coverage(importer, parse_selector(origin), "*", since, until, verified, "")


class TinyBook:
    """A Book of a few rows. Programmes are those that rows name; `scopes` maps a list to its codes.

    A code of a list may be `!8507` (taken out) or `2017:8507` (of that edition only); a concordance
    row `2017:851712 2022:851713`.
    """

    def __init__(
        self,
        events: Iterable[Event] = (),
        relations: Iterable[Relation] = (),
        scopes: Mapping[str, Iterable[str]] | None = None,
        lines: Iterable[TariffLine] = (),
        conditions: Iterable[Condition] = (),
        memberships: Iterable[Membership] = (),
        editions: Iterable[Edition] = (),
        coverage: Iterable[Coverage] = (),
        *,
        families: Mapping[str, str] | None = None,
        categories: Iterable[Category] = (),
        duties: Iterable[OrdinaryDuty] = (),
        concordance: Iterable[str] = (),
        items: Iterable[Item] = (),
        importer: str = "us",
        zone: str = EASTERN,
    ) -> None:
        self.importer, self.zone = importer, zone
        self._lines, self._duties = tuple(lines), tuple(duties)
        self._items = tuple(items)
        self._mapped = tuple(_pair(text) for text in concordance)
        self._listings = tuple(
            (name, *_listing(text)) for name, codes in (scopes or {}).items() for text in codes
        )
        rows = tuple(events)
        names = dict.fromkeys(name for row in rows for name in row.programmes)
        self.programmes: Mapping[str, Programme] = {
            name: Programme(
                name, importer, name, (families or {}).get(name, ""), name, zone, "", ""
            )
            for name in names
        }
        self.conditions: Mapping[str, Condition] = {row.id: row for row in conditions}
        self.relations: Mapping[str, Sequence[Relation]] = {importer: tuple(relations)}
        self.events: Mapping[str, Sequence[Event]] = {importer: rows}
        self.categories: Mapping[str, Sequence[Category]] = {importer: tuple(categories)}
        self.scopes: Mapping[str, Scope] = {
            name: Scope(name, importer, name, "", None, "", "", "official", ())
            for name in (scopes or {})
        }
        self.sources: Mapping[str, Source] = {}
        self.coverage: Sequence[Coverage] = tuple(coverage) or (covered(importer=importer),)
        mark = "complete" if self._lines else ""
        self.editions: Sequence[Edition] = tuple(
            row._replace(schedule=row.schedule or mark) for row in editions
        ) or (Edition(importer, "2022", None, None, mark),)
        self.memberships: Sequence[Membership] = tuple(memberships)
        self.zones: Mapping[str, str] = {importer: zone}
        self.country_names: Mapping[str, str] = {}
        self.meta: Mapping[str, str] = {"version": "test", "compiled": "2026-11-21"}
        self.fingerprint = "test"
        self._derived: dict[Any, Any] = {}

    def lines(self, importer: str, prefix: str) -> Sequence[TariffLine]:
        return [
            row for row in self._lines if importer == self.importer and row.code.startswith(prefix)
        ]

    def duties(self, importer: str, prefix: str) -> Sequence[OrdinaryDuty]:
        return [
            row for row in self._duties if importer == self.importer and row.code.startswith(prefix)
        ]

    def listings(self, importer: str, prefix: str, edition: str) -> Iterable[Listing]:
        return [
            Listing(scope, code, inside)
            for scope, code, inside, of in self._listings
            if importer == self.importer
            and of in ("", edition)
            and (code.startswith(prefix) or prefix.startswith(code))
        ]

    def in_edition(self, code: str, edition: str) -> bool:
        editions = {of for _, listed, _, of in self._listings if listed.startswith(code)}
        return not editions or bool(editions & {"", edition})

    def mapped(self, code: str, edition: str) -> Sequence[str]:
        return sorted(
            {
                there
                for pair in self._mapped
                for (_, here), (of, there) in pair
                if of == edition and here.startswith(code)
            }
        )

    def scope_lines(self, scope: str, edition: str) -> Sequence[Listing]:
        return [
            Listing(name, code, inside)
            for name, code, inside, of in self._listings
            if name == scope and of in ("", edition)
        ]

    def items(self, scope: str, code: str) -> Sequence[Item]:
        return [
            row
            for row in self._items
            if row.scope == scope and any(code.startswith(one) for one in row.codes)
        ]

    def derived(self, key: Any, build: Callable[[], Any]) -> Any:
        if key not in self._derived:
            self._derived[key] = build()
        return self._derived[key]

    def ask(
        self,
        when: str,
        origin: str = "cn",
        product: str = "general",
        known_on: str | None = None,
        mfn: Number = None,
        **facts: FactValue,
    ) -> Answer:
        """The answer at a minute, or at the end of a day."""
        moment = at(when, self.zone) if ":" in when else end_of_day(when, self.zone)
        found: Product = find_product(self, self.importer, product, moment)
        given = {
            name: Decimal(value) if isinstance(value, str) and value[:1].isdigit() else value
            for name, value in facts.items()
        }
        return rate(self, Query(self.importer, origin, moment, known_on, found, given, number(mfn)))

    def owes(
        self,
        when: str,
        origin: str = "cn",
        product: str = "general",
        known_on: str | None = None,
        mfn: Number = None,
        **facts: FactValue,
    ) -> str:
        """The additional duty as people write it: `25`, `20..70`, `25..` without a top."""
        return owed(self.ask(when, origin, product, known_on, mfn, **facts))


def _pair(text: str) -> tuple[tuple[tuple[str, str], tuple[str, str]], ...]:
    """A concordance row in both directions: (edition, code) and the (edition, code) that answers
    for it.
    """
    older, newer = (
        (edition, code) for edition, _, code in (one.partition(":") for one in text.split())
    )
    return (older, newer), (newer, older)


def _listing(text: str) -> tuple[str, bool, str]:
    of, _, code = text.rpartition(":")
    return code.removeprefix("!"), not code.startswith("!"), of


def plain(value: Decimal | None) -> str:
    """A number without needless zeros; nothing for None."""
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def owed(answer: Answer) -> str:
    """The additional duty of an answer: `25`, `20..70`, `25..`, or the status where there
    is none.
    """
    return written(answer.min_pct, answer.max_pct) or answer.status


def written(low: Decimal | None, high: Decimal | None) -> str:
    """A span as people write it."""
    if low is None:
        return ""
    return plain(low) if low == high else f"{plain(low)}..{plain(high)}"


def layer(answer: Answer, programme: str):
    """The layer of a programme in an answer; fails the test when there is none."""
    return next(one for one in answer.layers if one.programme == programme)


def charged(answer: Answer) -> dict[str, str]:
    """What each programme adds, in points of the whole value."""
    return {one.programme: written(one.min_pct, one.max_pct) for one in answer.layers}
