"""Published figures in `tests/cases/`: reading a row, its facts as the flags a user would type, and
replaying it.
"""

from __future__ import annotations

import csv

from support import TESTS
from tariffcli.book.load import Record
from tariffcli.cli.ask import read_facts
from tariffcli.cli.request import Common, TypedFacts
from tariffcli.law.checkpoints import measured, query_of
from tariffcli.law.engine import rate
from tariffcli.law.expression import span

CASES = TESTS / "cases"
PLAIN = Common(format="plain")


def cases() -> list[dict[str, str]]:
    """Every published case of every file."""
    found: list[dict[str, str]] = []
    for path in sorted(set(CASES.glob("*.csv")) - {CASES / "amounts.csv"}):
        with path.open(encoding="utf-8", newline="") as stream:
            found += list(csv.DictReader(stream))
    return found


def entry_of(text: str) -> tuple[TypedFacts, str | None]:
    """Facts written `name=value;name=value` as the flags of the same names."""
    given = [part.partition("=")[::2] for part in text.split(";") if part]
    one = dict(given)
    entry = TypedFacts(
        tuple(value for name, value in given if name == "claim"),
        one.get("loaded"),
        one.get("mode"),
        tuple(value for name, value in given if name == "metal_share"),
        {"yes": True, "no": False}.get(one.get("in_quota", "")),
        one.get("mfn"),
        "postal" in one,
        one.get("value"),
    )
    return entry, one.get("mfn")


def replayed(record: Record, row: dict[str, str]) -> str:
    """What the record answers to a case, written as its `expected`."""
    from decimal import Decimal

    entry, mfn = entry_of(row["facts"])
    facts = read_facts(record, PLAIN, entry, record.zones[row["importer"]])
    query = query_of(record, row, facts)._replace(mfn_pct=Decimal(mfn) if mfn else None)
    answer = rate(record, query)
    return (
        answer.status if answer.min_pct is None else span(*measured(record, answer, row["measure"]))
    )
