"""`tariff bulk FOLDER --audit --refund`: the tables of all parts as those of one file, however the
parts were come by.
"""

from __future__ import annotations

import csv
import json
import shutil
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.run_program import Told, ask

pytest.importorskip("pyarrow")

from tariffcli.bulk.files.reports import Report, added, from_plain, to_plain, together

HEADER = (
    "Entry Summary Number,Entry Summary Line Number,Tariff Ordinal Number,HTS Number - Full,Country of Origin Code,Entry Date,"
    "Entry Summary Date,Importer Number,Line Tariff Goods Value Amount,Line Tariff Duty Amount,Protest Number\n"
)
MONTHS = {"april.csv": 4, "june.csv": 6, "may.csv": 5}
FLAGS = ("--to", "us", "--audit", "--refund", "--interest-to", "2026-03-31")


def entries(month: int) -> str:
    """Lines of two importers; entries of May fall on days of June too, one stands apart, and one is
    paid too much.
    """
    rows: list[str] = []
    for number, (who, paid, protest) in enumerate(
        (("11-1", "66.51", ""), ("11-2", "33.36", ""), ("11-1", "200.00", "1001"))
    ):
        shared = (
            f"{month + number % 2}/1{number + 3}/2025,{month + number % 2}/2{number}/2025,{who}"
        )
        for place, (code, value, duty) in enumerate(
            (("99030124", "0", paid), ("9503000073", "333.33", "0")), 1
        ):
            rows.append(
                f"98Q-10{month}{number}114-5,001,{place},{code},CN,{shared},{value},{duty},{protest}\n"
            )
    return "".join(rows)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "parts").mkdir()
    for name, month in MONTHS.items():
        (tmp_path / "parts" / name).write_text(HEADER + entries(month))
    return tmp_path


def rated(*more: str, flags: tuple[str, ...] = FLAGS) -> Told:
    return ask("bulk", "parts", "--out", "done", *flags, *more)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def whole(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "done" / "whole").iterdir())}


def refused(told: Told, piece: str) -> None:
    assert told.code == 2, told
    assert piece in told.err.splitlines()[-1], told.err
    assert "Traceback" not in told.err


# what is added


def test_the_tables_of_the_parts_are_those_of_one_file_of_all_lines(folder):
    assert rated().code == 0
    (folder / "all.csv").write_text(HEADER + "".join(map(entries, MONTHS.values())))
    assert ask("bulk", "all.csv", "--out", "all.out.csv", *FLAGS).code == 0
    names = [path.name for path in (folder / "done" / "whole").glob("*.csv")]
    assert set(names) == {
        f"{name}.csv"
        for name in ("audit", "headings", "refund", "totals", "not-told", "interest", "caveats")
    }
    for name in set(names) - {"caveats.csv"}:
        assert table(folder / "done" / "whole" / name) == table(folder / f"all.out.{name}"), name
    assert table(folder / "done" / "whole" / "caveats.csv")[1:] == table(
        folder / "all.out.caveats.csv"
    )


def test_sums_are_of_cents_and_interest_is_rounded_once(folder):
    assert rated().code == 0
    (total,) = table(folder / "done" / "whole" / "totals.csv")
    assert (total["authority"], total["lines"], total["charged_usd"]) == (
        "ieepa-fentanyl",
        "6",
        "299.61",
    )  # 3 times 66.51 and 33.36
    parts = [
        row for name in MONTHS for row in table(folder / "done" / f"{Path(name).stem}.totals.csv")
    ]
    rounded = sum(Decimal(row["interest_estimate_usd"]) for row in parts)
    assert Decimal(total["interest_estimate_usd"]) - rounded == Decimal(
        "0.01"
    )  # each part's own estimate was rounded down
    months = {
        (row["month"], row["importer_of_record"]): row["charged_usd"]
        for row in table(folder / "done" / "whole" / "refund.csv")
    }
    assert months["2025-05", "11-1"] == "66.51"
    assert months["2025-05", "11-2"] == "33.36"
    (apart,) = table(folder / "done" / "whole" / "not-told.csv")
    assert (apart["reason"], apart["lines"], apart["amount_usd"]) == ("protest", "3", "600.00")


