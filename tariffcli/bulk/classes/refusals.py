"""What is said of words and codes that name nothing, of which a wrong column may hold a million."""

from __future__ import annotations

from collections.abc import Hashable

from tariffcli.errors import NotFound, UsageError

MAX_NAMED = 100
"""At most this many words are answered with words like them.

Looking for those takes a thousand times as long as knowing that there is nothing. All others are
only told that.
"""


class Refusals:
    """Says what is wrong, and remembers which words it named."""

    def __init__(self) -> None:
        self._named: set[Hashable] = set()

    def said(self, word: Hashable, error: UsageError) -> str:
        """What a refusal of a word says."""
        if not isinstance(error, NotFound):
            return str(error)
        if len(self._named) < MAX_NAMED:
            self._named.add(word)
        return str(error) if word in self._named else error.plain

    def names(self, word: Hashable) -> bool:
        """Whether a refusal of a word names it."""
        return word in self._named
