"""Books of what is listed, probed, observed and remembered. Everybody's, like artifacts.

They can be lost without losing money: the ledger alone decides about that.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from domain.breakers import Breaker, BreakerKind
from domain.catalogue import ServiceListing
from domain.ids import Digest, ListingId
from domain.observing import Observation, Standing
from domain.plan import Plan
from domain.probing import Probe


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class Quarantined(Frozen):
    """A bazaar's item that is kept out, and why."""

    bazaar: str
    name: str
    """Address or name, as far as one could be read."""
    reason: str
    since: datetime
    """When it was first kept out for this reason."""


class Tool(Frozen):
    """A paid tool of an MCP server: listed, kept apart, bought by nobody yet."""

    bazaar: str
    server: str
    name: str
    description: str


class Written(Frozen):
    """What one or more writes of an import changed; what it had written before counts once."""

    new: int = 0
    changed: int = 0
    same: int = 0
    quarantined: int = 0
    tools: int = 0
    pages: int = 0

    def __add__(self, other: "Written") -> "Written":
        mine, more = self.model_dump(), other.model_dump()
        return Written(**{name: count + more[name] for name, count in mine.items()})


class BazaarState(Frozen):
    """How the reading of one bazaar stands."""

    bazaar: str
    listings: int
    quarantined: int
    tools: int
    started_at: datetime | None
    """Of the import that is under way or was the last."""
    finished_at: datetime | None
    """Of the last import that got to the end."""
    cursor: str
    """Where an import that was interrupted goes on; empty when none was."""
    problem: str
    """Why the last import stopped early; empty when it did not."""


class Change(Frozen):
    """A listing that came, changed or went, in the order in which that happened."""

    mark: int
    """Grows with each change of the book."""
    listing_id: ListingId
    gone: bool


class ListingBook(Protocol):
    """Every listing of every bazaar, with the import that saw it last."""

    async def begin(self, bazaar: str, *, now: datetime) -> tuple[int, str]:
        """Begin an import, or go on with one that was interrupted less than an hour ago.

        Returns:
            Its number, and the cursor to go on from; empty at the beginning.
        """
        ...

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
        """Write of a page and the cursor behind it, in one transaction; again changes nothing.

        Only a change of what is offered counts as one: counters move all the time.
        """
        ...

    async def counted(self, bazaar: str) -> Written:
        """What the import that is under way has written so far, whichever processes did it."""
        ...

    async def written(
        self, bazaar: str, *, number: int, listings: Sequence[ListingId]
    ) -> Mapping[ListingId, ServiceListing]:
        """Those of these listings that this import has written, as it did."""
        ...

    async def finish(
        self, bazaar: str, *, number: int, complete: bool, problem: str = "", now: datetime
    ) -> int:
        """End an import; a complete one removes what it did not see, unless a later one began.

        Returns:
            How many listings went.
        """
        ...

    async def trust(self, bazaars: Sequence[str]) -> None:
        """Set the order in which bazaars are believed; others are forgotten with their listings."""
        ...

    async def version(self) -> Digest:
        """Digest of everything offered now, counters left out; equal contents are equal."""
        ...

    async def mark(self) -> int:
        """Mark of the latest change; 0 for an empty book."""
        ...

    async def changes(self, after: int, *, limit: int) -> Sequence[Change]:
        """Changes after a mark, oldest first, at most one for a listing."""
        ...

    async def get(self, listings: Sequence[ListingId]) -> Mapping[ListingId, ServiceListing]:
        """Return those listings that are known, as the most trusted bazaar describes them."""
        ...

    async def producers(self, output: str, *, limit: int) -> Sequence[ListingId]:
        """Listings whose output has a property of this name."""
        ...

    async def count(self) -> int:
        """How many services are listed."""
        ...

    async def overview(self) -> Sequence[BazaarState]:
        """How the reading of each bazaar stands, most trusted first."""
        ...

    async def quarantined(self, *, limit: int) -> Sequence[Quarantined]:
        """What is kept out now, latest first."""
        ...

    async def tools(self, *, limit: int) -> Sequence[Tool]:
        """Listed MCP tools."""
        ...


class ProbeBook(Protocol):
    """The latest unpaid look at each listing."""

    async def probed(self) -> AbstractSet[ListingId]:
        """Every listing that was ever looked at."""
        ...

    async def probes(self, listings: Sequence[ListingId]) -> Mapping[ListingId, Probe]:
        """Return the latest probe of each listing that has one."""
        ...

    async def note(self, probes: Sequence[Probe]) -> None:
        """Keep probes; an older one never replaces a newer one."""
        ...


class ObservationBook(Protocol):
    """How purchases ended."""

    async def observe(self, observation: Observation) -> None:
        """Keep one; told again under its id, only ``refund`` may still change."""
        ...

    async def observed(self) -> AbstractSet[ListingId]:
        """Every listing that anything is known of."""
        ...

    async def standings(
        self, listings: Sequence[ListingId], *, now: datetime
    ) -> Mapping[ListingId, Standing]:
        """Summarise what is known of listings; those never observed are left out."""
        ...


class BreakerBoard(Protocol):
    """The breakers of hosts, facilitators and nodes, shared by all processes."""

    async def failed(self, kind: BreakerKind, key: str, *, reason: str, now: datetime) -> Breaker:
        """Count one failure, atomically."""
        ...

    async def succeeded(self, kind: BreakerKind, key: str, *, now: datetime) -> None:
        """Close a breaker; costs one read where it is closed already."""
        ...

    async def try_again(self, kind: BreakerKind, key: str, *, now: datetime) -> Breaker | None:
        """Claim the trial of a half-open breaker, atomically.

        Returns:
            Why the caller must stay out: it is open, or somebody else is trying it. ``None``: the
            caller may go, and where it was half open nobody else may until its trial ends.
        """
        ...

    async def breakers(self) -> Sequence[Breaker]:
        """Every breaker that counts a failure or is not closed."""
        ...


class Remembered(Frozen):
    """A plan that served a request of the same person before."""

    id: str
    user: str
    text: str
    vector: tuple[float, ...]
    parameters: Digest
    """Digest of the values that the request mentions."""
    catalogue: Digest
    """Version of the catalogue that it was planned from."""
    plan: Plan
    at: datetime


class PlanMemory(Protocol):
    """Plans that served, by person."""

    async def remember(self, plan: Remembered) -> None:
        """Keep a plan; the newest few hundred of each person are kept."""
        ...

    async def like(
        self, *, user: str, parameters: Digest, catalogue: Digest
    ) -> Sequence[Remembered]:
        """Plans of this person for equal parameters and catalogue, newest first."""
        ...

    async def count(self, *, hit: bool) -> None:
        """Count one hit or miss."""
        ...

    async def counted(self) -> tuple[int, int]:
        """Hits and misses so far."""
        ...
