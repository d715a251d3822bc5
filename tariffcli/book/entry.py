"""Facts of an entry as people give them, read into the facts that the record's conditions use."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from tariffcli.book.load import Record
from tariffcli.book.words import claimed_fact, clean, decimal_fact, fact_value, facts_of_flag
from tariffcli.errors import UsageError
from tariffcli.law.facts import kinds_of_facts
from tariffcli.law.instants import end_of_day, parse_instant
from tariffcli.law.model import Condition, FactValue

MODES = ("vessel", "air", "rail", "road")

MOST_MFN = 10_000
"""No ordinary duty is near it; a number without end would be printed without end."""


class TypedFacts(NamedTuple):
    """The facts of an entry, as they were typed."""

    claim: tuple[str, ...] = ()
    loaded: str | None = None
    mode: str | None = None
    metal_share: tuple[str, ...] = ()
    in_quota: bool | None = None
    mfn: str | None = None
    postal: bool = False
    value: str | None = None


def facts_given(
    record: Record, entry: TypedFacts, zone: str, read_day: Callable[[str], str]
) -> dict[str, FactValue]:
    """The facts that an entry gives, by the names that the record's conditions use.

    `read_day` reads a typed day.

    A loading day means its end in `zone`. Raises UsageError with what to type instead.
    """
    facts: dict[str, FactValue] = {}
    for claim in entry.claim:
        name, value = claimed_fact(record, claim)
        facts[name] = value
    if entry.loaded is not None:
        moment = _loading(entry.loaded, zone, read_day)
        facts.update(dict.fromkeys(facts_of_flag(record, "--loaded"), moment))
    if entry.mode is not None:
        facts.update(dict.fromkeys(facts_of_flag(record, "--mode"), _mode(entry.mode)))
    for flag, given in (("--in-quota", entry.in_quota), ("--postal", entry.postal or None)):
        if given is not None:
            facts.update(dict.fromkeys(facts_of_flag(record, flag), given))
    if entry.value is not None:
        facts.update(
            dict.fromkeys(
                facts_of_flag(record, "--value"), decimal_fact(entry.value, "--value", share=False)
            )
        )
    facts.update(_metal_shares(record, entry))
    return facts


def facts_named(
    record: Record, facts: Mapping[str, object], zone: str, read_day: Callable[[object], str]
) -> dict[str, FactValue]:
    """Facts that a program gives by the names of the record's conditions (`steel_share`), as the
    command line would read them.

    Numbers may be int, float, Decimal or text; yes-or-no facts bool or text; a loading day a date,
    text or an aware datetime, or whole UTC seconds. `read_day` reads a day. Raises UsageError for a
    name that no condition has, and for a value that says nothing of its fact.
    """
    known = kinds_of_facts(record)
    found: dict[str, FactValue] = {}
    for typed, value in facts.items():
        name = str(typed).strip().lower().replace("-", "_")
        if name not in known:
            raise UsageError(_no_such_fact(str(typed), sorted(known)))
        found[name] = _fact_from(known[name], value, zone, read_day)
    return found


def _no_such_fact(typed: str, known: list[str]) -> str:
    from difflib import get_close_matches  # only when a message is due

    near = get_close_matches(typed.lower()[:60], known, n=3, cutoff=0.5) or known[:6]
    return f"No fact '{clean(typed)}' in the record; for example: {', '.join(near)}."


def _fact_from(
    condition: Condition, value: object, zone: str, read_day: Callable[[object], str]
) -> FactValue:
    """A value from a program as its condition's kind reads it.

    Numbers go through the text they print as.
    """
    value = _plain(value)
    if condition.kind == "instant":
        return _moment_from(condition, value, zone, read_day)
    if condition.kind == "yes_no" and isinstance(value, bool):
        return value
    if condition.kind in ("share", "amount") and isinstance(value, int | float | Decimal):
        if not isinstance(value, bool):
            return fact_value(condition, str(value))
    elif isinstance(value, str) and value.strip():
        return _mode(value) if condition.kind == "choice" else fact_value(condition, value)
    wanted = {"yes_no": "True or False", "choice": f"one of {', '.join(MODES)}"}
    raise UsageError(
        f"{condition.fact} takes {wanted.get(condition.kind, 'a number')}, not {value!r:.40}."
    )


def _plain(value: Any) -> object:
    """A scalar of an array library as Python's own value."""
    return value.item() if hasattr(value, "item") else value


def _moment_from(
    condition: Condition, value: object, zone: str, read_day: Callable[[object], str]
) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise UsageError(
                f"{condition.fact}: give an aware datetime; a time without a zone names no instant."
            )
        return int(value.timestamp())
    if isinstance(value, str | date):
        return _loading(value, zone, read_day)
    raise UsageError(f"{condition.fact} takes a day or an aware datetime, not {value!r:.40}.")


def _loading(
    value: str | date, zone: str, read_day: Callable[[str], str] | Callable[[object], str]
) -> int:
    """The instant of loading: a bare day counts to its end."""
    if isinstance(value, str) and ":" in value:
        return parse_instant(value, zone)
    return end_of_day(read_day(value), zone)  # type: ignore[arg-type]


def _mode(text: str) -> str:
    """The mode of transport, lower case. Raises UsageError."""
    word = text.strip().lower()
    if word not in MODES:
        raise UsageError(f"--mode takes {', '.join(MODES)}, not '{clean(text)}'.")
    return word


def ordinary_duty(text: object) -> Decimal:
    """The per cent of `--mfn`, as typed or as a number from a program. Raises UsageError."""
    value = decimal_fact(str(text), "--mfn", share=False)
    if value > MOST_MFN:
        raise UsageError(
            f"--mfn takes per cent of the value, at most {MOST_MFN}, not '{clean(str(text))}'."
        )
    return value


def _metal_shares(record: Record, entry: TypedFacts) -> dict[str, FactValue]:
    """`--metal-share 0.4` is the share of every metal in question; `steel=0.4` of one."""
    known = facts_of_flag(record, "--metal-share")
    found: dict[str, FactValue] = {}
    named: dict[str, FactValue] = {}
    for text in entry.metal_share:
        metal, _, share = text.rpartition("=")
        # As the acts themselves spell it.
        asked = metal.strip().lower().replace("aluminum", "aluminium")
        names = [name for name in known if not asked or name.removesuffix("_share") == asked]
        if not names:
            raise UsageError(
                f"--metal-share knows no '{clean(metal)}';"
                f" metals: {', '.join(name.removesuffix('_share') for name in known)}."
            )
        found.update({name: fact_value(known[name], share) for name in names})
        named.update({name: found[name] for name in names if metal})
    if sum((share for share in named.values() if isinstance(share, Decimal)), Decimal(0)) > 1:
        raise UsageError("The shares of the value that were given add up to more than the whole.")
    return found
