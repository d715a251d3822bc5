"""What stands beside duties on an entry: fees, how an entry summary counts and orders its lines,
and refunds. Rows of the record.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple


class Fee(NamedTuple):
    """A user fee between two days. Blank `modes`: whatever brought the goods; `above`: only for
    entries above that value.
    """

    id: str
    importer: str
    name: str
    rate_pct: Decimal
    minimum: Decimal | None
    maximum: Decimal | None
    currency: str
    above: Decimal | None
    since: str
    until: str
    modes: tuple[str, ...]
    source_ids: tuple[str, ...]
    note: str


class Reporting(NamedTuple):
    """A rule of an entry summary between two days: `order` of authorities, `even_units` of value,
    or a `note` to print.
    """

    id: str
    importer: str
    rule: str
    position: int | None
    authorities: tuple[str, ...]
    since: str
    until: str
    source_ids: tuple[str, ...]
    note: str


class Interest(NamedTuple):
    """A yearly rate of interest on duty paid back, between two days, to a kind of payee."""

    id: str
    importer: str
    payee: str
    rate_pct: Decimal
    since: str
    until: str
    source_ids: tuple[str, ...]
    confidence: str
    note: str


class Caveat(NamedTuple):
    """What a reader of a refund or an audit must know; `types`: the entry types it is about, blank
    where it is about all.
    """

    id: str
    importer: str
    about: str
    types: tuple[str, ...]
    text: str
    source_ids: tuple[str, ...]


class Heading(NamedTuple):
    """Whose duty stands under the headings of a prefix (digits) that no act of the record names."""

    id: str
    importer: str
    prefix: str
    authority: str
    refundable_since: str
    source_ids: tuple[str, ...]
    note: str


def in_days(since: str, until: str, day: str) -> bool:
    """Whether an ISO day lies between two others, the first included; blank is open.

    >>> in_days("2025-10-01", "", "2025-10-01"), in_days("", "2025-10-01", "2025-10-01")
    (True, False)
    """
    return (not since or since <= day) and (not until or day < until)


def reporting_on(rows: Iterable[Reporting], importer: str, day: str) -> list[Reporting]:
    """The rules of an importer's entry summary on a day."""
    return [row for row in rows if row.importer == importer and in_days(row.since, row.until, day)]


def reporting_position(rows: Iterable[Reporting], authority: str) -> int | None:
    """The place of an authority's headings in the published order; None where it has none."""
    return next(
        (row.position for row in rows if row.rule == "order" and authority in row.authorities), None
    )
