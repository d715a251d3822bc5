"""Facts of an entry at the counter: what may be claimed, what a claim changes, and that one that
does nothing says so.
"""

from __future__ import annotations

import json

import pytest

from support.run_program import answered, ask

GOODS = ("--from", "cn", "--to", "us")


def plain(*words: str) -> str:
    return answered(ask("rate", *GOODS, *words, "--format", "plain")).strip()


def document(*words: str) -> dict:
    return json.loads(answered(ask("rate", *GOODS, *words, "--format", "json")))


# Parts declared as vehicle parts by certificate: Proc. 10984 clause 12, notes 33(p) and 38(j)

FITTING = ("--hs", "7412.20.00")
"""A copper fitting: on the copper list, on neither list of vehicle parts."""


@pytest.mark.parametrize(
    ("day", "whole", "elected"),
    [
        ("2025-10-31", "95", "95"),  # copper 50, list 3 25, fentanyl 20; nothing can be elected yet
        (
            "2025-11-10",
            "85",
            "60",
        ),  # 25 as a car part in place of 50; list 3 25, fentanyl 10; reciprocal given way to either
        ("2026-05-01", "75", "50"),  # 25 and 25; section 122 gives way to either
        ("2026-08-10", "75", "50"),  # 25 and 25; forced labour gives way to either
    ],
)
def test_a_part_may_be_declared_as_a_vehicle_part_in_place_of_the_metal_duty(
    day: str, whole: str, elected: str
) -> None:
    assert plain("--date", day, *FITTING) == whole
    for claim in ("elected-vehicle-part", "elected-truck-part"):
        assert plain("--date", day, *FITTING, "--claim", claim) == elected


def test_an_elected_part_is_declared_under_its_own_heading() -> None:
    answer = document("--date", "2026-08-10", *FITTING, "--claim", "elected-vehicle-part")
    roles = {layer["programme"]: (layer["role"], layer["heading"]) for layer in answer["layers"]}
    assert roles["us-232-auto-parts"] == ("applies", "9903.94.07")
    assert roles["us-232-metals"][0] == roles["us-301-forced-labour"][0] == "displaced"
    truck = document("--date", "2026-08-10", *FITTING, "--claim", "elected-truck-part")
    assert ("us-232-trucks", "9903.74.09") in [
        (layer["programme"], layer["heading"]) for layer in truck["layers"]
    ]


@pytest.mark.parametrize("code", ["7318.15.20", "7616.99.51", "8302.10.30", "8708.10.30"])
def test_no_part_of_chapters_72_73_76_nor_of_the_parts_lists_can_be_elected(code: str) -> None:
    answer = document("--date", "2026-08-10", "--hs", code, "--claim", "elected-vehicle-part")
    assert "fact_unused" in [note["code"] for note in answer["notes"]]
    assert plain("--date", "2026-08-10", "--hs", code, "--claim", "elected-vehicle-part") == plain(
        "--date", "2026-08-10", "--hs", code
    )


# A claim that does nothing


@pytest.mark.parametrize(
    ("words", "flags"),
    [
        (("--claim", "exclusion"), ["--claim exclusion"]),
        (
            ("--claim", "exclusion", "--claim", "bifacial", "--claim", "donation"),
            ["--claim exclusion", "--claim bifacial"],
        ),
        (("--metal-share", "0.3"), ["--metal-share"]),
        (("--in-quota",), ["--in-quota"]),
        (("--claim", "donation"), []),
        ((), []),
    ],
)
def test_a_claim_that_no_act_asks_of_the_goods_says_so(
    words: tuple[str, ...], flags: list[str]
) -> None:
    answer = document("--date", "2026-05-10", "--hs", "9503.00.0073", *words)
    said = [
        note["text"].partition(" changes nothing")[0]
        for note in answer["notes"]
        if note["code"] == "fact_unused"
    ]
    assert sorted(said) == sorted(flags)


