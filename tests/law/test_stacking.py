"""Stacking: duties of different programmes add, unless a dated, sourced relation says that one
displaces another.
"""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.tiny_law import TinyBook, charged, event, layer, member, owed, relation, share, yes_no
from tariffcli.errors import RecordError
from tariffcli.law.facts import ONE
from tariffcli.law.model import Programme, Relation
from tariffcli.law.stacking import names, remaining_shares

NOW = "2025-06-15"
STEEL = event("steel-50", 50, programme="steel")
RECIPROCAL = event("recip-20", 20, programme="recip")
BORDER = event("border-25", 25, programme="border")
STEEL_FIRST = relation("steel", "recip")


def programmes(*ids: str, **families: str) -> dict[str, Programme]:
    return {id: Programme(id, "us", id, families.get(id, ""), id, "UTC", "", "") for id in ids}


def test_duties_of_different_programmes_add():
    assert TinyBook([STEEL, RECIPROCAL, BORDER]).owes(NOW) == "95"


def test_a_displacer_takes_the_other_duty_away_and_both_stay_in_the_answer():
    answer = TinyBook([STEEL, RECIPROCAL], [STEEL_FIRST]).ask(NOW)
    assert owed(answer) == "50"
    gone = layer(answer, "recip")
    assert (gone.role, gone.rate_pct, gone.nominal_pct) == ("displaced", 0, 20)
    assert "displaced by steel" in gone.reason


def test_a_relation_counts_between_its_first_instant_and_its_end():
    book = TinyBook(
        [STEEL, RECIPROCAL],
        [relation("steel", "recip", effective="2025-03-01 00:01", until="2025-09-01")],
    )
    assert [
        book.owes(when)
        for when in ("2025-03-01 00:00", "2025-03-01 00:01", "2025-08-31", "2025-09-01")
    ] == ["70", "50", "50", "70"]


def test_a_relation_reaches_its_origins_only():
    book = TinyBook(
        [STEEL, RECIPROCAL],
        [relation("steel", "recip", origin="ca+@eu")],
        memberships=[member("eu", "de")],
    )
    assert [book.owes(NOW, origin) for origin in ("ca", "de", "cn")] == ["50", "50", "70"]


def test_a_relation_reaches_its_goods_only():
    book = TinyBook(
        [STEEL, RECIPROCAL],
        [relation("steel", "recip", scope="list")],
        {"list": ["7306"]},
        lines=[],
    )
    assert book.owes(NOW) == "70"
    assert book.owes(NOW, product="7306") == "50"


def test_a_relation_is_known_from_the_day_it_was_announced():
    book = TinyBook(
        [STEEL, RECIPROCAL],
        [relation("steel", "recip", announced="2025-07-01", effective="2025-01-01")],
    )
    assert book.owes(NOW, known_on="2025-06-30") == "70"
    assert book.owes(NOW, known_on="2025-07-01") == "50"


# What drops nothing


@pytest.mark.parametrize("effect", ["exempt", "end"])
def test_a_duty_that_does_not_apply_displaces_nothing(effect: str):
    free = event("steel-free", programme="steel", effect=effect, announced="2025-02-01")
    assert TinyBook([STEEL, free, RECIPROCAL], [STEEL_FIRST]).owes(NOW) == "20"


def test_a_programme_without_a_row_in_force_displaces_nothing():
    late = event("steel-50", 50, programme="steel", effective="2025-12-01")
    assert TinyBook([late, RECIPROCAL], [STEEL_FIRST]).owes(NOW) == "20"


def test_a_programme_whose_row_was_taken_away_displaces_nothing():
    back = event(
        "back", effect="undo", programme="steel", announced="2025-02-01", undoes="steel-50"
    )
    assert TinyBook([STEEL, back, RECIPROCAL], [STEEL_FIRST]).owes(NOW) == "20"


def test_a_duty_that_is_itself_displaced_displaces_nothing():
    cars = event("cars-15", 15, programme="cars")
    chain = [relation("cars", "steel"), STEEL_FIRST]
    assert TinyBook([cars, STEEL, RECIPROCAL], chain).owes(NOW) == "35"


def test_a_prohibition_displaces_nothing():
    ban = event("ban", programme="steel", effect="prohibit", announced="2025-02-01")
    assert charged(TinyBook([ban, RECIPROCAL], [STEEL_FIRST]).ask(NOW))["recip"] == "20"


# What still drops


