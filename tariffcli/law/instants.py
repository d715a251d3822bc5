"""Legal time: the one rule for spans, wall clocks to instants, and the days that people type.

Spans are half open: an act holds from its first instant up to, not including, its end. US acts
count from 12:01 a.m. eastern, Chinese ones from Beijing time; both become whole UTC seconds here
and nowhere else.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from tariffcli.errors import EXAMPLE_DAY, EXAMPLE_INSTANT, EXAMPLE_MINUTE, UsageError

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WALL = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?$")
_ISO_DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII)
_OFFSET = re.compile(r"(.*\d)\s*(Z|[+-]\d{2}:?\d{2})$")


def holds(effective: int, until: int | None, moment: int) -> bool:
    """Whether a span `[effective, until)` contains `moment`; the only place that knows the rule."""
    return effective <= moment and (until is None or moment < until)


@cache
def zone(name: str) -> ZoneInfo:
    """The IANA time zone `name`; raises UsageError for an unknown one."""
    try:
        return ZoneInfo(name)
    except Exception:
        raise UsageError(
            f"'{name[:40]}' is not an IANA time zone, for example America/New_York."
        ) from None


def wall_to_instant(text: str, zone_name: str) -> int:
    """The instant of a legal wall time `YYYY-MM-DD HH:MM[:SS]` (a bare day: 00:00) in `zone_name`.

    Raises UsageError for a malformed time, and for an hour that a clock change skips or repeats:
    such an hour names no instant, or two.
    """
    found = _WALL.match(text.strip())
    if not found:
        raise UsageError(
            f"'{text[:40]}' is not a time; use YYYY-MM-DD HH:MM, for example {EXAMPLE_MINUTE}."
        )
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        naive = datetime(year, month, day, hour, minute, second)
    except ValueError as error:
        raise UsageError(f"'{text[:40]}' is not a time: {error}.") from None
    _within_calendar(naive.date())
    place = zone(zone_name)
    first, second_reading = naive.replace(tzinfo=place, fold=0), naive.replace(tzinfo=place, fold=1)
    if first.utcoffset() != second_reading.utcoffset():
        kind = (
            "skipped"
            if first.astimezone(UTC).astimezone(place).replace(tzinfo=None) != naive
            else "repeated"
        )
        raise UsageError(
            f"{text} is {kind} by a clock change in {zone_name}; give the offset, for example "
            f"{text}-05:00."
        )
    return int(first.timestamp())


def parse_instant(text: str, zone_name: str) -> int:
    """The instant that a user typed: ISO with an offset, or a wall time of `zone_name`. Raises
    UsageError.
    """
    found = _OFFSET.match(text.strip()) if ":" in text else None
    if not found:
        if not _WALL.match(text.strip()) or ":" not in text:
            raise UsageError(
                f"'{text[:40]}' is not an instant; use {EXAMPLE_INSTANT}, with or without the "
                "offset."
            )
        return wall_to_instant(text, zone_name)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"'{text[:40]}' is not an instant; use {EXAMPLE_INSTANT}.") from None
    _within_calendar(moment.date())
    return int(moment.timestamp())


def start_of_day(day: str, zone_name: str) -> int:
    """The first second of a local day `YYYY-MM-DD`."""
    moment = datetime.fromisoformat(day).replace(tzinfo=zone(zone_name))
    return int(moment.timestamp())


def end_of_day(day: str, zone_name: str) -> int:
    """The last second of a local day: what a bare day means in a query."""
    return start_of_day((date.fromisoformat(day) + timedelta(days=1)).isoformat(), zone_name) - 1


def local(moment: int, zone_name: str) -> datetime:
    """The aware local datetime of an instant."""
    return datetime.fromtimestamp(moment, zone(zone_name))


def to_iso(moment: int, zone_name: str) -> str:
    """ISO 8601 with the offset of `zone_name`."""
    return local(moment, zone_name).isoformat()


def to_wall(moment: int, zone_name: str) -> str:
    """`YYYY-MM-DD HH:MM` on the clock of `zone_name`."""
    return local(moment, zone_name).strftime("%Y-%m-%d %H:%M")


def day_of(moment: int, zone_name: str) -> str:
    """The local calendar day of an instant, ISO."""
    return local(moment, zone_name).date().isoformat()


def _within_calendar(day: date) -> None:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise UsageError(
            f"{day.isoformat()} is outside the calendar of this tool ({FIRST_DAY} to {LAST_DAY})."
        )


def _calendar_day(year: int, month: int, day: int, typed: str) -> str:
    try:
        found = date(year, month, day)
    except ValueError:
        raise UsageError(
            f"'{typed}' is not a calendar date; use YYYY-MM-DD, for example {EXAMPLE_DAY}."
        ) from None
    _within_calendar(found)
    return found.isoformat()


def _numeric_day(first: int, second: int, year: int, typed: str, month_first: bool | None) -> str:
    """A day typed with slashes: refused unless it is said which number is the month."""
    if month_first is None:
        readings: list[str] = []
        for month, day in ((first, second), (second, first)):
            if 1 <= month <= 12 and 1 <= day <= 31:
                readings.append(f"{year:04d}-{month:02d}-{day:02d}")
        shown = " or ".join(dict.fromkeys(readings)) or "no day at all"
        raise UsageError(f"'{typed}' can be read as {shown}; write YYYY-MM-DD.", lacks="day_order")
    month, day = (first, second) if month_first else (second, first)
    return _calendar_day(year, month, day, typed)


def is_iso_day(text: str) -> bool:
    """Whether text is a day as the record writes it, so that days compare as text: `2025-04-24`."""
    return _ISO_DAY.fullmatch(text) is not None


def day_given(value: object, today: str) -> str:
    """The ISO day that a program gave: text as `parse_day` reads it, a date, or the day of a
    datetime on its own clock.

    Raises UsageError for anything else, and for a datetime library's "not a time".

    >>> day_given(date(2025, 4, 24), ""), day_given("24 Apr 2025", "")
    ('2025-04-24', '2025-04-24')
    """
    if isinstance(value, str):
        return parse_day(value, today)
    if isinstance(value, date):
        # A datetime library's "not a time" is a datetime without a day.
        with suppress(ValueError, TypeError):
            day = value.date() if isinstance(value, datetime) else value
            _within_calendar(day)
            return day.isoformat()
    raise UsageError(
        f"{value!r:.40} is not a day; give a date or text, for example '{EXAMPLE_DAY}'."
    )


def parse_day(text: str, today: str | None, month_first: bool | None = None) -> str:
    """The ISO day that a user typed; `today` is the importer's local day, for `today` and
    `yesterday`.

    Accepted: ISO with or without dashes, `24 Apr 2025`, `Apr 24, 2025`, `April 24 2025`, and where
    `month_first` is said `04/24/2025`. Partial dates are refused, never completed. `today` None:
    the words are refused too, as in a file, which must mean the same tomorrow. Raises UsageError.
    """
    typed = text.strip()
    word = typed.lower()
    shown = typed[:40]
    if word in ("today", "yesterday"):
        if today is None:
            raise UsageError(
                f"'{shown}' names another day tomorrow; write the day itself, for example "
                f"{EXAMPLE_DAY}."
            )
        return (date.fromisoformat(today) - timedelta(days=word == "yesterday")).isoformat()
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", word, re.ASCII) or re.fullmatch(
        r"(\d{4})(\d\d)(\d\d)", word, re.ASCII
    ):
        year, month, day = map(int, found.groups())
        return _calendar_day(year, month, day, shown)
    if found := re.fullmatch(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", word, re.ASCII):
        first, second, year = map(int, found.groups())
        return _numeric_day(first, second, year, shown, month_first)
    if found := re.fullmatch(r"(\d{1,2})\s+([a-z]{3,9})\.?,?\s+(\d{4})", word, re.ASCII):
        day_text, month_text, year_text = found.groups()
    elif found := re.fullmatch(r"([a-z]{3,9})\.?\s+(\d{1,2}),?\s+(\d{4})", word, re.ASCII):
        month_text, day_text, year_text = found.groups()
    else:
        raise UsageError(
            f"'{shown}' is not a whole date; use YYYY-MM-DD, for example {EXAMPLE_DAY}."
        )
    month_number = _month(month_text)
    if month_number is None:
        raise UsageError(
            f"'{shown}': '{month_text}' is not a month; use YYYY-MM-DD, for example {EXAMPLE_DAY}."
        )
    return _calendar_day(int(year_text), month_number, int(day_text), shown)


def _month(word: str) -> int | None:
    full = (
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    )
    for number, (short, name) in enumerate(zip(_MONTHS, full, strict=True), start=1):
        if word in (short, name) or (word == "sept" and short == "sep"):
            return number
    return None
