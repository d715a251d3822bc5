# pyright: basic
"""What other classes of the same record know, taken over: processes that find classes side by side need not each ask the engine for all."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tariffcli.bulk.classes.classes import Classes, Row


def absorb(classes: Classes, other: Classes) -> None:
    """Fill cells that are empty here with what `other` has there. Both are of one record, one known-on day and one release.

    Raises ValueError, before anything is taken over, if the epochs of a group differ: then they are not.
    """
    with classes.lock:
        groups = [
            classes.group_number(group.importer, group.origin) for group in other.groups.found
        ]
        for number, group in zip(groups, other.groups.found, strict=True):
            if not np.array_equal(classes.groups.found[number].points, group.points):
                raise ValueError(f"The epochs of {group.origin} in {group.importer} differ.")
        numbers = classes.outcomes.absorb(other.outcomes)
        for pair, number in other.groups.by_pair.items():  # alike here as there
            classes.groups.by_pair.setdefault(pair, groups[number])
        goods = np.array([classes.goods_number(text) for text in other.goods], dtype=np.int64)
        starts = _starts(classes, other, groups, goods)
        for theirs, row in other.laws.items():
            _fill(
                classes,
                other,
                int(starts[theirs]),
                theirs,
                len(other.groups.found[row.group].points) + 1,
                numbers,
            )


def _starts(
    classes: Classes, other: Classes, groups: list[int], goods: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Of each row there (by the place where it starts) the row here: goods that share one there share one here."""
    found = np.zeros(other.used, dtype=np.int64)
    rows = [
        (groups[number], goods[lines], other.rows[number, lines]) for number, lines in _met(other)
    ]
    for group, here, there in rows:
        np.maximum.at(found, there, classes.rows[group, here])
    for start, row in other.laws.items():
        if not found[start]:
            number = groups[row.group]
            found[start] = classes.new_row(Row(number, int(goods[row.goods]), row.starts))
    for group, here, there in rows:
        ours = classes.rows[group, here]
        classes.rows[group, here] = np.where(ours == 0, found[there], ours)
    return found


def _met(classes: Classes) -> list[tuple[int, NDArray[Any]]]:
    """Of each group the goods that were met in it."""
    return [
        (number, np.flatnonzero(classes.rows[number, : len(classes.goods)]))
        for number in range(len(classes.groups.found))
    ]


def _fill(
    classes: Classes,
    other: Classes,
    start: int,
    theirs: int,
    width: int,
    numbers: NDArray[np.int32],
) -> None:
    ours, known = classes.cells[start : start + width], other.cells[theirs : theirs + width]
    empty = np.flatnonzero((ours < 0) & (known >= 0))
    ours[empty] = numbers[known[empty]]
