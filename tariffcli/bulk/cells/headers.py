"""Which column of a file means what: one table of the names that exports and people use."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tariffcli.bulk.cells.plan import MEANINGS, shown
from tariffcli.errors import UsageError

USUAL_NAMES: dict[str, str] = {
    "date": """
        date | entry date | declaration date | customs date | 申报日期 | 日期
        | entry summary date ? | summary date ? | import date ? | importation date ? | 进口日期 ?
        """,
    "instant": "instant | entry time | timestamp | datetime",
    "hs": """
        hts number full | hts number | htsus number | htsus no | hts code | hts | htsus
        | tariff number | cd hts us code | 29 cd hts us code | tariff code | hs code | hs
        | hts10 | hts8 | hscode | hs number | harmonized code | tariff | hts no | commodity code
        | commodity | 商品编号 | 商品编码 | 税号 | 税则号列 | hs编码
        | htscode ? | hts 10 ? | hts 8 ? | hs10 ? | hs8 ? | hs6 ? | hs 10 ? | hs 8 ? | hs 6 ?
        | htsno ? | hts num ? | htsnumber ? | tariff line ? | tariff item ? | cmd code ? | cmdcode ?
        | 税则号 ? | 海关编码 ?
        | product code * | productcode * | subheading * | i commodity * | e commodity *
        """,
    "product": "product | category | 商品类别",
    "origin": """
        origin | country of origin | country of origin code | origin country | origin code | coo
        | c o o | c o | c o name | made in | country of manufacture | cm country of origin
        | 27 cm country of origin | 原产国 地区 | 原产国 | 原产地
        """,
    "importer": """
        importer | importing country | country of import | destination country | 进口国
        """,
    "value": """
        line tariff goods value amount | line goods value amount | line entered value
        | cm item entered value | 32 cm item entered value | entered value | value | goods value
        | customs value | value usd | entered value usd | line value | 完税价格 | 总价 | 申报总价
        | general customs value ? | import value ? | trade value ? | tradevalue ? | 货值 ?
        | weight * | weights * | imports * | usd * | amount * | primary value * | primaryvalue *
        | cif value * | cifvalue * | fob value * | fobvalue * | gen val * | gen val mo *
        | gen val yr * | con val * | con val mo * | con val yr * | 金额 * | 进口额 * | 进口金额 *
        | 美元 * | 贸易额 *
        """,
    "quantity": """
        quantity | qty | line tariff quantity 1 | customs qty 1 | net quantity in htsus units
        | 法定数量 | 数量
        """,
    "unit": """
        unit | uom | unit of measure | qty unit | quantity unit | line tariff uom 1 code
        | customs uq 1 | 法定单位 | 单位
        """,
    "paid": """
        line tariff duty amount | duty paid | paid | line duty amount ? | line tariff amount ?
        | duty amount | declared duty | total duty | duty | cd duty and taxes
        | 34 cd duty and taxes | 关税
        """,
    "claim": "claim | claims",
    "loaded": "loaded | loading date | loaded on | loading day | date of loading",
    "mode": "mode | mode of transport | transport mode | 运输方式",
    "metal_share": "metal share | metal content | metal shares",
    "in_quota": "in quota | within quota | quota",
    "postal": "postal | by post",
    "mfn": "mfn | mfn rate | ordinary duty pct | 最惠国税率",
    "shipment_value": "shipment value | value of shipment",
    "entry": """
        entry summary number | entry number | entry no | cs entry number
        | filer code entry number | entry
        """,
    "line": """
        entry summary line number | 7501 line number | line number | line no | cm item number
        | entry line | line
        """,
    "ordinal": "tariff ordinal number | ordinal | ordinal number",
    "importer_number": """
        importer of record number | importer number | ior number | importer of record | ior
        """,
    "importer_name": "importer of record name | importer name | ior name",
    "entry_type": "entry type code | entry type | cs entry type",
    "deposited": """
        payment date | collection date | deposit date | duty paid date | statement payment date
        | entry summary date | cs summary date
        """,
    "liquidated": "liquidation date",
    "liquidation_status": "liquidation status",
    "protest": "protest number | protest status | protest",
    "drawback": "drawback indicator | drawback flag | drawback claim | drawback",
    "reconciliation": "reconciliation indicator | reconciliation flag | reconciliation",
}
"""The names of each meaning as `fold` writes them, the surest first.

