"""`tariff average`: means over a user's own weights. Expected rates are those of the acts and their
published counts of lines.
"""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from support.run_program import answered, ask, one_line, refused
from tariffcli.errors import UsageError
from tariffcli.law.engine import rate
from tariffcli.law.instants import end_of_day
from tariffcli.law.model import Query
from tariffcli.law.products import cut_to_law, find_product

pytest.importorskip("pyarrow")

PAIR = ("--from", "cn", "--to", "us")
BACK = ("--from", "us", "--to", "cn")
JUNE = ("--date", "2025-06-05")
SHIRT, TOY, PHONE, BATTERY = "6109.10.00", "9503.00.00", "8517.13.00", "8507.60"
"""In June 2025: 20 + 10 + 7.5 (list 4A), 20 + 10, 20 (exempt from the 10), and six digits over
lines of 37.5 and 55.
"""


def weights(
    folder: Path, *rows: tuple[str, object], head: str = "code,value", name: str = "w.csv"
) -> str:
    path = folder / name
    path.write_text(
        "\n".join([head, *(f"{code},{value}" for code, value in rows)]) + "\n", encoding="utf-8"
    )
    return str(path)


def average(file: str, *words: str) -> tuple:
    return ("average", "--weights", file, *words)


def plain(file: str, *words: str) -> list[str]:
    told = ask(*average(file, *words, "--format", "plain"))
    assert told.code == 0, told
    return told.out.splitlines()


def whole(file: str, *words: str) -> dict:
    told = ask(*average(file, *words, "--format", "json"))
    assert told.code in (0, 3, 4), told
    return json.loads(told.out)


def only(file: str, *words: str) -> dict:
    (row,) = whole(file, *words)["averages"]
    return row


# what a mean is


def test_the_weighted_mean_weighs_by_value_and_the_simple_mean_counts_each_code_once(tmp_path):
    row = only(weights(tmp_path, (SHIRT, 100), (TOY, 300)), *PAIR, *JUNE)
    assert (row["weighted_pct"], row["simple_pct"]) == (31.875, 33.75)
    assert (
        row["status"],
        row["codes"],
        row["codes_covered"],
        row["value"],
        row["covered_share"],
    ) == ("complete", 2, 2, 400, 1)


def test_lines_of_equal_codes_add_up_however_the_code_is_written(tmp_path):
    row = only(
        weights(tmp_path, (SHIRT, 60), ("61091000", 30), ("6109 10 00", 10), (TOY, 300)),
        *PAIR,
        *JUNE,
    )
    assert (row["weighted_pct"], row["simple_pct"], row["codes"]) == (31.875, 33.75, 2)


def test_a_code_shorter_than_a_line_counts_with_its_least_and_its_greatest(tmp_path):
    row = only(weights(tmp_path, (BATTERY, 100), (TOY, 100)), *PAIR, *JUNE)
    assert row["weighted_pct"] is row["simple_pct"] is None
    assert (row["weighted_min_pct"], row["weighted_max_pct"]) == (33.75, 42.5)
    assert (row["simple_min_pct"], row["simple_max_pct"]) == (33.75, 42.5)
    assert (row["status"], row["codes_range"], row["range_share"], row["covered_share"]) == (
        "range",
        1,
        0.5,
        1,
    )
    assert plain(weights(tmp_path, (BATTERY, 100), (TOY, 100)), *PAIR, *JUNE) == ["33.75..42.5"]


def test_a_code_that_is_no_line_is_left_out_counted_and_named(tmp_path):
    found = whole(weights(tmp_path, (TOY, 300), ("8517.99.99", 100), ("Total", 400)), *PAIR, *JUNE)
    (row,) = found["averages"]
    assert (
        row["weighted_pct"],
        row["codes_no_line"],
        row["codes_covered"],
        row["covered_share"],
    ) == (30, 2, 1, 0.375)
    (left,) = found["left_out"]
    assert (left["why"], left["codes"], left["value"], left["share"]) == ("no_line", 2, 500, 0.625)
    assert [one["code"] for one in left["examples"]] == ["Total", "85179999"]
    assert all(one["reason"] for one in left["examples"])


def test_a_share_is_never_rounded_up_to_the_whole(tmp_path):
    row = only(weights(tmp_path, (TOY, 10_000_000), ("8517.99.99", 1)), *PAIR, *JUNE)
    assert row["covered_share"] == 0.9999


def test_a_code_without_value_counts_in_the_simple_mean_only(tmp_path):
    row = only(weights(tmp_path, (SHIRT, 0), (TOY, 300)), *PAIR, *JUNE)
    assert (row["weighted_pct"], row["simple_pct"]) == (30, 33.75)


