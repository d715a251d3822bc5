"""Classes of equal lines are kept between runs and shared by processes: what one asked the engine,
none asks again.
"""

from __future__ import annotations

import os
import random

import pytest

from support.random_lines import lines

pa = pytest.importorskip("pyarrow")

from tariffcli.bulk.cells.plan import Plan  # noqa: E402
from tariffcli.bulk.cells.rater import Rater  # noqa: E402
from tariffcli.bulk.classes.classes import Classes  # noqa: E402
from tariffcli.bulk.classes.store import absorb, catch_up, keep_classes, open_classes, packed  # noqa: E402

PLAN = Plan({name: name for name in ("date", "hs", "origin", "importer", "value")})


def answers(classes: Classes, batch):
    return [array.to_pylist() for array in Rater(classes.book, PLAN, classes).rate(batch)]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TARIFF_CACHE", str(tmp_path))
    return tmp_path


def test_classes_take_over_what_others_know_and_ask_nothing_again(record):
    some, others = Classes(record), Classes(record)
    first, second = lines(1, 300), lines(2, 300)
    before = answers(some, first), answers(others, second)
    asked = some.fresh
    absorb(some, others)
    known = len(some.outcomes), some.used
    absorb(some, others)
    assert (len(some.outcomes), some.used) == known
    assert (answers(some, first), answers(some, second)) == before
    assert some.fresh == asked > 0


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2)])
def test_taking_over_in_any_order_gives_the_same_answers(record, order):
    alone = Classes(record)
    expected = [answers(alone, lines(seed, 300)) for seed in (1, 2, 3)]
    one = Classes(record)
    for seed in order:
        other = Classes(record)
        answers(other, lines(seed, 300))
        absorb(one, other)
    assert [answers(one, lines(seed, 300)) for seed in (1, 2, 3)] == expected
    assert one.fresh == 0


def test_two_processes_that_keep_classes_keep_those_of_both(record):
    one, other = open_classes(record, None), open_classes(record, None)
    first, second = lines(1, 300), lines(2, 300)
    before = answers(one, first), answers(other, second)
    keep_classes(one)
    keep_classes(other)
    later = open_classes(record, None)
    assert (answers(later, first), answers(later, second)) == before
    assert later.fresh == 0
    asked = one.fresh
    catch_up(one)
    assert (answers(one, first), answers(one, second)) == before
    assert one.fresh == asked


def test_classes_of_another_record_are_not_taken_over(record):
    one, other = (
        Classes(record),
        Classes(record, "2019-01-01"),
    )  # known on another day: other epochs
    expected = answers(one, lines(1, 300))
    answers(other, lines(1, 300))
    before = len(one.outcomes), one.used
    with pytest.raises(ValueError, match="epochs"):
        absorb(one, other)
    assert (len(one.outcomes), one.used) == before
    assert answers(one, lines(1, 300)) == expected


def test_kept_classes_grow_by_what_is_new_alone(record):
    one = open_classes(record, None)
    answers(one, lines(1, 300))
    keep_classes(one)
    again = open_classes(record, None)
    many = len(again.outcomes)
    absorb(again, one)
    assert len(again.outcomes) == many


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no archive"])
def test_a_damaged_file_of_classes_is_found_anew(record, own_cache, damage):
    one = open_classes(record, None)
    expected = answers(one, lines(1, 300))
    keep_classes(one)
    (path,) = own_cache.rglob("classes-*.npz")
    path.write_bytes(damage)
    catch_up(one)
    again = open_classes(record, None)
    assert answers(again, lines(1, 300)) == answers(one, lines(1, 300)) == expected
    assert again.fresh == one.fresh


def test_classes_travel_as_bytes(record):
    one = Classes(record)
    assert packed(one) == b""
    expected = answers(one, lines(1, 300))
    there = open_classes(record, None, packed(one))
    assert answers(there, lines(1, 300)) == expected
    assert there.fresh == 0


def test_random_damage_of_kept_classes_never_changes_an_answer(record, own_cache):
    one, batch = open_classes(record, None), lines(1, 300)
    expected = answers(one, batch)
    keep_classes(one)
    (path,) = own_cache.rglob("classes-*.npz")
    whole, draw = path.read_bytes(), random.Random(7)
    for _ in range(12):
        place = draw.randrange(len(whole))
        path.write_bytes(
            whole[:place] + bytes([whole[place] ^ 1 << draw.randrange(8)]) + whole[place + 1 :]
        )
        later = open_classes(record, None)
        assert not later.laws  # nothing of it was believed
        assert answers(open_classes(record, None), batch[:20]) == answers(one, batch[:20])
    path.write_bytes(whole)
    assert answers(open_classes(record, None), batch) == expected


