"""Whatever is typed wrongly is refused in one line, with exit code 2, and without a number."""

from __future__ import annotations

import pytest

from support.run_program import ask, one_line, refused

PAIR = ("--from", "cn", "--to", "us")
BACK = ("--from", "us", "--to", "cn")


@pytest.mark.parametrize(
    "word",
    [
        "zz",
        "",
        " ",
        "Atlantis",
        "[/x]",
        "\x1b[31m",
        "a" * 100_000,
        "us cn",
        "'; DROP TABLE word; --",
    ],
)
def test_an_unknown_country_is_refused(word: str) -> None:
    refused(ask("rate", "--from", word, "--to", "us"), 2, "No country")
    refused(ask("history", "--from", "us", "--to", word), 2, "No country")


def test_a_misspelt_country_is_answered_with_the_nearest() -> None:
    refused(ask("rate", "--from", "Untied States", "--to", "cn"), 2, "did you mean us?")


def test_a_country_charges_nothing_on_its_own_goods() -> None:
    refused(ask("rate", "--from", "us", "--to", "USA"), 2, "both us")
    refused(ask("export", "rates", "--pair", "us:us"), 2, "both us")


@pytest.mark.parametrize(
    "day",
    [
        "2025-04",
        "Apr 24",
        "2025",
        "",
        "   ",
        "24",
        "tomorrow",
        "2025-4-",
        "\x1b[31m",
        "1" * 100_000,
        "２０２５-０４-２４",
    ],
)
def test_a_day_that_is_not_whole_is_refused_and_never_completed(day: str) -> None:
    for flag in ("--date", "--known-on", "--loaded"):
        refused(ask("rate", *PAIR, flag, day), 2, "not a whole date")


@pytest.mark.parametrize("day", ["2025-02-30", "2025-13-01", "0000-01-01", "31 Apr 2025"])
def test_a_day_that_is_in_no_calendar_is_refused(day: str) -> None:
    refused(ask("rate", *PAIR, "--date", day), 2, "not a calendar date")


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
def test_a_day_far_outside_the_calendar_is_refused(day: str) -> None:
    refused(ask("rate", *PAIR, "--date", day), 2, "outside the calendar")
    refused(ask("rate", *PAIR, "--at", f"{day}T00:00-14:00"), 2, "outside the calendar")


def test_a_day_in_slashes_is_refused_with_both_readings() -> None:
    refused(
        ask("rate", *BACK, "--date", "04/05/2025"),
        2,
        "2025-04-05 or 2025-05-04",
        "--dates us or --dates eu",
    )
    refused(
        ask("rate", *BACK, "--date", "04/05/2025", "--dates", "fr"), 2, "--dates takes us or eu"
    )


def test_dates_says_how_slashes_are_read() -> None:
    us = ask("rate", *BACK, "--date", "04/05/2025", "--dates", "us", "--format", "plain")
    eu = ask("rate", *BACK, "--date", "04/05/2025", "--dates", "eu", "--format", "plain")
    assert (us, eu) == ((0, "0\n", ""), (0, "125\n", ""))


@pytest.mark.parametrize(
    "at",
    [
        "",
        "2025-04-10",
        "noon",
        "2025-04-10T25:00",
        "2025-04-10T12:61",
        "2025-04-10T12:01+99:00",
        "2025-\x1b[31m:\n",
    ],
)
def test_an_instant_that_is_none_is_refused(at: str) -> None:
    refused(ask("rate", *PAIR, "--at", at), 2, "is not a")


def test_an_hour_that_a_clock_change_skips_or_repeats_is_refused() -> None:
    refused(
        ask("rate", *PAIR, "--at", "2025-03-09T02:30"), 2, "skipped by a clock change", "offset"
    )
    refused(
        ask("rate", *PAIR, "--at", "2025-11-02T01:30"), 2, "repeated by a clock change", "offset"
    )


def test_such_an_hour_is_answered_with_its_offset() -> None:
    for offset in ("-05:00", "-04:00"):
        assert ask("rate", *PAIR, "--at", f"2025-11-02T01:30{offset}", "--format", "plain") == (
            0,
            "30\n",
            "",
        )


