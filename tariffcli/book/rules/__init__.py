"""Data rules: each a small named function whose docstring is the message.

`check` applies them all and raises nothing.
"""

from tariffcli.book.rules import (
    acts,
    areas,
    counts,
    entry_summary,
    events,
    fold,
    lists,
    ordinary,
    references,
    stacking,
)
from tariffcli.book.rules.registry import RULES, check

__all__ = [
    "RULES",
    "acts",
    "areas",
    "check",
    "counts",
    "entry_summary",
    "events",
    "fold",
    "lists",
    "ordinary",
    "references",
    "stacking",
]
