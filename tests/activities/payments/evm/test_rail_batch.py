"""One deposit pays for many calls: real chain, unmodified package, our own channel contracts.

The package publishes no contract for channels; those on the test chain are doubles made from its
ABI and typed data. So these tests prove our side of the protocol, not the contract's.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from x402.mechanisms.evm.batch_settlement.constants import BATCH_SETTLEMENT_ADDRESS

from activities.payments.evm.channels_sql import SqlChannels
from activities.payments.evm.rail_batch import EvmBatchRail
from activities.payments.exchanges import (
    Answer,
    Challenge,
    InboundTransfer,
    Landed,
    NeverLands,
    Outcome,
    Pending,
    SignedPayment,
    Unsigned,
)
from activities.payments.ports import ChannelRail
from domain.errors import (
    OfferRefused,
    RecordsDisagree,
    SignatureRefused,
    UpstreamUnavailable,
    WalletUnfunded,
)
from domain.ids import Digest, ListingId, PaymentKey, StepId
from domain.money import Amount
from domain.payments import Evidence, EvmEvidence, Receipt
from domain.purchases import Order
from tests.activities.payments.evm.bench import (
    FUNDS,
    KEY,
    OTHER,
    PAYER,
    SELLER,
    USDC,
    Bench,
    low,
)
from tests.activities.payments.evm.node import EvmNode
from tests.activities.payments.evm.shop import URL, Shop, challenge_of, said_settlement

CALL = 10_000
PATH = "/batch-settlement"
KEYS = [PaymentKey(f"{n:064x}") for n in range(20)]


class Door:
    """The seller port, as far as refunds need it, over the shop."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self.broken = False

    async def ask(self, order: Order) -> Challenge | Answer:
        return await self._shop.ask(order.url.removeprefix(URL))

    async def pay(self, order: Order, signed: SignedPayment) -> Answer:
        if self.broken:
            return Answer(status=500, media_type="", body=b"")
        answer = await self._shop.pay(order.url.removeprefix(URL), signed)
        return Answer(status=answer.status_code, media_type="", body=answer.content)


@dataclass
class Buyer:
    """Who holds a channel to a shop."""

    bench: Bench
    shop: Shop
    rail: EvmBatchRail
    door: Door
    seconds: float = 1_000_000

    async def signed(self, key: PaymentKey = KEY) -> tuple[Evidence, SignedPayment]:
        challenge = await self.shop.ask(PATH)
        self.sent = await self.rail.prepare(
            challenge.demands[0], challenge, key=key, payer=PAYER.address
        )
        return self.sent.evidence, await self.again(self.sent, key)

    async def again(self, unsigned: Unsigned, key: PaymentKey = KEY) -> SignedPayment:
        return await self.rail.sign(unsigned, key=key)

    async def pay(self, evidence: Evidence, signed: SignedPayment) -> httpx.Response:
        """Send, and let the rail hear the answer."""
        answer = await self.shop.pay(PATH, signed)
        await self.hear(evidence, answer)
        return answer

    async def hear(self, evidence: Evidence, answer: httpx.Response) -> None:
        await self.rail.heard(
            evidence,
            delivered=answer.is_success,
            settlement=said_settlement(answer) if "PAYMENT-RESPONSE" in answer.headers else None,
            challenge=challenge_of(answer) if "PAYMENT-REQUIRED" in answer.headers else None,
        )

    async def buy(self, key: PaymentKey = KEY) -> Evidence:
        evidence, signed = await self.signed(key)
        answer = await self.pay(evidence, signed)
        assert answer.status_code == 200, challenge_of(answer)
        return evidence

    async def outcome(self, evidence: Evidence) -> Outcome:
        return await self.rail.outcome(evidence, low(SELLER))

    def held(self) -> int:
        return self.bench.node.balance(BATCH_SETTLEMENT_ADDRESS)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlChannels]:
    opened = await SqlChannels.open(f"sqlite+aiosqlite:///{tmp_path / 'channels.sqlite'}")
    yield opened
    await opened.close()


@pytest.fixture
async def buyer(bench: Bench, node: EvmNode, store: SqlChannels) -> AsyncIterator[Buyer]:
    shop = Shop(node, price=CALL)
    made = _buyer(bench, shop, store)
    yield made
    await shop.close()


