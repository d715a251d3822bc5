"""What people type for countries and claims, looked up in the record."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from tariffcli.book.load import Record
from tariffcli.errors import NotFound, UsageError
from tariffcli.law.model import Condition, FactValue
from tariffcli.law.products import fold_word

_YES, _NO = ("yes", "true", "1", ""), ("no", "false", "0")


def clean(text: str, most: int = 40) -> str:
    """A user's text as an error message may show it: short, and without control characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in text.strip()[:most])


def find_country(record: Record, text: str) -> str:
    """The country code that a user typed: alpha-2, alpha-3, census code, name or alias.

    Raises UsageError with the nearest.
    """
    word = fold_word(text)
    found = record.country_of(word)
    if found is not None:
        return found
    raise NotFound(
        f"No country '{clean(text)}' in the record; use a two-letter code, for example us or cn.",
        lambda: _no_such_country(record, text, word),
    )


def _no_such_country(record: Record, text: str, word: str) -> str:
    from difflib import get_close_matches  # only when a message is due

    names = record.country_words
    asked = not any(map(str.isdigit, word))  # the wrong column of a file may hold a million words
    alike = [name for name in names if asked and (name[:1] == word[:1] or name.startswith("the-"))]
    near = list(
        dict.fromkeys(names[name] for name in get_close_matches(word[:60], alike, n=3, cutoff=0.7))
    )
    hint = (
        f"did you mean {' or '.join(near)}?"
        if near
        else "use a two-letter code, for example us or cn."
    )
    return f"No country '{clean(text)}' in the record; {hint}"


def claimed_fact(record: Record, text: str) -> tuple[str, FactValue]:
    """`NAME` or `NAME=yes|no|number` of `--claim` as a fact and its value. Raises UsageError."""
    name, _, value = text.partition("=")
    wanted = name.strip().lower().replace("_", "-")
    for condition in record.conditions.values():
        if wanted in (
            condition.id,
            condition.fact.replace("_", "-"),
            condition.flag.removeprefix("--claim ").strip(),
        ):
            return condition.fact, fact_value(condition, value)
    from difflib import get_close_matches

    claims = sorted(
        {
            one.flag.removeprefix("--claim ")
            for one in record.conditions.values()
            if one.flag.startswith("--claim ")
        }
    )
    near = get_close_matches(wanted[:60], claims, n=3, cutoff=0.5) or claims[:6]
    raise UsageError(f"No claim '{clean(name)}' in the record; for example: {', '.join(near)}.")


def fact_value(condition: Condition, text: str) -> FactValue:
    """The value of a fact as its kind reads it. Raises UsageError."""
    word = text.strip().lower()
    if condition.kind == "yes_no":
        if word in _YES or word in _NO:
            return word in _YES
        raise UsageError(f"{condition.flag} takes yes or no, not '{clean(text)}'.")
    if condition.kind == "choice":
        return word
    if condition.kind == "instant":
        raise UsageError(f"Give {condition.flag} its own flag with a day.")
    return decimal_fact(text, condition.flag, share=condition.kind == "share")


def decimal_fact(text: str, flag: str, share: bool) -> Decimal:
    """A share between 0 and 1, or an amount of 0 or more. Raises UsageError."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0 or (share and value > 1):
        wanted = "a share from 0 to 1, for example 0.4" if share else "a number of 0 or more"
        raise UsageError(f"{flag} takes {wanted}, not '{clean(text)}'.")
    return value


def facts_of_flag(record: Record, flag: str) -> Mapping[str, Condition]:
    """The facts that a flag such as `--loaded` gives, with one condition each."""
    return record.derived(
        ("facts of", flag),
        lambda: {one.fact: one for one in record.conditions.values() if one.flag == flag},
    )
