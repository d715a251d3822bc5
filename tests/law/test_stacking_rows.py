"""How the programmes of the record meet, rule by rule and day by day: each stacking row of both
directions shown on a good.

Expected figures are sums of the rates that the acts print; `{programme: points}` names every layer
that charges.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from support.tiny_law import at, charged, plain
from tariffcli.law.engine import answer_case, open_case
from tariffcli.law.instants import end_of_day
from tariffcli.law.model import Answer, Query
from tariffcli.law.products import find_product

Asked = Callable[..., Answer]


@pytest.fixture(scope="module")
def ask(record) -> Asked:
    def answer(
        when: str,
        product: str,
        known_on: str | None = None,
        origin: str = "cn",
        importer: str = "us",
        mfn: str = "",
        **facts,
    ):
        zone = record.zones[importer]
        moment = at(when, zone) if ":" in when else end_of_day(when, zone)
        given = {
            name: Decimal(value) if isinstance(value, str) else value
            for name, value in facts.items()
        }
        found = find_product(record, importer, product, moment)
        return answer_case(
            open_case(record, importer, origin),
            Query(importer, origin, moment, known_on, found, given, Decimal(mfn) if mfn else None),
        )

    return answer


def owing(answer: Answer) -> dict[str, str]:
    """The layers that charge more than nothing, without their importer's prefix."""
    return {name.partition("-")[2]: pct for name, pct in charged(answer).items() if pct != "0"}


NAILS, SHIRT, PHONE, FRIDGE, CAR = (
    "7317.00.30",
    "6109.10.00",
    "8517.13.00",
    "8418.10.00",
    "8703.80.00",
)
EV_BATTERY, SOLAR_CELL, CRANE = "8507.60.0010", "8541.42.0010", "8426.19.00"
METALS = {"steel_share": "0.4", "aluminium_share": "0.1", "copper_share": "0"}


