"""The misbehaving sellers as one application."""

from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI, HTTPException, Request
from pydantic import ValidationError
from starlette.types import ASGIApp
from x402.http.types import HTTPRequestContext, RouteConfig
from x402.schemas import AssetAmount

from deploy.services import terms
from deploy.services.misbehaving.kinds import KINDS, ROOT, Kind
from deploy.services.misbehaving.knobs import State
from deploy.services.misbehaving.tricks import invented_signature
from deploy.services.misbehaving.wrapper import Wrapper
from deploy.services.refund_doors import Claim, add_refunds, declaration
from deploy.services.shop import Shop, add_front, resuming
from deploy.services.workbench import add_listing

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost", "testclient"})
"""Who may turn the knobs."""

KNOBS_PATH: Final = f"{ROOT}knobs"
"""Where they are turned."""


def build_app(shop: Shop, state: State | None = None) -> ASGIApp:
    """Assemble the application: honest sellers of an echo, inside a layer that is not."""
    state = state or State()
    app = FastAPI(title="Misbehaving demo services", lifespan=resuming(shop.desk))
    for kind in KINDS:
        add_listing(app, kind.listing())
        if kind.promises_refund:
            _add_desk(app, kind, shop, state)
    add_front(app, [(shop.public_url + kind.path, "POST") for kind in KINDS], shop.wallets.values())
    _add_knobs(app, state)
    routes = {f"POST {kind.path}": _route(kind, shop, state) for kind in KINDS}
    terms.add_payment(app, routes, shop.facilitator_url)
    return Wrapper(app, state)


def _route(kind: Kind, shop: Shop, state: State) -> RouteConfig:
    promise = declaration(f"{shop.public_url}{kind.path}/refund") if kind.promises_refund else None
    return terms.route(
        kind.listing(),
        url=shop.public_url + kind.path,
        pay_to=_pay_to(kind, shop, state)
        if kind.changes_pay_to
        else shop.wallets[kind.wallet].address,
        price=_price(kind, state) if kind.raises_price else None,
        extensions=promise,
    )


def _price(kind: Kind, state: State) -> Callable[[HTTPRequestContext], AssetAmount]:
    base = kind.listing().base_units

    def price(context: HTTPRequestContext) -> AssetAmount:
        quotes, knobs = state.quotes[kind.name], state.knobs
        steps = {
            "each-quote": max(0, quotes - 1),
            "after-first": int(quotes > 1),
            "on-payment": int(context.payment_header is not None),
        }[knobs.price_mode]
        return terms.amount(base + base * steps * knobs.price_step_percent // 100)

    return price


def _pay_to(kind: Kind, shop: Shop, state: State) -> Callable[[HTTPRequestContext], str]:
    first, second = shop.wallets["rogue"].address, shop.wallets["rogue-other"].address

    def pay_to(context: HTTPRequestContext) -> str:
        if state.knobs.pay_to_mode == "on-payment":
            return second if context.payment_header else first
        return first if state.quotes[kind.name] % 2 else second

    return pay_to


def _add_desk(app: FastAPI, kind: Kind, shop: Shop, state: State) -> None:
    path = f"{kind.path}/refund"
    if kind.pays_refund:
        add_refunds(app, path, shop.desk, lambda: state.refund_claims.update([kind.name]))
        return

    @app.post(path, status_code=202)
    async def promise(claim: Claim) -> dict[str, Any]:
        """Accept, name a transaction that does not exist, and pay nothing."""
        state.refund_claims[kind.name] += 1
        lie = invented_signature(((claim.transaction.encode(), b""),))
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
