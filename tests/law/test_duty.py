"""Ordinary duties as schedules print them: a per cent, or text that is never taken for a number."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffcli.law.expression import ad_valorem_pct


@pytest.mark.parametrize(
    ("printed", "pct"),
    [
        ("Free", 0),
        ("free", 0),
        (" Free ", 0),
        ("3.4%", "3.4"),
        ("25%", 25),
        ("0%", 0),
        ("2.5 %", "2.5"),
        ("100%", 100),
    ],
)
def test_free_and_per_cents_are_numbers(printed: str, pct: object):
    assert ad_valorem_pct(printed) == Decimal(pct)


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "0.43 cents/kg",
        "1.4 cents/kg + 2.5%",
        "$1.035/kg + 6%",
        "1% + $1",
        "See note 2",
        "7%/kg",
        "5",
        "Free (A,AU)",
        "6.8% or 2 cents",
        "%",
        "-3%",
        "3,4%",
        "The rate applicable",
    ],
)
def test_specific_compound_and_conditional_duties_stay_text(printed: str):
    assert ad_valorem_pct(printed) is None


@given(st.decimals(0, 400, places=2))
def test_no_digit_of_a_per_cent_is_lost(value: Decimal):
    assert ad_valorem_pct(f"{value}%") == value
