# pyright: basic
"""What lines ask, as numbers: which group and goods in which epoch; and whether the answers are still wanted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tariffcli.errors import Interrupted

Numbers = NDArray[np.int64]

Stop = Callable[[], bool]
"""Whether somebody asked a long run to end."""

GROUP_AT, GOODS_AT = 48, 20
"""The bits of one number where the group and the goods of a question begin; its epoch is below both."""


def in_one(groups: Numbers, goods: Numbers, epochs: Numbers) -> Numbers:
    """What a line without facts asks, as one number."""
    return groups << GROUP_AT | goods << GOODS_AT | epochs


def apart(questions: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """The groups, goods and epochs that `in_one` brought together."""
    return (
        questions >> GROUP_AT,
        questions >> GOODS_AT & (1 << GROUP_AT - GOODS_AT) - 1,
        questions & (1 << GOODS_AT) - 1,
    )


def check(stop: Stop) -> None:
    """Raise Interrupted where `stop` says so."""
    if stop():
        raise Interrupted("stopped")


def one_of_each(places: Numbers, lines: NDArray[np.intp]) -> list[int]:
    """The first of some lines in each place."""
    _, first = np.unique(places[lines], return_index=True)
    found: list[int] = lines[first].tolist()
    return found
