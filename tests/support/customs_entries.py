"""Customs entries for tests, as rows of an export with several rows for one line, and what the
audit says of them.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tariffcli.book.load import Record
from tariffcli.bulk.cells.plan import Plan
from tariffcli.bulk.cells.rater import Rater
from tariffcli.bulk.entries.audit import Audited, Auditor
from tariffcli.bulk.entries.es003 import Preparer, recognise
from tariffcli.bulk.entries.filing import find_filed
from tariffcli.bulk.frame import kept_classes

SHORT = {
    "entry": "Entry Summary Number",
    "line": "Entry Summary Line Number",
    "ordinal": "Tariff Ordinal Number",
    "hs": "HTS Number - Full",
    "origin": "Country of Origin Code",
    "date": "Entry Date",
    "value": "Line Tariff Goods Value Amount",
    "paid": "Line Tariff Duty Amount",
    "quantity": "Line Tariff Quantity (1)",
    "unit": "Line Tariff UOM (1) Code",
    "importer": "Importer Number",
    "type": "Entry Type Code",
    "metal": "Metal",
    "liquidated": "Liquidation Date",
    "status": "Liquidation Status",
    "summary": "Entry Summary Date",
    "protest": "Protest Number",
    "reconciliation": "Reconciliation Indicator",
    "drawback": "Drawback Indicator",
}


def rows(text: str, **same: str) -> pa.Table:
    """Rows written `entry line code value paid`, one a row (`-`: a blank cell); `same` is in every
    row, `name:text` after them in one.

    Columns have the names of the export, by the short names above; `date` and `origin` are
    2025-04-30 and CN unless told.
    """
    made: list[dict[str, str | None]] = []
    for line in text.strip().splitlines():
        cells = line.split()
        named = dict(cell.split(":", 1) for cell in cells[5:])
        row = {
            **dict(zip(("entry", "line", "hs", "value", "paid"), cells[:5], strict=True)),
            **same,
            **named,
        }
        made.append(
            {
                name: None if cell == "-" else cell
                for name, cell in {"date": "04/30/2025", "origin": "CN", **row}.items()
            }
        )
    names = [name for name in SHORT if any(name in row for row in made)]
    return pa.table(
        {SHORT[name]: pa.array([row.get(name) for row in made], pa.string()) for name in names}
    )


def auditor(
    record: Record,
    table: pa.Table,
    *,
    restore: bool = False,
    known_on: str | None = None,
    several: bool | None = None,
) -> Auditor:
    """The auditor of a table, mapped by the names of its columns."""
    found = find_filed(table.column_names)
    meant = {
        "date": SHORT["date"],
        "origin": SHORT["origin"],
        "hs": found["hs"],
        "value": found["value"],
    }
    meant |= {
        meaning: SHORT[meaning]
        for meaning in ("quantity", "unit")
        if SHORT[meaning] in table.column_names
    }
    meant |= {"metal_share": SHORT["metal"]} if SHORT["metal"] in table.column_names else {}
    plan = Plan(
        meant, {"importer": "us"}, month_first=True, restore_zeros=restore, known_on=known_on
    )
    rater = Rater(
        record, plan, kept_classes(record, known_on)
    )  # what earlier tests learned of the record serves here too
    return Auditor(
        rater, found, recognise(found, table.to_batches()[0]) if several is None else several
    )


def batches(table: pa.Table, size: int = 1000) -> list[Any]:
    """A table in batches of whole lines."""
    return list(Preparer(find_filed(table.column_names)).prepare(iter(table.to_batches(size))))


def audited(record: Record, table: pa.Table, **options: Any) -> list[dict[str, Any]]:
    """Every row with what the audit adds."""
    made = auditor(record, table, **options)
    return [row for batch in batches(table) for row in answers(made, batch, made.rate(batch))]


def answers(made: Auditor, batch: Any, found: Audited) -> list[dict[str, Any]]:
    """The rows of an audited batch with its added columns."""
    added = pa.table(dict(zip(made.added, found.arrays, strict=True))).to_pylist()
    return [{**row, **more} for row, more in zip(batch.to_pylist(), added, strict=True)]


def goods(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The goods rows."""
    return [row for row in found if row["status"] != "declared"]


def why(record: Record, text: str, **same: str) -> str:
    """What the audit says of one line."""
    (row,) = goods(audited(record, rows(text, **same)))
    return row["why"]
