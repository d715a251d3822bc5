"""Acts by id: rows name them, answers print how they are cited; the dictionary of the record."""

import csv
import re

import pytest

from support import ROOT
from support.tiny_record import with_row, write_record
from tariffcli.book import load
from tariffcli.book.schema import TABLES

DATA = ROOT / "data"


def test_an_act_is_found_by_its_id(record):
    act = record.acts["us-eo-14324"]
    assert (act.kind, act.citation, act.gazette) == ("executive-order", "EO 14324", "90 FR 37775")
    assert (act.signed, act.published) == ("2025-07-30", "2025-08-05")
    with pytest.raises(KeyError):
        record.acts["us-eo-0"]


def test_rows_print_their_acts_as_they_are_cited(record):
    for importer in record.events:
        for row in (*record.events[importer], *record.relations.get(importer, ())):
            words = [record.acts[name].citation for name in row.act_ids]
            assert row.act == "; ".join(words) or (not words and row.act == "no act found")


def test_a_list_names_its_acts_too(record):
    acts = record.scopes["us-301-list-3"].act_ids
    assert [record.acts[name].citation for name in acts] == ["83 FR 47974", "83 FR 49153"]


def test_a_row_of_law_without_an_act_says_so_and_talk_stays_silent(tmp_path):
    blank = {"act": "", "confidence": "open", "rate_pct": ""}
    change = {
        "events/us": with_row("us-fentanyl-20", **blank),
        "events/cn": with_row("cn-all-34", act="", status="threatened"),
        "acts": lambda rows: [row for row in rows if row["id"] not in ("us-eo-2", "cn-sctc-1")],
    }
    mine = load(write_record(tmp_path, **change))
    words = {row.id: row.act for importer in ("us", "cn") for row in mine.events[importer]}
    assert words["us-fentanyl-20"] == "no act found"
    assert words["cn-all-34"] == ""
    assert words["us-fentanyl-10"] == "EO 1"


def test_every_row_of_law_without_an_act_is_open(record):
    rows = [row for importer in record.events for row in record.events[importer]]
    bare = [row for row in rows if row.status == "law" and not row.act_ids]
    assert bare
    assert {row.confidence for row in bare} == {"open"}
    assert all(row.note for row in bare)


def test_the_story_in_the_dictionary_quotes_the_record():
    text = (DATA / "README.md").read_text(encoding="utf-8")
    quoted = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", text.split("How the two become")[0], re.M))
    with (DATA / "events" / "us.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["id"]: row for row in csv.DictReader(stream)}
    told = [rows[name] for name in quoted["id"].split(" | ")]
    assert {name: " | ".join(row[name] for row in told) for name in quoted} == quoted
    assert sum(int(row["rate_pct"]) for row in told) == 145


@pytest.mark.parametrize("kind", TABLES)
def test_the_dictionary_names_every_column(kind):
    text = (DATA / "README.md").read_text(encoding="utf-8")
    assert [name for name in TABLES[kind].header if f"`{name}`" not in text] == []
