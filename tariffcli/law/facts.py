"""Facts of an entry: is a row's condition true, which facts are asked, and what are their
extremes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import product

from tariffcli.errors import UsageError
from tariffcli.law.book import Book
from tariffcli.law.model import Condition, Event, FactValue, OrdinaryDuty, Term

ZERO, ONE = Decimal(0), Decimal(1)
NEAR = Decimal("1E-12")
"""Stands for "just beside a bound": it passes a test of `> 0`, and counts as nothing in a share of
value.
"""


def holds_for(condition: Condition, value: FactValue) -> bool:
    """Whether a known fact passes a condition's test."""
    if condition.kind == "yes_no":
        return bool(value)
    bound = condition.bound
    if bound is None or condition.test == "":
        return bool(value)
    if condition.kind == "choice":
        return value == bound
    if condition.test == "<":
        return value < bound  # type: ignore[operator]
    if condition.test == "<=":
        return value <= bound  # type: ignore[operator]
    if condition.test == ">":
        return value > bound  # type: ignore[operator]
    return value >= bound  # type: ignore[operator]


def all_true(
    terms: Iterable[Term], conditions: Mapping[str, Condition], facts: Mapping[str, FactValue]
) -> bool:
    """Whether every term is true; an unknown fact counts as no, and its negation as yes."""
    for term in terms:
        condition = conditions[term.condition]
        value = facts.get(condition.fact)
        if (value is not None and holds_for(condition, value)) == term.negated:
            return False
    return True


def could_be_true(
    event: Event | OrdinaryDuty, conditions: Mapping[str, Condition], facts: Mapping[str, FactValue]
) -> bool:
    """Whether a row's condition can still come true: no term on a given fact, or on relief not
    claimed, is false.
    """
    for term in event.condition:
        condition = conditions[term.condition]
        settled = condition.fact in facts or condition.when_unknown == "assume_no"
        if settled and not all_true((term,), conditions, facts):
            return False
    return True


def kinds_of_facts(book: Book) -> Mapping[str, Condition]:
    """Every fact that some condition of the record reads, with one of those conditions, which tells
    its kind.
    """
    return book.derived(
        "kinds of facts",
        lambda: {condition.fact: condition for condition in book.conditions.values()},
    )


def check_facts(book: Book, facts: Mapping[str, object]) -> None:
    """Raise UsageError for a fact that no condition reads, and for a value that is not of its kind.

    A misread fact would be a wrong number in silence: `True` is no share, and text no yes.
    """
    known = kinds_of_facts(book)
    for name, value in facts.items():
        if name not in known:
            raise UsageError(f"No condition of the record reads a fact '{name}'.")
        if not _fits(known[name].kind, value):
            raise UsageError(
                f"The fact {name} cannot be {value!r:.40}; see `tariffcli.ask`, which reads it."
            )


def _fits(kind: str, value: object) -> bool:
    if kind == "yes_no":
        return isinstance(value, bool)
    if kind == "choice":
        return isinstance(value, str) and value == value.strip().lower()
    if kind == "instant":
        return isinstance(value, int) and not isinstance(value, bool)
    if not isinstance(value, Decimal) or not value.is_finite():
        return False
    return ZERO <= value <= ONE if kind == "share" else value >= ZERO


def share_of(base: str, facts: Mapping[str, FactValue]) -> Decimal:
    """The share of the value that a row with `base` is charged on; `!x` is what x leaves over;
    unknown counts as 0 of x.
    """
    if not base:
        return ONE
    name = base.removeprefix("!")
    value = facts.get(name, ZERO)
    share = _plain(value) if isinstance(value, Decimal) else ZERO
    return ONE - share if base.startswith("!") else share


def _plain(share: Decimal) -> Decimal:
    """A share with what is only "beside a bound" taken off."""
    rounded = round(share, 9)
    return share if share == rounded else rounded.normalize()


