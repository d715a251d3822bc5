"""What must hold for every question that can be put to the real record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from support.tiny_law import EASTERN, at, event
from tariffcli.errors import UsageError
from tariffcli.law.docket import breakpoints, docket_of
from tariffcli.law.engine import answer_case, rate
from tariffcli.law.facts import ONE, ZERO
from tariffcli.law.model import Answer, Event, Query, Relation
from tariffcli.law.products import GENERAL, edition_at, find_product

PAIRS = [("us", "cn"), ("us", "hk"), ("us", "mo"), ("cn", "us")]
WORDS = {
    "us": ["smartphones", "laptops-tablets", "toys", "soybeans", "coffee", "fridges", "washing-machines", "solar-cells", "ev-batteries", "cars", "sofas", "screws-bolts",
           "steel", "whiskey", "face-masks", "semiconductors", "drones", "pine-lumber", "medical-gloves", "vaccines", "list-4b"],
    "cn": ["soybeans", "pork", "cars", "lng", "crude-oil", "coal", "wine", "whiskey", "beef", "semiconductors", "smartphones", "oak-lumber", "aircraft", "corn"],
}  # fmt: skip
CLAIMS = [
    "donation",
    "exclusion",
    "transshipped",
    "civil_aircraft_use",
    "us_metal",
    "bifacial",
    "postal",
    "market_exclusion",
]
FIRST, LAST = at("2018-01-01"), at("2028-12-31")
MOMENTS = st.integers(FIRST, LAST)
KNOWN = st.none() | st.dates(date(2018, 1, 1), date(2027, 12, 31)).map(date.isoformat)
FACTS = st.dictionaries(st.sampled_from(CLAIMS), st.booleans(), max_size=2)

brief = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.function_scoped_fixture,
    ],
)


class Changed:
    """The record with some of its tables replaced, and nothing remembered."""

    def __init__(self, record: Any, **tables: Any) -> None:
        self._record, self._tables, self._derived = record, tables, {}

    def __getattr__(self, name: str) -> Any:
        return self._tables[name] if name in self._tables else getattr(self._record, name)

    def derived(self, key: Any, build: Callable[[], Any]) -> Any:
        if key not in self._derived:
            self._derived[key] = build()
        return self._derived[key]


class Quiet(dict[Any, Any]):
    """A table that a failing example does not print."""

    def __repr__(self) -> str:
        return f"<{len(self)} tables>"


@pytest.fixture(scope="module")
def codes(record) -> Mapping[str, Sequence[str]]:
    """Codes that the lists of each importer name, a few of each list."""
    found: dict[str, list[str]] = {"us": [], "cn": []}
    for scope in sorted(record.scopes):
        for edition in ("2017", "2022"):
            rows = sorted(
                {row.prefix for row in record.scope_lines(scope, edition) if len(row.prefix) >= 6}
            )
            found[record.scopes[scope].importer] += rows[:: max(1, len(rows) // 4)][:5]
    return Quiet({importer: sorted(set(rows)) for importer, rows in found.items()})


@pytest.fixture(scope="module")
def points(record) -> Mapping[tuple[str, str], Sequence[int]]:
    """Every recorded instant of a pair: acts, ends, relations, members, editions, lines of
    tariffs.
    """
    found = Quiet()
    for importer, origin in PAIRS:
        acts = breakpoints(docket_of(record, importer, origin), frozenset(record.scopes), None)
        editions = [
            row.since
            for row in record.editions
            if row.importer == importer and row.since is not None
        ]
        found[(importer, origin)] = [
            moment for moment in sorted({*acts, *editions}) if FIRST + 86_400 < moment < LAST
        ]
    return found


@pytest.fixture(scope="module")
def asking(record, codes) -> Mapping[str, Mapping[str, tuple[Event, Sequence[str]]]]:
    """Acts of law that turn on a fact that is asked for, by importer and name, each with the codes
    of its list.
    """
    asked = {row.id for row in record.conditions.values() if row.when_unknown == "ask"}
    found = Quiet()
    for importer, rows in record.events.items():
        acts = [
            row
            for row in rows
            if row.status == "law" and any(term.condition in asked for term in row.condition)
        ]
        lists = {
            row.id: record.scope_lines(row.scope, edition_at(record, importer, row.effective))
            for row in acts
        }
        listed = {
            name: [row.prefix for row in lines if row.inside and len(row.prefix) >= 6]
            for name, lines in lists.items()
        }
        found[importer] = {row.id: (row, listed[row.id] or codes[importer]) for row in acts}
    return found


def draw_query(
    data: st.DataObject,
    record: Any,
    codes: Mapping[str, Sequence[str]],
    points: Mapping[tuple[str, str], Sequence[int]],
    kinds: str = "general word code code",
) -> Query:
    """A question: a pair, an instant (often at the edge of an act), a product of that day, a day of
    knowledge, claims.
    """
    importer, origin = data.draw(st.sampled_from(PAIRS), "pair")
    edges = points[(importer, origin)]
    moment = data.draw(
        MOMENTS | st.sampled_from(edges) | st.sampled_from(edges).map(lambda edge: edge - 1),
        "moment",
    )
    kind = data.draw(st.sampled_from(kinds.split()), "kind")
    text = {
        "general": st.just("general"),
        "word": st.sampled_from(WORDS[importer]),
        "code": st.sampled_from(codes[importer]),
    }[kind]
    word = data.draw(text, "product")
    query = Query(
        importer, origin, moment, data.draw(KNOWN, "known on"), GENERAL, data.draw(FACTS, "facts")
    )
    return settled(record, query, word)


def settled(record: Any, query: Query, word: str) -> Query:
    """The question with its product, unless the product is no line of the tariff of that day."""
    try:
        asked = query._replace(product=find_product(record, query.importer, word, query.instant))
        rate(record, asked)
    except UsageError:
        assume(False)
    return asked


def cold(record: Any, query: Query) -> Answer:
    """The answer of a record that was never asked before."""
    return answer_case(docket_of(Changed(record), query.importer, query.origin), query)


def told(answer: Answer, codes: bool = True) -> tuple[object, ...]:
    """What an answer says, whatever the order in which it lists its layers."""
    layers = sorted(
        (
            one.programme,
            one.role,
            one.rate_pct or ZERO,
            one.min_pct,
            one.max_pct or -ONE,
            one.event.id,
        )
        for one in answer.layers
    )
    parts = sorted(
        (part.codes if codes else (), part.outcome.min_pct, part.outcome.max_pct or -ONE)
        for part in answer.parts
    )
    return (
        answer.status,
        answer.min_pct,
        answer.max_pct,
        answer.total_min_pct,
        answer.total_max_pct,
        answer.mfn_pct,
        sorted(answer.asked),
        layers,
        parts,
    )


@brief
@given(st.data())
def test_the_same_question_has_the_same_answer_whatever_was_asked_before(
    record, codes, points, data
):
    query = draw_query(data, record, codes, points)
    first = rate(record, query)
    assert rate(record, query) == first
    assert cold(record, query) == first


@brief
@given(st.data())
def test_the_rate_changes_only_at_a_recorded_instant(record, codes, points, data):
    query = draw_query(data, record, codes, points)
    docket = docket_of(record, query.importer, query.origin)
    edges = set(breakpoints(docket, docket.scopes, query.known_on))
    edges.update(
        row.since
        for row in record.editions
        if row.importer == query.importer and row.since is not None
    )
    named = [code for code in query.product.codes if not code.startswith("scope:")]
    lines = chain.from_iterable(
        (*record.lines(query.importer, code[:8]), *record.duties(query.importer, code[:6]))
        for code in named
    )
    edges.update(edge for line in lines for edge in (line.since, line.until) if edge is not None)
    later = [edge for edge in edges if edge > query.instant]
    last = min(later) - 1 if later else query.instant + 10**8
    moment = data.draw(
        st.integers(query.instant, last) | st.just(last), "later, before the next recorded instant"
    )
    assert told(cold(record, query._replace(instant=moment))) == told(cold(record, query))


@brief
@given(st.data())
def test_what_was_known_on_a_day_shows_no_later_act(record, codes, points, data):
    query = draw_query(data, record, codes, points)
    assume(query.known_on is not None)
    answer = rate(record, query)
    assert all(one.event.announced <= query.known_on for one in answer.layers)
    kept_events = {
        name: tuple(row for row in rows if row.announced <= query.known_on)
        for name, rows in record.events.items()
    }
    kept_relations = {
        name: tuple(row for row in rows if row.announced <= query.known_on)
        for name, rows in record.relations.items()
    }
    assert told(
        cold(Changed(record, events=kept_events, relations=kept_relations), query), codes=False
    ) == told(answer, codes=False)


@brief
@given(
    st.data(),
    st.sampled_from(["rate", "end", "exempt", "prohibit"]),
    st.sampled_from(["", "earlier"]),
)
def test_a_row_announced_later_changes_nothing_that_was_known_before(
    record, codes, points, data, effect, undoes
):
    query = draw_query(data, record, codes, points)
    assume(query.known_on is not None and query.known_on < "2027-12-31")
    programmes = sorted(
        name for name, row in record.programmes.items() if row.importer == query.importer
    )
    later = event(
        "later-act",
        99 if effect == "rate" else None,
        effect=effect,
        programme=";".join(programmes),
        announced="2027-12-31",
        effective="2018-01-01",
        undoes=undoes,
    )
    changed = Changed(
        record, events={**record.events, query.importer: (*record.events[query.importer], later)}
    )
    assert told(cold(changed, query)) == told(rate(record, query))


@brief
@given(st.data())
def test_the_layers_that_apply_sum_to_the_whole(record, codes, points, data):
    answer = rate(record, draw_query(data, record, codes, points))
    if answer.status == "complete" and all(one.role != "unknown" for one in answer.layers):
        assert answer.additional_pct == sum(
            (one.rate_pct for one in answer.layers if one.role in ("applies", "floor")), ZERO
        )
    elif answer.status != "outside_coverage" and len(answer.parts) < 2:
        tops = [one.max_pct for one in answer.layers]
        assert sum((one.min_pct for one in answer.layers), ZERO) <= answer.min_pct
        assert None in tops or answer.max_pct <= sum(tops, ZERO)
    if (
        answer.total_pct is not None
        and answer.additional_pct is not None
        and answer.mfn_pct is not None
    ):
        assert answer.total_pct == answer.additional_pct + answer.mfn_pct


@brief
@given(st.data())
def test_least_is_never_more_than_most_and_a_number_is_told_only_when_complete(
    record, codes, points, data
):
    answer = rate(record, draw_query(data, record, codes, points))
    if answer.min_pct is None:
        assert answer.status == "outside_coverage"
        return
    assert answer.min_pct >= ZERO
    assert answer.max_pct is None or answer.min_pct <= answer.max_pct
    assert (answer.status == "complete") == (answer.additional_pct is not None)
    assert answer.status != "needs_fact" or answer.asked
    assert sum((part.share_of_lines for part in answer.parts), ZERO).quantize(
        Decimal("0.000001")
    ) in (0, 1)


def inside(inner: Answer, outer: Answer) -> bool:
    """Whether one answer's span lies within another's."""
    return outer.min_pct <= inner.min_pct and (
        outer.max_pct is None or (inner.max_pct is not None and inner.max_pct <= outer.max_pct)
    )


@brief
@given(st.data(), st.sampled_from([4, 6, 8]))
def test_a_longer_code_lies_inside_the_range_of_a_shorter_one(record, codes, points, data, digits):
    query = draw_query(data, record, codes, points, "code")
    code = query.product.id
    assume(digits < len(code))
    edition = edition_at(record, query.importer, query.instant)
    known = record.lines(query.importer, code[:8]) or [
        row for row in record.listings(query.importer, code, edition) if row.prefix == code
    ]
    assume(known)  # a code that is no line there is answered as any of its siblings, or none
    assert inside(rate(record, query), rate(record, settled(record, query, code[:digits])))


@brief
@given(st.data(), st.randoms(use_true_random=False))
def test_shuffling_every_table_changes_nothing(record, codes, points, data, chance):
    query = draw_query(data, record, codes, points)

    def mixed(rows: Sequence[Event] | Sequence[Relation] | Sequence[Any]) -> tuple[Any, ...]:
        return tuple(chance.sample(list(rows), len(rows)))

    shuffled = Changed(
        record,
        events={name: mixed(rows) for name, rows in record.events.items()},
        relations={name: mixed(rows) for name, rows in record.relations.items()},
        memberships=mixed(record.memberships),
        coverage=mixed(record.coverage),
        editions=mixed(record.editions),
    )
    assert told(cold(shuffled, query)) == told(rate(record, query))


"""While goods holding any listed metal were free of the reciprocal duty."""


@brief
@given(st.data())
def test_facts_tried_at_random_stay_inside_the_range(record, codes, asking, data):
    importer, origin = data.draw(st.sampled_from(PAIRS), "pair")
    act, listed = asking[importer][data.draw(st.sampled_from(sorted(asking[importer])), "act")]
    moment = data.draw(
        st.integers(act.effective, (act.until or act.effective + 3 * 365 * 86_400) - 1), "moment"
    )
    word = data.draw(
        st.sampled_from(listed)
        | st.sampled_from(codes[importer])
        | st.sampled_from(WORDS[importer]),
        "product",
    )
    query = settled(
        record,
        Query(
            importer,
            origin,
            moment,
            data.draw(KNOWN, "known on"),
            GENERAL,
            data.draw(FACTS, "facts"),
        ),
        word,
    )
    answer = rate(record, query)
    assume(answer.asked)
    by_fact = {row.fact: row for row in record.conditions.values()}
    claimed = {row.fact for row in record.conditions.values() if row.when_unknown == "assume_no"}
    assume(
        not claimed & set(answer.asked)
    )  # said of a whole product, it would also claim for lines that do not ask
    given_facts: dict[str, Any] = dict(query.facts)
    room = ONE
    for name in answer.asked:
        row = by_fact[name]
        if row.kind == "yes_no":
            given_facts[name] = data.draw(st.booleans(), name)
        elif row.kind == "share":
            limit = room if row.flag == "--metal-share" else ONE
            given_facts[name] = data.draw(
                st.decimals(ZERO, limit, places=2) | st.sampled_from([ZERO, limit]), name
            )
            room -= given_facts[name] if row.flag == "--metal-share" else ZERO
        elif row.kind == "choice":
            given_facts[name] = data.draw(st.sampled_from(["vessel", "air"]), name)
    assert inside(rate(record, query._replace(facts=given_facts)), answer)


def test_a_crumb_of_metal_stays_inside_the_range_too(record):
    moment = at("2025-04-20 12:00")
    query = Query("us", "cn", moment, None, find_product(record, "us", "9403.99.9040", moment))
    shares = {name: ZERO for name in rate(record, query).asked} | {
        "aluminium_share": Decimal("0.01")
    }
    assert inside(rate(record, query._replace(facts=shares)), rate(record, query))


@brief
@given(st.data())
def test_goods_of_hong_kong_and_macau_never_owe_the_lists_of_section_301(
    record, codes, points, data
):
    query = draw_query(data, record, codes, points)
    assume(query.importer == "us")
    query = query._replace(origin=data.draw(st.sampled_from(["hk", "mo"])))
    assert all(one.programme != "us-301-tech" for one in rate(record, query).layers)


def test_the_clock_of_the_record_is_that_of_the_importer(record):
    assert record.zones["us"] == EASTERN
