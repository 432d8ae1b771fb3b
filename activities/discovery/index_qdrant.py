"""Index in a Qdrant server."""

import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import httpx
from qdrant_client import AsyncQdrantClient
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException
from qdrant_client.models import Distance, PointIdsList, PointStruct, Record, VectorParams

from activities.discovery.ports import IndexEntry, Neighbour, Vector
from domain.errors import UpstreamUnavailable
from domain.ids import Digest, ListingId

COLLECTION: Final = "caravan-listings"
"""Prefix of the collection; the vectors' length is appended."""

BATCH_POINTS: Final = 256
"""Points sent at once: about 2 MB as JSON, far below a server's default limit of 32 MB."""

SCROLL_POINTS: Final = 1_000
"""Points read at once."""

_FAILURES: Final = (ApiException, QdrantException, httpx.HTTPError, OSError)
"""What the client raises when the server cannot be used."""


class QdrantListingIndex:
    """Keeps vectors in a collection that several workers share."""

    def __init__(self, client: AsyncQdrantClient, collection: str = COLLECTION) -> None:
        self._client = client
        self._prefix = collection
        self._collection = collection

    async def open(self, dimensions: int) -> None:
        """Create the collection unless it is there."""
        self._collection = f"{self._prefix}-{dimensions}d"
        async with _translated():
            if await self._client.collection_exists(self._collection):
                return
            vectors = VectorParams(size=dimensions, distance=Distance.COSINE)
            try:
                await self._client.create_collection(self._collection, vectors_config=vectors)
            except (ApiException, ValueError):
                # Another worker may have been faster; then all is well.
                if not await self._client.collection_exists(self._collection):
                    raise

    async def digests(self) -> Mapping[ListingId, Digest]:
        """What the index holds."""
        found: dict[ListingId, Digest] = {}
        offset = None
        async with _translated():
            while True:
                records, offset = await self._client.scroll(
                    self._collection,
                    limit=SCROLL_POINTS,
                    offset=offset,
                    with_payload=True,
                    with_vectors=False,
                )
                for record in records:
                    payload = record.payload or {}
                    found[ListingId(payload["id"])] = Digest(payload["digest"])
                if offset is None:
                    return found

    async def put(self, entries: Sequence[IndexEntry]) -> None:
        """Insert or replace entries, waiting until they can be found."""
        points = [
            PointStruct(
                id=_point_id(entry.listing_id),
                vector=list(entry.vector),
                payload={"id": entry.listing_id, "digest": entry.digest},
            )
            for entry in entries
        ]
        async with _translated():
            for start in range(0, len(points), BATCH_POINTS):
                batch = points[start : start + BATCH_POINTS]
                await self._client.upsert(self._collection, points=batch, wait=True)

    async def remove(self, listings: Sequence[ListingId]) -> None:
        """Forget listings."""
        if not listings:
            return
        chosen = PointIdsList(points=[_point_id(listing) for listing in listings])
        async with _translated():
            await self._client.delete(self._collection, points_selector=chosen, wait=True)

    async def nearest(self, vector: Vector, *, limit: int) -> Sequence[Neighbour]:
        """Return the nearest listings."""
        async with _translated():
            found = await self._client.query_points(
                self._collection, query=list(vector), limit=limit, with_payload=["id"]
            )
        return [
            Neighbour(listing_id=ListingId((point.payload or {})["id"]), similarity=point.score)
            for point in found.points
        ]

    async def vectors(self, listings: Sequence[ListingId]) -> Mapping[ListingId, Vector]:
        """Return the vectors of those listings that are known."""
        if not listings:
            return {}
        async with _translated():
            found = await self._client.retrieve(
                self._collection,
                ids=[_point_id(listing) for listing in listings],
                with_payload=["id"],
                with_vectors=True,
            )
        return {ListingId((record.payload or {})["id"]): _dense(record) for record in found}


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except _FAILURES as err:
        raise UpstreamUnavailable(
            f"the vector index did not answer ({type(err).__name__}); check CARAVAN_QDRANT_URL"
        ) from err


def _point_id(listing: ListingId) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, listing))


def _dense(record: Record) -> Vector:
    values = record.vector if isinstance(record.vector, list) else []
    return tuple(float(value) for value in values if isinstance(value, int | float))
