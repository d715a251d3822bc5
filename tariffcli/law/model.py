"""The values that the engine works on, all immutable.

Numbers are exact decimals and instants whole UTC seconds. What a field means in law stands in the
record's dictionary, `data/README.md`; here stands what it holds.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from tariffcli.law.kinds import (
    AnswerStatus,
    Blank,
    ConditionKind,
    Confidence,
    Effect,
    Join,
    ProductKind,
    Role,
    StackingMode,
    Status,
    WhenUnknown,
)

Instant = int
"""Seconds since 1970-01-01 UTC.

A legal minute is exact in it, and two time zones compare without thought.
"""

FactValue = bool | Decimal | Instant | str
"""A fact of an entry: yes or no, a share (0 to 1) or an amount, an instant, a choice."""


class Selector(NamedTuple):
    """Which origins a row reaches.

    Attributes:
      text: As the record writes it: `*`, `cn+hk`, `@eu`, `*-ca-@col2`.
      everyone: Whether it begins with all origins.
      named: Country codes that it names.
      groups: Areas that it names, without the `@`.
      but_named: Country codes that it takes out.
      but_groups: Areas that it takes out.
    """

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
    """One condition of a row.

    Attributes:
      condition: Id of the condition.
      negated: Whether the row asks that it is false (`!`).
    """

    condition: str
    negated: bool


class Condition(NamedTuple):
    """A question about an entry.

    Attributes:
      id: Its id.
      fact: Name of the fact that it asks for; several conditions may ask for one.
      kind: What the value of the fact is.
      test: `<`, `<=`, `>`, `>=` or `=`; blank where the fact itself is the answer.
      bound: What the fact is compared with; None where there is no test.
      when_unknown: What holds where the fact is not given.
      flag: The option of the command line that gives the fact.
      question: The question in words.
      note: What a reader must know.
    """

    id: str
    fact: str
    kind: ConditionKind
    test: str
    bound: FactValue | None
    when_unknown: WhenUnknown
    flag: str
    question: str
    note: str


class Event(NamedTuple):
    """One act's effect on one scope.

    Attributes:
      id: Its id, never reused.
      programmes: Ids of the programmes it speaks of, of one importer.
      origin: Which origins it reaches.
      scope: Id of a list, or `all`.
      effect: What it does.
      rate_pct: Per cent of customs value after the act; None where unknown, or no rate.
      rate_max_pct: The upper end of a range that is not established; None where there is no range.
      amount: A specific duty in `currency` per `per`; None where there is none.
      currency: ISO currency of the amount; blank without one.
      per: Unit of the amount: `item`, `kg`, `W`; blank without one.
      join: How the amount meets the rate; blank without an amount.
      base: The share fact it is charged on, `!` for all but it; blank for the whole customs value.
      announced: Day it was signed or published (YYYY-MM-DD), the earlier of both.
      effective: First instant.
      until: First instant no longer covered, where its own act set one; None: no end set.
      undoes: `none`, `earlier`, or ids of rows that it takes away.
      condition: What must be true of the entry, all of it; empty: always.
      status: Whether it is law.
      act: Its acts as they are cited, joined with `; `; `no act found` for law without one.
      heading: Tariff heading that a declaration cites; blank where none is known.
      source_ids: Ids of documents, the primary one first.
      where: Pinpoint in the source.
      confidence: How well it is known.
      note: What a reader must know.
      act_ids: Ids of its acts; empty where none was found.
    """

    id: str
    programmes: tuple[str, ...]
    origin: Selector
    scope: str
    effect: Effect
    rate_pct: Decimal | None
    rate_max_pct: Decimal | None
    amount: Decimal | None
    currency: str
    per: str
    join: Join | Blank
    base: str
    announced: str
    effective: Instant
    until: Instant | None
    undoes: tuple[str, ...]
    condition: tuple[Term, ...]
    status: Status
    act: str
    heading: str
    source_ids: tuple[str, ...]
    where: str
    confidence: Confidence
    note: str
    act_ids: tuple[str, ...] = ()


class Programme(NamedTuple):
    """Duties that replace one another. Different programmes add.

    Attributes:
      id: Its id.
      importer: Code of the country that charges it.
      authority: The power it is charged under; several programmes may share one.
      family: Programmes that stacking names together (`@s232`); blank for none.
      name: Plain words.
      zone: Name of the time zone by which its acts count.
      refundable_since: First day whose duty is refundable; blank where it is not.
      note: What a reader must know.
    """

    id: str
    importer: str
    authority: str
    family: str
    name: str
    zone: str
    refundable_since: str
    note: str


class Relation(NamedTuple):
    """A dated statement of how two programmes meet.

    Attributes:
      id: Its id.
      when: The displacer: a programme or `@family`.
      drops: What it displaces: programmes, `@family`, or `*` with the ordinary duty.
      mode: `displaces`, or `adds`, which ends a displacement of the pair.
      origin: Which origins it reaches.
      scope: Id of a list, or `all`.
      announced: Day it was signed or published (YYYY-MM-DD).
      effective: First instant.
      until: First instant no longer covered; None: no end set.
      act: Its acts as they are cited, joined with `; `.
      source_ids: Ids of documents.
      where: Pinpoint in the source.
      note: What a reader must know.
      act_ids: Ids of its acts.
    """

    id: str
    when: str
    drops: tuple[str, ...]
    mode: StackingMode
    origin: Selector
    scope: str
    announced: str
    effective: Instant
    until: Instant | None
    act: str
    source_ids: tuple[str, ...]
    where: str
    note: str
    act_ids: tuple[str, ...] = ()


class TariffLine(NamedTuple):
    """A line of a tariff, with the duty that its schedule prints.

    Attributes:
      code: Eight digits.
      duty: As printed.
      since: First instant; None: from the beginning.
      until: First instant no longer covered; None: no end known.
    """

    code: str
    duty: str
    since: Instant | None
    until: Instant | None


class OrdinaryDuty(NamedTuple):
    """An ordinary duty: one sourced by itself, or that of a tariff line.

    Attributes:
      code: Eight digits; blank in an answer, where lines that owe the same are one.
      duty: As printed.
      since: First instant; None in an answer.
      until: First instant no longer covered; None in an answer.
      origin: Which origins it reaches; None: every origin.
      basis: `mfn`, `provisional`, `quota`, `preference`, `column-2`; blank from a schedule.
      condition: What must be true of the entry, all of it; empty: always.
      source_ids: Ids of documents; empty from a schedule.
      where: Pinpoint in the source.
      confidence: How well it is known; blank from a schedule.
      note: What a reader must know.
    """

    code: str
    duty: str
    since: Instant | None = None
    until: Instant | None = None
    origin: Selector | None = None
    basis: str = ""
    condition: tuple[Term, ...] = ()
    source_ids: tuple[str, ...] = ()
    where: str = ""
    confidence: Confidence | Blank = ""
    note: str = ""

    @property
    def base(self) -> str:
        """An ordinary duty is charged on the whole value."""
        return ""


class Product(NamedTuple):
    """What is asked about.

    Attributes:
      kind: How it was named.
      id: Id of the category or list, or the code; `general`.
      name: In words.
      codes: Digits without dots, or `scope:` and the id of a list.
    """

    kind: ProductKind
    id: str
    name: str
    codes: tuple[str, ...]


class Query(NamedTuple):
    """One question.

    Attributes:
      importer: Code of the country that charges.
      origin: Code of the country that the goods are of.
      instant: When they are entered.
      known_on: The day (YYYY-MM-DD) whose knowledge counts; None: all that the record knows.
      product: What the goods are.
      facts: Values by name of the fact; what is not in it is not known.
      mfn_pct: The ordinary duty, where the record does not know it; None: not given.
      whole_day: Whether a bare day was asked, of which `instant` is the end. It changes words,
        never a number.
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
    """One programme's part of an answer, in points of the full customs value.

    Attributes:
      programme: Its id.
      role: What it does.
      rate_pct: What it adds after stacking; None where that is not one number.
      min_pct: The least it may add.
      max_pct: The most it may add; None: unbounded.
      nominal_pct: What its act says before stacking; None where that is no number.
      event: The row that rules it.
      reason: Why it has this role, in words; may be blank.
    """

    programme: str
    role: Role
    rate_pct: Decimal | None
    min_pct: Decimal
    max_pct: Decimal | None
    nominal_pct: Decimal | None
    event: Event
    reason: str


