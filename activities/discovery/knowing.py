"""What we know of sellers ourselves: purchases, unpaid looks, breakers; read in few questions."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Final

from activities.records.ports import BreakerBoard, ObservationBook, ProbeBook
from domain.breakers import Breaker, BreakerKind, BreakerState, host_key
from domain.catalogue import ServiceListing
from domain.ids import ListingId
from domain.observing import Standing
from domain.probing import Probe
from domain.scoring import Evidence

FRESH_SECONDS: Final = 30.0
"""How old purchases and looks of other processes may be here; asking who has any costs as much as
a tenth of a search. What this process sees itself it knows at once."""

BREAKER_SECONDS: Final = 2.0
"""The same for breakers: another worker's failures are news that matter sooner."""


_NO_STANDING: Final = Standing()


class Knowledge:
    """The records as far as choosing sellers needs them."""

    def __init__(
        self,
        *,
        observations: ObservationBook,
        probes: ProbeBook,
        breakers: BreakerBoard,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._observations = observations
        self._probes = probes
        self._board = breakers
        self._clock = clock
        self._now = now or _utc_now
        self._read_at: float | None = None
        self._as_of: datetime | None = None
        self._breakers_at: float | None = None
        self._recorded: AbstractSet[ListingId] = frozenset()
        """Listings that there are records of at all; of most there are none."""
        self._current: set[ListingId] = set()
        """Listings whose records were read a moment ago."""
        self._standings: dict[ListingId, Standing] = {}
        self._seen: dict[ListingId, Probe | None] = {}
        self._breakers: Mapping[tuple[BreakerKind, str], Breaker] = {}

    def now(self) -> datetime:
        """This moment, by which ages are told."""
        return self._now()

    def as_of(self) -> datetime:
        """When records were read last, by which the age of what they tell is told."""
        return self._as_of or self.now()

    async def read(self, listings: Iterable[ListingId]) -> None:
        """Learn what is known of listings, unless it was read a moment ago."""
        if self._read_at is None or self._clock() - self._read_at > FRESH_SECONDS:
            recorded = await self._observations.observed() | await self._probes.probed()
            # Searches that run beside this one still need what is known until it is read anew.
            self._recorded = recorded
            self._current.clear()
            self._read_at = self._clock()
            self._as_of = self.now()
        if self._breakers_at is None or self._clock() - self._breakers_at > BREAKER_SECONDS:
            found = await self._board.breakers()
            self._breakers = {(one.kind, one.key): one for one in found}
            self._breakers_at = self._clock()
        missing = [
            one
            for one in dict.fromkeys(listings)
            if one not in self._current and (one in self._recorded or one in self._standings)
        ]
        if missing:
            standings = await self._observations.standings(missing, now=self.now())
            probes = await self._probes.probes(missing)
            for one in missing:
                self._standings[one] = standings.get(one, Standing())
                self._seen[one] = probes.get(one)
            self._current.update(missing)

    def standing(self, listing: ListingId) -> Standing:
        """What our own purchases taught us of a listing that was read."""
        return self._standings.get(listing, _NO_STANDING)

    def probe(self, listing: ListingId) -> Probe | None:
        """The last unpaid look at a listing that was read, however old."""
        return self._seen.get(listing)

    def fresh_probe(self, listing: ListingId) -> Probe | None:
        """The same, where it may still be relied on."""
        probe = self.probe(listing)
        return probe if probe is not None and probe.is_fresh(self.now()) else None

    def evidence(self, listing: ListingId) -> Evidence:
        """What a score rests on."""
        probe = self.probe(listing)
        answered = probe.answer_ms if probe is not None and probe.problem is None else None
        return Evidence(self.standing(listing), answered)

    def breaker_problem(self, listing: ServiceListing) -> str | None:
        """Say which breaker keeps a listing out; a half-open one lets an unpaid look pass."""
        if not self._breakers:
            return None  # as it mostly is, and a search asks for dozens of listings
        for kind, key in _keys(listing):
            breaker = self._breakers.get((kind, key))
            if breaker is not None and breaker.keeps_out(self.now()):
                return _words(breaker, self.now())
        return None

    def host_problem(self, host: str) -> str | None:
        """Say which breaker keeps everybody from a host."""
        breaker = self._breakers.get((BreakerKind.HOST, host))
        if breaker is None or not breaker.keeps_out(self.now()):
            return None
        return _words(breaker, self.now())

    def is_half_open(self, host: str) -> bool:
        """Whether one unpaid look at a host may find out whether it answers again."""
        breaker = self._breakers.get((BreakerKind.HOST, host))
        return breaker is not None and breaker.state(self.now()) is BreakerState.HALF_OPEN

    async def try_again(self, host: str) -> None:
        """Claim that look; where another one has it, ``host_problem`` says so from now on."""
        other = await self._board.try_again(BreakerKind.HOST, host, now=self.now())
        if other is not None:
            self._know(other)

    async def keep(
        self, probes: Sequence[Probe], *, silent: Mapping[str, str], well: set[str]
    ) -> None:
        """Keep what unpaid looks showed.

        Args:
            probes: One for each listing.
            silent: Hosts that did not answer, with how they failed.
            well: Hosts that did; their breakers close.
        """
        await self._probes.note(probes)
        self._seen.update({probe.listing_id: probe for probe in probes})
        for host, reason in silent.items():
            self._know(
                await self._board.failed(BreakerKind.HOST, host, reason=reason, now=self.now())
            )
        for host in sorted(well):
            await self._board.succeeded(BreakerKind.HOST, host, now=self.now())
            self._know(Breaker(kind=BreakerKind.HOST, key=host))
        if silent or well:
            self._breakers_at = None  # what is known stays until it is read anew

    def _know(self, breaker: Breaker) -> None:
        # Anew, for searches that run beside this one may be reading the old ones.
        known = {**self._breakers, (breaker.kind, breaker.key): breaker}
        self._breakers = {key: one for key, one in known.items() if one.failures}

    async def breakers(self) -> Sequence[Breaker]:
        """Every breaker that is not closed."""
        states = [(one, one.state(self.now())) for one in await self._board.breakers()]
        return [one for one, state in states if state is not BreakerState.CLOSED]


def _keys(listing: ServiceListing) -> Iterable[tuple[BreakerKind, str]]:
    yield BreakerKind.HOST, host_key(listing.url)
    facilitators = (terms.fee_payer or terms.spender for terms in listing.accepts)
    for facilitator in dict.fromkeys(one for one in facilitators if one):
        yield BreakerKind.FACILITATOR, facilitator


def _words(breaker: Breaker, now: datetime) -> str:
    whose = "its host" if breaker.kind is BreakerKind.HOST else "its facilitator"
    wait = "while another call tries it again"
    if breaker.state(now) is BreakerState.OPEN and breaker.open_until is not None:
        wait = f"for {max(int((breaker.open_until - now).total_seconds()), 1)} s more"
    return (
        f"{whose} {breaker.key} failed {breaker.failures} times in a row and is left alone {wait}: "
        f"{breaker.reason}"
    )


def _utc_now() -> datetime:
    return datetime.now(UTC)
