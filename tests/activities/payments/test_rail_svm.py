"""What became of signed bytes, as read from a real chain that is made to misbehave."""

import base64
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from solana.rpc.async_api import AsyncClient
from solders.keypair import Keypair
from solders.message import to_bytes_versioned
from solders.transaction import VersionedTransaction

from activities.payments.ports import Challenge, Demand, Landed, NeverLands, Pending, SignedPayment
from activities.payments.rail_svm import SvmRail
from activities.payments.svm_chain import SvmChain
from deploy.localnet.genesis import Grant
from deploy.localnet.server import LocalnetServer
from domain.artifacts import ArtifactRef
from domain.catalogue import Terms
from domain.chains import SOLANA_DEVNET, USDC_DEVNET
from domain.errors import OfferRefused, UpstreamUnavailable, WalletUnfunded
from domain.ids import Digest, ListingId, PaymentKey
from domain.payments import Authorization

PAYER, SELLER, FACILITATOR = (Keypair.from_seed(bytes([n] * 32)) for n in (31, 32, 33))
KEY = PaymentKey("ab" * 32)
CHALLENGE = Challenge(demands=())
FUNDS = 1_000_000


def demand(**changes: Any) -> Demand:
    known: dict[str, Any] = {
        "x402_version": 2,
        "scheme": "exact",
        "network": SOLANA_DEVNET,
        "asset": USDC_DEVNET.address,
        "base_units": 400_000,
        "pay_to": str(SELLER.pubkey()),
        "max_timeout_seconds": 60,
        "fee_payer": str(FACILITATOR.pubkey()),
    }
    return Demand(terms=Terms(**{**known, **changes}), raw={})


def authorization(signed: SignedPayment) -> Authorization:
    terms = demand().terms
    return Authorization(
        key=KEY,
        listing_id=ListingId("POST https://a.example/"),
        amount=terms.amount,
        pay_to=terms.pay_to,
        order=ArtifactRef(digest=Digest("0" * 64), media_type="application/json", size_bytes=0),
        sealed_payment="",
        message_digest=signed.message_digest,
        memo=signed.memo,
        first_slot=signed.first_slot,
        last_valid_block_height=signed.last_valid_block_height,
    )


@dataclass
class Bench:
    """A rail over a chain of its own, whose slots pass when told."""

    server: LocalnetServer
    client: AsyncClient
    rail: SvmRail

    async def signed(self, **changes: Any) -> SignedPayment:
        return await self.rail.sign(demand(**changes), CHALLENGE, key=KEY)

    async def land(self, signed: SignedPayment) -> str:
        """Do the facilitator's part: sign as fee payer and send."""
        content = base64.b64decode(str(signed.payload["transaction"]))
        transaction = VersionedTransaction.from_bytes(content)
        mine = FACILITATOR.sign_message(to_bytes_versioned(transaction.message))
        signatures = [mine, *transaction.signatures[1:]]
        whole = VersionedTransaction.populate(transaction.message, signatures)
        answer = await self.client.send_raw_transaction(bytes(whole), opts=None)
        return str(answer.value)

    def fault(self, **fault: Any) -> None:
        request = {"jsonrpc": "2.0", "id": 1, "method": "localnet_setFault", "params": [fault]}
        self.server.rpc.answer(json.dumps(request).encode())

    def pass_slots(self, count: int = 151) -> None:
        self.server.chain.advance_slots(count)


@pytest.fixture
def server() -> Iterator[LocalnetServer]:
    grants = [
        Grant(PAYER.pubkey(), 10**7, FUNDS),
        Grant(SELLER.pubkey(), 10**7, 0),
        Grant(FACILITATOR.pubkey(), 10**9, None),
    ]
    with LocalnetServer(None, grants=grants, manual_slots=True) as running:
        yield running


@pytest.fixture
async def bench(server: LocalnetServer) -> AsyncIterator[Bench]:
    async with AsyncClient(server.rpc_url) as client:
        yield Bench(server, client, SvmRail(SvmChain(client), signer=PAYER, asset=USDC_DEVNET))


async def test_bytes_that_nobody_sent_are_pending_and_then_never_land(bench: Bench) -> None:
    signed = authorization(await bench.signed())

    assert await bench.rail.outcome(signed) == Pending()
    bench.pass_slots(150)
    assert await bench.rail.outcome(signed) == Pending()
    bench.pass_slots(2)
    assert isinstance(await bench.rail.outcome(signed), NeverLands)


async def test_a_payment_is_found_without_knowing_its_transaction(bench: Bench) -> None:
    signed = await bench.signed()
    transaction = await bench.land(signed)

    outcome = await bench.rail.outcome(authorization(signed))

    assert isinstance(outcome, Landed)
    assert outcome.transaction == transaction
    assert (await bench.rail.balance()).base_units == FUNDS - 400_000


