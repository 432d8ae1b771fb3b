"""Index in a Qdrant server."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException

from activities.discovery.index_names import (
    MEANING,
    OUTPUTS,
    REFUSED_MEANING,
    REFUSED_WORDS,
    STATE_ID,
    WORDS,
    payload_of,
    point_id,
    state_from,
    state_payload,
    vector_name,
)
from activities.discovery.ports import (
    Held,
    Hit,
    IndexEntry,
    IndexState,
    Lookup,
    SparseVector,
    Vector,
)
from domain.errors import UpstreamUnavailable
from domain.ids import Digest, ListingId

COLLECTION: Final = "caravan-listings-v2"
"""Prefix of the collection; the vectors' length is appended. Its number grows with its layout."""

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
            try:
                await self._create(dimensions)
            except (ApiException, ValueError):
                # Another worker may have been faster; then all is well.
                if not await self._client.collection_exists(self._collection):
                    raise

    async def state(self) -> IndexState | None:
        """How far the index had come when it was last told."""
        async with _translated():
            found = await self._client.retrieve(self._collection, [str(STATE_ID)])
        return state_from(found[0].payload) if found else None

    async def remember(self, state: IndexState) -> None:
        """Keep how far the index has come."""
        await self._upsert(
            [models.PointStruct(id=str(STATE_ID), vector={}, payload=state_payload(state))]
        )

    async def count(self) -> int:
        """How many listings it holds."""
        async with _translated():
            counted = await self._client.count(self._collection, exact=True)
            noted = await self._client.retrieve(
                self._collection, [str(STATE_ID)], with_payload=False
            )
        return counted.count - len(noted)

    async def digests(self) -> Mapping[ListingId, Digest]:
        """Everything that the index holds."""
        found: dict[ListingId, Digest] = {}
        offset = None
        async with _translated():
            while True:
                records, offset = await self._client.scroll(
                    self._collection,
                    limit=SCROLL_POINTS,
                    offset=offset,
                    with_payload=["id", "digest"],
                    with_vectors=False,
                )
                for record in records:
                    payload = record.payload or {}
                    if "id" in payload:
                        found[ListingId(payload["id"])] = Digest(payload["digest"])
                if offset is None:
                    return found

    async def put(self, entries: Sequence[IndexEntry]) -> None:
        """Insert or replace entries, waiting until they can be found."""
        await self._upsert([_point(entry) for entry in entries])

    async def remove(self, listings: Sequence[ListingId]) -> None:
        """Forget listings."""
        if not listings:
            return
        chosen = models.PointIdsList(points=[str(point_id(listing)) for listing in listings])
        async with _translated():
            await self._client.delete(self._collection, points_selector=chosen, wait=True)

    async def search(self, asked: Sequence[Lookup]) -> Sequence[Sequence[Hit]]:
        """Answer all questions in one round trip."""
        if not asked:
            return []
        async with _translated():
            answers = await self._client.query_batch_points(
                self._collection, requests=[_request(one) for one in asked]
            )
        return [
            [Hit(ListingId((p.payload or {})["id"]), p.score) for p in answer.points]
            for answer in answers
        ]

    async def held(self, listings: Sequence[ListingId]) -> Mapping[ListingId, Held]:
        """Return what is held of those listings that are known."""
        if not listings:
            return {}
        async with _translated():
            found = await self._client.retrieve(
                self._collection,
                ids=[str(point_id(listing)) for listing in listings],
                with_payload=["id", "digest"],
                with_vectors=[MEANING, REFUSED_MEANING],
            )
        return {
            ListingId(payload["id"]): Held(Digest(payload["digest"]), _dense(record.vector))
            for record in found
            if (payload := record.payload or {})
        }

    async def is_unbuilt(self) -> bool:
        """Never: a server builds its indexes by itself."""
        return False

    async def build(self) -> None:
        """Leave it to the server."""

    async def _create(self, dimensions: int) -> None:
        meaning = models.VectorParams(size=dimensions, distance=models.Distance.COSINE)
        words = models.SparseVectorParams(modifier=models.Modifier.IDF)
        await self._client.create_collection(
            self._collection,
            vectors_config={MEANING: meaning, REFUSED_MEANING: meaning},
            sparse_vectors_config={WORDS: words, REFUSED_WORDS: words},
        )
        await self._client.create_payload_index(
            self._collection, OUTPUTS, models.PayloadSchemaType.KEYWORD
        )

    async def _upsert(self, points: Sequence[models.PointStruct]) -> None:
        async with _translated():
            for start in range(0, len(points), BATCH_POINTS):
                batch = list(points[start : start + BATCH_POINTS])
                await self._client.upsert(self._collection, points=batch, wait=True)


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except _FAILURES as err:
        raise UpstreamUnavailable(
            f"the vector index did not answer ({type(err).__name__}); check CARAVAN_QDRANT_URL"
        ) from err


def _point(entry: IndexEntry) -> models.PointStruct:
    vectors: dict[str, Any] = {
        vector_name(entry.vector, usable=entry.usable): list(entry.vector),
        vector_name(entry.words, usable=entry.usable): _sparse(entry.words),
    }
    return models.PointStruct(
        id=str(point_id(entry.listing_id)), vector=vectors, payload=payload_of(entry)
    )


def _request(asked: Lookup) -> models.QueryRequest:
    only = None
    if asked.output is not None:
        matched = models.MatchValue(value=asked.output)
        only = models.Filter(must=[models.FieldCondition(key=OUTPUTS, match=matched)])
    return models.QueryRequest(
        query=_sparse(asked.by) if isinstance(asked.by, SparseVector) else list(asked.by),
        using=vector_name(asked.by, usable=asked.usable),
        filter=only,
        limit=asked.limit,
        with_payload=["id"],
    )


def _sparse(words: SparseVector) -> models.SparseVector:
    return models.SparseVector(indices=list(words.indices), values=list(words.values))


def _dense(vectors: Any) -> Vector:  # noqa: ANN401 - the client's union of all vector kinds
    found = vectors if isinstance(vectors, dict) else {}
    return tuple(found.get(MEANING) or found.get(REFUSED_MEANING) or ())
