"""Rankings of listings for a request: the naive one, the one by meaning alone, and ours.

All read the same goals in a request, those of ``domain.goals.read_request``, rank every listing for
each goal and take turns between the goals; so only the search differs.
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
"""Listings looked at for each goal; more than any figure counts."""


class Retriever(Protocol):
    """Finds listings for one goal."""

    async def rank(self, goal: str) -> Sequence[ListingId]:
        """Return listings that may serve ``goal``, best first."""
        ...


async def ranking_for(text: str, retriever: Retriever) -> list[ListingId]:
    """Rank listings for a whole request."""
    goals = read_request(text).goals
    return interleaved([(await retriever.rank(goal))[:RANKED] for goal in goals])


def said_of(listing: ServiceListing) -> str:
    """Everything a seller says in words."""
    return " ".join([listing.name, listing.description, *listing.tags])


class WordOverlap:
    """The naive baseline: how many different words of the goal the listing says too."""

    def __init__(self, listings: Sequence[ServiceListing]) -> None:
        self._words = {listing.id: _words(said_of(listing)) for listing in listings}

    async def rank(self, goal: str) -> Sequence[ListingId]:
        wanted = _words(goal)
        shared = {one: len(wanted & words) for one, words in self._words.items()}
        return sorted((one for one in shared if shared[one]), key=lambda one: -shared[one])


class DenseOnly:
    """By the cosine of the goal with what the seller says, in the model that we use ourselves."""

    def __init__(self, embedder: TextEmbedder, listings: Sequence[ServiceListing]) -> None:
        self._embedder = embedder
        self._listings = listings
        self._vectors: dict[ListingId, Vector] = {}

    async def rank(self, goal: str) -> Sequence[ListingId]:
        if not self._vectors:
            made = await self._embedder.embed([said_of(one) for one in self._listings])
            self._vectors = {one.id: v for one, v in zip(self._listings, made, strict=True)}
        (asked,) = await self._embedder.embed([goal])
        near = {one: _dot(asked, vector) for one, vector in self._vectors.items()}
        return sorted(near, key=lambda one: -near[one])


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))


def _dot(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