def test_the_caveats_say_that_files_are_not_compared(folder):
    assert rated().code == 0
    said = table(folder / "done" / "whole" / "caveats.csv")[0]["text"]
    assert "Sums of 3 files" in said
    assert "in two of them counts twice" in said


def test_the_manifest_of_the_whole_names_its_parts(folder):
    assert rated().code == 0
    said = json.loads((folder / "done" / "whole" / "manifest.json").read_text())
    assert [part["name"] for part in said["parts"]] == sorted(MONTHS)
    assert (
        said["lines"]
        == sum(part["lines"] for part in said["parts"])
        == sum(said["statuses"].values())
        == 9
    )


def test_a_table_that_some_files_do_not_tell_is_said_to_be_of_the_others(folder):
    (folder / "parts" / "own.csv").write_text(
        "date,hs,origin,value,paid\n2025-06-20,9503000073,CN,10000,3000\n"
    )
    assert rated().code == 0
    texts = [row["text"] for row in table(folder / "done" / "whole" / "caveats.csv")]
    assert "The table Headings is of the other files only; not told by own.csv." in texts
    refund = {
        row["authority"]: row["charged_usd"]
        for row in table(folder / "done" / "whole" / "totals.csv")
    }
    assert refund == {"ieepa-fentanyl": "2299.61", "ieepa-reciprocal": "1000.00"}


def test_a_file_without_lines_adds_nothing(folder):
    assert rated().code == 0
    before = whole(folder)
    for name in ("august.csv", "july.csv"):  # the same file twice, of no lines
        (folder / "parts" / name).write_text(HEADER)
    assert rated("--resume").code == 0
    after = whole(folder)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"manifest.json", "caveats.csv"}  # which tell the number of files


def test_without_audit_or_refund_there_is_no_table_of_the_whole(folder):
    told = rated(flags=("--to", "us"))
    assert told.code == 0
    assert "add --audit or --refund" in told.err
    assert not (folder / "done" / "whole").exists()


# however the parts were come by


def test_a_run_that_goes_on_adds_parts_done_before_to_those_done_now(folder):
    assert rated().code == 0
    before = whole(folder)
    (folder / "done" / "may.csv").unlink()
    (folder / "done" / "may.csv.manifest.json").unlink()
    touched = (folder / "done" / "june.csv").stat().st_mtime_ns
    told = rated("--resume")
    assert told.code == 0, told
    assert "june.csv: done before" in told.err
    assert (folder / "done" / "june.csv").stat().st_mtime_ns == touched
    assert whole(folder) == before


def test_a_month_more_is_added_and_a_month_less_is_not(folder):
    may = folder / "parts" / "may.csv"
    kept = may.read_text()
    may.unlink()
    assert rated().code == 0
    (two,) = table(folder / "done" / "whole" / "totals.csv")
    may.write_text(kept)
    assert rated("--resume").code == 0
    (three,) = table(folder / "done" / "whole" / "totals.csv")
    may.unlink()
    assert rated("--resume").code == 0  # its output stands in the folder still
    (again,) = table(folder / "done" / "whole" / "totals.csv")
    assert (two["charged_usd"], three["charged_usd"]) == ("199.74", "299.61")
    assert again == two


def test_with_force_all_is_made_anew(folder):
    assert rated().code == 0
    before = whole(folder)
    assert rated("--force").code == 0
    assert whole(folder) == before


