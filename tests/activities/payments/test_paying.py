"""Paying honest sellers on the local chain: once, proven, whatever is repeated."""

from pathlib import Path

import pytest
from solders.keypair import Keypair

from domain.errors import (
    BudgetExceeded,
    DataError,
    TermsChanged,
    UpstreamUnavailable,
    WalletUnfunded,
)
from domain.payments import PaymentState
from tests.activities.payments.desk import Desk, slot
from tests.deploy.services.stack import Stack

DEX = "/dex/volume"


async def test_a_paid_call_is_delivered_and_the_chain_shows_it(desk: Desk) -> None:
    before = desk.balance()

    settlement = await desk.settle(await desk.authorized(desk.offer(DEX)))

    assert settlement.state is PaymentState.DELIVERED
    assert settlement.output is not None
    assert settlement.receipt is not None
    assert await desk.rail.proves(settlement.receipt)
    assert before - desk.balance() == settlement.receipt.amount.base_units == 50_000


async def test_authorizing_sends_nothing(desk: Desk) -> None:
    before = desk.balance()

    await desk.authorized(desk.offer(DEX))

    assert desk.balance() == before


async def test_a_retry_of_authorize_returns_the_bytes_on_record(desk: Desk) -> None:
    first = await desk.authorized(desk.offer(DEX))

    second = await desk.authorized(desk.offer(DEX))

    assert first == second


async def test_a_retry_after_a_lost_reply_does_not_pay_twice(desk: Desk) -> None:
    authorization = await desk.authorized(desk.offer(DEX))
    before = desk.balance()

    first = await desk.settle(authorization)
    second = await desk.settle(authorization)

    assert first == second
    assert before - desk.balance() == 50_000


async def test_another_slot_is_another_payment(desk: Desk) -> None:
    first = await desk.settle(await desk.authorized(desk.offer(DEX)))
    second = await desk.settle(await desk.authorized(desk.offer(DEX), ordinal=1))

    assert first.receipt is not None
    assert second.receipt is not None
    assert first.receipt.transaction != second.receipt.transaction


async def test_bad_arguments_are_refused_before_anyone_is_asked(desk: Desk) -> None:
    with pytest.raises(DataError, match="bad input"):
        await desk.authorize(desk.offer(DEX), arguments={"days": "many"})


async def test_a_run_cannot_pass_its_cap(desk: Desk) -> None:
    trend = desk.offer("/analytics/trend")
    for ordinal in range(5):
        await desk.authorized(trend, ordinal=ordinal)

    with pytest.raises(BudgetExceeded, match=r"would pass the run's approved 10\.00 USDC"):
        await desk.authorized(trend, ordinal=5)


async def test_an_empty_wallet_is_said_before_signing(market: Stack, tmp_path: Path) -> None:
    async with Desk.open(market, tmp_path, market.payer(base_units=10)) as poor:
        with pytest.raises(WalletUnfunded, match=r"can spend 0\.00001 USDC"):
            await poor.authorized(poor.offer(DEX))


async def test_a_wallet_without_a_token_account_is_said_before_signing(
    market: Stack, tmp_path: Path
) -> None:
    async with Desk.open(market, tmp_path, Keypair()) as empty:
        with pytest.raises(WalletUnfunded, match="has no USDC account"):
            await empty.authorized(empty.offer(DEX))


async def test_terms_above_the_approved_price_are_not_signed(desk: Desk) -> None:
    offer = desk.offer(DEX)
    assert offer.terms is not None
    cheaper = offer.model_copy(
        update={"terms": offer.terms.model_copy(update={"base_units": 49_999})}
    )

    with pytest.raises(TermsChanged, match="the price is 50000, approved were 49999"):
        await desk.authorized(cheaper)


async def test_money_for_another_payee_is_not_signed(desk: Desk) -> None:
    offer = desk.offer(DEX)
    assert offer.terms is not None
    other = offer.model_copy(
        update={"terms": offer.terms.model_copy(update={"pay_to": str(Keypair().pubkey())})}
    )

    with pytest.raises(TermsChanged, match="pay_to"):
        await desk.authorized(other)


async def test_a_seller_that_is_down_gives_way_to_the_next_approved_one(desk: Desk) -> None:
    spare = desk.offer(DEX)
    down = spare.model_copy(
        update={"listing_id": "POST http://127.0.0.1:9/x", "url": "http://127.0.0.1:9/x"}
    )

    authorization = await desk.authorized(down, spare)

    assert authorization.listing_id == spare.listing_id


async def test_when_every_seller_is_down_nothing_is_reserved(desk: Desk) -> None:
    down = desk.offer(DEX).model_copy(update={"url": "http://127.0.0.1:9/x"})

    with pytest.raises(UpstreamUnavailable):
        await desk.authorized(down)

    assert await desk.ledger.in_slot(slot()) is None
