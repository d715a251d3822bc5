"""The mutation run over the record: delete each act, move each of its instants by a minute, and see
whether a golden line notices.

    python tools/mutate.py

Prints the survivors; each must be explained in docs/mutation.md.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support import golden_witnesses as wit  # noqa: E402
from tariffcli.book import Record, load  # noqa: E402
from tariffcli.law.model import Event  # noqa: E402

MINUTE = 60


def mutants(event: Event) -> Iterator[tuple[str, Event | None]]:
    """Each wrong version of a row: gone, or with an instant a minute off."""
    yield "deleted", None
    for step in (-MINUTE, MINUTE):
        yield f"effective {step:+d}s", event._replace(effective=event.effective + step)
        if event.until is not None:
            yield f"until {step:+d}s", event._replace(until=event.until + step)


def noticed(
    record: Record, rows: Sequence[Mapping[str, str]], event: Event, mutant: Event | None
) -> bool:
    """Whether some golden line of the act answers otherwise with the mutant in its place."""
    return any(
        wit.asked_again(Mutated(record, event, mutant), row) != row["answer"] for row in rows
    )


class Mutated:
    """The record with one row replaced or removed; everything else is the record's."""

    def __init__(self, record: Record, event: Event, mutant: Event | None) -> None:
        self._record = record
        importer = event.id.partition("-")[0]
        kept = [(mutant if one.id == event.id else one) for one in record.events[importer]]
        self.events = {
            **{name: record.events[name] for name in record.events},
            importer: [one for one in kept if one is not None],
        }

    def __getattr__(self, name: str) -> object:
        return getattr(self._record, name)


def main() -> None:
    record = load(ROOT / "data")
    golden: dict[str, list[dict[str, str]]] = {}
    with (ROOT / "tests" / "golden" / "witnesses.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            golden.setdefault(row["event"], []).append(row)
    killed = 0
    survivors: list[str] = []
    for rows in record.events.values():
        for event in rows:
            if event.status != "law":
                continue
            for what, mutant in mutants(event):
                if noticed(record, golden.get(event.id, []), event, mutant):
                    killed += 1
                else:
                    survivors.append(f"{event.id}: {what}")
    print(f"{killed} killed, {len(survivors)} survived")
    print("\n".join(survivors))


if __name__ == "__main__":
    main()
