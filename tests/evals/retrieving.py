"""Rankings of listings for a request: the naive one, the one by meaning alone, and ours.

All are given whole requests and read the same goals in them, those of
``domain.goals.read_request``; so only the search differs. Each uses the goals as serves it best: by
words in turns, by meaning the best of the goals and the whole, for small talk hides single goals.
"""

import re
from collections.abc import Sequence
from typing import Final, Protocol

from activities.discovery.ports import TextEmbedder, Vector
from domain.catalogue import ServiceListing
from domain.goals import read_request
from domain.ids import ListingId
from tests.evals.metrics import interleaved

RANKED: Final = 50
"""Listings looked at for each request or goal; more than any figure counts for one goal."""


class Retriever(Protocol):
    """Finds listings for a request."""

    async def rank(self, text: str) -> Sequence[ListingId]:
        """Return listings that may serve what ``text`` asks, best first."""
        ...


def said_of(listing: ServiceListing) -> str:
    """Everything a seller says in words."""
    return " ".join([listing.name, listing.description, *listing.tags])


class WordOverlap:
    """The naive baseline: how many different words of the goal the listing says too."""

    def __init__(self, listings: Sequence[ServiceListing]) -> None:
        self._words = {listing.id: _words(said_of(listing)) for listing in listings}

    async def rank(self, text: str) -> Sequence[ListingId]:
        return interleaved([self._goal(goal)[:RANKED] for goal in read_request(text).goals])

    def _goal(self, goal: str) -> list[ListingId]:
        wanted = _words(goal)
        shared = {one: len(wanted & words) for one, words in self._words.items()}
        return sorted((one for one in shared if shared[one]), key=lambda one: -shared[one])


class DenseOnly:
    """By the best cosine of the request or a goal with what the seller says."""

    def __init__(self, embedder: TextEmbedder, listings: Sequence[ServiceListing]) -> None:
        self._embedder = embedder
        self._listings = listings
        self._vectors: dict[ListingId, Vector] = {}

    async def rank(self, text: str) -> Sequence[ListingId]:
        if not self._vectors:
            made = await self._embedder.embed([said_of(one) for one in self._listings])
            self._vectors = {one.id: v for one, v in zip(self._listings, made, strict=True)}
        asked = await self._embedder.embed([text, *read_request(text).goals])
        near = {i: max(_dot(one, vector) for one in asked) for i, vector in self._vectors.items()}
        return sorted(near, key=lambda one: -near[one])


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))


def _dot(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