def test_the_ordinary_duty_is_out_unless_asked_in_and_said_either_way(tmp_path):
    file = weights(tmp_path, (SHIRT, 100), (TOY, 300))
    out, within = whole(file, *PAIR, *JUNE, "--mfn-out"), whole(file, *PAIR, *JUNE, "--mfn-in")
    assert (out["measure"], within["measure"]) == ("additional", "total")
    assert out["averages"][0]["weighted_pct"] == 31.875
    assert within["averages"][0]["weighted_pct"] == 36  # knitted cotton shirts 16.5, toys free
    assert "not in these means" in answered(ask(*average(file, *PAIR, *JUNE)))
    assert "additional and ordinary duty" in " ".join(
        answered(ask(*average(file, *PAIR, *JUNE, "--mfn-in"))).split()
    )


def test_a_line_whose_ordinary_duty_is_no_per_cent_is_left_out_of_totals_only(tmp_path):
    file = weights(
        tmp_path, (TOY, 300), ("0201.10.05", 100)
    )  # fresh beef within quota: 4.4 cents a kilogram
    assert only(file, *PAIR, *JUNE)["covered_share"] == 1
    found = whole(file, *PAIR, *JUNE, "--mfn-in")
    assert (found["averages"][0]["weighted_pct"], found["averages"][0]["codes_not_known"]) == (
        30,
        1,
    )
    assert found["averages"][0]["covered_share"] == 0.75


def test_mfn_gives_the_ordinary_duty_where_the_record_has_none(tmp_path):
    file = weights(tmp_path, ("12019010", 1))
    assert only(file, *BACK, *JUNE, "--mfn-in")["status"] == "range"
    assert only(file, *BACK, *JUNE, "--mfn-in")["weighted_min_pct"] is None
    total = only(file, *BACK, *JUNE, "--mfn-in", "--mfn", "3")["weighted_min_pct"]
    assert total == only(file, *BACK, *JUNE)["weighted_min_pct"] + 3


def test_facts_of_the_entry_reach_every_code(tmp_path):
    file = weights(tmp_path, (TOY, 300))
    assert plain(file, *PAIR, "--date", "2025-04-20") == ["145"]
    assert plain(
        file, *PAIR, "--date", "2025-04-20", "--loaded", "2025-04-04", "--mode", "vessel"
    ) == ["20"]


def test_known_on_answers_by_what_was_announced(tmp_path):
    file = weights(tmp_path, (PHONE, 1))
    noon = ("--date", "2025-04-10")
    assert plain(file, *PAIR, *noon, "--known-on", "2025-04-10") == ["145"]
    assert plain(file, *PAIR, *noon) == ["20"]


# days and months


def test_a_row_a_day_and_a_month_as_the_mean_over_its_days(tmp_path):
    file = weights(tmp_path, (TOY, 300))
    april = ("--since", "2025-04-01", "--until", "2025-04-30")
    days = [float(one) for one in plain(file, *PAIR, *april)]
    assert len(days) == 30
    assert (days[0], days[8], days[9], days[-1]) == (20, 104, 145, 145)
    assert plain(file, *PAIR, *april, "--every", "month") == ["111.6333"]
    (row,) = whole(file, *PAIR, *april, "--every", "month")["averages"]
    assert (row["month"], row["days"]) == ("2025-04", 30)


def test_a_month_is_the_month_of_export_rates(tmp_path):
    words = ("--since", "2025-04-01", "--until", "2025-05-31", "--every", "month")
    panel = ask("export", "rates", "--pair", "cn:us", "-p", "9503.00.00", *words).out
    months = [row["additional_pct"] for row in csv.DictReader(io.StringIO(panel))]
    assert plain(weights(tmp_path, (TOY, 5)), *PAIR, *words) == months


def test_a_month_in_which_a_line_is_born_says_its_worst_day(tmp_path):
    file = weights(
        tmp_path, (TOY, 1), ("8517.13.00", 1)
    )  # smartphones have had their own line in the tariff since 2022-01-27
    rows = whole(file, *PAIR, "--since", "2022-01-26", "--until", "2022-01-28")["averages"]
    assert [one["weighted_pct"] is not None for one in rows] == [True] * 3 or rows[0][
        "codes_range"
    ] == 1
    month = only(file, *PAIR, "--since", "2022-01-26", "--until", "2022-01-28", "--every", "month")
    assert month["codes_range"] == max(one["codes_range"] for one in rows)
    assert month["covered_share"] == min(one["covered_share"] for one in rows)


# groups of products


