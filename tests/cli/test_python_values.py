"""Facts, days and numbers given from Python are read as the command line reads them, or refused in
words.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import tariffcli
from support.run_program import ask as run
from tariffcli.clock import today
from tariffcli.errors import TariffError, UsageError
from tariffcli.law.instants import end_of_day
from tariffcli.law.model import Query
from tariffcli.law.products import find_product

FRIDGE = {"origin": "cn", "importer": "us", "product": "refrigerators"}
EXCLUDED = {"origin": "cn", "importer": "us", "product": "8414.30.8030"}
TOYS = {"origin": "cn", "importer": "us", "product": "toys"}


@pytest.mark.parametrize(
    ("steel", "aluminium", "expected"),
    [
        (0.4, 0.0, 61),
        ("0.4", "0", 61),
        (Decimal("0.4"), Decimal(0), 61),
        (np.float64(0.4), np.int64(0), 61),
        (1, 0, 85),
        (np.float32(0.5), 0, 65),
    ],
)
def test_a_share_is_a_number_of_any_type(steel, aluminium, expected):
    """The fentanyl and reciprocal duties, section 301 and steel at 50 on its share: docs of hard
    case refrigerators.
    """
    facts = {"steel_share": steel, "aluminium_share": aluminium}
    assert tariffcli.ask("2025-12-01", **FRIDGE, facts=facts).additional_pct == expected


@pytest.mark.parametrize(
    "facts",
    [
        {"steel_share": True},
        {"steel_share": Decimal(-1)},
        {"steel_share": 1.5},
        {"steel_share": float("nan")},
        {"steel_share": "much"},
        {"steel_share": None},
        {"steel_share": ""},
        {"steel_shar": Decimal("0.4")},
        {"exclusion": 2},
        {"exclusion": "perhaps"},
        {"exclusion": Decimal(1)},
        {"mode": "ship"},
        {"mode": True},
        {"loaded": 3.5},
        {"loaded": True},
        {"loaded": datetime(2025, 4, 1)},
        {"loaded": pd.NaT},
        {"loaded": "spring"},
        {"value": Decimal("Infinity")},
        {7: True},
    ],
    ids=str,
)
def test_a_value_that_says_nothing_of_its_fact_is_refused(facts):
    with pytest.raises(UsageError):
        tariffcli.ask("2025-12-01", **FRIDGE, facts=facts)


def test_an_unknown_fact_is_answered_with_the_nearest_names():
    with pytest.raises(UsageError, match="steel_share"):
        tariffcli.ask("2025-12-01", **FRIDGE, facts={"steel_shar": 0.4})


@pytest.mark.parametrize(
    ("word", "expected"), [("no", 25), ("yes", 0), (False, 25), (True, 0), (np.False_, 25)]
)
def test_yes_and_no_are_words_or_booleans(word, expected):
    assert (
        tariffcli.ask("2025-01-15", **EXCLUDED, facts={"exclusion": word}).additional_pct
        == expected
    )


@pytest.mark.parametrize(
    "loaded",
    [
        "2025-04-01",
        "1 Apr 2025",
        "2025-04-01 08:00",
        date(2025, 4, 1),
        datetime(2025, 4, 1, 8, tzinfo=UTC),
        pd.Timestamp("2025-04-01 08:00", tz="UTC"),
        end_of_day("2025-04-01", "America/New_York"),
    ],
    ids=str,
)
@pytest.mark.parametrize("mode", ["vessel", "Vessel", " VESSEL "])
def test_goods_at_sea_are_loaded_on_a_day_of_any_type(loaded, mode):
    """EO 14257: goods loaded before 5 April on their final mode of transit are outside; the
    fentanyl duty of 20 stays.
    """
    assert (
        tariffcli.ask("2025-04-20", **TOYS, facts={"mode": mode, "loaded": loaded}).additional_pct
        == 20
    )


@pytest.mark.parametrize(
    "mfn", [Decimal(-50), Decimal("NaN"), float("inf"), "much", 10**6, True, None]
)
def test_an_ordinary_duty_that_is_none_is_refused(mfn):
    if mfn is None:
        assert tariffcli.ask("2025-04-20", **TOYS).total_pct is not None
        return
    with pytest.raises(UsageError):
        tariffcli.ask("2025-04-20", **TOYS, mfn_pct=mfn)


@pytest.mark.parametrize("word", ["today", "Yesterday", " today "])
def test_today_works_wherever_a_day_does(word):
    assert tariffcli.ask(word, **TOYS, known_on=word).status == "complete"
    assert tariffcli.history("2025-01-01", word, origin="us", importer="cn", known_on=word)
    frame = pd.DataFrame(
        {"date": ["2025-04-10"], "hs": ["85171300"], "origin": ["cn"], "importer": ["us"]}
    )
    assert tariffcli.rate_lines(frame, known_on=word)["additional_pct"].tolist() == [20]


def test_today_works_in_a_run_over_a_file(tmp_path):
    (tmp_path / "in.csv").write_text("date,hs,origin,importer\n2025-04-10,85171300,cn,us\n")
    told = run(
        "bulk", str(tmp_path / "in.csv"), "--known-on", "today", "--columns", "additional_pct"
    )
    assert (told.code, told.out.splitlines()[1]) == (0, '"2025-04-10","85171300","cn","us",20')


def test_today_is_no_day_in_a_file_that_must_mean_the_same_tomorrow(tmp_path):
    (tmp_path / "in.csv").write_text("date,hs,origin,importer\ntoday,85171300,cn,us\n")
    told = run("bulk", str(tmp_path / "in.csv"), "--columns", "status,reason")
    assert (told.code, "names another day tomorrow" in told.out) == (0, True)


@pytest.mark.parametrize(
    ("known_on", "expected"),
    [
        ("2025-04-10", 145),
        (date(2025, 4, 10), 145),
        ("10 Apr 2025", 145),
        ("2025-04-11", 20),
        (datetime(2025, 4, 11), 20),
        (None, 20),
    ],
)
def test_what_was_known_of_smartphones_on_10_april_2025(known_on, expected):
    """EO 14257 as amended held 145 on the day; the exemption was published on 11 April and counted
    back to 5 April.
    """
    frame = pd.DataFrame(
        {"date": ["2025-04-10"], "hs": ["85171300"], "origin": ["cn"], "importer": ["us"]}
    )
    assert tariffcli.rate_lines(frame, known_on=known_on)["additional_pct"].tolist() == [expected]
    assert (
        tariffcli.ask(
            "2025-04-10", origin="cn", importer="us", product=85171300, known_on=known_on
        ).additional_pct
        == expected
    )


@pytest.mark.parametrize(
    "known_on", ["04/11/2025", "", "garbage", "2025-04", 20, pd.NaT, float("nan")], ids=str
)
def test_a_day_of_knowledge_that_is_none_is_refused(known_on):
    frame = pd.DataFrame(
        {"date": ["2025-04-10"], "hs": ["85171300"], "origin": ["cn"], "importer": ["us"]}
    )
    with pytest.raises(UsageError):
        tariffcli.rate_lines(frame, known_on=known_on)
    with pytest.raises(UsageError):
        tariffcli.ask("2025-04-10", **TOYS, known_on=known_on)


@pytest.mark.parametrize(
    "change",
    [
        {"facts": {"steel_share": 0.4}},
        {"facts": {"steel_shar": Decimal("0.4")}},
        {"facts": {"exclusion": "no"}},
        {"facts": {"mode": "Vessel"}},
        {"facts": {"loaded": "2025-04-01"}},
        {"known_on": "today"},
        {"known_on": ""},
        {"known_on": date(2025, 4, 11)},
        {"instant": 1.5e9},
        {"instant": True},
        {"mfn_pct": 2.5},
        {"mfn_pct": Decimal("NaN")},
    ],
    ids=str,
)
def test_a_query_built_by_hand_is_exact_or_refused(record, change):
    moment = end_of_day("2025-12-01", "America/New_York")
    query = Query("us", "cn", moment, None, find_product(record, "us", "refrigerators", moment))
    with pytest.raises(UsageError):
        tariffcli.rate(record, query._replace(**change))


@pytest.mark.parametrize(
    ("since", "until", "importer"),
    [
        ("2025-12-31", "2025-01-01", "cn"),
        ("2025-01-01", "2025-02-01", "de"),
        ("spring", "today", "cn"),
    ],
)
def test_a_span_that_is_none_and_an_importer_without_record_are_refused(since, until, importer):
    with pytest.raises(TariffError):
        tariffcli.history(since, until, origin="us", importer=importer)


@pytest.mark.parametrize(
    "given", [{"origin": 5}, {"importer": None}, {"product": 1.5}, {"product": True}], ids=str
)
def test_words_of_another_type_are_refused(given):
    with pytest.raises(UsageError):
        tariffcli.ask("2025-04-20", **{**TOYS, **given})


def test_a_frame_with_two_columns_of_one_meaning_and_odd_threads_is_refused():
    frame = pd.DataFrame(
        [["2025-04-10", "85171300", "85171300", "cn", "us"]],
        columns=["date", "hs", "hs", "origin", "importer"],
    )
    with pytest.raises(UsageError, match="Two columns"):
        tariffcli.rate_lines(frame)
    with pytest.raises(UsageError, match="threads"):
        tariffcli.rate_lines(frame.iloc[:, [0, 1, 3, 4]], threads=-1)


def test_the_clock_gives_the_day_of_the_zone():
    assert today("UTC") == datetime.now(UTC).date().isoformat()
