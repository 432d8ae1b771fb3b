"""What is kept out though it can be read: a second mention, and a payee that another bazaar denies.

Whoever lists somebody else's service under an address of their own takes the money for it. A more
trusted bazaar's word on who is paid therefore keeps every other word out.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from activities.discovery.bazaar_items import Sorted
from activities.discovery.ports import Skipped
from activities.records.ports import ListingBook
from domain.catalogue import ServiceListing
from domain.ids import ListingId

ANOTHER_PAYEE = "another bazaar names another payee"
LISTED_TWICE = "this bazaar lists it twice, with different payees"

Earlier = Callable[[Sequence[ListingId]], Awaitable[Mapping[ListingId, ServiceListing]]]
"""Finds what an import wrote before it was interrupted."""


class Sieve:
    """Sifts the items of one import of one bazaar."""

    def __init__(
        self, book: ListingBook, *, trusted_more: frozenset[str], earlier: Earlier | None = None
    ) -> None:
        """Sift.

        Args:
            book: What is listed by all bazaars.
            trusted_more: The bazaars that are believed before this one.
            earlier: Of an import that is gone on with: its first mentions still count.
        """
        self._earlier = earlier
        self._book = book
        self._trusted_more = trusted_more
        self._payees: dict[int, int] = {}

    @property
    def seen(self) -> int:
        """How many different items there were so far."""
        return len(self._payees)

    async def sift(self, found: Sorted) -> Sorted:
        """Take out what must be kept out; of one item mentioned twice the first mention counts."""
        believed = await self._believed(found)
        mentioned = await self._mentioned(found)
        kept = Sorted([], [], [])
        for listing in found.listings:
            payees = payees_of(listing)
            mark = _mark(payees)
            first = mentioned.get(listing.id)
            earlier = self._payees.setdefault(
                hash(listing.id), mark if first is None else _mark(payees_of(first))
            )
            other = believed.get(listing.id)
            if other is not None and _disagree(payees, payees_of(other)):
                reason = f"{ANOTHER_PAYEE}: {other.bazaar}"
                kept.skipped.append(Skipped(name=listing.url, reason=reason))
            elif earlier != mark:
                kept.skipped.append(Skipped(name=listing.url, reason=LISTED_TWICE))
            else:
                kept.listings.append(listing)
        for tool in found.tools:
            if self._is_new(tool.server, tool.name):
                kept.tools.append(tool)
        for one in found.skipped:
            self._is_new(one.name, one.reason)
            kept.skipped.append(one)
        return kept

    async def _believed(self, found: Sorted) -> Mapping[ListingId, ServiceListing]:
        """What more trusted bazaars say of the same services."""
        if not self._trusted_more or not found.listings:
            return {}
        known = await self._book.get([one.id for one in found.listings])
        return {id_: one for id_, one in known.items() if one.bazaar in self._trusted_more}

    async def _mentioned(self, found: Sorted) -> Mapping[ListingId, ServiceListing]:
        """What an earlier part of this import says of the same services."""
        unseen = [one.id for one in found.listings if hash(one.id) not in self._payees]
        return await self._earlier(unseen) if self._earlier is not None and unseen else {}

    def _is_new(self, *key: str) -> bool:
        before = len(self._payees)
        self._payees.setdefault(hash(key), 0)
        return len(self._payees) > before


def payees_of(listing: ServiceListing) -> dict[str, frozenset[str]]:
    """Who is paid, by network."""
    networks = {terms.network for terms in listing.accepts}
    return {
        network: frozenset(terms.pay_to for terms in listing.accepts if terms.network == network)
        for network in networks
    }


def _mark(payees: Mapping[str, frozenset[str]]) -> int:
    return hash(frozenset(payees.items()))


def _disagree(payees: Mapping[str, frozenset[str]], believed: Mapping[str, frozenset[str]]) -> bool:
    return any(payees[network] - believed[network] for network in payees.keys() & believed.keys())
