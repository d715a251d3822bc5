"""Which column of a file means what, by the names that exports and people use."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from tariffcli.bulk.plan import MEANINGS, shown
from tariffcli.errors import UsageError

USUAL: dict[str, tuple[str, ...]] = {
    "date": ("entry date", "declaration date", "customs date", "申报日期", "日期"),
    "instant": ("entry time", "timestamp", "datetime"),
    "hs": (
        "hts", "hts number", "hts number full", "hts code", "hts10", "hts8", "htsus", "htsus no", "htsus number",
        "hs code", "hscode", "hs number",
        "harmonized code", "tariff", "tariff code", "tariff number", "hts no", "commodity code", "commodity",
        "29 cd hts us code", "商品编号", "商品编码", "税号",
        "税则号列", "hs编码",
    ),
    "product": ("category", "商品类别"),
    "origin": (
        "country of origin", "country of origin code", "origin country", "origin code", "coo", "c o o", "c o", "c o name", "made in",
        "country of manufacture", "27 cm country of origin", "原产国 地区", "原产国", "原产地",
    ),
    "importer": ("importing country", "country of import", "destination country", "进口国"),
    "value": (
        "entered value", "line entered value", "goods value", "line goods value amount", "line tariff goods value amount", "customs value",
        "value usd", "entered value usd", "line value", "32 cm item entered value", "完税价格", "总价", "申报总价",
    ),
    "quantity": ("qty", "line tariff quantity 1", "customs qty 1", "net quantity in htsus units", "法定数量", "数量"),
    "unit": ("uom", "unit of measure", "qty unit", "quantity unit", "line tariff uom 1 code", "customs uq 1", "法定单位", "单位"),
    "paid": ("duty paid", "duty amount", "line tariff duty amount", "duty", "total duty", "declared duty",
             "34 cd duty and taxes", "关税"),
    "claim": ("claims",),
    "loaded": ("loading date", "loaded on", "loading day", "date of loading"),
    "mode": ("mode of transport", "transport mode", "运输方式"),
    "metal_share": ("metal content", "metal shares"),
    "in_quota": ("within quota", "quota"),
    "postal": ("by post",),
    "mfn": ("mfn rate", "ordinary duty pct", "最惠国税率"),
    "shipment_value": ("value of shipment", "shipment value"),
}  # fmt: skip
"""Headings by meaning, folded; the meaning's own name always counts first."""


SECOND = {"date": ("entry summary date", "summary date", "import date", "importation date", "进口日期"), "paid": ("line duty amount",)}
"""Headings that have a meaning only where none of the first kind is there: another day, or a sum of a whole line."""


def fold(name: str) -> str:
    """A heading as it is compared: small letters, everything but letters and digits a single space.

    >>> fold(" HTS Number - Full"), fold("原产国（地区）")
    ('hts number full', '原产国 地区')
    """
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()


def find_columns(names: Sequence[str], asked: Mapping[str, str]) -> dict[str, str]:
    """Meanings and the columns that hold them: those asked for, then columns by usual names.

    Raises UsageError where a column that was asked for is not there, or two columns could have one meaning.
    """
    doubled = next((name for name, many in Counter(names).items() if many > 1), None)
    if doubled is not None:
        raise UsageError(f"The file has more than one column '{shown([doubled])}'; rename one of them.")
    found, folded = _asked_for(names, asked), {name: fold(name) for name in names}
    for meaning in MEANINGS:
        if meaning in found:
            continue
        own = fold(meaning)
        columns: list[str] = []
        for usual in ((own,), USUAL.get(meaning, ()), SECOND.get(meaning, ())):
            columns = columns or [name for name in names if folded[name] in usual]
        columns = [name for name in columns if name not in found.values()]
        if len(columns) > 1:
            several = " and ".join(f"'{shown([name])}'" for name in columns[:3])
            raise UsageError(f'{several} could each be the {meaning}; say which: --map {meaning}="{shown(columns[:1])}".')
        if columns:
            found[meaning] = columns[0]
    for one, other in (("instant", "date"), ("hs", "product")):
        if one in found and other in found and other not in asked:
            del found[other]
    return found


def _asked_for(names: Sequence[str], asked: Mapping[str, str]) -> dict[str, str]:
    """The columns that a user named, by meaning."""
    found: dict[str, str] = {}
    folded = {fold(name): name for name in reversed(names)}
    for meaning, wanted in asked.items():
        if meaning not in MEANINGS:
            raise UsageError(f"--map knows no '{meaning[:30]}'; a column can mean: {', '.join(MEANINGS)}.")
        if wanted not in names and fold(wanted) not in folded:
            raise UsageError(f"--map {meaning}: the file has no column '{wanted[:40]}'; its columns: {shown(names)}.")
        found[meaning] = wanted if wanted in names else folded[fold(wanted)]
    return found
