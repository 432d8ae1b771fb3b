"""The engine against the same four activities by hand: same server, worker, process and minute."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

from rich.table import Table

from domain.approval import Decision
from domain.bindings import BoundInputs
from domain.catalogue import Offer
from domain.chains import USDC_DEVNET
from domain.ids import ListingId, StepId
from domain.names import TaskQueue
from domain.plan import DataTransform, Plan, ServiceCall, Undo, Value
from tests.bench.outcome import Outcome, Verdict, p50_p95_ms, table
from tests.bench.plain_workflows import (
    EXPRESSION,
    STEPS,
    FourCalls,
    FourTransforms,
    PlainCallsWorkflow,
    PlainTransformsWorkflow,
)
from tests.bench.room import Room, Run, open_room, priced
from tests.fakes.wares import usdc
from workflows.fulfil_request import FulfilRequestWorkflow

TARGET_RATIO: Final = 1.25
ONE_BY_ONE: Final = 40
RECORDED: Final = 5
"""Runs with a record on chain; it waits for the chain's slots, so few are enough."""

ROUNDS: Final = 5
BATCH: Final = 40
CONCURRENCY: Final = 20

Plain = Callable[[], Awaitable[object]]


@dataclass
class Times:
    """Seconds of one kind of step."""

    plain: list[float] = field(default_factory=list)
    execution: list[float] = field(default_factory=list)
    """From sending the approval to holding the report; no record is written."""
    pricing: list[float] = field(default_factory=list)
    """From the start to a plan that waits for approval."""
    recording: list[float] = field(default_factory=list)
    """What a run with a record on chain takes from approval to report."""
    plain_rate: list[float] = field(default_factory=list)
    """Runs per second with ``CONCURRENCY`` in flight, one entry for each round."""
    execution_rate: list[float] = field(default_factory=list)
    whole_rate: list[float] = field(default_factory=list)


async def measure(folder: Path) -> Outcome:
    """Measure both kinds of free steps."""
    queues = (TaskQueue.ORCHESTRATION, TaskQueue.PAYMENTS, TaskQueue.CHAINS)
    plain_workflows = (PlainTransformsWorkflow, PlainCallsWorkflow)
    outcome = Outcome()
    async with open_room(folder, queues, workflows=plain_workflows) as room:
        inputs = BoundInputs(bindings={})
        times = await _times(room, transforms(), lambda: _plain_transforms(room, inputs))
        _report(outcome, f"{STEPS} transforms", times)
        offer = echo_offer(f"{room.market.services.url}/free/echo")
        times = await _times(room, calls(offer), lambda: _plain_calls(room, inputs, offer))
        _report(outcome, f"{STEPS} free calls", times)
    return outcome


def transforms() -> Plan:
    """A chain of steps that do nothing."""
    steps = tuple(
        DataTransform(
            id=_id(number),
            title=f"do nothing {number}",
            inputs={},
            expression=EXPRESSION,
            after=(_id(number - 1),) if number else (),
        )
        for number in range(STEPS)
    )
    return Plan(request="a test", asset=USDC_DEVNET, steps=steps, offers=())


def calls(offer: Offer) -> Plan:
    """A chain of calls of a free service."""
    steps = tuple(
        ServiceCall(
            id=_id(number),
            title=f"call for nothing {number}",
            service=offer.listing_id,
            arguments={"text": Value(value="echo")},
            undo=Undo(action="none", note="free, nothing to undo"),
            after=(_id(number - 1),) if number else (),
        )
        for number in range(STEPS)
    )
    return Plan(request="a test", asset=USDC_DEVNET, steps=steps, offers=(offer,))


def echo_offer(url: str) -> Offer:
    """The free service that every demo seller has."""
    return Offer(
        listing_id=ListingId(f"POST {url}"),
        name="Echo",
        method="POST",
        url=url,
        media_type="application/json",
        input_schema={"type": "object"},
        output_schema={"type": "object"},
        example={"text": "echo"},
        terms=None,
        seconds=0.1,
    )


def _id(number: int) -> StepId:
    return StepId(f"step-{number}")


async def _plain_transforms(room: Room, inputs: BoundInputs) -> None:
    await room.client.execute_workflow(
        PlainTransformsWorkflow.run,
        FourTransforms(inputs=inputs),
        id=f"plain/{uuid.uuid4().hex}",
        task_queue=TaskQueue.ORCHESTRATION,
    )


async def _plain_calls(room: Room, inputs: BoundInputs, offer: Offer) -> None:
    bound = inputs.model_copy(update={"bindings": {"text": Value(value="echo")}})
    await room.client.execute_workflow(
        PlainCallsWorkflow.run,
        FourCalls(offer=offer, inputs=bound, cap=usdc("5.00")),
        id=f"plain/{uuid.uuid4().hex}",
        task_queue=TaskQueue.ORCHESTRATION,
    )


