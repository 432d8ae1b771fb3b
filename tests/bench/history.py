"""What a run writes into its history: events, bytes, and the largest payload."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType

from activities.discovery.bazaar_http import HttpBazaar
from domain.catalogue import Offer
from domain.chains import USDC_DEVNET
from domain.ids import StepId
from domain.limits import INLINE_PAYLOAD_BYTES
from domain.names import TaskQueue
from domain.offers import listed_offer
from domain.plan import Binding, Plan, ServiceCall, Undo, Value
from starter.cli.local import EXAMPLE
from tests.bench.outcome import Outcome, Verdict, table
from tests.bench.room import Room, Run, open_room
from tests.fakes.wares import usdc

SERVICE_PATH: Final = "/dex/volume"
CHAINS: Final = (4, 8)
WIDTHS: Final = (8, 16)
EXAMPLE_STEPS: Final = 4

MAX_EVENTS_PER_PAID_STEP: Final = 8
MAX_FIXED_EVENTS: Final = 30


@dataclass(frozen=True)
class Written:
    """One run's history."""

    what: str
    steps: int
    kinds: Counter[str]
    history_bytes: int
    largest_payload_bytes: int

    @property
    def events(self) -> int:
        """All of them."""
        return self.kinds.total()


@dataclass(frozen=True)
class Fit:
    """A straight line through two sizes."""

    per_step: float
    fixed: float

    @classmethod
    def through(cls, small: Written, large: Written) -> "Fit":
        slope = (large.events - small.events) / (large.steps - small.steps)
        return cls(slope, small.events - slope * small.steps)


async def measure(folder: Path) -> Outcome:
    """Run the example and plans of several sizes, for real money of the local chain."""
    async with open_room(folder, tuple(TaskQueue)) as room:
        example = await _run(room, "the example", EXAMPLE_STEPS, None)
        offer = await offer_of(room, SERVICE_PATH)
        chains = [await _run(room, f"chain of {n}", n, plan_of(offer, n, 1)) for n in CHAINS]
        widths = [await _run(room, f"{n} side by side", n, plan_of(offer, n, n)) for n in WIDTHS]
    return _outcome(example, chains, widths)


def plan_of(offer: Offer, steps: int, width: int) -> Plan:
    """Buy one service many times: each step after the one that is ``width`` before it."""
    given: dict[str, Binding] = {}
    if isinstance(offer.example, dict):
        given |= {name: Value(value=value) for name, value in offer.example.items()}
    made = tuple(
        ServiceCall(
            id=StepId(f"buy-{number}"),
            title=f"buy {number}",
            service=offer.listing_id,
            # Another number of days makes another purchase of the same price.
            arguments=given | {"days": Value(value=number + 1)},
            undo=Undo(action="none", note="no refund is offered"),
            after=(StepId(f"buy-{number - width}"),) if number >= width else (),
        )
        for number in range(steps)
    )
    return Plan(request="a test", asset=USDC_DEVNET, steps=made, offers=(offer,))


async def offer_of(room: Room, path: str) -> Offer:
    """What the bazaar offers under a path."""
    async with httpx.AsyncClient(trust_env=False) as http:
        read = await HttpBazaar(room.market.facilitator.url, http).read()
    listing = next(one for one in read.listings if httpx.URL(one.url).path == path)
    return listed_offer(listing, usdc("5.00"))


async def _run(room: Room, what: str, steps: int, plan: Plan | None) -> Written:
    run = await room.start(plan=plan, text=EXAMPLE)
    report = await room.complete(run)
    if len(report.receipts) != steps:
        raise RuntimeError(f"{what} paid {len(report.receipts)} times instead of {steps}")
    return await _written(run, what, steps)


async def _written(run: Run, what: str, steps: int) -> Written:
    history = await run.fetch_history()
    size = (await run.describe()).raw_description.workflow_execution_info.history_size_bytes
    return Written(
        what=what,
        steps=steps,
        kinds=Counter(EventType.Name(event.event_type) for event in history.events),
        history_bytes=size,
        largest_payload_bytes=max(
            payload.ByteSize() for event in history.events for payload in _payloads(event)
        ),
    )


def _payloads(message: Message) -> Iterator[Payload]:
    if isinstance(message, Payload):
        yield message
        return
    for descriptor, value in message.ListFields():
        if descriptor.type != descriptor.TYPE_MESSAGE:
            continue
        for part in _parts(value):
            if isinstance(part, Message):
                yield from _payloads(part)


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, Message):
        yield value
    elif hasattr(value, "values"):
        yield from value.values()
    else:
        yield from value


def _outcome(example: Written, chains: list[Written], widths: list[Written]) -> Outcome:
    runs = [example, *chains, *widths]
    sizes = table(
        "Histories of completed runs (record on chain included)",
        *("run", "paid steps", "events", "bytes", "largest payload bytes"),
    )
    for one in runs:
        sizes.add_row(
            *(one.what, str(one.steps), str(one.events)),
            *(f"{one.history_bytes:,}", f"{one.largest_payload_bytes:,}"),
        )
    kinds = table("Events by type", "type", *(one.what for one in runs))
    for kind in sorted(set().union(*(one.kinds for one in runs))):
        name = kind.removeprefix("EVENT_TYPE_").replace("_", " ").lower()
        kinds.add_row(name, *(str(one.kinds[kind]) for one in runs))
    chain, wide = Fit.through(*chains), Fit.through(*widths)
    fits = table("Split by two sizes", "shape", "per paid step", "fixed, plan given")
    fits.add_row("one after the other", f"{chain.per_step:.1f}", f"{chain.fixed:.1f}")
    fits.add_row("side by side", f"{wide.per_step:.1f}", f"{wide.fixed:.1f}")
    return Outcome([sizes, kinds, fits], _verdicts(runs, chain, wide))


def _verdicts(runs: list[Written], chain: Fit, wide: Fit) -> list[Verdict]:
    example = runs[0]
    # Discovery and drafting are part of what every first run writes, and of no step.
    planned = example.events - chain.per_step * example.steps
    largest = max(one.largest_payload_bytes for one in runs)
    limit = f"{MAX_EVENTS_PER_PAID_STEP} at most"
    return [
        Verdict(
            "history events per paid step, in a chain",
            f"{chain.per_step:.1f}",
            limit,
            chain.per_step <= MAX_EVENTS_PER_PAID_STEP,
        ),
        Verdict(
            "history events per paid step, side by side",
            f"{wide.per_step:.1f}",
            limit,
            wide.per_step <= MAX_EVENTS_PER_PAID_STEP,
        ),
        Verdict(
            "history events, fixed (the example less its steps as a chain)",
            f"{planned:.0f}",
            f"{MAX_FIXED_EVENTS} at most",
            planned <= MAX_FIXED_EVENTS,
        ),
        Verdict(
            "largest payload in a history",
            f"{largest / 1024:.1f} KiB",
            f"{INLINE_PAYLOAD_BYTES // 1024} KiB at most",
            largest <= INLINE_PAYLOAD_BYTES,
        ),
    ]
