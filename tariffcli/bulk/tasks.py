# pyright: basic
"""What is done to each batch of a file: lines rated, or entries held against what was paid, and what is summed on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from tariffcli.bulk.answers import Rated
from tariffcli.bulk.headers import find_columns
from tariffcli.bulk.plan import MEANINGS
from tariffcli.bulk.rating import Rater
from tariffcli.bulk.reports import Report, together
from tariffcli.errors import UsageError

TEXT = pa.dictionary(pa.int32(), pa.string())
Stage = Callable[[Iterator[Any]], Iterator[Any]]


class Worked(NamedTuple):
    """A batch that was worked on: the input's rows, their classes, the added columns, and what `collect` wants of it."""

    batch: Any
    rated: Rated
    arrays: list[Any]
    extra: Any = None


class Task(NamedTuple):
    """What is done to each batch. `added`: name and Arrow type of the columns it adds. `stages` run before it, in order.

    `work` may run in any thread; `collect` sees what it gave, in order; `tables` tells the sums at the end, as they can be added to
    those of other files, and `reports` as they are written; `left_out` how many rows were no lines.
    """

    rater: Rater
    added: list[tuple[str, Any]]
    work: Callable[[Any], Worked]
    stages: tuple[Stage, ...] = ()
    collect: Callable[[Any], object] = bool
    tables: Callable[[], list[Report]] = list
    left_out: Callable[[], int] = lambda: 0

    def reports(self) -> list[Report]:
        """The tables in whole cents."""
        return [table.rounded() for table in self.tables()]


def rating(rater: Rater) -> Task:
    """Every line is rated."""

    def work(batch: Any) -> Worked:
        rated = rater.classify(batch)
        return Worked(batch, rated, rater.columns(rated))

    words = rater.classes.outcomes.words
    return Task(rater, [(name, TEXT if name in words else pa.float64()) for name in rater.added], work)


def auditing(rater: Rater, found: Mapping[str, str], several: bool, audit: bool, refund: bool, interest_to: str | None, payee: str) -> Task:
    """Every line is rated and held against what was paid; sums of the differences, and of what may come back."""
    from tariffcli.bulk.audit import Auditor
    from tariffcli.bulk.es003 import Preparer
    from tariffcli.bulk.refund import Refund
    from tariffcli.bulk.tally import Tally

    auditor = Auditor(rater, found, several)
    tally, back = Tally(auditor), Refund(auditor, interest_to, payee) if refund else None
    preparer = Preparer(found) if several else None

    def work(batch: Any) -> Worked:
        audited = auditor.rate(batch)
        return Worked(batch, audited.rated, audited.arrays, (audited, back.claims(audited) if back else None))

    def collect(extra: Any) -> None:
        audited, claims = extra
        tally.collect(audited)
        if back is not None:
            back.collect(claims)

    def tables() -> list[Report]:
        return together([tally.reports() if audit else [], back.tables() if back is not None else []])

    added = [(name, auditor.type_of(name)) for name in auditor.added]
    stages = (preparer.prepare,) if preparer is not None else ()
    return Task(rater, added, work, stages, collect, tables, lambda: preparer.skipped if preparer is not None else 0)


class Columns(NamedTuple):
    """What the columns of a file mean: to the question, and to an audit; `several`: a line of an entry has several rows."""

    asked: dict[str, str]
    filed: dict[str, str]
    several: bool


def read_columns(names: Sequence[str], asked: Mapping[str, str], sample: Callable[[], Any]) -> Columns:
    """What columns mean, by the names asked for and by usual names. `sample` gives a first batch where names do not decide.

    Raises UsageError where columns are missing, doubled or ambiguous.
    """
    from tariffcli.bulk.es003 import recognise
    from tariffcli.bulk.filing import NAMES, find_filed

    unknown = [meaning for meaning in asked if meaning not in MEANINGS and meaning not in NAMES]
    if unknown:
        more = [name for name in NAMES if name not in MEANINGS]
        raise UsageError(f"--map knows no '{unknown[0][:30]}'; a column can mean: {', '.join((*MEANINGS, *more))}.")
    filed = find_filed(names, asked)
    mine = {meaning: name for meaning, name in asked.items() if meaning in MEANINGS}
    several = recognise(filed, sample()) if "entry" in filed and "line" in filed else False
    if several:
        mine = {**{meaning: filed[meaning] for meaning in ("hs", "value", "paid") if meaning in filed}, **mine}
    return Columns(find_columns(names, mine), filed, several)
