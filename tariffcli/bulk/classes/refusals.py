"""What is said of words and codes that name nothing, of which a wrong column may hold a million."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from tariffcli.errors import NotFound, UsageError

MAX_NAMED = 100
"""At most this many words are answered with words like them.

Looking for those takes a thousand times as long as knowing that there is nothing. All others are
only told that.
"""


Word = TypeVar("Word", bound=Hashable)
"""What stands for a word: of goods, the numbers of the group and of the goods."""


class Refusals(Generic[Word]):
    """Says what is wrong, and remembers in `named` which words it named.

    A word that is named has a row of classes to itself; all others share one.
    """

    def __init__(self) -> None:
        self.named: set[Word] = set()

    def said(self, word: Word, error: UsageError) -> str:
        """What the first refusal of a word says: it names the word while there is room."""
        if isinstance(error, NotFound) and len(self.named) < MAX_NAMED:
            self.named.add(word)
        return self.said_again(word, error)

    def said_again(self, word: Word, error: UsageError) -> str:
        """What a later refusal says. A word that was not named must not be named now, for others
        that share its row.
        """
        if isinstance(error, NotFound) and word not in self.named:
            return error.plain
        return str(error)
