"""`data/datapackage.json` says what the tables are: written from their declaration, never
by hand.
"""

import csv
import json
import re
import sys

import pytest

from support import ROOT

sys.path.insert(0, str(ROOT / "tools"))

from datapackage import package, text

DATA = ROOT / "data"
PACKAGE = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
RESOURCES = {one["path"]: one for one in PACKAGE["resources"]}
FITS = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "number": re.compile(r"\d+(\.\d+)?"),
    "integer": re.compile(r"\d+"),
    "boolean": re.compile("yes|no"),
}


def test_the_description_is_what_the_declaration_says():
    written = (DATA / "datapackage.json").read_text(encoding="utf-8")
    assert written == text(package(DATA)), "run `python tools/datapackage.py`"


def test_every_table_of_the_record_is_named_once():
    tables = {path.relative_to(DATA).as_posix() for path in DATA.rglob("*.csv")}
    assert set(RESOURCES) == tables
    assert len({one["name"] for one in RESOURCES.values()}) == len(PACKAGE["resources"])


@pytest.mark.parametrize("path", sorted(RESOURCES))
def test_a_table_is_as_it_is_described(path):
    schema = RESOURCES[path]["schema"]
    with (DATA / path).open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    assert header == [field["name"] for field in schema["fields"]]
    for place, field in enumerate(schema["fields"]):
        cells = {row[place] for row in rows}
        limits = field.get("constraints", {})
        assert not (limits.get("required") and "" in cells), field["name"]
        assert cells <= {"", *limits.get("enum", cells)}, field["name"]
        fits = FITS.get(field["type"], re.compile(limits.get("pattern", ".*"), re.S))
        assert not [cell for cell in cells - {""} if not fits.fullmatch(cell)], field["name"]
    if key := [header.index(name) for name in schema.get("primaryKey", ())]:
        assert len({tuple(row[place] for place in key) for row in rows}) == len(rows)
