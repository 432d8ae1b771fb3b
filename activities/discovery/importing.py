"""Reading bazaars into the book: page by page, resumable, and no item ever stops it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from activities.discovery.bazaar_items import Sorted, sort_items
from activities.discovery.ports import Bazaar, BazaarPage, CursorForgotten
from activities.discovery.quarantine import Sieve
from activities.records.ports import ListingBook, Quarantined, Written
from domain.catalogue import ServiceListing
from domain.errors import Misconfigured, UpstreamUnavailable
from domain.ids import ListingId
from domain.refreshing import BazaarRefreshed, ImportProgress

AT_ONCE_ITEMS: Final = 250
"""Items sorted and written in one transaction; some bazaars publish everything as one page."""

MAX_STALE_PAGES: Final = 3
"""Pages in a row without anything new, after which a bazaar is taken to repeat itself."""

_READ: Final = "(read)"
"""Stands in the book for the place behind the last page, before what bazaars say of their pages."""

_NOTHING: Final = Written()

Progress = Callable[[ImportProgress], None]


class Importer:
    """Reads every configured bazaar; the first one is believed most."""

    def __init__(
        self,
        book: ListingBook,
        bazaars: Sequence[Bazaar],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._book = book
        self._bazaars = {bazaar.url: bazaar for bazaar in bazaars}
        self._clock = clock
        self._locks = {url: asyncio.Lock() for url in self._bazaars}

    @property
    def urls(self) -> tuple[str, ...]:
        """The bazaars, most trusted first."""
        return tuple(self._bazaars)

    async def refresh_all(self) -> None:
        """Read every bazaar that can be read.

        Raises:
            UpstreamUnavailable: None of them answered.
            Misconfigured: None is configured.
        """
        if not self._bazaars:
            raise Misconfigured("no bazaar is configured; set CARAVAN_BAZAAR_URLS")
        failures: list[UpstreamUnavailable] = []
        for url in self._bazaars:
            try:
                await self.refresh(url)
            except UpstreamUnavailable as err:
                failures.append(err)
        if len(failures) == len(self._bazaars):
            raise failures[0]

    async def refresh(self, url: str, *, on_progress: Progress | None = None) -> BazaarRefreshed:
        """Read one bazaar, from where an earlier reading was interrupted.

        Raises:
            UpstreamUnavailable: It stopped answering; what was read is kept and gone on with.
            Misconfigured: It is not one of ours.
        """
        bazaar = self._bazaars.get(url)
        if bazaar is None:
            raise Misconfigured(f"{url} is not among CARAVAN_BAZAAR_URLS any more")
        async with self._locks[url]:
            number, cursor = await self._book.begin(url, now=self._clock())
            await self._book.trust(self.urls)
            reading = _Reading(
                self._book, bazaar, number, trusted_more=self._more_trusted(url), clock=self._clock
            )
            try:
                await reading.read(cursor, on_progress or _silently)
            except UpstreamUnavailable as err:
                await self._book.finish(
                    url, number=number, complete=False, problem=err.message, now=self._clock()
                )
                raise
            removed = await self._book.finish(
                url, number=number, complete=not reading.said.note, now=self._clock()
            )
        return reading.said.model_copy(update={"removed": removed})

    def _more_trusted(self, url: str) -> frozenset[str]:
        return frozenset(self.urls[: self.urls.index(url)])


class _Reading:
    """One import of one bazaar."""

    def __init__(
        self,
        book: ListingBook,
        bazaar: Bazaar,
        number: int,
        *,
        trusted_more: frozenset[str],
        clock: Callable[[], datetime],
    ) -> None:
        self._book = book
        self._bazaar = bazaar
        self._number = number
        self._clock = clock
        self._trusted_more = trusted_more
        self._sieve = Sieve(book, trusted_more=trusted_more)
        self.said = BazaarRefreshed(bazaar=bazaar.url)

    async def read(self, cursor: str, on_progress: Progress) -> None:
        """Read from a place to the end; what was counted up to it counts."""
        if cursor:
            self._sieve = Sieve(
                self._book, trusted_more=self._trusted_more, earlier=self._written_earlier
            )
            self._count(await self._book.counted(self._bazaar.url))
        if cursor.startswith(_READ):
            self._count(note=cursor.removeprefix(_READ))
            return
        page = await self._first(cursor)
        stale = 0
        while True:
            known = self._sieve.seen
            await self._keep(page, behind=cursor)
            said = self._count(note=page.note)
            on_progress(
                ImportProgress(
                    bazaar=said.bazaar,
                    pages=said.pages,
                    listings=said.new + said.changed + said.same,
                )
            )
            stale = stale + 1 if self._sieve.seen == known else 0
            if not page.cursor:
                return
            if stale >= MAX_STALE_PAGES:
                self._count(note="its pages repeat")
                return
            cursor = page.cursor
            page = await self._bazaar.page(cursor)

    async def _first(self, cursor: str) -> BazaarPage:
        try:
            return await self._bazaar.page(cursor)
        except CursorForgotten:
            return await self._bazaar.page("")  # what was read stays read

    async def _keep(self, page: BazaarPage, *, behind: str) -> None:
        """Write a page; only behind its last item the book's cursor moves on."""
        items = page.items
        starts = range(0, max(len(items), 1), AT_ONCE_ITEMS)
        for start in starts:
            last = start == starts[-1]
            await self._write(
                items[start : start + AT_ONCE_ITEMS],
                cursor=(page.cursor or _READ + page.note) if last else behind,
                ends_page=last,
            )

    async def _write(self, items: Sequence[Any], *, cursor: str, ends_page: bool) -> None:
        url = self._bazaar.url
        # In a thread: a page of hostile items must not keep a heartbeat from being sent.
        found: Sorted = await asyncio.to_thread(sort_items, items, bazaar=url)
        sifted = await self._sieve.sift(found)
        now = self._clock()
        written = await self._book.write(
            url,
            number=self._number,
            cursor=cursor,
            listings=sifted.listings,
            quarantined=[
                Quarantined(bazaar=url, name=one.name, reason=one.reason, since=now)
                for one in sifted.skipped
            ],
            tools=sifted.tools,
            ends_page=ends_page,
        )
        self._count(written)

    async def _written_earlier(
        self, listings: Sequence[ListingId]
    ) -> Mapping[ListingId, ServiceListing]:
        return await self._book.written(self._bazaar.url, number=self._number, listings=listings)

    def _count(self, more: Written = _NOTHING, *, note: str = "") -> BazaarRefreshed:
        counted: dict[str, object] = {
            name: getattr(self.said, name) + added for name, added in more.model_dump().items()
        }
        self.said = self.said.model_copy(update=counted | ({"note": note} if note else {}))
        return self.said


def _silently(_progress: ImportProgress) -> None:
    """Nobody waits for the progress."""
