"""The fold: which act rules a programme at an instant, as known on a day. One test a rule of
docs/decisions/0001-the-fold.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.tiny_law import at, event
from tariffcli.errors import RecordError
from tariffcli.law.model import Event
from tariffcli.law.timeline import by_programme, in_force, living, ruling

NOW = at("2025-06-01")
LIST, GROUP, NAMED = "a-list", "@eu", "de"


def ruled(*rows: Event) -> str | None:
    """The id of the row that rules."""
    found = ruling(rows)
    return found.id if found else None


# Candidates


def test_only_law_is_folded():
    statuses = {
        status: in_force(event("x", 10, status=status), NOW, None)
        for status in ("law", "reported", "threatened")
    }
    assert statuses == {"law": True, "reported": False, "threatened": False}


def test_a_row_is_known_from_the_day_of_its_instrument():
    row = event("x", 10, announced="2025-04-02", effective="2025-04-05 00:01")
    assert [in_force(row, NOW, day) for day in ("2025-04-01", "2025-04-02", None)] == [
        False,
        True,
        True,
    ]


def test_a_row_known_today_may_reach_back():
    row = event("x", 15, announced="2025-09-04", effective="2025-04-05")
    assert in_force(row, NOW, "2025-09-04")
    assert not in_force(row, NOW, "2025-09-03")


def test_a_row_holds_from_effective_up_to_until():
    row = event(
        "x", 10, announced="2025-01-01", effective="2025-04-09 00:01", until="2025-07-09 00:01"
    )
    moments = {
        wall: in_force(row, at(wall), None)
        for wall in ("2025-04-09 00:00", "2025-04-09 00:01", "2025-07-09 00:00", "2025-07-09 00:01")
    }
    assert list(moments.values()) == [False, True, True, False]


# Which row rules


def test_without_rows_nothing_rules():
    assert ruled() is None


def test_a_raise_of_the_same_goods_rules_because_it_was_announced_later():
    assert (
        ruled(
            event("thirty-four", 34, announced="2025-04-02"),
            event("eighty-four", 84, announced="2025-04-08"),
        )
        == "eighty-four"
    )


def test_of_one_act_s_steps_the_later_effective_rules():
    assert (
        ruled(event("ten", 10, effective="2025-01-05"), event("twenty", 20, effective="2025-02-01"))
        == "twenty"
    )


def test_a_narrow_row_survives_a_later_broad_one_that_undoes_nothing():
    russia = event("ru-200", 200, origin="ru", announced="2023-02-24")
    everybody = event("all-50", 50, announced="2025-06-03", undoes="none")
    assert ruled(russia, everybody) == "ru-200"


def test_a_country_by_name_rules_over_a_group_and_a_group_over_everybody():
    rows = [event("all", 10), event("group", 20, origin=GROUP), event("named", 15, origin=NAMED)]
    assert ruled(*rows) == "named"
    assert ruled(*rows[:2]) == "group"


def test_a_list_rules_over_all_goods_however_long_its_codes():
    assert ruled(event("list", 0, scope=LIST), event("all", 25, announced="2025-02-01")) == "list"


def test_origin_is_compared_before_scope():
    assert (
        ruled(event("list", 10, scope=LIST, origin="*"), event("named", 15, origin=NAMED))
        == "named"
    )


def test_scope_is_compared_before_the_day_it_was_announced():
    assert (
        ruled(
            event("list", 10, scope=LIST, announced="2025-01-01"),
            event("all", 35, announced="2025-03-01"),
        )
        == "list"
    )


def test_a_row_with_a_condition_rules_over_every_row_without_one():
    assert (
        ruled(
            event("transshipped", 40, condition="transshipped"),
            event("vietnam", 20, origin="vn", scope=LIST, announced="2025-09-01"),
        )
        == "transshipped"
    )


def test_announced_is_compared_before_effective():
    assert (
        ruled(
            event("early", 30, announced="2025-02-01", effective="2025-05-01"),
            event("late", 15, announced="2025-03-01", effective="2025-03-01"),
        )
        == "late"
    )


def test_of_equal_rows_the_bounded_rules_before_the_open_ended():
    kept = event("kept-34", 34, announced="2025-05-12")
    suspended = event("suspended-10", 10, announced="2025-05-12", until="2025-08-12 00:01")
    assert ruled(kept, suspended) == "suspended-10"


def test_two_equal_rows_that_differ_are_an_error_of_the_record():
    with pytest.raises(RecordError, match="rule the same goods equally"):
        ruled(event("a", 10), event("b", 15))


def test_two_equal_rows_that_say_the_same_are_none():
    assert ruled(event("b", 10), event("a", 10)) == "a"


def test_a_tie_below_the_ruling_row_hurts_nobody():
    assert ruled(event("a", 10), event("b", 15), event("c", 5, announced="2025-02-01")) == "c"


@pytest.mark.parametrize(
    "other",
    [
        {"effect": "floor"},
        {"top": 34},
        {"base": "steel"},
        {"amount": 100, "join": "or", "per": "item"},
    ],
)
def test_rows_with_the_same_figure_but_another_meaning_differ(other: dict[str, object]):
    with pytest.raises(RecordError):
        ruled(event("a", 10), event("b", 10, **other))  # type: ignore[arg-type]


def test_the_same_amount_in_another_currency_is_another_duty():
    dollars = event("a", 10, amount=100, join="plus", per="item")
    assert ruled(dollars, dollars._replace(id="b")) == "a"
    with pytest.raises(RecordError):
        ruled(dollars, dollars._replace(id="b", currency="CNY"))


def test_a_prohibition_competes_like_a_rate():
    assert (
        ruled(event("rate", 50), event("ban", effect="prohibit", announced="2025-02-01")) == "ban"
    )


# Undoing


def test_earlier_takes_away_every_older_rate_floor_and_end_row():
    rows = [
        event("vn-46", 46, origin="vn", announced="2025-04-02"),
        event("eu-15", 15, effect="floor", origin=GROUP, announced="2025-04-03"),
    ]
    pause = event("pause-10", 10, announced="2025-04-09", undoes="earlier")
    assert ruled(*rows, pause) == "pause-10"


def test_earlier_does_not_reach_rows_of_the_same_day_or_later():
    pause = event("pause-10", 10, announced="2025-04-09", undoes="earlier")
    assert ruled(event("cn-125", 125, origin="cn", announced="2025-04-09"), pause) == "cn-125"
    assert ruled(event("vn-20", 20, origin="vn", announced="2025-07-31"), pause) == "vn-20"


def test_an_end_implies_earlier():
    rate = event("narrow", 25, origin="de", scope=LIST, announced="2025-02-01")
    assert ruled(rate, event("end", effect="end", announced="2025-03-01")) == "end"


def test_an_end_that_undoes_nothing_leaves_what_is_narrower():
    narrow = event("narrow", 25, origin="de", announced="2025-02-01")
    assert (
        ruled(narrow, event("end", effect="end", announced="2025-03-01", undoes="none")) == "narrow"
    )


def test_a_rate_after_an_end_rules_again():
    end = event("end", effect="end", announced="2025-03-01")
    assert (
        ruled(
            event("old", 25, announced="2025-02-01"),
            end,
            event("new", 10, announced="2025-04-01", undoes="none"),
        )
        == "new"
    )


def test_a_row_taken_away_by_name_leaves_the_others_standing():
    rows = [event("a", 25, origin="de"), event("b", 15, origin=GROUP), event("c", 10)]
    assert ruled(*rows, event("back", effect="undo", announced="2025-02-01", undoes="a")) == "b"


def test_one_row_may_take_several_away():
    rows = [event("a", 25, origin="de"), event("b", 15, origin=GROUP), event("c", 10)]
    assert ruled(*rows, event("back", effect="undo", announced="2025-02-01", undoes="a;b")) == "c"


def test_an_undo_rules_nothing_itself():
    assert (
        ruled(event("a", 25), event("back", effect="undo", announced="2025-02-01", undoes="a"))
        is None
    )


def test_a_rate_may_take_away_by_name_what_is_narrower():
    narrow = event("narrow", 46, origin="vn", announced="2025-04-02")
    assert ruled(narrow, event("broad", 10, announced="2025-05-01", undoes="narrow")) == "broad"


def test_undoing_what_is_not_there_does_nothing():
    assert (
        ruled(
            event("a", 25),
            event("back", effect="undo", announced="2025-02-01", undoes="somebody-else"),
        )
        == "a"
    )


def test_a_killed_row_kills_nothing_so_the_stay_of_a_ruling_brings_the_duty_back():
    rate = event("rate", 20, announced="2025-03-03")
    ruling_of_the_court = event("court", effect="end", announced="2025-05-28")
    stay = event(
        "stay", effect="undo", announced="2025-05-29", effective="2025-05-28", undoes="court"
    )
    assert ruled(rate, ruling_of_the_court) == "court"
    assert ruled(rate, ruling_of_the_court, stay) == "rate"


def test_an_undo_of_an_undo_restores_what_the_first_took():
    rate = event("rate", 18, announced="2020-10-10")
    court = event("court", effect="undo", announced="2021-11-16", undoes="rate")
    appeal = event(
        "appeal", effect="undo", announced="2023-11-13", effective="2021-11-16", undoes="court"
    )
    again = event("again", effect="undo", announced="2024-05-01", undoes="appeal")
    older = event("older", 15, announced="2018-01-23")
    assert [
        ruled(older, rate, *rows) for rows in ([], [court], [court, appeal], [court, appeal, again])
    ] == [
        "rate",
        "older",
        "rate",
        "older",
    ]


def test_an_undo_acts_from_its_own_first_instant():
    rate = event("rate", 25, announced="2018-09-17", effective="2019-01-01 00:01")
    off = event(
        "off", effect="undo", announced="2018-12-19", effective="2019-01-01 00:01", undoes="rate"
    )
    assert in_force(off, at("2019-01-01 00:01"), "2018-12-19")
    assert ruled(rate, off) is None
    assert not in_force(off, at("2019-01-01 00:01"), "2018-12-18")


def test_rows_that_take_one_another_away_are_an_error_of_the_record():
    with pytest.raises(RecordError, match="take one another away"):
        living([event("a", 10, undoes="b"), event("b", 20, undoes="a")])


def test_a_longer_circle_is_an_error_too():
    with pytest.raises(RecordError, match="take one another away"):
        living([event("a", 10, undoes="b"), event("b", 20, undoes="c"), event("c", 30, undoes="a")])


def test_a_row_that_names_itself_does_not_take_itself_away():
    assert ruled(event("a", 10, undoes="a")) == "a"


# Exemptions


def test_a_living_exemption_stands_above_every_rate():
    assert (
        ruled(
            event("list-free", effect="exempt", scope=LIST),
            event("named", 50, origin="de", scope=LIST, announced="2025-05-01"),
        )
        == "list-free"
    )


def test_an_exemption_survives_an_end():
    assert (
        ruled(event("free", effect="exempt"), event("end", effect="end", announced="2025-05-01"))
        == "free"
    )


def test_an_exemption_survives_earlier():
    free = event("free", effect="exempt", scope=LIST)
    assert ruled(free, event("new", 10, announced="2025-05-01", undoes="earlier")) == "free"


def test_an_exemption_falls_only_when_it_is_named():
    free = event("free", effect="exempt", scope=LIST)
    assert (
        ruled(
            event("rate", 10),
            free,
            event("out", effect="undo", announced="2025-05-01", undoes="free"),
        )
        == "rate"
    )


def test_taking_one_exemption_away_leaves_another_with_its_own_ground():
    annex = event("annex", effect="exempt", scope="annex-ii")
    natural = event(
        "natural", effect="exempt", origin=GROUP, scope="natural", announced="2025-09-25"
    )
    out = event("out", effect="undo", announced="2025-09-29", undoes="annex")
    assert ruled(event("rate", 15), annex, natural, out) == "natural"


# Programmes


def test_an_act_that_speaks_of_several_programmes_stands_in_each():
    found = by_programme(
        [
            event("court", effect="end", programme="fentanyl;reciprocal"),
            event("rate", 20, programme="fentanyl"),
        ]
    )
    assert {name: [row.id for row in rows] for name, rows in found.items()} == {
        "fentanyl": ["court", "rate"],
        "reciprocal": ["court"],
    }


# The fold against a slow second version, written from the words of the design


def slow_fold(rows: Sequence[Event], known_on: str) -> set[str] | None:
    """The rows that may rule (all exemptions, or the most special ones); None where the record
    contradicts itself.
    """
    candidates = [row for row in rows if row.status == "law" and row.announced <= known_on]
    candidates = [
        row for row in candidates if row.effective <= NOW and (row.until is None or row.until > NOW)
    ]
    dead: set[str] = set()
    for row in sorted(candidates, key=lambda one: one.announced, reverse=True):
        if row.id in dead:
            continue
        for victim in candidates:
            by_name = victim.id in row.undoes
            swept = "earlier" in row.undoes or row.effect == "end"
            if by_name or (
                swept
                and victim.announced < row.announced
                and victim.effect in ("rate", "floor", "end")
            ):
                dead.add(victim.id)
    alive = [row for row in candidates if row.id not in dead]
    exempt = [row for row in alive if row.effect == "exempt"]
    if exempt:
        return {row.id for row in exempt}

    def rank(row: Event) -> tuple[object, ...]:
        origin = (
            0 if row.origin.text.startswith("*") else 1 if row.origin.text.startswith("@") else 2
        )
        return (
            row.condition != (),
            origin,
            0 if row.scope == "all" else 1,
            row.announced,
            row.effective,
            row.until is not None,
        )

    contest = [row for row in alive if row.effect in ("rate", "floor", "end")]
    if not contest:
        return set()
    top = max(rank(row) for row in contest)  # type: ignore[type-var]
    best = [row for row in contest if rank(row) == top]
    return (
        {row.id for row in best} if len({(row.effect, row.rate_pct) for row in best}) == 1 else None
    )


DAYS = ["2025-01-01", "2025-02-01", "2025-03-01", "2025-04-01", "2025-07-01"]
STARTS = ["2025-01-15", "2025-02-15", "2025-05-31", "2025-06-01 00:01"]
ENDS = [None, None, "2025-05-31 23:59", "2025-06-01", "2025-06-02", "2026-01-01"]


@st.composite
def record_of_one_programme(draw: st.DrawFn) -> list[Event]:
    """Rows that undo only rows announced before them, as acts do."""
    rows: list[Event] = []
    for number in range(draw(st.integers(1, 7))):
        announced = draw(st.sampled_from(DAYS))
        effect = draw(st.sampled_from(["rate", "rate", "rate", "floor", "end", "exempt", "undo"]))
        older = [row.id for row in rows if row.announced < announced]
        named = (
            ";".join(draw(st.lists(st.sampled_from(older), max_size=2, unique=True)))
            if older
            else ""
        )
        choices = [named] if effect == "undo" else ["", "none", "earlier", named]
        rows.append(
            event(
                f"row-{number}",
                draw(st.sampled_from([0, 10, 25])) if effect in ("rate", "floor") else None,
                effect=effect,
                origin=draw(st.sampled_from(["*", "*-cn", GROUP, NAMED])),
                scope=draw(st.sampled_from(["all", LIST])),
                announced=announced,
                effective=draw(st.sampled_from(STARTS)),
                until=draw(st.sampled_from(ENDS)),
                undoes="" if effect == "end" else draw(st.sampled_from(choices)),
                condition=draw(st.sampled_from(["", "", "claimed"])),
                status=draw(st.sampled_from(["law", "law", "law", "law", "threatened"])),
            )
        )
    return rows


def fold(rows: Sequence[Event], known_on: str) -> str | type[RecordError] | None:
    """The id of the ruling row, None, or RecordError."""
    try:
        found = ruling([row for row in rows if in_force(row, NOW, known_on)])
    except RecordError:
        return RecordError
    return found.id if found else None


KNOWN = st.sampled_from(
    ["2024-12-31", "2025-01-01", "2025-02-10", "2025-03-01", "2025-04-02", "2026-01-01"]
)


@settings(max_examples=300)
@given(record_of_one_programme(), KNOWN)
def test_the_fold_equals_the_slow_reading_of_the_design(rows: list[Event], known_on: str):
    slow, quick = slow_fold(rows, known_on), fold(rows, known_on)
    if slow is None:
        assert quick is RecordError
    elif not slow:
        assert quick is None
    else:
        assert quick in slow


@given(record_of_one_programme(), KNOWN, st.randoms(use_true_random=False))
def test_shuffling_the_candidates_changes_nothing(rows: list[Event], known_on: str, chance):
    shuffled = chance.sample(rows, len(rows))
    assert fold(rows, known_on) == fold(shuffled, known_on)


@given(record_of_one_programme())
def test_at_most_one_row_rules_and_it_is_alive(rows: list[Event]):
    candidates = [row for row in rows if in_force(row, NOW, None)]
    found = fold(rows, "2026-01-01")
    assert found in {None, RecordError} | {row.id for row in living(candidates)}


@given(record_of_one_programme(), KNOWN)
def test_what_was_known_on_a_day_never_depends_on_later_acts(rows: list[Event], known_on: str):
    assert fold(rows, known_on) == fold(
        [row for row in rows if row.announced <= known_on], known_on
    )


@given(record_of_one_programme())
def test_nothing_living_was_taken_away_by_anything_living(rows: list[Event]):
    alive = living(rows)
    for killer in alive:
        for row in alive:
            assert row is killer or row.id not in killer.undoes


@given(record_of_one_programme())
def test_without_an_undoing_row_everything_lives(rows: list[Event]):
    calm = [row._replace(undoes=("none",)) for row in rows if row.effect != "end"]
    assert living(calm) == calm


@given(record_of_one_programme(), st.integers(0, 6))
def test_a_row_undone_by_the_last_act_is_as_if_it_had_never_been(rows: list[Event], number: int):
    gone = rows[number % len(rows)]
    undo = event(
        "last-word", effect="undo", announced="2025-08-01", effective="2025-01-01", undoes=gone.id
    )
    assert fold([*rows, undo], "2026-01-01") == fold(
        [row for row in rows if row is not gone], "2026-01-01"
    )


def test_a_circle_that_a_later_act_ended_is_read_alike_in_every_order():
    a, b = event("a", 10, undoes="b"), event("b", 20, announced="2025-01-02", undoes="a")
    c = event("c", 30, announced="2025-03-01", undoes="a")

    def told(*rows: Event) -> object:
        try:
            return sorted(row.id for row in living(rows))
        except RecordError:
            return RecordError

    assert told(a, b, c) == told(c, a, b) == told(b, c, a)
