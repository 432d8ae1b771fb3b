"""Reading bazaars into the book, whole and at once."""

from collections.abc import Sequence
from datetime import UTC, datetime

from activities.discovery.ports import Bazaar
from activities.records.ports import ListingBook, Quarantined
from domain.errors import Misconfigured, UpstreamUnavailable


class BookFiller:
    """Reads every bazaar while somebody waits."""

    def __init__(self, book: ListingBook, bazaars: Sequence[Bazaar]) -> None:
        self._book = book
        self._bazaars = bazaars

    async def refresh_all(self) -> None:
        """Read every bazaar that answers."""
        if not self._bazaars:
            raise Misconfigured("no bazaar is configured; set CARAVAN_BAZAAR_URLS")
        await self._book.trust([bazaar.url for bazaar in self._bazaars])
        failures: list[UpstreamUnavailable] = []
        for bazaar in self._bazaars:
            try:
                await self._fill(bazaar)
            except UpstreamUnavailable as err:
                failures.append(err)
        if len(failures) == len(self._bazaars):
            raise failures[0]

    async def _fill(self, bazaar: Bazaar) -> None:
        read = await bazaar.read()
        now = datetime.now(UTC)
        number, _ = await self._book.begin(bazaar.url, now=now)
        kept_out = [
            Quarantined(bazaar=bazaar.url, name=one.name, reason=one.reason, since=now)
            for one in read.skipped
        ]
        await self._book.write(
            bazaar.url, number=number, cursor="", listings=read.listings, quarantined=kept_out
        )
        await self._book.finish(bazaar.url, number=number, complete=True, now=now)
