"""The package's own buyer on the EVM chain, unmodified."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import httpx
from eth_account import Account
from eth_account.signers.local import LocalAccount
from x402.client import x402Client
from x402.http.clients.httpx import x402HttpxClient
from x402.http.utils import decode_payment_required_header
from x402.mechanisms.evm.batch_settlement.client import BatchSettlementEvmScheme
from x402.mechanisms.evm.exact.client import ExactEvmScheme
from x402.mechanisms.evm.signers import EthAccountSigner, EthAccountSignerWithRPC
from x402.mechanisms.evm.upto.client import UptoEvmScheme

from deploy.evm.contracts import LocalEvm
from domain.chains import BASE_SEPOLIA
from tests.deploy.facilitator.evm_table import close_sessions
from tests.deploy.services.stack import Stack

PAID_CALL_SECONDS = 60
FUNDS = 10_000_000


@dataclass
class EvmBuyer:
    """Somebody with money on the EVM chain, and on no other."""

    stack: Stack
    account: LocalAccount
    reader: EthAccountSignerWithRPC
    channels: BatchSettlementEvmScheme

    @classmethod
    def of(cls, stack: Stack) -> Self:
        account = Account.create()
        assert stack.evm is not None
        # Gas for one approval, as the owner of a wallet once needs it.
        stack.evm.chain.fund(account.address, base_units=FUNDS, wei=10**18)
        stack.evm.chain.approve_permit2(account.address)
        reader = EthAccountSignerWithRPC(account, stack.evm.url)
        return cls(stack, account, reader, BatchSettlementEvmScheme(reader))

    def close(self) -> None:
        close_sessions(self.reader)

    @property
    def chain(self) -> LocalEvm:
        assert self.stack.evm is not None
        return self.stack.evm.chain

    @property
    def balance(self) -> int:
        return self.chain.balance(self.account.address)

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[x402HttpxClient]:
        payments = x402Client()
        signer = EthAccountSigner(self.account)
        upto = UptoEvmScheme(self.reader)
        schemes: tuple[Any, ...] = (ExactEvmScheme(signer), upto, self.channels)
        for scheme in schemes:
            payments.register(BASE_SEPOLIA, scheme)
        async with x402HttpxClient(payments, timeout=PAID_CALL_SECONDS) as made:
            yield made

    async def buy(self, url: str, body: object = None) -> httpx.Response:
        async with self.client() as client:
            if body is None:
                return await client.get(url)
            return await client.post(url, json=body)

    async def echo(self, kind: str) -> httpx.Response:
        return await self.buy(self.stack.misbehaving.url + f"/misbehaving/{kind}", {"text": "hi"})


def challenge(url: str, method: str = "POST") -> dict[str, Any]:
    response = httpx.request(method, url, json={} if method == "POST" else None)
    assert response.status_code == 402
    required = decode_payment_required_header(response.headers["payment-required"])
    return required.model_dump(by_alias=True, exclude_none=True)
