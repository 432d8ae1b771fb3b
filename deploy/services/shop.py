"""The honest sellers as one application."""

import logging
import threading
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from deploy.services import storefront, terms
from deploy.services.catalogue import LISTINGS, REFUNDING
from deploy.services.chain import ChainRefused, ChainUnreachable
from deploy.services.refund_doors import add_refunds, declaration
from deploy.services.refunds import ClaimRefused, RefundDesk
from deploy.services.wallets import Wallet
from deploy.services.workbench import add_listing, body_of

REFUND_PATH: Final = "/refunds"
"""Where every refunding seller takes claims."""

RESUME_SECONDS: Final = 2.0
"""Pause between looks for accepted refunds that are not on chain yet."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shop:
    """What the sellers need."""

    public_url: str
    """Root under which buyers reach them, without a slash at the end."""
    facilitator_url: str
    wallets: dict[str, Wallet]
    desk: RefundDesk


def build_app(shop: Shop) -> FastAPI:
    """Assemble the application."""
    app = FastAPI(title="Caravan demo services", lifespan=resuming(shop.desk))
    for listing in LISTINGS:
        add_listing(app, listing)
    add_refunds(app, REFUND_PATH, shop.desk)
    urls = [(shop.public_url + listing.path, "POST") for listing in LISTINGS]
    add_front(app, urls, shop.wallets.values())
    _add_page(app)
    _add_payment(app, shop)
    return app


def resuming(desk: RefundDesk) -> Callable[[FastAPI], Any]:
    """Return a lifespan in which promised refunds are delivered until they are on chain.

    That includes those a former process journaled and did not live to send.
    """
    stopped = threading.Event()

    def resume() -> None:
        while not stopped.is_set():
            try:
                desk.resume()
            except (ClaimRefused, ChainUnreachable, ChainRefused) as err:
                log.warning("refunds_waiting", extra={"error": str(err)})
            stopped.wait(RESUME_SECONDS)

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncGenerator[None]:
        # In the background: sellers must be reachable while their chain is still starting.
        threading.Thread(target=resume, name="refunds", daemon=True).start()
        yield
        stopped.set()

    return running


def add_front(app: FastAPI, urls: list[tuple[str, str]], wallets: Iterable[Wallet]) -> None:
    """Add what every seller's root answers for free."""
    listed = [{"url": url, "method": method} for url, method in urls]
    public = [wallet.public() for wallet in wallets]

    @app.get("/.well-known/x402")
    async def well_known() -> dict[str, Any]:
        return {"version": 1, "resources": listed}

    @app.get("/wallets")
    async def show_wallets() -> dict[str, Any]:
        return {"wallets": public}

    @app.get("/health")
    async def health() -> dict[str, Any]:
        return {"status": "ok", "listings": len(listed)}


def _add_page(app: FastAPI) -> None:
    shown = storefront.page(LISTINGS, REFUNDING)

    @app.get("/", response_class=HTMLResponse)
    async def index() -> str:
        return shown

    @app.post("/free/echo")
    async def echo(request: Request) -> Response:
        """Answer with the body: no payment, no work."""
        body = await body_of(request)
        if body is None:
            return JSONResponse({"error": "the body is too large"}, 413)
        return Response(body, media_type=request.headers.get("content-type", "application/json"))


def _add_payment(app: FastAPI, shop: Shop) -> None:
    promise = declaration(shop.public_url + REFUND_PATH)
    routes = {
        f"POST {listing.path}": terms.route(
            listing,
            url=shop.public_url + listing.path,
            pay_to=shop.wallets[listing.seller].address,
            extensions=promise if listing.seller in REFUNDING else None,
        )
        for listing in LISTINGS
    }
    terms.add_payment(app, routes, shop.facilitator_url)