def test_workbooks_are_added_without_being_read_back(folder):
    from openpyxl import Workbook

    assert rated().code == 0
    before = whole(folder)
    shutil.rmtree(folder / "done")
    with (folder / "parts" / "may.csv").open(newline="") as stream:
        book = Workbook()
        for row in csv.reader(stream):
            book.active.append(row)
    book.save(folder / "parts" / "may.xlsx")
    (folder / "parts" / "may.csv").unlink()
    for more in ((), ("--resume",)):
        assert rated(*more).code == 0
        assert {name: text for name, text in whole(folder).items() if name.endswith(".csv")} == {
            name: text for name, text in before.items() if name.endswith(".csv")
        }
    assert not list((folder / "done").glob("may.*.csv"))


def test_a_table_of_a_part_that_is_gone_is_written_again(folder):
    assert rated().code == 0
    gone = folder / "done" / "may.refund.csv"
    text, before = gone.read_bytes(), whole(folder)
    gone.unlink()
    assert rated("--resume").code == 0
    assert gone.read_bytes() == text
    assert whole(folder) == before


# what is refused


@pytest.mark.parametrize(
    ("change", "piece"),
    [
        (lambda said: said.pop("sums"), "are missing"),
        (lambda said: said["sums"].pop("tables"), "are missing"),
        (
            lambda said: said["sums"]["tables"][0]["rows"][0].__setitem__(1, 77),
            "were changed or damaged",
        ),
        (lambda said: said["sums"]["tables"].pop(), "were changed or damaged"),
        (lambda said: said.__setitem__("sums", None), "are missing"),
    ],
)
def test_a_part_whose_sums_are_missing_or_damaged_is_refused_and_the_whole_is_kept(
    folder, change, piece
):
    assert rated().code == 0
    before = whole(folder)
    path = folder / "done" / "may.csv.manifest.json"
    said = json.loads(path.read_text())
    change(said)
    path.write_text(json.dumps(said))
    refused(rated("--resume"), piece)
    assert whole(folder) == before  # no part was rated anew: it is still true
    assert not list((folder / "done").glob(".*"))
    assert rated("--force").code == 0
    assert whole(folder) == before


def test_a_manifest_that_is_cut_off_is_refused(folder):
    assert rated().code == 0
    path = folder / "done" / "may.csv.manifest.json"
    path.write_text(path.read_text()[:700])
    refused(rated("--resume"), "has no manifest")


def test_a_run_that_ends_early_leaves_no_table_of_the_whole(folder):
    assert rated().code == 0
    (folder / "parts" / "june.csv").write_text("nothing,to,rate\n1,2,3\n")
    assert rated("--force").code == 2
    assert not (folder / "done" / "whole").exists()


def test_a_file_that_is_in_the_folder_twice_is_refused(folder):
    shutil.copy(folder / "parts" / "may.csv", folder / "parts" / "may (1).csv")
    refused(rated(), "may (1).csv and may.csv are the same file")
    assert not (folder / "done" / "whole").exists()
    (folder / "parts" / "may (1).csv").unlink()
    assert rated("--resume").code == 0


def test_a_link_that_leads_out_of_the_folder_is_left_out_and_said_to_be(folder):
    (folder / "secret.txt").write_text("root:secret:0\n")
    (folder / "parts" / "q.csv").symlink_to(folder / "secret.txt")
    (folder / "parts" / "r.csv").symlink_to(Path("..") / "secret.txt")
    told = rated()
    assert told.code == 0, told
    for name in ("q.csv", "r.csv"):
        assert f"{name}: left out, it is a link that leads out of the folder" in told.err
        assert not (folder / "done" / name).exists()
    assert "secret" not in told.err.replace("secret.txt", "")
    assert len(whole(folder)) > 1


def test_a_link_within_the_folder_is_followed_and_so_is_one_to_it(folder):
    (folder / "parts" / "deep").mkdir()
    (folder / "parts" / "may.csv").rename(folder / "parts" / "deep" / "may.csv")
    (folder / "parts" / "may.csv").symlink_to(Path("deep") / "may.csv")
    (folder / "linked").symlink_to("parts")
    told = ask("bulk", "linked", "--out", "done", "--to", "us")
    assert told.code == 0, told
    assert "left out, it is a link" not in told.err
    assert (folder / "done" / "may.csv").exists()