def test_a_legal_rate_of_zero_still_displaces():
    zero = event("steel-0", 0, programme="steel")
    answer = TinyBook([zero, RECIPROCAL], [STEEL_FIRST]).ask(NOW)
    assert owed(answer) == "0"
    assert (layer(answer, "steel").role, layer(answer, "recip").role) == ("applies", "displaced")


def test_a_floor_that_adds_nothing_still_displaces():
    floor = event("cars-floor-15", 15, programme="cars", effect="floor")
    book = TinyBook([floor, RECIPROCAL], [relation("cars", "recip")])
    assert book.owes(NOW, mfn=25) == "0"
    assert book.owes(NOW, mfn="2.5") == "12.5"


# Shares


FRIDGE = [
    event("steel", 50, programme="steel", base="steel"),
    event("aluminium", 50, programme="aluminium", base="aluminium"),
    RECIPROCAL,
]
METALS = [share("steel"), share("aluminium")]
OVER_THE_REST = [relation("steel", "recip"), relation("aluminium", "recip")]


def test_a_displacer_charged_on_a_share_takes_only_that_share_of_the_value():
    answer = TinyBook([FRIDGE[0], RECIPROCAL], OVER_THE_REST, conditions=METALS).ask(
        NOW, steel="0.4"
    )
    assert charged(answer) == {"steel": "20", "recip": "12"}
    assert layer(answer, "recip").role == "applies"
    assert layer(answer, "recip").reason.startswith("charged on 60")
    assert layer(TinyBook([RECIPROCAL]).ask(NOW), "recip").reason == ""


def test_shares_are_subtracted_not_multiplied():
    answer = TinyBook(FRIDGE, OVER_THE_REST, conditions=METALS).ask(
        NOW, steel="0.4", aluminium="0.1"
    )
    assert charged(answer) == {
        "steel": "20",
        "aluminium": "5",
        "recip": "10",
    }  # 20 x (1 - 0.4 - 0.1), not 20 x 0.6 x 0.9


def test_a_displacer_partly_displaced_still_takes_its_whole_share_from_the_next():
    """American content is taken out of the steel; what is left for the third duty is still only
    what is no steel.
    """
    content = event("us-content", 0, programme="us-content", base="us")
    book = TinyBook(
        [content, FRIDGE[0], RECIPROCAL],
        [relation("us-content", "steel"), STEEL_FIRST],
        conditions=[share("us", flag="--us"), METALS[0]],
    )
    answer = book.ask(NOW, us="0.2", steel="0.6")
    # 50 x (0.6 - 0.2) on the steel, 20 x (1 - 0.6) on the rest
    assert charged(answer) == {"us-content": "0", "steel": "20", "recip": "8"}


def test_a_share_of_nothing_displaces_nothing_and_of_everything_all():
    book = TinyBook(FRIDGE, OVER_THE_REST, conditions=METALS)
    assert book.owes(NOW, steel="0", aluminium="0") == "20"
    assert book.owes(NOW, steel="1", aluminium="0") == "50"


@given(st.integers(0, 100), st.integers(0, 100))
def test_no_part_of_the_value_is_charged_twice(steel: int, aluminium: int):
    first, second = sorted((steel, steel + aluminium if steel + aluminium <= 100 else steel))
    parts = {
        "steel": Decimal(first) / 100,
        "aluminium": Decimal(second - first) / 100,
        "recip": ONE,
    }
    left, _ = remaining_shares(
        parts, {("steel", "recip"): STEEL_FIRST, ("aluminium", "recip"): OVER_THE_REST[1]}
    )
    assert sum(left.values()) == ONE


def test_content_free_of_a_duty_is_a_rate_of_zero_on_its_share():
    content = event("us-content", 0, programme="us-content", base="us", condition="us-20")
    book = TinyBook(
        [content, RECIPROCAL],
        [relation("us-content", "recip")],
        conditions=[
            share("us", when_unknown="assume_no"),
            share("us-20", ">=", "0.2", "assume_no", "us"),
        ],
    )
    assert [book.owes(NOW, "vn", us=part) for part in ("0.1", "0.2", "0.3")] == ["20", "16", "14"]
    assert book.owes(NOW, "vn") == "20"


# One relation a pair, the later announced rules


def test_a_relation_announced_later_turns_the_order_round():
    book = TinyBook(
        [event("steel-25", 25, programme="steel"), BORDER],
        [
            relation("border", "steel", announced="2025-04-29", effective="2025-03-04"),
            relation("steel", "border", announced="2025-06-03", effective="2025-06-04 00:01"),
        ],
    )
    assert layer(book.ask("2025-05-15"), "steel").role == "displaced"
    assert layer(book.ask("2025-06-15"), "border").role == "displaced"
    assert [book.owes(when) for when in ("2025-05-15", "2025-06-15")] == ["25", "25"]


