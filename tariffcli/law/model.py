"""The values that the engine works on. All are immutable; numbers are exact decimals; instants are whole UTC seconds."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

Instant = int
"""Seconds since 1970-01-01 UTC. A legal minute is exact in it, and two time zones compare without thought."""

FactValue = bool | Decimal | Instant | str
"""A fact of an entry: yes or no, a share (0 to 1) or an amount, an instant, a choice."""

RULING = frozenset({"rate", "floor", "end", "prohibit"})
"""Effects that compete to rule a programme; an `exempt` stands above them and an `undo` only takes away."""

CONFIDENCE = ("official", "transcribed", "secondary", "single", "memory", "open")
"""From strongest to weakest."""


class Selector(NamedTuple):
    """Which origins a row reaches: `*`, `cn+hk`, `@eu`, `*-ca-@col2`."""

    text: str
    everyone: bool
    named: tuple[str, ...]
    groups: tuple[str, ...]
    but_named: tuple[str, ...]
    but_groups: tuple[str, ...]

    @property
    def narrowness(self) -> int:
        """0 for `*` (also with exceptions), 1 for a group, 2 for countries by name."""
        return 0 if self.everyone else 1 if self.groups else 2


class Term(NamedTuple):
    """One condition of a row, perhaps negated (`!`)."""

    condition: str
    negated: bool


class Condition(NamedTuple):
    """A question about an entry. See the record's dictionary, `conditions.csv`."""

    id: str
    fact: str
    kind: str
    test: str
    bound: FactValue | None
    when_unknown: str
    flag: str
    question: str
    note: str


class Event(NamedTuple):
    """One act's effect on one scope. See the record's dictionary, `events/`."""

    id: str
    programmes: tuple[str, ...]
    origin: Selector
    scope: str
    effect: str
    rate_pct: Decimal | None
    rate_max_pct: Decimal | None
    amount: Decimal | None
    currency: str
    per: str
    join: str
    base: str
    announced: str
    effective: Instant
    until: Instant | None
    undoes: tuple[str, ...]
    condition: tuple[Term, ...]
    status: str
    act: str
    heading: str
    source_ids: tuple[str, ...]
    where: str
    confidence: str
    note: str


class Programme(NamedTuple):
    """Duties that replace one another. Different programmes add."""

    id: str
    importer: str
    authority: str
    family: str
    name: str
    zone: str
    refundable_since: str
    note: str


class Relation(NamedTuple):
    """A dated statement of how two programmes meet: `displaces`, or `adds` (which ends a displacement)."""

    id: str
    when: str
    drops: tuple[str, ...]
    mode: str
    origin: Selector
    scope: str
    announced: str
    effective: Instant
    until: Instant | None
    act: str
    source_ids: tuple[str, ...]
    where: str
    note: str


class Category(NamedTuple):
    """Plain words for a product: its codes in one importer's tariff, in one edition (blank: every edition)."""

    id: str
    importer: str
    edition: str
    name: str
    name_zh: str
    aliases: tuple[str, ...]
    codes: tuple[str, ...]
    note: str


class Scope(NamedTuple):
    """What one act lists; its codes stand in `Book.listings`."""

    id: str
    importer: str
    name: str
    act: str
    official_count: int | None
    count_edition: str
    shortfall: str
    confidence: str
    source_ids: tuple[str, ...]


class Listing(NamedTuple):
    """One line of a scope: everything below `prefix` is in it, or taken out of it."""

    scope: str
    prefix: str
    inside: bool


class Item(NamedTuple):
    """A numbered item of a list, and the codes of the list that it names. `text`: the official words, blank where the codes say it all."""

    scope: str
    number: str
    provision: str
    codes: tuple[str, ...]
    text: str
    note: str


class Line(NamedTuple):
    """A tariff line and an ordinary duty of it as printed; `since` and `until` are instants or None (open).

    Origin None: every origin. A row of a schedule has no more than its dates; see the record's dictionary, `ordinary/`.
    """

    code: str
    duty: str
    since: Instant | None
    until: Instant | None
    origin: Selector | None = None
    basis: str = ""
    condition: tuple[Term, ...] = ()
    source_ids: tuple[str, ...] = ()
    where: str = ""
    confidence: str = ""
    note: str = ""

    @property
    def base(self) -> str:
        """An ordinary duty is charged on the whole value."""
        return ""


