"""The second reading: codes out of a note's text, and two readings compared."""

import sys

import pytest

from support import ROOT

sys.path.insert(0, str(ROOT / "tools"))

import compare_readings as tool

NOTE = """U.S. Notes (con.)     8501.10.20  8501.10.40
   Harmonized Tariff Schedule of the United States Revision 6 (2026)
99 - III - 88
(b) Heading 9903.88.01 applies: 8501.31.40.00 8481.80.3030 9802.00.80
[Compiler's note: see 2836.91.00.] (1) 8412.21.0075 (2) Pumps (described in statistical reporting number
8413.70.2004) (1) 8480.71.8045 (c) End"""


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "note.txt"
    path.write_text(NOTE, encoding="utf-8")
    return tool.flowing(path)


def test_page_heads_go_and_the_codes_beside_them_stay(text):
    assert "Revision" not in text
    assert tool.codes_of(tool.passage(text, "8501", "(b)"), "") == {"85011040"}


def test_a_passage_gives_goods_codes_and_no_provisions_or_compilers_words(text):
    assert tool.codes_of(tool.passage(text, "(b) Heading", "(1)"), "") == {
        "8501314000",
        "8481803030",
    }


def test_whole_numbers_and_described_goods_are_told_apart_and_numbering_may_begin_anew(text):
    items = tool.passage(text, "applies:", "(c) End")
    assert tool.codes_of(tool.chosen_items(items, "whole"), "") == {"8412210075", "8480718045"}
    assert tool.codes_of(tool.chosen_items(items, "described"), "") == {"8413702004"}


def test_words_that_are_not_in_the_text_are_an_error(text):
    with pytest.raises(ValueError, match="not in the text: nowhere"):
        tool.passage(text, "nowhere", "(c)")


def test_a_difference_without_an_explanation_is_told():
    reading = tool.Reading(
        "no such list", ["us-301-list-1"], "2022", "x", "", "", "in", "", "", "", ""
    )
    same = tool.Comparison(reading, {"85011020"}, {"85011020"})
    other = tool.Comparison(reading, {"85011020"}, {"85011040"})
    assert tool.unexplained([same]) == []
    assert len(tool.unexplained([other])) == 2