def test_a_folder_of_nothing_but_links_out_of_it_holds_no_files(folder):
    for name in MONTHS:
        (folder / "parts" / name).rename(folder / name)
        (folder / "parts" / name).symlink_to(folder / name)
    refused(rated(), "parts has no csv")


def test_parts_whose_tables_would_have_one_name_are_refused(folder):
    (folder / "parts" / "may.tsv").write_text((HEADER + entries(5)).replace(",", "\t"))
    refused(rated(), "may.csv and may.tsv would have tables of the same names")
    assert not (folder / "done").exists()


def test_a_part_may_be_called_whole(folder):
    (folder / "parts" / "may.csv").rename(folder / "parts" / "whole.csv")
    assert rated().code == 0
    assert (folder / "done" / "whole.refund.csv").read_text() != (
        folder / "done" / "whole" / "refund.csv"
    ).read_text()


def test_what_others_put_in_its_place_is_never_removed(folder):
    other = folder / "done" / "whole" / "notes.txt"
    other.parent.mkdir(parents=True)
    other.write_text("mine")
    refused(rated(), "exists already")
    refused(rated("--force"), "holds notes.txt")
    assert [path.name for path in (folder / "done").iterdir()] == ["whole"]
    assert other.read_text() == "mine"
    shutil.rmtree(folder / "done" / "whole")
    (folder / "done" / "whole").write_text("mine")
    refused(rated("--resume"), "is a file, where")


def test_a_whole_that_cannot_be_written_ends_in_one_line_and_leaves_nothing(folder, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tariffcli.bulk.files.folder.write_table", full)
    told = rated()
    assert told.code == 1
    assert "No space left" in told.err.splitlines()[-1]
    assert not [path for path in (folder / "done").iterdir() if path.is_dir()]
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    assert rated("--resume").code == 0
    assert (folder / "done" / "whole" / "refund.csv").is_file()


# the sum itself

KEYS = st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["2025-04", "2025-05", ""]))
MONEY = st.decimals(min_value=-(10**12), max_value=10**12, places=20)
ROWS = st.lists(st.tuples(KEYS, st.integers(0, 10**9), st.none() | MONEY))


@given(st.lists(ROWS, min_size=1, max_size=5))
def test_sums_do_not_depend_on_how_the_rows_were_cut(parts):
    def report(rows) -> Report:
        return Report(
            "R",
            ("who", "month", "lines", "usd"),
            [(*key, lines, usd) for key, lines, usd in rows],
            keys=2,
        )

    one = added([report([row for rows in parts for row in rows])])
    assert together([[added([report(rows)])] for rows in parts]) == [one]
    assert together([[report(rows)] for rows in reversed(parts)]) == [one]
    assert from_plain(json.loads(json.dumps(to_plain(one)))) == one
    for *key, lines, usd in one.rows:
        mine = [row for rows in parts for row in rows if list(row[0]) == key]
        assert lines == sum(row[1] for row in mine)
        known = [row[2] for row in mine if row[2] is not None]
        assert (None if usd is None else Fraction(usd)) == (
            sum(map(Fraction, known)) if known else None
        )


def test_rows_that_are_no_sums_are_told_once():
    rates = [
        Report(
            "Interest", ("from", "rate_pct", "note"), [(day, Decimal(7), ""), ("", None, "said")]
        )
        for day in ("2025-04", "2025-01")
    ]
    (one,) = together([[rates[0]], [rates[1]], [rates[0]]])
    assert one.rows == [
        ("2025-01", Decimal(7), ""),
        ("2025-04", Decimal(7), ""),
        ("", None, "said"),
    ]
    assert one.rounded() == one


def test_tables_of_one_name_and_other_columns_are_never_added():
    with pytest.raises(ValueError, match="have not the same columns"):
        together([[Report("R", ("who", "usd"), [], 1)], [Report("R", ("who", "eur"), [], 1)]])
