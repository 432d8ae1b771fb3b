"""A delegate spends its owner's money up to the cap that the chain keeps, and no further."""

import base64
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from solders.keypair import Keypair
from solders.token import ID as TOKEN_PROGRAM
from spl.token.instructions import approve, revoke
from spl.token.models import ApproveParams, RevokeParams
from x402.facilitator import x402FacilitatorSync
from x402.mechanisms.svm.exact.register import register_exact_svm_facilitator
from x402.mechanisms.svm.signers import FacilitatorKeypairSigner
from x402.schemas import PaymentPayload, PaymentRequirements

from activities.payments import svm_transfer
from activities.payments.exchanges import Landed, NeverLands, SignedPayment, Unsigned
from activities.payments.svm_reading import explain
from deploy.localnet.records import Landed as OnChain
from domain.chains import SOLANA_DEVNET, USDC_DEVNET
from domain.errors import SignatureRefused, WalletUnfunded
from tests.activities.payments.svm_bench import (
    DELEGATE,
    FACILITATOR,
    FUNDS,
    OTHER_KEY,
    OWN,
    PAYER,
    PRICE,
    SAVINGS,
    SELLER,
    Bench,
    receipt,
    svm,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore:Client is deprecated",  # x402 still uses solana-py's synchronous client
    "ignore:TxOpts is deprecated",
)

SOURCE = svm_transfer.token_account(PAYER.pubkey(), USDC_DEVNET)

INSUFFICIENT_FUNDS, NOT_THE_OWNER = 1, 4
"""Source: errors of the SPL Token program."""


def allow(bench: Bench, base_units: int, *, to: Keypair = DELEGATE) -> None:
    """What ``spl-token approve`` does."""
    params = ApproveParams(
        program_id=TOKEN_PROGRAM,
        source=SOURCE,
        delegate=to.pubkey(),
        owner=PAYER.pubkey(),
        amount=base_units,
    )
    bench.execute(PAYER, approve(params))


def forbid(bench: Bench) -> None:
    """What ``spl-token revoke`` does."""
    params = RevokeParams(program_id=TOKEN_PROGRAM, account=SOURCE, owner=PAYER.pubkey())
    bench.execute(PAYER, revoke(params))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with Bench.open() as opened:
        opened.rail = opened.delegated()
        yield opened


@pytest.fixture
def facilitator(bench: Bench) -> Iterator[x402FacilitatorSync]:
    made = x402FacilitatorSync()
    signer = FacilitatorKeypairSigner(FACILITATOR, rpc_url=bench.server.rpc_url)
    register_exact_svm_facilitator(made, signer, SOLANA_DEVNET)
    yield made
    for client in signer._clients.values():
        client._provider.session.close()


def submitted(bench: Bench, signed: SignedPayment) -> object:
    """Send without any check beforehand; return the error with which it landed."""
    landed = bench.server.chain.submit(bench.whole(signed))
    assert isinstance(landed, OnChain)
    return landed.err


async def test_a_delegate_pays_with_its_owners_money(bench: Bench) -> None:
    allow(bench, PRICE)
    unsigned = await bench.prepared()
    words = explain(unsigned.message)
    assert (words.source, words.authority) == (str(SOURCE), str(DELEGATE.pubkey()))

    transaction = await bench.land(unsigned)

    assert isinstance(await bench.outcome(unsigned), Landed)
    assert bench.usdc(PAYER.pubkey()) == FUNDS - PRICE
    assert bench.usdc(DELEGATE.pubkey()) == FUNDS
    assert svm(unsigned).payer == bench.rail.payer == OWN
    assert await bench.rail.proves(receipt(transaction))


async def test_what_a_delegate_can_spend_is_the_smaller_of_allowance_and_balance(
    bench: Bench,
) -> None:
    assert (await bench.rail.balance(OWN)).base_units == 0
    allow(bench, 5)
    assert (await bench.rail.balance(OWN)).base_units == 5
    allow(bench, 10 * FUNDS)
    assert (await bench.rail.balance(OWN)).base_units == FUNDS
    forbid(bench)
    assert (await bench.rail.balance(OWN)).base_units == 0
    allow(bench, FUNDS, to=SELLER)
    assert (await bench.rail.balance(OWN)).base_units == 0