def test_hs_takes_the_codes_that_begin_so(tmp_path):
    file = weights(tmp_path, (SHIRT, 100), (PHONE, 50), ("8471.30.01", 150))
    row = only(file, *PAIR, *JUNE, "--hs", "85")
    assert (row["codes"], row["value"], row["weighted_pct"]) == (1, 50, 20)
    assert only(file, *PAIR, *JUNE, "--hs", "6109.10")["weighted_pct"] == 37.5
    assert only(file, *PAIR, *JUNE, "--product", "6109")["weighted_pct"] == 37.5


def test_product_takes_its_codes_in_whatever_edition_they_are_written(tmp_path):
    file = weights(tmp_path, (SHIRT, 100), ("8517.13.00.00", 50), ("8517.12.00", 7), ("851713", 3))
    assert only(file, *PAIR, *JUNE, "--product", "smartphones")["codes"] == 3


def test_a_code_of_which_only_a_part_is_in_the_product_is_left_out_and_told(tmp_path):
    found = whole(
        weights(tmp_path, (PHONE, 60), ("8517", 40)), *PAIR, *JUNE, "--product", "smartphones"
    )
    (row,) = found["averages"]
    assert (row["weighted_pct"], row["codes_partly_in_group"], row["covered_share"]) == (20, 1, 0.6)
    assert found["left_out"][0]["why"] == "partly_in_group"


def test_a_list_of_an_act_is_a_product(tmp_path, record):
    lines = record.scope_lines("us-301-list-4b", "2022")
    inside = [line.prefix for line in lines if line.inside]
    cut = {line.prefix[:8] for line in lines if not line.inside} & set(inside)
    row = only(
        weights(tmp_path, *((code, 1) for code in inside), (SHIRT, 1)),
        *PAIR,
        "--date",
        "2024-12-31",
        "--product",
        "list-4b",
    )
    assert row["codes"] == len(inside) > 500
    assert row["codes_partly_in_group"] == len(cut) > 0, "lines of which the list takes a part out"


def test_a_product_that_no_code_belongs_to_is_refused(tmp_path):
    file = weights(tmp_path, (SHIRT, 100))
    refused(
        ask(*average(file, *PAIR, *JUNE, "--product", "smartphones")),
        2,
        "No code of the weights belongs",
    )
    refused(ask(*average(file, *PAIR, *JUNE, "--hs", "85")), 2, "No code of the weights belongs")
    refused(ask(*average(file, *PAIR, *JUNE, "--product", "general")), 2, "names no codes")
    refused(ask(*average(file, *PAIR, *JUNE, "--product", "smartfone")), 2, "No product")
    refused(ask(*average(file, *PAIR, *JUNE, "--product", "toys", "--hs", "95")), 2, "not both")


# against published counts, and against the single question


def test_the_third_list_of_2018_averages_what_its_four_annexes_say(tmp_path, record):
    """2,493 and 1,078 lines at 10, 974 and 662 at 5 from 24 September 2018 (announcements 6 and 8
    of the Tariff Commission).

    30 of them (fruit, nuts, wine) owe the 15 of notice 13 of 2018 besides.
    """
    scopes = [f"cn-301-list-3-annex-{number}" for number in (1, 2, 3, 4)]
    codes = [
        line.prefix for scope in scopes for line in record.scope_lines(scope, "2017") if line.inside
    ]
    assert len(codes) == 5207
    before = {line.prefix for line in record.scope_lines("cn-232-15", "2017")}
    row = only(weights(tmp_path, *((code, 1) for code in codes)), *BACK, "--date", "2018-09-24")
    hand = Fraction((2493 + 1078) * 10 + (974 + 662) * 5 + len(before & set(codes)) * 15, 5207)
    assert (row["simple_pct"], row["weighted_pct"]) == (
        float(round(hand, 4)),
        float(round(hand, 4)),
    )
    assert row["covered_share"] == 1


def test_the_first_list_is_25_whatever_the_weights(tmp_path, record):
    """818 lines at 25 from 6 July 2018 (83 FR 28710), before exclusions were published that reach
    back to that day.
    """
    codes = sorted(
        line.prefix
        for line in record.scope_lines("us-301-list-1", "2017")
        if line.inside and len(line.prefix) == 8
    )
    assert len(codes) == 818
    random = Random(1)
    rows = [(code, random.randint(1, 10**9)) for code in codes]
    file = weights(tmp_path, *rows)
    found = only(file, *PAIR, "--date", "2018-07-06", "--known-on", "2018-07-06")
    assert (found["weighted_pct"], found["simple_pct"]) == (25, 25)
    assert (found["covered_share"], found["codes"]) == (1, 818)


