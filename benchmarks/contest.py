"""What the contests of `bulk.py` share: seeded lines, change points flattened from the engine's
answers, our own function, the contest.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "seeds"))

import lines as seeds

from tariffcli.bulk.cells.plan import Plan
from tariffcli.bulk.cells.rater import Rater
from tariffcli.bulk.classes.outcomes import charges_of
from tariffcli.bulk.classes.specific import rate_of

PLAN = Plan({"date": "date", "hs": "hs", "origin": "origin"}, {"importer": "us"})


def make_lines(many: int, seed: int) -> pa.Table:
    """Lines to the United States: day, dictionary-encoded code and origin, value."""
    recipe = seeds.Recipe(seed)
    batches = (
        batch.filter(pc.equal(batch.column("importer").dictionary_decode(), "us"))
        for batch in seeds.chunks(recipe, many)
    )
    return (
        pa.Table.from_batches(list(batches))
        .select(["date", "hs", "origin", "value"])
        .combine_chunks()
    )


def change_points(rater: Rater, table: pa.Table) -> pa.Table:
    """Every day on which an answer changes, of every pair of code and origin in the lines:
    flattened from the engine's own answers.
    """
    classes, reader = rater.classes, rater.reader
    codes, origins = (table.column(name).chunk(0) for name in ("hs", "origin"))
    pairs = np.unique(codes.indices.to_numpy().astype(np.int64) * 64 + origins.indices.to_numpy())
    of_code = [reader.once("hs", reader._goods, text) for text in codes.dictionary.to_pylist()]
    of_origin = [
        reader.once("origin", reader._group_of_origin, text)
        for text in origins.dictionary.to_pylist()
    ]
    points: list[tuple[int, int, int, int]] = []
    for code, origin in ((int(pair) >> 6, int(pair) & 63) for pair in pairs):
        number, goods = of_origin[origin], of_code[code]
        start = int(classes._rows_for(np.array([number]), np.array([goods]))[0])
        group, before = classes.groups.found[number], None
        for epoch in classes.laws[start].starts:
            classes._fill(start, epoch)
            found = int(classes.cells[start + epoch])
            if found == before:
                continue
            day = group.first_day + int(np.searchsorted(group.epochs, epoch)) if epoch else -30_000
            if before is not None and points[-1][2] == day:  # a day is answered at its end
                points.pop()
            points.append((code, origin, day, found))
            before = found
    code, origin, day, number = (np.array(part) for part in zip(*points, strict=True))
    answers = [pa.array(column) for column in _numbers(rater, number)]
    names = [name for name in rater.added if name.endswith("_pct")]
    programmes = by_programme(rater)
    answers += [pa.array(values.take(number)) for values in programmes.values()]
    names += programmes
    keys = [
        pa.DictionaryArray.from_arrays(pa.array(code.astype(np.int32)), codes.dictionary),
        pa.DictionaryArray.from_arrays(pa.array(origin.astype(np.int32)), origins.dictionary),
        pa.array(day.astype(np.int32)).cast(pa.date32()),
    ]
    return pa.table([*keys, *answers], names=["hs", "origin", "since", *names])


def by_programme(rater: Rater) -> dict[str, np.ndarray]:
    """Of each class what every programme charges, per cent, and what is left of its total; NaN
    where the total is no number.
    """
    outcomes = rater.classes.outcomes
    totals, charges = outcomes.numbers["total_pct"].values, outcomes.words["charges"]
    found: dict[str, np.ndarray] = {}
    rest = totals.copy()
    for number in range(len(outcomes)):
        formula = outcomes.formulas[int(outcomes.formula.values[number])]
        told = charges_of(charges.texts[int(charges.numbers.values[number])])
        for line, (_, programme) in zip(
            formula.lines if formula is not None and told else (), told, strict=True
        ):
            if programme and rate_of(line) is not None and not np.isnan(rest[number]):
                pct = float(line.parts[0].pct)
                found.setdefault(f"programme {programme}", np.zeros(len(outcomes)))[number] += pct
                rest[number] -= pct
    return {
        **{name: values for name, values in found.items() if values.any()},
        "programme rest": rest,
    }


def _numbers(rater: Rater, classes: np.ndarray) -> list[pa.Array]:
    values = rater.classes.outcomes.numbers
    return [
        pa.array(values[name].values.take(classes), from_pandas=True)
        for name in rater.added
        if name.endswith("_pct")
    ]


def checksum(columns: list[Any]) -> tuple[Any, ...]:
    """How many numbers each column has, and their sum."""
    return tuple(
        (len(column) - column.null_count, round(pc.sum(column).as_py() or 0, 3))
        for column in columns
    )


def ours(rater: Rater, table: pa.Table, threads: int) -> Callable[[], list[Any]]:
    """The product's own function for a table in memory."""
    return lambda: rater.rate_table(table, threads)


def contest(
    title: str,
    many: int,
    repeats: int,
    contestants: dict[str, Callable[[], Any]],
    check: bool = True,
) -> None:
    """Each in turn, `repeats` times after one warming run; the first against every other."""
    sums = {name: run() for name, run in contestants.items()}
    if check:
        sums = {name: checksum(found) for name, found in sums.items()}
        first = next(iter(sums.values()))
        if any(found != first for found in sums.values()):
            raise SystemExit(f"{title}: the contestants do not agree: {sums}")
    sums.clear()
    spent: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(repeats):
        for name, run in contestants.items():
            begun = time.perf_counter()
            run()
            spent[name].append(time.perf_counter() - begun)
    mine = spent[next(iter(spent))]
    print(f"\n{title} ({many:,} lines, {repeats} repeats{', checksums equal' if check else ''})")
    for name, times in spent.items():
        ratios = [theirs / own for theirs, own in zip(times, mine, strict=True)]
        median = statistics.median(times)
        print(
            f"  {name:<44} {median:8.3f} s {many / median / 1e6:8.2f} M lines/s"
            f"   time / ours {statistics.median(ratios):7.2f} ({min(ratios):.2f} to "
            f"{max(ratios):.2f})",
            flush=True,
        )
