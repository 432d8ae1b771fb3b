"""What became of an authorization: read from a real chain, settled by the unmodified package."""

import time
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given
from hypothesis import strategies as st
from x402.mechanisms.evm.constants import MULTICALL3_ADDRESS, MULTICALL3_TRY_AGGREGATE_ABI

from activities.payments.evm.signing import nonce_of
from activities.payments.evm.token import encoded
from activities.payments.exchanges import Landed, NeverLands, Pending
from domain.errors import OfferRefused, RecordsDisagree, WalletUnfunded
from domain.ids import Digest, ListingId, PaymentKey, StepId
from domain.limits import MAX_TIMEOUT_SECONDS
from domain.money import Amount
from domain.payments import EvmEvidence, Receipt
from tests.activities.payments.evm.bench import (
    FACILITATOR,
    FUNDS,
    KEY,
    OTHER,
    PAYER,
    PRICE,
    SELLER,
    USDC,
    USDC_CHECKSUMMED,
    Bench,
    SellersSide,
    low,
    use_call,
)
from tests.activities.payments.evm.node import EvmNode

KEYS = st.binary(min_size=32, max_size=32).map(lambda raw: PaymentKey(raw.hex()))
RIVAL = PaymentKey("cd" * 32)


@pytest.mark.parametrize("version", [1, 2])
async def test_the_packages_facilitator_takes_what_is_signed(
    bench: Bench, sellers: SellersSide, version: int
) -> None:
    evidence, signed = await bench.signed(x402_version=version)

    verified = await sellers.verify(signed)
    settled = await sellers.settle(signed)
    outcome = await bench.outcome(evidence)

    assert verified.is_valid, verified.invalid_reason
    assert settled.success
    assert isinstance(outcome, Landed)
    assert (outcome.transaction, outcome.moved) == (settled.transaction, PRICE)
    assert bench.balances() == (FUNDS - PRICE, PRICE)


async def test_what_nobody_used_is_pending_and_then_never_lands(bench: Bench) -> None:
    evidence, signed = await bench.signed()

    assert await bench.outcome(evidence) == Pending()
    bench.node.advance_seconds(50)
    assert await bench.outcome(evidence) == Pending()
    bench.node.advance_seconds(20)
    assert isinstance(await bench.outcome(evidence), NeverLands)

    bench.land(signed)
    assert bench.balances() == (FUNDS, 0)


async def test_resent_bytes_move_money_once(bench: Bench, sellers: SellersSide) -> None:
    evidence, signed = await bench.signed()

    first = await sellers.settle(signed)
    second = await sellers.settle(signed)

    assert first.success
    assert not second.success
    outcome = await bench.outcome(evidence)
    assert isinstance(outcome, Landed)
    assert outcome.transaction == first.transaction
    assert bench.balances() == (FUNDS - PRICE, PRICE)


async def test_two_signatures_under_one_key_move_money_once(bench: Bench) -> None:
    """A process that died after signing prepares again, at another price and time."""
    _, lost = await bench.signed(base_units=PRICE - 1)
    bench.node.advance_seconds(3)
    evidence, kept = await bench.signed()

    bench.land(lost)
    bench.land(kept)

    outcome = await bench.outcome(evidence)
    assert isinstance(outcome, Landed)
    assert outcome.moved == PRICE - 1
    assert bench.balances() == (FUNDS - PRICE + 1, PRICE - 1)


async def test_nothing_is_prepared_beside_a_payment_that_landed(bench: Bench) -> None:
    _, signed = await bench.signed()
    bench.land(signed)

    with pytest.raises(RecordsDisagree):
        await bench.signed()


async def test_money_that_one_key_paid_to_another_is_no_proof_of_the_contrary(
    bench: Bench,
) -> None:
    _, elsewhere = await bench.signed(pay_to=OTHER.address)
    evidence, _ = await bench.signed()
    bench.land(elsewhere)
    bench.node.advance_seconds(100)

    with pytest.raises(RecordsDisagree, match=low(OTHER)):
        await bench.outcome(evidence)


async def test_an_authorization_that_was_called_off_never_lands(bench: Bench) -> None:
    evidence, signed = await bench.signed()
    _cancel(bench, evidence)

    outcome = await bench.outcome(evidence)
    bench.land(signed)

    assert isinstance(outcome, NeverLands)
    assert "called off" in outcome.reason
    assert bench.balances() == (FUNDS, 0)


async def test_a_transaction_that_failed_on_chain_moved_nothing_and_may_be_sent_again(
    bench: Bench,
) -> None:
    evidence, signed = await bench.signed()
    bench.node.transfer(PAYER.address, OTHER.address, FUNDS)
    failed = bench.land(signed)

    assert await bench.outcome(evidence, hint=failed) == Pending()
    bench.node.transfer(OTHER.address, PAYER.address, FUNDS)
    bench.land(signed)

    assert isinstance(await bench.outcome(evidence, hint=failed), Landed)
    assert bench.balances() == (FUNDS - PRICE, PRICE)


