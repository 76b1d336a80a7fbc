"""检索 Search in Chinese and English: text as pairs of neighbouring characters.

PostgreSQL has no dictionary of Chinese words. Pairs answer queries of every length from one GIN
index (`grams @> …`); single characters stand beside them for queries of one character. A row that
holds all pairs need not hold the word, so a query also asks for the words themselves.
"""

import re
import unicodedata
from collections.abc import Iterable

_RUN = re.compile(r"\w+")


def words_of(text: str) -> list[str]:
    """Return the words of a text or query: runs of letters, digits and Chinese characters."""
    return _RUN.findall(unicodedata.normalize("NFKC", text).casefold())


def grams_of(words: Iterable[str]) -> tuple[str, ...]:
    """Return the characters and pairs of characters of words, sorted, each once."""
    found: set[str] = set()
    for word in words:
        found.update(word)
        found.update(word[n : n + 2] for n in range(len(word) - 1))
    return tuple(sorted(found))


def query_grams(words: Iterable[str]) -> tuple[str, ...]:
    """Return what a row must hold to be looked at: the pairs, the character of a short word."""
    found: set[str] = set()
    for word in words:
        found.update({word} if len(word) == 1 else (word[n : n + 2] for n in range(len(word) - 1)))
    return tuple(sorted(found))
