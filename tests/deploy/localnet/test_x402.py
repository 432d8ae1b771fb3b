"""The unmodified x402 client and facilitator pay on this chain."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from x402.client import x402ClientSync
from x402.facilitator import x402FacilitatorSync
from x402.mechanisms.svm.exact.client import ExactSvmScheme as ExactSvmClientScheme
from x402.mechanisms.svm.exact.register import register_exact_svm_facilitator
from x402.mechanisms.svm.signers import FacilitatorKeypairSigner, KeypairSigner
from x402.schemas import PaymentPayload, PaymentRequired, PaymentRequirements

from deploy.localnet.addresses import USDC_DEVNET_MINT, associated_token_account
from deploy.localnet.genesis import Grant, fund
from deploy.localnet.server import LocalnetServer
from deploy.localnet.tokens import read_token_account
from tests.deploy.localnet.localnet_kit import BUYER, SELLER, SOL

pytestmark = pytest.mark.filterwarnings(
    "ignore:Client is deprecated",  # x402 still uses solana-py's synchronous client
    "ignore:TxOpts is deprecated",
)

NETWORK = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"
FEE_PAYER = Keypair.from_seed(bytes([3] * 32))
PRICE = 10_000


def requirements() -> PaymentRequirements:
    return PaymentRequirements(
        scheme="exact",
        network=NETWORK,
        asset=str(USDC_DEVNET_MINT),
        amount=str(PRICE),
        pay_to=str(SELLER.pubkey()),
        max_timeout_seconds=60,
        extra={"feePayer": str(FEE_PAYER.pubkey())},
    )


@pytest.fixture
def facilitator(server: LocalnetServer) -> Iterator[x402FacilitatorSync]:
    fund(server.chain, [Grant(FEE_PAYER.pubkey(), SOL, None)])
    facilitator = x402FacilitatorSync()
    signer = FacilitatorKeypairSigner(FEE_PAYER, rpc_url=server.rpc_url)
    register_exact_svm_facilitator(facilitator, signer, NETWORK)
    yield facilitator
    close(signer._clients)


@pytest.fixture
def sign(server: LocalnetServer) -> Iterator[Callable[[], PaymentPayload]]:
    scheme = ExactSvmClientScheme(KeypairSigner(BUYER), rpc_url=server.rpc_url)
    client = x402ClientSync()
    client.register(NETWORK, scheme)

    def sign() -> PaymentPayload:
        payload = client.create_payment_payload(PaymentRequired(accepts=[requirements()]))
        assert isinstance(payload, PaymentPayload)
        return payload

    yield sign
    close(scheme._clients)


def close(clients: dict[str, Any]) -> None:
    # x402 never closes the connections it opens, and an open one is a warning here.
    for client in clients.values():
        client._provider.session.close()


def usdc(server: LocalnetServer, owner: Pubkey) -> int:
    token = read_token_account(server.chain.machine.account(associated_token_account(owner)))
    assert token is not None
    return token.base_units


def test_a_payment_is_verified_settled_and_found_on_chain(
    server: LocalnetServer, facilitator: x402FacilitatorSync, sign: Callable[[], PaymentPayload]
) -> None:
    payload = sign()

    assert facilitator.verify(payload, requirements()).is_valid
    settled = facilitator.settle(payload, requirements())

    assert settled.success
    assert usdc(server, SELLER.pubkey()) == PRICE
    source = associated_token_account(BUYER.pubkey())
    landed = server.chain.journal.landed_with(
        source, newest_slot=server.chain.slot, before=None, until=None, limit=10
    )
    assert [str(entry.signature) for entry in landed] == [settled.transaction]
    assert landed[0].memo is not None


def test_a_replayed_payment_pays_once(
    server: LocalnetServer, facilitator: x402FacilitatorSync, sign: Callable[[], PaymentPayload]
) -> None:
    payload = sign()
    facilitator.settle(payload, requirements())

    again = facilitator.settle(payload, requirements())

    assert not again.success
    assert usdc(server, SELLER.pubkey()) == PRICE


def test_an_expired_payment_is_not_paid(
    server: LocalnetServer, facilitator: x402FacilitatorSync, sign: Callable[[], PaymentPayload]
) -> None:
    payload = sign()
    server.chain.advance_slots(151)

    assert not facilitator.verify(payload, requirements()).is_valid
    assert not facilitator.settle(payload, requirements()).success
    assert usdc(server, SELLER.pubkey()) == 0
