"""A listing's 402: what it asks, and what the bazaar is told."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from x402.extensions.bazaar import OutputConfig, declare_discovery_extension
from x402.http.facilitator_client import FacilitatorConfig, HTTPFacilitatorClient
from x402.http.middleware.fastapi import payment_middleware
from x402.http.types import DynamicPayTo, DynamicPrice, PaymentOption, RouteConfig
from x402.mechanisms.svm.constants import SOLANA_DEVNET_CAIP2, USDC_DEVNET_ADDRESS
from x402.mechanisms.svm.exact.server import ExactSvmScheme
from x402.schemas import AssetAmount
from x402.server import x402ResourceServer

from deploy.services.listing import Listing

MAX_TIMEOUT_SECONDS: Final = 60
"""How long a payment may be on its way; a Solana blockhash lives about as long."""


def amount(base_units: int) -> AssetAmount:
    """Return a price in devnet USDC."""
    return AssetAmount(amount=str(base_units), asset=USDC_DEVNET_ADDRESS, extra={})


def resource_server(facilitator_url: str) -> x402ResourceServer:
    """Return a seller that verifies and settles at one facilitator.

    The scheme gets no node on purpose: it would only fetch blockhash hints, synchronously, on
    the server's loop. Without one it never reads a chain at all.
    """
    client = HTTPFacilitatorClient(FacilitatorConfig(url=facilitator_url))
    server = x402ResourceServer(client)
    scheme: Any = ExactSvmScheme()  # the package's own protocol does not match its own class
    server.register(SOLANA_DEVNET_CAIP2, scheme)
    return server


def add_payment(app: FastAPI, routes: dict[str, RouteConfig], server: x402ResourceServer) -> None:
    """Put the package's payment middleware before an application's endpoints."""
    guard = payment_middleware(routes, server)

    @app.middleware("http")
    async def payment(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        try:
            return await guard(request, call_next)
        except httpx.TransportError:
            # Raised only before any payment is looked at, while the facilitator's keys are unknown.
            return JSONResponse({"error": "the facilitator cannot be reached"}, 503)


def bazaar(listing: Listing[Any]) -> dict[str, Any]:
    """Return the discovery extension."""
    return declare_discovery_extension(
        input=listing.example,
        input_schema=listing.input_schema(),
        body_type="json",
        output=OutputConfig(example=listing.output_example(), schema=listing.output_schema()),
    )


def option(
    price: AssetAmount | DynamicPrice,
    pay_to: str | DynamicPayTo,
    *,
    max_timeout_seconds: int = MAX_TIMEOUT_SECONDS,
) -> PaymentOption:
    """Return one way to pay, on Solana."""
    return PaymentOption(
        scheme="exact",
        pay_to=pay_to,
        price=price,
        network=SOLANA_DEVNET_CAIP2,
        max_timeout_seconds=max_timeout_seconds,
    )


def route(
    listing: Listing[Any],
    *,
    url: str,
    accepts: Sequence[PaymentOption],
    extensions: dict[str, Any] | None = None,
) -> RouteConfig:
    """Return the payment terms of one endpoint; what is accepted is listed in the order given."""
    return RouteConfig(
        accepts=list(accepts),
        resource=url,
        description=listing.description,
        mime_type=listing.media_type,
        service_name=listing.name,
        tags=list(listing.tags),
        extensions={**bazaar(listing), **(extensions or {})},
    )