async def _times(room: Room, plan: Plan, plain: Plain) -> Times:
    times = Times()
    await plain()
    await room.complete(await room.start(plan=plan))
    for _ in range(ONE_BY_ONE):
        times.plain.append(await _seconds(plain()))
        await _one_run(room, plan, times)
    for _ in range(RECORDED):
        run = await room.start(plan=plan)
        times.recording.append(await _seconds(_execute(run, await priced(run))))
    kinds: list[tuple[list[float], Callable[[], Awaitable[float]]]] = [
        (times.plain_rate, lambda: _rate([plain] * BATCH)),
        (times.execution_rate, lambda: _execution_rate(room, plan)),
        (times.whole_rate, lambda: _rate([lambda: _whole(room, plan)] * BATCH)),
    ]
    for number in range(ROUNDS):
        # The first of a round finds the machine idle, so each has its turn at being first.
        for at in range(len(kinds)):
            rates, rate = kinds[(number + at) % len(kinds)]
            rates.append(await rate())
    return times


async def _one_run(room: Room, plan: Plan, times: Times) -> None:
    begun = time.perf_counter()
    run = await room.start(plan=plan, anchor=False)
    decision = await priced(run)
    times.pricing.append(time.perf_counter() - begun)
    times.execution.append(await _seconds(_execute(run, decision)))


async def _execute(run: Run, decision: Decision) -> None:
    async with asyncio.TaskGroup() as both:
        both.create_task(run.execute_update(FulfilRequestWorkflow.decide, decision))
        both.create_task(run.result())


async def _whole(room: Room, plan: Plan) -> None:
    await room.complete(await room.start(plan=plan, anchor=False))


async def _execution_rate(room: Room, plan: Plan) -> float:
    runs = [await room.start(plan=plan, anchor=False) for _ in range(BATCH)]
    decisions = [await priced(run) for run in runs]
    pairs = zip(runs, decisions, strict=True)
    return await _rate([partial(_execute, run, decision) for run, decision in pairs])


async def _rate(works: list[Callable[[], Awaitable[Any]]]) -> float:
    gate = asyncio.Semaphore(CONCURRENCY)

    async def gated(work: Callable[[], Awaitable[Any]]) -> None:
        async with gate:
            await work()

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for work in works:
            group.create_task(gated(work))
    return len(works) / (time.perf_counter() - begun)


async def _seconds(work: Awaitable[object]) -> float:
    begun = time.perf_counter()
    await work
    return time.perf_counter() - begun


def _report(outcome: Outcome, what: str, times: Times) -> None:
    outcome.tables += [_latencies(what, times), _rates(what, times)]
    by_hand, rate = median(times.plain), median(times.plain_rate)
    executing = f"engine, {what}, executing the plan"
    whole = f"engine, {what}, whole run with quotes and approval"
    outcome.verdicts += [
        _verdict(f"{executing}: latency", median(times.execution) / by_hand),
        _verdict(f"{executing}: throughput", rate / median(times.execution_rate)),
        _beyond(f"{whole}: latency", median(_whole_runs(times)) / by_hand),
        _beyond(f"{whole}: throughput", rate / median(times.whole_rate)),
    ]


def _verdict(what: str, ratio: float) -> Verdict:
    target = f"within {TARGET_RATIO} x"
    return Verdict(what, f"{ratio:.2f} x the time by hand", target, ratio <= TARGET_RATIO)


def _beyond(what: str, ratio: float) -> Verdict:
    return Verdict(what, f"{ratio:.2f} x the time by hand", "none: more is done", None)


def _whole_runs(times: Times) -> list[float]:
    return [a + b for a, b in zip(times.pricing, times.execution, strict=True)]


def _latencies(what: str, times: Times) -> Table:
    made = table(f"{what}, one run at a time, in turns", "part", "p50 ms", "p95 ms", "x by hand")
    for name, seconds in (
        ("by hand on Temporal", times.plain),
        ("executing an approved plan", times.execution),
        ("before: live quotes, until approval is asked", times.pricing),
        ("both", _whole_runs(times)),
        ("executing, with the record on chain", times.recording),
    ):
        ratio = median(seconds) / median(times.plain)
        made.add_row(name, *p50_p95_ms(seconds), f"{ratio:.2f}")
    return made


def _rates(what: str, times: Times) -> Table:
    made = table(
        f"{what}, {CONCURRENCY} in flight, {ROUNDS} rounds of {BATCH} in turns",
        *("part", "runs/s, median", "runs/s, all rounds", "by hand / this"),
    )
    for name, rates in (
        ("by hand on Temporal", times.plain_rate),
        ("executing approved plans", times.execution_rate),
        ("whole runs, without record", times.whole_rate),
    ):
        ratio = median(times.plain_rate) / median(rates)
        rounds = " ".join(f"{rate:.1f}" for rate in rates)
        made.add_row(name, f"{median(rates):.1f}", rounds, f"{ratio:.2f}")
    return made
