"""Write `data/datapackage.json`: the record as a Data Package, each table with its Table Schema.

    python tools/datapackage.py

Follows from the declaration of the tables (`tariffcli/book/schema.py`) and the files that are
there. A test holds the two together.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tariffcli.book.columns import Column, Table, Type
from tariffcli.book.schema import TABLES
from tariffcli.book.tables import record_files

DATA = Path(__file__).resolve().parent.parent / "data"

_TYPES: dict[Type, dict[str, Any]] = {
    "text": {"type": "string"},
    "id": {"type": "string"},
    "ids": {"type": "list", "delimiter": ";"},
    "codes": {"type": "list", "delimiter": ";"},
    "terms": {"type": "list", "delimiter": "&"},
    "number": {"type": "number"},
    "count": {"type": "integer"},
    "day": {"type": "date"},
    "midnight": {"type": "date"},
    "instant": {"type": "string"},
    "zone": {"type": "string"},
    "flag": {"type": "boolean", "trueValues": ["yes"], "falseValues": ["no"]},
    "selector": {"type": "string"},
}
_MINUTE = "[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2})?"


def package(data: Path) -> dict[str, Any]:
    """The description of a record: what it is, and each of its files."""
    files = record_files(data)
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "customs-duty-record",
        "title": "Customs duties since 2018: acts, lists, stacking, schedules",
        "description": "What each table and column means in full: README.md, beside this file.",
        "licenses": [{"name": "CC0-1.0", "path": "LICENSE"}],
        "resources": [
            _resource(TABLES[kind], path.relative_to(data).as_posix()) for kind, _, path in files
        ],
    }


def _resource(table: Table, path: str) -> dict[str, Any]:
    return {
        "name": path.removesuffix(".csv").replace("/", "-"),
        "type": "table",
        "path": path,
        "description": table.meaning,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": _schema(table),
    }


def _schema(table: Table) -> dict[str, Any]:
    must = {column.name for column in table.columns if not column.blank}
    # A key may hold no blank cell: where one does, the rows are told apart by more than a key.
    key = {"primaryKey": list(table.key)} if must.issuperset(table.key) else {}
    return {"fields": [_field(column) for column in table.columns], **key, "missingValues": [""]}


def _field(column: Column) -> dict[str, Any]:
    constraints: dict[str, Any] = {} if column.blank else {"required": True}
    if column.type == "instant":
        constraints["pattern"] = _MINUTE
    if column.words and column.type != "flag":
        constraints["enum"] = list(column.words)
    field = {"name": column.name, **_TYPES[column.type], "description": column.meaning}
    return {**field, "constraints": constraints} if constraints else field


def text(described: dict[str, Any]) -> str:
    """The description as it is written: one line a field, so that a change reads as a change."""
    whole = {**described, "resources": []}
    resources = ",\n".join(_resource_text(resource) for resource in described["resources"])
    return (
        json.dumps(whole, indent=2).replace('"resources": []', f'"resources": [\n{resources}\n  ]')
        + "\n"
    )


def _resource_text(resource: dict[str, Any]) -> str:
    schema = resource["schema"]
    fields = ",\n".join(f"      {json.dumps(field)}" for field in schema["fields"])
    head = json.dumps({name: value for name, value in resource.items() if name != "schema"})
    rest = json.dumps({name: value for name, value in schema.items() if name != "fields"})
    return f'    {head[:-1]}, "schema": {{"fields": [\n{fields}\n    ], {rest[1:]}}}'


if __name__ == "__main__":
    (DATA / "datapackage.json").write_text(text(package(DATA)), encoding="utf-8")
