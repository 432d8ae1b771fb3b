"""Listings as they were read from the book: kept while they are current, read before being asked.

A listing is parsed and judged in half a millisecond, and a search looks at dozens.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

from activities.discovery.known import Known
from activities.discovery.meanings import Meaning, meaning_of
from activities.discovery.ports import ListingIndex
from activities.records.ports import BazaarState, ListingBook
from domain.catalogue import ServiceListing
from domain.errors import EngineError
from domain.ids import Digest, ListingId

MAX_REMEMBERED: Final = 12_000
"""Listings kept, some 18 KB each: all that is asked of a catalogue of its size."""

COUNTERS_SECONDS: Final = 300.0
"""How long counters are taken to be as they were, for they change without being a change."""

PORTION: Final = 8
"""Listings read behind at once, in which time, about 5 ms, nothing else runs."""

REST: Final = 4.0
"""How much longer it rests after each portion than that took."""

CHANGES: Final = 500
"""Changes of the book read at once."""

_log = logging.getLogger(__name__)


class ListingMemory:
    """Remembers listings of a book and their vectors in an index; never what has changed since."""

    def __init__(
        self,
        book: ListingBook,
        index: ListingIndex,
        *,
        judge: Callable[[ServiceListing], Known],
        digest: Callable[[ServiceListing], Digest],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Remember what ``book`` says.

        Args:
            book: What the bazaars list.
            index: Keeps the vectors of its texts.
            judge: Judges a listing by what it says of itself.
            digest: Of the text and the model that a listing's vector is made of.
            clock: Seconds since any moment.
        """
        self._book = book
        self._index = index
        self._judge = judge
        self._digest = digest
        self._clock = clock
        self._known: OrderedDict[ListingId, Known] = OrderedDict()
        self._meanings: dict[ListingId, Meaning] = {}
        """Only of listings that are known."""
        self._mark: int | None = None
        """Of the book's last change that was looked at; ``None`` before the first look."""
        self._forgotten = 0
        """How often something was forgotten: what was asked for before may be out of date."""
        self._read_ahead_of = 0
        """The same when what was missing was last asked for."""
        self._imports: Sequence[BazaarState] = ()
        """How the readings of the bazaars stood when counters were last looked at."""
        self._counted_at = clock()
        self._old: dict[ListingId, None] = {}
        """Listings whose counters are to be read anew."""
        self._lacks_some = False
        """Whether listings of the book may be missing here."""
        self._behind: asyncio.Task[None] | None = None

    async def known(self, listings: Iterable[ListingId]) -> Mapping[ListingId, Known]:
        """Return those listings that are in the book, judged."""
        wanted = dict.fromkeys(listings)
        found = {one: self._known[one] for one in wanted if one in self._known}
        for one in found:
            self._known.move_to_end(one)
        missing = [one for one in wanted if one not in found]
        if not missing:
            return found
        found |= await self._read(missing)
        return {one: found[one] for one in wanted if one in found}

    async def meanings(self, listings: Iterable[ListingId]) -> Mapping[ListingId, Meaning]:
        """Return the vectors of those listings that the index holds."""
        wanted = list(listings)
        found = {one: self._meanings[one] for one in wanted if one in self._meanings}
        missing = [one for one in wanted if one not in found]
        held = await self._index.held(missing) if missing else {}
        for one, kept in held.items():
            found[one] = meaning_of(kept.vector)
            known = self._known.get(one)
            # Where the text has just changed, the index may not have followed yet.
            if known is not None and self._digest(known.listing) == kept.digest:
                self._meanings[one] = found[one]
        return found

    async def follow(self) -> None:
        """Forget what changed in the book, and have counters read anew that may have moved."""
        mark = await self._book.mark()
        if self._mark is None:
            self._imports = await self._book.overview()
        if self._mark is None or mark < self._mark:
            self.forget_all()
        elif mark > self._mark:
            await self._forget_changes(self._mark)
        self._mark = mark
        if self._since(self._counted_at) > COUNTERS_SECONDS:
            await self.recount()
        if self._forgotten != self._read_ahead_of:
            self.read_ahead()

    async def recount(self) -> None:
        """Read counters anew if bazaars were read since: behind, unless they are very old."""
        imports = await self._book.overview()
        if imports != self._imports:
            if self._since(self._counted_at) > 2 * COUNTERS_SECONDS:
                self.forget_all()
            else:
                self._old = dict.fromkeys(self._known)
                self._go_on_behind()
        self._imports, self._counted_at = imports, self._clock()

    def read_ahead(self) -> None:
        """Read behind what is not known yet, where there is room for the whole book."""
        if self._mark is not None:  # otherwise nobody has asked for anything here
            self._read_ahead_of = self._forgotten
            self._lacks_some = True
            self._go_on_behind()

    def forget(self, listings: Iterable[ListingId]) -> None:
        """Forget listings that changed or went, or whose vectors did."""
        self._forgotten += 1
        for one in listings:
            self._known.pop(one, None)
            self._meanings.pop(one, None)

    def forget_all(self) -> None:
        """Forget every listing."""
        self._forgotten += 1
        self._known.clear()
        self._meanings.clear()

    async def settled(self) -> None:
        """Wait for what is being read behind."""
        while self._behind is not None and not self._behind.done():
            await asyncio.wait([self._behind])

    async def close(self) -> None:
        """Stop reading behind."""
        if self._behind is not None:
            self._behind.cancel()
            await asyncio.wait([self._behind])

    def _since(self, moment: float) -> float:
        return self._clock() - moment

    async def _read(self, listings: Sequence[ListingId]) -> Mapping[ListingId, Known]:
        forgotten = self._forgotten
        found = {i: self._judge(one) for i, one in (await self._book.get(listings)).items()}
        if self._forgotten == forgotten:  # otherwise one of them may have changed meanwhile
            self._known |= found
            while len(self._known) > MAX_REMEMBERED:
                oldest, _ = self._known.popitem(last=False)
                self._meanings.pop(oldest, None)
        return found

    async def _forget_changes(self, after: int) -> None:
        while changes := await self._book.changes(after, limit=CHANGES):
            self.forget(change.listing_id for change in changes)
            after = changes[-1].mark

    def _go_on_behind(self) -> None:
        if self._behind is None or self._behind.done():
            self._behind = asyncio.create_task(self._read_behind())

    async def _read_behind(self) -> None:
        try:
            while self._old or self._lacks_some:
                if self._old:
                    await self._at_leisure(self._renew(list(islice(self._old, PORTION))))
                    continue
                self._lacks_some = False
                if await self._book.count() <= MAX_REMEMBERED:
                    await self._read_missing()
        except EngineError:
            # What could not be read anew is read when it is asked for; whoever asks is told.
            _log.warning("listings_not_read_behind", exc_info=True)
            self.forget(self._old)
            self._old.clear()

    async def _renew(self, listings: Sequence[ListingId]) -> None:
        forgotten = self._forgotten
        fresh = await self._book.get([one for one in listings if one in self._known])
        if self._forgotten != forgotten:
            self.forget(listings)  # for one of them may have changed meanwhile
        for one in listings:
            self._old.pop(one, None)
            if one in fresh and one in self._known:
                self._known[one] = self._judge(fresh[one])

    async def _read_missing(self) -> None:
        after = 0
        while changes := await self._book.changes(after, limit=CHANGES):
            after = changes[-1].mark
            listed = [one.listing_id for one in changes if not one.gone]
            missing = [i for i in listed if i not in self._known or i not in self._meanings]
            for start in range(0, len(missing), PORTION):
                await self._at_leisure(self._fetch(missing[start : start + PORTION]))

    async def _fetch(self, listings: Sequence[ListingId]) -> None:
        await self.known(listings)
        await self.meanings(listings)

    async def _at_leisure(self, work: Awaitable[None]) -> None:
        """Do a portion, and leave more time to others than it took."""
        begun = time.perf_counter()
        await work
        await asyncio.sleep(REST * (time.perf_counter() - begun))