def hand_weighted(
    record, rows, importer: str, origin: str, day: str
) -> tuple[Fraction, Fraction, Fraction, Fraction, Fraction] | None:
    """Means as done by hand: each code asked alone, least and greatest, and the share of value that
    had an answer.
    """
    moment, total, parts, codes = (
        end_of_day(day, record.zones[importer]),
        Fraction(0),
        Fraction(0),
        0,
    )
    sums = [Fraction(0)] * 4
    for code, value in rows:
        weight = Fraction(value)
        total += weight
        try:
            product = find_product(record, importer, cut_to_law(record, importer, code), moment)
            answer = rate(record, Query(importer, origin, moment, None, product))
        except UsageError:
            continue
        if answer.status == "prohibited" or answer.min_pct is None or answer.max_pct is None:
            continue
        low, high = Fraction(answer.min_pct), Fraction(answer.max_pct)
        parts, codes = parts + weight, codes + 1
        sums = [sums[0] + weight * low, sums[1] + weight * high, sums[2] + low, sums[3] + high]
    if not parts:
        return None
    return sums[0] / parts, sums[1] / parts, sums[2] / codes, sums[3] / codes, parts / total


@pytest.mark.parametrize("seed", range(6))
def test_the_average_is_the_hand_weighted_mean_of_single_answers(record, seed, tmp_path):
    from tariffcli.bulk.files.small import read_small
    from tariffcli.bulk.frame import kept_classes
    from tariffcli.bulk.means.average import Averager
    from tariffcli.bulk.means.weights import read_weights

    random = Random(seed)
    importer, origin = random.choice([("us", "cn"), ("us", "cn"), ("us", "hk"), ("cn", "us")])
    ours = sorted({line.code for line in record.lines("us", "")})
    theirs = sorted(
        {row.prefix for row in record.listings("cn", "", "2022") if len(row.prefix) == 8}
    )
    pool = theirs if importer == "cn" else ours
    chosen = {random.choice(pool)[: random.choice([4, 6, 8, 8, 8, 8])] for _ in range(50)} | {
        "85179999"
    }
    rows = [
        (code, Decimal(random.randint(0, 10**11)).scaleb(-random.choice([0, 2, 5])))
        for code in sorted(chosen)
    ]
    weighed = read_weights(
        read_small(weights(tmp_path, *((code, f"{value:f}") for code, value in rows))), {}, "w.csv"
    )
    over = Averager(kept_classes(record, None), importer, origin, weighed)
    for day in (
        f"20{random.randint(18, 26):02}-{random.randint(1, 9):02}-{random.randint(10, 28)}"
        for _ in range(5)
    ):
        (found,) = over.on_days(day, day)
        hand = hand_weighted(record, rows, importer, origin, day)
        assert hand is not None
        assert (
            found.weighted.low,
            found.weighted.high,
            found.simple.low,
            found.simple.high,
            found.covered_share,
        ) == hand, day


def test_sums_are_exact_beyond_what_a_float_or_a_machine_integer_holds(tmp_path):
    huge, tiny = 10**18, Decimal("0.00000000000000000001")
    row = only(weights(tmp_path, (SHIRT, huge), (TOY, huge), (PHONE, f"{tiny:f}")), *PAIR, *JUNE)
    assert row["weighted_pct"] == 33.75  # to four decimals
    file = weights(tmp_path, *((code, "0.1") for code in (SHIRT, TOY, PHONE)))
    assert (only(file, *PAIR, *JUNE)["value"], only(file, *PAIR, *JUNE)["weighted_pct"]) == (
        0.3,
        29.1667,
    )


# coverage, strictness, files


def test_outside_coverage_exits_3_and_json_says_why(tmp_path):
    file = weights(tmp_path, (TOY, 1))
    told = ask(*average(file, *PAIR, "--date", "2017-12-31", "--format", "json"))
    assert (told.code, json.loads(told.out)["status"]) == (3, "outside_coverage")
    assert "covers this pair from" in json.loads(told.out)["reason"]
    assert json.loads(told.out)["averages"][0]["weighted_min_pct"] is None
    told = ask(*average(file, "--from", "us", "--to", "fr", *JUNE, "--format", "plain"))
    assert (told.code, told.out) == (3, "outside_coverage\n")
    assert "no duties charged by fr" in told.err
    told = ask(
        *average(file, *PAIR, "--since", "2017-12-31", "--until", "2018-01-01", "--format", "plain")
    )
    assert (told.code, told.out) == (3, "outside_coverage\n0\n")


