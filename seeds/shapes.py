"""The shapes of real files: a customs report with a row for each tariff number, and lines with the
dirt that spreadsheets leave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

CENT = Decimal("0.01")
ENTRY_HEADER = [
    "Entry Summary Number", "Entry Type Code", "Entry Summary Line Number",
    "Tariff Ordinal Number", "HTS Number - Full",
    "Country of Origin Code", "Entry Date", "Entry Summary Date", "Importer Number",
    "Importer Name", "Port of Entry Code",
    "Line Tariff Goods Value Amount", "Line Tariff Duty Amount", "Line Tariff Quantity (1)",
    "Line Tariff UOM (1) Code",
]  # fmt: skip
DIRTY_HEADER = [
    "Entry Date",
    "HTS",
    "Country of Origin",
    "Importing Country",
    "Description",
    "Entered Value",
    "Quantity",
    "UOM",
    "Duty Paid",
]
REPORTED = {
    "item": "NO",
    "doz": "DOZ",
    "kg": "KG",
    "pair": "PRS",
    "liter": "L",
    "barrel": "BBL",
    "gross": "GR",
}
PORTS = ("2704", "4601", "1703", "5301", "3001", "2709")
LETTERS = {
    letter: (place % 9 + 1 if place < 18 else place - 16)
    for place, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
}
"""A to I and J to R are 1 to 9, S to Z are 2 to 9."""


def check_digit(filer: str, number: str) -> int:
    """The last digit of an entry number: every second digit from the right doubled, the digits
    added, what is missing to a ten.

    >>> check_digit("98Q", "1024114")
    5
    """
    digits = [int(sign) if sign.isdigit() else LETTERS[sign] for sign in filer + number]
    doubled = [
        2 * digit if place % 2 == 0 else digit for place, digit in enumerate(reversed(digits))
    ]
    return -sum(digit // 10 + digit % 10 for digit in doubled) % 10


def entry_rows(
    chunks: Iterable[pa.RecordBatch], seed: int, draw: Callable[..., Any]
) -> tuple[list[str], Iterator[list[list[Any]]]]:
    """Header and rows of an ES-003 report: the 9903 headings that the record charges come first,
    then the goods code with the value.

    One line in twenty was filed wrong: a heading left out, a wrong rate, the value on the wrong
    row, a lost zero, a row twice.
    """
    return ENTRY_HEADER, _entries(chunks, seed, draw)


@cache
def _charging() -> tuple[dict[str, Any], Any]:
    """The acts of the record by name, and what tells which of them charge a line: one for every
    file of a process.
    """
    from tariffcli.book import load
    from tariffcli.bulk.cells.plan import Plan
    from tariffcli.bulk.cells.rater import Rater

    record = load()
    names = ("date", "hs", "origin", "importer")
    rater = Rater(record, Plan({name: name for name in names}, outputs=["mfn_pct", "event_ids"]))
    return {event.id: event for event in record.events["us"]}, rater


def _entries(
    chunks: Iterable[pa.RecordBatch], seed: int, draw: Callable[..., Any]
) -> Iterator[list[list[Any]]]:
    events, rater = _charging()
    first, entry = 0, 0
    for chunk in chunks:
        flaws, breaks = (draw(seed, first, chunk.num_rows)(stream, 1000) for stream in (20, 21))
        first += chunk.num_rows
        ours = pc.equal(chunk.column("importer").dictionary_decode(), "us")
        chunk = chunk.filter(ours)  # noqa: PLW2901
        flaws, begins = (
            numbers[ours.to_numpy(zero_copy_only=False)] for numbers in (flaws, breaks < 400)
        )
        begins[:1] = True
        heads = np.maximum.accumulate(np.where(begins, np.arange(len(begins)), 0))
        chunk = chunk.set_column(0, "date", chunk.column("date").take(pa.array(heads)))  # noqa: PLW2901
        mfn, ids = (column.to_pylist() for column in rater.rate(chunk))
        found: list[list[Any]] = []
        for place, asked in enumerate(chunk.to_pylist()):
            if begins[place]:
                entry += 1
                head = _head(entry, asked["date"])
            charged = [
                events[name]
                for name in (ids[place] or "").split(";")
                if name and events[name].heading
            ]
            found += _line(
                head, place - int(heads[place]) + 1, asked, mfn[place], charged, int(flaws[place])
            )
        yield found


def _head(entry: int, day: Any) -> list[Any]:
    filer = ("98Q", "AB1", "017")[entry % 3]
    number = f"{1_000_000 + entry * 7 % 9_000_000:07}"
    us = f"{day.month}/{day.day}/{day.year}"
    importer = f"{10 + entry % 83}-{entry * 7919 % 10**7:07}00"
    name = f"SYNTHETIC IMPORTS {entry % 997}, INC."
    return [
        f"{filer}-{number}-{check_digit(filer, number)}",
        "01",
        us,
        us,
        importer,
        name,
        PORTS[entry * 31 % 37 % len(PORTS)],
    ]


def _line(
    head: list[Any],
    line: int,
    asked: dict[str, Any],
    mfn: float | None,
    charged: list[Any],
    flaw: int,
) -> list[list[Any]]:
    value = Decimal(str(asked["value"])).quantize(Decimal(1), ROUND_HALF_UP)
    rows: list[list[Any]] = []
    for event in charged:
        rate = (
            event.rate_pct
            if event.effect != "floor"
            else max(Decimal(0), (event.rate_pct or 0) - Decimal(str(mfn or 0)))
        )
        if flaw < 10:  # an old rate
            rate = (rate or Decimal(0)) / 2
        rows.append(
            [event.heading.replace(".", ""), Decimal(0), _duty(value, rate or Decimal(0)), "", ""]
        )
    if 10 <= flaw < 20:
        rows = rows[1:]
    goods = asked["hs"].lstrip("0") if 20 <= flaw < 30 else asked["hs"]
    on_goods = value
    if 30 <= flaw < 40 and rows:
        rows[0][1], on_goods = value, Decimal(0)
    unit = REPORTED.get(asked["unit"], "NO")
    rows.append(
        [goods, on_goods, _duty(value, Decimal(str(mfn or 0))), f"{asked['quantity']:g}", unit]
    )
    if 40 <= flaw < 45:
        rows.append(rows[-1])
    number, kind, entry_day, filed, importer, name, port = head
    origin = asked["origin"].upper()
    return [
        [
            number,
            kind,
            f"{line:03}",
            ordinal + 1,
            code,
            origin,
            entry_day,
            filed,
            importer,
            name,
            port,
            _money(worth),
            _money(duty),
            many,
            unit,
        ]
        for ordinal, (code, worth, duty, many, unit) in enumerate(rows)
    ]


def _duty(value: Decimal, rate: Decimal) -> Decimal:
    return (value * rate / 100).quantize(CENT, ROUND_HALF_UP)


def _money(amount: Decimal) -> str:
    return f"${amount:,.2f}"


BAD_DAYS = (
    "2025-02-30",
    "",
    "n/a",
    "0000-00-00",
    "today",
    "2025",
    "20250424",
    "2025-04-24 00:00:00",
    "24 Apr 2025",
)
BAD_CODES = (
    "",
    "n/a",
    "123",
    "9.50300E+09",
    "=SUM(A1:A9)",
    "12345678901234",
    "99999999",
    "85 17 13 00 00",
    "toys",
)
COUNTRIES = (
    "xx",
    "Atlantis",
    "",
    "EU",
    "PRC",
    "China (mainland)",
    "CHN",
    "5700",
    "5700.0",
    "HK",
    "us",
)
AMOUNTS = (
    "-12.50",
    "NaN",
    "inf",
    "(1,250.00)",
    "one thousand",
    "",
    "1e3",
    "1.005",
    "0",
    "=1+1",
    "1.234,50",
    "99999999999999999",
)
FORMULAS = (
    '=HYPERLINK("http://example.invalid","see")',
    "+1-800-555-0100",
    "@SUM(1)",
    "-2+3",
    "\t=1",
    'plain, with "quotes"',
    "two\nrows",
    "名称",
)


def dirty_rows(
    chunks: Iterable[pa.RecordBatch], seed: int, draw: Callable[..., Any]
) -> tuple[list[str], Iterator[list[list[Any]]]]:
    """Header and rows of a file that a spreadsheet spoiled: something wrong in a tenth of the
    lines, half of the leading zeros lost.
    """
    return DIRTY_HEADER, _dirty(chunks, seed, draw)


def _dirty(
    chunks: Iterable[pa.RecordBatch], seed: int, draw: Callable[..., Any]
) -> Iterator[list[list[Any]]]:
    first = 0
    for chunk in chunks:
        flaws, which = (
            draw(seed, first, chunk.num_rows)(stream, limit).tolist()
            for stream, limit in ((30, 1000), (31, 1 << 20))
        )
        first += chunk.num_rows
        yield [
            _spoiled(asked, flaw, pick)
            for asked, flaw, pick in zip(chunk.to_pylist(), flaws, which, strict=True)
        ]


def _spoiled(asked: dict[str, Any], flaw: int, pick: int) -> list[Any]:
    day, code, origin = asked["date"].isoformat(), asked["hs"], asked["origin"]
    value, note = f"{asked['value']:.2f}", "goods"
    if flaw < 15:
        day = BAD_DAYS[pick % len(BAD_DAYS)]
    elif flaw < 30:
        code = BAD_CODES[pick % len(BAD_CODES)]
    elif flaw < 50:
        code = f"{code[:4]}.{code[4:6]}.{code[6:8]}" + (f".{code[8:]}" if code[8:] else "")
    elif flaw < 60:
        code = f"{code}.0"
    elif flaw < 80:
        origin = COUNTRIES[pick % len(COUNTRIES)]
    elif flaw < 95:
        value = AMOUNTS[pick % len(AMOUNTS)]
    elif flaw < 110:
        value = f"${asked['value']:,.2f}"
    if pick % 2:  # a spreadsheet takes the zeros of a whole file or of a part pasted in
        code = code.removeprefix("0")
    if pick % 50 == 0:
        note = FORMULAS[pick // 50 % len(FORMULAS)]
    paid = "" if pick % 7 == 0 else f"{asked['value'] * (pick % 60) / 100:.2f}"
    return [
        day,
        code,
        origin,
        asked["importer"],
        note,
        value,
        f"{asked['quantity']:g}",
        asked["unit"],
        paid,
    ]
