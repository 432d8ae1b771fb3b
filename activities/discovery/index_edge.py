"""Index in this process: Qdrant's own engine over files, no server.

Usable and refused listings have vectors of different names, so that a search never meets one when
it looks for the other: measured, a filter on them costs more than the search itself.
"""

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
    CountRequest,
    Distance,
    EdgeConfig,
    EdgeShard,
    EdgeSparseVectorParams,
    EdgeVectorParams,
    FieldCondition,
    Filter,
    MatchValue,
    Modifier,
    PayloadSchemaType,
    Point,
    Query,
    QueryBatchRequest,
    QueryRequest,
    ScrollRequest,
    UpdateOperation,
)
from qdrant_edge import SparseVector as EdgeSparse

from activities.discovery.index_building import built_aside, remove_leftovers
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
from domain.errors import Misconfigured
from domain.ids import Digest, ListingId

_PointId = int | uuid.UUID | str

MAX_PROCESSES: Final = 16
"""Processes that may share one folder; each gets a copy, for the engine allows one writer."""

SCROLL_POINTS: Final = 1_000
"""Points read at once."""

INLINE_POINTS: Final = 10_000
"""Up to here a batch of questions takes a few milliseconds: a thread would cost more."""

UNBUILT_POINTS: Final = 10_000
"""Vectors that may be compared one by one, which takes about 1 ms; more are worth an index."""

LAYOUT: Final = 2
"""Grows when folders of before can no longer be read; they are left to whoever made them."""


class EdgeListingIndex:
    """Keeps vectors in a folder that only this process writes to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shard: EdgeShard | None = None
        self._claim: int | None = None
        """Descriptor of the lock file; held, like the folder, until the process ends."""
        self._lock = threading.Lock()
        self._points = 0
        self._store: Path | None = None
        self._writes = 0
        self._unbuilt = 0
        """Points that came in since the vectors' index was built, or was tried to be."""

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

    async def state(self) -> IndexState | None:
        """How far the index had come when it was last told."""
        with self._lock:
            found = self._opened().retrieve([STATE_ID], True, False)
        return state_from(found[0].payload) if found else None

    async def remember(self, state: IndexState) -> None:
        """Keep how far the index has come, durably."""
        point = Point(STATE_ID, {}, state_payload(state))
        await asyncio.to_thread(self._update, UpdateOperation.upsert_points([point]))

    async def count(self) -> int:
        """How many listings it holds."""
        self._opened()
        return self._points

    async def digests(self) -> Mapping[ListingId, Digest]:
        """Everything that the index holds."""
        return await asyncio.to_thread(self._digests)

    async def put(self, entries: Sequence[IndexEntry]) -> None:
        """Insert or replace entries, durably."""
        if entries:
            points = [_point(entry) for entry in entries]
            await asyncio.to_thread(self._update, UpdateOperation.upsert_points(points))
            self._unbuilt += len(points)

    async def remove(self, listings: Sequence[ListingId]) -> None:
        """Forget listings."""
        ids: list[_PointId] = [point_id(listing) for listing in listings]
        if ids:
            await asyncio.to_thread(self._update, UpdateOperation.delete_points(ids))

    async def search(self, asked: Sequence[Lookup]) -> Sequence[Sequence[Hit]]:
        """Answer all questions together."""
        batch = QueryBatchRequest([_request(one) for one in asked])
        if self._points > INLINE_POINTS:
            return await asyncio.to_thread(self._search, batch)
        return self._search(batch)

    async def held(self, listings: Sequence[ListingId]) -> Mapping[ListingId, Held]:
        """Return what is held of those listings that are known."""
        ids: list[_PointId] = [point_id(listing) for listing in listings]
        with self._lock:
            found = self._opened().retrieve(ids, True, True) if ids else []
        return {
            ListingId(payload["id"]): Held(Digest(payload["digest"]), _dense(record.vector))
            for record in found
            if (payload := record.payload or {})
        }

    async def is_unbuilt(self) -> bool:
        """Whether many vectors came in since the index over them was built."""
        return self._unbuilt >= UNBUILT_POINTS

    async def build(self) -> None:
        """Build the index over all vectors aside; take it over unless something was written."""
        with self._lock:
            self._opened().flush()
            store, writes, self._unbuilt = self._store, self._writes, 0
        if store is not None and (aside := await built_aside(store)) is not None:
            await asyncio.to_thread(self._take, aside, writes)

    def _open(self, dimensions: int) -> None:
        with self._lock:
            if self._shard is not None:
                return
            folder = self._store = self._claimed_folder(dimensions)
            _recover(folder)
            try:
                self._shard = EdgeShard.load(str(folder))
            except Exception:  # noqa: BLE001 - the engine raises nothing narrower
                # Absent, or torn by a crash: a cache is simply filled again.
                shutil.rmtree(folder, ignore_errors=True)
                _built_note(folder).unlink(missing_ok=True)
                folder.mkdir(parents=True)
                self._shard = _created(folder, dimensions)
            self._points = self._count()
            self._unbuilt = self._points - _built_before(folder)

    def _claimed_folder(self, dimensions: int) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        for number in range(MAX_PROCESSES):
            name = f"{dimensions}d-v{LAYOUT}-{number}"
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
            self._writes += 1
            self._points = self._count()

    def _take(self, aside: Path, writes: int) -> None:
        """Let a store that was built aside take this one's place."""
        with self._lock:
            if self._shard is None or self._store is None or self._writes != writes:
                shutil.rmtree(aside, ignore_errors=True)
                return
            self._shard.close()
            replaced = _replaced(self._store)
            self._store.rename(replaced)
            aside.rename(self._store)
            self._shard = EdgeShard.load(str(self._store))
            _built_note(self._store).write_text(str(self._points))
        shutil.rmtree(replaced, ignore_errors=True)

    def _count(self) -> int:
        shard = self._opened()
        noted = len(shard.retrieve([STATE_ID], False, False))
        return shard.count(CountRequest()) - noted

    def _search(self, batch: QueryBatchRequest) -> list[list[Hit]]:
        with self._lock:
            found = self._opened().query_batch(batch)
        return [
            [Hit(ListingId((point.payload or {})["id"]), point.score) for point in points]
            for points in found
        ]

    def _digests(self) -> dict[ListingId, Digest]:
        found: dict[ListingId, Digest] = {}
        offset: _PointId | None = None
        while True:
            asked = ScrollRequest(offset=offset, limit=SCROLL_POINTS, with_payload=True)
            with self._lock:  # page by page, for searches go on
                records, offset = self._opened().scroll(asked)
            for record in records:
                payload = record.payload or {}
                if "id" in payload:
                    found[ListingId(payload["id"])] = Digest(payload["digest"])
            if offset is None:
                return found