async def test_more_than_the_allowance_is_refused_before_signing(bench: Bench) -> None:
    allow(bench, PRICE - 1)

    with pytest.raises(WalletUnfunded, match=str(DELEGATE.pubkey())):
        await bench.prepared()


async def test_a_spent_allowance_is_spent(bench: Bench) -> None:
    allow(bench, PRICE + 1)
    await bench.land(await bench.prepared())

    assert (await bench.rail.balance(OWN)).base_units == 1
    with pytest.raises(WalletUnfunded):
        await bench.prepared(key=OTHER_KEY)


async def over_the_cap(bench: Bench) -> Unsigned:
    """Sign for more than is allowed, as a bug or a break-in here would."""
    allow(bench, PRICE)
    unsigned = await bench.prepared()
    allow(bench, PRICE - 1)
    return unsigned


async def test_the_chain_itself_refuses_what_exceeds_the_cap(bench: Bench) -> None:
    unsigned = await over_the_cap(bench)

    assert submitted(bench, await bench.signed(unsigned)) == {
        "InstructionError": [2, {"Custom": 1}]
    }

    assert bench.usdc(PAYER.pubkey()) == FUNDS
    bench.pass_slots()
    assert isinstance(await bench.outcome(unsigned), NeverLands)


async def test_two_payments_within_the_cap_each_land_once_between_them(bench: Bench) -> None:
    allow(bench, PRICE)
    first, second = await bench.prepared(), await bench.prepared(key=OTHER_KEY)
    errors = [submitted(bench, await bench.signed(one)) for one in (first, second)]

    assert errors == [None, {"InstructionError": [2, {"Custom": NOT_THE_OWNER}]}]
    assert bench.usdc(PAYER.pubkey()) == FUNDS - PRICE


async def test_a_revoked_delegate_pays_nothing(bench: Bench) -> None:
    allow(bench, PRICE)
    unsigned = await bench.prepared()
    forbid(bench)

    assert submitted(bench, await bench.signed(unsigned)) is not None
    assert bench.usdc(PAYER.pubkey()) == FUNDS


async def test_the_owners_signature_does_not_stand_in_for_the_delegates(bench: Bench) -> None:
    allow(bench, PRICE)
    unsigned = await bench.prepared()
    owners = PAYER.sign_message(base64.b64decode(unsigned.message))

    with pytest.raises(SignatureRefused):
        bench.rail.attach(unsigned, str(owners))


async def test_everybody_else_pays_with_their_own_money(bench: Bench) -> None:
    own = str(DELEGATE.pubkey())

    assert (await bench.rail.balance(own)).base_units == FUNDS
    assert bench.rail._authority(own) == DELEGATE.pubkey()


def asked(unsigned: Unsigned, signed: SignedPayment) -> tuple[PaymentPayload, PaymentRequirements]:
    terms = unsigned.demand.terms
    fields: dict[str, Any] = {
        "scheme": terms.scheme,
        "network": terms.network,
        "asset": terms.asset,
        "amount": str(terms.base_units),
        "pay_to": terms.pay_to,
        "max_timeout_seconds": terms.max_timeout_seconds,
        "extra": {"feePayer": terms.fee_payer},
    }
    requirements = PaymentRequirements(**fields)
    return PaymentPayload(payload=signed.payload, accepted=requirements), requirements


async def test_the_published_facilitator_takes_a_delegates_payment(
    bench: Bench, facilitator: x402FacilitatorSync
) -> None:
    allow(bench, PRICE)
    unsigned = await bench.prepared()
    payload, requirements = asked(unsigned, await bench.signed(unsigned))

    verified = facilitator.verify(payload, requirements)
    settled = facilitator.settle(payload, requirements)

    assert (verified.is_valid, verified.payer) == (True, str(DELEGATE.pubkey()))
    assert settled.success
    assert bench.usdc(SELLER.pubkey()) - SAVINGS == PRICE
    assert isinstance(await bench.outcome(unsigned, hint=settled.transaction), Landed)


async def test_the_published_facilitator_refuses_what_exceeds_the_cap(
    bench: Bench, facilitator: x402FacilitatorSync
) -> None:
    unsigned = await over_the_cap(bench)
    payload, requirements = asked(unsigned, await bench.signed(unsigned))

    assert not facilitator.verify(payload, requirements).is_valid
    assert not facilitator.settle(payload, requirements).success
    assert bench.usdc(PAYER.pubkey()) == FUNDS