async def test_payments_that_share_a_transaction_are_told_apart(bench: Bench) -> None:
    first, one = await bench.signed(base_units=100)
    second, two = await bench.signed(RIVAL, base_units=200)
    transaction = _together(bench, [one, two])

    outcomes = [await bench.outcome(evidence) for evidence in (first, second)]

    landed = [outcome for outcome in outcomes if isinstance(outcome, Landed)]
    assert [each.moved for each in landed] == [100, 200]
    assert {each.transaction for each in landed} == {transaction}
    assert len({each.piece for each in landed}) == 2
    receipts = [_receipt(each) for each in landed]
    assert [await bench.rail.proves(each) for each in receipts] == [True, True]
    swapped = receipts[0].model_copy(update={"piece": landed[1].piece})
    assert not await bench.rail.proves(swapped)


async def test_a_payment_is_found_through_a_node_that_shows_few_blocks_at_a_time(
    node: EvmNode,
) -> None:
    async with Bench.open(node, log_span_blocks=3) as bench:
        evidence, signed = await bench.signed()
        node.mine(10)
        bench.land(signed)
        node.mine(10)

        assert isinstance(await bench.outcome(evidence), Landed)
        assert bench.relay.asked.count("eth_getLogs") > 1


@pytest.mark.parametrize("hint", ["", "garbage", "0x" + "00" * 32, "0x" + "zz" * 32])
async def test_a_wrong_hint_hides_nothing(bench: Bench, hint: str) -> None:
    evidence, signed = await bench.signed()
    bench.land(signed)

    assert isinstance(await bench.outcome(evidence, hint=hint), Landed)


async def test_a_hint_at_somebody_elses_payment_is_no_proof(bench: Bench) -> None:
    evidence, _ = await bench.signed()
    _, other = await bench.signed(RIVAL)

    assert await bench.outcome(evidence, hint=bench.land(other)) == Pending()


async def test_a_plain_transfer_of_the_same_amount_is_no_proof(bench: Bench) -> None:
    evidence, _ = await bench.signed()
    same = bench.node.transfer(PAYER.address, SELLER.address, PRICE)

    assert await bench.outcome(evidence, hint=same) == Pending()


async def test_a_payment_counts_once_it_is_deep_enough(node: EvmNode) -> None:
    async with Bench.open(node, confirmations=3) as bench:
        evidence, signed = await bench.signed()
        transaction = bench.land(signed)

        assert await bench.outcome(evidence, hint=transaction) == Pending()
        node.mine(1)
        assert await bench.outcome(evidence) == Pending()
        node.mine(1)
        assert isinstance(await bench.outcome(evidence), Landed)


@pytest.mark.parametrize("depth", [None, 5])
async def test_only_a_final_block_rules_a_payment_out(node: EvmNode, depth: int | None) -> None:
    async with Bench.open(node, final_depth=depth) as bench:
        evidence, _ = await bench.signed()
        node.advance_seconds(100)

        assert await bench.outcome(evidence) == Pending()
        node.mine(100)
        assert isinstance(await bench.outcome(evidence), NeverLands)


