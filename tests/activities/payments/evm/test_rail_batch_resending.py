"""Crashes, late answers and second tries on a channel: nothing is paid twice or forgotten."""

import asyncio

import pytest

from activities.payments.exchanges import Landed, NeverLands, Pending
from domain.errors import UpstreamUnavailable
from domain.ids import PaymentKey
from domain.payments import Evidence, EvmEvidence
from tests.activities.payments.evm.bench import FUNDS, KEY, PAYER
from tests.activities.payments.evm.channel_buyer import CALL, KEYS, PATH, Buyer, deposit_of


async def test_hearing_an_answer_again_changes_nothing(buyer: Buyer) -> None:
    evidence, signed = await buyer.signed()
    answer = await buyer.pay(evidence, signed)
    before = await buyer.outcome(evidence)

    await buyer.hear(evidence, answer)
    await buyer.rail.heard(evidence, delivered=False, settlement=None, challenge=None)

    assert await buyer.outcome(evidence) == before


async def test_preparing_again_after_a_crash_is_the_same_payment(buyer: Buyer) -> None:
    """Died after writing, after signing, or after sending without hearing: one voucher."""
    _, first = await buyer.signed()
    evidence, second = await buyer.signed()

    assert first == second
    await buyer.shop.pay(PATH, first)
    await buyer.pay(evidence, second)

    outcome = await buyer.outcome(evidence)
    assert isinstance(outcome, Landed)
    assert outcome.moved == CALL
    assert buyer.held() == 10 * CALL


async def test_a_resend_after_a_lost_reply_learns_that_it_was_charged(buyer: Buyer) -> None:
    await buyer.buy(KEYS[0])
    evidence, signed = await buyer.signed(KEYS[1])
    await buyer.shop.pay(PATH, signed)

    assert await buyer.outcome(evidence) == Pending()
    again = await buyer.pay(evidence, signed)

    assert again.status_code == 402
    assert isinstance(await buyer.outcome(evidence), Landed)
    assert isinstance(await buyer.outcome(await buyer.buy(KEYS[2])), Landed)


async def test_one_voucher_at_a_time_is_under_way(buyer: Buyer) -> None:
    await buyer.signed(KEYS[0])

    with pytest.raises(UpstreamUnavailable, match="under way"):
        await buyer.signed(KEYS[1])


async def test_a_voucher_whose_answer_is_overdue_gives_way_to_the_next(buyer: Buyer) -> None:
    await buyer.buy(KEYS[0])
    lost, _ = await buyer.signed(KEYS[1])
    buyer.seconds += 200

    taken = await buyer.buy(KEYS[2])

    assert isinstance(await buyer.outcome(taken), Landed)
    assert isinstance(await buyer.outcome(lost), NeverLands)
    assert buyer.held() == 10 * CALL


async def test_an_overdue_voucher_that_was_charged_is_found_out_by_the_next(buyer: Buyer) -> None:
    await buyer.buy(KEYS[0])
    lost, signed = await buyer.signed(KEYS[1])
    await buyer.shop.pay(PATH, signed)
    buyer.seconds += 200

    next_, bytes_ = await buyer.signed(KEYS[2])
    refused = await buyer.pay(next_, bytes_)
    outcomes = [await buyer.outcome(each) for each in (lost, next_)]

    assert refused.status_code == 402
    assert sorted(type(each).__name__ for each in outcomes) == ["Landed", "NeverLands"]
    assert isinstance(await buyer.outcome(await buyer.buy(KEYS[3])), Landed)


async def test_a_call_that_failed_before_any_deposit_landed_is_ruled_out(buyer: Buyer) -> None:
    buyer.shop.status = 500
    evidence, signed = await buyer.signed()
    await buyer.pay(evidence, signed)

    assert await buyer.outcome(evidence) == Pending()
    buyer.bench.node.advance_seconds(400)
    assert isinstance(await buyer.outcome(evidence), NeverLands)
    assert buyer.bench.balances()[0] == FUNDS

    buyer.shop.status = 200
    after = await buyer.buy(KEYS[5])
    assert isinstance(await buyer.outcome(after), Landed)
    assert isinstance(await buyer.outcome(evidence), NeverLands)


async def test_a_refusal_of_a_voucher_that_can_be_claimed_proves_nothing(buyer: Buyer) -> None:
    await buyer.buy(KEYS[0])
    buyer.shop.status = 500
    evidence, signed = await buyer.signed(KEYS[1])
    await buyer.pay(evidence, signed)
    buyer.bench.node.advance_seconds(10_000)

    assert await buyer.outcome(evidence) == Pending()


async def test_what_a_seller_claims_without_delivering_is_a_payment(buyer: Buyer) -> None:
    first = await buyer.buy(KEYS[0])
    evidence, signed = await buyer.signed(KEYS[1])
    await buyer.shop.claim(signed)

    outcome = await buyer.outcome(evidence)

    assert isinstance(outcome, Landed)
    assert outcome.moved == CALL
    assert isinstance(await buyer.outcome(first), Landed)


async def test_a_new_deposit_waits_until_the_last_one_cannot_land(buyer: Buyer) -> None:
    await buyer.signed(KEYS[0])
    buyer.seconds += 200

    with pytest.raises(UpstreamUnavailable, match="deposit"):
        await buyer.signed(KEYS[1])

    buyer.bench.node.advance_seconds(400)
    assert isinstance(await buyer.outcome(await buyer.buy(KEYS[1])), Landed)
    assert buyer.held() == 10 * CALL


async def test_two_processes_never_take_the_same_piece(buyer: Buyer) -> None:
    await buyer.buy(KEYS[0])

    async def attempt(key: PaymentKey) -> Evidence | None:
        try:
            return (await buyer.signed(key))[0]
        except UpstreamUnavailable:
            return None

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(attempt(key)) for key in KEYS[1:6]]

    assert len([task for task in tasks if task.result() is not None]) == 1


async def test_prices_that_change_before_anything_was_sent_are_taken_up(buyer: Buyer) -> None:
    await buyer.signed()
    challenge = await buyer.shop.ask(PATH)
    cheaper = challenge.demands[0].model_copy(
        update={
            "terms": challenge.demands[0].terms.model_copy(update={"base_units": CALL - 1}),
        }
    )

    unsigned = await buyer.rail.prepare(cheaper, challenge, key=KEY, payer=PAYER.address)

    assert isinstance(unsigned.evidence, EvmEvidence)
    assert unsigned.evidence.piece == str(CALL - 1)


async def test_a_deposit_that_grew_too_old_to_send_is_signed_afresh_with_its_nonce(
    buyer: Buyer,
) -> None:
    _, old = await buyer.signed()
    buyer.bench.node.advance_seconds(100)
    latest = await buyer.bench.chain.latest()
    buyer.seconds = latest.timestamp

    evidence, fresh = await buyer.signed()

    was, now = deposit_of(old), deposit_of(fresh)
    assert was["salt"] == now["salt"]
    assert int(now["validBefore"]) > int(was["validBefore"])
    assert isinstance(evidence, EvmEvidence)
