"""Both clients through every fault, in separate places at a time, each call on its own."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from tests.proofs.kinds import KINDS, Kind
from tests.proofs.ours import Ours
from tests.proofs.place import Place, Purse
from tests.proofs.plain import Plain
from tests.proofs.told import Tally, Told

OURS: Final = "ours"
PLAIN: Final = "plain"
CLIENTS: Final = (OURS, PLAIN)

PURSE_BASE_UNITS: Final = 10**9
"""A thousand USDC: nobody runs out of it here."""

Tallies = dict[tuple[str, str], Tally]
"""By fault and client."""


class Client(Protocol):
    """Buys once, whatever happens, and says what it believes."""

    async def call(self, *, two_attempts: bool) -> Told:
        """Make one call."""
        ...


class FaultMissed(Exception):
    """A fault did not strike, so the call proved nothing."""


@dataclass(frozen=True)
class Call:
    """One call to be made."""

    kind: Kind
    client: str
    number: int


@dataclass(frozen=True)
class Station:
    """One place with both clients in it, where one call is made at a time."""

    place: Place
    clients: dict[str, tuple[Client, Purse]]

    @classmethod
    async def open(cls, closing: AsyncExitStack, folder: Path) -> "Station":
        place = await closing.enter_async_context(Place.open(folder))
        mine, theirs = (Purse(place, base_units=PURSE_BASE_UNITS) for _ in CLIENTS)
        ours = await closing.enter_async_context(Ours.open(place, mine, folder / "ours"))
        plain = await closing.enter_async_context(Plain.open(place, theirs))
        return cls(place, {OURS: (ours, mine), PLAIN: (plain, theirs)})

    async def make(self, call: Call, chance: random.Random) -> tuple[Told, set[str]]:
        """Make one call under its fault; returns what was said, and what the chain shows."""
        client, purse = self.clients[call.client]
        self.place.begin_call()
        call.kind.arm(self.place, chance)
        told = await client.call(two_attempts=call.kind.two_attempts)
        if call.kind.strikes and not self.place.struck:
            raise FaultMissed(f"{call.kind.name} did not happen")
        self.place.end_faults()
        if not call.kind.never_quiet:
            await self.place.quiet()
        return told, purse.payments()


async def compare(
    folder: Path,
    *,
    calls: int,
    seed: int,
    places: int,
    kinds: Sequence[Kind] = KINDS,
    done: Callable[[int, int], None] = lambda _done, _all: None,
) -> Tallies:
    """Make every call, in an order that the seed decides.

    Args:
        folder: Everything is kept under it.
        calls: For each fault and client; some faults allow fewer.
        seed: Decides the order, and how late or long what is injected is.
        places: Markets with a chain of their own that work side by side.
        kinds: The faults.
        done: Told how many calls are made, of how many.
    """
    schedule = _schedule(kinds, calls, seed)
    todo, total = deque(schedule), len(schedule)
    tallies: Tallies = {(kind.name, client): Tally() for kind in kinds for client in CLIENTS}

    async def work(station: Station) -> None:
        while todo:
            call = todo.popleft()
            chance = random.Random(f"{seed}/{call.kind.name}/{call.number}")  # noqa: S311 - no secret
            began = time.monotonic()
            told, payments = await station.make(call, chance)
            tally = tallies[call.kind.name, call.client]
            tally.count(told, payments, seconds=time.monotonic() - began)
            done(total - len(todo), total)

    async with AsyncExitStack() as closing:
        stations = [
            await Station.open(closing, _folder(folder, number)) for number in range(places)
        ]
        async with asyncio.TaskGroup() as working:
            for station in stations:
                working.create_task(work(station))
    return tallies


def broken(tallies: Tallies) -> list[str]:
    """What our client did that it must never do."""
    return [
        f"{kind}: {violation}"
        for (kind, client), tally in tallies.items()
        if client == OURS
        for violation in tally.violations
    ]


def _folder(folder: Path, number: int) -> Path:
    made = folder / f"place-{number}"
    (made / "ours").mkdir(parents=True)
    return made


def _schedule(kinds: Sequence[Kind], calls: int, seed: int) -> list[Call]:
    schedule = [
        Call(kind, client, number)
        for kind in kinds
        for client in CLIENTS
        for number in range(min(calls, kind.most_calls or calls))
    ]
    random.Random(seed).shuffle(schedule)  # noqa: S311 - no secret
    return schedule
