"""The services of all bazaars, kept fresh and searchable by meaning."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from activities.discovery.ports import (
    Bazaar,
    BazaarRead,
    IndexEntry,
    ListingIndex,
    Neighbour,
    Skipped,
    TextEmbedder,
    Vector,
)
from domain.catalogue import ServiceListing
from domain.errors import Misconfigured, UpstreamUnavailable
from domain.ids import Digest, ListingId, digest_json

MAX_AGE_SECONDS: Final = 60.0
"""Age at which bazaars are read again before answering."""

BATCH_LISTINGS: Final = 256
"""Listings embedded and stored at once, so that a first import makes durable progress."""

SHORT_DESCRIPTION_CHARACTERS: Final = 20
"""Below this a description says too little, and the name is searched too."""


class ListingCatalogue:
    """Reads bazaars when they are due; embeds only what is new or changed."""

    def __init__(
        self,
        *,
        bazaars: Sequence[Bazaar],
        embedder: TextEmbedder,
        index: ListingIndex,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bazaars = tuple(bazaars)
        self._embedder = embedder
        self._index = index
        self._clock = clock
        self._read_at: float | None = None
        self._lock = asyncio.Lock()
        self._by_bazaar: dict[str, BazaarRead] = {}
        self._listings: Mapping[ListingId, ServiceListing] = {}

    async def listings(self) -> Mapping[ListingId, ServiceListing]:
        """Return everything listed, at most a minute old, by id.

        Raises:
            UpstreamUnavailable: No bazaar has ever answered.
            Misconfigured: No bazaar is configured.
        """
        async with self._lock:
            if self._read_at is None or self._clock() - self._read_at >= MAX_AGE_SECONDS:
                await self._refresh()
                # A bazaar that has just started lists nothing yet: ask it again next time.
                self._read_at = self._clock() if self._listings else None
            return self._listings

    def skipped(self) -> tuple[Skipped, ...]:
        """Items that could not be read, and why, as of the last reading."""
        return tuple(one for read in self._by_bazaar.values() for one in read.skipped)

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """Turn texts into vectors comparable with the listings'."""
        return await self._embedder.embed(texts)

    async def nearest(self, vector: Vector, *, limit: int) -> Sequence[Neighbour]:
        """Return the listed services nearest to ``vector``."""
        found = await self._index.nearest(vector, limit=limit)
        # The index may be shared, or still hold what vanished a moment ago.
        return [one for one in found if one.listing_id in self._listings]

    async def vectors(self, listings: Sequence[ListingId]) -> Mapping[ListingId, Vector]:
        """Return the vectors of listings."""
        return await self._index.vectors(listings)

    async def _refresh(self) -> None:
        if not self._bazaars:
            raise Misconfigured("no bazaar is configured; set CARAVAN_BAZAAR_URLS")
        failures: list[UpstreamUnavailable] = []
        for bazaar in self._bazaars:
            try:
                self._by_bazaar[bazaar.url] = await bazaar.read()
            except UpstreamUnavailable as err:
                # Its last known listings stay: live terms are asked before anything is approved.
                failures.append(err)
        if not self._by_bazaar:
            raise failures[0]
        listings: dict[ListingId, ServiceListing] = {}
        for bazaar in self._bazaars:
            read = self._by_bazaar.get(bazaar.url)
            for listing in read.listings if read else ():
                # The first bazaar in the settings is trusted most; later ones cannot redescribe.
                listings.setdefault(listing.id, listing)
        await self._reindex(listings)
        self._listings = listings

    async def _reindex(self, listings: Mapping[ListingId, ServiceListing]) -> None:
        await self._index.open(await self._embedder.dimensions())
        known = await self._index.digests()
        await self._index.remove(sorted(known.keys() - listings.keys()))
        due = [
            (listing, digest)
            for listing in listings.values()
            if known.get(listing.id) != (digest := self._digest(listing))
        ]
        for start in range(0, len(due), BATCH_LISTINGS):
            await self._store(due[start : start + BATCH_LISTINGS])

    async def _store(self, due: Iterable[tuple[ServiceListing, Digest]]) -> None:
        batch = list(due)
        vectors = await self._embedder.embed([searchable_text(listing) for listing, _ in batch])
        await self._index.put(
            [
                IndexEntry(listing_id=listing.id, digest=digest, vector=vector)
                for (listing, digest), vector in zip(batch, vectors, strict=True)
            ]
        )

    def _digest(self, listing: ServiceListing) -> Digest:
        return digest_json([self._embedder.name, searchable_text(listing)])


def searchable_text(listing: ServiceListing) -> str:
    """What of a listing is compared with a request.

    The seller's name is left out where the description speaks for itself: measured, invented
    names only blur the meaning.
    """
    short = len(listing.description) < SHORT_DESCRIPTION_CHARACTERS
    parts = [listing.name if short else "", listing.description, ", ".join(listing.tags)]
    return " ".join(part for part in parts if part)
