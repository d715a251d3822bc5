"""The first lines by a record are divided among processes; what they find is what one process finds
alone.
"""

from __future__ import annotations

import os
import signal
from datetime import date
from multiprocessing import active_children

import pytest

from support.random_lines import lines

pa = pytest.importorskip("pyarrow")

from tariffcli.bulk.cells import rater  # noqa: E402
from tariffcli.bulk.cells.plan import Plan  # noqa: E402
from tariffcli.bulk.cells.rater import Rater  # noqa: E402
from tariffcli.bulk.classes import workers  # noqa: E402
from tariffcli.bulk.classes.classes import Classes  # noqa: E402
from tariffcli.errors import Interrupted  # noqa: E402

PLAN = Plan({name: name for name in ("date", "hs", "origin", "importer")})


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Processes are of use for few questions already."""
    monkeypatch.setattr(workers, "MIN_QUESTIONS", 40)
    monkeypatch.setattr(rater, "MIN_UNMET", 20)


def answers(classes, *batches):
    rater = Rater(classes.book, PLAN, classes)
    return [[array.to_pylist() for array in rater.rate(batch)] for batch in batches]


@pytest.fixture
def answered(monkeypatch):
    """How often processes asked the engine, once for each that answered."""
    found = []
    before = workers._take_over

    def heard(classes, fresh, content):
        found.append(fresh)
        before(classes, fresh, content)

    monkeypatch.setattr(workers, "_take_over", heard)
    return found


def looked_ahead(record, batches, threads: int):
    """A rater that looked at batches before it rates them."""
    rater = Rater(record, PLAN, Classes(record))
    rater.look_ahead(batches, threads)
    return rater


def test_processes_find_what_one_finds_alone(record, answered):
    bad = pa.RecordBatch.from_pylist(
        [{"date": date(2025, 5, 1), "hs": "", "origin": "x", "importer": "us"}]
    )
    batches = lines(1, 200), bad, lines(2, 200)
    expected = answers(Classes(record), *batches)
    rater = looked_ahead(record, batches, 3)
    assert len(answered) == 2
    assert min(answered) > 0
    asked = rater.classes.fresh
    assert answers(rater.classes, *batches) == expected
    assert (
        rater.classes.fresh == asked > sum(answered)
    )  # nothing is asked again, and this process had its share


@pytest.mark.parametrize("threads", [1, 2])
def test_few_questions_begin_no_process(record, answered, monkeypatch, threads):
    monkeypatch.setattr(workers, "MIN_QUESTIONS", 40 if threads == 1 else 10_000)
    rater = looked_ahead(record, [lines(1, 200)], threads)
    assert not answered
    assert answers(rater.classes, lines(1, 200)) == answers(Classes(record), lines(1, 200))


def test_nothing_is_read_ahead_of_a_batch_whose_answers_are_known(record, answered):
    classes = Classes(record)
    answers(classes, lines(1, 200))
    batches = iter([lines(1, 200), lines(2, 200)])
    Rater(record, PLAN, classes).look_ahead(batches, 3)
    assert not answered
    assert len(list(batches)) == 1


@pytest.mark.parametrize(("name", "times"), [("in.csv", 2), ("in.xlsx", 1)])
def test_a_first_file_is_read_twice_but_a_sheet_once(tmp_path, monkeypatch, name, times):
    from xlsxwriter import Workbook

    from support.run_program import ask
    from tariffcli.bulk.files import run

    rows = [list(map(str, row.values())) for row in lines(1, 200).to_pylist()]
    header = ["date", "hs", "origin", "importer", "value"]
    (tmp_path / "in.csv").write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n")
    with Workbook(tmp_path / "in.xlsx") as book:
        sheet = book.add_worksheet()
        for place, row in enumerate([header, *rows]):
            sheet.write_row(place, 0, row)
    monkeypatch.setenv("TARIFF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(workers, "MIN_QUESTIONS", 10_000)
    read, before = [], run.Rater.look_ahead
    monkeypatch.setattr(
        run.Rater,
        "look_ahead",
        lambda self, batches, threads: before(self, map(heard, batches), threads),
    )

    def heard(batch):
        read.append(batch.num_rows)
        return batch

    assert (
        ask(
            "bulk", str(tmp_path / name), "--out", str(tmp_path / "out.parquet"), "--threads", "2"
        ).code
        == 0
    )
    assert sum(read) == (times - 1) * 200


def test_lines_with_facts_are_not_asked_without_them(record, answered):
    batch = lines(1, 200)
    batch = batch.append_column("claim", pa.array(["donation"] * 200))
    rater = Rater(
        record, PLAN._replace(columns={**PLAN.columns, "claim": "claim"}), Classes(record)
    )
    rater.look_ahead([batch], 3)
    assert not answered
    assert rater.classes.fresh == 0


def test_where_a_process_is_killed_its_share_is_found_here(record, answered, monkeypatch):
    begun = workers._begun

    def killed(classes, questions):
        helper = begun(classes, questions)
        os.kill(helper.process.pid, signal.SIGKILL)
        return helper

    monkeypatch.setattr(workers, "_begun", killed)
    rater = looked_ahead(record, [lines(1, 200)], 3)
    assert not answered
    assert answers(rater.classes, lines(1, 200)) == answers(Classes(record), lines(1, 200))


def test_where_no_process_can_begin_all_is_found_here(record, answered, monkeypatch):
    def refused(*_):
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(workers, "_begun", refused)
    rater = looked_ahead(record, [lines(1, 200)], 3)
    assert not answered
    assert answers(rater.classes, lines(1, 200)) == answers(Classes(record), lines(1, 200))


def test_no_process_is_left_when_finding_is_interrupted(record, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Classes, "find", interrupted)
    with pytest.raises(KeyboardInterrupt):
        looked_ahead(record, [lines(1, 200)], 3)
    for process in active_children():
        process.join()
    assert not active_children()


def test_a_run_that_nobody_waits_for_ends_between_two_questions(record):
    rater = Rater(record, PLAN, Classes(record))
    asked = []
    rater.stop.is_set = lambda: asked.append(rater.classes.fresh) is None and len(asked) > 30  # type: ignore[method-assign]
    with pytest.raises(Interrupted):
        rater.rate(lines(1, 200))
    assert rater.classes.fresh == asked[-1]
    rater.stop = type(rater.stop)()
    assert [array.to_pylist() for array in rater.rate(lines(1, 200))] == answers(
        Classes(record), lines(1, 200)
    )[0]