`?`: to a question it has this meaning only where none of the others is there: another day, a sum
of a whole line, fewer digits. `*`: it has this meaning only in a table of weights.
`paid` is the duty of the row; `deposited` the day of its payment, or the nearest to it.
"""

ENTRY_MEANINGS = (
    "entry",
    "line",
    "ordinal",
    "hs",
    "value",
    "paid",
    "importer_number",
    "importer_name",
    "entry_type",
    "deposited",
    "liquidated",
    "liquidation_status",
    "protest",
    "drawback",
    "reconciliation",
)
"""What a column may mean to an audit or a refund."""

AMOUNTS = frozenset({"value", "paid", "shipment_value"})
"""Meanings of money: the name of such a column may say in which currency it is."""

_NAME = re.compile(r"\s*([^|?*]+?)\s*([?*]?)\s*(?:\||$)")
_BLOCK_NUMBER = re.compile(r"^\s*\d{1,2}[a-zA-Z]?\.\s+")
_WORD_WITHIN = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z]|[A-Z]{2})")
_CURRENCY = re.compile(r"\b(in )?(us|usd|us dollars?|dollars?)\b")


def fold(name: object) -> str:
    """A heading as it is compared: small letters, and one space for all that parts its words.

    The number of a form's block before it is left out.

    >>> fold(" HTS-Number_Full"), fold("29. CD  HTS US Code"), fold("TradeValue (US$)")
    ('hts number full', 'cd hts us code', 'trade value us')
    >>> fold("原产国（地区）")
    '原产国 地区'
    """
    words = _WORD_WITHIN.sub(" ", _BLOCK_NUMBER.sub("", str(name)))
    return re.sub(r"[\W_]+", " ", words.casefold()).strip()


def without_currency(folded: str) -> str:
    """A folded heading without the currency, unless it says nothing else.

    >>> without_currency("customs value in usd"), without_currency("usd")
    ('customs value', 'usd')
    """
    return " ".join(_CURRENCY.sub("", folded).split()) or folded


class Names(NamedTuple):
    """The names of one meaning: those that always have it, those that have it where none of the
    first is there, and those that have it in a table of weights. `ordered` are the first two as
    they stand in the table, the surest first."""

    usual: tuple[str, ...]
    second: tuple[str, ...]
    of_weights: tuple[str, ...]
    ordered: tuple[str, ...]


def _names(text: str) -> Names:
    marked = [(fold(name), mark) for name, mark in _NAME.findall(text)]
    return Names(
        usual=tuple(name for name, mark in marked if not mark),
        second=tuple(name for name, mark in marked if mark == "?"),
        of_weights=tuple(name for name, mark in marked if mark == "*"),
        ordered=tuple(name for name, mark in marked if mark != "*"),
    )


NAMES = {meaning: _names(text) for meaning, text in USUAL_NAMES.items()}
QUESTION_NAMES = {meaning: NAMES[meaning] for meaning in MEANINGS}
"""Names of what a question asks: each file of lines has some of them."""

ENTRY_NAMES = {meaning: NAMES[meaning].ordered for meaning in ENTRY_MEANINGS}
"""Names of what an audit asks besides, the surest first."""

WEIGHT_NAMES = {
    meaning: tuple(
        fold(name) for name in (meaning, *NAMES[source].ordered, *NAMES[source].of_weights)
    )
    for meaning, source in (("code", "hs"), ("value", "value"))
}
"""Names of the two columns of a table of weights."""

KNOWN = frozenset(name for names in NAMES.values() for name in names.ordered)
"""Every name by which the header of a file of lines is found."""


def usual_names(meanings: Iterable[str]) -> Iterator[str]:
    """The names that always have one of these meanings to a question."""
    for meaning in meanings:
        yield from QUESTION_NAMES[meaning].usual


def find_columns(names: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """The column of each meaning of a question: the one `given` names, else one of a usual name.

    Raises UsageError where a column that was given is not there, or two columns could have one
    meaning.
    """
    doubled = next((name for name, count in Counter(names).items() if count > 1), None)
    if doubled is not None:
        raise UsageError(
            f"The file has more than one column '{shown([doubled])}'; rename one of them."
        )
    folded = {name: fold(name) for name in names}
    columns = _given_columns(names, folded, given)
    folded = {
        name: plain
        for name, plain in folded.items()
        if plain in KNOWN or without_currency(plain) in KNOWN
    }
    for meaning in MEANINGS:
        if meaning in columns:
            continue
        taken = columns.values()
        fitting = [name for name in _surest(meaning, folded) if name not in taken]
        if len(fitting) > 1:
            several = " and ".join(f"'{shown([name])}'" for name in fitting[:3])
            first = shown(fitting[:1])
            raise UsageError(
                f'{several} could each be the {meaning}; say which: --map {meaning}="{first}".'
            )
        if fitting:
            columns[meaning] = fitting[0]
    for stronger, weaker in (("instant", "date"), ("hs", "product")):
        if stronger in columns and weaker in columns and weaker not in given:
            del columns[weaker]
    return columns


def _surest(meaning: str, folded: Mapping[str, str]) -> list[str]:
    """The columns that have a meaning by the surest kind of name that is there: its own name, a
    usual one, a second one; of an amount then those that say the currency too."""
    kinds = ((fold(meaning),), QUESTION_NAMES[meaning].usual, QUESTION_NAMES[meaning].second)
    for kind in kinds:
        fitting = [name for name, plain in folded.items() if plain in kind]
        if fitting:
            return fitting
    if meaning in AMOUNTS:
        for kind in kinds:
            fitting = [name for name, plain in folded.items() if without_currency(plain) in kind]
            if fitting:
                return fitting
    return []


def _given_columns(
    names: Sequence[str], folded: Mapping[str, str], given: Mapping[str, str]
) -> dict[str, str]:
    """The columns that a user named, by meaning."""
    by_fold = {folded[name]: name for name in reversed(names)}
    columns: dict[str, str] = {}
    for meaning, wanted in given.items():
        if meaning not in MEANINGS:
            raise UsageError(
                f"--map: a column cannot mean '{meaning[:30]}'; it can mean: {', '.join(MEANINGS)}."
            )
        if wanted not in folded and fold(wanted) not in by_fold:
            raise UsageError(
                f"--map {meaning}: the file has no column '{wanted[:40]}'; "
                f"its columns: {shown(names)}."
            )
        columns[meaning] = wanted if wanted in folded else by_fold[fold(wanted)]
    return columns