def test_adds_ends_a_displacement():
    book = TinyBook(
        [STEEL, RECIPROCAL],
        [STEEL_FIRST, relation("steel", "recip", "adds", announced="2025-05-01")],
    )
    assert [book.owes(when) for when in ("2025-04-30", "2025-05-01")] == ["50", "70"]


def test_adds_ends_a_displacement_whichever_way_round_it_is_written():
    assert (
        TinyBook(
            [STEEL, RECIPROCAL],
            [STEEL_FIRST, relation("recip", "steel", "adds", announced="2025-05-01")],
        ).owes(NOW)
        == "70"
    )


def test_a_displacement_announced_after_adds_rules_again():
    rows = [
        STEEL_FIRST,
        relation("steel", "recip", "adds", announced="2025-05-01"),
        relation("steel", "recip", announced="2025-06-01"),
    ]
    assert TinyBook([STEEL, RECIPROCAL], rows).owes(NOW) == "50"


def test_of_two_relations_announced_together_the_later_effective_rules():
    """One act may say that a duty stands alone at first, and that it adds from a later day."""
    first = relation("steel", "recip", effective="2025-02-01")
    then = relation("steel", "recip", "adds", effective="2025-05-01")
    for rows in ([first, then], [then, first]):
        book = TinyBook([STEEL, RECIPROCAL], rows)
        assert [book.owes(when) for when in ("2025-04-30", "2025-05-01")] == ["50", "70"]


def test_a_relation_announced_later_rules_over_one_that_is_effective_later():
    rows = [
        relation("steel", "recip", announced="2025-02-01", effective="2025-05-01"),
        relation("steel", "recip", "adds", announced="2025-03-01"),
    ]
    assert TinyBook([STEEL, RECIPROCAL], rows).owes(NOW) == "70"


def test_two_relations_of_one_day_that_disagree_are_an_error_of_the_record():
    book = TinyBook([STEEL, RECIPROCAL], [relation("steel", "recip"), relation("recip", "steel")])
    with pytest.raises(RecordError, match="disagree"):
        book.owes(NOW)


# Families and everything


def test_a_family_stands_for_each_of_its_programmes():
    families = {"steel": "s232", "cars": "s232"}
    book = TinyBook(
        [event("cars-25", 25, programme="cars"), RECIPROCAL],
        [relation("@s232", "recip")],
        families=families,
    )
    assert book.owes(NOW) == "25"
    book = TinyBook(
        [STEEL, RECIPROCAL, BORDER],
        [relation("steel", "@ieepa")],
        families={"recip": "ieepa", "border": "ieepa"},
    )
    assert book.owes(NOW) == "50"


def test_a_programme_of_no_family_is_no_member_of_one():
    assert TinyBook([STEEL, RECIPROCAL], [relation("@s232", "recip")]).owes(NOW) == "70"


def test_a_star_stands_for_every_other_duty_the_ordinary_one_too():
    parcel = event("parcel-54", 54, programme="postal")
    answer = TinyBook([parcel, STEEL, RECIPROCAL], [relation("postal", "*")]).ask(NOW, mfn=10)
    assert (owed(answer), answer.mfn_pct, answer.total_pct) == ("54", 0, 54)
    assert "displaced" in answer.mfn_text


def test_a_relation_between_two_duties_leaves_the_ordinary_duty_alone():
    assert TinyBook([STEEL, RECIPROCAL], [STEEL_FIRST]).ask(NOW, mfn=3).total_pct == 53


def test_low_value_entry_is_a_rate_of_zero_that_displaces_everything():
    free = event("de-minimis", 0, programme="de-minimis", condition="low-value")
    book = TinyBook(
        [free, STEEL, RECIPROCAL],
        [relation("de-minimis", "*")],
        conditions=[yes_no("low-value", "assume_no")],
    )
    assert book.ask(NOW, mfn=10, **{"low-value": True}).total_pct == 0
    assert book.ask(NOW, mfn=10).total_pct == 80


