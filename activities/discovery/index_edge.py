"""Index in this process: Qdrant's own engine over files, no server."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import threading
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from qdrant_edge import (
    Distance,
    EdgeConfig,
    EdgeShard,
    EdgeVectorParams,
    Point,
    Query,
    QueryRequest,
    ScrollRequest,
    UpdateOperation,
)

from activities.discovery.ports import IndexEntry, Neighbour, Vector
from domain.errors import Misconfigured
from domain.ids import Digest, ListingId

_PointId = int | uuid.UUID | str

MAX_PROCESSES: Final = 16
"""Processes that may share one folder; each gets a copy, for the engine allows one writer."""

SCROLL_POINTS: Final = 1_000
"""Points read at once."""


class EdgeListingIndex:
    """Keeps vectors in a folder that only this process writes to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shard: EdgeShard | None = None
        self._claim: int | None = None
        """Descriptor of the lock file; held, like the folder, until the process ends."""
        self._lock = threading.Lock()

    async def open(self, dimensions: int) -> None:
        """Claim a folder and load what it holds; a broken one is emptied."""
        await asyncio.to_thread(self._open, dimensions)

    def close(self) -> None:
        """Write everything out and let another process claim the folder."""
        with self._lock:
            if self._shard is not None:
                self._shard.flush()
                self._shard.close()
                self._shard = None
            if self._claim is not None:
                os.close(self._claim)
                self._claim = None

    async def digests(self) -> Mapping[ListingId, Digest]:
        """What the index holds."""
        return await asyncio.to_thread(self._digests)

    async def put(self, entries: Sequence[IndexEntry]) -> None:
        """Insert or replace entries, durably."""
        points = [
            Point(point_id(e.listing_id), list(e.vector), {"id": e.listing_id, "digest": e.digest})
            for e in entries
        ]
        if points:
            await asyncio.to_thread(self._update, UpdateOperation.upsert_points(points))

    async def remove(self, listings: Sequence[ListingId]) -> None:
        """Forget listings."""
        ids: list[_PointId] = [point_id(listing) for listing in listings]
        if ids:
            await asyncio.to_thread(self._update, UpdateOperation.delete_points(ids))

    async def nearest(self, vector: Vector, *, limit: int) -> Sequence[Neighbour]:
        """Return the nearest listings."""
        # Under a millisecond: a thread would cost more than the query.
        asked = QueryRequest(
            limit=limit, query=Query.Nearest(list(vector)), with_payload=["id"], with_vector=False
        )
        with self._lock:
            found = self._opened().query(asked)
        return [
            Neighbour(listing_id=ListingId((point.payload or {})["id"]), similarity=point.score)
            for point in found
        ]

    async def vectors(self, listings: Sequence[ListingId]) -> Mapping[ListingId, Vector]:
        """Return the vectors of those listings that are known."""
        ids: list[_PointId] = [point_id(listing) for listing in listings]
        with self._lock:
            found = self._opened().retrieve(ids, True, True)
        return {ListingId((record.payload or {})["id"]): _dense(record.vector) for record in found}

    def _open(self, dimensions: int) -> None:
        with self._lock:
            if self._shard is not None:
                return
            folder = self._claimed_folder(dimensions)
            vectors = EdgeVectorParams(size=dimensions, distance=Distance.Cosine)
            try:
                self._shard = EdgeShard.load(str(folder))
            except Exception:  # noqa: BLE001 - the engine raises nothing narrower
                # Absent, of an older engine, or torn by a crash: a cache is simply filled again.
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                self._shard = EdgeShard.create(str(folder), EdgeConfig(vectors=vectors))

    def _claimed_folder(self, dimensions: int) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        for number in range(MAX_PROCESSES):
            name = f"{dimensions}d-{number}"
            claim = os.open(self._folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._claim = claim
                return self._folder / name
            os.close(claim)
        raise Misconfigured(
            f"{MAX_PROCESSES} processes already use the index in {self._folder}; "
            "set CARAVAN_QDRANT_URL to share one index"
        )

    def _opened(self) -> EdgeShard:
        if self._shard is None:
            raise Misconfigured("the index was used before it was opened")
        return self._shard

    def _update(self, operation: UpdateOperation) -> None:
        with self._lock:
            shard = self._opened()
            shard.update(operation)
            shard.flush()

    def _digests(self) -> dict[ListingId, Digest]:
        found: dict[ListingId, Digest] = {}
        offset: _PointId | None = None
        with self._lock:
            shard = self._opened()
            while True:
                asked = ScrollRequest(offset=offset, limit=SCROLL_POINTS, with_payload=True)
                records, offset = shard.scroll(asked)
                for record in records:
                    payload = record.payload or {}
                    found[ListingId(payload["id"])] = Digest(payload["digest"])
                if offset is None:
                    return found


def point_id(listing: ListingId) -> uuid.UUID:
    """Name a listing in the form that Qdrant wants."""
    return uuid.uuid5(uuid.NAMESPACE_URL, listing)


def _dense(vector: Any) -> Vector:  # noqa: ANN401 - the engine's union of all vector kinds
    return tuple(vector)
