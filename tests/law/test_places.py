"""Places: which origins a row reaches, and groups whose members come and go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.tiny_law import at, member
from tariffcli.errors import UsageError
from tariffcli.law.places import belongs, ever_reaches, parse_selector, reaches

EU = (
    member("eu", "de"),
    member("eu", "gb", until="2020-02-01"),
    member("eu", "hr", since="2013-07-01"),
    member("col2", "cu"),
    member("col2", "ru", since="2022-04-09"),
)
NOW = at("2025-04-24")


def reached(selector: str, country: str, when: str = "2025-04-24") -> bool:
    return reaches(parse_selector(selector), country, EU, at(when))


def test_a_star_reaches_everybody():
    assert reached("*", "cn")
    assert reached("*", "zz")


def test_a_name_reaches_that_country_alone():
    assert reached("cn", "cn")
    assert not reached("cn", "hk")


def test_several_names_reach_each_of_them():
    assert [reached("cn+hk+mo", one) for one in ("cn", "hk", "mo", "tw")] == [
        True,
        True,
        True,
        False,
    ]


def test_a_group_reaches_its_members_of_the_day():
    assert reached("@eu", "de")
    assert not reached("@eu", "cn")


def test_britain_is_reached_with_the_union_until_it_left():
    assert reached("@eu", "gb", "2018-04-15")
    assert reached("@eu", "gb", "2020-01-31")
    assert not reached("@eu", "gb", "2020-02-01")


def test_all_but_these():
    assert [reached("*-ca-mx-@col2", one) for one in ("ca", "mx", "cu", "cn")] == [
        False,
        False,
        False,
        True,
    ]


def test_an_exception_for_a_group_follows_its_members():
    assert reached("*-@col2", "ru", "2022-04-08")
    assert not reached("*-@col2", "ru", "2022-04-09")


def test_groups_and_names_together():
    assert [reached("@eu+jp+kr", one) for one in ("de", "jp", "kr", "gb")] == [
        True,
        True,
        True,
        False,
    ]


def test_a_group_without_one_of_its_members():
    assert reached("@eu-hr", "de")
    assert not reached("@eu-hr", "hr")


def test_an_exception_is_stronger_than_a_name():
    assert not reached("cn+hk-hk", "hk")


@pytest.mark.parametrize(
    ("selector", "rank"),
    [
        ("*", 0),
        ("*-cn", 0),
        ("*-ca-mx-@col2", 0),
        ("@eu", 1),
        ("@eu+jp+kr", 1),
        ("cn", 2),
        ("cn+hk+mo", 2),
    ],
)
def test_everybody_is_broader_than_a_group_and_a_group_than_a_name(selector: str, rank: int):
    assert parse_selector(selector).narrowness == rank


@pytest.mark.parametrize(
    "text", ["", "+", "cn+", "CN", "cn hk", "cn,hk", "@", "*-", "**", "eu@", "中国", "cn;hk"]
)
def test_what_is_no_selector_is_refused(text: str):
    with pytest.raises(UsageError, match="is not an origin"):
        parse_selector(text)


def test_a_membership_without_dates_has_always_been():
    assert belongs(EU, "eu", "de", at("1950-01-01"))
    assert belongs(EU, "eu", "de", at("2199-01-01"))


@given(
    st.sampled_from(
        ["*", "cn", "@eu", "*-gb", "@eu-hr", "*-@col2", "@eu+ru", "cn+gb", "@col2", "*-cn-@eu"]
    ),
    st.sampled_from(["cn", "de", "gb", "hr", "ru", "cu", "jp"]),
    st.integers(at("2010-01-01"), at("2030-01-01")),
)
def test_what_a_row_reaches_at_some_instant_it_could_ever_reach(
    selector: str, country: str, moment: int
):
    row = parse_selector(selector)
    assert not reaches(row, country, EU, moment) or ever_reaches(row, country, EU)
