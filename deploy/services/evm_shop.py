"""Sellers paid on the EVM network alone: at a fixed price, below a maximum, by vouchers.

Each sells a random number, so that an answer that was bought again can be told from a repeated one.
"""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from x402.extensions.bazaar import OutputConfig, declare_discovery_extension
from x402.http.facilitator_client import FacilitatorConfig, HTTPFacilitatorClient
from x402.http.middleware.fastapi import payment_middleware, set_settlement_overrides
from x402.http.types import PaymentOption, RouteConfig
from x402.mechanisms.evm.batch_settlement.server import BatchSettlementEvmScheme
from x402.mechanisms.evm.exact.server import ExactEvmScheme
from x402.mechanisms.evm.upto.server import UptoEvmScheme
from x402.schemas import AssetAmount
from x402.server import x402ResourceServer

from deploy.services.evm_channels import ChannelStore, channel_scheme
from deploy.services.refund_doors import declaration
from domain.chains import EIP712_DOMAINS, USDC_BASE_SEPOLIA, usdc_on

NETWORK: Final = USDC_BASE_SEPOLIA.network

PRICE: Final = 20_000
"""Base units that a call costs, or may cost: 0.02 USDC."""

METERED: Final = 5_000
"""What the metered seller charges in the end."""

MAX_TIMEOUT_SECONDS: Final = 60


@dataclass(frozen=True)
class EvmListing:
    """One endpoint."""

    path: str
    name: str
    scheme: str
    how: str


LISTINGS: Final = (
    EvmListing("/evm/fixed", "Meridian Fixed Number", "exact", "at a fixed price. Refundable"),
    EvmListing(
        "/evm/metered",
        "Meridian Metered Number",
        "upto",
        "for a quarter of the maximum. Refundable",
    ),
    EvmListing("/evm/channel", "Meridian Channel Number", "batch-settlement", "by voucher"),
)
"""What is sold."""

_SCHEMA: Final = {
    "type": "object",
    "properties": {"sold": {"type": "string"}, "number": {"type": "integer"}},
    "required": ["sold", "number"],
}


def add_evm(
    app: FastAPI,
    *,
    account: LocalAccount,
    public_url: str,
    facilitator_url: str,
    network: str = NETWORK,
    refunds_url: str | None = None,
    channels: ChannelStore | None = None,
) -> BatchSettlementEvmScheme:
    """Add one endpoint for each scheme; whoever asks gets a random number.

    Args:
        app: Where they are added.
        account: Whom all of them pay.
        public_url: Root under which buyers reach them.
        facilitator_url: Who verifies and settles.
        network: Where they are paid.
        refunds_url: Where a fixed price is given back, if it is.
        channels: Where vouchers are kept; in memory without it.

    Returns:
        The channels' side, whose vouchers somebody must claim.
    """
    server = x402ResourceServer(HTTPFacilitatorClient(FacilitatorConfig(url=facilitator_url)))
    # The package's own protocol does not match its own classes.
    kinds: tuple[Any, ...] = (ExactEvmScheme, UptoEvmScheme)
    for kind in kinds:
        server.register(network, kind())
    vouchers = channel_scheme(account.address, channels)
    server.register(network, vouchers)
    routes = {
        f"GET {sold.path}": _route(
            sold, _way(sold.scheme, account.address, network), public_url, refunds_url
        )
        for sold in LISTINGS
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

    scheme: BatchSettlementEvmScheme = vouchers
    return scheme


def _way(scheme: str, pay_to: str, network: str) -> PaymentOption:
    asset = usdc_on(network).address
    name, version = EIP712_DOMAINS[(network, asset)]
    said = {"name": name, "version": version}
    return PaymentOption(
        scheme=scheme,
        pay_to=pay_to,
        price=AssetAmount(amount=str(PRICE), asset=to_checksum_address(asset), extra=said),
        network=network,
        max_timeout_seconds=MAX_TIMEOUT_SECONDS,
    )


def _route(
    sold: EvmListing, way: PaymentOption, public_url: str, refunds_url: str | None
) -> RouteConfig:
    example = {"sold": sold.path.rpartition("/")[2], "number": 172_948_551_936}
    found = declare_discovery_extension(output=OutputConfig(example=example, schema=_SCHEMA))
    # A channel gives back what is left on it by itself; for the rest, the wallet promises.
    door = refunds_url if sold.scheme != "batch-settlement" else None
    return RouteConfig(
        accepts=way,
        resource=public_url + sold.path,
        description=f"A random number, {sold.how}. Paid on the EVM network by {sold.scheme}.",
        mime_type="application/json",
        service_name=sold.name,
        tags=["random", "number", "evm"],
        extensions={**found, **(declaration(door) if door is not None else {})},
    )
