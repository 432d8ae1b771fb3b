"""The misbehaving sellers as one application."""

from typing import Any, Final

from fastapi import FastAPI, HTTPException, Request
from pydantic import ValidationError
from starlette.types import ASGIApp
from x402.http.types import RouteConfig

from deploy.services import terms
from deploy.services.misbehaving.kinds import KINDS, LISTED, ROOT, Kind
from deploy.services.misbehaving.knobs import State
from deploy.services.misbehaving.offers import accepts
from deploy.services.misbehaving.tricks import invented_transaction
from deploy.services.misbehaving.wrapper import Wrapper
from deploy.services.recall import naming, sign_in
from deploy.services.refund_doors import Claim, add_refunds, declaration
from deploy.services.shop import RESUME_SECONDS, Shop, add_front, background
from deploy.services.workbench import add_listing

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost", "testclient"})
"""Who may turn the knobs."""

KNOBS_PATH: Final = f"{ROOT}knobs"
"""Where they are turned."""


def build_app(shop: Shop, state: State | None = None) -> ASGIApp:
    """Assemble the application: honest sellers of an echo, inside a layer that is not."""
    state = state or State()
    jobs = [(desk.resume, RESUME_SECONDS) for desk in shop.desks.values()]
    app = FastAPI(title="Misbehaving demo services", lifespan=background(jobs))
    for kind in KINDS:
        add_listing(app, kind.listing())
        if kind.promises_refund:
            _add_desk(app, kind, shop, state)
    add_front(app, [(shop.public_url + kind.path, "POST") for kind in LISTED], shop)
    _add_knobs(app, state)
    routes = {f"POST {kind.path}": _route(kind, shop, state) for kind in KINDS}
    terms.add_payment(app, routes, shop.server())
    shop.remember(
        app,
        signing=frozenset(kind.path for kind in KINDS if kind.signs_in),
        named=frozenset(kind.path for kind in KINDS if kind.names),
    )
    return Wrapper(app, state)


def _route(kind: Kind, shop: Shop, state: State) -> RouteConfig:
    extensions: dict[str, Any] = {}
    if kind.promises_refund:
        extensions |= declaration(f"{shop.public_url}{kind.path}/refund")
    if kind.signs_in:
        extensions |= sign_in(shop.networks)
    if kind.names:
        extensions |= naming()
    return terms.route(
        kind.listing(),
        url=shop.public_url + kind.path,
        accepts=accepts(kind, shop, state),
        extensions=extensions,
    )


def _add_desk(app: FastAPI, kind: Kind, shop: Shop, state: State) -> None:
    path = f"{kind.path}/refund"
    if kind.pays_refund:
        add_refunds(app, path, shop.desks, lambda: state.refund_claims.update([kind.name]))
        return

    @app.post(path, status_code=202)
    async def promise(claim: Claim) -> dict[str, Any]:
        """Accept, name a transaction that does not exist, and pay nothing."""
        state.refund_claims[kind.name] += 1
        lie = invented_transaction(claim.network, claim.transaction)
        return {"status": "accepted", "refundTransaction": lie}


def _add_knobs(app: FastAPI, state: State) -> None:
    @app.get(KNOBS_PATH)
    async def show() -> dict[str, Any]:
        return state.shown()

    @app.post(KNOBS_PATH)
    async def turn(request: Request, changes: dict[str, Any]) -> dict[str, Any]:
        if request.client is None or request.client.host not in LOOPBACK:
            raise HTTPException(403, "knobs are turned from this machine only")
        try:
            state.turn(changes)
        except ValidationError as err:
            raise HTTPException(
                422, f"no such knob or value: {err.error_count()} error(s)"
            ) from err
        return state.shown()
