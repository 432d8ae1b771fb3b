"""The honest sellers as one application."""

import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from x402.http.types import RouteConfig
from x402.mechanisms.svm.constants import SOLANA_DEVNET_CAIP2
from x402.server import x402ResourceServer

from deploy.services import bad_doors, country_holidays, storefront, terms
from deploy.services.answer_book import AnswerBook
from deploy.services.bad_listings import unproven_items
from deploy.services.catalogue import ALSO_EVM, LISTINGS, NAMED, REFUNDING, SIGNING
from deploy.services.chain import ChainRefused, ChainUnreachable
from deploy.services.evm_channels import ClaimFailed
from deploy.services.evm_terms import EvmSide
from deploy.services.listing import Listing
from deploy.services.recall import Recall, naming, offer_sign_in, sign_in
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
    book: AnswerBook
    evm: EvmSide | None = None
    """What they need to be paid on an EVM network as well."""
    bad_listings: bool = False
    """Whether the bazaar's bad listings are served and told of beside the honest ones."""

    @property
    def unproven(self) -> list[dict[str, Any]]:
        """What the bazaar is to list without a look at it, honest or not."""
        payees = {name: wallet.address for name, wallet in self.wallets.items()}
        found = [country_holidays.item(self.public_url, payees)]
        return found + (unproven_items(self.public_url, payees) if self.bad_listings else [])

    @property
    def desks(self) -> dict[str, RefundDesk]:
        """Who gives money back on each network."""
        evm = {self.evm.network: self.evm.desk} if self.evm is not None else {}
        return {SOLANA_DEVNET_CAIP2: self.desk, **evm}

    @property
    def networks(self) -> list[str]:
        """Where they are paid."""
        return list(self.desks)

    def server(self) -> x402ResourceServer:
        """Return the package's seller, for every network."""
        server = terms.resource_server(self.facilitator_url)
        if self.evm is not None:
            self.evm.accept_exact(server)
        offer_sign_in(server, self.public_url)
        return server

    def remember(self, app: FastAPI, *, signing: frozenset[str], named: frozenset[str]) -> None:
        """Give paid answers again on some paths; to be called after the payment part is added."""
        app.add_middleware(
            Recall,
            book=self.book,
            origin=self.public_url,
            signing=signing,
            named=named,
            clock=time.time,
        )


Job = tuple[Callable[[], None], float]
"""What is done again and again, and how many seconds lie between."""


def build_app(shop: Shop, jobs: Iterable[Job] = (), evm_paths: Iterable[str] = ()) -> FastAPI:
    """Assemble the application.

    Args:
        shop: What the sellers need.
        jobs: What else is done in the background, read when it begins.
        evm_paths: What somebody else adds, to be listed with the rest.
    """
    resume = [(desk.resume, RESUME_SECONDS) for desk in shop.desks.values()]
    app = FastAPI(title="Caravan demo services", lifespan=background(chain(resume, jobs)))
    for listing in LISTINGS:
        add_listing(app, listing)
    add_refunds(app, REFUND_PATH, shop.desks)
    urls = [(shop.public_url + listing.path, "POST") for listing in LISTINGS]
    urls += [(shop.public_url + path, "GET") for path in evm_paths]
    country_holidays.add_country_holidays(app)
    if shop.bad_listings:
        bad_doors.add_bad_listings(app)
    add_front(app, urls, shop, shop.unproven)
    _add_page(app)
    _add_payment(app, shop)
    if shop.bad_listings:
        bad_doors.add_bad_manners(app)
    shop.remember(app, signing=SIGNING, named=NAMED)
    return app


def background(jobs: Iterable[Job]) -> Callable[[FastAPI], Any]:
    """Return a lifespan in which jobs are done again and again.

    Promised refunds are delivered until they are on chain, also those that a former process
    journaled and did not live to send.
    """
    stopped = threading.Event()

    def work(job: Callable[[], None], pause: float) -> None:
        while not stopped.is_set():
            try:
                job()
            except (ClaimRefused, ClaimFailed, ChainUnreachable, ChainRefused) as err:
                log.warning("waiting", extra={"error": str(err)})
            stopped.wait(pause)

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncGenerator[None]:
        # In the background: sellers must be reachable while their chain is still starting.
        for job in jobs:
            threading.Thread(target=work, args=job, daemon=True).start()
        yield
        stopped.set()

    return running


def add_front(
    app: FastAPI,
    urls: list[tuple[str, str]],
    shop: Shop,
    unproven: Sequence[dict[str, Any]] = (),
) -> None:
    """Add what every seller's root answers for free.

    Args:
        app: Where it is added.
        urls: What is sold, with the verb to ask its terms by.
        shop: What the sellers need.
        unproven: What the bazaar is to list as it stands here.
    """
    listed = [{"url": url, "method": method} for url, method in urls]
    public = {"wallets": [wallet.public() for wallet in shop.wallets.values()]}
    if shop.evm is not None:
        public["evmWallets"] = [wallet.public() for wallet in shop.evm.wallets.values()]

    @app.get("/.well-known/x402")
    async def well_known() -> dict[str, Any]:
        return {"version": 1, "resources": listed, "unproven": list(unproven)}

    @app.get("/wallets")
    async def show_wallets() -> dict[str, Any]:
        return public

    @app.get("/health")
    async def health() -> dict[str, Any]:
        return {"status": "ok", "listings": len(listed) + len(unproven)}


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
    routes = {f"POST {listing.path}": _route(listing, shop) for listing in LISTINGS}
    routes |= country_holidays.routes(shop.public_url, shop.wallets)
    if shop.bad_listings:
        routes |= bad_doors.bad_routes(shop.public_url, shop.wallets)
    terms.add_payment(app, routes, shop.server())


def _route(listing: Listing[Any], shop: Shop) -> RouteConfig:
    price, wallet = listing.base_units, shop.wallets[listing.seller]
    accepts = [terms.option(terms.amount(price), wallet.address)]
    if shop.evm is not None and listing.path in ALSO_EVM:
        payee = shop.evm.wallets[listing.seller].address
        accepts.append(shop.evm.option(shop.evm.amount(price), payee))
    extensions: dict[str, Any] = {}
    if listing.seller in REFUNDING:
        extensions |= declaration(shop.public_url + REFUND_PATH)
    if listing.path in SIGNING:
        extensions |= sign_in(shop.networks)
    if listing.path in NAMED:
        extensions |= naming()
    url = shop.public_url + listing.path
    return terms.route(listing, url=url, accepts=accepts, extensions=extensions)
