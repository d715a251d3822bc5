"""Duties of many lines at once: the arithmetic of `law.bill` in whole numbers.

Every line is rounded as a bill rounds it. Values are whole cents, rates are ten-thousandths of a
per cent, quantities thousandths of a unit. For an amount with a fraction of a cent the duty of two
bounds is computed, between which it lies: mostly they owe the same, and so does the amount. What
does not fit is computed line by line with `duty_of` itself: bounds that owe different sums, a rate
with more decimals, a sum beyond 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tariffcli.bulk.classes.arrow import Bools, Int32s, Int64s, gather, listed
from tariffcli.bulk.classes.specific import (
    MICRO,
    MILLI,
    Counted,
    by_quantity,
    counted_of,
    rate_of,
)
from tariffcli.law.bill import Goods
from tariffcli.law.expression import AdValorem, in_unit
from tariffcli.law.formula import Formula, FormulaLine, duty_of

UNKNOWN = np.iinfo(np.int64).min
"""No amount."""

MAX_CENTS = 10**11
"""A value of a thousand million dollars at five thousand per cent still fits."""

CENT, THOUSANDTH = Decimal("0.01"), Decimal("0.001")


PARTS_OF_CENT = 1_000
"""Bounds of values are counted in this many parts of a cent. With finer parts two bounds owe the
same more often, but fewer values fit into 64 bits.
"""

MAX_EXACT = 2**62
"""Sums below it are made with machine integers."""


class InexactAmounts(NamedTuple):
    """Lines whose value is not whole cents, or whose quantity is not whole thousandths, in order.

    The value lies between `low` and `high` (in parts of a cent; it is neither, unless both are the
    same), the quantity between `low_quantity` and `high_quantity`. Where `low` is `UNKNOWN` there
    are no bounds. `rows` are the rows of these lines in the file; `exact` reads value and quantity
    of a row.
    """

    lines: Int64s
    low: Int64s
    high: Int64s
    low_quantity: Int64s
    high_quantity: Int64s
    rows: Int64s
    exact: Callable[[int], tuple[Decimal, Decimal | None]]

    def taken(self, lines: Int64s) -> InexactAmounts | None:
        """These amounts for `lines` out of those they belong to, some more than once."""
        places = np.minimum(np.searchsorted(self.lines, lines), len(self.lines) - 1)
        taken = np.flatnonzero(self.lines[places] == lines)
        kept = places[taken]
        if not len(taken):
            return None
        low, high, low_units, high_units = (
            bound[kept] for bound in (self.low, self.high, self.low_quantity, self.high_quantity)
        )
        return InexactAmounts(
            taken.astype(np.int64), low, high, low_units, high_units, self.rows[kept], self.exact
        )


class Amounts(NamedTuple):
    """What lines are worth, and how much they are.

    `cents` and `quantities` (thousandths of a unit) are `UNKNOWN` where not given; `units` are
    places in `unit_names`. Lines that do not fit into whole cents and thousandths have the nearest
    here, and their bounds in `inexact`.
    """

    cents: Int64s
    quantities: Int64s
    units: Int64s
    unit_names: list[str]
    inexact: InexactAmounts | None = None

    def taken(self, lines: Int64s) -> Amounts:
        """The amounts of some of these lines, some more than once."""
        odd = self.inexact.taken(lines) if self.inexact is not None else None
        return Amounts(
            self.cents[lines], self.quantities[lines], self.units[lines], self.unit_names, odd
        )

    def of_line(self, line: int) -> tuple[Decimal, Decimal | None]:
        """Value and quantity of one line."""
        if self.inexact is not None:
            place = int(np.searchsorted(self.inexact.lines, line))
            if place < len(self.inexact.lines) and self.inexact.lines[place] == line:
                return self.inexact.exact(int(self.inexact.rows[place]))
        cents, thousandths = int(self.cents[line]), int(self.quantities[line])
        return Decimal(cents) * CENT, None if thousandths == UNKNOWN else Decimal(
            thousandths
        ) * THOUSANDTH


class Table(NamedTuple):
    """Formulas as arrays, a row each.

    `rates` by formula and line (for a `counted` formula those of its other lines); `even`: the
    value counts in whole units; `plain`: rates alone; `priced`: there is a formula; `by_quantity`:
    it asks for the quantity. The `part_...` are those of `Counted`.
    """

    rates: Int64s
    even: Bools
    plain: Bools
    priced: Bools
    by_quantity: Bools
    part_rate: Int64s
    part_each: Int64s
    part_unit: NDArray[np.str_]
    part_whole: Bools
    counted: Bools

    @property
    def parts(self) -> Counted:
        """The lines with an amount per unit."""
        return Counted(
            self.part_rate, self.part_each, self.part_unit, self.part_whole, self.counted
        )


def table_of(formulas: Sequence[Formula | None]) -> Table:
    """Formulas as arrays."""
    width = max((len(formula.lines) for formula in formulas if formula), default=0)
    rates = np.zeros((len(formulas), max(width, 1)), dtype=np.int64)
    plain = np.zeros(len(formulas), dtype=bool)
    counted = counted_of(formulas)
    for number, formula in enumerate(formulas):
        line_rates = [rate_of(line) for line in formula.lines] if formula else [None]
        plain[number] = None not in line_rates
        if plain[number] or counted.here[number]:
            known = sorted((rate for rate in line_rates if rate), reverse=True)
            rates[number, : len(known)] = known
    even = np.array([bool(formula and formula.even) for formula in formulas], dtype=bool)
    priced = np.array([formula is not None for formula in formulas], dtype=bool)
    by_quantity = np.array(
        [bool(formula and formula.needs_quantity) for formula in formulas], dtype=bool
    )
    parts = (counted.rate, counted.each, counted.unit, counted.whole, counted.here)
    return Table(rates, even, plain, priced, by_quantity, *parts)


def joined(table: Table, more: Table) -> Table:
    """Two tables as one, the second after the first."""
    width = max(table.rates.shape[1], more.rates.shape[1])
    rates = [
        np.pad(part.rates, ((0, 0), (0, width - part.rates.shape[1]))) for part in (table, more)
    ]
    others: list[Any] = [np.concatenate(pair) for pair in zip(table[1:], more[1:], strict=True)]
    return Table(np.concatenate(rates), *others)


def duties(
    formulas: Sequence[Formula | None], table: Table, numbers: Int32s, amounts: Amounts
) -> Int64s:
    """The duty of each line in cents; `UNKNOWN` where it cannot be said.

    `numbers` gives the formula of each line, `table` holds all formulas.
    """
    odd = amounts.inexact
    if odd is None:
        return _of_cents(formulas, table, numbers, amounts)
    if len(odd.lines) == len(numbers):
        owed = np.full(len(numbers), UNKNOWN)
    else:
        cents = amounts.cents.copy()
        cents[odd.lines] = UNKNOWN
        owed = _of_cents(formulas, table, numbers, amounts._replace(cents=cents, inexact=None))
    owed_between, sure = _between(
        table, gather(numbers, odd.lines), odd, gather(amounts.units, odd.lines), amounts.unit_names
    )
    owed[odd.lines] = owed_between
    for line in odd.lines[~sure].tolist():
        owed[line] = _exactly(formulas[int(numbers[line])], line, amounts)
    return owed


def _of_cents(
    formulas: Sequence[Formula | None], table: Table, numbers: Int32s, amounts: Amounts
) -> Int64s:
    """The duty of lines of whole cents."""
    known = amounts.cents != UNKNOWN
    base = np.where(known, amounts.cents, 0)
    even = gather(table.even, numbers)
    if even.any():
        base = np.where(even, (base + 50) // 100 * 100, base)
    owed = _by_rates(table, numbers, base)
    known &= gather(table.priced, numbers)
    known &= ~(gather(table.by_quantity, numbers) & (amounts.quantities == UNKNOWN))
    owed[~known] = UNKNOWN
    others = np.flatnonzero(~gather(table.plain, numbers) & known)
    if len(others):
        others = _add_parts(owed, table, numbers, others, base, amounts)
    for number in listed(np.unique(numbers[others])):
        lines = others[numbers[others] == number]
        owed[lines] = _special(formulas[number], base[lines], lines, amounts)
    for line in np.flatnonzero(
        known & ((amounts.cents > MAX_CENTS) | (amounts.cents < 0))
    ).tolist():
        owed[line] = _exactly(formulas[int(numbers[line])], line, amounts)
    return owed


def _by_rates(table: Table, numbers: Int32s, base: Int64s) -> Int64s:
    """What the rates of each line's formula come to in cents, each rounded half up."""
    owed = (base * gather(table.rates[:, 0], numbers) + MICRO // 2) // MICRO
    lines, left = np.arange(len(base)), numbers
    for column in table.rates.T[
        1:
    ]:  # rates stand from the highest down: ever fewer lines have one more
        charged = np.flatnonzero(gather(column, left))
        if not len(charged):
            break
        lines, left = gather(lines, charged), gather(left, charged)
        owed[lines] += (gather(base, lines) * gather(column, left) + MICRO // 2) // MICRO
    return owed


def _between(
    table: Table, numbers: Int32s, odd: InexactAmounts, units: Int64s, names: list[str]
) -> tuple[Int64s, Bools]:
    """What lines between two bounds owe, and for which this is sure: both bounds owe the same."""
    sure = (odd.low >= 0) & (odd.high < MAX_EXACT // max(int(table.rates.max(initial=1)), MICRO))
    low, high = np.where(sure, odd.low, 0), np.where(sure, odd.high, 0)
    less = (low < high).astype(np.int64)
    even = gather(table.even, numbers)
    if even.any():
        unit = 100 * PARTS_OF_CENT
        low = np.where(even, (low + unit // 2) // unit * unit, low)
        high = np.where(even, (high + unit // 2 - less) // unit * unit, high)
        less = np.where(even, 0, less)  # a whole unit is not below itself
    owed = _by_rates_between(table, numbers, low, high - low, less, sure)
    known = gather(table.priced, numbers)
    known &= ~(gather(table.by_quantity, numbers) & (odd.low_quantity == UNKNOWN))
    others = np.flatnonzero(~gather(table.plain, numbers) & known)
    if len(others):
        least, most = owed.copy(), owed.copy()
        low_units, high_units = (
            Amounts(low, quantities, units, names)
            for quantities in (odd.low_quantity, odd.high_quantity)
        )
        sure[_add_parts(least, table, numbers, others, low, low_units, PARTS_OF_CENT)] = False
        sure[_add_parts(most, table, numbers, others, high, high_units, PARTS_OF_CENT, less)] = (
            False
        )
        sure &= least == most
        owed = least
    owed[~known] = UNKNOWN
    return owed, sure


def _by_rates_between(
    table: Table,
    numbers: Int32s,
    low: Int64s,
    span: Int64s,
    less: Int64s,
    sure: Bools,
) -> Int64s:
    """What the rates of each line's formula come to for its lower bound.

    A line is not `sure` where the upper bound comes to more. That bound is `span` above the lower
    one; where `less` is 1 the value may be anything just below it.
    """
    unit = MICRO * PARTS_OF_CENT

    def charge(rate: Int64s, low: Int64s, span: Int64s, less: Int64s) -> tuple[Int64s, Bools]:
        exact = low * rate
        exact += unit // 2
        owed = exact // unit
        exact -= owed * unit
        span = span * rate
        span -= less
        exact += span
        return owed, exact < unit

    total, same = charge(gather(table.rates[:, 0], numbers), low, span, less)
    sure &= same
    lines, left = np.arange(len(low)), numbers
    for column in table.rates.T[1:]:
        charged = np.flatnonzero(gather(column, left))
        if not len(charged):
            break
        lines, left = gather(lines, charged), gather(left, charged)
        owed, same = charge(
            gather(column, left), gather(low, lines), gather(span, lines), gather(less, lines)
        )
        total[lines] += owed
        sure[lines] &= same
    return total


def _add_parts(
    total: Int64s,
    table: Table,
    numbers: Int32s,
    others: Int64s,
    base: Int64s,
    amounts: Amounts,
    fine: int = 1,
    less: Int64s | None = None,
) -> Int64s:
    """Add what lines of counted formulas owe by quantity.

    Returns the lines of other formulas, and those that do not fit.
    """
    counted = gather(table.counted, gather(numbers, others))
    counted_lines, other_lines = others[counted], others[~counted]
    if not len(counted_lines):
        return other_lines
    units, quantities = (
        gather(amounts.units, counted_lines),
        gather(amounts.quantities, counted_lines),
    )
    parts = 0 if less is None else gather(less, counted_lines)
    owed, known, fits = by_quantity(
        table.parts,
        gather(numbers, counted_lines),
        gather(base, counted_lines),
        quantities,
        units,
        amounts.unit_names,
        fine,
        parts,
    )
    total[counted_lines] = np.where(known, total[counted_lines] + owed, UNKNOWN)
    return np.sort(np.concatenate([other_lines, counted_lines[known & ~fits]]))


def _special(formula: Formula | None, base: Int64s, lines: Int64s, amounts: Amounts) -> Int64s:
    """The duty of lines of one formula that is not of rates alone."""
    owed = np.full(len(lines), UNKNOWN, dtype=np.int64)
    if formula is None:
        return owed
    units = amounts.units[lines]
    for unit in listed(np.unique(units)):
        places = np.flatnonzero(units == unit)
        name = amounts.unit_names[unit] if unit < len(amounts.unit_names) else ""
        if not formula.needs_quantity:
            name = ""
        sums = _all_lines(formula, base[places], amounts.quantities[lines[places]], name)
        if sums is None:
            owed[places] = [_exactly(formula, int(line), amounts) for line in lines[places]]
        else:
            owed[places] = sums
    return owed


def _all_lines(formula: Formula, base: Int64s, quantities: Int64s, unit: str) -> Int64s | None:
    """The sum of a formula's lines; None where whole numbers cannot hold one of them."""
    total = np.zeros(len(base), dtype=np.int64)
    known = (
        np.ones(len(base), dtype=bool)
        if not formula.needs_quantity
        else (quantities != UNKNOWN) & (quantities >= 0)
    )
    amount = np.where(known, quantities, 0)
    for line in formula.lines:
        if line.greater:
            return None
        exact = np.zeros(len(base), dtype=np.int64)
        for part in line.parts:
            if isinstance(part, AdValorem):
                rate = rate_of(FormulaLine((part,)))
                if rate is None:
                    return None
                exact += base * rate
                continue
            factor = in_unit(Decimal(1), unit, part.unit)
            if factor is None:
                return np.full(len(base), UNKNOWN, dtype=np.int64)
            units = _units(amount, Fraction(factor), whole_units=formula.even and part.amount <= 1)
            each = Fraction(part.amount) * 100 * MICRO / MILLI
            if (
                units is None
                or each.denominator != 1
                or float(units.max(initial=0)) * float(each) > 2**62
            ):
                return None
            exact += units * int(each)
        total += (exact + MICRO // 2) // MICRO
    total[~known] = UNKNOWN
    return total


def _units(thousandths: Int64s, factor: Fraction, whole_units: bool) -> Int64s | None:
    """A quantity in another unit, in thousandths; rounded to whole units where the law says so."""
    if factor.denominator != 1 and whole_units is False:
        return None
    top, bottom = factor.numerator, factor.denominator * MILLI
    if float(thousandths.max(initial=0)) * top > 2**60:
        return None
    if not whole_units:
        return thousandths * top
    return (2 * thousandths * top + bottom) // (2 * bottom) * MILLI


def _exactly(formula: Formula | None, line: int, amounts: Amounts) -> int:
    """The duty of one line by the reckoning that bills use."""
    value, quantity = amounts.of_line(line)
    if formula is None or value < 0 or (quantity is not None and quantity < 0):
        return UNKNOWN
    number = int(amounts.units[line])
    unit = amounts.unit_names[number] if number < len(amounts.unit_names) else ""
    owed = duty_of(
        formula,
        Goods(value, quantities=((quantity, unit),) if unit and quantity is not None else ()),
    )
    return UNKNOWN if owed is None or owed * 100 > -(UNKNOWN + 1) else int(owed * 100)