async def test_a_seller_cannot_ask_for_a_signature_that_lives_for_years(bench: Bench) -> None:
    evidence, _ = await bench.signed(max_timeout_seconds=10**9)
    latest = await bench.chain.latest()

    assert evidence.valid_before <= max(latest.timestamp, time.time()) + MAX_TIMEOUT_SECONDS


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scheme": "upto"}, "not paid here"),
        ({"network": "eip155:8453"}, "not paid here"),
        ({"asset": OTHER.address}, "not paid here"),
        ({"base_units": 0}, "asks for nothing"),
        ({"max_timeout_seconds": 0}, "asks for nothing"),
        ({"pay_to": "0x" + "00" * 20}, "no address"),
        ({"pay_to": "0x1234"}, "no address"),
        ({"pay_to": PAYER.address}, "not reach any seller"),
        ({"pay_to": USDC_CHECKSUMMED}, "not reach any seller"),
    ],
)
async def test_what_could_not_land_or_is_not_ours_is_refused(
    bench: Bench, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(OfferRefused, match=words):
        await bench.unsigned(**changes)


async def test_a_wallet_that_holds_too_little_is_refused(bench: Bench) -> None:
    with pytest.raises(WalletUnfunded, match="holds 1\\.00 USDC"):
        await bench.unsigned(base_units=FUNDS + 1)


async def test_a_refund_is_a_transfer_from_the_seller_that_is_large_enough(bench: Bench) -> None:
    evidence, signed = await bench.signed()
    bench.land(signed)
    receipt = _receipt(await bench.outcome(evidence))

    bench.node.transfer(SELLER.address, PAYER.address, PRICE - 1)
    assert await bench.rail.inbound_refunds(receipt) == []
    bench.node.transfer(PAYER.address, SELLER.address, PRICE)
    refund = bench.node.transfer(SELLER.address, PAYER.address, PRICE)

    found = await bench.rail.inbound_refunds(receipt)
    assert [(each.transaction, each.amount.base_units) for each in found] == [(refund, PRICE)]


async def test_a_receipt_is_proven_only_as_it_was(bench: Bench) -> None:
    evidence, signed = await bench.signed()
    bench.land(signed)
    receipt = _receipt(await bench.outcome(evidence))
    plain = bench.node.transfer(PAYER.address, SELLER.address, PRICE)

    assert await bench.rail.proves(receipt)
    for change in (
        {"amount": Amount(asset=USDC, base_units=PRICE - 1)},
        {"pay_to": low(OTHER)},
        {"payer": low(OTHER)},
        {"transaction": "0x" + "11" * 32},
        {"transaction": "garbage"},
        {"transaction": plain},
        {"piece": "0x" + "11" * 32},
    ):
        assert not await bench.rail.proves(receipt.model_copy(update=change)), change


async def test_every_transfer_out_of_the_wallet_is_listed(bench: Bench) -> None:
    early = await bench.chain.time_of((await bench.chain.latest()).number)
    bench.node.advance_seconds(10)
    first = bench.node.transfer(PAYER.address, OTHER.address, 5)
    bench.node.advance_seconds(10)
    since = await bench.chain.time_of((await bench.chain.latest()).number)
    _, signed = await bench.signed()
    second = bench.land(signed)

    everything = await bench.rail.outbound(PAYER.address, since=early)
    recent = await bench.rail.outbound(PAYER.address, since=since)

    assert [each.transaction for each in everything] == [first, second]
    assert [(each.pay_to, each.amount.base_units) for each in recent] == [(low(SELLER), PRICE)]


@given(key=KEYS, other=KEYS)
def test_every_key_has_one_nonce_of_its_own(key: PaymentKey, other: PaymentKey) -> None:
    nonce = nonce_of(key, "caravan/eip3009")

    assert len(bytes.fromhex(nonce[2:])) == 32
    assert nonce == nonce_of(key, "caravan/eip3009")
    assert (nonce == nonce_of(other, "caravan/eip3009")) is (key == other)


def _receipt(outcome: object) -> Receipt:
    assert isinstance(outcome, Landed)
    return Receipt(
        key=KEY,
        step_id=StepId("buy"),
        listing_id=ListingId("GET https://a.example/"),
        amount=Amount(asset=USDC, base_units=outcome.moved or 0),
        network=USDC.network,
        pay_to=low(SELLER),
        payer=low(PAYER),
        transaction=outcome.transaction,
        piece=outcome.piece,
        slot=outcome.slot,
        block_time=outcome.block_time,
        response_digest=Digest("0" * 64),
    )


def _together(bench: Bench, payments: list[Any]) -> str:
    """Use several authorizations in one transaction."""
    calls = [(USDC_CHECKSUMMED, use_call(signed)) for signed in payments]
    data = encoded(MULTICALL3_TRY_AGGREGATE_ABI, "tryAggregate", True, calls)
    transaction = bench.node.send(FACILITATOR.address, MULTICALL3_ADDRESS, data)
    assert bench.node.receipt(transaction)["status"] == "0x1"
    return transaction


def _cancel(bench: Bench, evidence: EvmEvidence) -> None:
    """Do what only the payer can: use the nonce up without moving money."""
    domain = {
        "name": "USDC",
        "version": "2",
        "chainId": 84532,
        "verifyingContract": USDC_CHECKSUMMED,
    }
    nonce = bytes.fromhex(evidence.nonce[2:])
    fields = [("authorizer", "address"), ("nonce", "bytes32")]
    types = {"CancelAuthorization": [{"name": name, "type": kind} for name, kind in fields]}
    signed = Account.sign_message(
        encode_typed_data(domain, types, {"authorizer": PAYER.address, "nonce": nonce}), PAYER.key
    )
    inputs = [*fields, ("v", "uint8"), ("r", "bytes32"), ("s", "bytes32")]
    abi = [
        {
            "type": "function",
            "name": "cancelAuthorization",
            "inputs": [{"name": name, "type": kind} for name, kind in inputs],
        }
    ]
    raw = signed.signature
    data = encoded(abi, "cancelAuthorization", PAYER.address, nonce, raw[64], raw[:32], raw[32:64])
    transaction = bench.node.send(FACILITATOR.address, USDC.address, data)
    assert bench.node.receipt(transaction)["status"] == "0x1"