def _buyer(bench: Bench, shop: Shop, store: SqlChannels, **limits: Any) -> Buyer:
    door = Door(shop)
    known: dict[str, Any] = {"max_unspent": 10 * CALL, **limits}
    seller: Any = door
    rail = EvmBatchRail(
        bench.chain, asset=USDC, signer=bench.signer, store=store, seller=seller, **known
    )
    buyer = Buyer(bench, shop, rail, door)
    rail._book._clock = lambda: buyer.seconds
    return buyer


async def test_one_deposit_pays_for_ten_calls(buyer: Buyer) -> None:
    paid = [await buyer.buy(key) for key in KEYS[:10]]

    outcomes = [await buyer.outcome(evidence) for evidence in paid]

    assert buyer.shop.handed_out == 10
    landed = [each for each in outcomes if isinstance(each, Landed)]
    assert [each.moved for each in landed] == [CALL] * 10
    assert [each.piece for each in landed] == [str(CALL * n) for n in range(1, 11)]
    assert len({each.transaction for each in landed}) == 1
    assert buyer.bench.balances()[0] == FUNDS - 10 * CALL
    assert buyer.held() == 10 * CALL


async def test_the_eleventh_call_brings_the_next_deposit(buyer: Buyer) -> None:
    for key in KEYS[:10]:
        await buyer.buy(key)
    eleventh = await buyer.outcome(await buyer.buy(KEYS[10]))
    tenth = await buyer.outcome(await buyer.buy(KEYS[11]))

    assert isinstance(eleventh, Landed)
    assert isinstance(tenth, Landed)
    assert eleventh.transaction == tenth.transaction
    assert buyer.held() == 20 * CALL


async def test_what_the_channel_has_left_comes_back(buyer: Buyer) -> None:
    paid = [await buyer.buy(key) for key in KEYS[:3]]
    landed = await buyer.outcome(paid[0])
    receipt = _receipt(landed)

    back = await buyer.rail.refund_channel(receipt)

    assert isinstance(back, InboundTransfer)
    assert back.amount.base_units == 7 * CALL
    assert buyer.bench.balances()[0] == FUNDS - 3 * CALL
    assert await buyer.rail.refund_channel(receipt) == back
    assert [type(await buyer.outcome(each)) for each in paid] == [Landed] * 3
    assert await buyer.rail.proves(receipt)


async def test_a_seller_that_refuses_a_refund_is_not_believed_to_have_given_one(
    buyer: Buyer,
) -> None:
    receipt = _receipt(await buyer.outcome(await buyer.buy()))
    buyer.door.broken = True

    assert await buyer.rail.refund_channel(receipt) is None
    with pytest.raises(SignatureRefused):  # closed for good, so that no money follows
        await buyer.again(buyer.sent)
    buyer.door.broken = False
    back = await buyer.rail.refund_channel(receipt)

    assert back is not None
    assert back.amount.base_units == 9 * CALL


async def test_what_was_delivered_on_a_deposit_that_never_came_was_free(buyer: Buyer) -> None:
    evidence, _ = await buyer.signed(KEYS[0])
    await buyer.rail.heard(evidence, delivered=True, settlement=None, challenge=None)

    assert await buyer.outcome(evidence) == Pending()
    buyer.bench.node.advance_seconds(400)
    assert isinstance(await buyer.outcome(evidence), NeverLands)

    assert isinstance(await buyer.outcome(await buyer.buy(KEYS[1])), Landed)
    assert isinstance(await buyer.outcome(evidence), NeverLands)
    assert buyer.held() == 10 * CALL


async def test_hearing_an_answer_again_changes_nothing(buyer: Buyer) -> None:
    evidence, signed = await buyer.signed()
    answer = await buyer.pay(evidence, signed)
    before = await buyer.outcome(evidence)

    await buyer.hear(evidence, answer)
    await buyer.rail.heard(evidence, delivered=False, settlement=None, challenge=None)

    assert await buyer.outcome(evidence) == before


def test_only_the_rail_of_channels_is_one(buyer: Buyer) -> None:
    assert isinstance(buyer.rail, ChannelRail)
    assert not isinstance(buyer.bench.rail, ChannelRail)


async def test_a_refund_waits_for_a_payment_under_way(buyer: Buyer) -> None:
    receipt = _receipt(await buyer.outcome(await buyer.buy(KEYS[0])))
    await buyer.signed(KEYS[1])

    with pytest.raises(UpstreamUnavailable, match="under way"):
        await buyer.rail.refund_channel(receipt)


