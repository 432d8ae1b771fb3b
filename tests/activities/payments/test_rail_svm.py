"""What is signed, what is refused before, and what became of it, on a real chain."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.token import ID as TOKEN_PROGRAM
from spl.token.instructions import transfer_checked
from spl.token.models import TransferCheckedParams

from activities.payments import svm_transfer
from activities.payments.exchanges import Landed, NeverLands, Pending
from activities.payments.signers.keyfile_svm import KeyfileSigner
from activities.payments.svm_reading import explain
from domain.errors import (
    IllegalTransition,
    Misconfigured,
    OfferRefused,
    SignatureRefused,
    UpstreamUnavailable,
    WalletUnfunded,
)
from domain.ids import Digest
from domain.limits import MAX_MEMO_BYTES
from domain.payments import EvmEvidence
from tests.activities.payments.svm_bench import (
    DELEGATE,
    FACILITATOR,
    FUNDS,
    KEY,
    OTHER_KEY,
    OWN,
    PAYER,
    PRICE,
    SAVINGS,
    SELLER,
    Bench,
    demand,
    receipt,
    svm,
    transaction_of,
)

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with Bench.open() as opened:
        yield opened


async def test_bytes_that_nobody_sent_are_pending_and_then_never_land(bench: Bench) -> None:
    unsigned = await bench.prepared()

    assert await bench.outcome(unsigned) == Pending()
    bench.pass_slots(150)
    assert await bench.outcome(unsigned) == Pending()
    bench.pass_slots(2)
    assert isinstance(await bench.outcome(unsigned), NeverLands)


async def test_a_payment_is_found_without_knowing_its_transaction(bench: Bench) -> None:
    unsigned = await bench.prepared()
    transaction = await bench.land(unsigned)

    outcome = await bench.outcome(unsigned)

    assert isinstance(outcome, Landed)
    assert outcome.transaction == transaction
    assert (await bench.rail.balance(OWN)).base_units == FUNDS - PRICE
    assert bench.usdc(SELLER.pubkey()) - SAVINGS == PRICE


async def test_a_payment_is_found_long_after_its_window(bench: Bench) -> None:
    unsigned = await bench.prepared()
    await bench.land(unsigned)
    bench.pass_slots(1_000)

    assert isinstance(await bench.outcome(unsigned), Landed)


@pytest.mark.parametrize("hint", ["", "garbage", str(Keypair().sign_message(b"x"))])
async def test_a_wrong_hint_hides_nothing(bench: Bench, hint: str) -> None:
    unsigned = await bench.prepared()
    await bench.land(unsigned)

    assert isinstance(await bench.outcome(unsigned, hint=hint), Landed)


async def test_somebody_elses_transaction_is_no_proof(bench: Bench) -> None:
    other = await bench.prepared(base_units=1, key=OTHER_KEY)
    named = await bench.land(other)
    unsigned = await bench.prepared()

    assert await bench.outcome(unsigned, hint=named) == Pending()


async def test_parallel_equal_calls_with_one_sellers_memo_pay_twice_over(bench: Bench) -> None:
    first = await bench.prepared(memo="order")
    second = await bench.prepared(memo="order", key=OTHER_KEY)
    assert svm(first).message_digest != svm(second).message_digest
    await bench.land(second)

    assert await bench.outcome(first) == Pending()
    await bench.land(first)
    landed = [await bench.outcome(one) for one in (first, second)]

    assert len({one.transaction for one in landed if isinstance(one, Landed)}) == 2
    assert bench.usdc(SELLER.pubkey()) - SAVINGS == 2 * PRICE


@pytest.mark.parametrize("sign", ["x", "\u00e9", "\u20ac", "\U0001f600", "\x01", "\u200b"])
async def test_the_longest_memo_a_seller_may_force_lands(bench: Bench, sign: str) -> None:
    unsigned = await bench.prepared(memo=sign * (MAX_MEMO_BYTES // len(sign.encode())))
    await bench.land(unsigned)

    assert isinstance(await bench.outcome(unsigned), Landed)


async def test_a_transaction_that_failed_on_chain_moved_nothing_and_is_final_after_its_window(
    bench: Bench,
) -> None:
    unsigned = await bench.prepared(base_units=700_000)
    signed = await bench.signed(unsigned)
    await bench.land(await bench.prepared(base_units=700_000, key=OTHER_KEY))
    bench.server.chain.submit(bench.whole(signed))  # as a facilitator does that skips preflight

    assert await bench.outcome(unsigned) == Pending()
    bench.pass_slots()
    never = await bench.outcome(unsigned)

    assert isinstance(never, NeverLands)
    assert "failed on chain" in never.reason


@pytest.mark.parametrize("fault", ["rpc_error", "drop"])
async def test_a_node_that_fails_proves_nothing(bench: Bench, fault: str) -> None:
    unsigned = await bench.prepared()
    bench.pass_slots()
    bench.fault(kind=fault, method="getSignaturesForAddress")

    with pytest.raises(UpstreamUnavailable):
        await bench.outcome(unsigned)


async def test_a_node_that_lags_does_not_turn_a_payment_into_none(bench: Bench) -> None:
    unsigned = await bench.prepared()
    await bench.land(unsigned)
    bench.fault(kind="lag", slots=20)

    assert await bench.outcome(unsigned) == Pending()


async def test_a_landed_payment_is_found_on_a_node_that_always_lags(bench: Bench) -> None:
    unsigned = await bench.prepared()
    await bench.land(unsigned)
    bench.pass_slots(200)
    bench.fault(kind="lag", slots=12)

    assert isinstance(await bench.outcome(unsigned), Landed)


@pytest.mark.parametrize("method", ["getSignaturesForAddress", "getTransaction"])
async def test_one_lagging_node_of_many_does_not_turn_a_payment_into_none(
    bench: Bench, method: str
) -> None:
    unsigned = await bench.prepared()
    await bench.land(unsigned)
    bench.pass_slots(200)
    bench.fault(kind="lag", slots=400, method=method)

    with pytest.raises(UpstreamUnavailable):
        await bench.outcome(unsigned)


async def test_evidence_of_another_chain_is_no_question_for_this_rail(bench: Bench) -> None:
    elsewhere = EvmEvidence(
        payer="0x0",
        method="eip3009",
        contract="0x0",
        nonce="0x0",
        message_digest=Digest("0" * 64),
        first_block=1,
        valid_before=1,
    )

    with pytest.raises(IllegalTransition):
        await bench.rail.outcome(elsewhere, str(SELLER.pubkey()))


async def test_a_seller_without_a_token_account_is_refused_before_signing(bench: Bench) -> None:
    with pytest.raises(OfferRefused, match="could never land"):
        await bench.prepared(pay_to=str(Keypair().pubkey()))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fee_payer": OWN}, "own accounts"),
        ({"fee_payer": "nonsense"}, "address that is none"),
        ({"fee_payer": None}, "address that is none"),
        ({"pay_to": "nonsense"}, "address that is none"),
        ({"pay_to": OWN}, "the paying account itself"),
        ({"asset": str(Keypair().pubkey())}, "is not paid here"),
        ({"network": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"}, "is not paid here"),
    ],
)
async def test_unsafe_terms_are_refused_before_signing(
    bench: Bench, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(OfferRefused, match=words):
        await bench.prepared(**change)


async def test_the_fee_payer_is_none_of_the_token_accounts(bench: Bench) -> None:
    source = svm_transfer.token_account(PAYER.pubkey(), demand().terms.amount.asset)

    with pytest.raises(OfferRefused, match="own accounts"):
        await bench.prepared(fee_payer=str(source))


async def test_more_than_the_wallet_holds_is_refused_before_signing(bench: Bench) -> None:
    with pytest.raises(WalletUnfunded, match=r"can spend 1\.00 USDC"):
        await bench.prepared(base_units=FUNDS + 1)


async def test_a_wallet_without_an_account_is_unfunded(bench: Bench) -> None:
    with pytest.raises(WalletUnfunded, match="has no USDC account"):
        await bench.rail.balance(str(Keypair().pubkey()))


async def test_preparing_the_same_purchase_again_gives_the_same_message(bench: Bench) -> None:
    first, second = await bench.prepared(), await bench.prepared()

    assert svm(first).memo == svm(second).memo == KEY[:32]
    assert first == second


async def test_the_message_says_what_the_demand_asks_and_nothing_else(bench: Bench) -> None:
    words = explain((await bench.prepared()).message)

    asset = demand().terms.amount.asset
    assert words.source == str(svm_transfer.token_account(PAYER.pubkey(), asset))
    assert words.destination == str(svm_transfer.token_account(SELLER.pubkey(), asset))
    assert (words.mint, words.base_units, words.decimals) == (asset.address, PRICE, 6)
    assert (words.authority, words.fee_payer) == (OWN, str(FACILITATOR.pubkey()))
    assert words.memo == KEY[:32]


@pytest.mark.parametrize("version", [1, 2])
async def test_only_the_payers_place_is_signed_in_either_version(
    bench: Bench, version: int
) -> None:
    signed = await bench.signed(await bench.prepared(x402_version=version))

    assert signed.x402_version == version
    assert set(signed.payload) == {"transaction"}
    transaction = transaction_of(signed)
    assert list(transaction.message.account_keys[:2]) == [FACILITATOR.pubkey(), PAYER.pubkey()]
    assert transaction.verify_with_results() == [False, True]
    assert transaction.signatures[0] == Signature.default()


async def test_a_signature_from_outside_pays(bench: Bench) -> None:
    unsigned = await bench.prepared()
    signature = PAYER.sign_message(base64.b64decode(unsigned.message))

    await bench.send(bench.rail.attach(unsigned, str(signature)))

    assert isinstance(await bench.outcome(unsigned), Landed)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "garbage",
        str(Signature.default()),
        str(PAYER.sign_message(b"another message")),
        str(FACILITATOR.sign_message(b"another wallet")),
    ],
)
async def test_what_is_not_the_payers_signature_of_this_is_refused(
    bench: Bench, signature: str
) -> None:
    unsigned = await bench.prepared()

    with pytest.raises(SignatureRefused):
        bench.rail.attach(unsigned, signature)


async def test_the_installations_wallet_does_not_sign_for_another(bench: Bench) -> None:
    unsigned = await bench.prepared()
    stranger = bench.rail_of(KeyfileSigner(Keypair()))

    with pytest.raises(SignatureRefused):
        await stranger.sign(unsigned, key=KEY)


async def test_without_a_wallet_of_its_own_an_installation_signs_nothing(bench: Bench) -> None:
    rail = bench.rail_of(None)

    assert rail.payer is None
    with pytest.raises(Misconfigured):
        await rail.sign(await bench.prepared(), key=KEY)


async def test_a_receipt_is_what_the_chain_shows_or_it_proves_nothing(bench: Bench) -> None:
    transaction = await bench.land(await bench.prepared())

    assert await bench.rail.proves(receipt(transaction))
    dearer = demand(base_units=PRICE + 1).terms.amount
    assert not await bench.rail.proves(receipt(transaction, amount=dearer))
    assert not await bench.rail.proves(receipt(transaction, pay_to=OWN))
    assert not await bench.rail.proves(receipt(transaction, payer=str(SELLER.pubkey())))
    assert not await bench.rail.proves(receipt("garbage"))
    assert not await bench.rail.proves(receipt(str(Keypair().sign_message(b"x"))))


async def test_everything_that_left_the_wallet_is_listed_also_what_we_did_not_sign_for(
    bench: Bench,
) -> None:
    paid = await bench.land(await bench.prepared())
    await bench.land(await bench.prepared(base_units=7, key=OTHER_KEY))

    newest, oldest = await bench.rail.outbound(OWN, since=LONG_AGO)

    assert (newest.amount.base_units, oldest.amount.base_units) == (7, PRICE)
    assert (oldest.transaction, oldest.pay_to) == (paid, str(SELLER.pubkey()))
    assert oldest.at is not None
    later = oldest.at + timedelta(days=1)
    assert await bench.rail.outbound(OWN, since=later) == []
    assert await bench.rail.outbound(str(SELLER.pubkey()), since=LONG_AGO) == []


async def test_money_that_came_back_is_a_refund_if_it_is_enough_and_from_the_seller(
    bench: Bench,
) -> None:
    unsigned = await bench.prepared()
    paid = await bench.land(unsigned)
    bought = receipt(paid, slot=svm(unsigned).first_slot)
    assert await bench.rail.inbound_refunds(bought) == []

    bench.execute(SELLER, *_moved(SELLER, PAYER, PRICE - 1, memo="almost"))
    bench.execute(DELEGATE, *_moved(DELEGATE, PAYER, PRICE, memo="from a friend"))
    assert await bench.rail.inbound_refunds(bought) == []
    bench.execute(SELLER, *_moved(SELLER, PAYER, PRICE, memo="refund:of another payment"))
    assert await bench.rail.inbound_refunds(bought) == []
    bench.execute(SELLER, *_moved(SELLER, PAYER, PRICE + 1, memo="thanks"))
    bench.execute(SELLER, *_moved(SELLER, PAYER, PRICE, memo=f"refund:{paid[:32]}"))

    found = await bench.rail.inbound_refunds(bought)
    assert [one.amount.base_units for one in found] == [PRICE, PRICE + 1]


def _moved(sender: Keypair, to: Keypair, base_units: int, *, memo: str) -> list[Instruction]:
    asset = demand().terms.amount.asset
    transfer = transfer_checked(
        TransferCheckedParams(
            program_id=TOKEN_PROGRAM,
            source=svm_transfer.token_account(sender.pubkey(), asset),
            mint=Pubkey.from_string(asset.address),
            dest=svm_transfer.token_account(to.pubkey(), asset),
            owner=sender.pubkey(),
            amount=base_units,
            decimals=asset.decimals,
        )
    )
    return [transfer, Instruction(svm_transfer.MEMO_PROGRAM, memo.encode(), [])]