def test_classes_of_another_record_are_not_believed_under_this_ones_name(record, own_cache):
    other = open_classes(record, "2019-01-01")
    answers(other, lines(1, 300))
    keep_classes(other)
    (path,) = own_cache.rglob("classes-*.npz")
    content = path.read_bytes()
    one = open_classes(record, None)
    answers(one, lines(1, 300))
    keep_classes(one)
    (mine,) = set(own_cache.rglob("classes-*.npz")) - {path}
    mine.write_bytes(content)
    assert not open_classes(record, None).laws


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_a_pipe_in_the_place_of_kept_classes_is_done_without(record, own_cache):
    one = open_classes(record, None)
    expected = answers(one, lines(1, 300))
    keep_classes(one)
    (path,) = own_cache.rglob("classes-*.npz")
    path.unlink()
    os.mkfifo(path)
    catch_up(one)
    assert answers(open_classes(record, None), lines(1, 300)) == expected


@pytest.mark.parametrize("folder", ["n" * 300, "file/below"])
def test_classes_are_not_kept_where_they_cannot_be(record, own_cache, monkeypatch, folder):
    (own_cache / "file").write_bytes(b"")
    monkeypatch.setenv("TARIFF_CACHE", str(own_cache / folder))
    one = open_classes(record, None)
    answers(one, lines(1, 300))
    keep_classes(one)
    catch_up(one)
    assert [path.name for path in own_cache.iterdir()] == ["file"]


def test_a_word_that_names_nothing_is_never_told_of_another_line_in_a_later_run(record):
    """Beyond the first hundred such words share a row of classes: a later run keeps the row, and
    must name none of them.
    """
    plan = Plan({name: name for name in ("date", "product", "origin", "importer", "claim")})

    def reasons(classes: Classes, words: list[str], claim: str) -> dict[str, str]:
        rows = [
            {
                "date": "2025-04-24",
                "product": word,
                "origin": "cn",
                "importer": "us",
                "claim": claim,
            }
            for word in words
        ]
        rater = Rater(record, plan._replace(outputs=["reason"]), classes)
        return dict(
            zip(words, rater.rate(pa.RecordBatch.from_pylist(rows))[0].to_pylist(), strict=True)
        )

    words = [*(f"nothing{number}" for number in range(150)), "toys"]
    first = Classes(record)
    reasons(first, words, "")
    keep_classes(first)
    later = reasons(open_classes(record, None), words[100:], "donation")
    others = {
        word: [other for other in words if f"'{other}'" in (text or "") and other != word]
        for word, text in later.items()
    }
    assert {word: named for word, named in others.items() if named} == {}


def test_a_word_that_names_nothing_is_told_alike_by_whoever_takes_the_classes_over(record):
    """Two processes name different words first; what one takes over from the other tells each word
    of itself alone.
    """
    plan = Plan(
        {name: name for name in ("date", "product", "origin", "importer", "claim")},
        outputs=["reason"],
    )

    def reasons(classes: Classes, words: list[str], claim: str = "") -> dict[str, str]:
        rows = [
            {
                "date": "2025-04-24",
                "product": word,
                "origin": "cn",
                "importer": "us",
                "claim": claim,
            }
            for word in words
        ]
        return dict(
            zip(
                words,
                Rater(record, plan, classes).rate(pa.RecordBatch.from_pylist(rows))[0].to_pylist(),
                strict=True,
            )
        )

    words = [f"nothing{number}" for number in range(150)]
    some, others = Classes(record), Classes(record)
    reasons(some, words)
    reasons(others, words[::-1])
    absorb(some, others)
    fresh = Classes(record)
    absorb(fresh, others)
    for classes in (some, fresh):
        for claim in ("", "donation"):
            told = reasons(classes, words[::-1], claim)
            assert [
                word for word, text in told.items() if "'" in text and f"'{word}'" not in text
            ] == []
    assert reasons(fresh, words, "donation") == reasons(others, words, "donation")