@pytest.mark.parametrize(
    ("rule", "when", "product", "facts", "layers"),
    [
        # Section 301 adds to everything: notes 20, 31, 52(a)
        ("301 adds to steel", "2025-03-20", NAILS, {}, {"301-tech": "25", "232-steel": "25", "ieepa-fentanyl": "20"}),
        ("301 adds to solar safeguard", "2025-01-15", SOLAR_CELL, {"in_quota": False}, {"301-tech": "50", "201-solar": "14.25"}),
        ("301 adds to IEEPA", "2025-06-05", SHIRT, {}, {"301-tech": "7.5", "ieepa-fentanyl": "20", "ieepa-reciprocal": "10"}),
        ("301 adds to section 122", "2026-05-05", SHIRT, {}, {"301-tech": "7.5", "122": "10"}),
        ("301 adds to forced labour", "2026-08-05", SHIRT, {}, {"301-tech": "7.5", "301-forced-labour": "12.5"}),
        # The four-year rate replaces the list rate on a line: notes 20, 31
        ("list 4A", "2024-09-26", EV_BATTERY, {}, {"301-tech": "7.5"}),
        ("four-year rate in its place", "2024-09-27", EV_BATTERY, {}, {"301-tech": "25"}),
        # The maritime 100 added to the crane's 25, for one day: note 31
        ("maritime adds", "2025-11-09", CRANE, {"ship_to_shore_crane": True, "crane_chinese_link": True},
         {"301-tech": "25", "301-maritime": "100", "ieepa-fentanyl": "20", "ieepa-reciprocal": "10"}),
        ("maritime suspended", "2025-11-10", CRANE, {"ship_to_shore_crane": True, "crane_chinese_link": True},
         {"301-tech": "25", "ieepa-fentanyl": "10", "ieepa-reciprocal": "10"}),
        # Fentanyl adds to everything, also to section 232 and to goods that the reciprocal duty leaves free: EO 14195, EO 14289 sec. 4(b)
        ("fentanyl adds to cars", "2025-06-05", CAR, {}, {"301-tech": "100", "232-autos": "25", "ieepa-fentanyl": "20"}),
        ("fentanyl adds on annex II", "2025-06-05", PHONE, {}, {"ieepa-fentanyl": "20"}),
        # Reciprocal gives way to section 232: the whole article, or the metal part: EO 14257 sec. 3(b), Proc. 10947 cl. 6
        ("whole steel article", "2025-06-05", NAILS, {}, {"301-tech": "25", "232-steel": "50", "ieepa-fentanyl": "20"}),
        ("metal part only", "2025-08-20", FRIDGE, METALS,
         {"301-tech": "25", "232-steel": "20", "232-aluminium": "5", "ieepa-fentanyl": "20", "ieepa-reciprocal": "5"}),
        ("wood", "2025-10-14", "4407.11.00", {}, {"301-tech": "25", "232-timber": "10", "ieepa-fentanyl": "20"}),
        ("trucks", "2025-11-01", "8704.22.51", {}, {"301-tech": "25", "232-trucks": "25", "ieepa-fentanyl": "20"}),
        ("reciprocal adds to fentanyl", "2025-04-05 12:00", "general", {}, {"ieepa-fentanyl": "20", "ieepa-reciprocal": "10"}),
        # Post in place of all others: EO 14256 sec. 2(b), EO 14388
        ("post displaces all", "2026-05-05", SHIRT, {"postal": True, "value": "100"}, {"postal": "10"}),
        # Steel and aluminium each on its own share, added: EO 14289 sec. 3
        ("steel and aluminium add", "2025-04-20", "9403.20.0050", METALS,
         {"301-tech": "25", "232-steel": "10", "232-aluminium": "2.5", "ieepa-fentanyl": "20"}),
        # Car and truck parts give up metals, copper and wood: EO 14289, Proc. 10962 cl. 5, 10976 cl. 6, 10984 cl. 9
        ("aluminium gives way to car parts", "2025-05-10", "8708.99.6890", {"vehicle_part": True, "aluminium_share": "0.5"},
         {"301-tech": "25", "232-auto-parts": "25", "ieepa-fentanyl": "20"}),
        ("steel gives way to truck parts", "2025-11-01", "8708.99.23", {"truck_part": True, "vehicle_part": False, "steel_share": "0.5"},
         {"301-tech": "25", "232-trucks": "25", "ieepa-fentanyl": "20"}),
        ("wood gives way to an elected part", "2025-11-10", "4407.11.00", {"elected_vehicle_part": True},
         {"301-tech": "25", "232-auto-parts": "25", "ieepa-fentanyl": "10"}),
        ("copper by its own share", "2025-08-20", "8544.42.90", {"copper_share": "0.3", "aluminium_share": "0", "steel_share": "0"},
         {"301-tech": "25", "232-copper": "15", "ieepa-fentanyl": "20", "ieepa-reciprocal": "7"}),
        # Listed chips before every other section 232 duty: Proc. 11002 cl. 5
        ("chips", "2026-02-01", "8471.50.01", {"advanced_chip": True}, {"301-tech": "25", "232-semiconductors": "25", "ieepa-fentanyl": "10"}),
        # One heading an article since 2026-04-06, on the whole value: note 16
        ("content until 5 April", "2026-04-05", FRIDGE, METALS, {"301-tech": "25", "232-steel": "20", "232-aluminium": "5", "122": "5"}),
        ("whole article from 6 April", "2026-04-06", FRIDGE, {"metal_weight_share": "0.5"}, {"301-tech": "25", "232-metals": "25"}),
        ("little metal, surcharge instead", "2026-04-06", FRIDGE, {"metal_weight_share": "0.1"}, {"301-tech": "25", "122": "10"}),
        # Section 122 gives way to section 232 and never met IEEPA: Proc. 11012 cl. 4, CSMS 67834313
        ("122 gives way to cars", "2026-05-05", CAR, {}, {"301-tech": "100", "232-autos": "25"}),
        ("IEEPA's last minute", "2026-02-23 23:59", SHIRT, {}, {"301-tech": "7.5", "ieepa-fentanyl": "10", "ieepa-reciprocal": "10"}),
        ("neither", "2026-02-24 00:00", SHIRT, {}, {"301-tech": "7.5"}),
        ("122's first minute", "2026-02-24 00:01", SHIRT, {}, {"301-tech": "7.5", "122": "10"}),
        ("122's last minute", "2026-07-24 00:00", SHIRT, {}, {"301-tech": "7.5", "122": "10"}),
        # Forced labour gives way to section 232: note 52(f)
        ("forced labour gives way to cars", "2026-08-05", CAR, {}, {"301-tech": "100", "232-autos": "25"}),
        ("forced labour gives way to metals", "2026-08-05", NAILS, {}, {"301-tech": "25", "232-metals": "50"}),
        ("forced labour stays where metal is little", "2026-08-05", FRIDGE, {"metal_weight_share": "0.1"},
         {"301-tech": "25", "301-forced-labour": "12.5"}),
        # Polysilicon adds to both: Proc. 11052 cl. 5(a)
        ("polysilicon adds", "2026-12-10", "8541.43.00", {}, {"301-tech": "50", "301-forced-labour": "12.5", "232-polysilicon": "15"}),
        # Section 201 adds to everything: notes 17, 18, 41
        ("washers and list 3", "2019-05-20", "8450.20.0080", {"in_quota": False}, {"201-washers": "45"}),
        ("solar and list 2", "2019-05-20", "8541.40.6025", {"in_quota": False}, {"201-solar": "25", "301-tech": "25"}),
        ("quartz, list 3 and forced labour", "2026-08-20", "6810.99.0020", {"in_quota": False},
         {"201-quartz": "50", "301-tech": "25", "301-forced-labour": "12.5"}),
    ],
)  # fmt: skip
def test_how_united_states_duties_on_chinese_goods_meet(
    ask: Asked, rule: str, when: str, product: str, facts: dict, layers: dict[str, str]
):
    answer = ask(when, product, **facts)
    assert owing(answer) == layers, rule
    assert plain(answer.min_pct) == plain(sum(map(Decimal, layers.values()))), rule


