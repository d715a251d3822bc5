"""Products: a code, a word or a list, split into lines that stand on the same lists; absence is
never guessed.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from support.tiny_law import BEIJING, TinyBook, at, edition, event, line, owed, plain
from tariffcli.errors import RecordError, UsageError
from tariffcli.law.docket import docket_of, lines_at
from tariffcli.law.products import (
    GENERAL,
    codes_at,
    digits_of,
    dotted,
    edition_at,
    find_product,
    line_classes,
)
from tariffcli.law.reference import Category

WHEN = "2025-06-15"
TARIFF = [
    line("85076000", "3.4%"),
    line("85078040", "3.4%"),
    line("85081900"),
    line("84181000"),
    line("63079098", "7%"),
    line("22030000", "$1/l"),
]
LISTS = {
    "list-3": ["8507", "!850780"],
    "list-4a": ["85076000", "!8507600010"],
    "ev": ["8507600010"],
}
RATES = [
    event("l3", 25, scope="list-3", programme="s301"),
    event("l4", "7.5", scope="list-4a", programme="extra"),
    event("ev", 100, scope="ev", programme="ev"),
]
BOOK = TinyBook(RATES, scopes=LISTS, lines=TARIFF)
CHINA = TinyBook(
    [event("r", 25, scope="r"), event("s", 15, scope="s", programme="s")],
    scopes={"r": ["02031200", "02032900", "870323"], "s": ["02032900", "2801000010"]},
    importer="cn",
    zone=BEIJING,
)


def split(book: TinyBook, product: str, when: str = WHEN) -> dict[str, str]:
    """Each class as its lists -> its codes."""
    moment = at(when, book.zone)
    found = find_product(book, book.importer, product, moment)
    relevant = frozenset(book.scopes)
    groups: dict[str, list[str]] = {}
    for one in line_classes(book, book.importer, found, moment, relevant):
        groups.setdefault("+".join(sorted(one.scopes)), []).extend(one.codes)
    return {lists: " ".join(sorted(codes)) for lists, codes in groups.items()}


# Words and codes


@pytest.mark.parametrize(
    "typed", ["8507.60.00", "85076000", "8507 60 00", "8507-60-00", " 8507.6000 "]
)
def test_a_code_may_be_typed_with_dots_spaces_dashes_or_none(typed: str):
    assert digits_of(typed) == "85076000"


@pytest.mark.parametrize("typed", ["cars", "85O7", "８５０７", "", "list-3"])
def test_what_is_no_code(typed: str):
    assert digits_of(typed) is None


def test_nothing_typed_is_goods_on_no_special_list():
    assert {
        find_product(BOOK, "us", typed, at(WHEN)) for typed in ("", "general", "all", " Goods ")
    } == {GENERAL}
    assert split(BOOK, "general") == {"": ""}


CATEGORIES = [
    Category(
        "phones", "us", "2017", "Smartphones", "智能手机", ("smart phone",), ("85171200",), ""
    ),
    Category(
        "phones", "us", "2022", "Smartphones", "智能手机", ("smart phone",), ("85171300",), ""
    ),
    Category("vacuum", "us", "", "Vacuum cleaners", "吸尘器", (), ("8508", "85078040"), ""),
    Category("third", "us", "", "List 3", "", (), ("scope:list-3",), ""),
]
EDITIONS = [edition("2017", until="2022-01-27"), edition("2022", since="2022-01-27")]
SHOP = TinyBook(
    RATES,
    scopes=LISTS,
    lines=[
        *TARIFF,
        line("85171200", until="2022-01-27"),
        line("85171300", since="2022-01-27"),
        line("85171400", since="2022-01-27"),
    ],
    categories=CATEGORIES,
    editions=EDITIONS,
)


@pytest.mark.parametrize(
    "word", ["phones", "Smartphones", "smart phone", "SMART_PHONE", "智能手机"]
)
def test_a_category_answers_to_its_id_its_names_and_its_aliases(word: str):
    assert find_product(SHOP, "us", word, at(WHEN)).codes == ("85171300",)


def test_a_category_has_the_codes_of_the_edition_of_the_day():
    assert find_product(SHOP, "us", "phones", at("2021-06-01")).codes == ("85171200",)
    assert split(SHOP, "vacuum", "2021-06-01") == split(SHOP, "vacuum") == {"": "85078040 85081900"}


def test_an_unknown_word_is_refused_with_the_nearest_ones():
    with pytest.raises(
        UsageError, match=r"No product 'phonez' in the record. Did you mean phones\?"
    ):
        find_product(SHOP, "us", "phonez", at(WHEN))


def test_an_unknown_word_that_is_near_no_other_is_refused_without_a_guess():
    with pytest.raises(UsageError, match=r"No product 'zzz' in the record. See `tariff products`"):
        find_product(SHOP, "us", "zzz", at(WHEN))


def test_a_category_without_codes_in_an_edition_has_none_though_the_tariff_has_them():
    drones = Category("drones", "us", "2022", "Drones", "", (), ("8508",), "")
    book = TinyBook(lines=TARIFF, categories=[drones], editions=EDITIONS)
    found = find_product(book, "us", "drones", at(WHEN))
    days = ("2025-06-15", "2021-06-01")
    assert [codes_at(book, "us", found, at(day)) for day in days] == [("8508",), ()]


def test_a_category_that_is_not_of_the_record_keeps_the_codes_it_came_with():
    own = find_product(SHOP, "us", "vacuum", at(WHEN))._replace(id="our-vacuums")
    assert codes_at(SHOP, "us", own, at(WHEN)) == own.codes


def test_a_list_is_a_product():
    found = find_product(SHOP, "us", "third", at(WHEN))
    assert (found.kind, found.codes) == ("list", ("scope:list-3",))
    assert split(SHOP, "third")["ev+list-3"] == "8507600010"


def test_a_list_as_a_product_owes_what_its_lines_owe():
    assert SHOP.ask(WHEN, product="third").max_pct == 125


def test_what_a_list_takes_out_is_no_part_of_the_list_as_a_product():
    assert "85078040" not in " ".join(split(SHOP, "third").values())


# Classes


def test_lines_on_the_same_lists_are_one_class():
    assert split(BOOK, "85") == {
        "": "85078040 85081900",
        "list-3+list-4a": "85076000",
        "ev+list-3": "8507600010",
    }


def test_a_part_of_a_line_that_a_list_names_is_a_line_of_its_own():
    assert split(BOOK, "85076000") == {"list-3+list-4a": "85076000", "ev+list-3": "8507600010"}


def test_ten_digits_answer_for_themselves():
    assert BOOK.owes(WHEN, product="8507.60.0010") == "125"
    assert BOOK.owes(WHEN, product="8507.60.0020") == "32.5"


def test_a_short_code_is_the_range_of_its_lines():
    answer = BOOK.ask(WHEN, product="8507")
    assert owed(answer) == "0..125"
    assert {part.codes: plain(part.outcome.min_pct) for part in answer.parts} == {
        ("85078040",): "0",
        ("85076000",): "32.5",
        ("8507600010",): "125",
    }


def test_what_a_list_takes_out_is_not_on_it_and_the_longest_code_decides():
    assert BOOK.owes(WHEN, product="85078040") == "0"


def test_a_part_of_what_a_list_takes_out_may_stand_on_it_again():
    book = TinyBook(
        [event("duty", 25, scope="batteries")],
        scopes={"batteries": ["8507", "!850760", "8507600010"]},
        lines=TARIFF,
    )
    codes = ("85078040", "85076000", "8507600010", "8507600020")
    assert [book.owes(WHEN, product=code) for code in codes] == ["25", "0..25", "25", "0"]


def test_a_listed_part_of_a_line_that_is_gone_is_no_line():
    lines = [line("85076000", until="2025-05-01"), line("85078040")]
    book = TinyBook(RATES[2:], scopes={"ev": LISTS["ev"]}, lines=lines)
    assert [book.owes(day, product="8507") for day in ("2025-04-30", "2025-05-01")] == [
        "0..100",
        "0",
    ]


def test_lines_with_another_ordinary_duty_are_another_class():
    book = TinyBook(
        lines=[line("01010101", "Free"), line("01010102", "5%"), line("01010103", "5%")]
    )
    moment = at(WHEN)
    found = line_classes(book, "us", find_product(book, "us", "0101", moment), moment, frozenset())
    assert sorted((one.mfn_pct, one.codes) for one in found) == [
        (0, ("01010101",)),
        (5, ("01010102", "01010103")),
    ]


def test_a_specific_duty_is_no_number_and_stays_as_printed():
    answer = BOOK.ask(WHEN, product="22030000")
    assert (answer.mfn_pct, answer.mfn_text, answer.total_pct, answer.additional_pct) == (
        None,
        "$1/l",
        None,
        0,
    )


def test_lists_that_no_row_names_split_nothing():
    moment = at(WHEN)
    assert (
        len(line_classes(BOOK, "us", find_product(BOOK, "us", "8507", moment), moment, frozenset()))
        == 1
    )


# Editions


def test_a_list_speaks_in_the_codes_of_its_own_edition():
    book = TinyBook(
        [event("x", 10, announced="2018-07-06", scope="phones")],
        scopes={"phones": ["2017:85171200", "2022:85171300"]},
        lines=SHOP.lines("us", ""),
        editions=EDITIONS,
    )
    assert book.owes("2021-06-01", product="8517.12") == "10"
    assert book.owes("2025-06-01", product="8517.13") == "10"
    assert book.owes("2025-06-01", product="8517.14") == "0"


def test_a_dead_code_that_no_concordance_knows_is_refused_with_its_living_relatives():
    with pytest.raises(
        UsageError,
        match=r"85171200 is no line of the tariff in force that day; its nearest relatives are 8517.13.00, 8517.14.00",
    ):
        find_product(SHOP, "us", "8517.12.00", at(WHEN))


def test_a_code_that_is_not_yet_born_and_that_no_concordance_knows_is_refused():
    with pytest.raises(UsageError, match="is no line of the tariff in force that day"):
        find_product(SHOP, "us", "8517.13", at("2021-06-01"))


def test_a_code_of_no_edition_is_refused():
    with pytest.raises(UsageError, match="is no line of this tariff in any edition read"):
        find_product(SHOP, "us", "99999999", at(WHEN))


def test_a_day_without_an_edition_is_an_error_of_the_record():
    book = TinyBook(editions=[edition("2022", since="2022-01-27")])
    assert edition_at(book, "us", at("2022-01-27")) == "2022"
    with pytest.raises(RecordError, match="names no edition"):
        edition_at(book, "us", at("2022-01-26"))


EATEN = TinyBook(lines=[line("08502000"), line("85020000"), line("03032901"), line("61091000")])


@pytest.mark.parametrize(
    ("code", "asks"),
    [
        (
            "8502000",
            r"has a spreadsheet eaten its leading zero\? Type 08502000 if so, 85020000 if it is the last one;",
        ),
        ("850200010", r"has a spreadsheet eaten its leading zero\? Type 0850200010 if so;"),
        ("850", r"leading zero\? Type 0850 if so;"),
        ("85020", r"leading zero\? Type 085020 if so"),
        ("6109100", r"has a spreadsheet eaten its last zero\? Type 61091000 if so;"),
        ("61091", r"last zero\? Type 610910 if so;"),
        (
            "3032900",
            r"leading zero\? 03032900 is no line of this tariff; its nearest relatives are 0303.29.01\.",
        ),
        (
            "6109137",
            r"with a zero before or behind it is none either; its nearest relatives are 6109.10.00\.",
        ),
    ],
)
def test_an_odd_number_of_digits_is_asked_about_and_never_completed(code: str, asks: str):
    with pytest.raises(UsageError, match=asks):
        find_product(EATEN, "us", code, at(WHEN))


def test_a_heading_of_an_additional_duty_is_no_code_of_goods():
    book = TinyBook([event("l3", 25)._replace(heading="9903.88.03")], lines=TARIFF)
    with pytest.raises(
        UsageError,
        match=r"9903\.88\.03 is a heading under which an additional duty is declared, not a code of goods",
    ):
        find_product(book, "us", "9903.88.03", at(WHEN))


@pytest.mark.parametrize("code", ["8", "85076000101", "850760001012"])
def test_a_code_has_two_to_ten_digits(code: str):
    with pytest.raises(UsageError, match="a tariff code has 2 to 10"):
        find_product(BOOK, "us", code, at(WHEN))


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("85", "85"),
        ("8507", "8507"),
        ("850760", "8507.60"),
        ("85076000", "8507.60.00"),
        ("8507600010", "8507.60.0010"),
    ],
)
def test_codes_are_printed_as_tariffs_print_them(code: str, printed: str):
    assert dotted(code) == printed


# A tariff without a schedule: absence from the lists proves nothing


def test_a_listed_code_of_a_tariff_without_a_schedule_answers_for_itself():
    assert CHINA.owes(WHEN, "us", "02032900") == "40"
    assert CHINA.owes(WHEN, "us", "02031200") == "25"


def test_an_unlisted_code_below_a_listed_subheading_is_known_to_be_in_doubt():
    moment = at(WHEN)
    found = line_classes(
        CHINA, "cn", find_product(CHINA, "cn", "02032990", moment), moment, frozenset(CHINA.scopes)
    )
    assert sorted(code for one in found for code in one.codes) == ["02032900", "02032990"]


def test_an_unlisted_code_there_is_a_range_with_its_listed_relatives():
    answer = CHINA.ask(WHEN, "us", "02032990")
    assert (answer.status, owed(answer)) == ("range", "0..40")


def test_ten_digits_that_no_list_names_there_are_in_doubt_like_the_eight():
    assert CHINA.owes(WHEN, "us", "0203299010") == "0..40"


def test_a_listed_code_there_with_a_listed_part_is_a_range():
    book = TinyBook(
        [event("r", 25, scope="r"), event("s", 15, scope="s", programme="s")],
        scopes={"r": ["28010000"], "s": ["2801000010"]},
        importer="cn",
        zone=BEIJING,
    )
    assert book.owes(WHEN, "us", "2801000010") == "40"
    assert book.owes(WHEN, "us", "28010000") == "25..40"


def test_a_short_code_there_is_the_range_of_its_listed_lines_and_of_none():
    assert CHINA.owes(WHEN, "us", "0203") == "0..40"


def test_a_list_may_name_a_whole_heading_there():
    assert CHINA.owes(WHEN, "us", "87032343") == "25"


def test_ten_digits_below_a_listed_code_owe_what_it_owes():
    book = TinyBook(
        [event("r", 25, scope="r"), event("s", 15, scope="s", programme="s")],
        scopes={"r": ["02032900"], "s": ["02032900", "02032910"]},
        importer="cn",
        zone=BEIJING,
    )
    assert book.owes(WHEN, "us", "02032900") == "40"
    assert book.owes(WHEN, "us", "0203290010") == "40"


def test_a_code_of_a_later_edition_is_no_confident_zero_there():
    book = TinyBook(
        [event("r", 25, announced="2018-07-06", scope="r")], scopes={"r": ["2017:85171210", "2022:85171300"]},
        editions=[edition("2017", until="2022-01-01", importer="cn", zone=BEIJING), edition("2022", since="2022-01-01", importer="cn", zone=BEIJING)], importer="cn", zone=BEIJING,
    )  # fmt: skip
    assert book.owes("2025-01-01", "us", "85171300") == "25"
    with pytest.raises(UsageError, match=r"nearest relatives are 8517\.12\.10"):
        book.ask("2019-10-01", "us", "85171300")


def test_parts_tell_their_share_of_the_lines():
    parts = BOOK.ask(WHEN, product="85").parts
    assert sum(part.share_of_lines for part in parts) == 1
    assert {len(part.codes): part.share_of_lines for part in parts}[2] == Decimal(2) / 4


# A book may remember what it sorted, never an answer of another day


def test_a_code_is_answered_alike_whatever_was_asked_before():
    def shop() -> TinyBook:
        return TinyBook(
            RATES,
            scopes=LISTS,
            lines=[
                *TARIFF,
                line("85076100", since="2025-05-01"),
                line("85076200", until="2025-04-01"),
            ],
        )

    warm = shop()
    for when in ("2025-06-15", "2025-01-15", "2025-04-15"):
        assert warm.ask(when, product="8507") == shop().ask(when, product="8507")


def test_lines_that_come_after_the_typed_code_was_carried_over_are_seen():
    """The code is typed while it stands; its subheading's successor is divided a year
    after that.
    """
    successors = [
        line("85171300", since="2022-01-27", until="2023-01-01"),
        line("85171310", since="2023-01-01"),
    ]
    book = TinyBook(
        lines=[line("85171200", until="2022-01-27"), *successors],
        editions=EDITIONS,
        concordance=["2017:851712 2022:851713"],
    )
    typed = find_product(book, "us", "85171200", at("2021-06-01"))
    docket = docket_of(book, "us", "cn")
    days = ("2021-06-01", "2022-06-01", "2023-06-01")
    found = [lines_at(docket, typed, at(day), None)[0].codes for day in days]
    assert found == [("85171200",), ("85171300",), ("85171310",)]


def test_a_list_is_answered_alike_whatever_was_asked_before():
    def shop() -> TinyBook:
        lines = [line("85076000", "3.4%"), line("85076100", "Free", since="2025-05-01")]
        return TinyBook(RATES[:1], scopes={"list-3": ["8507"]}, lines=lines, categories=CATEGORIES)

    warm = shop()
    warm.ask("2025-06-15", product="third")
    assert (
        warm.ask("2025-01-15", product="third").total_pct
        == shop().ask("2025-01-15", product="third").total_pct
        == Decimal("28.4")
    )


# Ordinary duties that differ


MILK = [
    line("04021005", "3.3¢/kg"),
    line("04021050", "86.5¢/kg"),
    line("04022105", "5%"),
    line("04022125", "5%"),
]


@pytest.mark.parametrize(
    ("code", "pct", "text"),
    [
        ("0402", None, "5% or 3.3¢/kg or 86.5¢/kg"),
        ("040210", None, "3.3¢/kg or 86.5¢/kg"),
        ("04021005", None, "3.3¢/kg"),
        ("040221", "5", ""),
    ],
)
def test_a_heading_never_shows_the_ordinary_duty_of_one_of_its_lines_as_its_own(
    code: str, pct: str | None, text: str
):
    answer = TinyBook([event("all", 10)], lines=MILK).ask(WHEN, product=code)
    assert (answer.status, owed(answer)) == ("complete", "10")
    assert (None if answer.mfn_pct is None else plain(answer.mfn_pct), answer.mfn_text) == (
        pct,
        text,
    )
    assert (answer.total_pct is None) == (pct is None)


def test_a_list_that_names_a_whole_subheading_counts_below_its_heading():
    """China's list of September 2019 is known by six digits: the heading holds what its subheading
    owes.
    """
    book = TinyBook(
        [event("r", 5, scope="r")],
        scopes={"r": ["151000"], "s": ["15091000"]},
        importer="cn",
        zone=BEIJING,
    )
    assert [book.owes(WHEN, "us", code) for code in ("151000", "15100000", "1510")] == [
        "5",
        "5",
        "0..5",
    ]
    category = Category("olive-oil", "cn", "", "Olive oil", "", (), ("1510",), "")
    named = TinyBook(
        [event("r", 5, scope="r")],
        scopes={"r": ["151000"]},
        importer="cn",
        zone=BEIJING,
        categories=[category],
    )
    assert named.owes(WHEN, "us", "olive-oil") == "0..5"


def test_the_one_line_of_an_undivided_subheading_stands_for_the_whole_of_it():
    category = Category("olive-oil", "cn", "", "Olive oil", "", (), ("1510",), "")
    book = TinyBook(
        [event("r", 5, scope="r"), event("s", 10, scope="s", programme="s")],
        scopes={"r": ["151000"], "s": ["15100000"]},
        importer="cn",
        zone=BEIJING,
        categories=[category],
    )
    assert book.owes(WHEN, "us", "olive-oil") == "15"


def test_a_category_with_a_code_of_another_edition_is_refused_and_not_free():
    editions = [
        edition("2017", until="2022-01-01", importer="cn"),
        edition("2022", since="2022-01-01", importer="cn"),
    ]
    book = TinyBook(
        [event("r", 25, announced="2018-07-06", scope="r")],
        scopes={"r": ["2017:85171210", "2022:85171300"]},
        editions=editions,
        categories=[Category("phones", "cn", "", "Phones", "", (), ("851712",), "")],
        importer="cn",
        zone=BEIJING,
    )
    assert book.owes("2020-06-01", "us", "phones") == "25"
    with pytest.raises(UsageError, match="851712 is no code of the Harmonized System 2022"):
        book.ask(WHEN, "us", "phones")
