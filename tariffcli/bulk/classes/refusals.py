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
        """What the first refusal of a word says: it names the word while there is room."""
        if isinstance(error, NotFound) and len(self._named) < MAX_NAMED:
            self._named.add(word)
        return self.said_again(word, error)

    def said_again(self, word: Hashable, error: UsageError) -> str:
        """What a later refusal says. A word that was not named shares its row with others, also in
        another run: it must not be named for them now.
        """
        if isinstance(error, NotFound) and word not in self._named:
            return error.plain
        return str(error)

    def names(self, word: Hashable) -> bool:
        """Whether a refusal of a word names it."""
        return word in self._named
