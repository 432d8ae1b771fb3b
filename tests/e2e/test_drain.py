"""Runs cancelled, broken or terminated in each phase of a payment: every unit has an ending."""

import asyncio
import dataclasses
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from activities.payments.ledger.ports import LedgerEntry
from domain.execution import StepState
from domain.payments import PaymentState
from domain.plan import Step
from domain.rollback import UndoOutcome
from domain.runs import RunState
from tests.e2e.crashing import offer_of
from tests.e2e.draining import (
    DEARER,
    EXPIRING_SLOTS,
    LYING,
    ORDINARY,
    PATIENCE_SECONDS,
    PAYERS,
    REFUNDING,
    SLOW,
    Purse,
    Run,
    buys,
    chain,
    ended,
    entries_of,
    fails,
    live_payers,
    payment_is,
    run_is,
    sign,
    start,
    step_is,
    struck_during,
    sweep,
    turn,
)
from tests.e2e.yard import Yard
from workflows.reconcile_payments import Swept

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.stack]

SLOW_SECONDS: Final = 3.0
"""How long the slow seller keeps a payment: longer than another one takes from end to end."""

HELD_SECONDS: Final = 1.5
"""How long the node keeps the blockhash from whoever prepares a payment."""

HOWS: Final = ("cancelled", "broken")
"""What happens to a run while it is in a phase."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def working(yard: Yard) -> AsyncIterator[Yard]:
    """One that pays and undoes; it knows how slow the slow seller is."""
    await asyncio.to_thread(yard.orchestrate)
    if not live_payers(yard):
        await asyncio.to_thread(yard.work, *PAYERS)
    turn(yard, slow_seconds=SLOW_SECONDS)
    yield yard
    turn(yard)


@pytest.mark.parametrize("how", HOWS)
async def test_a_purchase_being_authorized_is_brought_to_its_end(working: Yard, how: str) -> None:
    purse, offer = Purse.of(working), await offer_of(working.market, REFUNDING)
    held = {"kind": "delay", "method": "getLatestBlockhash", "seconds": HELD_SECONDS, "count": 1}
    chain(working, "localnet_setFault", held)
    others = [fails()] if how == "broken" else []
    run = await start(working, buys("one", offer), *others)
    await step_is(run, "one", StepState.AUTHORIZING)

    if how == "cancelled":
        await run.cancel()
    end = await ended(run, purse)

    assert await struck_during(run, "authorize", how)
    assert end.problems == []
    assert end.bought == {"one": {PaymentState.REFUNDED}}
    assert end.report.state is RunState.ROLLED_BACK


@pytest.mark.parametrize("how", HOWS)
async def test_a_payment_whose_answer_is_under_way_is_not_torn(working: Yard, how: str) -> None:
    purse = Purse.of(working)
    slow, quick = [await offer_of(working.market, path) for path in (SLOW, ORDINARY)]
    others: list[Step] = [buys("quick", quick), fails(after="quick")] if how == "broken" else []
    run = await start(working, buys("slow", slow), *others)
    await payment_is(working, run, "slow", PaymentState.SENT)

    if how == "cancelled":
        await run.cancel()
    end = await ended(run, purse)

    assert await struck_during(run, "settle", how)
    assert end.problems == []
    assert all(states == {PaymentState.DELIVERED} for states in end.bought.values())
    assert end.report.state is RunState.PARTIALLY_ROLLED_BACK
    assert {entry.outcome for entry in end.report.rollback} == {UndoOutcome.NOT_POSSIBLE}


@pytest.mark.parametrize("how", HOWS)
async def test_a_payment_in_doubt_is_waited_for_before_the_run_ends(
    working: Yard, how: str
) -> None:
    purse = Purse.of(working)
    liar, slow = [await offer_of(working.market, path) for path in (LYING, SLOW)]
    others: list[Step] = [buys("slow", slow), fails(after="slow")] if how == "broken" else []
    run = await start(working, buys("liar", liar), *others)
    await payment_is(working, run, "liar", PaymentState.SENT)
    sweeping = await sweep(working)
    await payment_is(working, run, "liar", PaymentState.UNKNOWN)

    if how == "cancelled":
        await run.cancel()
    else:
        await step_is(run, "broken", StepState.FAILED)
    chain(working, "localnet_advanceSlots", EXPIRING_SLOTS)
    end = await ended(run, purse)
    await asyncio.wait_for(sweeping.result(), PATIENCE_SECONDS)

    assert await struck_during(run, "settle", how)
    assert end.problems == []
    assert end.bought["liar"] == {PaymentState.UNPAID}
    paid = RunState.CANCELLED if how == "cancelled" else RunState.PARTIALLY_ROLLED_BACK
    assert end.report.state is paid


async def test_a_run_cancelled_between_two_steps_undoes_the_first(working: Yard) -> None:
    purse = Purse.of(working)
    first, dearer = [await offer_of(working.market, path) for path in (REFUNDING, DEARER)]
    run = await start(working, buys("first", first), buys("second", dearer, after="first"))
    await run_is(run, RunState.AWAITING_APPROVAL)  # again: the second costs more by now

    await run.cancel()
    end = await ended(run, purse)

    assert end.problems == []
    assert end.bought == {"first": {PaymentState.REFUNDED}}
    assert end.report.state is RunState.ROLLED_BACK


async def test_a_run_broken_between_two_steps_undoes_the_first(working: Yard) -> None:
    purse = Purse.of(working)
    first, second = [await offer_of(working.market, path) for path in (REFUNDING, ORDINARY)]
    bought = (buys("first", first), fails(after="first"))
    run = await start(working, *bought, buys("second", second, after="broken"))

    end = await ended(run, purse)

    assert end.problems == []
    assert end.bought == {"first": {PaymentState.REFUNDED}}
    assert end.report.state is RunState.ROLLED_BACK


@pytest.mark.parametrize("how", HOWS)
async def test_nothing_stops_a_refund_half_way(working: Yard, how: str) -> None:
    purse, offer = Purse.of(working), await offer_of(working.market, REFUNDING)
    # Payments and refunds are looked for this way; without it the phase is over before it is seen.
    held = {"kind": "delay", "method": "getSignaturesForAddress", "seconds": HELD_SECONDS}
    chain(working, "localnet_setFault", held)
    run = await start(working, buys("one", offer), fails(after="one"))
    await run_is(run, RunState.ROLLING_BACK)
    chain(working, "localnet_clearFaults")

    if how == "cancelled":
        await run.cancel()
    else:
        lost = {"kind": "drop", "method": "getSignaturesForAddress", "count": 2}
        chain(working, "localnet_setFault", lost)
    end = await ended(run, purse)

    assert how == "broken" or await struck_during(run, "claim_refund", how)
    assert not working.market.node.chain.call("localnet_faults")
    assert end.problems == []
    assert end.bought == {"one": {PaymentState.REFUNDED}}
    assert end.report.state is RunState.ROLLED_BACK


@pytest.mark.parametrize("how", HOWS)
async def test_a_wallet_that_is_waited_for_pays_nothing_after_the_end(
    working: Yard, how: str
) -> None:
    pair = await asyncio.to_thread(working.market.payer)
    yard = dataclasses.replace(working, wallet=pair)
    purse = Purse.of(yard)
    offer, first = [await offer_of(yard.market, path) for path in (ORDINARY, REFUNDING)]
    others: list[Step] = [buys("first", first), fails(after="first")] if how == "broken" else []
    run = await start(yard, buys("waits", offer), *others, wallet=str(pair.pubkey()))
    if how == "cancelled":
        await run_is(run, RunState.AWAITING_SIGNATURE)
        await run.cancel()
    else:
        await sign(run, pair, first)
        await step_is(run, "broken", StepState.FAILED)
    chain(yard, "localnet_advanceSlots", EXPIRING_SLOTS)
    end = await ended(run, purse)

    assert end.problems == []
    assert end.bought["waits"] == {PaymentState.UNPAID}
    assert yard.balance() == purse.held
    if how == "cancelled":
        assert end.report.state is RunState.CANCELLED
    else:
        assert end.bought["first"] == {PaymentState.REFUNDED}
        assert end.report.state is RunState.ROLLED_BACK


@dataclass(frozen=True)
class Terminated:
    """What became of runs that were terminated, after one sweep."""

    before: dict[str, PaymentState]
    """State of each payment when its run was gone."""
    after: dict[str, LedgerEntry]
    problems: list[str]
    swept: Swept


DEATHS: Final = {
    "authorizing": "after-reserve",
    "signed": "after-journal",
    "sent": "after-pay",
}
"""Where the payments worker dies, so that the run is terminated in a phase."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def terminated(yard: Yard, tmp_path_factory: pytest.TempPathFactory) -> Terminated:
    await asyncio.to_thread(yard.orchestrate)
    for payer in live_payers(yard):
        payer.terminate()
        await asyncio.to_thread(payer.wait, PATIENCE_SECONDS)
    purse, folder = Purse.of(yard), tmp_path_factory.mktemp("deaths")
    runs = {phase: await _left_at(yard, point, folder) for phase, point in DEATHS.items()}
    before = {phase: (await entries_of(yard, run))[0].state for phase, run in runs.items()}
    await asyncio.to_thread(yard.work, *PAYERS)
    chain(yard, "localnet_advanceSlots", EXPIRING_SLOTS)
    run = runs["unknown"] = await start(yard, buys("one", await offer_of(yard.market, LYING)))
    await payment_is(yard, run, "one", PaymentState.SENT)
    sweeping = await sweep(yard)
    await payment_is(yard, run, "one", PaymentState.UNKNOWN)
    await run.terminate("a test")
    before["unknown"] = (await entries_of(yard, run))[0].state
    chain(yard, "localnet_advanceSlots", EXPIRING_SLOTS)
    swept = await asyncio.wait_for(sweeping.result(), PATIENCE_SECONDS)
    entries = {phase: await entries_of(yard, run) for phase, run in runs.items()}
    return Terminated(
        before=before,
        after={phase: found[0] for phase, found in entries.items()},
        problems=purse.differences([entry for found in entries.values() for entry in found]),
        swept=swept,
    )


