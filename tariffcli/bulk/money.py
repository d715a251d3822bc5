# pyright: basic
"""Duties of many lines at once: the arithmetic of `law.amounts` in whole numbers, every line rounded alike.

Values are whole cents, rates ten-thousandths of a per cent, quantities thousandths of a unit. What does not fit (a part of a
cent, a rate of more decimals, a sum beyond 64 bits) is reckoned line by line with `duty_of` itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tariffcli.bulk.columns import gather
from tariffcli.bulk.specific import MICRO, MILLI, Counted, Whole, by_quantity, counted_of, rate_of
from tariffcli.law.amounts import Goods, Program, Reckoned, duty_of
from tariffcli.law.duty import AdValorem, in_unit

Lines = NDArray[np.intp]
UNKNOWN = np.iinfo(np.int64).min
"""No amount."""

MOST_CENTS = 10**11
"""A value of a thousand million dollars at five thousand per cent still fits."""

CENT, THOUSANDTH = Decimal("0.01"), Decimal("0.001")


class Amounts(NamedTuple):
    """What lines are worth and how much they are: cents, thousandths of a unit (`UNKNOWN`: not given), the unit by number.

    `exact` has the value and quantity of lines that do not fit into whole cents and thousandths.
    """

    cents: Whole
    quantities: Whole
    units: Whole
    unit_names: list[str]
    exact: dict[int, tuple[Decimal, Decimal | None]]


class Table(NamedTuple):
    """Programs as arrays: rates by program and line, which count in whole units, which are rates alone, which ask the quantity.

    Of a `counted` program the rates are those of its other lines.
    """

    rates: Whole
    even: NDArray[np.bool_]
    plain: NDArray[np.bool_]
    priced: NDArray[np.bool_]
    by_quantity: NDArray[np.bool_]
    part_rate: Whole
    part_each: Whole
    part_unit: NDArray[np.str_]
    part_whole: NDArray[np.bool_]
    counted: NDArray[np.bool_]

    @property
    def parts(self) -> Counted:
        """The lines with an amount per unit."""
        return Counted(self.part_rate, self.part_each, self.part_unit, self.part_whole, self.counted)


def table_of(programs: Sequence[Program | None]) -> Table:
    """Programs as arrays."""
    width = max((len(program.lines) for program in programs if program), default=0)
    rates = np.zeros((len(programs), max(width, 1)), dtype=np.int64)
    plain = np.zeros(len(programs), dtype=bool)
    counted = counted_of(programs)
    for number, program in enumerate(programs):
        found = [rate_of(line) for line in program.lines] if program else [None]
        plain[number] = None not in found
        if plain[number] or counted.here[number]:
            known = sorted((rate for rate in found if rate), reverse=True)
            rates[number, : len(known)] = known
    even = np.array([bool(program and program.even) for program in programs], dtype=bool)
    priced = np.array([program is not None for program in programs], dtype=bool)
    by_quantity = np.array([bool(program and program.needs_quantity) for program in programs], dtype=bool)
    parts = (counted.rate, counted.each, counted.unit, counted.whole, counted.here)
    return Table(rates, even, plain, priced, by_quantity, *parts)


def joined(table: Table, more: Table) -> Table:
    """Two tables as one, the second after the first."""
    width = max(table.rates.shape[1], more.rates.shape[1])
    rates = [np.pad(one.rates, ((0, 0), (0, width - one.rates.shape[1]))) for one in (table, more)]
    others: list[Any] = [np.concatenate(pair) for pair in zip(table[1:], more[1:], strict=True)]
    return Table(np.concatenate(rates), *others)


def duties(programs: Sequence[Program | None], table: Table, numbers: NDArray[np.int32], amounts: Amounts) -> Whole:
    """The duty of each line in cents (`UNKNOWN`: cannot be said). `numbers` gives each line's program, `table` all programs."""
    known = amounts.cents != UNKNOWN
    base = np.where(known, amounts.cents, 0)
    even = gather(table.even, numbers)
    if even.any():
        base = np.where(even, (base + 50) // 100 * 100, base)
    found = (base * gather(table.rates[:, 0], numbers) + MICRO // 2) // MICRO
    lines, left = np.arange(len(base)), numbers
    for column in table.rates.T[1:]:  # rates stand from the highest down: ever fewer lines have one more
        charged = np.flatnonzero(gather(column, left))
        if not len(charged):
            break
        lines, left = gather(lines, charged), gather(left, charged)
        found[lines] += (gather(base, lines) * gather(column, left) + MICRO // 2) // MICRO
    known &= gather(table.priced, numbers)
    known &= ~(gather(table.by_quantity, numbers) & (amounts.quantities == UNKNOWN))
    found[~known] = UNKNOWN
    others = np.flatnonzero(~gather(table.plain, numbers) & known)
    if len(others):
        others = _add_parts(found, table, numbers, others, base, amounts)
    for number in np.unique(numbers[others]).tolist():
        lines = others[numbers[others] == number]
        found[lines] = _special(programs[number], base[lines], lines, amounts)
    unfit = np.flatnonzero(known & ((amounts.cents > MOST_CENTS) | (amounts.cents < 0)))
    for line in {*unfit.tolist(), *amounts.exact}:
        found[line] = _exactly(programs[int(numbers[line])], line, amounts)
    return found


def _add_parts(found: Whole, table: Table, numbers: NDArray[np.int32], others: Lines, base: Whole, amounts: Amounts) -> Lines:
    """Add what lines of counted programs owe by quantity; gives the lines of other programs, and those that do not fit."""
    counted = gather(table.counted, gather(numbers, others))
    here, left = others[counted], others[~counted]
    if not len(here):
        return left
    units, quantities = gather(amounts.units, here), gather(amounts.quantities, here)
    owed, known, fits = by_quantity(table.parts, gather(numbers, here), gather(base, here), quantities, units, amounts.unit_names)
    found[here] = np.where(known, found[here] + owed, UNKNOWN)
    return np.sort(np.concatenate([left, here[known & ~fits]]))


def _special(program: Program | None, base: Whole, lines: NDArray[np.intp], amounts: Amounts) -> Whole:
    """The duty of lines of one program that is not of rates alone."""
    found = np.full(len(lines), UNKNOWN, dtype=np.int64)
    if program is None:
        return found
    units = amounts.units[lines]
    for unit in np.unique(units).tolist():
        here = np.flatnonzero(units == unit)
        name = amounts.unit_names[unit] if unit < len(amounts.unit_names) else ""
        if not program.needs_quantity:
            name = ""
        sums = _all_lines(program, base[here], amounts.quantities[lines[here]], name)
        if sums is None:
            found[here] = [_exactly(program, int(line), amounts) for line in lines[here]]
        else:
            found[here] = sums
    return found


def _all_lines(program: Program, base: Whole, quantities: Whole, unit: str) -> Whole | None:
    """The sum of a program's lines; None where whole numbers cannot hold one of them."""
    total = np.zeros(len(base), dtype=np.int64)
    known = np.ones(len(base), dtype=bool) if not program.needs_quantity else (quantities != UNKNOWN) & (quantities >= 0)
    amount = np.where(known, quantities, 0)
    for line in program.lines:
        if line.greater:
            return None
        exact = np.zeros(len(base), dtype=np.int64)
        for part in line.parts:
            if isinstance(part, AdValorem):
                rate = rate_of(Reckoned((part,)))
                if rate is None:
                    return None
                exact += base * rate
                continue
            factor = in_unit(Decimal(1), unit, part.unit)
            if factor is None:
                return np.full(len(base), UNKNOWN, dtype=np.int64)
            many = _units(amount, Fraction(factor), whole=program.even and part.amount <= 1)
            each = Fraction(part.amount) * 100 * MICRO / MILLI
            if many is None or each.denominator != 1 or float(many.max(initial=0)) * float(each) > 2**62:
                return None
            exact += many * int(each)
        total += (exact + MICRO // 2) // MICRO
    total[~known] = UNKNOWN
    return total


def _units(thousandths: Whole, factor: Fraction, whole: bool) -> Whole | None:
    """A quantity in another unit, in thousandths; rounded to whole units where the law says so."""
    if factor.denominator != 1 and whole is False:
        return None
    top, bottom = factor.numerator, factor.denominator * MILLI
    if float(thousandths.max(initial=0)) * top > 2**60:
        return None
    if not whole:
        return thousandths * top
    return (2 * thousandths * top + bottom) // (2 * bottom) * MILLI


def _exactly(program: Program | None, line: int, amounts: Amounts) -> int:
    """The duty of one line by the reckoning that bills use."""
    cents, thousandths = int(amounts.cents[line]), int(amounts.quantities[line])
    value, quantity = amounts.exact.get(
        line, (Decimal(cents) * CENT, None if thousandths == UNKNOWN else Decimal(thousandths) * THOUSANDTH)
    )
    if program is None or value < 0 or (quantity is not None and quantity < 0):
        return UNKNOWN
    number = int(amounts.units[line])
    unit = amounts.unit_names[number] if number < len(amounts.unit_names) else ""
    owed = duty_of(program, Goods(value, quantities=((quantity, unit),) if unit and quantity is not None else ()))
    return UNKNOWN if owed is None else int(owed * 100)
