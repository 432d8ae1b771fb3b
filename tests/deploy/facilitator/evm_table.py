"""A buyer, a seller and a facilitator at one EVM chain, all of the unmodified package."""

from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from x402.client import x402ClientSync
from x402.facilitator import x402FacilitatorSync
from x402.mechanisms.evm.batch_settlement.client import BatchSettlementEvmScheme
from x402.mechanisms.evm.batch_settlement.constants import MIN_WITHDRAW_DELAY
from x402.mechanisms.evm.exact.register import register_exact_evm_client
from x402.mechanisms.evm.signers import EthAccountSigner, EthAccountSignerWithRPC
from x402.mechanisms.evm.upto.client import UptoEvmScheme
from x402.schemas import PaymentRequired, PaymentRequirements, SettleResponse
from x402.schemas.v1 import PaymentRequiredV1, PaymentRequirementsV1

from deploy.evm.contracts import USDC, LocalEvm
from deploy.facilitator.evm import register_evm
from domain.chains import BASE_SEPOLIA

PRICE = 500_000
USDC_SAID = {"name": "USDC", "version": "2"}
PERMIT2 = "0x000000000022D473030F116dDEE9F6B43aC78BA3"


class EvmTable:
    """A buyer with exactly one price; the facilitator may see the chain through another node."""

    def __init__(self, chain: LocalEvm, *, node_url: str, seen_through: str) -> None:
        self.chain = chain
        self.gas, self.buyer, self.seller = (Account.create() for _ in range(3))
        chain.fund(self.gas.address, wei=10**18)
        chain.fund(self.buyer.address, base_units=PRICE)
        self.payments = x402FacilitatorSync()
        self._signer = register_evm(
            self.payments, account=self.gas, rpc_url=seen_through, network=BASE_SEPOLIA
        )
        self._client = x402ClientSync()
        register_exact_evm_client(self._client, EthAccountSigner(self.buyer), networks=BASE_SEPOLIA)
        self._reader = EthAccountSignerWithRPC(self.buyer, node_url)
        upto: Any = UptoEvmScheme(self._reader)
        channels: Any = BatchSettlementEvmScheme(self._reader)
        for scheme in (upto, channels):
            self._client.register(BASE_SEPOLIA, scheme)

    def close(self) -> None:
        self._signer.close()
        close_sessions(self._reader)

    @property
    def received(self) -> int:
        return self.chain.balance(self.seller.address)

    def terms(self, scheme: str = "exact") -> dict[str, Any]:
        return {
            "scheme": scheme,
            "asset": USDC,
            "payTo": self.seller.address,
            "maxTimeoutSeconds": 60,
            "extra": dict(USDC_SAID),
        }

    def version_2(self, scheme: str = "exact") -> tuple[Any, PaymentRequirements]:
        wanted = PaymentRequirements.model_validate(
            {**self.terms(scheme), "network": BASE_SEPOLIA, "amount": str(PRICE)}
        )
        if scheme == "upto":
            wanted.extra = {**wanted.extra, "facilitatorAddress": self.gas.address}
            wanted.extra["assetTransferMethod"] = "permit2"
        if scheme == "batch-settlement":
            said = {"receiverAuthorizer": self.gas.address, "withdrawDelay": MIN_WITHDRAW_DELAY}
            wanted.extra = {**wanted.extra, **said, "minDeposit": str(PRICE)}
        return self._client.create_payment_payload(PaymentRequired(accepts=[wanted])), wanted

    def version_1(self) -> tuple[Any, PaymentRequirementsV1]:
        said = {"network": "base-sepolia", "resource": "http://seller.test/a", "description": ""}
        wanted = PaymentRequirementsV1.model_validate(
            {**self.terms(), **said, "maxAmountRequired": str(PRICE), "mimeType": ""}
        )
        return self._client.create_payment_payload(PaymentRequiredV1(accepts=[wanted])), wanted

    def settle(self, payment: tuple[Any, Any]) -> SettleResponse:
        return self.payments.settle(*payment)

    def approve_permit2(self) -> None:
        """Let Permit2 move the buyer's tokens, as a buyer does once."""
        data = "0x095ea7b3" + PERMIT2[2:].lower().rjust(64, "0") + "f" * 64
        self._as(self.buyer, data)

    def rob(self) -> None:
        """Move the buyer's money elsewhere."""
        data = "0xa9059cbb" + ("11" * 20).rjust(64, "0") + f"{PRICE:064x}"
        self._as(self.buyer, data)

    def _as(self, account: LocalAccount, data: str) -> None:
        self.chain.fund(account.address, wei=10**18)
        self.chain.ask("anvil_impersonateAccount", account.address)
        call = {"from": account.address, "to": USDC, "data": data, "gas": hex(200_000)}
        transaction = self.chain.ask("eth_sendTransaction", call)
        self.chain.ask("evm_mine")
        assert self.chain.ask("eth_getTransactionReceipt", transaction)["status"] == "0x1"


def close_sessions(reader: EthAccountSignerWithRPC) -> None:
    """Close what web3 never closes."""
    provider: Any = reader._w3.provider
    for entry in provider._request_session_manager.session_cache.items():
        entry[1].close()
