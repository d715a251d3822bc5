# pyright: basic
"""Entries held against what was paid: what is done to each batch of a file of them, and what its
columns mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tariffcli.bulk.cells.headers import ENTRY_MEANINGS, find_columns
from tariffcli.bulk.cells.plan import MEANINGS
from tariffcli.bulk.cells.rater import Rater
from tariffcli.bulk.files.reports import Report, together
from tariffcli.bulk.files.task import Task, Worked
from tariffcli.errors import UsageError


def auditing(
    rater: Rater,
    found: Mapping[str, str],
    several: bool,
    audit: bool,
    refund: bool,
    interest_to: str | None,
    payee: str,
) -> Task:
    """Every line is rated and held against what was paid; sums of the differences, and of what may
    come back."""
    from tariffcli.bulk.entries.audit import Auditor
    from tariffcli.bulk.entries.es003 import Preparer
    from tariffcli.bulk.entries.refund import Refund
    from tariffcli.bulk.entries.tally import Tally

    auditor = Auditor(rater, found, several)
    tally, back = Tally(auditor), Refund(auditor, interest_to, payee) if refund else None
    preparer = Preparer(found) if several else None

    def work(batch: Any) -> Worked:
        audited = auditor.rate(batch)
        return Worked(
            batch, audited.rated, audited.arrays, (audited, back.claims(audited) if back else None)
        )

    def collect(extra: Any) -> None:
        audited, claims = extra
        tally.collect(audited)
        if back is not None:
            back.collect(claims)

    def tables() -> list[Report]:
        return together(
            [tally.reports() if audit else [], back.tables() if back is not None else []]
        )

    added = [(name, auditor.type_of(name)) for name in auditor.added]
    stages = (preparer.prepare,) if preparer is not None else ()
    return Task(
        rater,
        added,
        work,
        stages,
        collect,
        tables,
        lambda: preparer.skipped if preparer is not None else 0,
    )


class Columns(NamedTuple):
    """What the columns of a file mean: to the question, and to an audit; `several`: a line of an
    entry has several rows."""

    asked: dict[str, str]
    filed: dict[str, str]
    several: bool


def read_columns(
    names: Sequence[str], asked: Mapping[str, str], sample: Callable[[], Any]
) -> Columns:
    """What columns mean, by the names asked for and by usual names. `sample` gives a first batch
    where names do not decide.

    Raises UsageError where columns are missing, doubled or ambiguous.
    """
    from tariffcli.bulk.entries.es003 import recognise
    from tariffcli.bulk.entries.filing import find_filed

    meanings = (*MEANINGS, *(name for name in ENTRY_MEANINGS if name not in MEANINGS))
    unknown = next((meaning for meaning in asked if meaning not in meanings), None)
    if unknown is not None:
        raise UsageError(
            f"--map: a column cannot mean '{unknown[:30]}'; it can mean: {', '.join(meanings)}."
        )
    filed = find_filed(names, asked)
    mine = {meaning: name for meaning, name in asked.items() if meaning in MEANINGS}
    several = recognise(filed, sample()) if "entry" in filed and "line" in filed else False
    if several:
        mine = {
            **{meaning: filed[meaning] for meaning in ("hs", "value", "paid") if meaning in filed},
            **mine,
        }
    return Columns(find_columns(names, mine), filed, several)
