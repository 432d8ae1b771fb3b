"""The package's own buyer, unmodified."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from solders.keypair import Keypair
from x402.client import x402Client
from x402.http.clients.httpx import x402HttpxClient
from x402.http.utils import decode_payment_required_header, decode_payment_response_header
from x402.mechanisms.svm.constants import SOLANA_DEVNET_CAIP2
from x402.mechanisms.svm.exact.client import ExactSvmScheme
from x402.mechanisms.svm.signers import KeypairSigner
from x402.schemas import SettleResponse

from tests.deploy.services.stack import Stack

PAID_CALL_SECONDS = 60


@dataclass
class Buyer:
    """Somebody with money."""

    stack: Stack
    pair: Keypair
    allows: str | None = None
    """Another token it pays in."""

    @property
    def address(self) -> str:
        return str(self.pair.pubkey())

    @property
    def balance(self) -> int:
        return self.stack.node.usdc(self.address)

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[x402HttpxClient]:
        scheme: Any = ExactSvmScheme(KeypairSigner(self.pair), self.stack.node.url)
        payments = x402Client().register(SOLANA_DEVNET_CAIP2, scheme)
        controls: Any = {"max_amount_per_payment": "10.00"}
        if self.allows is not None:
            token = {"network": SOLANA_DEVNET_CAIP2, "asset": self.allows, "decimals": 6}
            controls = {"allowed_assets": [token]}
        payments.set_spend_controls(controls)
        try:
            async with x402HttpxClient(payments, timeout=PAID_CALL_SECONDS) as made:
                yield made
        finally:
            for node in scheme._clients.values():  # the package never closes them
                node._provider.session.close()

    async def buy(self, url: str, body: object) -> httpx.Response:
        async with self.client() as client:
            return await client.post(url, json=body)

    async def echo(self, kind: str) -> httpx.Response:
        return await self.buy(self.stack.misbehaving.url + f"/misbehaving/{kind}", {"text": "hi"})


def receipt(response: httpx.Response) -> SettleResponse:
    return decode_payment_response_header(response.headers["payment-response"])


def quote(url: str) -> dict[str, Any]:
    response = httpx.post(url, json={})
    assert response.status_code == 402
    required = decode_payment_required_header(response.headers["payment-required"])
    return required.model_dump(by_alias=True, exclude_none=True)
