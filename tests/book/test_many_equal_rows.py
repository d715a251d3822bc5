"""Thousands of equal rows, as a slip of the hand pastes them, are checked in a time that grows with
them, not with their square.

Counted, not timed: how often rows are looked at.
"""

from __future__ import annotations

import pytest

from support.tiny_record import and_also, rows, write_record
from tariffcli.book.assemble import assemble
from tariffcli.book.rules import RULES
from tariffcli.book.rules.overlap import Overlap
from tariffcli.errors import TariffError

MANY = 400
ROW = rows(
    "programme | origin | scope | effect | rate_pct | announced | effective | until | status | act | source_ids | confidence",
    "us-fentanyl | cn | us-steel-list | rate | 30 | 2025-01-03 | 2025-01-04 00:01 | 2026-02-05 00:00 | law | us-eo-2 | eo-1 | official",
)[0]
KINDS = {
    "equal": {},
    "later": {"announced": "2026-01-01", "effective": "2026-01-01 00:01", "until": ""},
    "exempt": {"effect": "exempt", "rate_pct": "", "until": ""},
}


class Counted(list):
    """Rows that count how often one of them is looked at."""

    looks = 0

    def __iter__(self):
        for one in super().__iter__():
            Counted.looks += 1
            yield one


def parts_of(folder, change, same_id=False):
    many = [
        {**ROW, "id": "us-x" if same_id else f"us-x-{number}", **change(number)}
        for number in range(MANY)
    ]
    return assemble(write_record(folder / "data", **{"events/us": and_also(*many)}))


def undoing(number):
    return {
        "effect": "undo",
        "rate_pct": "",
        "until": "",
        "undoes": f"us-x-{number - 1}" if number else "us-fentanyl-10",
    }


@pytest.mark.parametrize("same_id", [True, False])
@pytest.mark.parametrize("kind", [*KINDS, "undoing"])
def test_the_rules_look_at_each_of_many_equal_rows_a_few_times(
    tmp_path, monkeypatch, kind, same_id
):
    parts = parts_of(tmp_path, undoing if kind == "undoing" else lambda _: KINDS[kind], same_id)
    parts = parts._replace(
        events={importer: Counted(many) for importer, many in parts.events.items()}
    )
    met = [0]

    def counting(name):
        real = getattr(Overlap, name)

        def counted(*given):
            met[0] += 1
            return real(*given)

        return counted

    for name in ("meet", "origins", "scopes"):
        monkeypatch.setattr(Overlap, name, counting(name))
    for code, rule in RULES.items():
        Counted.looks = met[0] = 0
        list(rule(parts))
        assert Counted.looks < 10 * MANY, code
        assert met[0] < 10 * MANY, code


def test_a_circle_is_found_though_another_row_has_the_same_id(tmp_path):
    pair = [
        {**ROW, **undoing(0), "id": "us-a", "undoes": "us-b"},
        {**ROW, **undoing(0), "id": "us-b", "undoes": "us-a"},
        {**ROW, "id": "us-a"},
    ]
    parts = assemble(write_record(tmp_path / "data", **{"events/us": and_also(*pair)}))
    assert "us-a" in {what for _, what in RULES["U04"](parts)}


def test_the_end_of_memory_is_no_finding_of_the_record(tmp_path, monkeypatch):
    from support.run_program import ask
    from tariffcli.book.load import load
    from tariffcli.book.rules import registry

    def ended(parts):
        raise MemoryError

    monkeypatch.setenv("TARIFF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(registry.RULES, "L12", ended)
    data = write_record(tmp_path / "data")
    with pytest.raises(TariffError, match="not enough memory"):
        load(data)
    for words in (("rate", "--from", "cn", "--to", "us", "--date", "2025-06-15"), ("check",)):
        told = ask(*words, "--data", str(data))
        assert (told.code, told.out) == (1, "")
        assert "not enough memory" in told.err
        assert len(told.err.splitlines()) == 1