class Membership(NamedTuple):
    """A country's dated membership of an area."""

    area: str
    member: str
    since: Instant | None
    until: Instant | None


class Coverage(NamedTuple):
    """What the record vouches for."""

    importer: str
    origin: Selector
    programme: str
    covered_from: str
    covered_until: str
    verified_through: str
    gaps: str


class Edition(NamedTuple):
    """Which Harmonized System edition an importer's codes follow between two instants, and whether all its lines are held.

    `schedule` is `complete` (every line of the tariff stands in the schedule), `partial` (rates of single lines) or blank.
    """

    importer: str
    edition: str
    since: Instant | None
    until: Instant | None
    schedule: str = ""
    source_ids: tuple[str, ...] = ()


class Source(NamedTuple):
    """A document."""

    id: str
    title: str
    publisher: str
    date: str
    url: str
    official: bool
    language: str


class Product(NamedTuple):
    """What is asked about: `general`, `category`, `code` or `list`; codes are digits without dots."""

    kind: str
    id: str
    name: str
    codes: tuple[str, ...]


class Query(NamedTuple):
    """One question. `facts` maps a fact's name to its value; `mfn_pct` supplies the ordinary duty where it is unknown.

    `whole_day` says that a bare day was asked, and that `instant` is its end. It changes words, never a number.
    """

    importer: str
    origin: str
    instant: Instant
    known_on: str | None = None
    product: Product = Product("general", "general", "goods on no special list", ())
    facts: Mapping[str, FactValue] = {}
    mfn_pct: Decimal | None = None
    whole_day: bool = False


class Layer(NamedTuple):
    """One programme's part of an answer. `rate_pct` is in points of the full customs value, after stacking."""

    programme: str
    role: str
    rate_pct: Decimal | None
    min_pct: Decimal
    max_pct: Decimal | None
    nominal_pct: Decimal | None
    event: Event
    reason: str


class Outcome(NamedTuple):
    """What one set of equal lines owes. `max_pct` None: unbounded. `asked`: facts whose two sides give different sums.

    Totals are additional plus ordinary duty; None where the ordinary duty, or the most, is not known. `ordinary`: the rows
    of the ordinary duty behind it. `deciding`: of the facts asked, those that change the additional duty. `lists`: the lists
    that had a say in any of the cases.
    """

    min_pct: Decimal
    max_pct: Decimal | None
    mfn_pct: Decimal | None
    mfn_text: str
    layers: tuple[Layer, ...]
    asked: tuple[str, ...]
    prohibited: bool
    total_min_pct: Decimal | None
    total_max_pct: Decimal | None
    ordinary: tuple[Line, ...] = ()
    deciding: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


class Part(NamedTuple):
    """Lines of a product that owe the same."""

    outcome: Outcome
    codes: tuple[str, ...]
    share_of_lines: Decimal


class Answer(NamedTuple):
    """The reply to a query; field by field as the contract names them. Percentages are of customs value.

    `lists`: the lists that had a say in any part, under any facts that are not known.
    """

    query: Query
    status: str
    reason: str
    min_pct: Decimal | None
    max_pct: Decimal | None
    mfn_pct: Decimal | None
    mfn_text: str
    total_min_pct: Decimal | None
    total_max_pct: Decimal | None
    layers: tuple[Layer, ...]
    parts: tuple[Part, ...]
    asked: tuple[str, ...]
    notes: tuple[tuple[str, str], ...]
    confidence: str
    verified_through: str
    ordinary: tuple[Line, ...] = ()
    lists: tuple[str, ...] = ()

    @property
    def additional_pct(self) -> Decimal | None:
        """The additional duty where it is one number."""
        return self.min_pct if self.min_pct is not None and self.min_pct == self.max_pct else None

    @property
    def total_pct(self) -> Decimal | None:
        """Additional plus ordinary duty where it is one number."""
        return self.total_min_pct if self.total_min_pct is not None and self.total_min_pct == self.total_max_pct else None