def test_strict_wants_one_number_over_the_whole_value(tmp_path):
    assert ask(*average(weights(tmp_path, (TOY, 1)), *PAIR, *JUNE, "--strict")).code == 0
    told = ask(*average(weights(tmp_path, (BATTERY, 1)), *PAIR, *JUNE, "--strict"))
    assert (told.code, one_line(told)) == (4, "--strict: some of these means are not one number.\n")
    told = ask(*average(weights(tmp_path, (TOY, 1), ("nonsense", 1)), *PAIR, *JUNE, "--strict"))
    assert (told.code, one_line(told)) == (4, "--strict: codes were left out of the means.\n")


def test_no_code_of_the_tariff_gives_no_mean(tmp_path):
    found = whole(weights(tmp_path, ("nonsense", 1), ("99999999", 2)), *PAIR, *JUNE)
    assert (
        found["status"],
        found["averages"][0]["weighted_min_pct"],
        found["averages"][0]["covered_share"],
    ) == ("invalid", None, 0)
    assert plain(weights(tmp_path, ("nonsense", 1)), *PAIR, *JUNE) == ["unknown"]


def test_csv_has_units_in_names_and_countries_in_three_codes(tmp_path):
    told = ask(*average(weights(tmp_path, (TOY, 1)), *PAIR, *JUNE, "--format", "csv"))
    (row,) = csv.DictReader(io.StringIO(told.out))
    assert (
        row["date"],
        row["importer_iso3"],
        row["origin_census"],
        row["product"],
        row["measure"],
    ) == (
        *("2025-06-05", "USA", "5700", "all"),
        "additional",
    )
    assert (row["weighted_pct"], row["codes_not_known"], row["covered_share"]) == ("30", "0", "1")
    assert told.err == ""


def test_out_writes_a_file_and_never_over_the_weights(tmp_path):
    file = weights(tmp_path, (TOY, 1))
    out = tmp_path / "out.csv"
    words = average(file, *PAIR, *JUNE, "--format", "csv", "--out", str(out))
    assert ask(*words).code == 0
    assert out.read_text(encoding="utf-8").startswith("date,importer_iso2")
    refused(ask(*words), 2, "--force")
    before = Path(file).read_bytes()
    refused(
        ask(*average(file, *PAIR, *JUNE, "--out", file, "--force")), 2, "is the file of the weights"
    )
    assert Path(file).read_bytes() == before


def test_codes_within_others_are_told_for_they_may_count_twice(tmp_path):
    found = whole(weights(tmp_path, (PHONE, 1), ("8517", 2)), *PAIR, *JUNE)
    assert any(note["code"] == "nested" and "85171300" in note["text"] for note in found["notes"])


def test_what_the_record_lacks_and_what_was_later_undone_is_told_once(tmp_path):
    file = weights(tmp_path, (TOY, 1))

    def codes(*words: str) -> dict[str, str]:
        return {note["code"]: note["text"] for note in whole(file, *words)["notes"]}

    told = codes(*PAIR, "--since", "2025-03-01", "--until", "2025-04-30")
    assert "us-ieepa-fentanyl, us-ieepa-reciprocal" in told["refundable"]
    assert "refundable" not in codes(*PAIR, "--date", "2024-06-01")
    late = codes(*BACK, "--date", "2026-11-15")
    assert {"after_verification", "no_schedule"} <= set(late)


def test_a_code_of_an_older_tariff_is_answered_by_its_successors_and_told(tmp_path):
    found = whole(weights(tmp_path, ("8517.12.00", 1)), *PAIR, *JUNE)
    assert found["averages"][0]["covered_share"] == 1
    assert any(note["code"] == "mapped" and "85171200" in note["text"] for note in found["notes"])


@pytest.mark.parametrize(
    ("words", "piece"),
    [
        (("--since", "2025-04-01", "--date", "2025-04-01"), "not both"),
        (("--until", "2025-04-01"), "--until needs --since"),
        (("--every", "month"), "--every needs --since"),
        (("--since", "2025-04-02", "--until", "2025-04-01"), "is before"),
        (("--since", "2025-04"), "not a whole date"),
        (("--map", "code"), "--map takes"),
        (("--map", "rate=x"), "--map takes"),
        (("--map", "code=a", "--map", "code=b"), "--map takes"),
        (("--map", "code=nothing"), "no column 'nothing'"),
        (("--map", "code=value"), "cannot be both"),
        (("--encoding", "klingon"), "is not an encoding"),
        (("--claim", "nonsense"), "No claim"),
    ],
)
def test_flags_that_contradict_each_other_are_refused(tmp_path, words, piece):
    refused(ask(*average(weights(tmp_path, (TOY, 1)), *PAIR, *words)), 2, piece)
