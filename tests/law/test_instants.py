"""Legal time: spans are half open, two clocks name one moment, and a day is never guessed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.tiny_law import BEIJING, EASTERN
from tariffcli.errors import UsageError
from tariffcli.law.instants import (
    day_of,
    end_of_day,
    holds,
    local,
    parse_day,
    parse_instant,
    start_of_day,
    to_iso,
    to_wall,
    wall_to_instant,
    zone,
)

TODAY = "2026-11-21"
MOMENTS = st.integers(min_value=1_500_000_000, max_value=1_900_000_000)
DAYS = st.dates(date(2018, 1, 1), date(2028, 12, 31)).map(date.isoformat)


# Spans


def test_an_act_holds_from_its_first_instant_up_to_but_not_including_its_end():
    assert [holds(10, 20, moment) for moment in (9, 10, 19, 20)] == [False, True, True, False]


def test_an_act_without_an_end_holds_for_ever():
    assert holds(10, None, 10**12)
    assert not holds(10, None, 9)


def test_an_act_that_ends_when_it_begins_never_holds():
    assert not any(holds(10, 10, moment) for moment in (9, 10, 11))


@given(st.lists(MOMENTS, unique=True, min_size=1, max_size=8).map(sorted), MOMENTS)
def test_of_acts_that_follow_one_another_exactly_one_holds(starts: list[int], moment: int):
    ends = [*starts[1:], None]
    holding = [
        number
        for number, (start, end) in enumerate(zip(starts, ends, strict=True))
        if holds(start, end, moment)
    ]
    begun = [number for number, start in enumerate(starts) if start <= moment]
    assert holding == begun[-1:]


@given(MOMENTS, MOMENTS, MOMENTS)
def test_two_spans_that_meet_cover_what_one_long_span_covers(start: int, middle: int, moment: int):
    first, cut = sorted((start, middle))
    assert holds(first, None, moment) == (holds(first, cut, moment) or holds(cut, None, moment))
    assert not (holds(first, cut, moment) and holds(cut, None, moment))


# Clocks


def test_noon_in_beijing_is_just_after_midnight_in_washington_in_summer():
    assert wall_to_instant("2025-04-10 12:01", BEIJING) == wall_to_instant(
        "2025-04-10 00:01", EASTERN
    )


def test_one_in_the_afternoon_in_beijing_is_just_after_midnight_in_washington_in_winter():
    assert wall_to_instant("2025-11-10 13:01", BEIJING) == wall_to_instant(
        "2025-11-10 00:01", EASTERN
    )


@given(MOMENTS)
def test_one_moment_read_on_two_clocks_is_one_moment(moment: int):
    assert (
        parse_instant(to_iso(moment, BEIJING), EASTERN)
        == moment
        == parse_instant(to_iso(moment, EASTERN), BEIJING)
    )


@given(MOMENTS)
def test_a_wall_clock_without_daylight_saving_names_every_minute_once(moment: int):
    minute = moment - moment % 60
    assert wall_to_instant(to_wall(minute, BEIJING), BEIJING) == minute


def test_a_bare_day_in_the_record_counts_from_its_first_minute():
    assert wall_to_instant("2025-02-10", BEIJING) == wall_to_instant("2025-02-10 00:00", BEIJING)


@pytest.mark.parametrize(
    "skipped", ["2025-03-09 02:00", "2025-03-09 02:30", "2025-03-09T02:59:59", "2018-03-11 02:01"]
)
def test_an_hour_that_the_clock_change_skips_is_refused(skipped: str):
    for read in (wall_to_instant, parse_instant):
        with pytest.raises(
            UsageError, match="skipped by a clock change in America/New_York; give the offset"
        ):
            read(skipped, EASTERN)


@pytest.mark.parametrize("repeated", ["2025-11-02 01:00", "2025-11-02 01:30", "2025-11-02 01:59"])
def test_an_hour_that_the_clock_change_repeats_is_refused(repeated: str):
    for read in (wall_to_instant, parse_instant):
        with pytest.raises(UsageError, match="repeated by a clock change"):
            read(repeated, EASTERN)


@pytest.mark.parametrize(
    "clear", ["2025-03-09 01:59", "2025-03-09 03:00", "2025-11-02 00:59", "2025-11-02 02:00"]
)
def test_the_minutes_around_a_clock_change_are_clear(clear: str):
    assert to_wall(wall_to_instant(clear, EASTERN), EASTERN) == clear


def test_an_offset_says_which_of_the_repeated_hours_is_meant():
    first, second = (
        parse_instant(f"2025-11-02T01:30{offset}", EASTERN) for offset in ("-04:00", "-05:00")
    )
    assert second - first == 3600


@pytest.mark.parametrize(
    "text",
    [
        "2025-04-10T12:01+08:00",
        "2025-04-10T12:01:00+08:00",
        "2025-04-10 12:01+0800",
        "2025-04-10T04:01Z",
        "2025-04-10T00:01-04:00",
        "2025-04-10T00:01",
        "2025-04-10 00:01",
    ],
)
def test_instants_that_people_type(text: str):
    assert to_wall(parse_instant(text, EASTERN), BEIJING) == "2025-04-10 12:01"


@pytest.mark.parametrize(
    "text",
    ["", "today", "2025-04-10", "2025-04", "12:01", "2025-04-10T25:00", "2025-02-30T12:00", "2025-13-01 12:00", "2025-04-10T12:01+99:00",
     "1899-12-31T12:00", "2200-01-01T00:00", "1700-01-01T00:00Z"],
)  # fmt: skip
def test_what_is_no_instant_is_refused(text: str):
    with pytest.raises(UsageError):
        parse_instant(text, EASTERN)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "America"])
def test_an_unknown_zone_is_refused(name: str):
    with pytest.raises(UsageError, match="is not an IANA time zone"):
        zone(name)


# Days


def test_a_bare_day_in_a_question_means_its_last_second():
    assert to_iso(end_of_day("2025-04-10", BEIJING), BEIJING) == "2025-04-10T23:59:59+08:00"
    assert end_of_day("2025-04-10", EASTERN) + 1 == start_of_day("2025-04-11", EASTERN)


@given(DAYS, st.sampled_from([EASTERN, BEIJING, "Europe/Brussels"]))
def test_a_day_ends_where_the_next_begins_also_when_clocks_change(day: str, place: str):
    following = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    first, last = start_of_day(day, place), end_of_day(day, place)
    assert last + 1 == start_of_day(following, place)
    assert {day_of(first, place), day_of(last, place)} == {day}
    assert day_of(first - 1, place) < day < day_of(last + 1, place)
    assert last + 1 - first in (23 * 3600, 24 * 3600, 25 * 3600)


def test_the_days_of_clock_changes_are_short_and_long():
    hours = [
        (end_of_day(day, EASTERN) + 1 - start_of_day(day, EASTERN)) // 3600
        for day in ("2025-03-09", "2025-07-01", "2025-11-02")
    ]
    assert hours == [23, 24, 25]


@given(DAYS)
def test_every_accepted_form_of_a_day_names_the_same_day(day: str):
    when = datetime.fromisoformat(day)
    short, full = when.strftime("%b"), when.strftime("%B")
    forms = [
        day,
        day.replace("-", ""),
        f"{when.day} {short} {when.year}",
        f"{short} {when.day}, {when.year}",
        f"{full} {when.day} {when.year}",
        f"{full} {when.day}, {when.year}",
        f"  {day}  ",
        f"{when.day} {full.upper()} {when.year}",
    ]
    assert {parse_day(form, TODAY) for form in forms} == {day}
    assert parse_day(f"{when.month:02d}/{when.day:02d}/{when.year}", TODAY, month_first=True) == day
    assert parse_day(f"{when.day}/{when.month}/{when.year}", TODAY, month_first=False) == day


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2025-04-24", "2025-04-24"),
        ("24 Apr 2025", "2025-04-24"),
        ("Apr 24, 2025", "2025-04-24"),
        ("April 24 2025", "2025-04-24"),
        ("Sept 1, 2019", "2019-09-01"),
        ("2024-02-29", "2024-02-29"),
        ("today", "2026-11-21"),
        ("Yesterday", "2026-11-20"),
    ],
)
def test_days_as_people_write_them(typed: str, day: str):
    assert parse_day(typed, TODAY) == day


def test_yesterday_of_the_first_of_march_in_a_leap_year():
    assert parse_day("yesterday", "2024-03-01") == "2024-02-29"


def test_a_day_with_slashes_is_refused_with_both_readings():
    with pytest.raises(UsageError) as refused:
        parse_day("04/05/2025", TODAY)
    assert "2025-04-05 or 2025-05-04" in str(refused.value)
    assert refused.value.lacks == "day_order"


def test_a_day_with_slashes_is_read_in_the_order_that_was_said():
    assert parse_day("04/05/2025", TODAY, month_first=True) == "2025-04-05"
    assert parse_day("04/05/2025", TODAY, month_first=False) == "2025-05-04"


def test_a_day_that_only_one_order_can_read_is_still_not_guessed():
    with pytest.raises(UsageError, match="2025-04-24"):
        parse_day("24/04/2025", TODAY)
    with pytest.raises(UsageError, match="not a calendar date"):
        parse_day("24/04/2025", TODAY, month_first=True)


@pytest.mark.parametrize(
    "typed",
    [
        "2025-04",
        "Apr 24",
        "24 April",
        "April 2025",
        "2025",
        "Q2 2025",
        "2025-04-",
        "24 Apr 25",
        "04/05",
        "04/05/25",
    ],
)
def test_a_partial_date_is_refused_never_completed(typed: str):
    with pytest.raises(UsageError):
        parse_day(typed, TODAY)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "tomorrow",
        "now",
        "next week",
        "2025-W15-4",
        "24 Foo 2025",
        "2025-04-24T12:00",
        "-1",
        "２０２５-04-24",
    ],
)
def test_what_is_no_day_is_refused(typed: str):
    with pytest.raises(UsageError):
        parse_day(typed, TODAY)


@pytest.mark.parametrize(
    "typed", ["2025-02-30", "2025-02-29", "2025-13-01", "2025-00-10", "31 Apr 2025", "20250431"]
)
def test_a_day_that_the_calendar_lacks_is_refused_with_an_example(typed: str):
    with pytest.raises(
        UsageError, match="is not a calendar date; use YYYY-MM-DD, for example 2025-04-24"
    ):
        parse_day(typed, TODAY)


@pytest.mark.parametrize("typed", ["1899-12-31", "2200-01-01", "9999-01-01"])
def test_a_day_outside_the_calendar_of_the_tool_is_refused(typed: str):
    with pytest.raises(UsageError, match="outside the calendar"):
        parse_day(typed, TODAY)


def test_the_local_clock_of_an_instant():
    assert local(wall_to_instant("2025-04-10 00:01", EASTERN), BEIJING) == datetime(
        2025, 4, 10, 12, 1, tzinfo=ZoneInfo(BEIJING)
    )
