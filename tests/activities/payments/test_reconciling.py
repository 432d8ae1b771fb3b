"""Ending payments that nobody waits for: from chain and record alone, sending nothing."""

import pytest

from domain.errors import PaymentUnconfirmed, UpstreamUnavailable
from domain.payments import PaymentState
from tests.activities.payments.counter import Counter, slot
from tests.fakes.builders import key
from tests.fakes.sellers import answer


async def test_what_was_never_signed_is_let_go(counter: Counter) -> None:
    claim = (await counter.entry((await counter.authorized()).key)).claim
    other = claim.model_copy(update={"key": key("other"), "slot": slot(1)})
    await counter.ledger.reserve(other, ())

    settlement = await counter.reconcile(other.key)

    assert settlement.state is PaymentState.UNPAID


async def test_signed_bytes_stay_open_until_the_chain_rules_them_out(counter: Counter) -> None:
    authorization = await counter.authorized()
    with pytest.raises(PaymentUnconfirmed):
        await counter.reconcile(authorization.key)
    counter.rail.rule_out(authorization.evidence)

    settlement = await counter.reconcile(authorization.key)

    assert settlement.state is PaymentState.UNPAID
    assert "never sent; not paid" in settlement.reason
    assert counter.seller.payments == []


@pytest.mark.parametrize("delivered", [True, False])
async def test_a_lost_run_learns_from_the_chain_that_it_paid(
    counter: Counter, *, delivered: bool
) -> None:
    counter.seller.paid = [answer() if delivered else answer(500, b"sorry")]
    authorization = await counter.authorized()
    with pytest.raises(PaymentUnconfirmed):
        await counter.settle(authorization)
    counter.rail.land(authorization.evidence)

    settlement = await counter.reconcile(authorization.key)

    assert settlement.state is (
        PaymentState.DELIVERED if delivered else PaymentState.PAID_UNDELIVERED
    )
    assert len(counter.seller.payments) == 1


async def test_a_sent_payment_is_unknown_while_the_chain_is_silent(counter: Counter) -> None:
    counter.seller.paid = [PaymentUnconfirmed("lost")]
    authorization = await counter.authorized()
    with pytest.raises(PaymentUnconfirmed):
        await counter.settle(authorization)

    with pytest.raises(PaymentUnconfirmed):
        await counter.reconcile(authorization.key)

    assert (await counter.entry(authorization.key)).state is PaymentState.UNKNOWN


async def test_bytes_that_landed_although_nobody_sent_them_are_parked(counter: Counter) -> None:
    authorization = await counter.authorized()
    counter.rail.land(authorization.evidence, "leaked")

    settlement = await counter.reconcile(authorization.key)

    assert settlement.parked
    assert "leaked although it was never sent" in settlement.reason


async def test_a_parked_payment_stays_parked(counter: Counter) -> None:
    authorization = await counter.authorized()
    await counter.ledger.park(authorization.key, "look here")
    counter.rail.rule_out(authorization.evidence)

    settlement = await counter.reconcile(authorization.key)

    assert settlement.parked
    assert settlement.reason == "look here"
    assert counter.rail.looked == []


async def test_an_ending_is_returned_without_asking_the_chain(counter: Counter) -> None:
    bought = await counter.bought()
    counter.rail.unreadable = [UpstreamUnavailable("no node")]

    assert await counter.reconcile(bought.key) == bought
