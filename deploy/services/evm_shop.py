"""Sellers paid on the EVM network: by exact price, by a maximum, and by vouchers on a channel.

Not in the bazaar: the demo's plans are budgeted on Solana. They are there to be bought by address.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any, Final

import httpx
from eth_account.signers.local import LocalAccount
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from x402.http.facilitator_client import FacilitatorConfig, HTTPFacilitatorClient
from x402.http.middleware.fastapi import payment_middleware, set_settlement_overrides
from x402.http.types import PaymentOption, RouteConfig
from x402.mechanisms.evm.batch_settlement.server import BatchSettlementEvmScheme
from x402.mechanisms.evm.exact.server import ExactEvmScheme
from x402.mechanisms.evm.upto.server import UptoEvmScheme
from x402.schemas import AssetAmount
from x402.server import x402ResourceServer

from domain.chains import EIP712_DOMAINS, USDC_BASE_SEPOLIA

NETWORK: Final = USDC_BASE_SEPOLIA.network

PRICE: Final = 20_000
"""Base units that a call costs, or may cost: 0.02 USDC."""

METERED: Final = 5_000
"""What the metered seller charges in the end."""

MAX_TIMEOUT_SECONDS: Final = 60

_SCHEMES: Final = {
    "/evm/fixed": "exact",
    "/evm/metered": "upto",
    "/evm/channel": "batch-settlement",
}
"""Path and payment scheme of each seller."""


def add_evm(app: FastAPI, *, account: LocalAccount, public_url: str, facilitator_url: str) -> None:
    """Add one endpoint for each scheme; whoever asks gets a random number."""
    server = x402ResourceServer(HTTPFacilitatorClient(FacilitatorConfig(url=facilitator_url)))
    # The package's own protocol does not match its own classes.
    kinds: tuple[Any, ...] = (ExactEvmScheme, UptoEvmScheme)
    for kind in kinds:
        server.register(NETWORK, kind())
    channels: Any = BatchSettlementEvmScheme(account.address)
    server.register(NETWORK, channels)
    routes = {
        f"GET {path}": _route(public_url + path, scheme, account.address)
        for path, scheme in _SCHEMES.items()
    }
    guard = payment_middleware(routes, server)

    @app.middleware("http")
    async def payment(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        if not request.url.path.startswith("/evm/"):
            return await call_next(request)
        try:
            return await guard(request, call_next)
        except httpx.TransportError:
            return JSONResponse({"error": "the facilitator cannot be reached"}, 503)

    @app.get("/evm/{kind}")
    async def handed(kind: str) -> Response:
        answer = JSONResponse({"sold": kind, "number": int.from_bytes(os.urandom(6))})
        if kind == "metered":
            set_settlement_overrides(answer, {"amount": str(METERED)})
        return answer


def _route(url: str, scheme: str, pay_to: str) -> RouteConfig:
    name, version = EIP712_DOMAINS[(NETWORK, USDC_BASE_SEPOLIA.address)]
    said = {"name": name, "version": version}
    price = AssetAmount(amount=str(PRICE), asset=USDC_BASE_SEPOLIA.address, extra=said)
    return RouteConfig(
        accepts=PaymentOption(
            scheme=scheme,
            pay_to=pay_to,
            price=price,
            network=NETWORK,
            max_timeout_seconds=MAX_TIMEOUT_SECONDS,
        ),
        resource=url,
        description=f"a random number, paid by {scheme}",
        mime_type="application/json",
    )
