"""The data rules: one broken file for each of them, and what `tariff` says about records that are
broken in other ways.

`bad_data/<RULE>/` holds one table that breaks the clean record of `support/tiny_record.py` (or
`removed.txt`, the name of a table to take away), and `expected.txt`: every finding of that record,
word for word as `tariff check` prints it.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from support import ROOT, TESTS
from support.run_program import Told, fresh
from support.run_program import ask as run_here
from support.tiny_record import CLEAN, with_row, write_record
from tariffcli.api import Answer, ask
from tariffcli.book import assemble as assembling
from tariffcli.book import load
from tariffcli.book import tables as reading
from tariffcli.book.assemble import assemble
from tariffcli.book.fingerprint import of_content, on_disk
from tariffcli.book.rules import RULES, check
from tariffcli.errors import RecordError

DATA = ROOT / "data"
BAD = TESTS / "bad_data"
BROKEN = sorted(folder.name for folder in BAD.iterdir() if folder.is_dir())
FINDING = re.compile(r"[\w./-]+\.csv:[1-9]\d*: [A-Z]\d\d \S.*")
QUESTION = ("--date", "2025-06-15", "--from", "cn", "--to", "us", "--product", "steel")
ROOT_USER = hasattr(os, "geteuid") and os.geteuid() == 0


def tariff(*words: str | Path) -> Told:
    """Run the program in this process; one test of each kind of failure runs it in a process of its
    own.
    """
    return run_here(*map(str, words))


def findings(folder: Path) -> list[str]:
    return [str(found) for found in check(assemble(folder))]


def expected(rule: str) -> list[str]:
    return (BAD / rule / "expected.txt").read_text(encoding="utf-8").splitlines()


def break_by(rule: str, folder: Path) -> Path:
    """The clean record in `folder` with the broken file of a rule laid over it."""
    write_record(folder)
    shutil.copytree(BAD / rule, folder, dirs_exist_ok=True)
    removed = folder / "removed.txt"
    if removed.exists():
        (folder / removed.read_text(encoding="utf-8").strip()).unlink()
    return folder


def says_why(run: Told) -> None:
    """A command ended with exit code 1, one line on stderr and nothing else."""
    assert run.code == 1
    assert run.out == ""
    assert re.fullmatch(r"error: .+\n", run.err), run.err
    assert "fault in the program" not in run.err


# One broken file for each rule


def test_every_rule_has_a_broken_record_and_every_broken_record_a_rule() -> None:
    sources = (
        Path(module.__file__ or "").read_text(encoding="utf-8") for module in (reading, assembling)
    )
    reading_codes = {code for source in sources for code in re.findall(r'"(T\d\d)"', source)}
    assert reading_codes >= {"T01", "T02", "T03", "T04", "T05", "T06", "T07"}
    assert set(BROKEN) == set(RULES) | reading_codes


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_record_holds_one_broken_table(rule: str) -> None:
    files = [
        path for path in (BAD / rule).rglob("*") if path.is_file() and path.name != "expected.txt"
    ]
    assert len(files) == 1


@pytest.mark.parametrize("rule", BROKEN)
def test_a_rule_names_file_line_and_row_in_its_own_words_and_no_other_rule_speaks(
    rule: str, tmp_path: Path
) -> None:
    assert expected(rule)
    assert {line.split()[1] for line in expected(rule)} == {rule}
    assert findings(break_by(rule, tmp_path)) == expected(rule)


@pytest.mark.parametrize("rule", BROKEN)
def test_check_prints_the_findings_of_a_broken_record_and_exits_1(
    rule: str, tmp_path: Path
) -> None:
    run = tariff("check", "--data", break_by(rule, tmp_path))
    assert run.code == 1
    assert run.out.splitlines() == expected(rule)
    assert all(FINDING.fullmatch(line) for line in run.out.splitlines())
    assert run.err.count("\n") == 1
    assert run.err.startswith(f"{len(expected(rule))} finding")


@pytest.mark.parametrize("rule", BROKEN)
def test_rate_refuses_a_broken_record_in_one_line(rule: str, tmp_path: Path) -> None:
    run = tariff("rate", "--data", break_by(rule, tmp_path), *QUESTION)
    says_why(run)
    assert expected(rule)[0] in run.err


@pytest.mark.parametrize("form", ["plain", "json", "csv", "table"])
@pytest.mark.parametrize("rule", ["E04", "T07", "T01"])
def test_a_broken_record_gives_no_number_in_any_format(
    form: str, rule: str, tmp_path: Path
) -> None:
    words = ("rate", "--data", str(break_by(rule, tmp_path)), *QUESTION, "--format", form)
    says_why(tariff(*words))
    assert fresh(*words) == tariff(*words)


def test_check_ends_in_a_process_of_its_own_as_it_does_here(tmp_path: Path) -> None:
    for folder in (
        write_record(tmp_path / "clean"),
        break_by("E04", tmp_path / "broken"),
        tmp_path,
    ):
        assert fresh("check", "--data", str(folder)) == tariff("check", "--data", folder)


@pytest.mark.parametrize(
    "command",
    [("history", *QUESTION[2:6]), ("events",), ("products",), ("coverage",), ("sources",)],
)
def test_no_command_reads_a_broken_record(command: tuple[str, ...], tmp_path: Path) -> None:
    says_why(tariff(*command, "--data", break_by("U03", tmp_path)))


def test_the_library_raises_on_a_broken_record(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=re.escape(expected("E04")[0])):
        load(break_by("E04", tmp_path))


def test_a_record_that_breaks_after_it_was_read_is_read_anew(tmp_path: Path) -> None:
    write_record(tmp_path)
    assert load(tmp_path).fingerprint
    with pytest.raises(RecordError):
        load(break_by("E04", tmp_path))


def test_findings_of_several_tables_stand_in_order_of_file_and_line(tmp_path: Path) -> None:
    for rule in ("E04", "E06", "L03", "A06", "T03"):
        shutil.copytree(
            BAD / rule, write_record(tmp_path) if rule == "E04" else tmp_path, dirs_exist_ok=True
        )
    places = [line.split(": ")[0].rsplit(":", 1) for line in findings(tmp_path)]
    assert [file for file, _ in places] == [
        "editions.csv",
        "events/cn.csv",
        "events/us.csv",
        "glossary.csv",
        "scopes/us-steel-list.csv",
    ]
    assert findings(tmp_path) == sorted(
        line for rule in ("E04", "E06", "L03", "A06", "T03") for line in expected(rule)
    )


# Clean records


def test_the_clean_record_is_clean_and_answers(tmp_path: Path) -> None:
    assert findings(write_record(tmp_path)) == []
    record = load(tmp_path)
    assert ask("2025-06-15", origin="cn", importer="us", record=record).additional_pct == 20
    assert (
        ask(
            "2025-06-15", origin="cn", importer="us", product="72081000", record=record
        ).additional_pct
        == 25
    )
    assert (
        ask(
            "2025-06-15", origin="de", importer="us", product="72081000", record=record
        ).additional_pct
        == 25
    )
    assert ask("2025-06-15", origin="us", importer="cn", record=record).additional_pct == 10
    assert ask("2017-06-15", origin="cn", importer="us", record=record).status == "outside_coverage"


def test_check_of_the_clean_record_exits_0_and_prints_no_finding(tmp_path: Path) -> None:
    run = tariff("check", "--data", write_record(tmp_path))
    assert (run.code, run.out) == (0, "")
    assert run.err == f"0 findings ({len(RULES)} rules, 1 checkpoints).\n"


def test_a_checkpoint_that_is_not_reproduced_is_a_finding(tmp_path: Path) -> None:
    run = tariff(
        "check",
        "--data",
        write_record(tmp_path, checkpoints=with_row("fentanyl-march", expected="25")),
    )
    assert run.code == 1
    assert (
        run.out
        == "checkpoints.csv:2: C01 A published figure is not reproduced: 25 published, 20 here. (fentanyl-march)\n"
    )


def test_the_real_record_is_clean() -> None:
    assert findings(DATA) == []


# Folders that hold no record


def test_an_empty_folder_is_no_record(tmp_path: Path) -> None:
    for command in (("check",), ("rate", *QUESTION)):
        run = tariff(*command, "--data", tmp_path)
        says_why(run)
        assert (
            run.err
            == f"error: No record at {tmp_path}: it holds none of the tables, such as programmes.csv. Give --data DIR.\n"
        )


def test_a_missing_folder_is_no_record(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    for command in (("check",), ("rate", *QUESTION)):
        run = tariff(*command, "--data", gone)
        says_why(run)
        assert (
            run.err
            == f"error: No record at {gone}: the folder does not exist. Give --data DIR with the tables of a record.\n"
        )


def test_a_file_is_no_record(tmp_path: Path) -> None:
    file = write_record(tmp_path) / "programmes.csv"
    for command in (("check",), ("rate", *QUESTION)):
        run = tariff(*command, "--data", file)
        says_why(run)
        assert str(file) in run.err


# Tables that cannot be read


@pytest.mark.parametrize("table", sorted(CLEAN))
def test_a_table_of_zero_bytes_is_found(table: str, tmp_path: Path) -> None:
    (write_record(tmp_path) / f"{table}.csv").write_bytes(b"")
    assert f"{table}.csv:1: T03 This table is empty; a header row is needed." in findings(tmp_path)
    assert not [line for line in findings(tmp_path) if not FINDING.fullmatch(line)]
    says_why(tariff("rate", "--data", tmp_path, *QUESTION))


@pytest.mark.parametrize("table", sorted(name for name in CLEAN if "/" not in name))
def test_a_missing_table_is_found(table: str, tmp_path: Path) -> None:
    write_record(tmp_path, **{table: None})
    assert f"{table}.csv:1: T01 This table is missing from the record." in findings(tmp_path)
    says_why(tariff("rate", "--data", tmp_path, *QUESTION))


@pytest.mark.parametrize(
    "table", ["events/us", "programmes", "countries", "scopes/us-steel-list", "schedules/us"]
)
def test_a_table_in_latin_1_is_found(table: str, tmp_path: Path) -> None:
    path = write_record(tmp_path) / f"{table}.csv"
    path.write_bytes(path.read_bytes() + "Zölle".encode("latin-1"))
    assert f"{table}.csv:1: T02 This table is not UTF-8 text." in findings(tmp_path)
    says_why(tariff("rate", "--data", tmp_path, *QUESTION))


@pytest.mark.parametrize("table", ["events/us", "programmes", "glossary"])
def test_a_folder_in_place_of_a_table_is_found(table: str, tmp_path: Path) -> None:
    (write_record(tmp_path, **{table: None}) / f"{table}.csv").mkdir()
    assert any(
        line.startswith(f"{table}.csv:1: T02 This table cannot be read: ")
        for line in findings(tmp_path)
    )
    says_why(tariff("rate", "--data", tmp_path, *QUESTION))


@pytest.mark.skipif(ROOT_USER, reason="root reads every file")
@pytest.mark.parametrize("table", ["events/us", "programmes", "glossary"])
def test_a_table_that_may_not_be_read_is_found(table: str, tmp_path: Path) -> None:
    path = write_record(tmp_path) / f"{table}.csv"
    path.chmod(0)
    try:
        assert any(
            line.startswith(f"{table}.csv:1: T02 This table cannot be read: ")
            for line in findings(tmp_path)
        )
        says_why(tariff("rate", "--data", tmp_path, *QUESTION))
    finally:
        path.chmod(0o644)


def test_a_table_cut_in_the_middle_of_any_row_is_found(tmp_path: Path) -> None:
    path = write_record(tmp_path) / "events" / "us.csv"
    whole = path.read_bytes()
    for length in range(1, len(whole)):
        if whole[length - 1 : length] in (b"\n", b",") or whole[length : length + 1] == b"\n":
            continue  # nothing but commas, or nothing at all, is missing from the last row
        path.write_bytes(whole[:length])
        assert any(re.match(r"events/us\.csv:\d+: T0[45] ", line) for line in findings(tmp_path)), (
            whole[:length]
        )


@pytest.mark.parametrize("kept", ['"half', '"half, and ', '"one"two', '"'])
def test_a_table_cut_inside_quotes_is_found(kept: str, tmp_path: Path) -> None:
    path = write_record(tmp_path) / "events" / "us.csv"
    path.write_text(path.read_text(encoding="utf-8") + kept, encoding="utf-8")
    assert any(
        re.match(r"events/us\.csv:\d+: T06 This row is cut off or badly quoted: ", line)
        for line in findings(tmp_path)
    )
    says_why(tariff("rate", "--data", tmp_path, *QUESTION))


def test_a_quote_that_is_never_closed_in_the_first_row_is_found(tmp_path: Path) -> None:
    path = write_record(tmp_path) / "events" / "us.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("\nus-fentanyl-10,", '\n"us-fentanyl-10,', 1),
        encoding="utf-8",
    )
    assert any(": T06 " in line for line in findings(tmp_path))
    assert all(FINDING.fullmatch(line) for line in findings(tmp_path))
    says_why(tariff("rate", "--data", tmp_path, *QUESTION))


def test_a_cell_longer_than_a_reader_takes_is_found(tmp_path: Path) -> None:
    write_record(tmp_path, glossary=with_row("quota", meaning="x" * 200_000))
    assert any(line.startswith("glossary.csv:2: T06 ") for line in findings(tmp_path))


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    write_record(tmp_path)
    for path in tmp_path.rglob("*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert findings(tmp_path) == []
    assert ask("2025-06-15", origin="cn", importer="us", record=load(tmp_path)).additional_pct == 20


# No change of a table goes unnoticed


@pytest.mark.parametrize("table", sorted(CLEAN))
def test_a_change_of_any_table_makes_the_compiled_record_stale_and_the_fingerprint_another(
    table: str, tmp_path: Path
) -> None:
    path = write_record(tmp_path) / f"{table}.csv"
    before = on_disk(tmp_path), of_content(tmp_path)
    path.write_bytes(path.read_bytes() + b"more\n")
    assert on_disk(tmp_path) != before[0]
    assert of_content(tmp_path) != before[1]


# Row order carries no meaning


SMALL = (
    (
        ("cn", "us", "steel"),
        ("de", "us", "steel"),
        ("us", "cn", "phones"),
        ("cn", "us", None),
        ("fr", "us", "72081000"),
    ),
    ("2025-01-31", "2025-02-20", "2025-03-12", "2025-04-24", "2025-06-15", "2026-02-01"),
    (None, "2025-03-01"),
)
REAL = (
    (
        ("cn", "us", None),
        ("us", "cn", None),
        ("cn", "us", "8507"),
        ("us", "cn", "1201"),
        ("de", "us", "7208"),
        ("ru", "us", "7601"),
    ),
    ("2019-06-01", "2022-04-08", "2025-04-10", "2025-08-12", "2026-03-01"),
    (None,),
)


def answers(folder: Path, questions: tuple[tuple[Any, ...], ...]) -> list[Answer]:
    record = load(folder)
    return [
        ask(day, origin=origin, importer=importer, product=goods, known_on=known_on, record=record)
        for (origin, importer, goods), day, known_on in product(*questions)
    ]


def substance(answer: Answer) -> dict[str, object]:
    """An answer without the order of its layers and facts, and without its parts and words, which
    follow that order.
    """
    whole = answer._asdict()
    del whole["parts"], whole["reason"]
    return {**whole, "layers": sorted(map(repr, answer.layers)), "asked": sorted(answer.asked)}


def shuffled(path: Path, seed: int) -> None:
    """Put the rows of a table in another order; rows over several lines stay whole."""
    head, *rows = re.findall(rb'(?:[^"\n]|"[^"]*")+\n', path.read_bytes())
    random.Random(seed).shuffle(rows)
    path.write_bytes(b"".join((head, *rows)))


def tables_of(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.rglob("*.csv"))


@pytest.fixture(scope="module")
def shuffled_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shuffled") / "data"
    shutil.copytree(DATA, folder)
    for seed, path in enumerate(tables_of(folder)):
        shuffled(path, seed)
    assert (folder / "events" / "us.csv").read_bytes() != (DATA / "events" / "us.csv").read_bytes()
    return folder


@pytest.mark.parametrize("table", sorted(name for name, rows in CLEAN.items() if len(rows) > 1))
def test_the_rows_of_a_table_in_any_order_say_the_same(table: str, tmp_path: Path) -> None:
    before = write_record(tmp_path / "before")
    for number, edit in enumerate((lambda rows: rows[::-1], lambda rows: rows[1:] + rows[:1])):
        after = write_record(tmp_path / f"after-{number}", **{table: edit})
        assert findings(after) == []
        assert load(after).fingerprint == load(before).fingerprint
        assert [*map(substance, answers(after, SMALL))] == [*map(substance, answers(before, SMALL))]


def test_the_real_record_shuffled_says_the_same(shuffled_data: Path) -> None:
    assert load(shuffled_data).fingerprint == load(DATA).fingerprint
    assert [*map(substance, answers(shuffled_data, REAL))] == [*map(substance, answers(DATA, REAL))]


def test_the_real_record_shuffled_says_the_same_in_the_same_order(shuffled_data: Path) -> None:
    assert answers(shuffled_data, REAL) == answers(DATA, REAL)


def test_a_shuffled_table_gives_the_same_answer_in_the_same_order(tmp_path: Path) -> None:
    before = write_record(tmp_path / "before")
    after = write_record(tmp_path / "after", **{"events/us": lambda rows: rows[::-1]})
    assert answers(after, SMALL) == answers(before, SMALL)
