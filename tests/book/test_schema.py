"""The declaration of the tables: every column is a field, every field comes from somewhere, and
values survive being stored.
"""

import json

import pytest

from support import ROOT
from tariffcli.book.assemble import assemble
from tariffcli.book.codec import condition, restored, stored
from tariffcli.book.compiling import compile_record
from tariffcli.book.fingerprint import FOLDERS
from tariffcli.book.parse import reader_of
from tariffcli.book.schema import TABLES

DATA = ROOT / "data"
VALUED = [kind for kind, table in TABLES.items() if table.value is not None]


@pytest.mark.parametrize("kind", VALUED)
def test_a_column_is_a_field_of_its_value_and_what_has_no_column_has_a_default(kind):
    table = TABLES[kind]
    fields = [column.field for column in table.columns if column.field]
    assert len(set(fields)) == len(fields)
    assert set(fields) <= set(table.value._fields)
    assert reader_of(table)


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_says_what_its_columns_mean(kind):
    table = TABLES[kind]
    assert len(set(table.header)) == len(table.header)
    assert set(table.key) <= set(table.header)
    assert all(column.meaning for column in table.columns)
    assert table.meaning.endswith(".")


def test_folders_hold_declared_tables():
    assert set(FOLDERS) <= set(TABLES)


@pytest.fixture(scope="module")
def parts():
    return assemble(DATA)


@pytest.fixture(scope="module")
def how():
    body = compile_record(DATA)["core"].execute("SELECT body FROM blob WHERE name = 'how'")
    return json.loads(body.fetchone()[0])


@pytest.mark.parametrize("kind", VALUED)
def test_values_survive_being_stored(kind, parts, how):
    names = {"stacking": "relations", "areas": "memberships", "schedules": "lines"}
    held = getattr(parts, names.get(kind, kind))
    placed = [one for rows in held.values() for one in rows] if isinstance(held, dict) else held
    values = tuple(one.value for one in placed)
    assert values
    rows = json.loads(json.dumps([stored(value) for value in values]))
    again = restored(TABLES[kind].value, how[kind], rows)
    assert (tuple(map(condition, again)) if kind == "conditions" else again) == values
