"""Words of texts as a search compares them: letters folded, singular, Chinese apart from Latin."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

MISSPELT = 4
"""A word of fewer letters is taken as it was typed."""


def words_of(text: str) -> list[str]:
    """The words of a text: runs of letters and digits, lower case, wide forms made plain.

    Chinese stands apart from Latin.

    >>> words_of("Lithium-ion batteries（锂电池）")
    ['lithium', 'ion', 'batteries', '锂电池']
    """
    if text.isascii():
        return _LATIN.findall(text.lower())
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold().translate(_CLOSED))


_LATIN, _WORD = re.compile("[a-z0-9]+"), re.compile(r"[\u2e80-\uffff]+|[^\W_\u2e80-\uffff]+")
_CLOSED = {ord(mark): " " for mark in "、。・·（）《》「」【】，；：？！"}


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A word in the singular, roughly: enough for `phones`, `batteries` and `boxes`.

    >>> stem("batteries"), stem("boxes"), stem("phones"), stem("glass")
    ('battery', 'box', 'phone', 'glass')
    """
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] not in "isu" else word


def vocabulary(texts: Iterable[str]) -> set[str]:
    """The Latin words in texts that a misspelt word may have meant."""
    return {
        word
        for text in texts
        for word in words_of(text)
        if len(word) >= MISSPELT and word.isascii() and word.isalpha()
    }
