"""`events`, `products`, `statements`, `sources`, `coverage`, `glossary` and `check`: looks into the
record; and every help.
"""

from __future__ import annotations

import csv
import io
import json
from itertools import pairwise
from pathlib import Path

import pytest

from support.run_program import ask, one_line, refused
from support.tiny_record import write_record

LOOKS = ("events", "products", "statements", "sources", "coverage", "glossary")
COMMANDS = (
    *((name,) for name in ("rate", "history", "compare", "duty", *LOOKS, "check", "export")),
    *(
        ("export", name)
        for name in ("history", "rates", "events", "sources", "statements", "coverage", "products")
    ),
)


def rows(*words: str) -> list[dict[str, str]]:
    told = ask(*words, "--format", "json")
    assert (told.code, told.err) == (0, "")
    return json.loads(told.out)[words[0]]


@pytest.mark.parametrize("name", LOOKS)
def test_each_look_prints_every_format(name: str) -> None:
    many = rows(name)
    assert many
    told = ask(name, "--format", "csv")
    assert (told.code, told.err) == (0, "")
    assert len(list(csv.DictReader(io.StringIO(told.out)))) == len(many)
    told = ask(name, "--format", "plain")
    assert (told.code, len(told.out.splitlines())) == (0, len(many))
    told = ask(name)
    assert told.code == 0
    assert one_line(told) == f"{len(many)} rows.\n"


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("word", ["zzzqqq", "[/x]", "\x1b[31m", "z" * 100_000])
def test_a_word_that_stands_nowhere_gives_no_rows_and_no_failure(name: str, word: str) -> None:
    assert rows(name, word) == []
    told = ask(name, word)
    assert (told.code, told.out, told.err.splitlines()[0]) == (0, "", "0 rows.")
    assert told.err == "0 rows.\n" or name == "products"  # a search says what to try


def test_events_are_filtered_by_importer_origin_programme_status_and_days() -> None:
    spring = ("--since", "2025-04-01", "--until", "2025-05-31")
    acts = rows(
        "events", "--to", "cn", "--programme", "cn-2025-all-goods", "--status", "law", *spring
    )
    assert {act["rate"] for act in acts} >= {"34", "84", "125", "10"}
    assert all(
        act["importer_iso2"] == "cn" and "2025-04-01" <= act["effective"][:10] <= "2025-05-31"
        for act in acts
    )
    assert rows("events", "--to", "cn", "--status", "reported", *spring)
    assert len(rows("events", "--to", "us", "--from", "fr")) < len(rows("events", "--to", "us"))


def test_events_known_on_a_day_hide_what_was_announced_later() -> None:
    assert all(
        act["announced"] <= "2025-04-08"
        for act in rows("events", "--to", "cn", "--known-on", "2025-04-08")
    )


def test_on_80_columns_each_event_shows_when_how_much_and_by_which_act() -> None:
    told = ask("events", "--to", "cn", "--since", "2025-04-12", "--until", "2025-04-12")
    assert told.out.splitlines()[1].split()[:3] == ["2025-04-12", "00:00", "125"]
    assert "SCTC announcement 6 of 2025" in " ".join(told.out.split())


def test_products_are_found_in_english_and_chinese() -> None:
    assert {row["product"] for row in rows("products", "手机")} >= {"smartphones"}
    assert {row["product"] for row in rows("products", "smartphone", "--to", "us")} >= {
        "smartphones"
    }
    assert {row["product"] for row in rows("products", "smartfones")} >= {"smartphones"}


def test_statements_about_one_matter_stand_together() -> None:
    many = rows("statements")
    assert {"said_on", "speaker", "claim", "standing", "about", "side", "answers"} <= set(many[0])
    abouts = [row["about"] for row in many]
    assert sum(one != other for one, other in pairwise(abouts)) == len(set(abouts)) - 1
    assert {row["side"] for row in rows("statements", "--side", "cn")} == {"cn"}


def test_sources_are_official_or_not() -> None:
    assert len(rows("sources", "--official")) + len(rows("sources", "--secondary")) == len(
        rows("sources")
    )


def test_coverage_says_since_when_and_until_when() -> None:
    told = ask("coverage")
    assert {"importer", "origin", "programme", "from", "until"} <= set(
        told.out.splitlines()[0].split()
    )


def test_the_record_passes_its_own_check(tmp_path: Path) -> None:
    told = ask("check")
    assert (told.code, told.out) == (0, "")
    assert one_line(told).startswith("0 findings (")
    small = write_record(tmp_path)
    assert json.loads(ask("check", "--data", str(small), "--format", "json").out)["findings"] == []


def test_a_broken_record_gives_findings_and_never_a_number(tmp_path: Path) -> None:
    bad = write_record(tmp_path / "bad")
    assert ask("check", "--data", str(bad)).code == 0
    whole = (bad / "events" / "us.csv").read_bytes()
    (bad / "events" / "us.csv").write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 20])
    told = ask("check", "--data", str(bad))
    assert told.code == 1
    assert "events/us.csv:" in told.out
    assert "Traceback" not in told.err
    for words in (("rate", "--date", "2025-06-15"), ("history",)):
        refused(
            ask(*words, "--from", "us", "--to", "cn", "--data", str(bad)),
            1,
            "finding",
            "tariff check",
        )


def test_no_record_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "nowhere", tmp_path, tmp_path / "file"):
        for words in (
            ("rate", "--from", "us", "--to", "cn"),
            ("history", "--from", "us", "--to", "cn"),
            ("events",),
            ("check",),
        ):
            refused(ask(*words, "--data", str(place)), 1, "--data DIR")


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_has_help_with_its_options(words: tuple[str, ...]) -> None:
    told = ask(*words, "--help")
    assert (told.code, told.err) == (0, "")
    assert f"Usage: tariff {' '.join(words)}" in told.out
    if words != ("export",):
        assert {
            "--format",
            "--known-on",
            "--out",
            "--force",
            "--strict",
            "--no-color",
            "--data",
        } <= set(told.out.split())


def test_the_programs_help_names_every_command_and_the_version_is_printed() -> None:
    told = ask("--help")
    assert told.code == 0
    assert all(f" {words[0]} " in told.out for words in COMMANDS)
    assert ask("--version").out.startswith("tariff ")
