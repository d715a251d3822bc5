"""Synthetic entry lines of any number: the same seed and record give the same lines, on any machine
and in chunks of any size.

    python seeds/lines.py --lines N --seed S --out FILE [--shape plain|es003|dirty]
        [--format csv|parquet|xlsx]

Everything is drawn by a hash of seed, column and line number in whole numbers, so line 5 is the
same in a file of ten and in one of fifty million. Codes, days of change and countries are those of
`data/`; importers, entries and amounts are invented.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parent))

from shapes import dirty_rows, entry_rows
from writers import write

DATA = Path(__file__).resolve().parent.parent / "data"
CHUNK = 1 << 17
SLOTS = 1 << 20
FIRST, LAST = date(2018, 1, 1), date(2026, 11, 20)
EPOCH = date(1970, 1, 1).toordinal()

CHAPTERS = {
    "85": 150, "84": 132, "94": 71, "39": 71, "95": 66, "73": 53, "87": 40, "61": 40, "62": 40,
    "90": 35, "64": 26, "42": 25, "63": 25,
    "83": 18, "82": 16, "29": 16, "76": 14, "40": 14, "96": 14, "48": 13, "70": 11, "44": 11,
    "69": 9, "49": 9, "71": 9, "68": 7, "28": 7,
    "38": 7, "30": 5, "67": 5,
}  # fmt: skip
"""Lines of a thousand by chapter: estimated from US imports from China by sector (2024), made
flatter because lines are not value.
"""

OTHER_CHAPTERS = 1
PAIRS = {("cn", "us"): 800, ("hk", "us"): 40, ("mo", "us"): 8, ("us", "cn"): 60, ("vn",
    "us"): 30, ("mx", "us"): 20, ("de", "us"): 20,
         ("tw", "us"): 12, ("jp", "us"): 10}  # fmt: skip
"""(origin, importer): lines of a thousand."""

SUFFIXES = ("00", "00", "00", "10", "20", "30", "50", "60", "80", "90", "95")
"""Statistical digits, invented: the record's lines have eight."""

UNITS = {
    "61": "doz",
    "62": "doz",
    "64": "pair",
    **dict.fromkeys(("84", "85", "87", "90", "91", "94", "95"), "item"),
}
PER = {
    "/kg": "kg",
    "/liter": "liter",
    "/pr": "pair",
    "/doz": "doz",
    "/bbl": "barrel",
    "/gross": "gross",
}


class Goods(NamedTuple):
    """The codes of one importer: text, unit, price in cents, days from and until which each stands,
    and the weighted table of them.
    """

    codes: list[str]
    units: list[str]
    prices: np.ndarray
    since: np.ndarray
    until: np.ndarray
    slots: np.ndarray