def conditions_of(
    event: Event | OrdinaryDuty, conditions: Mapping[str, Condition]
) -> Iterator[Condition]:
    """Every condition that a row depends on, its base included."""
    for term in event.condition:
        yield conditions[term.condition]
    if event.base:
        yield conditions[event.base.removeprefix("!")]


def unknown_facts(
    events: Iterable[Event | OrdinaryDuty],
    conditions: Mapping[str, Condition],
    facts: Mapping[str, FactValue],
    when_unknown: str,
) -> dict[str, tuple[Condition, ...]]:
    """The facts these rows depend on that the query does not give, by name, with every condition
    that reads them.
    """
    found: dict[str, dict[str, Condition]] = {}
    for event in events:
        if event.condition or event.base:
            for condition in conditions_of(event, conditions):
                if condition.fact not in facts and condition.when_unknown == when_unknown:
                    found.setdefault(condition.fact, {})[condition.id] = condition
    return {
        fact: tuple(found[fact][name] for name in sorted(found[fact])) for fact in sorted(found)
    }


def extremes(conditions: Sequence[Condition]) -> tuple[FactValue, ...]:
    """The values that stand for every value of an unknown fact: both sides of each test that reads
    it.
    """
    kind = conditions[0].kind
    if kind == "yes_no":
        return (False, True)
    bounds = [condition.bound for condition in conditions if condition.bound is not None]
    if kind == "share":
        beside = {
            near
            for bound in bounds
            if isinstance(bound, Decimal)
            for near in (bound - NEAR, bound, bound + NEAR)
        }
        return tuple(sorted({ZERO, ONE, *(near for near in beside if ZERO <= near <= ONE)}))
    if kind == "choice":
        return ("", *sorted({bound for bound in bounds if isinstance(bound, str)}))
    numbers = {
        near
        for bound in bounds
        if isinstance(bound, Decimal | int)
        for near in (bound - 1, bound, bound + 1)
    }
    return tuple(sorted(numbers))


def assignments(
    asked: Mapping[str, Sequence[Condition]],
    conditions: Mapping[str, Condition],
    facts: Mapping[str, FactValue],
) -> Iterator[dict[str, FactValue]]:
    """Every combination of extremes of the asked facts, over the given facts.

    Shares typed with the same flag are shares of one value: combinations that add up to more than
    the whole are left out.
    """
    flags = {
        name: condition.flag
        for name in {**facts, **asked}
        if (condition := conditions.get(name)) and condition.kind == "share"
    }
    given = _share_sums(flags, facts)
    if any(total > ONE for total in given.values()):
        return
    sides = [
        _within(extremes(asked[name]), ONE - given.get(flags[name], ZERO))
        if name in flags
        else extremes(asked[name])
        for name in asked
    ]
    for values in product(*sides):
        tried: dict[str, FactValue] = {**facts, **dict(zip(asked, values, strict=True))}
        if all(round(total, 9) <= ONE for total in _share_sums(flags, tried).values()):
            yield tried


def room_for(
    condition: Condition, conditions: Mapping[str, Condition], facts: Mapping[str, FactValue]
) -> Decimal:
    """The most that a share can be beside the given shares of the same value."""
    flags = {
        name: one.flag for name in facts if (one := conditions.get(name)) and one.kind == "share"
    }
    return max(ZERO, ONE - _share_sums(flags, facts).get(condition.flag, ZERO))


def _within(values: Sequence[FactValue], left: Decimal) -> list[FactValue]:
    """Extremes of a share cut to what other shares leave over."""
    cut = {min(value, left) for value in values if isinstance(value, Decimal)}
    return list(sorted(cut))


def _share_sums(flags: Mapping[str, str], facts: Mapping[str, FactValue]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for name, flag in flags.items():
        value = facts.get(name)
        if isinstance(value, Decimal):
            sums[flag] = sums.get(flag, ZERO) + value
    return sums
