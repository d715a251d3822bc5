"""`tariff export` and `--out`: files that other programs read, written whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
from pathlib import Path

import pytest

from support.run_program import answered, ask, fresh, one_line, refused
from support.tiny_law import EASTERN, TinyBook, at, event
from tariffcli.law.history import Step, by_day

BACK = ("--from", "us", "--to", "cn")
RATE = ("rate", *BACK, "--date", "2025-04-24")
KINDS = ("events", "sources", "statements", "coverage", "products")
WEEK = ("--since", "2025-04-08", "--until", "2025-04-14")


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_table_is_exported_alike_as_csv_and_json(kind: str) -> None:
    rows = rows_of(answered(ask("export", kind)))
    whole = json.loads(answered(ask("export", kind, "--format", "json")))["rows"]
    assert rows
    assert len(rows) == len(whole)
    assert set(rows[0]) >= set(whole[0])


@pytest.mark.parametrize(
    "kind",
    [(kind,) for kind in KINDS] + [("history", *BACK, *WEEK), ("rates", "--pair", "us:cn", *WEEK)],
)
def test_the_dictionary_explains_every_column(kind: tuple[str, ...]) -> None:
    columns = rows_of(answered(ask("export", *kind)))[0]
    told = rows_of(answered(ask("export", *kind, "--dictionary")))
    assert [row["column"] for row in told] == list(columns)
    assert all(row["meaning"] for row in told)


def test_history_names_countries_in_three_codes_and_units_in_columns() -> None:
    row = rows_of(answered(ask("export", "history", *BACK, *WEEK)))[-1]
    assert [row[name] for name in ("importer_iso2", "importer_iso3", "importer_census")] == [
        "cn",
        "CHN",
        "5700",
    ]
    assert (row["origin_iso2"], row["origin_iso3"], row["additional_pct"]) == ("us", "USA", "125")
    assert row["since"] == "2025-04-12T00:00:00+08:00"


def test_rates_is_a_row_a_day() -> None:
    rows = rows_of(answered(ask("export", "rates", "--pair", "us:cn", *WEEK)))
    assert [row["additional_pct"] for row in rows] == ["0", "0", "84", "84", "125", "125", "125"]
    assert [row["date"] for row in rows][::6] == ["2025-04-08", "2025-04-14"]


def test_rates_takes_tariff_codes_beside_products() -> None:
    day = ("--since", "2025-06-01", "--until", "2025-06-01")
    rows = rows_of(
        answered(
            ask(
                "export",
                "rates",
                "--pair",
                "cn:us",
                "--hs",
                "6109.10.00",
                "-p",
                "toys",
                "--hs",
                "9503.00.0073",
                *day,
            )
        )
    )
    assert [(row["product"], row["additional_pct"]) for row in rows] == [
        ("toys", "30"),
        ("61091000", "37.5"),
        ("9503000073", "30"),
    ]
    refused(
        ask("export", "rates", "--pair", "cn:us", "--hs", "toys", *day), 2, "is not a tariff code"
    )
    refused(ask("export", "rates", "--pair", "cn:us", "--hs", "1012100", *day), 2, "leading zero")


def test_a_month_is_weighted_by_its_days() -> None:
    rows = rows_of(
        answered(
            ask(
                "export",
                "rates",
                "--pair",
                "us:cn",
                "--since",
                "2025-04-01",
                "--until",
                "2025-04-30",
                "--every",
                "month",
            )
        )
    )
    assert [(row["month"], row["days"]) for row in rows] == [("2025-04", "30")]
    assert float(rows[0]["additional_pct"]) == pytest.approx(
        (9 * 0 + 2 * 84 + 19 * 125) / 30, abs=1e-4
    )


def test_pairs_and_products_multiply() -> None:
    words = (
        "--pair",
        "us:cn",
        "--pair",
        "cn:us",
        "-p",
        "general",
        "-p",
        "smartphones",
        "--since",
        "2025-04-24",
        "--until",
        "2025-04-24",
    )
    rows = rows_of(answered(ask("export", "rates", *words)))
    assert [(row["origin_iso2"], row["product"]) for row in rows] == [
        ("us", "general"),
        ("us", "smartphones"),
        ("cn", "general"),
        ("cn", "smartphones"),
    ]


def test_the_byte_order_mark_is_there_when_asked_for() -> None:
    assert answered(ask("export", "products", "--bom")).startswith("\ufeffimporter_iso2")
    assert answered(ask("export", "products")).startswith("importer_iso2")


@pytest.mark.parametrize(
    "words", [("history", "--from", "us", "--to", "fr"), ("rates", "--pair", "us:fr")]
)
def test_an_uncovered_pair_exits_3_with_json_and_without_rows(words: tuple[str, ...]) -> None:
    refused(ask("export", *words), 3, "importers covered")
    told = ask("export", *words, "--format", "json")
    assert told.code == 3
    assert json.loads(told.out)["rows"] == []
    one_line(told)


@pytest.mark.parametrize(
    "words",
    [
        RATE,
        (*RATE, "--format", "json"),
        ("history", *BACK, *WEEK),
        ("events", "--to", "cn"),
        ("export", "coverage"),
    ],
)
def test_a_file_holds_what_the_terminal_would_show(words: tuple[str, ...], tmp_path: Path) -> None:
    out = tmp_path / "answer"
    told = ask(*words, "--out", str(out))
    assert (told.code, told.out, told.err) == (0, "", "")
    assert out.read_text(encoding="utf-8") == ask(*words).out
    assert os.listdir(tmp_path) == ["answer"]


def test_an_existing_file_is_kept_without_force(tmp_path: Path) -> None:
    out = tmp_path / "kept.json"
    out.write_text("mine")
    refused(ask(*RATE, "--format", "json", "--out", str(out)), 2, "--force")
    assert out.read_text() == "mine"
    assert ask(*RATE, "--format", "json", "--out", str(out), "--force") == (0, "", "")
    assert json.loads(out.read_text())["additional_pct"] == 125


def test_a_link_is_followed_and_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert ask(*RATE, "--format", "plain", "--out", str(tmp_path / "link"), "--force").code == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "125\n"


def test_a_missing_folder_a_folder_and_an_endless_name_are_refused(tmp_path: Path) -> None:
    refused(ask(*RATE, "--out", str(tmp_path / "no" / "x")), 2, "does not exist; create it first")
    refused(ask(*RATE, "--out", str(tmp_path)), 2, "is a folder")
    refused(ask(*RATE, "--out", str(tmp_path / ("a" * 5000))), 2, "cannot be the name of a file")
    refused(ask(*RATE, "--out", ""), 2, "is a folder")
    assert os.listdir(tmp_path) == []


def test_a_refused_question_leaves_no_file(tmp_path: Path) -> None:
    refused(
        ask("rate", "--from", "zz", "--to", "us", "--out", str(tmp_path / "x")), 2, "No country"
    )
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no /dev/full here")
def test_a_full_disk_is_one_line_and_a_device_is_never_replaced() -> None:
    refused(ask(*RATE, "--format", "plain", "--out", "/dev/full"), 1, "No space left")
    refused(ask(*RATE, "--format", "plain", "--out", "/dev/full", "--force"), 1, "No space left")
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


@pytest.mark.parametrize(
    "words",
    [(*RATE, "--format", "json"), ("history", "--from", "us", "--to", "cn", "--format", "csv")],
)
def test_a_dash_is_stdout_and_no_file_of_that_name(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert fresh(*words, "--out", "-") == fresh(*words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no /dev/stdout here")
def test_a_device_may_be_written_to() -> None:
    assert fresh(*RATE, "--format", "plain", "--out", "/dev/stdout") == (0, "125\n", "")


def test_a_file_has_no_colour_even_where_the_terminal_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in ask(*RATE).out
    assert ask(*RATE, "--out", str(tmp_path / "x")).code == 0
    assert "\x1b" not in (tmp_path / "x").read_text(encoding="utf-8")


def test_cells_that_a_spreadsheet_would_run_are_disarmed() -> None:
    for kind in KINDS:
        for row in rows_of(answered(ask("export", kind))):
            assert not any((value or "").startswith(("=", "+", "@")) for value in row.values())


def test_strict_exits_4_when_a_row_is_not_one_number_and_still_writes_the_rows() -> None:
    words = ("export", "rates", "--pair", "us:cn", "--since", "2026-11-09", "--until", "2026-11-11")
    told = ask(*words, "--strict")
    assert (told.code, told.out) == (4, answered(ask(*words)))
    assert "not one number" in one_line(told)


def test_known_on_hides_later_acts_and_later_words_from_files() -> None:
    known = ("--known-on", "2025-04-24")
    assert all(
        row["announced"] <= "2025-04-24"
        for row in rows_of(answered(ask("export", "events", *known)))
    )
    statements = rows_of(answered(ask("export", "statements", *known)))
    assert statements
    assert all(row["said_on"] <= "2025-04-24" and row["standing"] == "" for row in statements)


def test_a_day_has_the_rate_of_its_last_second_and_none_before_the_first_step() -> None:
    book = TinyBook([event("ten", 10), event("rise", 20, announced="2025-03-01")])
    steps = [
        Step(at(since), book.ask(since), (), ())
        for since in ("2025-02-27 00:00", "2025-03-01 00:00")
    ]
    late = steps[1]._replace(since=at("2025-03-01 23:59:59"))

    def rates(*some: Step) -> list[int | None]:
        return [day.min_pct for day in by_day(some, "2025-02-26", "2025-03-02", EASTERN)]

    assert rates(*steps) == rates(steps[0], late) == [None, 10, 10, 20, 20]
    assert rates(steps[0], steps[1]._replace(answer=None)) == [None, 10, 10, None, None]
    assert rates() == [None] * 5
