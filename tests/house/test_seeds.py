"""Every checkable claim of the seed documents, replayed against the record."""

import csv
from decimal import Decimal

import pytest

from support import ROOT
from tariffcli.law.checkpoints import measured, query_of
from tariffcli.law.engine import answer_case, open_case
from tariffcli.law.expression import span
from tariffcli.law.outlook import reports

SEEDS = ROOT / "seeds"
CLAIMS = list(csv.DictReader((SEEDS / "claims.csv").open(encoding="utf-8", newline="")))


def of_kind(kind):
    return [pytest.param(row, id=row["claim_id"]) for row in CLAIMS if row["kind"] == kind]


def asked(record, row):
    pairs = dict(part.split("=", 1) for part in row["query"].split(";"))
    facts = {}
    if "value" in pairs:
        facts["value"] = Decimal(pairs["value"])
    if "postal" in pairs:
        facts["postal"] = True
    case = {
        "at": pairs["date"],
        "known_on": pairs.get("known_on", ""),
        "origin": pairs["origin"],
        "importer": pairs["importer"],
        "product": pairs["product"],
    }
    return query_of(record, case, facts), pairs


@pytest.mark.parametrize("row", of_kind("rate"))
def test_a_claimed_rate_stands_as_the_ledger_says(record, row):
    query, pairs = asked(record, row)
    answer = answer_case(open_case(record, query.importer, query.origin), query)
    assert answer.status != "outside_coverage"
    assert span(*measured(record, answer, pairs["measure"])) == pairs["expected"]


@pytest.mark.parametrize("row", of_kind("report"))
def test_claimed_relief_is_shown_beside_the_law_and_does_not_change_it(record, row):
    query, _ = asked(record, row)
    case = open_case(record, query.importer, query.origin)
    answer = answer_case(case, query)
    beside = reports(case, query)
    assert beside, "the record shows no report"
    assert all(report.event.status != "law" for report in beside)
    assert answer.min_pct is not None
    assert answer.min_pct >= 84


@pytest.mark.parametrize("row", of_kind("statement"))
def test_a_claimed_statement_is_in_the_talks_ledger(record, row):
    known = {statement["id"] for statement in record.statements}
    named = [name for name in row["maps_to"].split(";") if name]
    assert named
    assert set(named) <= known


@pytest.mark.parametrize("row", of_kind("context"))
def test_a_claim_that_no_record_can_check_says_why(row):
    assert row["note"]


def test_every_document_has_claims_of_its_own():
    documents = {row["document"] for row in CLAIMS}
    assert len(documents) == 5
    assert {row["kind"] for row in CLAIMS} == {"rate", "report", "statement", "context"}


def test_contradicting_statements_stand_side_by_side(record):
    rows = {row["id"]: row for row in record.statements}
    claim, denial = rows["trump-meeting-china-2025-04-22"], rows["he-yadong-no-talks-2025-04-24"]
    assert claim["about"] == denial["about"]
    assert claim["side"] == "us"
    assert denial["side"] == "cn"
    assert denial["id"] in claim["answers"] or claim["id"] in denial["answers"]
