"""The ordinary duty of a class of lines: which of its rows hold for an origin and for the facts of
an entry.

A schedule gives one row a line, two in a gap between editions that differ; quotas, provisional
rates, preferences and second columns are further rows with a condition or an origin. Several rows
that hold alike are alternatives: the record does not say which, so every answer spans them.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from tariffcli.law.expression import ad_valorem_pct
from tariffcli.law.facts import all_true
from tariffcli.law.model import Condition, FactValue, OrdinaryDuty
from tariffcli.law.places import reaches
from tariffcli.law.reference import Membership

MOST_WORDS = 4
"""So many different duties are told one by one; more are said to differ by line."""

OR, BY_LINE = " or ", "differs by line"
"""How several ordinary duties are told."""

PROVISIONAL = "provisional"
"""The basis of a rate that goes before the most-favoured-nation rate for as long as it stands."""


class Option(NamedTuple):
    """One ordinary duty that may hold: per cent of value, or None with the words of the schedule;
    the row behind it, if any.
    """

    pct: Decimal | None
    text: str
    row: OrdinaryDuty | None


UNKNOWN = Option(None, "", None)


def option_of(row: OrdinaryDuty) -> Option:
    """A row as an option; a conditional row says its basis, so that a reader sees which rate is
    meant.

    >>> option_of(OrdinaryDuty("10059000", "65%"))[:2]
    (Decimal('65'), '')
    >>> option_of(OrdinaryDuty("22042100", "$1/l"))[:2]
    (None, '$1/l')
    """
    pct = ad_valorem_pct(row.duty)
    return Option(pct, "" if pct is not None else row.duty, row)


def duties_in_question(
    duties: Iterable[OrdinaryDuty], origin: str, memberships: Sequence[Membership], moment: int
) -> tuple[OrdinaryDuty, ...]:
    """The rows that reach goods of an origin at `moment`, whatever the facts of the entry."""
    return tuple(
        row
        for row in duties
        if row.origin is None or reaches(row.origin, origin, memberships, moment)
    )


def options(
    duties: Sequence[OrdinaryDuty],
    conditions: Mapping[str, Condition],
    facts: Mapping[str, FactValue],
) -> tuple[Option, ...]:
    """The ordinary duties that may hold with these facts: of the rows whose condition is true, the
    most special ones.
    """
    if len(duties) == 1 and not duties[0].condition:
        return (option_of(duties[0]),)
    true_rows = [row for row in duties if all_true(row.condition, conditions, facts)]
    if not true_rows:
        return (UNKNOWN,)
    best = max(_rank(row) for row in true_rows)
    return tuple(option_of(row) for row in true_rows if _rank(row) == best)


def _rank(row: OrdinaryDuty) -> tuple[bool, int, bool]:
    """What makes one row hold before another: a condition met, a narrower origin, a provisional
    rate.
    """
    return (
        bool(row.condition),
        row.origin.narrowness if row.origin is not None else 0,
        row.basis == PROVISIONAL,
    )


def settles(found: Sequence[Option], given: Decimal) -> bool:
    """Whether an ordinary duty that a user supplies counts: it fills what is unknown and settles
    what is open, no more.

    >>> quota, over = (Option(Decimal(pct), "", None) for pct in (1, 65))
    >>> settles([UNKNOWN], Decimal(3)), settles([quota, over], Decimal(65))
    (True, True)
    >>> settles([over], Decimal(40))
    False
    """
    known = {option.pct for option in found}
    return None in known or (len(known) > 1 and given in known)


def contradicted(rows: Iterable[OrdinaryDuty], given: Decimal | None) -> tuple[OrdinaryDuty, ...]:
    """The rows behind an answer that say another ordinary duty than the one supplied."""
    if given is None:
        return ()
    return tuple(
        row for row in rows if (pct := ad_valorem_pct(row.duty)) is not None and pct != given
    )


def contradiction_notes(
    rows: Iterable[OrdinaryDuty], given: Decimal | None
) -> tuple[tuple[str, str], ...]:
    """(code, text) of the note on a supplied ordinary duty that the record contradicts; none where
    it agrees or does not know.
    """
    against = contradicted(rows, given)
    if not against or given is None:
        return ()
    known = ", ".join(dict.fromkeys(row.duty for row in against))
    text = (
        f"The ordinary duty given, {given:f}%, is not that of the record ({known}), which is "
        "used where it is known."
    )
    return (("mfn_contradicted", text),)


def words(pct: Decimal | None, text: str, rows: Sequence[OrdinaryDuty]) -> str:
    """One ordinary duty in words: `12%`, `1% (quota)`, `2.8¢/kg`, `not known`."""
    plain = text or (f"{pct:f}%" if pct is not None else "not known")
    basis = next((row.basis for row in rows if row.condition and row.basis), "")
    return f"{plain} ({basis})" if basis else plain


def together(many: Sequence[tuple[Decimal | None, str, Sequence[OrdinaryDuty]]]) -> str:
    """Several ordinary duties in words, per cents first; `differs by line` where they are too many
    to tell.

    >>> one, other = OrdinaryDuty("01", "2%"), OrdinaryDuty("02", "$1/kg")
    >>> both = together([(Decimal(2), "", [one]), (None, "$1/kg", [other])])
    >>> both, together([(None, both, [one, other]), (Decimal(2), "", [one]), (Decimal(1), "", [])])
    ('2% or $1/kg', '1% or 2% or $1/kg')
    """
    if len({(pct, text) for pct, text, _ in many}) == 1:
        return many[0][1]
    ordered = sorted(many, key=lambda one: (one[0] is None, one[0] or Decimal(0), one[1]))
    pieces = [
        piece
        for pct, text, rows in ordered
        for piece in (text.split(OR) if text and len(rows) > 1 else [words(pct, text, rows)])
    ]
    distinct = list(dict.fromkeys(pieces))
    return OR.join(distinct) if len(distinct) <= MOST_WORDS and BY_LINE not in distinct else BY_LINE