def test_a_loading_day_long_after_every_window_says_so() -> None:
    notes = document("--date", "2024-05-10", "--hs", "9503.00.0073", "--loaded", "2024-04-01")[
        "notes"
    ]
    assert [note["text"] for note in notes if note["code"] == "fact_unused"] == [
        "--loaded changes nothing: no act in force then asks it of these goods."
    ]


def test_a_share_for_every_metal_counts_for_the_metals_in_question_only() -> None:
    """A fridge asks for steel and aluminium: 0.4 of each is 0.8, and copper, which no act asks of
    it, is not a third 0.4.
    """
    assert (
        plain("--date", "2025-08-20", "--hs", "8418.10.00", "--metal-share", "0.4") == "87"
    )  # 25 + 20 + 40 + 10 x 0.2
    assert (
        ask(
            "rate", *GOODS, "--date", "2025-08-20", "--hs", "8418.10.00", "--metal-share", "0.6"
        ).code
        == 2
    )


def test_aluminium_may_be_spelt_as_the_acts_spell_it() -> None:
    words = (
        "--date",
        "2025-08-20",
        "--hs",
        "8418.10.00",
        "--metal-share",
        "steel=0",
        "--metal-share",
        "copper=0",
    )
    assert plain(*words, "--metal-share", "Aluminum=0.4") == plain(
        *words, "--metal-share", "aluminium=0.4"
    )
    assert plain(*words, "--metal-share", "aluminum=0.4") != plain(
        *words, "--metal-share", "aluminium=0.5"
    )


def test_a_metal_share_of_one_metal_is_used_where_the_line_asks_for_that_metal() -> None:
    answer = document(
        "--date",
        "2025-08-20",
        "--hs",
        "8418.10.00",
        "--metal-share",
        "steel=0.4",
        "--metal-share",
        "copper=0.1",
    )
    assert "fact_unused" not in [note["code"] for note in answer["notes"]]


# What `--explain` lists


def facts(*words: str) -> dict[str, str]:
    return {one["flag"]: one["effect"] for one in document(*words)["facts"]}


def test_the_facts_that_could_change_an_answer_are_told_as_flags_that_can_be_typed() -> None:
    fridge = ("--date", "2025-08-20", "--hs", "8418.10.00")
    told = facts(*fridge)
    assert told["--metal-share steel=1"] == "additional duty 95%"
    assert told["--claim us-metal"] == "additional duty 55%"
    assert told["--claim us-share=0.2"] == "additional duty 53% to 95%"
    assert told["--postal"] == "additional duty 54% or 100 USD per item"
    for flag, effect in told.items():
        low, _, high = plain(*fridge, *flag.split()).partition("..")
        if "USD" not in effect:
            assert (
                effect == f"additional duty {low}% to {high}%"
                if high
                else f"additional duty {low}%"
            ), flag


def test_every_fact_that_explain_lists_gives_the_answer_it_promises() -> None:
    for day, code in (
        ("2026-05-01", "8418.10.00"),
        ("2025-04-20", "6109.10.00"),
        ("2026-09-20", "8806.24.00"),
        ("2019-05-20", "0302.11.00"),
    ):
        for flag, effect in facts("--date", day, "--hs", code).items():
            if "USD" in effect or "prohibited" in effect:
                continue
            low, _, high = plain("--date", day, "--hs", code, *flag.split()).partition("..")
            assert effect == (
                f"additional duty {low}% to {high}%" if high else f"additional duty {low}%"
            ), (day, code, flag)


# Post: which duty a parcel owes at every turn. EO 14256, 14266, 14298, 14324, 14357, 14388; 91 FR 37801


