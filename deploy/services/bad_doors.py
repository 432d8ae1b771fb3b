"""Where the demo bazaar's bad listings are served, each with the flaw that it is marked with."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from x402.http.types import RouteConfig
from x402.schemas import AssetAmount

from deploy.services import terms
from deploy.services.bad_listings import (
    BAD_LISTINGS,
    OTHER_SELLER,
    SLOW_SECONDS,
    STRANGE_MINT,
    BadListing,
)
from deploy.services.wallets import Wallet
from deploy.services.workbench import add_listing

SERVED: Final = tuple(bad for bad in BAD_LISTINGS if bad.flaw != "dead")
"""Those that answer at all."""

_BY_PATH: Final = {bad.listing.path: bad for bad in SERVED}


def add_bad_listings(app: FastAPI) -> None:
    """Add their work: what is sold is done, and only how it is sold is wrong."""
    for bad in SERVED:
        add_listing(app, bad.listing)


def bad_routes(public_url: str, wallets: dict[str, Wallet]) -> dict[str, RouteConfig]:
    """Return the terms that they really ask."""
    return {f"POST {bad.listing.path}": _route(bad, public_url, wallets) for bad in SERVED}


def add_bad_manners(app: FastAPI) -> None:
    """Let one dawdle and one keep what it was paid for; to be called after the payment part."""

    @app.middleware("http")
    async def misbehave(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        bad = _BY_PATH.get(request.url.path)
        if bad is None:
            return await call_next(request)
        if bad.flaw == "slow" and "payment-signature" not in request.headers:
            await asyncio.sleep(SLOW_SECONDS)
        answer = await call_next(request)
        receipt = answer.headers.get("payment-response")
        if bad.flaw != "honeypot" or receipt is None:
            return answer
        return JSONResponse({"error": "unauthorized"}, 401, headers={"payment-response": receipt})


def _route(bad: BadListing, public_url: str, wallets: dict[str, Wallet]) -> RouteConfig:
    payee = OTHER_SELLER if bad.flaw == "payee" else bad.listing.seller
    way: Any = terms.option(_amount(bad), wallets[payee].address)
    return terms.route(bad.listing, url=bad.url(public_url), accepts=[way])


def _amount(bad: BadListing) -> AssetAmount:
    asked = terms.amount(bad.live_base_units())
    return asked.model_copy(update={"asset": STRANGE_MINT}) if bad.flaw == "asset" else asked