def mixed(numbers: np.ndarray) -> np.ndarray:
    """The finisher of splitmix64: whole numbers of 64 bits scattered evenly."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


class Draw:
    """Draws by line number: `draw(stream, limit)` is a whole number below `limit` for each line of
    a chunk.
    """

    def __init__(self, seed: int, first: int, many: int) -> None:
        self.seed = seed
        self.lines = np.arange(first, first + many, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)

    def __call__(self, stream: int, limit: int) -> np.ndarray:
        start = mixed(np.array([(self.seed * 1_000_003 + stream) % 2**64], dtype=np.uint64))
        return (
            (mixed(self.lines + start) >> np.uint64(32)) * np.uint64(limit) >> np.uint64(32)
        ).astype(np.int64)


def weighted(weights: list[int]) -> np.ndarray:
    """A table of SLOTS places shared out by weight."""
    edges = np.cumsum(np.array(weights, dtype=object)) * SLOTS // sum(weights)
    return np.repeat(np.arange(len(weights)), np.diff(edges.astype(np.int64), prepend=0)).astype(
        np.int32
    )


@cache
def bell(middle: str, spread: str) -> np.ndarray:
    """A log-normal distribution as 4096 whole numbers, worked out in decimals so that every machine
    has the same.
    """
    normal, centre, width = statistics.NormalDist(), Decimal(middle).ln(), Decimal(spread)
    steps = (Decimal(f"{normal.inv_cdf((place + 0.5) / 4096):.6f}") for place in range(4096))
    return np.array([max(1, int((centre + width * step).exp())) for step in steps], dtype=np.int64)


def day_number(text: str, other: int) -> int:
    return date.fromisoformat(text[:10]).toordinal() - EPOCH if text else other


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def us_goods() -> Goods:
    """The lines of the schedule, dead ones too: a line takes another code on a day when its own
    does not stand.
    """
    lines: dict[str, tuple[str, int, int]] = {}
    for row in rows("schedules/us.csv"):
        if len(row["code"]) == 8:
            since, until = lines.get(row["code"], ("", 10**6, -(10**6)))[1:]
            span = (
                min(since, day_number(row["from"], -(10**6))),
                max(until, day_number(row["until"], 10**6)),
            )
            lines[row["code"]] = (row["duty"], *span)
    codes = sorted(lines)
    units = [_unit(code, lines[code][0]) for code in codes]
    since, until = (np.array([lines[code][place] for code in codes]) for place in (1, 2))
    suffixes = _hashes(codes) % len(SUFFIXES)
    return _goods(
        [code + SUFFIXES[place] for code, place in zip(codes, suffixes.tolist(), strict=True)],
        units,
        since,
        until,
    )


@cache
def cn_goods() -> Goods:
    """The codes that the importer's lists name: its schedule is not held."""
    codes: set[str] = set()
    for path in sorted((DATA / "scopes").glob("cn-*.csv")):
        codes |= {row["prefix"] for row in rows(f"scopes/{path.name}") if len(row["prefix"]) == 8}
    found = sorted(codes)
    ever = np.full(len(found), 10**6)
    return _goods(found, [_unit(code, "") for code in found], -ever, ever)


def _goods(codes: list[str], units: list[str], since: np.ndarray, until: np.ndarray) -> Goods:
    within, price = bell("1000", "1.6"), bell("900", "1.7")
    loads = within.take(_hashes(codes) % 4096).tolist()
    sums: dict[str, int] = {}
    for code, load in zip(codes, loads, strict=True):
        sums[code[:2]] = sums.get(code[:2], 0) + load
    weights = [
        CHAPTERS.get(code[:2], OTHER_CHAPTERS) * load * 10**9 // sums[code[:2]]
        for code, load in zip(codes, loads, strict=True)
    ]
    prices = price.take(_hashes([code + "price" for code in codes]) % 4096)
    return Goods(codes, units, prices, since, until, weighted(weights))


def _hashes(texts: list[str]) -> np.ndarray:
    """A whole number for each text, by its last eight bytes."""
    tails = [int.from_bytes(text.encode()[-8:], "big") for text in texts]
    return (mixed(np.array(tails, dtype=np.uint64)) >> np.uint64(8)).astype(np.int64)


def _unit(code: str, duty: str) -> str:
    return next((unit for mark, unit in PER.items() if mark in duty), UNITS.get(code[:2], "kg"))


@cache
def day_slots() -> np.ndarray:
    """Days from FIRST to LAST: half of all lines evenly, half within nine days of a day on which
    some act begins or ends.
    """
    first, many = FIRST.toordinal() - EPOCH, (LAST - FIRST).days + 1
    near = np.zeros(many, dtype=np.int64)
    cuts = {
        row[edge][:10]
        for name in ("us", "cn")
        for row in rows(f"events/{name}.csv")
        for edge in ("effective", "until")
        if row[edge]
    }
    for cut in sorted(day_number(text, 0) - first for text in cuts):
        for away in range(-9, 10):
            if 0 <= cut + away < many:
                near[cut + away] += 10 - abs(away)
    return weighted((near * many + int(near.sum())).tolist())


