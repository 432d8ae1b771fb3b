"""Rules, wallets outside and audits against the real chain, facilitator and sellers."""

import time
from pathlib import Path

import pytest
from solders.keypair import Keypair
from solders.message import to_bytes_versioned
from temporalio.testing import ActivityEnvironment
from x402.mechanisms.svm.constants import USDC_DEVNET_ADDRESS
from x402.mechanisms.svm.utils import derive_ata

from activities.payments import svm_transfer
from activities.payments.reply_seal import seal_reply
from deploy.services.chain import Transfer
from domain.bookkeeping import AuditRecords, RecordsAudited
from domain.errors import PolicyForbids, SignatureExpired, SignatureRefused
from domain.payments import Authorization, PaymentState, SignatureRequest
from domain.policy import Names, SpendPolicy
from domain.purchases import AttachSignature
from tests.activities.payments.desk import Desk
from tests.deploy.services.stack import Stack

DEX = "/dex/volume"


async def asked(desk: Desk, wallet: Keypair) -> SignatureRequest:
    made = await desk.authorize(desk.offer(DEX), wallet=str(wallet.pubkey()))
    assert isinstance(made, SignatureRequest)
    return made


async def attach(desk: Desk, request: SignatureRequest, signature: str) -> Authorization:
    sealed = seal_reply(signature, reply_key=request.reply_key, key=request.key)
    ask = AttachSignature(key=request.key, sealed_signature=sealed)
    return await ActivityEnvironment().run(desk.activities.attach_signature, ask)


def signed_by(wallet: Keypair, request: SignatureRequest) -> str:
    message = svm_transfer.message_from(request.message)
    return str(wallet.sign_message(to_bytes_versioned(message)))


async def test_a_persons_own_wallet_pays_and_the_installations_does_not(desk: Desk) -> None:
    own = desk.market.payer(base_units=1_000_000)
    before = desk.balance()
    request = await asked(desk, own)
    with pytest.raises(SignatureRefused):
        await attach(desk, request, signed_by(Keypair(), request))

    authorization = await attach(desk, request, signed_by(own, request))
    settlement = await desk.settle(authorization)

    assert settlement.state is PaymentState.DELIVERED
    assert desk.market.node.usdc(str(own.pubkey())) == 950_000
    assert desk.balance() == before


async def test_a_wallet_that_never_signs_costs_nothing_once_that_is_proven(desk: Desk) -> None:
    own = desk.market.payer(base_units=1_000_000)
    request = await asked(desk, own)
    assert await asked(desk, own) == request
    desk.market.node.chain.call("localnet_advanceSlots", 200)

    with pytest.raises(SignatureExpired):
        await asked(desk, own)

    assert (await desk.ledger.get(request.key)).state is PaymentState.UNPAID
    assert desk.market.node.usdc(str(own.pubkey())) == 1_000_000


async def test_a_forbidden_host_is_never_paid(market: Stack, tmp_path: Path) -> None:
    rules = SpendPolicy(deny=Names(hosts=("127.0.0.1",)))
    wallet = market.payer(base_units=1_000_000)
    async with Desk.open(market, tmp_path, wallet, policy=rules) as desk:
        with pytest.raises(PolicyForbids, match=r"forbids host 127\.0\.0\.1"):
            await desk.authorized(desk.offer(DEX))

    assert market.node.usdc(str(wallet.pubkey())) == 1_000_000


async def test_an_audit_of_the_real_chain_finds_what_left_without_a_record(desk: Desk) -> None:
    settlement = await desk.settle(await desk.authorized(desk.offer(DEX)))
    clean = await _audit(desk)
    thief = Keypair()
    desk.market.node.fund(str(thief.pubkey()), base_units=0)
    _steal(desk, thief, base_units=70_000)

    found = await _audit(desk)

    assert clean.proven == found.proven == (settlement.key,)
    assert clean.mismatches == ()
    (mismatch,) = found.mismatches
    assert mismatch.kind == "not_in_ledger"
    assert "0.07 USDC left" in mismatch.message


async def _audit(desk: Desk) -> RecordsAudited:
    return await ActivityEnvironment().run(desk.books.audit, AuditRecords())


def _steal(desk: Desk, thief: Keypair, *, base_units: int) -> None:
    chain, mint = desk.market.node.chain, USDC_DEVNET_ADDRESS
    transfer = Transfer(
        source=derive_ata(str(desk.wallet.pubkey()), mint),
        destination=derive_ata(str(thief.pubkey()), mint),
        base_units=base_units,
    )
    signed = chain.sign_transfer(desk.wallet, transfer, "with a stolen key")
    chain.send(signed.raw)
    deadline = time.monotonic() + 20
    while chain.outcome(signed.signature) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    chain.call("localnet_advanceSlots", 64)  # an audit reads what is final
