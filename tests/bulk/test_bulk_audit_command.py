"""`tariff bulk` on entries of several rows a line: rated once, held against what was declared,
refunds summed; and its other flags.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from support.run_program import ask

pytest.importorskip("pyarrow")

HEADER = (
    "Entry Summary Number,Entry Summary Line Number,Tariff Ordinal Number,HTS Number - Full,Country of Origin Code,Entry Date,"
    "Entry Summary Date,Importer Number,Line Tariff Goods Value Amount,Line Goods Value Amount,Line Tariff Duty Amount\n"
)
TOYS = (
    '98Q-1024114-5,001,1,99030124,CN,6/20/2025,6/30/2025,11-1,$0.00,"$10,000.00","$2,000.00"\n'
    '98Q-1024114-5,001,2,99030125,CN,6/20/2025,6/30/2025,11-1,$0.00,"$10,000.00","$1,000.00"\n'
    '98Q-1024114-5,001,3,9503000073,CN,6/20/2025,6/30/2025,11-1,"$10,000.00","$10,000.00",$0.00\n'
)
LESS = TOYS.replace("5,001", "5,002").replace('"$2,000.00"', '"$1,000.00"')


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_text(
        "Report:,ES-003\nFOR OFFICIAL USE ONLY\n\n"
        + HEADER
        + TOYS
        + LESS
        + "FOR OFFICIAL USE ONLY\n"
    )
    return tmp_path


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_line_of_three_rows_is_rated_once_and_agrees_heading_by_heading(folder):
    told = ask("bulk", "in.csv", "--to", "us", "--out", "out.csv", "--audit")
    assert told.code == 0, told
    assert "2 lines: 2 complete" in told.err
    lines = table(folder / "out.csv")
    assert [line["status"] for line in lines] == ["declared", "declared", "complete"] * 2
    toys, less = lines[2], lines[5]
    assert (
        toys["additional_pct"],
        toys["duty_due"],
        toys["paid"],
        toys["variance"],
        toys["why"],
    ) == ("30", "3000", "3000", "0", "agrees")
    assert (less["paid"], less["variance"]) == ("2000", "-1000")
    assert "9903.01.24" in less["why"]
    (first, *_) = table(folder / "out.audit.csv")
    assert set(first) >= {"why", "lines"}
    assert (folder / "out.caveats.csv").is_file()


def test_what_was_charged_under_refunded_programmes_is_summed_in_exact_cents(folder):
    assert ask("bulk", "in.csv", "--to", "us", "--out", "out.csv", "--refund").code == 0
    sums = {
        row["authority"]: Decimal(row["charged_usd"]) for row in table(folder / "out.totals.csv")
    }
    assert sums == {"ieepa-fentanyl": Decimal(3000), "ieepa-reciprocal": Decimal(2000)}
    months = {
        (row["authority"], row["month"], row["importer_of_record"])
        for row in table(folder / "out.refund.csv")
    }
    assert ("ieepa-fentanyl", "2025-06", "11-1") in months
    assert table(folder / "out.caveats.csv")


def test_a_workbook_holds_the_tables_as_sheets(folder):
    from openpyxl import load_workbook

    told = ask(
        "bulk",
        "in.csv",
        "--to",
        "us",
        "--out",
        "out.xlsx",
        "--audit",
        "--refund",
        "--interest-to",
        "2026-03-31",
    )
    assert told.code == 0, told
    assert load_workbook(folder / "out.xlsx").sheetnames[:3] == ["lines", "Audit", "Headings"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "in.csv",
        "out.xlsx",
        "out.xlsx.manifest.json",
    ]


def test_such_a_file_is_never_rated_row_by_row(folder):
    told = ask("bulk", "in.csv", "--to", "us", "--out", "out.csv")
    assert "several rows a line" in told.err
    assert "2 lines: 2 complete" in told.err


def test_one_row_a_line_is_held_against_what_was_paid(folder):
    (folder / "own.csv").write_text(
        "date,hs,origin,value,paid\n2025-06-20,9503000073,CN,10000,3000\n2025-06-20,9503000073,CN,10000,0\n"
    )
    assert ask("bulk", "own.csv", "--to", "us", "--out", "out.csv", "--audit").code == 0
    assert [(line["variance"], line["why"] == "agrees") for line in table(folder / "out.csv")] == [
        ("0", True),
        ("-3000", False),
    ]


@pytest.mark.parametrize(
    ("flags", "piece"),
    [
        (["--audit"], "need --out FILE"),
        (["--out", "o.csv", "--refund", "--payee", "nobody"], "no interest for 'nobody'"),
        (["--out", "o.csv", "--refund", "--interest-to", "soon"], "not a whole date"),
        (["--out", "o.csv", "--engine", "abacus"], "local or spark"),
        (["--engine", "spark"], "needs --out FOLDER"),
        (["--out", "o", "--engine", "spark", "--audit"], "one machine"),
        (["--out", "o.csv", "--set", "importer=us"], "--to and --set importer"),
        (["--out", "o.csv", "--set", "claim=nonsense"], "No claim 'nonsense'"),
        (["--out", "o.csv", "--map", "entry=Nothing"], "no column 'Nothing'"),
        (["--out", "o.csv", "--map", "colour=x"], "cannot mean 'colour'"),
    ],
)
def test_wrong_flags_end_in_one_line_and_leave_nothing(folder, flags, piece):
    told = ask("bulk", "in.csv", "--to", "us", *flags)
    assert told.code == 2, told
    assert piece in told.err.splitlines()[-1]
    assert [path.name for path in folder.iterdir()] == ["in.csv"]