def test_a_later_named_relation_takes_one_programme_out_of_a_family_relation():
    alcohol = relation("steel", "forced", "adds", announced="2025-05-01")
    rows = [
        STEEL,
        event("cars-25", 25, programme="cars"),
        event("forced-12", 12, programme="forced"),
    ]
    book = TinyBook(
        rows[:1] + rows[2:],
        [relation("@s232", "forced"), alcohol],
        families={"steel": "s232", "cars": "s232"},
    )
    assert book.owes(NOW) == "62"
    book = TinyBook(
        rows[1:], [relation("@s232", "forced"), alcohol], families={"steel": "s232", "cars": "s232"}
    )
    assert book.owes(NOW) == "25"


@pytest.mark.parametrize(
    ("selector", "found"),
    [("*", ["a", "b", "c"]), ("@x", ["a", "c"]), ("@y", []), ("b", ["b"]), ("d", [])],
)
def test_what_a_name_a_family_and_a_star_stand_for(selector: str, found: list[str]):
    assert names(selector, ["a", "b", "c"], programmes("a", "b", "c", a="x", c="x")) == found


# Order means nothing


CROWD = [
    STEEL,
    RECIPROCAL,
    BORDER,
    event("cars-15", 15, programme="cars"),
    event("parts-10", 10, programme="parts"),
]
CHAIN = [
    relation("cars", "steel"),
    STEEL_FIRST,
    relation("steel", "border"),
    relation("parts", "cars"),
    relation("border", "recip"),
]


def test_the_order_of_relations_and_of_rows_changes_no_figure():
    seen = {
        tuple(sorted(charged(TinyBook(CROWD, order).ask(NOW)).items()))
        for order in itertools.permutations(CHAIN)
    }
    assert len(seen) == 1
    expected = charged(TinyBook(CROWD, CHAIN).ask(NOW))
    assert all(
        charged(TinyBook(order, CHAIN).ask(NOW)) == expected
        for order in itertools.permutations(CROWD)
    )


def test_a_relation_is_applied_after_every_relation_that_could_drop_its_displacer():
    # parts drops cars; so cars does not drop steel; so steel drops recip and border.
    assert charged(TinyBook(CROWD, CHAIN).ask(NOW)) == {
        "steel": "50",
        "recip": "0",
        "border": "0",
        "cars": "0",
        "parts": "10",
    }


NAMES = ["a", "b", "c", "d", "e"]


@given(
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(
            lambda pair: pair[0] < pair[1]
        ),
        unique=True,
        max_size=8,
    ),
    st.randoms(use_true_random=False),
)
def test_without_a_circle_every_set_of_relations_has_one_result(
    pairs: list[tuple[str, str]], chance
):
    shares = dict.fromkeys(NAMES, ONE)
    displacements = {pair: relation(*pair) for pair in pairs}
    shuffled = {pair: displacements[pair] for pair in chance.sample(pairs, len(pairs))}
    left, _ = remaining_shares(shares, displacements)
    assert left == remaining_shares(shares, shuffled)[0]
    for name in NAMES:  # the slow way: a layer stands when no standing layer drops it
        assert (left[name] > 0) == (
            not any(left[when] > 0 for when, dropped in pairs if dropped == name)
        )


def test_displacements_in_a_circle_are_an_error_of_the_record():
    ring = [relation("steel", "recip"), relation("recip", "border"), relation("border", "steel")]
    with pytest.raises(RecordError, match="circle"):
        TinyBook([STEEL, RECIPROCAL, BORDER], ring).owes(NOW)


def test_a_circle_is_none_while_one_of_its_duties_does_not_apply():
    ring = [relation("steel", "recip"), relation("recip", "border"), relation("border", "steel")]
    assert TinyBook([STEEL, BORDER], ring).owes(NOW) == "25"


def told(rows: tuple[Relation, ...]) -> str:
    try:
        return str(charged(TinyBook([STEEL, RECIPROCAL], rows).ask(NOW)))
    except RecordError:
        return "refused"


def test_a_disagreement_that_a_later_relation_settled_is_read_alike_in_every_order():
    rows = [
        relation("steel", "recip"),
        relation("recip", "steel"),
        relation("steel", "recip", announced="2025-05-01"),
    ]
    assert len({told(order) for order in itertools.permutations(rows)}) == 1


def test_which_displacer_is_named_does_not_depend_on_the_order_of_rows():
    rows = [STEEL, event("cars-15", 15, programme="cars"), RECIPROCAL]
    both = [STEEL_FIRST, relation("cars", "recip")]
    assert (
        layer(TinyBook(rows, both).ask(NOW), "recip").reason
        == layer(TinyBook(rows, both[::-1]).ask(NOW), "recip").reason
    )
