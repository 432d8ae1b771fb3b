"""Settling on a real chain: what is reported is what happened."""

from collections.abc import Iterator
from typing import Any

import pytest
from solders.keypair import Keypair
from x402.mechanisms.svm.constants import SOLANA_DEVNET_CAIP2, USDC_DEVNET_ADDRESS
from x402.mechanisms.svm.exact.client import ExactSvmScheme as BuyerScheme
from x402.mechanisms.svm.exact.facilitator import ExactSvmScheme
from x402.mechanisms.svm.exact.v1.client import ExactSvmSchemeV1 as BuyerSchemeV1
from x402.mechanisms.svm.exact.v1.facilitator import ExactSvmSchemeV1
from x402.mechanisms.svm.settlement_cache import SettlementCache
from x402.mechanisms.svm.signers import FacilitatorKeypairSigner, KeypairSigner
from x402.schemas import PaymentPayload, PaymentPayloadV1, PaymentRequirements
from x402.schemas.v1 import PaymentRequirementsV1

from deploy.facilitator.guard import RpcStatus, StrictExactSvmScheme, StrictExactSvmSchemeV1
from deploy.services.chain import Transfer
from tests.deploy.services.stack import Node

pytestmark = [
    pytest.mark.stack,
    # The package builds its chain client on a class its own dependency deprecates.
    pytest.mark.filterwarnings("ignore:.* is deprecated; use solana"),
]

PRICE = 500_000


class Robbed(FacilitatorKeypairSigner):
    """Between the simulation and the sending, the buyer's money goes elsewhere."""

    def __init__(self, table: "Table") -> None:
        super().__init__(table.fee_payer, table.node.url)
        self._table = table

    def send_transaction(self, tx_base64: str, network: str) -> str:
        self._table.empty_the_buyer()
        return super().send_transaction(tx_base64, network)


class Table:
    """A buyer with exactly one price, a seller and a facilitator's key on one chain."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.fee_payer, self.buyer, self.seller = Keypair(), Keypair(), Keypair()
        node.fund(str(self.fee_payer.pubkey()), base_units=0)
        node.fund(str(self.buyer.pubkey()), base_units=PRICE)
        node.fund(str(self.seller.pubkey()), base_units=0)
        self.status = RpcStatus(node.url)
        self.signer: FacilitatorKeypairSigner = FacilitatorKeypairSigner(self.fee_payer, node.url)
        self._clients: list[Any] = [self.signer]

    def rob(self) -> None:
        self.signer = Robbed(self)
        self._clients.append(self.signer)

    @property
    def received(self) -> int:
        return self.node.usdc(str(self.seller.pubkey()))

    def empty_the_buyer(self) -> None:
        account = self.node.chain.call(
            "getTokenAccountsByOwner",
            str(self.buyer.pubkey()),
            {"mint": USDC_DEVNET_ADDRESS},
            {"encoding": "base64"},
        )["value"][0]["pubkey"]
        other = Keypair()
        self.node.fund(str(other.pubkey()), base_units=0)
        elsewhere = self.node.chain.call(
            "getTokenAccountsByOwner",
            str(other.pubkey()),
            {"mint": USDC_DEVNET_ADDRESS},
            {"encoding": "base64"},
        )["value"][0]["pubkey"]
        signed = self.node.chain.sign_transfer(
            self.buyer, Transfer(account, elsewhere, PRICE), "elsewhere"
        )
        self.node.chain.send(signed.raw)

    def terms(self) -> dict[str, Any]:
        return {
            "scheme": "exact",
            "asset": USDC_DEVNET_ADDRESS,
            "payTo": str(self.seller.pubkey()),
            "maxTimeoutSeconds": 60,
            "extra": {"feePayer": str(self.fee_payer.pubkey())},
        }

    def version_2(self) -> tuple[PaymentPayload, PaymentRequirements]:
        wanted = PaymentRequirements.model_validate(
            {**self.terms(), "network": SOLANA_DEVNET_CAIP2, "amount": str(PRICE)}
        )
        scheme = BuyerScheme(KeypairSigner(self.buyer), self.node.url)
        self._clients.append(scheme)
        payload = scheme.create_payment_payload(wanted)
        return PaymentPayload(payload=payload, accepted=wanted), wanted

    def version_1(self) -> tuple[PaymentPayloadV1, PaymentRequirementsV1]:
        network = "solana-devnet"
        wanted = PaymentRequirementsV1.model_validate(
            {
                **self.terms(),
                "network": network,
                "maxAmountRequired": str(PRICE),
                "resource": "http://seller.test/a",
            }
        )
        scheme = BuyerSchemeV1(KeypairSigner(self.buyer), self.node.url)
        self._clients.append(scheme)
        payload = scheme.create_payment_payload(wanted)
        return PaymentPayloadV1(scheme="exact", network=network, payload=payload), wanted

    def close(self) -> None:
        self.status.close()
        for owner in self._clients:
            for client in owner._clients.values():  # the package never closes them
                client._provider.session.close()


@pytest.fixture
def table(node: Node) -> Iterator[Table]:
    made = Table(node)
    # The buyer needs SOL only for the transfer that empties it.
    node.chain.call("requestAirdrop", str(made.buyer.pubkey()), 10**9)
    yield made
    made.close()


def test_a_payment_of_version_2_is_settled(table: Table) -> None:
    scheme = StrictExactSvmScheme(table.signer, SettlementCache(), table.status)

    assert scheme.settle(*table.version_2()).success
    assert table.received == PRICE


def test_a_payment_of_version_1_is_settled(table: Table) -> None:
    scheme = StrictExactSvmSchemeV1(table.signer, SettlementCache(), table.status)

    assert scheme.settle(*table.version_1()).success
    assert table.received == PRICE


def test_the_package_alone_calls_a_failed_transfer_paid(table: Table) -> None:
    table.rob()
    result = ExactSvmScheme(table.signer).settle(*table.version_2())

    assert result.success  # the defect: nothing was paid
    assert table.node.chain.outcome(result.transaction) is False
    assert table.received == 0


def test_the_guard_calls_it_failed_and_names_the_transaction(table: Table) -> None:
    table.rob()
    scheme = StrictExactSvmScheme(table.signer, SettlementCache(), table.status)
    result = scheme.settle(*table.version_2())

    assert result.success is False
    assert result.error_reason == "transaction_failed"
    assert table.node.chain.outcome(result.transaction) is False
    assert table.received == 0


def test_version_1_has_the_same_defect_and_the_same_guard(table: Table) -> None:
    table.rob()
    payment = table.version_1()
    assert ExactSvmSchemeV1(table.signer).settle(*payment).success
    assert table.received == 0

    table.node.fund(str(table.buyer.pubkey()), base_units=PRICE)
    guarded = StrictExactSvmSchemeV1(table.signer, SettlementCache(), table.status)
    result = guarded.settle(*table.version_1())

    assert (result.success, result.error_reason) == (False, "transaction_failed")
    assert table.received == 0


def test_the_same_payment_settles_once(table: Table) -> None:
    scheme = StrictExactSvmScheme(table.signer, SettlementCache(), table.status)
    payment = table.version_2()
    first, second = scheme.settle(*payment), scheme.settle(*payment)

    assert (first.success, second.success) == (True, False)
    assert table.received == PRICE