async def _left_at(yard: Yard, point: str, folder: Path) -> Run:
    """Kill the payments worker at a point, and terminate the run before anybody goes on."""
    dying = ("svm", point, folder / point)
    doomed = await asyncio.to_thread(lambda: yard.work(*PAYERS, dying=dying))
    run = await start(yard, buys("one", await offer_of(yard.market, ORDINARY)))
    assert await asyncio.to_thread(doomed.wait, PATIENCE_SECONDS) == -signal.SIGKILL
    await run.terminate("a test")
    return run


@pytest.mark.parametrize(
    ("phase", "left", "ending"),
    [
        ("authorizing", PaymentState.RESERVED, PaymentState.UNPAID),
        ("signed", PaymentState.SIGNED, PaymentState.UNPAID),
        ("sent", PaymentState.SENT, PaymentState.PAID_UNDELIVERED),
        ("unknown", PaymentState.UNKNOWN, PaymentState.UNPAID),
    ],
)
async def test_a_sweep_ends_the_payment_of_a_terminated_run(
    terminated: Terminated, phase: str, left: PaymentState, ending: PaymentState
) -> None:
    entry = terminated.after[phase]

    assert terminated.before[phase] is left
    assert entry.state is ending
    assert terminated.swept.ended[entry.key] is ending


async def test_after_the_sweep_ledger_and_chain_agree(terminated: Terminated) -> None:
    assert terminated.problems == []
    assert terminated.swept.still_open == {}
