# pyright: basic
"""The columns that answers add to rated lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tariffcli.bulk.classes import arrow
from tariffcli.bulk.classes.duties import UNKNOWN, Amounts
from tariffcli.bulk.classes.outcomes import Outcomes

DUTY = "duty_due"


class Rated(NamedTuple):
    """The class of each line (whole numbers of any width), and its duty in cents where values are given.

    `amounts` are those values and quantities.
    """

    classes: NDArray[Any]
    cents: NDArray[np.int64] | None
    amounts: Amounts | None = None


def columns_of(outcomes: Outcomes, names: Sequence[str], rated: Rated) -> list[Any]:
    """The named columns of rated lines, as Arrow arrays; those of numbers that say the same share their memory."""
    twins = outcomes.twins()
    made: dict[str, Any] = {}
    for name in names:
        same = twins.get(name, name)
        if same not in made:
            made[same] = _column(outcomes, same, rated)
    return [made[twins.get(name, name)] for name in names]


def _column(outcomes: Outcomes, name: str, rated: Rated) -> Any:
    if name == DUTY:
        return _dollars(rated)
    if name in outcomes.words:
        found = outcomes.words[name]
        return arrow.words(found.numbers.values, rated.classes, found.arrow, found.blank)
    return arrow.gathered(outcomes.numbers[name].values, rated.classes)


def _dollars(rated: Rated) -> Any:
    """The duty in units of money; a cent is its hundredth, so the nearest float prints exactly."""
    if rated.cents is None:
        return pa.nulls(len(rated.classes), pa.float64())
    return arrow.numbers_with_nulls(np.where(rated.cents == UNKNOWN, np.nan, rated.cents / 100))
