"""Records in memory, for tests that are about something else."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from activities.records.ports import BazaarState, Change, Quarantined, Tool, Written
from domain.breakers import Breaker, BreakerKind, failed, succeeded, tried
from domain.catalogue import ServiceListing
from domain.ids import Digest, ListingId, digest_json
from domain.observing import Observation, Standing, standing_of
from domain.probing import Probe


class FakeListingBook:
    """Holds what it is told; the last word on a listing counts."""

    def __init__(self, listings: Sequence[ServiceListing] = ()) -> None:
        self.items: dict[ListingId, ServiceListing] = {}
        self.kept_out: list[Quarantined] = []
        self.finished_at: datetime | None = None
        self._changes: dict[ListingId, Change] = {}
        self._mark = 0
        self.hold(listings)

    def hold(self, listings: Sequence[ServiceListing]) -> None:
        """Put in, or change, listings."""
        for listing in listings:
            old = self.items.get(listing.id)
            self.items[listing.id] = listing
            if old is None or _offered(old) != _offered(listing):
                self._note(listing.id, gone=False)

    def drop(self, *listings: ListingId) -> None:
        """Take listings out."""
        for listing_id in listings:
            del self.items[listing_id]
            self._note(listing_id, gone=True)

    def _note(self, listing_id: ListingId, *, gone: bool) -> None:
        self._mark += 1
        self._changes.pop(listing_id, None)
        self._changes[listing_id] = Change(mark=self._mark, listing_id=listing_id, gone=gone)

    async def begin(self, bazaar: str, *, now: datetime) -> tuple[int, str]:
        del bazaar, now
        return 1, ""

    async def write(
        self,
        bazaar: str,
        *,
        number: int,
        cursor: str,
        listings: Sequence[ServiceListing],
        quarantined: Sequence[Quarantined] = (),
        tools: Sequence[Tool] = (),
        ends_page: bool = True,
    ) -> Written:
        del bazaar, number, cursor
        new = sum(one.id not in self.items for one in listings)
        self.hold(listings)
        self.kept_out.extend(quarantined)
        return Written(
            new=new,
            same=len(listings) - new,
            quarantined=len(quarantined),
            tools=len(tools),
            pages=int(ends_page),
        )

    async def counted(self, bazaar: str) -> Written:
        del bazaar
        return Written()

    async def written(
        self, bazaar: str, *, number: int, listings: Sequence[ListingId]
    ) -> Mapping[ListingId, ServiceListing]:
        del bazaar, number, listings
        return {}

    async def finish(
        self, bazaar: str, *, number: int, complete: bool, problem: str = "", now: datetime
    ) -> int:
        del bazaar, number, complete, problem
        self.finished_at = now
        return 0

    async def trust(self, bazaars: Sequence[str]) -> None:
        del bazaars

    async def version(self) -> Digest:
        return digest_json([*sorted(_offered(one) for one in self.items.values())])

    async def mark(self) -> int:
        return self._mark

    async def changes(self, after: int, *, limit: int) -> Sequence[Change]:
        found = [change for change in self._changes.values() if change.mark > after]
        return sorted(found, key=lambda change: change.mark)[:limit]

    async def get(self, listings: Sequence[ListingId]) -> Mapping[ListingId, ServiceListing]:
        return {one: self.items[one] for one in listings if one in self.items}

    async def producers(self, output: str, *, limit: int) -> Sequence[ListingId]:
        found = [
            one.id
            for one in self.items.values()
            if output in str(one.output_schema.get("properties", {}))
        ]
        return found[:limit]

    async def count(self) -> int:
        return len(self.items)

    async def overview(self) -> Sequence[BazaarState]:
        return [
            BazaarState(
                bazaar="http://bazaar.test",
                listings=len(self.items),
                quarantined=len(self.kept_out),
                tools=0,
                started_at=self.finished_at,
                finished_at=self.finished_at,
                cursor="",
                problem="",
            )
        ]

    async def quarantined(self, *, limit: int) -> Sequence[Quarantined]:
        return self.kept_out[:limit]

    async def tools(self, *, limit: int) -> Sequence[Tool]:
        del limit
        return []


class FakeProbeBook:
    """The latest probe of each listing."""

    def __init__(self) -> None:
        self.kept: dict[ListingId, Probe] = {}

    async def probed(self) -> AbstractSet[ListingId]:
        return set(self.kept)

    async def probes(self, listings: Sequence[ListingId]) -> Mapping[ListingId, Probe]:
        return {one: self.kept[one] for one in listings if one in self.kept}

    async def note(self, probes: Sequence[Probe]) -> None:
        for probe in probes:
            known = self.kept.get(probe.listing_id)
            if known is None or known.at <= probe.at:
                self.kept[probe.listing_id] = probe


class FakeObservationBook:
    """What was observed, summarised by the real rule."""

    def __init__(self, *observed: Observation) -> None:
        self._kept = {one.id: one for one in observed}

    async def observe(self, observation: Observation) -> None:
        self._kept[observation.id] = observation

    def lose(self) -> None:
        """Lose everything: records may be lost without losing money."""
        self._kept.clear()

    async def observed(self) -> AbstractSet[ListingId]:
        return {one.listing_id for one in self._kept.values()}

    async def standings(
        self, listings: Sequence[ListingId], *, now: datetime
    ) -> Mapping[ListingId, Standing]:
        of = {i: [o for o in self._kept.values() if o.listing_id == i] for i in listings}
        return {i: standing_of(seen, now=now) for i, seen in of.items() if seen}


class FakeBreakerBoard:
    """Breakers by the real rules."""

    def __init__(self) -> None:
        self.kept: dict[tuple[BreakerKind, str], Breaker] = {}

    async def failed(self, kind: BreakerKind, key: str, *, reason: str, now: datetime) -> Breaker:
        before = self.kept.get((kind, key), Breaker(kind=kind, key=key))
        after = failed(before, now=now, reason=reason)
        self.kept[(kind, key)] = after
        return after

    async def succeeded(self, kind: BreakerKind, key: str, *, now: datetime) -> None:
        if (kind, key) in self.kept:
            self.kept[(kind, key)] = succeeded(self.kept[(kind, key)], now=now)

    async def try_again(self, kind: BreakerKind, key: str, *, now: datetime) -> Breaker | None:
        before = self.kept.get((kind, key))
        claimed = None if before is None else tried(before, now=now)
        if claimed is None:
            return before
        self.kept[(kind, key)] = claimed
        return None

    async def breakers(self) -> Sequence[Breaker]:
        return [one for one in self.kept.values() if one.failures or one.open_until]


def _offered(listing: ServiceListing) -> str:
    return listing.model_dump_json(exclude={"quality"})