def test_the_order_against_double_duty_reached_back_and_was_not_known_before(ask: Asked):
    """EO 14289, signed 2025-04-29 for entries since 2025-03-04: car parts owe no metal duty; the
    day before they were to owe both.
    """
    part = {"vehicle_part": True, "aluminium_share": "0.5"}
    before = owing(ask("2025-05-10", "8708.99.6890", known_on="2025-04-28", **part))
    assert (before["232-auto-parts"], before["232-aluminium"]) == ("25", "12.5")
    assert "232-aluminium" not in owing(
        ask("2025-05-10", "8708.99.6890", known_on="2025-04-29", **part)
    )


def test_the_border_duty_went_before_metals_and_the_turn_of_june_is_not_china_s(record, ask: Asked):
    """EO 14289 sec. 3(a)(ii), turned round by Proc. 10947 cl. 5: Canada and Mexico only; steel and
    fentanyl add for China throughout.
    """
    turn = {
        row.id: row
        for row in record.relations["us"]
        if "us-ieepa-fentanyl" in (row.when, *row.drops)
    }
    border = [row for row in turn.values() if "*" not in row.drops]
    assert border
    assert all(row.origin.named == ("ca", "mx") for row in border)
    first, second = (
        turn["us-ieepa-fentanyl-over-metals-2025-03-04"],
        turn["us-232-steel-over-border-2025-06-04"],
    )
    assert (first.announced, first.effective, second.announced, second.effective) == (
        "2025-04-29", at("2025-03-04"), "2025-06-03", at("2025-06-04 00:01"),
    )  # fmt: skip
    for day, steel in (("2025-05-15", "25"), ("2025-06-15", "50")):
        assert owing(ask(day, NAILS)) == {
            "301-tech": "25",
            "232-steel": steel,
            "ieepa-fentanyl": "20",
        }


# Which programme reaches which goods


