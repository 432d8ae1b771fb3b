"""What the misbehaving sellers ask, on every network that they are paid on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from solders.keypair import Keypair
from x402.http.types import DynamicPayTo, DynamicPrice, HTTPRequestContext, PaymentOption
from x402.schemas import AssetAmount

from deploy.services import terms
from deploy.services.misbehaving.kinds import Kind
from deploy.services.misbehaving.knobs import State
from deploy.services.shop import Shop

DEAR_FACTOR: Final = 90
"""What the first in the list costs, in prices. Source: an overpayment reported in the wild."""

TEN_YEARS_SECONDS: Final = 10 * 365 * 24 * 3600

TAXED_MINT_KEY: Final = Keypair.from_seed(b"token with a fee of each payment")
"""Whoever wants the demo's token to exist makes it with this key; it is no secret."""

TAXED_MINT: Final = str(TAXED_MINT_KEY.pubkey())
"""A token of the Token-2022 program, which keeps part of each transfer."""


@dataclass(frozen=True)
class Till:
    """One network on which a seller is paid."""

    amount: Callable[[int], AssetAmount]
    option: Callable[..., PaymentOption]
    payee: str
    other: str
    """Who is paid instead by those that change it."""


def accepts(kind: Kind, shop: Shop, state: State) -> list[PaymentOption]:
    """List every way to pay, Solana's first."""
    found = [way for till in _tills(kind, shop) for way in _ways(kind, till, state)]
    if kind.dear_first:
        found.sort(key=lambda way: not _is_dear(kind, way))
    return found


def _tills(kind: Kind, shop: Shop) -> list[Till]:
    names = (kind.wallet, "rogue-other")
    amount = _taxed if kind.taxed else terms.amount
    tills = [Till(amount, terms.option, *(shop.wallets[name].address for name in names))]
    if shop.evm is not None:
        payees = (shop.evm.wallets[name].address for name in names)
        tills.append(Till(shop.evm.amount, shop.evm.option, *payees))
    return tills


def _ways(kind: Kind, till: Till, state: State) -> list[PaymentOption]:
    base = kind.listing().base_units
    seconds = TEN_YEARS_SECONDS if kind.waits_years else terms.MAX_TIMEOUT_SECONDS
    price = _price(kind, till, state) if kind.raises_price else till.amount(base)
    pay_to = _pay_to(kind, till, state) if kind.changes_pay_to else till.payee
    ways = [till.option(price, pay_to, max_timeout_seconds=seconds)]
    if kind.dear_first:
        ways.append(till.option(till.amount(base * DEAR_FACTOR), till.payee))
    if kind.two_payees:
        ways.append(till.option(price, till.other))
    return ways


def _is_dear(kind: Kind, way: PaymentOption) -> bool:
    base = kind.listing().base_units
    return isinstance(way.price, AssetAmount) and int(way.price.amount) > base


def _taxed(base_units: int) -> AssetAmount:
    return AssetAmount(amount=str(base_units), asset=TAXED_MINT, extra={})


def _price(kind: Kind, till: Till, state: State) -> DynamicPrice:
    base = kind.listing().base_units

    def price(context: HTTPRequestContext) -> AssetAmount:
        quotes, knobs = state.quotes[kind.name], state.knobs
        steps = {
            "each-quote": max(0, quotes - 1),
            "after-first": int(quotes > 1),
            "on-payment": int(context.payment_header is not None),
        }[knobs.price_mode]
        return till.amount(base + base * steps * knobs.price_step_percent // 100)

    return price


def _pay_to(kind: Kind, till: Till, state: State) -> DynamicPayTo:
    def pay_to(context: HTTPRequestContext) -> str:
        if state.knobs.pay_to_mode == "on-payment":
            return till.other if context.payment_header else till.payee
        return till.payee if state.quotes[kind.name] % 2 else till.other

    return pay_to
