"""At most a signed maximum moves: read from a real chain, settled by the unmodified package."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from x402.mechanisms.evm.constants import (
    ERC20_APPROVE_ABI,
    MULTICALL3_ADDRESS,
    PERMIT2_ADDRESS,
)

from activities.payments.evm.rail_upto import EvmUptoRail
from activities.payments.evm.token import encoded
from activities.payments.exchanges import Landed, NeverLands, Outcome, Pending, SignedPayment
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
from tests.activities.payments.evm.bench import (
    CHALLENGE,
    FUNDS,
    KEY,
    OTHER,
    PAYER,
    PRICE,
    SELLER,
    USDC,
    Bench,
    demand,
    low,
)
from tests.activities.payments.evm.shop import Shop, said_settlement

_INVALIDATE_ABI = [
    {
        "type": "function",
        "name": "invalidateUnorderedNonces",
        "inputs": [{"name": "word", "type": "uint256"}, {"name": "mask", "type": "uint256"}],
    }
]


@dataclass
class Buyer:
    """Who signs maximums at a shop."""

    bench: Bench
    shop: Shop
    rail: EvmUptoRail

    async def signed(self, key: PaymentKey = KEY) -> tuple[Evidence, SignedPayment]:
        challenge = await self.shop.ask("/upto")
        unsigned = await self.rail.prepare(
            challenge.demands[0], challenge, key=key, payer=PAYER.address
        )
        return unsigned.evidence, await self.rail.sign(unsigned, key=key)

    async def pay(self, signed: SignedPayment, charge: int | None = None) -> httpx.Response:
        self.shop.charge = charge
        return await self.shop.pay("/upto", signed)

    async def outcome(self, evidence: Evidence, **hint: str) -> Outcome:
        return await self.rail.outcome(evidence, low(SELLER), **hint)

    def approve(self, base_units: int) -> None:
        call = encoded(ERC20_APPROVE_ABI, "approve", PERMIT2_ADDRESS, base_units)
        self.bench.node.send(PAYER.address, USDC.address, call)


@pytest.fixture
def buyer(bench: Bench, shop: Shop) -> Buyer:
    made = Buyer(bench, shop, EvmUptoRail(bench.chain, asset=USDC, signer=bench.signer))
    made.approve(2**256 - 1)
    return made


@pytest.mark.parametrize("charge", [None, PRICE, PRICE // 3, 1])
async def test_what_the_seller_charges_is_what_moved(buyer: Buyer, charge: int | None) -> None:
    evidence, signed = await buyer.signed()

    answer = await buyer.pay(signed, charge)

    expected = PRICE if charge is None else charge
    assert answer.text == "the answer of upto"
    outcome = await buyer.outcome(evidence)
    assert isinstance(outcome, Landed)
    assert outcome.moved == expected
    assert outcome.transaction == said_settlement(answer)["transaction"]
    assert buyer.bench.balances() == (FUNDS - expected, expected)


async def test_a_seller_that_charges_nothing_never_lands(buyer: Buyer) -> None:
    evidence, signed = await buyer.signed()

    answer = await buyer.pay(signed, 0)

    assert answer.status_code == 200
    assert await buyer.outcome(evidence) == Pending()
    buyer.bench.node.advance_seconds(70)
    assert isinstance(await buyer.outcome(evidence), NeverLands)
    assert buyer.bench.balances() == (FUNDS, 0)


async def test_a_seller_cannot_charge_more_than_the_maximum(buyer: Buyer) -> None:
    evidence, signed = await buyer.signed()

    answer = await buyer.pay(signed, PRICE + 1)

    assert answer.status_code == 402
    assert await buyer.outcome(evidence) == Pending()
    assert buyer.bench.balances() == (FUNDS, 0)


async def test_a_permit_counts_once(buyer: Buyer) -> None:
    evidence, signed = await buyer.signed()

    await buyer.pay(signed, 10)
    again = await buyer.pay(signed, 20)

    assert again.status_code == 402
    outcome = await buyer.outcome(evidence)
    assert isinstance(outcome, Landed)
    assert outcome.moved == 10
    assert buyer.bench.balances() == (FUNDS - 10, 10)


async def test_two_permits_under_one_key_count_once(buyer: Buyer) -> None:
    _, lost = await buyer.signed()
    buyer.bench.node.advance_seconds(2)
    evidence, kept = await buyer.signed()

    await buyer.pay(lost, 10)
    await buyer.pay(kept, 20)

    outcome = await buyer.outcome(evidence)
    assert isinstance(outcome, Landed)
    assert outcome.moved == 10
    assert buyer.bench.balances() == (FUNDS - 10, 10)


async def test_payments_to_one_seller_are_told_apart(buyer: Buyer) -> None:
    keys = [PaymentKey(f"{n:064x}") for n in range(3)]
    signed = [await buyer.signed(key) for key in keys]
    buyer.bench.node.transfer(PAYER.address, SELLER.address, 20)

    for each in (2, 0):
        await buyer.pay(signed[each][1], 20 + each)

    outcomes = [await buyer.outcome(evidence) for evidence, _ in signed]
    assert [getattr(each, "moved", None) for each in outcomes] == [20, None, 22]
    assert outcomes[1] == Pending()


async def test_a_permit_lives_up_to_and_including_its_deadline(buyer: Buyer) -> None:
    evidence, _ = await buyer.signed()
    assert isinstance(evidence, EvmEvidence)
    ask = buyer.bench.node.ask

    ask("evm_setNextBlockTimestamp", evidence.valid_before - 1)
    ask("evm_mine")
    assert await buyer.outcome(evidence) == Pending()
    ask("evm_setNextBlockTimestamp", evidence.valid_before)
    ask("evm_mine")
    assert isinstance(await buyer.outcome(evidence), NeverLands)


async def test_a_permit_that_was_called_off_never_lands(buyer: Buyer) -> None:
    evidence, signed = await buyer.signed()
    assert isinstance(evidence, EvmEvidence)
    nonce = int(evidence.nonce, 16)
    call = encoded(_INVALIDATE_ABI, "invalidateUnorderedNonces", nonce >> 8, 1 << (nonce & 255))
    buyer.bench.node.send(PAYER.address, PERMIT2_ADDRESS, call)

    outcome = await buyer.outcome(evidence)
    await buyer.pay(signed)

    assert isinstance(outcome, NeverLands)
    assert "called off" in outcome.reason
    assert buyer.bench.balances() == (FUNDS, 0)


async def test_a_used_nonce_without_its_transfer_is_a_node_that_lags(buyer: Buyer) -> None:
    evidence, signed = await buyer.signed()
    await buyer.pay(signed)
    buyer.bench.relay.lies["eth_getLogs"] = lambda _: []

    with pytest.raises(UpstreamUnavailable):
        await buyer.outcome(evidence)


async def test_the_sellers_hint_spares_the_search(buyer: Buyer) -> None:
    evidence, signed = await buyer.signed()
    hint = said_settlement(await buyer.pay(signed))["transaction"]
    buyer.bench.relay.lies["eth_getLogs"] = lambda _: []

    assert isinstance(await buyer.outcome(evidence, hint=hint), Landed)


async def test_call_data_that_only_names_a_permit_proves_nothing(buyer: Buyer) -> None:
    """A seller names a transaction that carries our bytes beside a transfer that is not theirs."""
    evidence, signed = await buyer.signed()
    other, paid = await buyer.signed(PaymentKey("cd" * 32))
    said: Any = signed.payload["permit2Authorization"]
    naming = b"".join(
        int(word, 0).to_bytes(32)
        for word in (
            hex(int(said["nonce"])),
            hex(int(said["deadline"])),
            hex(PRICE),
            PAYER.address,
            SELLER.address,
        )
    )
    named = buyer.bench.node.send(OTHER.address, MULTICALL3_ADDRESS, naming)
    buyer.bench.node.receipt(named)
    await buyer.pay(paid)

    assert await buyer.outcome(evidence, hint=named) == Pending()
    assert isinstance(await buyer.outcome(other, hint=named), Landed)


async def test_without_an_allowance_the_words_say_how_to_give_it(buyer: Buyer) -> None:
    buyer.approve(PRICE - 1)

    with pytest.raises(WalletUnfunded, match=rf"approve\({PERMIT2_ADDRESS}"):
        await buyer.signed()


async def test_without_a_facilitator_nothing_is_signed(buyer: Buyer) -> None:
    asked = demand(scheme="upto", transfer_method="permit2")

    with pytest.raises(OfferRefused, match="facilitator"):
        await buyer.rail.prepare(asked, CHALLENGE, key=KEY, payer=PAYER.address)


async def test_nothing_is_prepared_beside_a_permit_that_counted(buyer: Buyer) -> None:
    _, signed = await buyer.signed()
    await buyer.pay(signed)

    with pytest.raises(RecordsDisagree):
        await buyer.signed()


async def test_a_permit_signed_by_another_wallet_is_refused(buyer: Buyer) -> None:
    challenge = await buyer.shop.ask("/upto")
    unsigned = await buyer.rail.prepare(
        challenge.demands[0], challenge, key=KEY, payer=PAYER.address
    )

    with pytest.raises(SignatureRefused):
        buyer.rail.attach(unsigned, "0x" + OTHER.unsafe_sign_hash(b"\x01" * 32).signature.hex())


async def test_a_receipt_is_proven_only_as_it_was(buyer: Buyer) -> None:
    evidence, signed = await buyer.signed()
    await buyer.pay(signed, PRICE // 2)
    landed = await buyer.outcome(evidence)
    assert isinstance(landed, Landed)
    receipt = Receipt(
        key=KEY,
        step_id=StepId("buy"),
        listing_id=ListingId("GET https://a.example/"),
        amount=Amount(asset=USDC, base_units=landed.moved or 0),
        network=USDC.network,
        pay_to=low(SELLER),
        payer=low(PAYER),
        scheme="upto",
        transaction=landed.transaction,
        piece=landed.piece,
        slot=landed.slot,
        block_time=landed.block_time,
        response_digest=Digest("0" * 64),
    )

    assert await buyer.rail.proves(receipt)
    for change in (
        {"amount": Amount(asset=USDC, base_units=PRICE)},
        {"pay_to": low(OTHER)},
        {"payer": low(OTHER)},
        {"transaction": "0x" + "11" * 32},
        {"piece": "0x" + "11" * 32},
        {"piece": ""},
    ):
        assert not await buyer.rail.proves(receipt.model_copy(update=change)), change