def test_a_day_and_an_instant_together_are_refused() -> None:
    refused(
        ask("rate", *PAIR, "--date", "2025-04-24", "--at", "2025-04-24T12:00"),
        2,
        "--date",
        "--at",
        "not both",
    )


def test_a_product_and_a_code_together_are_refused() -> None:
    refused(
        ask("rate", *PAIR, "--product", "smartphones", "--hs", "8517"),
        2,
        "--product or --hs, not both",
    )


@pytest.mark.parametrize(
    "word",
    [
        "[/x]",
        "[red]x[/red]",
        "unobtainium",
        "a\x1b[31mb\x07\n\r",
        "\u202egnp",
        "a" * 100_000,
        "%s{0}",
        "../../etc/passwd",
    ],
)
def test_an_unknown_product_is_refused(word: str) -> None:
    refused(ask("rate", *PAIR, "--product", word), 2, "No product")
    refused(ask("rate", *PAIR, "--product", word, "--no-color"), 2, "No product")
    refused(
        ask(
            "export",
            "rates",
            "--pair",
            "cn:us",
            "--product",
            word,
            "--since",
            "2025-01-01",
            "--until",
            "2025-01-02",
        ),
        2,
        "No product",
    )


@pytest.mark.parametrize("word", ["", "  "])
def test_an_empty_product_is_not_read_as_all_goods(word: str) -> None:
    refused(ask("rate", *PAIR, "--product", word), 2, "--product is empty")
    refused(ask("rate", *PAIR, "--hs", word), 2, "--hs is empty")


@pytest.mark.parametrize("pair", [PAIR, BACK])
@pytest.mark.parametrize("code", ["1012100", "101210010", "1.01.21.00.10"])
def test_a_code_whose_leading_zero_was_eaten_is_refused(pair: tuple[str, ...], code: str) -> None:
    refused(
        ask("rate", *pair, "--hs", code),
        2,
        "leading zero",
        "0101210" if len(code) > 7 else "01012100",
    )


@pytest.mark.parametrize("pair", [PAIR, BACK])
@pytest.mark.parametrize("code", ["8", "8517.13.00.00.00", "1" * 100_000])
def test_a_code_too_short_or_too_long_is_refused(pair: tuple[str, ...], code: str) -> None:
    refused(ask("rate", *pair, "--hs", code), 2, "2 to 10")


@pytest.mark.parametrize("code", ["phone", "85I7", "８５１７", "-1"])
def test_what_is_no_code_is_refused(code: str) -> None:
    refused(ask("rate", *PAIR, f"--hs={code}"), 2, "digit")


def test_a_dead_code_is_refused_with_its_nearest_relatives() -> None:
    refused(
        ask("rate", *PAIR, "--hs", "8507.40", "--date", "2025-06-01"),
        2,
        "no line of the tariff in force",
        "8507.10.00",
    )
    assert (
        ask("rate", *PAIR, "--hs", "8507.40", "--date", "2020-06-01", "--format", "plain").err == ""
    )


def test_a_code_of_no_edition_is_refused() -> None:
    refused(ask("rate", *PAIR, "--hs", "9999.99.99"), 2, "in any edition")


@pytest.mark.parametrize(
    "share", ["1.5", "abc", "", "-0.1", "nan", "inf", "steel=abc", "steel=", "steel=2", "0,4"]
)
def test_a_metal_share_that_is_no_share_is_refused(share: str) -> None:
    refused(ask("rate", *PAIR, f"--metal-share={share}"), 2, "from 0 to 1")


def test_metal_shares_of_an_unknown_metal_or_above_the_whole_are_refused() -> None:
    refused(ask("rate", *PAIR, "--metal-share", "gold=0.4"), 2, "aluminium, copper, steel")
    both = ("--metal-share", "steel=0.7", "--metal-share", "aluminium=0.6")
    refused(
        ask("rate", *PAIR, *both, "--hs", "7616.99.51", "--date", "2025-08-01"),
        2,
        "more than the whole",
    )


