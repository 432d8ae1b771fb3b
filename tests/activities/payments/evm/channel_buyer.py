"""Who holds a channel to the shop of the tests."""

from dataclasses import dataclass
from typing import Any

import httpx
from x402.mechanisms.evm.batch_settlement.constants import BATCH_SETTLEMENT_ADDRESS

from activities.payments.evm.channels_sql import SqlChannels
from activities.payments.evm.rail_batch import EvmBatchRail
from activities.payments.exchanges import (
    Answer,
    Challenge,
    Landed,
    Outcome,
    SignedPayment,
    Unsigned,
)
from domain.ids import Digest, ListingId, PaymentKey, StepId
from domain.money import Amount
from domain.payments import Evidence, Receipt
from domain.purchases import Order
from tests.activities.payments.evm.bench import KEY, PAYER, SELLER, USDC, Bench, low
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


def buyer_at(bench: Bench, shop: Shop, store: SqlChannels, **limits: Any) -> Buyer:
    door = Door(shop)
    known: dict[str, Any] = {"max_unspent": 10 * CALL, **limits}
    seller: Any = door
    rail = EvmBatchRail(
        bench.chain, asset=USDC, signer=bench.signer, store=store, seller=seller, **known
    )
    buyer = Buyer(bench, shop, rail, door)
    rail._book._clock = lambda: buyer.seconds
    return buyer


def deposit_of(signed: SignedPayment) -> dict[str, Any]:
    said: Any = signed.payload["deposit"]
    return dict(said["authorization"]["erc3009Authorization"])


def receipt_of(outcome: object) -> Receipt:
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
