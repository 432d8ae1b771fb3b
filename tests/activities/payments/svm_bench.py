"""A rail over a chain of its own whose slots pass when told, and everything that misbehaves."""

import base64
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from solana.rpc.async_api import AsyncClient
from solana.rpc.providers.async_http import AsyncHTTPProvider
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import MessageV0, to_bytes_versioned
from solders.pubkey import Pubkey
from solders.rpc.requests import Body
from solders.transaction import VersionedTransaction

from activities.payments.exchanges import Challenge, Demand, Outcome, SignedPayment, Unsigned
from activities.payments.ports import Signer
from activities.payments.rail_svm import SvmRail
from activities.payments.signers.keyfile_svm import KeyfileSigner
from activities.payments.svm_chain import SvmChain
from deploy.localnet.addresses import associated_token_account
from deploy.localnet.genesis import Grant
from deploy.localnet.records import Landed
from deploy.localnet.server import LocalnetServer
from deploy.localnet.tokens import read_token_account
from domain.catalogue import Terms
from domain.chains import SOLANA_DEVNET, USDC_DEVNET
from domain.ids import Digest, ListingId, PaymentKey, StepId
from domain.payments import Receipt, SvmEvidence

PAYER, SELLER, FACILITATOR, DELEGATE = (Keypair.from_seed(bytes([n] * 32)) for n in range(31, 35))
OWN = str(PAYER.pubkey())
KEY, OTHER_KEY = PaymentKey("ab" * 32), PaymentKey("cd" * 32)
CHALLENGE = Challenge(demands=())
FUNDS, PRICE, SAVINGS = 1_000_000, 400_000, 2_000_000

GRANTS: Sequence[Grant] = (
    Grant(PAYER.pubkey(), 10**9, FUNDS),
    Grant(SELLER.pubkey(), 10**9, SAVINGS),
    Grant(FACILITATOR.pubkey(), 10**9, None),
    Grant(DELEGATE.pubkey(), 10**9, FUNDS),
)


def demand(**changes: Any) -> Demand:
    known: dict[str, Any] = {
        "x402_version": 2,
        "scheme": "exact",
        "network": SOLANA_DEVNET,
        "asset": USDC_DEVNET.address,
        "base_units": PRICE,
        "pay_to": str(SELLER.pubkey()),
        "max_timeout_seconds": 60,
        "fee_payer": str(FACILITATOR.pubkey()),
    }
    return Demand(terms=Terms(**{**known, **changes}), raw={})


def svm(unsigned: Unsigned) -> SvmEvidence:
    assert isinstance(unsigned.evidence, SvmEvidence)
    return unsigned.evidence


def transaction_of(signed: SignedPayment) -> VersionedTransaction:
    content = base64.b64decode(str(signed.payload["transaction"]))
    return VersionedTransaction.from_bytes(content)


@dataclass
class Bench:
    """One rail, its chain, and the facilitator's part in a payment."""

    server: LocalnetServer
    client: AsyncClient
    rail: SvmRail

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator["Bench"]:
        with LocalnetServer(None, grants=GRANTS, manual_slots=True) as server:
            async with AsyncClient(server.rpc_url) as client:
                chains = [SvmChain(client)]
                rail = SvmRail(chains, asset=USDC_DEVNET, signer=KeyfileSigner(PAYER))
                yield cls(server, client, rail)

    @property
    def chain(self) -> SvmChain:
        return SvmChain(self.client)

    def rail_of(self, signer: Signer | None, *, owner: str | None = None) -> SvmRail:
        return SvmRail([self.chain], asset=USDC_DEVNET, signer=signer, owner=owner)

    def rail_over(self, *chains: SvmChain) -> SvmRail:
        return SvmRail(chains, asset=USDC_DEVNET, signer=None)

    def delegated(self) -> SvmRail:
        return self.rail_of(KeyfileSigner(DELEGATE), owner=OWN)

    async def prepared(self, *, key: PaymentKey = KEY, **changes: Any) -> Unsigned:
        return await self.rail.prepare(demand(**changes), CHALLENGE, key=key, payer=OWN)

    async def signed(self, unsigned: Unsigned, *, key: PaymentKey = KEY) -> SignedPayment:
        return await self.rail.sign(unsigned, key=key)

    async def land(self, unsigned: Unsigned) -> str:
        return await self.send(await self.signed(unsigned))

    async def send(self, signed: SignedPayment) -> str:
        """Do the facilitator's part: sign as fee payer and send."""
        answer = await self.client.send_raw_transaction(bytes(self.whole(signed)), opts=None)
        return str(answer.value)

    def whole(self, signed: SignedPayment) -> VersionedTransaction:
        transaction = transaction_of(signed)
        mine = FACILITATOR.sign_message(to_bytes_versioned(transaction.message))
        signatures = [mine, *transaction.signatures[1:]]
        return VersionedTransaction.populate(transaction.message, signatures)

    async def outcome(self, unsigned: Unsigned, *, hint: str | None = None) -> Outcome:
        return await self.rail.outcome(unsigned.evidence, str(SELLER.pubkey()), hint=hint)

    def execute(self, signer: Keypair, *instructions: Instruction) -> None:
        """Land a transaction of somebody's own."""
        blockhash, _ = self.server.chain.latest_blockhash()
        message = MessageV0.try_compile(signer.pubkey(), list(instructions), [], blockhash)
        landed = self.server.chain.submit(VersionedTransaction(message, [signer]))
        assert isinstance(landed, Landed)
        assert landed.err is None

    def usdc(self, owner: Pubkey) -> int:
        account = self.server.chain.machine.account(associated_token_account(owner))
        held = read_token_account(account)
        return 0 if held is None else held.base_units

    def fault(self, **fault: Any) -> None:
        request = {"jsonrpc": "2.0", "id": 1, "method": "localnet_setFault", "params": [fault]}
        self.server.rpc.answer(json.dumps(request).encode())

    def pass_slots(self, count: int = 151) -> None:
        self.server.chain.advance_slots(count)


def receipt(transaction: str, **changes: Any) -> Receipt:
    terms = demand().terms
    known: dict[str, Any] = {
        "key": KEY,
        "step_id": StepId("buy"),
        "listing_id": ListingId("POST https://a.example/"),
        "amount": terms.amount,
        "network": terms.network,
        "pay_to": terms.pay_to,
        "payer": OWN,
        "transaction": transaction,
        "slot": 0,
        "block_time": None,
        "response_digest": Digest("0" * 64),
    }
    return Receipt(**{**known, **changes})


class Liar(AsyncHTTPProvider):
    """Stands between a rail and a real node, and changes some of its answers."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.lies: dict[str, Callable[[Any], Any]] = {}
        """By method: what to make of the node's JSON-RPC answer; text is sent as it is."""

    async def make_request_unparsed(self, body: Body) -> str:
        raw = await super().make_request_unparsed(body)
        lie = self.lies.get(json.loads(body.to_json())["method"])
        if lie is None:
            return raw
        told = lie(json.loads(raw))
        return told if isinstance(told, str) else json.dumps(told)

    @property
    def chain(self) -> SvmChain:
        client = AsyncClient(self.endpoint_uri)
        client._provider = self
        return SvmChain(client)