async def test_a_seller_that_charges_less_is_paid_less(buyer: Buyer) -> None:
    await buyer.buy(KEYS[0])
    buyer.shop.charge = CALL // 4
    less = await buyer.outcome(await buyer.buy(KEYS[1]))
    buyer.shop.charge = None
    after = await buyer.outcome(await buyer.buy(KEYS[2]))

    assert isinstance(less, Landed)
    assert isinstance(after, Landed)
    assert (less.moved, less.piece) == (CALL // 4, str(CALL + CALL // 4))
    assert (after.moved, after.piece) == (CALL, str(2 * CALL + CALL // 4))


async def test_one_piece_charged_for_two_payments_is_conceded_once(buyer: Buyer) -> None:
    await buyer.buy(KEYS[0])
    late, _ = await buyer.signed(KEYS[1])
    buyer.seconds += 200
    taken = await buyer.buy(KEYS[2])

    await buyer.rail.heard(late, delivered=True, settlement=None, challenge=None)

    assert isinstance(await buyer.outcome(taken), Landed)
    assert isinstance(await buyer.outcome(late), NeverLands)


async def test_what_is_at_risk_counts_the_deposit(buyer: Buyer) -> None:
    first, signed = await buyer.signed(KEYS[0])
    assert (await buyer.rail.at_risk(first)).base_units == 10 * CALL
    await buyer.pay(first, signed)
    second, _ = await buyer.signed(KEYS[1])
    assert (await buyer.rail.at_risk(second)).base_units == CALL


async def test_after_a_refund_old_vouchers_cannot_draw_on_new_money(buyer: Buyer) -> None:
    first = await buyer.buy(KEYS[0])
    buyer.shop.status = 500
    lost, signed = await buyer.signed(KEYS[1])
    await buyer.pay(lost, signed)
    buyer.shop.status = 200
    await buyer.rail.refund_channel(_receipt(await buyer.outcome(first)))

    buyer.bench.node.advance_seconds(400)
    never = await buyer.outcome(lost)
    second = await buyer.buy(KEYS[2])

    assert isinstance(never, NeverLands)
    assert isinstance(first, EvmEvidence)
    assert isinstance(second, EvmEvidence)
    assert first.nonce != second.nonce


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


@pytest.mark.parametrize(("cap", "deposit"), [(10, 10), (4, 4), (1, 1), (50, 10)])
async def test_a_deposit_stays_within_the_cap(
    bench: Bench, node: EvmNode, store: SqlChannels, cap: int, deposit: int
) -> None:
    shop = Shop(node, price=CALL)
    buyer = _buyer(bench, shop, store, max_unspent=cap * CALL)

    await buyer.buy()

    assert buyer.held() == deposit * CALL
    await shop.close()


async def test_a_wallet_that_cannot_cover_the_call_is_refused(buyer: Buyer) -> None:
    buyer.bench.node.transfer(PAYER.address, OTHER.address, FUNDS - CALL + 1)

    with pytest.raises(WalletUnfunded):
        await buyer.signed()


async def test_a_small_wallet_deposits_what_it_has(buyer: Buyer) -> None:
    buyer.bench.node.transfer(PAYER.address, OTHER.address, FUNDS - 2 * CALL)

    await buyer.buy(KEYS[0])
    await buyer.buy(KEYS[1])

    assert buyer.held() == 2 * CALL
    assert buyer.bench.balances()[0] == 0


async def test_a_wallet_outside_cannot_use_a_channel(buyer: Buyer) -> None:
    challenge = await buyer.shop.ask(PATH)

    with pytest.raises(OfferRefused, match="own wallet"):
        await buyer.rail.prepare(challenge.demands[0], challenge, key=KEY, payer=OTHER.address)
    unsigned = await buyer.rail.prepare(
        challenge.demands[0], challenge, key=KEY, payer=PAYER.address
    )
    with pytest.raises(SignatureRefused):
        buyer.rail.attach(unsigned, "0x" + "11" * 65)


async def test_a_seller_that_may_keep_money_for_weeks_gets_none(
    bench: Bench, buyer: Buyer, store: SqlChannels
) -> None:
    strict = _buyer(bench, buyer.shop, store, max_withdraw_delay_seconds=899)

    with pytest.raises(OfferRefused, match="900 s"):
        await strict.signed()


async def test_a_seller_cannot_move_the_channel_by_words_alone(buyer: Buyer) -> None:
    evidence = await buyer.buy(KEYS[0])
    second, signed = await buyer.signed(KEYS[1])
    del signed
    challenge = await buyer.shop.ask(PATH)
    raw = dict(challenge.demands[0].raw)
    raw["extra"] = {
        **raw["extra"],  # type: ignore[dict-item]
        "channelState": {"chargedCumulativeAmount": str(9 * CALL)},
        "voucherState": {"signedMaxClaimable": str(9 * CALL), "signature": "0x" + "11" * 65},
    }
    lie = challenge.model_copy(
        update={"demands": (challenge.demands[0].model_copy(update={"raw": raw}),)}
    )

    await buyer.rail.heard(second, delivered=False, settlement=None, challenge=lie)

    assert isinstance(await buyer.outcome(evidence), Landed)
    assert await buyer.outcome(second) == Pending()
    third = await buyer.buy(KEYS[2])
    assert isinstance(third, EvmEvidence)
    assert third.piece == str(2 * CALL)


async def test_records_older_than_the_sellers_are_brought_up_to_it(
    bench: Bench, buyer: Buyer, tmp_path: Path
) -> None:
    await buyer.buy(KEYS[0])
    backup = tmp_path / "backup.sqlite"
    backup.write_bytes((tmp_path / "channels.sqlite").read_bytes())
    for key in KEYS[1:3]:
        await buyer.buy(key)
    restored = await SqlChannels.open(f"sqlite+aiosqlite:///{backup}")
    after = _buyer(bench, buyer.shop, restored)

    evidence, signed = await after.signed(KEYS[5])
    refused = await after.pay(evidence, signed)
    next_ = await after.buy(KEYS[6])

    assert refused.status_code == 402
    landed = await after.outcome(next_)
    assert isinstance(landed, Landed)
    assert (landed.piece, landed.moved) == (str(4 * CALL), CALL)
    assert isinstance(await after.outcome(evidence), NeverLands)
    await restored.close()


async def test_a_channel_that_no_record_explains_is_for_a_person_to_look_at(
    bench: Bench, buyer: Buyer, tmp_path: Path
) -> None:
    await buyer.buy(KEYS[0])
    empty = await SqlChannels.open(f"sqlite+aiosqlite:///{tmp_path / 'empty.sqlite'}")

    with pytest.raises(RecordsDisagree, match="no record"):
        await _buyer(bench, buyer.shop, empty).signed(KEYS[5])
    await empty.close()


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

    was, now = _deposit(old), _deposit(fresh)
    assert was["salt"] == now["salt"]
    assert int(now["validBefore"]) > int(was["validBefore"])
    assert isinstance(evidence, EvmEvidence)


def _deposit(signed: SignedPayment) -> dict[str, Any]:
    said: Any = signed.payload["deposit"]
    return dict(said["authorization"]["erc3009Authorization"])


async def test_a_payment_without_a_record_is_for_a_person_to_look_at(buyer: Buyer) -> None:
    evidence = await buyer.buy()
    assert isinstance(evidence, EvmEvidence)
    unknown = evidence.model_copy(update={"message_digest": Digest("0" * 64)})

    with pytest.raises(RecordsDisagree):
        await buyer.outcome(unknown)


async def test_a_receipt_is_proven_only_as_it_was(buyer: Buyer) -> None:
    receipt = _receipt(await buyer.outcome(await buyer.buy()))

    assert await buyer.rail.proves(receipt)
    for change in (
        {"pay_to": low(OTHER)},
        {"payer": low(OTHER)},
        {"transaction": "0x" + "11" * 32},
        {"piece": str(11 * CALL)},
        {"piece": ""},
    ):
        assert not await buyer.rail.proves(receipt.model_copy(update=change)), change


def _receipt(outcome: object) -> Receipt:
    assert isinstance(outcome, Landed)
    return Receipt(
        key=KEY,
        step_id=StepId("buy"),
        listing_id=ListingId(f"GET {URL}{PATH}"),
        amount=Amount(asset=USDC, base_units=outcome.moved or 0),
        network=USDC.network,
        pay_to=low(SELLER),
        payer=low(PAYER),
        scheme="batch-settlement",
        transaction=outcome.transaction,
        piece=outcome.piece,
        slot=outcome.slot,
        block_time=outcome.block_time,
        response_digest=Digest("0" * 64),
    )