async def test_a_payment_is_found_long_after_its_window(bench: Bench) -> None:
    signed = await bench.signed()
    await bench.land(signed)
    bench.pass_slots(1_000)

    assert isinstance(await bench.rail.outcome(authorization(signed)), Landed)


@pytest.mark.parametrize("hint", ["", "garbage", str(Keypair().sign_message(b"x"))])
async def test_a_wrong_hint_hides_nothing(bench: Bench, hint: str) -> None:
    signed = await bench.signed()
    await bench.land(signed)

    assert isinstance(await bench.rail.outcome(authorization(signed), hint=hint), Landed)


async def test_somebody_elses_transaction_is_no_proof(bench: Bench) -> None:
    other = await bench.rail.sign(demand(base_units=1), CHALLENGE, key=PaymentKey("cd" * 32))
    named = await bench.land(other)
    signed = await bench.signed()

    assert await bench.rail.outcome(authorization(signed), hint=named) == Pending()


async def test_two_payments_with_one_sellers_memo_are_told_apart(bench: Bench) -> None:
    first = await bench.signed(memo="order")
    bench.pass_slots(1)
    second = await bench.signed(memo="order")
    await bench.land(second)

    assert await bench.rail.outcome(authorization(first)) == Pending()
    assert isinstance(await bench.rail.outcome(authorization(second)), Landed)


async def test_a_transaction_that_failed_on_chain_moved_nothing_and_is_final_after_its_window(
    bench: Bench,
) -> None:
    signed = await bench.signed(base_units=700_000)
    rival = await bench.rail.sign(demand(base_units=700_000), CHALLENGE, key=PaymentKey("cd" * 32))
    await bench.land(rival)
    raw = base64.b64decode(str(signed.payload["transaction"]))
    transaction = VersionedTransaction.from_bytes(raw)
    mine = FACILITATOR.sign_message(to_bytes_versioned(transaction.message))
    whole = VersionedTransaction.populate(transaction.message, [mine, *transaction.signatures[1:]])
    bench.server.chain.submit(whole)  # as a facilitator does that skips preflight

    assert await bench.rail.outcome(authorization(signed)) == Pending()
    bench.pass_slots()
    never = await bench.rail.outcome(authorization(signed))

    assert isinstance(never, NeverLands)
    assert "failed on chain" in never.reason


@pytest.mark.parametrize("fault", ["rpc_error", "drop"])
async def test_a_node_that_fails_proves_nothing(bench: Bench, fault: str) -> None:
    signed = authorization(await bench.signed())
    bench.pass_slots()
    bench.fault(kind=fault, method="getSignaturesForAddress")

    with pytest.raises(UpstreamUnavailable):
        await bench.rail.outcome(signed)


async def test_a_node_that_lags_does_not_turn_a_payment_into_none(bench: Bench) -> None:
    signed = await bench.signed()
    await bench.land(signed)
    bench.fault(kind="lag", slots=20)

    assert await bench.rail.outcome(authorization(signed)) == Pending()


async def test_a_landed_payment_is_found_on_a_node_that_always_lags(bench: Bench) -> None:
    signed = await bench.signed()
    await bench.land(signed)
    bench.pass_slots(200)
    bench.fault(kind="lag", slots=12)

    assert isinstance(await bench.rail.outcome(authorization(signed)), Landed)


@pytest.mark.parametrize("method", ["getSignaturesForAddress", "getTransaction"])
async def test_one_lagging_node_of_many_does_not_turn_a_payment_into_none(
    bench: Bench, method: str
) -> None:
    signed = await bench.signed()
    await bench.land(signed)
    bench.pass_slots(200)
    bench.fault(kind="lag", slots=400, method=method)

    with pytest.raises(UpstreamUnavailable):
        await bench.rail.outcome(authorization(signed))


async def test_a_seller_without_a_token_account_is_refused_before_signing(bench: Bench) -> None:
    with pytest.raises(OfferRefused, match="could never land"):
        await bench.signed(pay_to=str(Keypair().pubkey()))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fee_payer": str(PAYER.pubkey())}, "own accounts"),
        ({"fee_payer": "nonsense"}, "address that is none"),
        ({"pay_to": "nonsense"}, "address that is none"),
    ],
)
async def test_unsafe_terms_are_refused_before_signing(
    bench: Bench, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(OfferRefused, match=words):
        await bench.signed(**change)


async def test_more_than_the_wallet_holds_is_refused_before_signing(bench: Bench) -> None:
    with pytest.raises(WalletUnfunded, match=r"holds 1\.00 USDC"):
        await bench.signed(base_units=FUNDS + 1)


async def test_signing_the_same_purchase_again_gives_the_same_memo(bench: Bench) -> None:
    first, second = await bench.signed(), await bench.signed()

    assert first.memo == second.memo == KEY[:32]
    assert first.message_digest == second.message_digest
