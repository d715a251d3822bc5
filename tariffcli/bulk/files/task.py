"""What is done to each batch of a file, and what is summed on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tariffcli.bulk.cells.rater import Rated, Rater
from tariffcli.bulk.classes.arrow import pa
from tariffcli.bulk.files.reports import Report

TEXT = pa.dictionary(pa.int32(), pa.string())
Stage = Callable[[Iterator[Any]], Iterator[Any]]


def nothing(*_: object) -> None:
    """Do nothing."""


def no_tables() -> list[Report]:
    """No sums are made."""
    return []


def no_rows() -> int:
    """No row is left out."""
    return 0


class Worked(NamedTuple):
    """A batch that was worked on: the input's rows, their classes, the added columns, and what
    `collect` wants of it."""

    batch: Any
    rated: Rated
    arrays: list[Any]
    extra: Any = None


class Task(NamedTuple):
    """What is done to each batch. `added`: name and Arrow type of the columns it adds. `stages` run
    before it, in order.

    `work` may run in any thread; `collect` sees what it gave, in order; `tables` tells the sums at
    the end, as they can be added to those of other files, and `reports` as they are written;
    `left_out` how many rows were no lines.
    """

    rater: Rater
    added: list[tuple[str, Any]]
    work: Callable[[Any], Worked]
    stages: tuple[Stage, ...] = ()
    collect: Callable[[Any], object] = nothing
    tables: Callable[[], list[Report]] = no_tables
    left_out: Callable[[], int] = no_rows

    def reports(self) -> list[Report]:
        """The tables in whole cents."""
        return [table.rounded() for table in self.tables()]


def rating(rater: Rater) -> Task:
    """Every line is rated."""

    def work(batch: Any) -> Worked:
        rated = rater.classify(batch)
        return Worked(batch, rated, rater.columns(rated))

    words = rater.classes.outcomes.words
    return Task(
        rater, [(name, TEXT if name in words else pa.float64()) for name in rater.added], work
    )