def _replaced(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.replaced")


def _built_note(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.built")


def _built_before(folder: Path) -> int:
    """How many points the index was last built over."""
    try:
        return int(_built_note(folder).read_text())
    except (OSError, ValueError):
        return 0


def _recover(folder: Path) -> None:
    """Undo what a process that died had begun: a store is never without one whole copy."""
    replaced = _replaced(folder)
    if replaced.exists() and not folder.exists():
        replaced.rename(folder)
    shutil.rmtree(replaced, ignore_errors=True)
    remove_leftovers(folder)


def _created(folder: Path, dimensions: int) -> EdgeShard:
    meaning = EdgeVectorParams(size=dimensions, distance=Distance.Cosine)
    words = EdgeSparseVectorParams(modifier=Modifier.Idf)
    shard = EdgeShard.create(
        str(folder),
        EdgeConfig(
            vectors={MEANING: meaning, REFUSED_MEANING: meaning},
            sparse_vectors={WORDS: words, REFUSED_WORDS: words},
        ),
    )
    shard.update(UpdateOperation.create_field_index(OUTPUTS, PayloadSchemaType.Keyword))
    return shard


def _point(entry: IndexEntry) -> Point:
    words = EdgeSparse(list(entry.words.indices), list(entry.words.values))
    vectors: dict[str, list[float] | EdgeSparse | list[list[float]]] = {
        vector_name(entry.vector, usable=entry.usable): list(entry.vector),
        vector_name(entry.words, usable=entry.usable): words,
    }
    return Point(point_id(entry.listing_id), vectors, payload_of(entry))


def _request(asked: Lookup) -> QueryRequest:
    by = asked.by
    sought: Any = (
        EdgeSparse(list(by.indices), list(by.values)) if isinstance(by, SparseVector) else list(by)
    )
    only = (
        Filter(must=[FieldCondition(key=OUTPUTS, match=MatchValue(asked.output))])
        if asked.output is not None
        else None
    )
    return QueryRequest(
        limit=asked.limit,
        query=Query.Nearest(sought, using=vector_name(by, usable=asked.usable)),
        filter=only,
        with_payload=["id"],
        with_vector=False,
    )


def _dense(vectors: Any) -> Vector:  # noqa: ANN401 - the engine's union of all vector kinds
    return tuple(vectors[MEANING] if MEANING in vectors else vectors[REFUSED_MEANING])