class Recipe:
    """What does not change from chunk to chunk. The codes, prices and days are worked out once in a
    process, for every seed.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.goods = {"us": us_goods(), "cn": cn_goods()}
        self.days, self.values = day_slots(), bell("310000", "1.9")
        self.pairs = list(PAIRS)
        self.pair_slots = weighted(list(PAIRS.values()))
        us = self.goods["us"]
        self.codes = pa.array([*us.codes, *self.goods["cn"].codes])
        self.units = sorted({*us.units, *self.goods["cn"].units})
        every = [*us.units, *self.goods["cn"].units]
        self.unit_of = np.array([self.units.index(unit) for unit in every], dtype=np.int32)
        self.prices = np.concatenate([us.prices, self.goods["cn"].prices])

    def lines(self, first: int, many: int) -> pa.RecordBatch:
        """Lines `first` to `first + many`: date, hs, origin, importer, value (dollars), quantity,
        unit.
        """
        draw = Draw(self.seed, first, many)
        days = self.days.take(draw(1, SLOTS)) + (FIRST.toordinal() - EPOCH)
        pairs = self.pair_slots.take(draw(2, SLOTS))
        to_us = np.array([importer == "us" for _, importer in self.pairs]).take(pairs)
        numbers = np.where(
            to_us,
            self._standing(draw, days),
            self.goods["cn"].slots.take(draw(3, SLOTS)) + len(self.goods["us"].codes),
        )
        cents = self.values.take(draw(8, 4096)) * (900 + draw(9, 200)) // 1000
        cents = np.where(
            draw(10, 4) > 0, (cents + 50) // 100 * 100, cents
        )  # entered values are mostly whole dollars
        tenths = np.maximum(10, 10 * cents // self.prices.take(numbers))
        units = self.unit_of.take(numbers)
        tenths = np.where(
            np.array([unit == "kg" for unit in self.units]).take(units),
            tenths + draw(11, 10),
            tenths // 10 * 10,
        )
        origins, importers = (
            sorted({origin for origin, _ in self.pairs}),
            sorted({importer for _, importer in self.pairs}),
        )
        arrays = [
            pa.array(days.astype(np.int32)).cast(pa.date32()),
            _named(numbers, self.codes),
            _named(
                np.array([origins.index(origin) for origin, _ in self.pairs]).take(pairs),
                pa.array(origins),
            ),
            _named(
                np.array([importers.index(importer) for _, importer in self.pairs]).take(pairs),
                pa.array(importers),
            ),
            pa.array(cents / 100),
            pa.array(tenths / 10),
            _named(units, pa.array(self.units)),
        ]
        return pa.RecordBatch.from_arrays(
            arrays, names=["date", "hs", "origin", "importer", "value", "quantity", "unit"]
        )

    def _standing(self, draw: Draw, days: np.ndarray) -> np.ndarray:
        """Codes of the schedule; four draws find one that stands on the day, but for a few lines,
        as in real files.
        """
        goods = self.goods["us"]
        numbers = goods.slots.take(draw(3, SLOTS))
        for stream in (4, 5, 6):
            stands = (goods.since.take(numbers) <= days) & (days < goods.until.take(numbers))
            numbers = np.where(stands, numbers, goods.slots.take(draw(stream, SLOTS)))
        return numbers


def _named(numbers: np.ndarray, names: pa.Array) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(numbers.astype(np.int32)), names)


def chunks(recipe: Recipe, lines: int, size: int = CHUNK) -> Iterator[pa.RecordBatch]:
    """The lines of a file, some at a time."""
    for first in range(0, lines, size):
        yield recipe.lines(first, min(size, lines - first))


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description="Synthetic entry lines: the same seed gives the same lines."
    )
    parser.add_argument(
        "--lines", type=int, required=True, help="entry lines; es003 writes several rows for each"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--shape", choices=("plain", "es003", "dirty"), default="plain")
    parser.add_argument(
        "--format", choices=("csv", "parquet", "xlsx"), help="default: by the ending of --out"
    )
    given = parser.parse_args(words)
    kind = given.format or given.out.suffix.lstrip(".").lower()
    recipe = Recipe(given.seed)
    if given.shape == "plain":
        write(given.out, kind, chunks(recipe, given.lines), recipe.lines(0, 0).schema.names)
        return
    make = entry_rows if given.shape == "es003" else dirty_rows
    header, batches = make(chunks(recipe, given.lines, 1 << 14), given.seed, Draw)
    write(
        given.out,
        kind,
        batches,
        header,
        sheets=given.shape == "es003",
        marked=given.shape == "dirty",
    )


if __name__ == "__main__":
    main()
