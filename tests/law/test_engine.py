"""The answer: its status first, its number second; a sum of layers; whole answers compared, never
pieces.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.tiny_law import (
    TinyBook,
    charged,
    covered,
    event,
    layer,
    line,
    member,
    owed,
    plain,
    relation,
    share,
    written,
    yes_no,
)
from tariffcli.law.docket import docket_of
from tariffcli.law.engine import rate
from tariffcli.law.outlook import reports
from tariffcli.law.places import parse_selector

D = Decimal
WHEN = "2025-06-15"
STATUSES = ("outside_coverage", "prohibited", "needs_fact", "range", "complete")
QUOTA = yes_no("in-quota")


def status(book: TinyBook, product: str = "general", **facts: object) -> str:
    return book.ask(WHEN, product=product, **facts).status  # type: ignore[arg-type]


# Statuses, in their order

RATE = event("rate", 25)
ASKED = event("asked", 10, programme="asked", condition="in-quota")
OPEN = event("open", 10, programme="open", top=34, confidence="open")
BAN = event("ban", programme="ban", effect="prohibit")
ALL_OF_THEM = [RATE, ASKED, OPEN, BAN]


def test_one_number_is_complete():
    assert status(TinyBook([RATE])) == "complete"


def test_an_open_row_is_a_range():
    answer = TinyBook([RATE, OPEN]).ask(WHEN)
    assert (answer.status, owed(answer), answer.additional_pct) == ("range", "35..59", None)
    assert "not established: 10 to 34" in answer.reason


def test_a_fact_that_matters_is_needed_before_a_range_is_told():
    answer = TinyBook([RATE, OPEN, ASKED], conditions=[QUOTA]).ask(WHEN)
    assert (answer.status, owed(answer)) == ("needs_fact", "35..69")
    assert "in-quota" in answer.reason


def test_a_prohibition_is_told_before_a_needed_fact():
    assert status(TinyBook(ALL_OF_THEM, conditions=[QUOTA])) == "prohibited"


def test_outside_coverage_is_told_before_everything():
    answer = TinyBook(ALL_OF_THEM, conditions=[QUOTA], coverage=[covered("ca")]).ask(WHEN)
    assert (answer.status, answer.min_pct, answer.max_pct, answer.layers) == (
        "outside_coverage",
        None,
        None,
        (),
    )


@given(st.sets(st.sampled_from(["open", "asked", "ban", "outside"])))
def test_the_first_status_that_holds_is_the_answer(troubles: set[str]):
    rows = [RATE, *(row for row in (ASKED, OPEN, BAN) if row.id in troubles)]
    book = TinyBook(
        rows, conditions=[QUOTA], coverage=[covered("ca")] if "outside" in troubles else []
    )
    holding = {
        "outside_coverage": "outside",
        "prohibited": "ban",
        "needs_fact": "asked",
        "range": "open",
    }
    assert book.ask(WHEN).status == next(
        (name for name in STATUSES if holding.get(name) in troubles), "complete"
    )


def test_without_any_row_nothing_is_owed_and_that_is_certain():
    answer = TinyBook().ask(WHEN)
    assert (answer.status, answer.additional_pct, answer.layers) == ("complete", 0, ())


# Coverage


def test_before_the_first_covered_day_nothing_is_said_and_the_span_is():
    book = TinyBook([RATE], coverage=[covered("cn", "2018-01-01", "2025-12-31")])
    assert book.ask("2017-12-31").status == "outside_coverage"
    assert book.ask("2018-01-01").status == "complete"
    assert book.ask("2025-12-31").status == "complete"
    after = book.ask("2026-01-01")
    assert after.status == "outside_coverage"
    assert "2018-01-01 to 2025-12-31" in after.reason


def test_a_coverage_that_runs_on_is_told_as_running_on():
    reason = TinyBook([RATE], coverage=[covered("cn", "2018-01-01")]).ask("2017-12-31").reason
    assert reason == "the record covers this pair from 2018-01-01 to today and after"


def test_an_origin_that_is_not_covered_is_told_which_are():
    answer = TinyBook([RATE], coverage=[covered("cn+hk")]).ask(WHEN, "br")
    assert answer.status == "outside_coverage"
    assert "cn+hk" in answer.reason


def test_an_importer_that_is_not_covered_is_told_which_are():
    book = TinyBook([RATE])
    query = book.ask(WHEN).query._replace(importer="br")
    answer = rate(book, query)
    assert answer.status == "outside_coverage"
    assert "importers covered: us" in answer.reason


def test_coverage_follows_the_members_of_a_group():
    book = TinyBook(
        [RATE], coverage=[covered("@eu")], memberships=[member("eu", "gb", until="2020-02-01")]
    )
    assert [book.ask(when, "gb").status for when in ("2020-01-31", "2020-02-01")] == [
        "complete",
        "outside_coverage",
    ]


def test_the_answer_says_how_far_it_was_verified():
    assert (
        TinyBook([RATE], coverage=[covered(verified="2025-05-01"), covered(verified="2025-03-01")])
        .ask(WHEN)
        .verified_through
        == "2025-05-01"
    )


# Unknown is never zero


def test_a_blank_rate_is_at_least_nothing_and_unbounded():
    answer = TinyBook([RATE, event("blank", None, programme="blank")]).ask(WHEN)
    assert (answer.status, answer.min_pct, answer.max_pct, answer.additional_pct) == (
        "range",
        25,
        None,
        None,
    )
    assert (layer(answer, "blank").role, layer(answer, "blank").rate_pct) == ("unknown", None)


def test_a_blank_rate_for_some_of_the_goods_leaves_the_most_unbounded():
    book = TinyBook(
        [event("blank", None, scope="x")],
        scopes={"x": ["01010101"]},
        lines=[line("01010101"), line("01010102")],
    )
    answer = book.ask(WHEN, product="0101")
    assert (answer.min_pct, answer.max_pct, answer.total_max_pct) == (0, None, None)


def test_a_layer_that_is_unknown_alike_for_all_of_the_goods_keeps_its_own_reason():
    book = TinyBook(
        [event("blank", None), event("x", 5, scope="x", programme="x")],
        scopes={"x": ["01010101"]},
        lines=[line("01010101"), line("01010102")],
    )
    blank = layer(book.ask(WHEN, product="0101"), "duty")
    assert (blank.role, blank.reason) == ("unknown", "the record does not establish the rate")


def test_the_three_zeros_are_not_the_same():
    roles = {}
    for effect, rate_pct in (("exempt", None), ("rate", 0), ("end", None)):
        roles[effect] = layer(
            TinyBook([event("zero", rate_pct, effect=effect)]).ask(WHEN), "duty"
        ).role
    assert roles == {"exempt": "exempt", "rate": "applies", "end": "suspended"}


def test_a_report_is_no_law():
    assert (
        TinyBook(
            [
                RATE,
                event("said", 99, programme="said", status="reported"),
                event("threat", 99, status="threatened"),
            ]
        ).owes(WHEN)
        == "25"
    )


def test_a_report_is_told_once_beside_the_law_and_to_its_own_origin():
    said = event("said", 99, programme="said", status="reported")
    other = said._replace(id="other", origin=parse_selector("br"))
    of_a_group = said._replace(id="of-a-group", origin=parse_selector("@eu"))
    members = [member("eu", "de"), member("another", "cn")]
    book = TinyBook([RATE, said, other, of_a_group], memberships=members)
    found = reports(docket_of(book, "us", "cn"), book.ask(WHEN).query)
    assert [(one.event.id, one.would_be_pct) for one in found] == [("said", 124)]


# Floors and the ordinary duty

FLOOR = event("floor-15", 15, effect="floor")


@pytest.mark.parametrize(
    ("mfn", "adds"), [(0, "15"), ("2.5", "12.5"), ("5.3", "9.7"), (15, "0"), (25, "0")]
)
def test_a_floor_adds_what_the_ordinary_duty_leaves_and_never_less_than_nothing(
    mfn: object, adds: str
):
    answer = TinyBook([FLOOR]).ask(WHEN, mfn=mfn)  # type: ignore[arg-type]
    assert owed(answer) == adds
    assert layer(answer, "duty").role == "floor"
    assert answer.total_pct == max(D(15), D(str(mfn)))


def test_a_floor_over_an_unknown_ordinary_duty_is_a_range():
    answer = TinyBook([FLOOR]).ask(WHEN)
    assert (answer.status, owed(answer), answer.total_pct, answer.total_min_pct) == (
        "range",
        "0..15",
        None,
        None,
    )
    assert "the ordinary duty is not known" in answer.reason


def test_a_floor_reads_the_schedule_before_the_duty_that_the_user_supplies():
    book = TinyBook([FLOOR], lines=[line("01010101", "2.5%"), line("01010102", "1 cent/kg")])
    assert book.owes(WHEN, product="01010101", mfn=10) == "12.5"
    assert book.owes(WHEN, product="01010102", mfn=10) == "5"


def test_a_floor_over_several_ordinary_duties_is_a_range_with_one_total():
    book = TinyBook([FLOOR], lines=[line("01010101", "2.5%"), line("01010102", "Free")])
    answer = book.ask(WHEN, product="0101")
    assert (owed(answer), answer.total_pct) == ("12.5..15", 15)


def test_the_total_is_additional_plus_ordinary_duty():
    book = TinyBook([RATE], lines=[line("01010101", "2.5%")])
    answer = book.ask(WHEN, product="01010101")
    assert (answer.additional_pct, answer.mfn_pct, answer.total_pct) == (25, D("2.5"), D("27.5"))


def test_where_the_ordinary_duty_is_unknown_there_is_no_total():
    answer = TinyBook([RATE], lines=[line("01010101", "2.5 cents/kg")]).ask(
        WHEN, product="01010101"
    )
    assert (answer.status, answer.additional_pct, answer.total_pct, answer.mfn_text) == (
        "complete",
        25,
        None,
        "2.5 cents/kg",
    )


# Specific duties


def test_a_specific_duty_on_top_is_at_least_its_per_cent():
    answer = TinyBook([event("wafer", 15, amount=21, per="kg", join="plus")]).ask(WHEN)
    assert (answer.status, owed(answer)) == ("range", "15..")


def test_a_specific_duty_instead_may_be_anything():
    assert TinyBook([event("parcel", 54, amount=100, per="item", join="or")]).owes(WHEN) == "0.."


def test_the_greater_of_two_is_at_least_its_per_cent():
    assert TinyBook([event("x", 10, amount=5, per="item", join="greater")]).owes(WHEN) == "10.."


# Prohibition


def test_a_prohibition_for_some_of_the_goods_is_told():
    book = TinyBook(
        [RATE, event("ban", effect="prohibit", scope="x", programme="ban")],
        scopes={"x": ["01010101"]},
        lines=[line("01010101"), line("01010102")],
    )
    assert [status(book, product) for product in ("0101", "01010101", "01010102")] == [
        "prohibited",
        "prohibited",
        "complete",
    ]


def test_goods_that_may_not_enter_have_no_total():
    answer = TinyBook([RATE, BAN]).ask(WHEN, mfn="2.5")
    assert answer.status == "prohibited"
    assert answer.total_pct is None


# Facts of the entry


def test_a_fact_that_changes_nothing_is_not_needed():
    answer = TinyBook([RATE, event("same", 25, condition="in-quota")], conditions=[QUOTA]).ask(WHEN)
    assert (answer.status, answer.additional_pct, answer.asked) == ("complete", 25, ())


def test_relief_to_be_claimed_leaves_the_answer_complete():
    book = TinyBook(
        [RATE, event("gift", effect="exempt", condition="donation")],
        conditions=[yes_no("donation", "assume_no")],
    )
    assert (status(book), book.owes(WHEN), book.owes(WHEN, donation=True)) == (
        "complete",
        "25",
        "0",
    )


def test_an_answered_fact_makes_one_number():
    book = TinyBook([RATE, event("within", 0, condition="in-quota")], conditions=[QUOTA])
    assert [
        book.owes(WHEN, **facts) for facts in ({}, {"in-quota": True}, {"in-quota": False})
    ] == ["0..25", "0", "25"]


def test_the_range_is_over_whole_answers_not_over_layers():
    """A fridge: steel 50 on the steel, 20 on the rest. Ranges of layers would add up to 0..70."""
    book = TinyBook(
        [
            event("steel", 50, programme="steel", base="steel"),
            event("recip", 20, programme="recip"),
        ],
        [relation("steel", "recip")],
        conditions=[share("steel")],
    )
    answer = book.ask(WHEN)
    assert (answer.status, owed(answer), answer.asked) == ("needs_fact", "20..50", ("steel",))
    assert charged(answer) == {"steel": "0..50", "recip": "0..20"}


def test_two_unknown_facts_are_tried_together():
    rows = [
        event("a", 10, programme="a", condition="x"),
        event("b", 5, programme="b", condition="y"),
        event("c", 7, programme="c", condition="!x"),
    ]
    assert TinyBook(rows, conditions=[yes_no("x"), yes_no("y")]).owes(WHEN) == "7..15"


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(0, 50)), max_size=5),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_whatever_the_facts_turn_out_to_be_the_answer_lies_in_the_range(
    rows: list[tuple[str, bool, int]], truth: tuple[bool, bool, bool]
):
    events = [
        event(f"{n}", pct, programme=f"p{n}", condition=("!" if negated else "") + name)
        for n, (name, negated, pct) in enumerate(rows)
    ]
    book = TinyBook(events, conditions=[yes_no(name) for name in "abc"])
    open_answer = book.ask(WHEN)
    exact = book.ask(WHEN, **dict(zip("abc", truth, strict=True)))
    assert open_answer.min_pct <= exact.additional_pct <= open_answer.max_pct  # type: ignore[operator]


def test_only_facts_that_matter_are_named():
    rows = [
        RATE,
        event("within", 0, condition="in-quota"),
        event("same", 5, programme="b"),
        event("same-too", 5, programme="b", condition="idle"),
    ]
    assert TinyBook(rows, conditions=[QUOTA, yes_no("idle")]).ask(WHEN).asked == ("in-quota",)


def test_a_duty_that_is_not_met_says_what_is_missing_and_not_what_is_there():
    book = TinyBook(
        [event("relief", 5, condition="here&missing")],
        conditions=[yes_no("here"), yes_no("missing")],
    )
    unmet = layer(book.ask(WHEN, here=True, missing=False), "duty")
    assert (unmet.role, unmet.reason) == ("condition_not_met", "missing?")


def test_only_lists_that_have_a_say_are_told():
    rows = [
        event("steel", 50, programme="steel", scope="steel-list"),
        event("recip", 20, programme="recip", scope="recip-list"),
        event("gift", 5, programme="gift", scope="gift-list", condition="gift"),
    ]
    lists = {event.scope: ["01010101"] for event in rows}
    book = TinyBook(
        rows,
        [relation("steel", "recip")],
        lists,
        [line("01010101")],
        conditions=[yes_no("gift", "assume_no")],
    )
    assert book.ask(WHEN, product="01010101").lists == ("steel-list",)
    claimed = book.ask(WHEN, product="01010101", gift=True)
    assert set(claimed.lists) == {"steel-list", "gift-list"}


def test_a_share_is_also_tried_just_above_its_bound():
    rows = [
        event("steel", 10, programme="steel", base="steel"),
        event("recip", 25, programme="recip"),
        event("free", programme="recip", effect="exempt", condition="has-steel"),
    ]
    book = TinyBook(rows, conditions=[share("steel"), share("has-steel", ">", 0, fact="steel")])
    exact = book.ask(WHEN, steel="0.01").additional_pct
    assert exact == D("0.1")
    assert book.ask(WHEN).min_pct <= exact  # type: ignore[operator]


def test_a_share_is_also_tried_just_below_its_bound():
    """Goods of 15% metal owe 50; lighter ones 20 on what is no metal: the more metal the less, down
    to 20 x 0.85.
    """
    rows = [
        event("heavy", 50, programme="metal", condition="!light"),
        event("rest", 20, programme="recip", base="!metal", condition="light"),
    ]
    book = TinyBook(rows, conditions=[share("metal"), share("light", "<", "0.15", fact="metal")])
    assert [book.owes(WHEN, metal=part) for part in ("0", "0.1", "0.15")] == ["20", "18", "50"]
    assert book.owes(WHEN) == "17..50"


def test_a_fact_with_two_bounds_is_tried_around_both():
    rows = [event("middle", 20, condition="most&!nearly-all")]
    parts = [share("most", ">=", "0.4", fact="part"), share("nearly-all", ">=", "0.9", fact="part")]
    assert TinyBook(rows, conditions=parts).owes(WHEN, part="0.5") == "20"
    assert TinyBook(rows, conditions=parts).owes(WHEN) == "0..20"


def test_the_total_too_is_a_range_of_whole_answers():
    rows = [RATE, event("parcel", 54, programme="postal", condition="postal")]
    answer = TinyBook(rows, [relation("postal", "*")], conditions=[yes_no("postal")]).ask(
        WHEN, mfn="2.5"
    )
    assert owed(answer) == "25..54"
    assert written(answer.total_min_pct, answer.total_max_pct) == "27.5..54"


# Sums, parts and shares


@given(st.lists(st.integers(0, 100), max_size=5))
def test_the_layers_that_apply_sum_to_the_additional_duty(rates: list[int]):
    answer = TinyBook([event(f"{n}", pct, programme=f"p{n}") for n, pct in enumerate(rates)]).ask(
        WHEN
    )
    assert answer.additional_pct == sum(
        one.rate_pct for one in answer.layers if one.role in ("applies", "floor")
    )


def test_the_layers_sum_also_where_both_sides_of_a_fact_agree():
    """Canadian steel: with USMCA origin it owes the steel duty, without it the border duty in its
    place; 25 either way.
    """
    rows = [
        event("steel", 25, programme="steel", condition="usmca"),
        event("border", 25, programme="border", condition="!usmca"),
    ]
    answer = TinyBook(rows, conditions=[yes_no("usmca")]).ask(WHEN)
    assert (answer.status, answer.additional_pct) == ("complete", 25)
    assert sum(one.rate_pct or 0 for one in answer.layers if one.role in ("applies", "floor")) == 25


def test_parts_stand_by_what_they_owe_and_shares_make_the_whole():
    book = TinyBook(
        [event("x", 10, scope="x")],
        scopes={"x": ["01010101", "01010102"]},
        lines=[line(f"0101010{n}") for n in (1, 2, 3)],
    )
    answer = book.ask(WHEN, product="0101")
    assert [(part.codes, plain(part.outcome.min_pct)) for part in answer.parts] == [
        (("01010103",), "0"),
        (("01010101", "01010102"), "10"),
    ]
    assert sum(part.share_of_lines for part in answer.parts) == 1
    assert (answer.status, answer.reason) == (
        "range",
        "lines of this product stand on different lists",
    )


def test_of_parts_that_owe_the_same_at_least_one_without_a_most_stands_last():
    book = TinyBook(
        [event("x", None, scope="x"), event("y", 0, top=10, scope="y")],
        scopes={"x": ["01010101"], "y": ["01010102"]},
        lines=[line(f"0101010{n}") for n in (1, 2, 3)],
    )
    parts = book.ask(WHEN, product="0101").parts
    assert [written(one.outcome.min_pct, one.outcome.max_pct) for one in parts] == [
        "0",
        "0..10",
        "0..",
    ]


def test_goods_that_owe_the_same_by_the_same_rows_have_no_parts():
    book = TinyBook([event("x", 10)], lines=[line("01010101"), line("01010102", "5%")])
    assert book.ask(WHEN, product="0101").parts == ()


def test_the_range_of_a_product_is_least_and_most_of_its_parts():
    rows = [
        event("x", 10, scope="x"),
        event("y", 30, scope="y", programme="y"),
        OPEN._replace(scope="y"),
    ]
    book = TinyBook(
        rows,
        scopes={"x": ["01010101"], "y": ["01010102"]},
        lines=[line(f"0101010{n}") for n in (1, 2, 3)],
    )
    answer = book.ask(WHEN, product="0101")
    assert answer.min_pct == min(part.outcome.min_pct for part in answer.parts) == 0
    assert answer.max_pct == max(part.outcome.max_pct for part in answer.parts) == 64  # type: ignore[type-var]


def test_shuffled_rows_list_the_layers_alike():
    rows = [event("a", 10, programme="a"), event("b", 5, programme="b")]
    assert TinyBook(rows).ask(WHEN).layers == TinyBook(rows[::-1]).ask(WHEN).layers


def test_the_confidence_is_that_of_the_weakest_row_that_charges():
    rows = [
        RATE,
        event("b", 5, programme="b", confidence="secondary"),
        event("c", programme="c", effect="exempt", confidence="memory"),
    ]
    assert TinyBook(rows).ask(WHEN).confidence == "secondary"


def test_every_layer_carries_the_row_it_comes_from():
    assert layer(TinyBook([RATE]).ask(WHEN), "duty").event == RATE


def test_parts_as_known_on_a_day_are_not_split_by_lists_of_later_acts():
    rows = [event("x", 10, scope="x")]
    later = event("y", 20, programme="y", scope="y", announced="2026-01-01")
    scopes, lines = {"x": ["01010101"], "y": ["0101010110"]}, [line("01010101"), line("01010102")]
    without, with_it = (
        TinyBook(some, scopes=scopes, lines=lines).ask(WHEN, product="0101", known_on="2025-12-31")
        for some in (rows, [*rows, later])
    )
    assert with_it.parts == without.parts
