"""Which candidates do the same job, as far as one request can tell."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean
from typing import Final

from activities.planning.relevance import Relevance
from domain.ids import ListingId

ALIKE: Final = 0.75
"""Correlation of two services' likenesses to a request's phrases from which they are rivals.

Of labelled requests' services, 0.82 of the pairs that do one job reach it and 0.07 of the others.
"""

FEWEST_PHRASES: Final = 4
"""Phrases below which a correlation says nothing."""


class Rivals:
    """Compares candidates by what they are like; a second one of a kind is bought for nothing."""

    def __init__(self, relevance: Relevance) -> None:
        self._phrases = relevance.phrases
        self._known: dict[frozenset[ListingId], bool] = {}

    def are(self, one: ListingId, other: ListingId) -> bool:
        """Whether two services are like the same phrases and unlike the same."""
        pair = frozenset((one, other))
        if pair not in self._known:
            both = [
                (phrase.similarities[one], phrase.similarities[other])
                for phrase in self._phrases
                if one in phrase.similarities and other in phrase.similarities
            ]
            enough = len(both) >= FEWEST_PHRASES
            self._known[pair] = enough and _correlation(both) >= ALIKE
        return self._known[pair]


def _correlation(pairs: Sequence[tuple[float, float]]) -> float:
    left, right = fmean(a for a, _ in pairs), fmean(b for _, b in pairs)
    moved = [(a - left, b - right) for a, b in pairs]
    spread = sqrt(sum(a * a for a, _ in moved) * sum(b * b for _, b in moved))
    return sum(a * b for a, b in moved) / spread if spread else 0.0