@pytest.mark.parametrize(
    ("goods", "product", "facts", "in_2025", "surcharge", "labour"),
    [
        ("smartphones", PHONE, {}, {"ieepa-fentanyl": "20"}, {}, {}),
        ("laptops", "8471.30.01", {}, {"ieepa-fentanyl": "20"}, {}, {}),
        ("chips", "8542.31.00", {}, {"301-tech": "50", "ieepa-fentanyl": "20"}, {"301-tech": "50"}, {"301-tech": "50"}),
        ("books", "4901.99.0070", {"printed_matter": True}, {"301-tech": "7.5"}, {"301-tech": "7.5"}, {"301-tech": "7.5"}),
        ("toys", "9503.00.0073", {}, {"ieepa-fentanyl": "20", "ieepa-reciprocal": "10"}, {"122": "10"}, {"301-forced-labour": "12.5"}),
        ("shirts", SHIRT, {}, {"301-tech": "7.5", "ieepa-fentanyl": "20", "ieepa-reciprocal": "10"}, {"301-tech": "7.5", "122": "10"},
         {"301-tech": "7.5", "301-forced-labour": "12.5"}),
        ("bananas", "0803.90.00", {}, {"301-tech": "25", "ieepa-fentanyl": "20", "ieepa-reciprocal": "10"}, {"301-tech": "25"}, {"301-tech": "25"}),
    ],
)  # fmt: skip
def test_which_duties_reach_which_goods(
    ask: Asked, goods: str, product: str, facts: dict, in_2025: dict, surcharge: dict, labour: dict
):
    found = [
        owing(ask(day, product, **facts)) for day in ("2025-06-05", "2026-05-05", "2026-08-05")
    ]
    assert found == [in_2025, surcharge, labour], goods


# China's answers


@pytest.mark.parametrize(
    ("rule", "when", "product", "facts", "layers"),
    [
        ("farm, section 301 and the general duty add", "2025-04-24", "soybeans", {}, {"301-lists": "27.5", "2025-farm": "10", "2025-all-goods": "125"}),
        ("section 232 and 301 answers add", "2018-07-06", "02032900", {}, {"232": "25", "301-lists": "25"}),
        ("lists 1 to 3 and 4A add", "2019-09-01", "02032900", {}, {"232": "25", "301-lists": "25", "301-list4": "10"}),
        ("energy and the general duty add", "2025-06-05", "lng", {}, {"301-lists": "25", "2025-energy": "15", "2025-all-goods": "10"}),
        ("all five", "2025-04-28", "02032900", {}, {"232": "25", "301-lists": "25", "301-list4": "5", "2025-farm": "10", "2025-all-goods": "125"}),
        ("84 is replaced by 125, not added", "2025-04-11", "general", {}, {"2025-all-goods": "84"}),
        ("125 in its place", "2025-04-12", "general", {}, {"2025-all-goods": "125"}),
        ("an exclusion takes the section 301 layers only", "2020-10-01", "02032900", {"exclusion": True}, {"232": "25"}),
        ("and none of 2025", "2025-04-28", "02032900", {"market_exclusion": True}, {"232": "25", "2025-farm": "10", "2025-all-goods": "125"}),
    ],
)  # fmt: skip
def test_how_chinese_duties_on_american_goods_meet(
    ask: Asked, rule: str, when: str, product: str, facts: dict, layers: dict[str, str]
):
    answer = ask(when, product, origin="us", importer="cn", **facts)
    assert owing(answer) == layers, rule
    assert plain(answer.min_pct) == plain(sum(map(Decimal, layers.values()))), rule


def test_no_chinese_layer_displaces_another(record):
    assert not record.relations.get("cn")


@pytest.mark.parametrize(
    ("product", "mfn", "additional", "total"),
    [
        ("soybeans", "", "162.5", "165.5"),  # the record holds 3 %
        ("soybeans", "0", "162.5", "165.5"),  # and no supplied duty overrules it
        ("sorghum", "2", "160", "162"),  # a supplied one fills what the record does not hold
    ],
)
def test_chinese_layers_add_to_the_ordinary_duty_on_the_same_value(
    ask: Asked, product: str, mfn: str, additional: str, total: str
):
    answer = ask("2025-04-24", product, origin="us", importer="cn", mfn=mfn)
    assert (plain(answer.min_pct), plain(answer.total_pct)) == (additional, total)


def test_goods_of_another_origin_shipped_from_the_united_states_owe_none_of_them(ask: Asked):
    """Origin decides, not the place of shipment: goods of Germany are outside what China charges on
    American goods.
    """
    assert ask("2025-04-24", "soybeans", origin="de", importer="cn").status == "outside_coverage"
