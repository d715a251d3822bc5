"""`tariff products QUERY`: what the search finds, in which order, with which lists and duty, and
how fast.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.run_program import ask, fresh, one_line, refused
from support.tiny_record import and_also, rows, write_record
from tariffcli.book import load
from tariffcli.cli.products import main_partner, shortened

COLUMNS = [
    "importer_iso2",
    "importer_iso3",
    "importer_census",
    "product",
    "edition",
    "name",
    "name_zh",
    "aliases",
    "codes",
    "note",
]
NEW = ["kind", "match", "lists", "origin_iso2", "today_pct"]


def found(*words: str) -> list[dict[str, str]]:
    told = ask("products", *words, "--format", "json")
    assert (told.code, told.err) == (0, "")
    return json.loads(told.out)["products"]


@pytest.mark.parametrize(
    ("query", "first", "match"),
    [
        ("smartphone", "smartphones", "exact"),
        ("smartfone", "smartphones", "fuzzy"),
        ("手机", "smartphones", "exact"),
        ("8517", "smartphones", "prefix"),
        ("8517.13", "smartphones", "exact"),
        ("8517 12", "smartphones", "exact"),
        ("lithium ion battery", "lithium-ion-batteries", "exact"),
        ("lithum batery", "lithium-ion-batteries", "fuzzy"),
        ("大豆", "soybeans", "exact"),
        ("黄豆", "soybeans", "exact"),
        ("soya bean", "soybeans", "exact"),
        ("soyb", "soybeans", "prefix"),
        ("锂离子电池组", "lithium-ion-batteries", "fuzzy"),
        ("８５１７１３", "smartphones", "exact"),
    ],
)
def test_the_category_comes_first(query: str, first: str, match: str) -> None:
    best = found(query)[0]
    assert (best["product"], best["match"]) == (first, match)


def test_lines_are_found_by_their_texts_in_both_tariffs() -> None:
    pads = found("brake pads")
    assert {"68138100"} <= {row["product"] for row in pads if row["importer_iso2"] == "us"}
    assert {"68132010", "68138100"} <= {
        row["product"] for row in pads if row["importer_iso2"] == "cn"
    }
    assert all(row["kind"] == "code" for row in pads)
    assert "Brake linings and pads" in pads[0]["name"]


def test_every_word_must_stand_in_a_hit() -> None:
    for row in found("brake pads", "--to", "us"):
        assert "brake" in row["name"].lower()
        assert "pads" in row["name"].lower()
    assert found("brake zzzqqq") == []


def test_kinds_of_match_stand_in_order_and_categories_before_lines() -> None:
    order = {"exact": 0, "prefix": 1, "words": 2, "fuzzy": 3}
    for query in ("8517", "soy", "steel", "batteries", "smartfone"):
        many = found(query, "--limit", "200")
        keys = [(order[row["match"]], row["kind"] == "code") for row in many]
        assert len(many) > 1
        assert keys == sorted(keys), query


def test_a_word_that_only_one_tariff_has_leads_to_the_lines_of_the_other() -> None:
    assert [row["product"] for row in found("锂电池", "--to", "cn")] == ["85076000"]
    assert "85076000" in [row["product"] for row in found("lithium ion battery", "--to", "cn")]


@pytest.mark.parametrize(
    "query",
    ["zzzqqq", "of the", "x", "[/x]", "%", "_", "'; DROP TABLE term; --", "\x00", "没有这个"],
)
def test_what_is_nowhere_gives_nothing_and_says_so(query: str) -> None:
    assert found(query) == []
    told = ask("products", query)
    assert (told.code, told.out) == (0, "")
    assert told.err.startswith("0 rows.\nnote: nothing like ")
    assert ask("products", query, "--format", "plain") == (0, "", "")


def test_new_columns_stand_at_the_end_and_every_format_holds_the_same_hits() -> None:
    many = found("8517", "--to", "us")
    assert [list(row) for row in many] == [[*COLUMNS, *NEW]] * len(many)
    table = list(
        csv.DictReader(io.StringIO(ask("products", "8517", "--to", "us", "--format", "csv").out))
    )
    assert [row["product"] for row in table] == [row["product"] for row in many]
    assert list(table[0]) == [*COLUMNS, *NEW]
    assert ask("products", "8517", "--to", "us", "--format", "plain").out.split() == [
        row["product"] for row in many
    ]


def test_without_a_query_the_categories_are_listed_whole() -> None:
    every = found()
    assert len(every) > 200
    assert list(every[0]) == COLUMNS
    assert ask("products", " ", "--format", "json").out == ask("products", "--format", "json").out


def test_the_limit_cuts_and_must_be_a_number_above_zero() -> None:
    assert len(found("8517")) == 20
    assert found("8517", "--limit", "3") == found("8517")[:3]
    refused(ask("products", "8517", "--limit", "0"), 2, "--limit")


@pytest.mark.parametrize(("importer", "partner"), [("us", "cn"), ("cn", "us")])
def test_today_is_what_rate_says_of_the_main_partner(importer: str, partner: str) -> None:
    for row in found("smartphones", "--to", importer)[:2]:
        assert row["origin_iso2"] == partner
        if row["edition"] in ("", "2022"):
            flag = "--hs" if row["kind"] == "code" else "--product"
            told = ask(
                "rate",
                "--from",
                partner,
                "--to",
                importer,
                flag,
                row["product"],
                "--format",
                "plain",
            )
            assert told.out.strip() == row["today_pct"]


def test_codes_of_an_older_edition_have_no_duty_today() -> None:
    old = [row for row in found("smartphones") if row["edition"] == "2017"]
    assert old
    assert all(row["today_pct"] == "" for row in old)


def test_lists_are_named_in_plain_words() -> None:
    soybeans = next(row for row in found("soybeans", "--to", "us") if row["product"] == "soybeans")
    assert "List 3" in soybeans["lists"]


def test_the_table_says_whose_duty_it_shows() -> None:
    told = ask("products", "大豆", "--to", "cn", columns=100)
    assert told.code == 0
    assert told.out.splitlines()[0].split()[:5] == ["product", "importer", "today", "%", "codes"]
    assert "today %: China's additional duty on goods of the United States." in one_line(told)


def test_a_long_list_is_found_at_once_and_leaves_its_duty_to_rate() -> None:
    best = found("list 3", "--to", "us")[0]
    assert (best["product"], best["kind"], best["today_pct"]) == ("list-3", "list", "")


def test_a_line_that_is_no_longer_in_force_is_no_hit(tmp_path: Path) -> None:
    data = write_record(
        tmp_path, **{"schedules/us": lambda old: [{**row, "until": "2025-01-01"} for row in old]}
    )
    assert ask("products", "cold-rolled", "--data", str(data), "--format", "plain").out == ""
    data = write_record(tmp_path)
    assert (
        ask("products", "cold-rolled", "--data", str(data), "--format", "plain").out == "72091500\n"
    )


def test_a_record_without_descriptions_still_finds_its_categories(tmp_path: Path) -> None:
    data = write_record(tmp_path, **{"descriptions/us": None})
    assert set(
        ask("products", "telefones", "--data", str(data), "--format", "plain").out.split()
    ) == {"phones"}


def test_the_main_partner_is_the_origin_covered_by_name_or_the_other_importer(
    tmp_path: Path,
) -> None:
    record = load(write_record(tmp_path / "a"))
    assert (main_partner(record, "cn"), main_partner(record, "us")) == ("us", "cn")
    more = rows(
        "importer | origin | programme | covered_from | verified_through",
        "us | de+fr | * | 2019-01-01 | 2026-01-31",
    )
    assert main_partner(load(write_record(tmp_path / "b", coverage=and_also(*more))), "us") == "de"


def test_lists_announced_later_are_not_shown() -> None:
    then = next(
        row
        for row in found("soybeans", "--to", "us", "--known-on", "2018-01-15")
        if row["product"] == "soybeans"
    )
    assert then["lists"] == ""
    assert then["today_pct"] == "0"


def test_a_long_text_is_cut_at_a_word() -> None:
    assert shortened("Telephone sets, including smartphones", 24) == "Telephone sets, ..."
    assert shortened("Soybeans", 24) == "Soybeans"


def test_a_rate_reads_nothing_of_the_search(tmp_path: Path) -> None:
    assert (
        fresh("rate", "--from", "us", "--to", "cn", "--format", "plain").code == 0
    )  # the record is compiled now
    code = (
        "import sys; sys.argv = ['tariff', 'rate', '--date', '2025-04-24', '--from', 'us', '--to', 'cn', '--format', 'plain']\n"
        "from tariffcli.cli.start import main\n"
        "try: main()\n"
        "except SystemExit: print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert loaded.startswith("125\n")
    assert not {"tariffcli.book.search", "tariffcli.cli.products", "difflib"} & set(loaded.split())


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("203", "Type 0203 if so"),
        ("9903.88.03", "9903.88.03 is a heading under which an additional duty is declared"),
        ("kovbasa", "`tariff products` lists every product word"),
    ],
)
def test_a_search_without_hits_says_what_to_try(query: str, hint: str) -> None:
    told = ask("products", query)
    assert (told.code, told.out) == (0, "")
    assert hint in " ".join(told.err.split())


@pytest.mark.parametrize("columns", [40, 80, 160])
def test_the_lists_of_each_hit_stand_in_every_table(columns: int) -> None:
    told = ask("products", "t-shirt", "--to", "us", "--limit", "1", columns=columns)
    assert "Section 301 technology case, List 4A" in " ".join(told.out.split())
    assert told.out.count("List 4A") == 1
