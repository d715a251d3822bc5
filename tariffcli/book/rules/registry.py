"""How a rule is written: a generator over the record's parts.

It yields each offending row, with a word on what offends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from tariffcli.book.assemble import Parts, Placed
from tariffcli.book.tables import Finding

Offence: TypeAlias = tuple[Placed, str]
Rule: TypeAlias = Callable[[Parts], Iterable[Offence]]

RULES: dict[str, Rule] = {}


def rule(code: str) -> Callable[[Rule], Rule]:
    """Register a rule under its code."""

    def register(function: Rule) -> Rule:
        assert code not in RULES, code
        RULES[code] = function
        return function

    return register


def words_of(function: Rule) -> str:
    """A rule's message: the first paragraph of its docstring."""
    paragraph, _, _ = (function.__doc__ or "").strip().partition("\n\n")
    return " ".join(paragraph.split())


def check(parts: Parts) -> list[Finding]:
    """Every finding in a record, sorted by file and line. A rule that cannot run on broken rows
    says so as a finding.
    """
    findings = list(parts.findings)
    for code, function in RULES.items():
        try:
            findings += [
                Finding(placed.file, placed.line, code, words_of(function), what)
                for placed, what in function(parts)
            ]
        except MemoryError:  # says nothing of the record
            raise
        except Exception as error:  # a rule must never end the check: other findings matter more
            findings.append(
                Finding(
                    "record",
                    0,
                    code,
                    f"{words_of(function)} This could not be checked",
                    f"{type(error).__name__}: {error}",
                )
            )
    return sorted(
        set(findings), key=lambda found: (found.file, found.line, found.rule, found.subject)
    )
