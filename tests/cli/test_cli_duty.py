"""`tariff duty` from outside: formats, exit codes, refusals."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from support.run_program import Told, answered, ask, one_line, refused

HONEY = (
    "duty",
    "--value",
    "1000",
    "--date",
    "2025-04-24",
    "--from",
    "cn",
    "--to",
    "us",
    "--hs",
    "0409.00.00",
)
PRICED = (*HONEY, "--quantity", "500", "--unit", "kg")


def document(*words: str) -> dict[str, object]:
    told = ask(*words, "--format", "json")
    assert told.err == "", told
    return json.loads(told.out)


def test_plain_prints_the_total_and_nothing_else() -> None:
    assert answered(ask(*PRICED, "--format", "plain")) == "1709.50\n"
    assert answered(ask(*HONEY, "--format", "plain")) == "1700.00..\n"
    postal = (
        "duty",
        "--value",
        "300",
        "--date",
        "2025-05-20",
        "--from",
        "cn",
        "--to",
        "us",
        "--postal",
        "--quantity",
        "2",
        "--unit",
        "item",
    )
    assert answered(ask(*postal, "--format", "plain")) == "162.00..200.00\n"


def test_json_names_every_line_in_order() -> None:
    whole = document(*PRICED)
    assert (whole["status"], whole["total"], whole["duty_min"], whole["duty_max"]) == (
        "complete",
        1709.5,
        1709.5,
        1709.5,
    )
    assert (
        whole["currency"],
        whole["value"],
        whole["entered_value"],
        whole["quantity"],
        whole["unit"],
    ) == ("USD", 1000, 1000, 500, "kg")
    lines = whole["lines"]
    assert isinstance(lines, list)
    found = [(one["line"], one["kind"], one["id"], one["heading"], one["amount"]) for one in lines]
    assert found == [
        (1, "additional", "us-301-tech", "9903.88.03", 250),
        (2, "additional", "us-ieepa-fentanyl", "9903.01.24", 200),
        (3, "additional", "us-ieepa-reciprocal", "9903.01.63", 1250),
        (4, "ordinary", "ordinary", "0409.00.00", 9.5),
    ]
    assert lines[3]["text"] == "1.9¢/kg"
    assert all(one["sources"] for one in lines[:3])


def test_a_line_that_is_not_priced_says_why_and_is_null() -> None:
    whole = document(*HONEY)
    assert (whole["status"], whole["total"], whole["total_min"], whole["total_max"]) == (
        "needs_fact",
        None,
        1700,
        None,
    )
    assert whole["lines"][-1]["amount"] is None  # type: ignore[index]
    assert whole["lines"][-1]["reason"] == "charged per kg: give --quantity and --unit"  # type: ignore[index]


def test_csv_ends_with_the_total() -> None:
    rows = list(csv.DictReader(io.StringIO(answered(ask(*PRICED, "--format", "csv")))))
    assert [row["amount"] for row in rows] == ["250", "200", "1250", "9.5", "1709.5"]
    assert rows[-1]["kind"] == "total"


def test_the_table_shows_lines_and_total() -> None:
    out = answered(ask(*PRICED, columns=120))
    assert out.startswith(
        "The United States' duty on goods of China: code 0409.00.00, end of 2025-04-24"
    )
    assert "Duty: 1,709.50 USD" in out
    assert "1.9¢/kg" in out
    assert "at least 1,700.00" in answered(ask(*HONEY))


def test_fees_are_lines_of_their_own() -> None:
    words = (
        "duty",
        "--value",
        "10000",
        "--date",
        "2025-11-20",
        "--from",
        "cn",
        "--to",
        "us",
        "--hs",
        "39013060",
    )
    whole = document(*words, "--fees", "--mode", "vessel")
    fees = {one["id"]: one for one in whole["lines"] if one["kind"] == "fee"}  # type: ignore[union-attr]
    assert {name: one["amount"] for name, one in fees.items()} == {
        "us-hmf": 12.5,
        "us-mpf-2026": 34.64,
    }
    assert all(one["sources"] for one in fees.values())
    assert whole["total"] == pytest.approx(whole["duty"] + 47.14)  # type: ignore[operator]
    assert document(*words, "--fees")["status"] == "needs_fact"
    assert "Duty and fees" in answered(ask(*words, "--fees", "--mode", "vessel"))
    assert "Duty and fees" not in answered(ask(*words))


def test_even_dollars_are_told() -> None:
    whole = document(
        "duty",
        "--value",
        "999.50",
        "--date",
        "2025-11-20",
        "--from",
        "cn",
        "--to",
        "us",
        "--hs",
        "39013060",
    )
    assert (whole["value"], whole["entered_value"]) == (999.5, 1000)
    assert "entered_value" in [one["code"] for one in whole["notes"]]  # type: ignore[union-attr]


def test_china_is_billed_in_dollars_and_says_it_computes_in_yuan() -> None:
    words = (
        "duty",
        "--value",
        "1000",
        "--date",
        "2025-04-24",
        "--from",
        "us",
        "--to",
        "cn",
        "--mfn",
        "5",
    )
    assert answered(ask(*words, "--format", "plain")) == "1300.00\n"
    assert any("yuan" in one["text"] for one in document(*words)["notes"])  # type: ignore[union-attr]
    assert "no fees of this importer" in answered(ask(*words, "--fees"))


def test_exit_codes_are_those_of_rate() -> None:
    assert ask(*PRICED, "--strict").code == 0
    told = ask(*HONEY, "--strict", "--format", "plain")
    assert (told.code, told.out) == (4, "1700.00..\n")
    assert one_line(told).startswith("--strict: the total is not one number: charged per kg")
    outside = ("duty", "--value", "1000", "--date", "1999-01-01", "--from", "cn", "--to", "us")
    told = ask(*outside, "--format", "json")
    assert (told.code, json.loads(told.out)["status"], json.loads(told.out)["total"]) == (
        3,
        "outside_coverage",
        None,
    )
    assert one_line(told).startswith("outside coverage: ")
    assert ask(*outside, "--format", "plain").out == "outside_coverage\n"
    assert ask(*outside).code == 3


@pytest.mark.parametrize(
    ("words", "piece"),
    [
        ((), "--value"),
        (("--value", "-5"), "--value"),
        (("--value", "1e30"), "--value"),
        (("--value", "1e-30"), "--value"),
        (("--value", "nan"), "--value"),
        (("--value", "100", "--quantity", "5"), "--unit"),
        (("--value", "100", "--unit", "kg"), "--quantity"),
        (("--value", "100", "--quantity", "x", "--unit", "kg"), "--quantity"),
        (("--value", "100", "--quantity", "5", "--unit", "%"), "not a unit"),
        (("--value", "100", "--mode", "camel"), "--mode"),
        (("--value", "100", "--date", "2025-04-24", "--at", "2025-04-24T12:00"), "not both"),
    ],
)
def test_what_cannot_be_billed_is_refused(words: tuple[str, ...], piece: str) -> None:
    refused(ask("duty", "--from", "cn", "--to", "us", *words), 2, piece)


def test_a_file_is_written_and_kept(tmp_path: Path) -> None:
    out = tmp_path / "bill.csv"
    assert ask(*PRICED, "--format", "csv", "--out", str(out)) == Told(0, "", "")
    assert "9.5" in out.read_text(encoding="utf-8")
    refused(ask(*PRICED, "--format", "csv", "--out", str(out)), 2, "--force")


def test_a_heading_whose_lines_owe_different_ordinary_duties_is_not_priced_by_one_of_them() -> None:
    words = (
        "duty",
        "--value",
        "1000",
        "--date",
        "2025-06-05",
        "--from",
        "cn",
        "--to",
        "us",
        "--quantity",
        "100",
        "--unit",
        "kg",
    )
    assert (
        answered(ask(*words, "--hs", "0402", "--format", "plain")) == "375.00..\n"
    )  # dry milk: 3.3 cents to 1.09 dollars a kilogram
    assert answered(ask(*words, "--hs", "0402.10.05", "--format", "plain")) == "378.30\n"


VERMOUTH = (
    "duty",
    "--value",
    "1000",
    "--date",
    "2025-06-05",
    "--from",
    "cn",
    "--to",
    "us",
    "--hs",
    "2204.30.00",
)


def test_a_duty_in_two_units_is_priced_with_a_quantity_of_each() -> None:
    """Grape must owes 4.4 cents a liter and 31.4 cents a proof liter: 4.40 and 6.28
    dollars here.
    """
    liters, proof = (
        ("--quantity", "100", "--unit", "liter"),
        ("--quantity", "20", "--unit", "pf. liter"),
    )
    both = document(*VERMOUTH, *liters, *proof)
    assert (both["status"], both["lines"][-1]["amount"], both["total"]) == (
        "complete",
        10.68,
        385.68,
    )  # type: ignore[index]
    assert document(*VERMOUTH, *proof, *liters)["total"] == 385.68
    assert both["quantities"] == [
        {"quantity": 100, "unit": "liter"},
        {"quantity": 20, "unit": "pf. liter"},
    ]
    one = document(*VERMOUTH, *liters)
    assert (one["status"], one["total"], one["lines"][-1]["amount"]) == ("needs_fact", None, None)  # type: ignore[index]
    assert "pf. liter" in str(one["lines"][-1]["reason"])  # type: ignore[index]
    refused(ask(*VERMOUTH, *liters, "--quantity", "3"), 2, "each --quantity with its --unit")
    refused(
        ask(*VERMOUTH, *liters, "--quantity", "3", "--unit", "m3"),
        2,
        "measures what an earlier --unit measures",
    )


def test_the_heading_of_an_exemption_is_declared_too_and_owes_nothing() -> None:
    """CSMS 64724565: exempt electronics are declared under 9903.01.32 beside the other headings."""
    phone = document(
        "duty",
        "--value",
        "1000",
        "--date",
        "2025-06-05",
        "--from",
        "cn",
        "--to",
        "us",
        "--hs",
        "8517.13.00",
    )
    lines = [(one["kind"], one["heading"], one["amount"]) for one in phone["lines"]]  # type: ignore[attr-defined]
    assert lines == [
        ("additional", "9903.01.24", 200),
        ("exempt", "9903.01.32", 0),
        ("ordinary", "8517.13.00", 0),
    ]
    assert phone["total"] == 200


def test_an_amount_that_waits_for_a_fact_names_the_flag() -> None:
    fridge = (
        "duty",
        "--value",
        "1000",
        "--date",
        "2025-08-20",
        "--from",
        "cn",
        "--to",
        "us",
        "--hs",
        "8418.10.00",
    )
    said = " ".join(answered(ask(*fridge)).split())
    assert "It depends on --metal-share steel=...: What share of the customs value is steel" in said
    assert (
        answered(
            ask(
                *fridge,
                "--metal-share",
                "steel=0.4",
                "--metal-share",
                "aluminium=0.1",
                "--format",
                "plain",
            )
        )
        == "750.00\n"
    )
