"""Facts of an entry: relief that is not claimed counts as no, what must be asked is tried both
ways, never guessed.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.tiny_law import TinyBook, at, event, loaded_before, share, terms, yes_no
from tariffcli.errors import UsageError
from tariffcli.law.facts import (
    all_true,
    assignments,
    could_be_true,
    extremes,
    holds_for,
    share_of,
    unknown_facts,
)
from tariffcli.law.model import Condition

D = Decimal
DONATION = yes_no("donation", "assume_no")
QUOTA = yes_no("in-quota", fact="in_quota")
LOADED = loaded_before("in-transit", "2025-04-05 00:01")
STEEL, ALUMINIUM = share("steel"), share("aluminium")
HAS_STEEL = share("has-steel", ">", "0", fact="steel")
LIGHT = share("light", "<", "0.15", fact="weight", flag="--weight")
US_CONTENT = share("us-content", ">=", "0.2", "assume_no", fact="us", flag="--us")
CHEAP = Condition("cheap", "value", "amount", "<=", D(800), "assume_no", "--value", "", "")
DEAR = Condition("dear", "value", "amount", ">", D(800), "ask", "--value", "", "")
VESSEL = Condition("by-vessel", "mode", "choice", "=", "vessel", "ask", "--mode", "", "")
ALL = {
    row.id: row
    for row in (
        DONATION,
        QUOTA,
        LOADED,
        STEEL,
        ALUMINIUM,
        HAS_STEEL,
        LIGHT,
        US_CONTENT,
        CHEAP,
        DEAR,
        VESSEL,
    )
}


def true(cell: str, **facts: object) -> bool:
    return all_true(terms(cell), ALL, facts)  # type: ignore[arg-type]


# Is a condition true?


@pytest.mark.parametrize(
    ("condition", "value", "holds"),
    [
        (DONATION, True, True),
        (DONATION, False, False),
        (LOADED, at("2025-04-05 00:00"), True),
        (LOADED, at("2025-04-05 00:01"), False),
        (US_CONTENT, D("0.2"), True),
        (US_CONTENT, D("0.19"), False),
        (HAS_STEEL, D(0), False),
        (HAS_STEEL, D("0.01"), True),
        (CHEAP, D(800), True),
        (CHEAP, D("800.01"), False),
        (DEAR, D(800), False),
        (VESSEL, "vessel", True),
        (VESSEL, "rail", False),
        (STEEL, D(0), False),
        (STEEL, D("0.3"), True),
    ],
)
def test_a_known_fact_passes_or_fails_its_test_exactly_at_the_bound(
    condition: Condition, value: object, holds: bool
):
    assert holds_for(condition, value) is holds  # type: ignore[arg-type]


def test_a_row_without_a_condition_is_always_true():
    assert true("")


def test_an_unknown_fact_counts_as_no_and_its_negation_as_yes():
    assert not true("donation")
    assert true("!donation")


def test_a_negated_condition_is_true_when_the_fact_fails_it():
    assert true("!in-quota", in_quota=False)
    assert not true("!in-quota", in_quota=True)


def test_joined_conditions_must_all_be_true():
    both = "in-transit&by-vessel"
    early, late = at("2025-04-01"), at("2025-04-06")
    assert true(both, loaded=early, mode="vessel")
    assert not true(both, loaded=early, mode="air")
    assert not true(both, loaded=late, mode="vessel")
    assert not true(both, loaded=early)


def test_a_condition_and_its_negation_are_never_true_together():
    for facts in ({}, {"in_quota": True}, {"in_quota": False}):
        assert not true("in-quota&!in-quota", **facts)


@given(st.sampled_from(sorted(ALL)), st.booleans(), st.decimals(0, 1, places=2))
def test_exactly_one_of_a_condition_and_its_negation_is_true(name: str, yes: bool, part: Decimal):
    condition = ALL[name]
    value = {
        "yes_no": yes,
        "share": part,
        "amount": part * 1600,
        "choice": "vessel" if yes else "air",
        "instant": at("2025-04-05") + int(part * 100),
    }[condition.kind]
    assert true(name, **{condition.fact: value}) != true(f"!{name}", **{condition.fact: value})


# What can still come true


def test_relief_that_is_not_claimed_can_not_come_true():
    assert not could_be_true(event("gift", effect="exempt", condition="donation"), ALL, {})


def test_relief_that_is_claimed_can():
    assert could_be_true(
        event("gift", effect="exempt", condition="donation"), ALL, {"donation": True}
    )


def test_what_must_be_asked_can_come_true_until_it_is_answered():
    row = event("quota", 0, condition="in-quota")
    assert could_be_true(row, ALL, {})
    assert not could_be_true(row, ALL, {"in_quota": False})


def test_one_false_term_is_enough():
    row = event("sea", 10, condition="in-transit&by-vessel")
    assert not could_be_true(row, ALL, {})
    assert could_be_true(row, ALL, {"loaded": at("2025-04-01")})
    assert not could_be_true(row, ALL, {"loaded": at("2025-04-01"), "mode": "air"})


# What is asked


def test_only_facts_that_rows_depend_on_are_asked():
    rows = [
        event("a", 5, condition="in-quota"),
        event("b", 5, base="steel"),
        event("c", 5, condition="donation"),
        event("d", 5),
    ]
    assert set(unknown_facts(rows, ALL, {}, "ask")) == {"in_quota", "steel"}
    assert set(unknown_facts(rows, ALL, {}, "assume_no")) == {"donation"}


def test_a_fact_that_was_given_is_not_asked():
    rows = [event("a", 5, condition="in-quota"), event("b", 5, base="steel")]
    assert set(unknown_facts(rows, ALL, {"in_quota": False, "steel": D("0.4")}, "ask")) == set()


def test_the_remainder_of_a_share_asks_for_the_share():
    assert set(unknown_facts([event("rest", 10, base="!steel")], ALL, {}, "ask")) == {"steel"}


# Extremes


@pytest.mark.parametrize(
    "condition", [DONATION, LOADED, LIGHT, CHEAP, DEAR, VESSEL, HAS_STEEL, US_CONTENT]
)
def test_the_extremes_stand_on_both_sides_of_a_test(condition: Condition):
    assert {holds_for(condition, value) for value in extremes([condition])} == {True, False}


def test_the_extremes_of_a_fact_stand_around_every_test_that_reads_it():
    older, newer = loaded_before("older", "2025-04-05"), loaded_before("newer", "2025-04-09")
    sides = {
        (holds_for(older, value), holds_for(newer, value)) for value in extremes([older, newer])
    }
    assert sides == {(True, True), (False, True), (False, False)}


def test_a_share_is_tried_at_nothing_and_at_the_whole():
    assert {D(0), D(1)} <= set(extremes([STEEL]))


@given(st.sampled_from([LOADED, CHEAP, DEAR]), st.integers(-(10**6), 10**6))
def test_whatever_the_value_some_extreme_passes_the_same_test(condition: Condition, off: int):
    value = condition.bound + off  # type: ignore[operator]
    assert holds_for(condition, value) in {
        holds_for(condition, extreme) for extreme in extremes([condition])
    }


def test_every_combination_of_asked_facts_is_tried():
    tried = list(assignments({"in_quota": [QUOTA], "mode": [VESSEL]}, ALL, {"donation": True}))
    assert len(tried) == 4
    assert all(one["donation"] is True for one in tried)
    assert {(one["in_quota"], one["mode"]) for one in tried} == {
        (True, "vessel"),
        (True, ""),
        (False, "vessel"),
        (False, ""),
    }


def test_with_nothing_to_ask_the_given_facts_are_tried_as_they_are():
    assert list(assignments({}, ALL, {"donation": True})) == [{"donation": True}]


# Shares


def test_a_duty_without_a_base_is_charged_on_the_whole_value():
    assert share_of("", {}) == 1


def test_a_share_and_its_remainder_are_the_whole():
    facts = {"steel": D("0.4")}
    assert (share_of("steel", facts), share_of("!steel", facts)) == (D("0.4"), D("0.6"))


def test_a_share_that_is_not_known_counts_as_nothing():
    assert (share_of("steel", {}), share_of("!steel", {})) == (0, 1)


def test_an_article_is_not_wholly_of_two_metals():
    tried = list(assignments({"steel": [STEEL], "aluminium": [ALUMINIUM]}, ALL, {}))
    assert {(one["steel"], one["aluminium"]) for one in tried} == {(0, 0), (0, 1), (1, 0)}


def test_a_given_share_leaves_the_other_metal_only_what_remains():
    tried = list(assignments({"aluminium": [ALUMINIUM]}, ALL, {"steel": D("0.4")}))
    assert {one["aluminium"] for one in tried} >= {D(0)}
    assert all(one["aluminium"] + D("0.4") <= 1 for one in tried)


def test_the_most_that_a_second_metal_can_be_is_what_the_first_leaves():
    tried = list(assignments({"aluminium": [ALUMINIUM]}, ALL, {"steel": D("0.4")}))
    assert max(one["aluminium"] for one in tried) == D("0.6")


def test_shares_of_different_things_do_not_limit_one_another():
    tried = list(
        assignments(
            {"steel": [STEEL], "us": [share("us", flag="--us")]},
            {**ALL, "us": share("us", flag="--us")},
            {},
        )
    )
    assert len(tried) == 4


SPLIT = TinyBook(
    [
        event("st", 50, base="steel", programme="s"),
        event("al", 50, base="aluminium", programme="a"),
    ],
    conditions=[STEEL, ALUMINIUM],
)


def test_shares_beyond_the_whole_are_refused_while_another_is_asked():
    book = TinyBook(
        [
            event("st", 50, base="steel"),
            event("al", 50, base="aluminium", programme="a"),
            event("q", 1, condition="in-quota", programme="q"),
        ],
        conditions=[STEEL, ALUMINIUM, QUOTA],
    )
    with pytest.raises(UsageError, match="add up to more than the whole"):
        book.ask("2025-04-20", steel="0.7", aluminium="0.6")


def test_shares_beyond_the_whole_are_refused_while_a_third_share_is_asked():
    book = TinyBook(
        [event(one, 50, base=one, programme=one) for one in ("steel", "aluminium", "copper")],
        conditions=[STEEL, ALUMINIUM, share("copper")],
    )
    with pytest.raises(UsageError, match="add up to more than the whole"):
        book.ask("2025-04-20", steel="0.7", aluminium="0.6")


def test_shares_beyond_the_whole_are_refused_also_when_nothing_is_asked():
    try:
        answer = SPLIT.ask("2025-04-20", steel="0.7", aluminium="0.6")
    except UsageError:
        return
    assert answer is None, "an article that is 130% metal was rated"


def test_shares_that_make_the_whole_are_fine():
    assert SPLIT.owes("2025-04-20", steel="0.7", aluminium="0.3") == "50"
