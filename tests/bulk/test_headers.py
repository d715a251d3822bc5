"""Usual names of columns: one table, read alike by questions, audits and tables of weights."""

from __future__ import annotations

from collections import Counter

import pytest

from tariffcli.bulk.cells import headers
from tariffcli.bulk.cells.headers import find_columns, fold
from tariffcli.bulk.cells.plan import MEANINGS
from tariffcli.bulk.entries.filing import find_filed
from tariffcli.bulk.files.small import find_column

CONTEXTS = {
    "question": {meaning: names.ordered for meaning, names in headers.QUESTION_NAMES.items()},
    "entry": headers.ENTRY_NAMES,
    "weights": headers.WEIGHT_NAMES,
}


@pytest.mark.parametrize("context", CONTEXTS)
def test_no_name_means_two_things_at_once(context):
    counts = Counter(name for names in CONTEXTS[context].values() for name in set(names))
    assert [name for name, count in counts.items() if count > 1] == []


def test_a_name_stands_in_the_table_once_and_as_it_is_folded():
    for names in headers.NAMES.values():
        every = [*names.ordered, *names.of_weights]
        assert len(set(every)) == len(every)
        assert [fold(name) for name in every] == every


def test_every_meaning_of_a_question_is_known_by_its_own_name():
    assert all(fold(meaning) in headers.QUESTION_NAMES[meaning].usual for meaning in MEANINGS)


@pytest.mark.parametrize(
    "name",
    [
        "HTS-Number",
        "hts_number",
        "HTS Number - Full",
        "hts10",
        "Commodity Code",
        "29. CD HTS US Code",
        "HtsNumber",
        "HS6",
    ],
)
def test_a_code_has_the_same_names_in_all_files(name):
    assert find_columns([name], {})["hs"] == name
    assert find_filed([name])["hs"] == name
    assert find_column([name], "code", headers.WEIGHT_NAMES["code"], {}, "table") == 0


@pytest.mark.parametrize(
    "name",
    [
        "Customs Value",
        "CustomsValue",
        "Entered Value (USD)",
        "Line Value in US Dollars",
        "完税价格",
    ],
)
def test_a_value_has_the_same_names_in_all_files(name):
    assert find_columns([name], {})["value"] == name
    assert find_filed([name])["value"] == name
    assert find_column([name], "value", headers.WEIGHT_NAMES["value"], {}, "table") == 0


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["Value (USD)", "Value"], {"value": "Value"}),
        (["HS6", "HS Code"], {"hs": "HS Code"}),
        (["Import Date", "Entry Date"], {"date": "Entry Date"}),
        (["Line Duty Amount", "Duty Paid"], {"paid": "Duty Paid"}),
        (["UoM", "CoO"], {"unit": "UoM", "origin": "CoO"}),
    ],
)
def test_the_surer_name_is_taken_where_two_are_there(names, chosen):
    assert find_columns(names, {}) == chosen


@pytest.mark.parametrize("name", ["amount", "weight", "imports", "product code"])
def test_what_is_usual_in_tables_of_weights_alone_means_nothing_elsewhere(name):
    assert find_columns([name], {}) == {}
    assert find_filed([name]) == {}
