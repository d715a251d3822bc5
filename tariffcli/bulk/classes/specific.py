"""Duties by quantity, of many formulas at once: cents per kilogram, alone or beside a rate.

A formula is `counted` when one of its lines has one amount per unit (and rates beside it) and its
other lines are rates alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tariffcli.bulk.classes.arrow import Bools, Int32s, Int64s, gather
from tariffcli.law.expression import AdValorem, Specific, in_unit
from tariffcli.law.formula import Formula, FormulaLine

PER_PCT, MILLI, MICRO = 10_000, 1_000, 1_000_000
MAX_RATE = 5 * 10**7
MAX_FACTOR = 10**9
MAX_SAFE = 2.0**61
"""What whole numbers hold safely."""


class Counted(NamedTuple):
    """For each formula its line with an amount per unit.

    `rate` is the rate beside it; `each` is millionths of a cent per thousandth of a unit; `whole`:
    only whole units count; `here`: whether the formula has such a line.
    """

    rate: Int64s
    each: Int64s
    unit: NDArray[np.str_]
    whole: Bools
    here: Bools


def rate_of(line: FormulaLine) -> int | None:
    """The rate of a line of a bill in ten-thousandths of a per cent.

    None where the line is not a rate alone, or the rate does not fit.
    """
    part = line.parts[0]
    if len(line.parts) != 1 or not isinstance(part, AdValorem):
        return None
    scaled = part.pct * PER_PCT
    return int(scaled) if scaled == int(scaled) and scaled <= MAX_RATE else None


def counted_of(formulas: Sequence[Formula | None]) -> Counted:
    """The lines with an amount per unit of formulas."""
    rows = [_counted_line(formula) for formula in formulas]
    lines = [row or (0, 0, "", False) for row in rows]
    return Counted(
        np.array([line[0] for line in lines], dtype=np.int64),
        np.array([line[1] for line in lines], dtype=np.int64),
        np.array([line[2] for line in lines], dtype=np.str_),
        np.array([line[3] for line in lines], dtype=bool),
        np.array([row is not None for row in rows], dtype=bool),
    )


def _counted_line(formula: Formula | None) -> tuple[int, int, str, bool] | None:
    if formula is None:
        return None
    lines = [line for line in formula.lines if rate_of(line) is None]
    if len(lines) != 1 or lines[0].greater:
        return None
    amounts = [part for part in lines[0].parts if isinstance(part, Specific)]
    rates = [
        rate_of(FormulaLine((part,))) for part in lines[0].parts if isinstance(part, AdValorem)
    ]
    if len(amounts) != 1 or None in rates:
        return None
    each = Fraction(amounts[0].amount) * 100 * MICRO / MILLI
    if each.denominator != 1 or each > MAX_RATE * MICRO:
        return None
    return (
        sum(rate for rate in rates if rate),
        int(each),
        amounts[0].unit,
        formula.even and amounts[0].amount <= 1,
    )


def by_quantity(
    counted: Counted,
    numbers: Int32s,
    base: Int64s,
    quantities: Int64s,
    units: Int64s,
    names: Sequence[str],
    fine: int = 1,
    less: Int64s | int = 0,
) -> tuple[Int64s, Bools, Bools]:
    """What such lines come to in cents, which of them are known, and which fit here.

    `numbers` is the formula of each line; `base` its cents, or parts of a cent, `fine` to a cent;
    `quantities` are thousandths of a unit; `units` are places in `names`. Of the sum `less` of the
    smallest parts are taken away before rounding.
    """
    each, place = np.unique(numbers, return_inverse=True)
    wanted = counted.unit.take(each).tolist()
    tops, bottoms = (
        np.zeros((len(names) + 1, len(each)), np.int64),
        np.ones((len(names) + 1, len(each)), np.int64),
    )
    for row, name in enumerate([*names, ""]):
        factors = {unit: _factor(name, unit) for unit in set(wanted)}
        tops[row], bottoms[row] = zip(*[factors[unit] for unit in wanted], strict=True)
    pair = np.minimum(units, len(names)) * len(each) + place.reshape(-1)
    top, bottom, whole_units = (
        gather(tops.reshape(-1), pair),
        gather(bottoms.reshape(-1), pair),
        gather(counted.whole, numbers),
    )
    known = (top > 0) & (quantities >= 0)
    amount = np.where(known, quantities, 0)
    rate, price = gather(counted.rate, numbers), gather(counted.each, numbers)
    fits = (bottom == 1) | (whole_units & (bottom > 0))
    fits &= (2.0 * amount * top < MAX_SAFE) & (
        amount.astype(np.float64) * top * price * fine + base.astype(np.float64) * rate < MAX_SAFE
    )
    amount = np.where(fits, amount, 0)
    bottom = np.maximum(bottom, 1) * MILLI
    amounts_of_units = np.where(
        whole_units, (2 * amount * top + bottom) // (2 * bottom) * MILLI, amount * top
    )
    return (
        (base * rate + amounts_of_units * price * fine + fine * MICRO // 2 - less)
        // (fine * MICRO),
        known,
        fits,
    )


def _factor(unit: str, wanted: str) -> tuple[int, int]:
    """One unit in terms of another, as a fraction.

    0 by 1 where they do not measure the same, 1 by 0 where it is no fraction of small numbers.
    """
    factor = in_unit(Decimal(1), unit, wanted)
    fraction = Fraction(factor) if factor is not None else Fraction(0)
    return (
        (fraction.numerator, fraction.denominator)
        if max(fraction.numerator, fraction.denominator) < MAX_FACTOR
        else (1, 0)
    )
