"""The services of all bazaars: read from the book, searchable by meaning and by words."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from activities.discovery.gating import RULES, static_problem
from activities.discovery.known import Known, known_of
from activities.discovery.meanings import Meaning
from activities.discovery.memory import ListingMemory
from activities.discovery.ports import (
    Hit,
    IndexEntry,
    IndexState,
    ListingIndex,
    Lookup,
    Refresher,
    TextEmbedder,
    Vector,
)
from activities.discovery.sparse import document_words
from activities.discovery.texts import searchable_text, worded_text
from activities.records.ports import ListingBook
from domain import schemas
from domain.catalogue import ServiceListing
from domain.errors import Misconfigured, UpstreamUnavailable
from domain.ids import Digest, ListingId, digest_json
from domain.policy import SpendPolicy
from domain.ranking import Policy

SMALL_LISTINGS: Final = 5_000
"""Below this a catalogue is read again while somebody waits; larger ones by schedule only."""

MAX_AGE: Final = timedelta(seconds=60)
"""Age at which the bazaars of a small catalogue are read again before answering."""

LOOK_AGAIN_SECONDS: Final = 2.0
"""How long the book is taken to be as it was; asking it costs as much as a tenth of a search."""

BATCH_LISTINGS: Final = 256
"""Listings embedded and stored at once, so that a first import makes durable progress."""

INLINE_LISTINGS: Final = 2_000
"""Up to so many are indexed while somebody waits: about 15 s; more are indexed meanwhile."""

_log = logging.getLogger(__name__)

Progress = Callable[[int], None]


class ListingCatalogue:
    """Follows the book: embeds only what is new or changed, parses only what is looked at."""

    def __init__(
        self,
        *,
        book: ListingBook,
        embedder: TextEmbedder,
        index: ListingIndex,
        policy: Policy,
        spending: SpendPolicy | None = None,
        refresher: Refresher | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Follow ``book``.

        Args:
            book: What the bazaars list.
            embedder: Makes vectors of texts.
            index: Keeps them.
            policy: What can be paid here.
            spending: What the installation forbids to pay.
            refresher: Reads bazaars while somebody waits; without it only others fill the book.
            clock: Seconds since any moment.
        """
        self._book = book
        self._embedder = embedder
        self._index = index
        self._policy = policy
        self._spending = spending or SpendPolicy()
        self._refresher = refresher
        self._clock = clock
        self._looked_at: float | None = None
        self._refreshed_at: float | None = None
        self._memory = ListingMemory(
            book, index, judge=self._judge, digest=self._digest, clock=clock
        )
        self._preparing = asyncio.Lock()
        self._syncing = asyncio.Lock()
        self._behind: asyncio.Task[int] | None = None
        self._building = False
        """While the index is built nothing may be written to it, and nobody waits for it."""
        self._compared = False

    async def prepare(self) -> None:
        """Make sure that there is something to search, and that it is what the book says.

        Raises:
            UpstreamUnavailable: The book is empty and no bazaar answers.
            Misconfigured: The book is empty and no bazaar is configured.
        """
        async with self._preparing:
            if self._looked_at is not None and self._since(self._looked_at) < LOOK_AGAIN_SECONDS:
                return
            count = await self._book.count()
            if count < SMALL_LISTINGS and await self._is_old(count):
                await self._refresh(empty=count == 0)
            await self._follow()
            await self._memory.follow()
            # A bazaar that has just started lists nothing yet: ask again next time.
            self._looked_at = self._clock() if await self._book.count() else None

    async def sync(self, *, on_progress: Progress | None = None) -> int:
        """Bring the index up to the book.

        Args:
            on_progress: Told how many listings were stored so far, after each batch.

        Returns:
            How many listings were stored.
        """
        async with self._syncing:
            stored = await self._sync(on_progress or _silently)
            await self._build()
        self._memory.read_ahead()
        return stored

    async def indexed(self) -> None:
        """Wait for what is being indexed and read meanwhile."""
        if self._behind is not None:
            await self._behind
        await self._memory.settled()

    async def close(self) -> None:
        """Stop what goes on meanwhile."""
        if self._behind is not None:
            self._behind.cancel()
            await asyncio.wait([self._behind])
        await self._memory.close()

    async def known(self, listings: Iterable[ListingId]) -> Mapping[ListingId, Known]:
        """Return those listings that are in the book, judged; from memory where possible."""
        return await self._memory.known(listings)

    async def meanings(self, listings: Iterable[ListingId]) -> Mapping[ListingId, Meaning]:
        """Return the vectors of those listings that are indexed; from memory where possible."""
        return await self._memory.meanings(listings)

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """Turn texts into vectors comparable with the listings'."""
        return await self._embedder.embed(texts)

    async def search(self, asked: Sequence[Lookup]) -> Sequence[Sequence[Hit]]:
        """Put questions to the index."""
        return await self._index.search(asked)

    async def everything(self, *, limit: int) -> Sequence[ListingId]:
        """Return ids of what is listed, the latest last; of a large catalogue only the latest."""
        return (await self._live_ids())[-limit:]

    async def kept_out(self, *, limit: int) -> Sequence[tuple[str, str]]:
        """Names and reasons of items that could not be read."""
        return [(one.name, one.reason) for one in await self._book.quarantined(limit=limit)]

    def _since(self, moment: float) -> float:
        return self._clock() - moment

    async def _is_old(self, count: int) -> bool:
        if self._refresher is None:
            return False
        if self._refreshed_at is not None and self._since(self._refreshed_at) < (
            MAX_AGE.total_seconds()
        ):
            return count == 0
        read = [one.finished_at for one in await self._book.overview()]
        if not count or not read or any(at is None for at in read):
            return True
        return datetime.now(UTC) - min(at for at in read if at is not None) >= MAX_AGE

    async def _refresh(self, *, empty: bool) -> None:
        if self._refresher is None:
            return
        try:
            await self._refresher.refresh_all()
        except (UpstreamUnavailable, Misconfigured):
            # What was listed stays: live terms are asked before anything is approved.
            if empty:
                raise
            _log.warning("catalogue_not_refreshed", exc_info=True)
        self._refreshed_at = self._clock()
        await self._memory.recount()

    async def _follow(self) -> None:
        if self._building or (self._behind is not None and not self._behind.done()):
            return  # under way already; what is indexed so far is searched
        await self._index.open(await self._embedder.dimensions())
        listed = await self._book.count()
        missing = listed - await self._index.count()
        if missing <= INLINE_LISTINGS:
            async with self._syncing:
                await self._sync(_silently, compare=listed <= INLINE_LISTINGS)
        if missing > INLINE_LISTINGS or not self._compared or await self._index.is_unbuilt():
            self._behind = asyncio.create_task(self.sync())

    async def _build(self) -> None:
        if not await self._index.is_unbuilt():
            return
        self._building = True
        try:
            await self._index.build()
        finally:
            self._building = False

    async def _sync(self, on_progress: Progress, *, compare: bool = True) -> int:
        await self._index.open(await self._embedder.dimensions())
        state, rules = await self._index.state(), self._rules()
        mark = await self._book.mark()
        anew = state is None or state.rules != rules or state.mark > mark
        after = 0 if anew or state is None else state.mark
        stored = 0
        while changes := await self._book.changes(after, limit=BATCH_LISTINGS):
            await self._index.remove([change.listing_id for change in changes if change.gone])
            stored += await self._store([c.listing_id for c in changes if not c.gone])
            after = changes[-1].mark
            await self._index.remember(IndexState(mark=after, rules=rules))
            self._memory.forget(change.listing_id for change in changes)
            on_progress(stored)
        # An index may outlive its book. Once in a process all ids are compared, later their number;
        # nobody waits for that where it takes seconds.
        if await self._index.count() != await self._book.count():
            self._compared = False
        if compare and not self._compared:
            stored += await self._mend(on_progress)
            self._compared = True
        return stored

    async def _mend(self, on_progress: Progress) -> int:
        """Make an index that followed another book, or lost something, follow this one."""
        listed, held = await self._live_ids(), await self._index.digests()
        await self._index.remove(sorted(held.keys() - set(listed)))
        missing = [one for one in listed if one not in held]
        stored = 0
        for start in range(0, len(missing), BATCH_LISTINGS):
            stored += await self._store(missing[start : start + BATCH_LISTINGS])
            on_progress(stored)
        self._memory.forget_all()
        return stored

    async def _live_ids(self) -> list[ListingId]:
        found: list[ListingId] = []
        after = 0
        while changes := await self._book.changes(after, limit=BATCH_LISTINGS * 8):
            found += [change.listing_id for change in changes if not change.gone]
            after = changes[-1].mark
        return found

    async def _store(self, listings: Sequence[ListingId]) -> int:
        found = list((await self._book.get(listings)).values())
        texts = {one.id: searchable_text(one) for one in found}
        digests = {one.id: self._digest(one) for one in found}
        held = await self._index.held(list(texts))
        vectors = {i: one.vector for i, one in held.items() if one.digest == digests[i]}
        due = [i for i in texts if i not in vectors]
        if due:
            made = await self._embedder.embed([texts[i] for i in due])
            vectors |= dict(zip(due, made, strict=True))
        await self._index.put([self._entry(one, digests[one.id], vectors[one.id]) for one in found])
        return len(found)

    def _entry(self, listing: ServiceListing, digest: Digest, vector: Vector) -> IndexEntry:
        return IndexEntry(
            listing_id=listing.id,
            digest=digest,
            vector=vector,
            words=document_words(worded_text(listing)),
            usable=static_problem(listing, self._policy, self._spending) is None,
            outputs=tuple(schemas.properties_of(listing.output_schema)),
        )

    def _judge(self, listing: ServiceListing) -> Known:
        return known_of(listing, self._policy, self._spending)

    def _digest(self, listing: ServiceListing) -> Digest:
        return digest_json([self._embedder.name, searchable_text(listing)])

    def _rules(self) -> Digest:
        policy = self._policy.model_dump(mode="json")
        return digest_json([self._embedder.name, RULES, policy, self._spending.digest])


def _silently(_stored: int) -> None:
    """Nobody waits for the progress."""
