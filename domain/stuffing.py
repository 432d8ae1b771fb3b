"""Listings that heap up search words instead of describing a service."""

from collections import Counter
from typing import Final

from domain.catalogue import ServiceListing
from domain.words import SILENT, plain, words_in

REPEATED: Final = 3
"""Times that one telling word stands in a heap; people who describe something vary their words."""

REPEATED_SHARE: Final = 0.12
"""Of all words: a long honest text may say its subject three times."""

FUNCTION_SHARE: Final = 0.2
"""Least share of small words in a sentence; a heap has hardly any."""

MIN_WORDS: Final = 12
"""Below this a terse description and a heap look alike."""


def heap_in(listing: ServiceListing) -> str | None:
    """Say which word a listing's name or description heaps up; nothing for one that describes."""
    for what, text in (("name", listing.name), ("description", listing.description)):
        word = _heaped(text, least=REPEATED if what == "name" else MIN_WORDS)
        if word is not None:
            return f"its {what} is a heap of search words ({word!r} again and again)"
    return None


def _heaped(text: str, *, least: int) -> str | None:
    words = [plain(match[0]) for match in words_in(text)]
    telling = Counter(word for word in words if word not in SILENT)
    if len(words) < least or not telling:
        return None
    word, count = telling.most_common(1)[0]
    small = 1 - sum(telling.values()) / len(words)
    heaped = count >= REPEATED and count >= REPEATED_SHARE * len(words)
    return word if heaped and small < FUNCTION_SHARE else None
