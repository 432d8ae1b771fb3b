"""A rail over a real chain of its own, and the seller's side played by the unmodified package."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import is_address, to_checksum_address
from x402.facilitator import x402FacilitatorSync
from x402.mechanisms.evm.constants import TRANSFER_WITH_AUTHORIZATION_VRS_ABI
from x402.mechanisms.evm.exact.register import register_exact_evm_facilitator
from x402.mechanisms.evm.signers import FacilitatorWeb3Signer
from x402.schemas import SettleResponse, VerifyResponse
from x402.schemas.helpers import parse_payment_payload, parse_payment_requirements

from activities.payments.evm.chain import EvmChain
from activities.payments.evm.keyfile import EvmKeyfileSigner
from activities.payments.evm.node import EvmNode as RpcNode
from activities.payments.evm.rail_exact import EvmExactRail
from activities.payments.evm.token import encoded
from activities.payments.exchanges import Challenge, Demand, Outcome, SignedPayment, Unsigned
from domain.catalogue import Terms
from domain.chains import BASE_SEPOLIA, USDC_BASE_SEPOLIA
from domain.ids import PaymentKey
from domain.payments import EvmEvidence
from tests.activities.payments.evm.node import EvmNode
from tests.activities.payments.evm.relay import Relay

USDC = USDC_BASE_SEPOLIA
PAYER, SELLER, FACILITATOR, OTHER, AUTHORIZER = (
    Account.from_key(bytes([n] * 32)) for n in (0x51, 0x52, 0x53, 0x54, 0x55)
)
KEY = PaymentKey("ab" * 32)
CHALLENGE = Challenge(demands=())
FUNDS = 1_000_000
PRICE = 400_000


def low(account: LocalAccount) -> str:
    return str(account.address).lower()


def demand(**changes: Any) -> Demand:
    known: dict[str, Any] = {
        "x402_version": 2,
        "scheme": "exact",
        "network": BASE_SEPOLIA,
        "asset": USDC.address,
        "base_units": PRICE,
        "pay_to": SELLER.address,
        "max_timeout_seconds": 60,
    }
    terms = Terms(**{**known, **changes})
    return Demand(terms=terms, raw=accept(terms))


def accept(terms: Terms) -> dict[str, Any]:
    """What a seller's 402 says for these terms."""
    raw: dict[str, Any] = {
        "scheme": terms.scheme,
        "network": terms.network,
        "asset": USDC_CHECKSUMMED,
        "payTo": to_checksum_address(terms.pay_to) if is_address(terms.pay_to) else terms.pay_to,
        "maxTimeoutSeconds": terms.max_timeout_seconds,
        "extra": {"name": "USDC", "version": "2"},
    }
    if terms.x402_version == 1:
        said = {"network": "base-sepolia", "resource": "https://a.example/", "description": ""}
        return {**raw, **said, "maxAmountRequired": str(terms.base_units), "mimeType": ""}
    return {**raw, "amount": str(terms.base_units)}


USDC_CHECKSUMMED = "0x036CbD53842c5426634e7929541eC2318f3dCF7e"


@dataclass
class Bench:
    """What a test holds."""

    node: EvmNode
    relay: Relay
    http: httpx.AsyncClient
    chain: EvmChain
    signer: EvmKeyfileSigner
    rail: EvmExactRail

    @classmethod
    @asynccontextmanager
    async def open(cls, node: EvmNode, **finality: Any) -> AsyncIterator["Bench"]:
        relay = Relay()
        async with httpx.AsyncClient(transport=relay) as http:
            depths = {"confirmations": 1, "final_depth": 0, **finality}
            chain = EvmChain([rpc(node, http)], network=BASE_SEPOLIA, **depths)
            signer = EvmKeyfileSigner(PAYER)
            rail = EvmExactRail(chain, asset=USDC, signer=signer)
            yield cls(node, relay, http, chain, signer, rail)

    async def unsigned(self, key: PaymentKey = KEY, **changes: Any) -> Unsigned:
        return await self.rail.prepare(demand(**changes), CHALLENGE, key=key, payer=PAYER.address)

    async def signed(
        self, key: PaymentKey = KEY, **changes: Any
    ) -> tuple[EvmEvidence, SignedPayment]:
        unsigned = await self.unsigned(key, **changes)
        assert isinstance(unsigned.evidence, EvmEvidence)
        return unsigned.evidence, await self.rail.sign(unsigned, key=key)

    async def outcome(self, evidence: EvmEvidence, **hint: str) -> Outcome:
        return await self.rail.outcome(evidence, low(SELLER), **hint)

    def land(self, signed: SignedPayment) -> str:
        """Do the facilitator's part without its checks."""
        return self.node.send(FACILITATOR.address, USDC.address, use_call(signed))

    def balances(self) -> tuple[int, int]:
        return self.node.balance(PAYER.address), self.node.balance(SELLER.address)


def use_call(signed: SignedPayment) -> bytes:
    """The call that moves what was signed."""
    said: Any = signed.payload["authorization"]
    raw = bytes.fromhex(str(signed.payload["signature"])[2:])
    return encoded(
        TRANSFER_WITH_AUTHORIZATION_VRS_ABI,
        "transferWithAuthorization",
        said["from"],
        said["to"],
        int(said["value"]),
        int(said["validAfter"]),
        int(said["validBefore"]),
        bytes.fromhex(said["nonce"][2:]),
        raw[64],
        raw[:32],
        raw[32:64],
    )


def rpc(node: EvmNode, http: httpx.AsyncClient) -> RpcNode:
    return RpcNode(node.url, http, chain_id=84532)


class SellersSide:
    """The package's own facilitator, asked as a seller asks it."""

    def __init__(self, node: EvmNode) -> None:
        node.fund(FACILITATOR.address, wei=10**18)
        signer = FacilitatorWeb3Signer("0x" + FACILITATOR.key.hex(), node.url)
        self._facilitator = x402FacilitatorSync()
        register_exact_evm_facilitator(self._facilitator, signer, networks=BASE_SEPOLIA)

    async def verify(self, signed: SignedPayment) -> VerifyResponse:
        return await asyncio.to_thread(self._facilitator.verify, *_question(signed))

    async def settle(self, signed: SignedPayment) -> SettleResponse:
        return await asyncio.to_thread(self._facilitator.settle, *_question(signed))


def _question(signed: SignedPayment) -> tuple[Any, Any]:
    version = signed.x402_version
    whole: dict[str, Any] = {"x402Version": version, "payload": signed.payload}
    if version == 1:
        whole |= {"scheme": signed.accepted["scheme"], "network": signed.accepted["network"]}
    else:
        whole |= {"accepted": signed.accepted}
    return (
        parse_payment_payload(whole),
        parse_payment_requirements(version, dict(signed.accepted)),
    )