class Outcome(NamedTuple):
    """What one class of lines owes. Per cents are of customs value.

    Attributes:
      min_pct: The least additional duty.
      max_pct: The most; None: unbounded.
      mfn_pct: The ordinary duty; None where unknown, or no per cent.
      mfn_text: Its words where it is no per cent; else blank.
      layers: One for each programme.
      asked: Facts whose two sides give different sums.
      prohibited: Whether entry is prohibited.
      total_min_pct: Least additional plus ordinary duty; None where the latter is unknown.
      total_max_pct: Most additional plus ordinary duty; None where either is unknown.
      ordinary: The rows behind the ordinary duty.
      deciding: Of the facts asked, those that change the additional duty.
      lists: Ids of the lists that had a say in any of the cases.
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
    ordinary: tuple[OrdinaryDuty, ...] = ()
    deciding: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


class Part(NamedTuple):
    """Lines of a product that owe the same.

    Attributes:
      outcome: What they owe.
      codes: Their codes.
      share_of_lines: Their share of the product's lines, 0 to 1.
    """

    outcome: Outcome
    codes: tuple[str, ...]
    share_of_lines: Decimal


class Answer(NamedTuple):
    """The reply to a query, with the fields of docs/json.md. Per cents are of customs value.

    Attributes:
      query: The question.
      status: How far the answer goes.
      reason: Why it is not one number, in words; blank where it is.
      min_pct: The least additional duty; None outside coverage.
      max_pct: The most; None: unbounded, or outside coverage.
      mfn_pct: The ordinary duty; None where unknown, no per cent, or not one.
      mfn_text: Its words where it is no per cent; else blank.
      total_min_pct: Least additional plus ordinary duty; None where not known.
      total_max_pct: Most additional plus ordinary duty; None where not known.
      layers: One for each programme.
      parts: Lines that owe the same; empty where all do.
      asked: Facts that would change the answer.
      notes: (code, text) of what a reader must know.
      confidence: The weakest of the layers that charge; blank where none does.
      verified_through: Last day for which acts were looked for; blank outside coverage.
      ordinary: The rows behind the ordinary duty.
      lists: Ids of the lists that had a say in any part, under any facts not known.
    """

    query: Query
    status: AnswerStatus
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
    confidence: Confidence | Blank
    verified_through: str
    ordinary: tuple[OrdinaryDuty, ...] = ()
    lists: tuple[str, ...] = ()

    @property
    def additional_pct(self) -> Decimal | None:
        """The additional duty where it is one number."""
        one = self.min_pct is not None and self.min_pct == self.max_pct
        return self.min_pct if one else None

    @property
    def total_pct(self) -> Decimal | None:
        """Additional plus ordinary duty where it is one number."""
        one = self.total_min_pct is not None and self.total_min_pct == self.total_max_pct
        return self.total_min_pct if one else None