@pytest.mark.parametrize(
    ("day", "layer", "parcel", "without"),
    [
        ("2025-05-01", "us-de-minimis", "0", "145"),
        ("2025-05-02", "us-postal", "0..", "145"),  # 120% or 100 dollars an item
        ("2025-05-14", "us-postal", "0..", "30"),  # 54% or 100 dollars
        ("2025-08-28", "us-postal", "0..", "30"),
        (
            "2025-08-29",
            "us-postal",
            "0..",
            "30",
        ),  # 30% or 200 dollars: the effective rate of the origin
        ("2025-11-10", "us-postal", "0..", "20"),  # 20% or 160 dollars
        ("2026-02-24", "us-postal", "10", "10"),  # the surcharge, no flat amount
        ("2026-07-23", "us-postal", "10", "10"),
        ("2026-07-24", "us-301-forced-labour", "12.5", "12.5"),  # all duties, as other goods
    ],
)
def test_a_parcel_by_post_at_every_turn(day: str, layer: str, parcel: str, without: str) -> None:
    toys = ("--date", day, "--hs", "9503.00.0073")
    assert plain(*toys, "--postal", "--value", "300") == parcel
    assert plain(*toys, "--value", "900") == without
    answer = document(*toys, "--postal", "--value", "300")
    assert layer in [
        one["programme"] for one in answer["layers"] if one["role"] in ("applies", "unknown")
    ]
    assert all(
        one["role"] in ("displaced", "suspended", "exempt")
        for one in answer["layers"]
        if one["programme"].startswith("us-ieepa-f")
    )


@pytest.mark.parametrize(
    ("day", "amount"),
    [("2025-05-02", "200.00..360.00"), ("2025-05-14", "162.00..200.00"), ("2025-08-29", "90.00..400.00"), ("2025-11-10", "60.00..320.00"), ("2026-02-24", "30.00")],
)  # fmt: skip
def test_two_items_worth_300_dollars_by_post_in_money(day: str, amount: str) -> None:
    words = (
        "--value",
        "300",
        "--quantity",
        "2",
        "--unit",
        "item",
        "--postal",
        "--hs",
        "9503.00.0073",
    )
    assert (
        answered(ask("duty", "--date", day, *GOODS, *words, "--format", "plain")).strip() == amount
    )


@pytest.mark.parametrize(
    ("day", "by_courier"),
    [
        ("2025-05-01", "0"),
        ("2025-05-02", "145"),
        ("2025-08-29", "30"),
        ("2026-02-24", "10"),
        ("2026-07-24", "12.5"),
    ],
)
def test_a_small_parcel_by_courier_pays_what_other_goods_pay_since_may_2025(
    day: str, by_courier: str
) -> None:
    assert plain("--date", day, "--hs", "9503.00.0073", "--value", "500") == by_courier


@pytest.mark.parametrize(("day", "pct"), [("2025-08-28", "0"), ("2025-08-29", "10")])
def test_small_parcels_of_macau_stayed_free_until_the_end_for_all(day: str, pct: str) -> None:
    assert (
        answered(
            ask(
                "rate",
                "--from",
                "mo",
                "--to",
                "us",
                "--date",
                day,
                "--value",
                "500",
                "--format",
                "plain",
            )
        ).strip()
        == pct
    )


def test_a_share_that_is_left_open_is_tried_with_what_the_given_one_leaves() -> None:
    told = facts("--date", "2025-08-20", "--hs", "8418.10.00", "--metal-share", "steel=0.4")
    assert (
        told["--metal-share aluminium=0.6"] == "additional duty 95%"
    )  # 25 + 20 + 0.4 x 50 + 0.6 x 50


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("8507.60.0030", True),
        ("8507.60.0020", True),
        ("8507.60.0010", False),
        ("8507.60.00", False),
        ("9503.00.0073", False),
    ],
)
def test_a_ten_digit_code_beside_a_listed_part_of_its_line_says_how_it_was_read(
    code: str, said: bool
) -> None:
    notes = [
        note["text"]
        for note in document("--date", "2025-06-05", "--hs", code)["notes"]
        if note["code"] == "suffix"
    ]
    assert bool(notes) == said
    assert all(
        f"Lists name 8507.60.0010 apart from the rest of 8507.60.00; {code} is read as a part of that rest."
        in note
        for note in notes
    )