@pytest.mark.parametrize("claim", ["unknown", "", "=", "donation=maybe", "\x1b[31m", "a" * 100_000])
def test_an_unknown_claim_is_refused(claim: str) -> None:
    refused(ask("rate", *PAIR, "--claim", claim), 2, "claim")


@pytest.mark.parametrize("flag", ["--mfn", "--value"])
@pytest.mark.parametrize("amount", ["abc", "", "-1", "nan", "inf", "7,5"])
def test_an_amount_that_is_no_number_is_refused(flag: str, amount: str) -> None:
    refused(ask("rate", *PAIR, f"{flag}={amount}"), 2, flag, "a number of 0 or more")


def test_an_endless_ordinary_duty_is_refused() -> None:
    refused(ask("rate", *PAIR, "--mfn", "1e999999"), 2, "at most 10000")


def test_an_unknown_way_of_transport_is_refused() -> None:
    refused(ask("rate", *PAIR, "--mode", "teleport"), 2, "vessel, air, rail, road")


@pytest.mark.parametrize(
    "words",
    [
        ("rate", *PAIR, "--bogus"),
        ("rate", *PAIR, "--date"),
        ("rate", *PAIR, "--format", "xml"),
        ("rate", *PAIR, "--format", ""),
        ("rate", *PAIR, "stray"),
        ("rate", "--from", "us"),
        ("rate",),
        ("history", *PAIR, "--date", "2025-01-01"),
        ("history",),
        ("export", "nonsense"),
        ("export", "rates", "--every", "week"),
        ("export", "events", "--format", "xml"),
        ("events", "--nope"),
        ("bogus",),
        ("--bogus",),
    ],
)
def test_a_wrong_command_line_is_refused_in_one_line_that_names_the_help(
    words: tuple[str, ...],
) -> None:
    refused(ask(*words), 2, "--help")


@pytest.mark.parametrize("words", [(), ("export",)])
def test_without_a_command_the_help_is_shown(words: tuple[str, ...]) -> None:
    told = ask(*words)
    assert told.code == 2
    assert told.out.count("Usage:") == 1
    assert "Name a command" in one_line(told)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("history", *PAIR, "--since", "2025-06-01", "--until", "2025-05-01"), "is before"),
        (("history", *PAIR, "--since", "2025"), "not a whole date"),
        (("history", *PAIR, "--clock", "mars"), "--clock takes"),
        (("history", *PAIR, "--clock", ""), "--clock takes"),
        (("history", *PAIR, "--clock", "../../etc/passwd"), "IANA time zone"),
        (("export", "rates", "--pair", "uscn"), "ORIGIN:IMPORTER"),
        (("export", "rates", "--pair", "us:zz"), "No country"),
        (("export", "rates", "--since", "2025-05-01", "--until", "2025-04-01"), "is before"),
        (("export", "events", "--format", "plain"), "csv or json"),
        (("export", "events", "--to", ""), "No country"),
        (("events", "--to", "zz"), "No country"),
        (("events", "--from", ""), "No country"),
        (("events", "--programme", "zz"), "No programme"),
        (("events", "--status", "zz"), "law, reported or threatened"),
        (("events", "--since", ""), "not a whole date"),
        (("events", "--known-on", "soon"), "not a whole date"),
        (("products", "--to", ""), "No country"),
        (("statements", "--about", "zz"), "--about: 'zz' is not in the record"),
        (("statements", "--side", "zz"), "cn, other, us"),
        (("statements", "--standing", "zz"), "confirmed"),
        (("statements", "--until", "2025"), "not a whole date"),
    ],
)
def test_wrong_filters_are_refused_and_not_answered_with_nothing(
    words: tuple[str, ...], said: str
) -> None:
    refused(ask(*words), 2, said)


def test_a_long_word_is_not_thrown_back_at_its_length() -> None:
    told = ask("rate", *PAIR, "--product", "x" * 100_000)
    assert len(told.err) < 200
