"""A list that was not read in official text is named in every answer that would be another without
it.
"""

import csv

from support import TESTS
from support.golden_witnesses import question
from tariffcli.errors import TariffError
from tariffcli.law.docket import Docket
from tariffcli.law.engine import answer_case, open_case
from tariffcli.law.notes import notes

WITNESSES = TESTS / "golden" / "witnesses.csv"


def unofficial(record):
    return {scope.id: scope for scope in record.scopes.values() if scope.confidence != "official"}


def touched(record):
    """(list, answer with it, docket) for every reviewed question whose answer a list not read
    officially changes.
    """
    scopes = unofficial(record)
    rows = {
        event.id: event
        for events in record.events.values()
        for event in events
        if event.scope in scopes
    }
    with WITNESSES.open(encoding="utf-8", newline="") as stream:
        asked = [row for row in csv.DictReader(stream) if row["event"] in rows]
    bare: dict[tuple[str, str, str], Docket] = {}
    for row in asked:
        scope = rows[row["event"]].scope
        docket, query = question(record, row, open_case)
        key = (query.importer, query.origin, scope)
        if key not in bare:
            bare[key] = docket.with_events(
                [event for event in docket.events if event.scope != scope]
            )
        try:
            answer = answer_case(docket, query)
            other = answer_case(bare[key], query)
        except TariffError:
            continue
        if (answer.min_pct, answer.max_pct) != (other.min_pct, other.max_pct):
            yield scopes[scope], answer, docket


def test_an_answer_that_an_unofficial_list_changes_names_the_list(record):
    seen, silent = set(), set()
    for scope, answer, docket in touched(record):
        seen.add(scope.id)
        said = [
            text
            for code, text in notes(docket, answer, whole_day=False)
            if code == "list_not_official"
        ]
        if not any(f"{scope.name} ({scope.confidence})" in text for text in said):
            silent.add((scope.id, answer.query.product.id, answer.query.instant))
    assert silent == set()
    assert len(seen) >= 0.8 * len(unofficial(record)), sorted(set(unofficial(record)) - seen)
