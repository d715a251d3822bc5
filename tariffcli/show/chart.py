"""A step chart in characters: a rate holds level and jumps, and never slopes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

FULL, ASCII_FULL = "█", "#"
_EIGHTHS = " ▁▂▃▄▅▆▇█"


def step_chart(
    steps: Sequence[tuple[int, Decimal | None]],
    until: int,
    labels: tuple[str, str],
    width: int = 80,
    height: int = 8,
    ascii_only: bool = False,
) -> list[str]:
    """The lines of a step chart that looks like bars.

    `steps` are (instant, rate) in order; a rate of None is drawn as a gap of dots. Each column
    shows the greatest rate in force within it, so that a peak of a single day is not lost.
    """
    if not steps or until <= steps[0][0]:
        return []
    start = steps[0][0]
    top = max((rate for _, rate in steps if rate is not None), default=Decimal(0))
    middle = top * ((height + 1) // 2) / height
    label = max(len(_tick(top)), len(_tick(middle)), 4)
    columns = max(10, width - label - 3)
    edges = [start + (until - start) * place // columns for place in range(columns + 1)]
    rates = [_greatest(steps, left, right) for left, right in pairwise(edges)]
    if top == 0:
        return [f"{_tick(top):>{label}} ┤{'_' * columns}", _axis(labels, label, columns)]
    drawn: list[str] = []
    for row in range(height, 0, -1):
        low = top * (row - 1) / height
        tick = _tick(top * row / height) if row in (height, (height + 1) // 2) else ""
        cells = (_cell(rate, low, top / height, ascii_only) for rate in rates)
        drawn.append(f"{tick:>{label}} {'|' if ascii_only else '┤'}{''.join(cells)}")
    drawn.append(_axis(labels, label, columns))
    return drawn


def _tick(value: Decimal) -> str:
    return f"{value:.0f}%" if value == value.to_integral_value() else f"{value:.1f}%"


def _axis(labels: tuple[str, str], label: int, columns: int) -> str:
    first, last = labels
    return " " * (label + 2) + first + last.rjust(max(0, columns - len(first)))


def _greatest(steps: Sequence[tuple[int, Decimal | None]], left: int, right: int) -> Decimal | None:
    """The greatest rate in force between two instants; None if none is known."""
    inside = [rate for moment, rate in steps if left < moment < right]
    before = [rate for moment, rate in steps if moment <= left]
    known = [rate for rate in (*before[-1:], *inside) if rate is not None]
    return max(known) if known else None


def _cell(rate: Decimal | None, low: Decimal, band: Decimal, ascii_only: bool) -> str:
    if rate is None:
        return "." if low == 0 else " "
    filled = (rate - low) / band
    if filled >= 1:
        return ASCII_FULL if ascii_only else FULL
    if filled <= 0:
        return " "
    return ASCII_FULL if ascii_only else _EIGHTHS[max(1, int(filled * 8))]
