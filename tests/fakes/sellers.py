"""A seller in memory: answers what a test put into its mouth."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from activities.payments.exchanges import Answer, Challenge, Demand, SignedPayment
from domain.catalogue import RefundOffer, Terms
from domain.errors import EngineError
from domain.payments import Receipt
from domain.purchases import Order
from tests.fakes.builders import terms

GOODS = b'{"report": "sunny"}'


def demand(live: Terms) -> Demand:
    return Demand(terms=live, raw={"scheme": live.scheme, "amount": str(live.base_units)})


def challenge(*live: Terms, extensions: dict[str, Any] | None = None) -> Challenge:
    """A 402; it asks what ``terms()`` says when nothing is said."""
    return Challenge(
        demands=tuple(demand(each) for each in live or (terms(),)), extensions=extensions
    )


def answer(status: int = 200, body: bytes = GOODS, **changes: Any) -> Answer:
    """The goods; with another status nothing of the kind."""
    fields: dict[str, Any] = {"status": status, "media_type": "application/json", "body": body}
    return Answer(**fields | changes)


Said = Challenge | Answer | EngineError


@dataclass
class FakeSeller:
    """Each list is said in its order, its last entry for ever."""

    asked: list[Said] = field(default_factory=lambda: [challenge()])
    by_url: dict[str, list[Said]] = field(default_factory=dict)
    """What other addresses say when asked."""
    paid: list[Answer | EngineError] = field(default_factory=lambda: [answer()])
    proven: list[Answer | EngineError] = field(default_factory=lambda: [answer(402, b"{}")])
    refunds: list[str | EngineError] = field(default_factory=lambda: ["the seller answered 202"])
    on_payment: Callable[[], None] = lambda: None
    orders: list[Order] = field(default_factory=list)
    payments: list[SignedPayment] = field(default_factory=list)
    proofs: list[str] = field(default_factory=list)
    claims: list[RefundOffer] = field(default_factory=list)

    async def ask(self, order: Order) -> Challenge | Answer:
        self.orders.append(order)
        said = _next(self.by_url.get(order.url, self.asked))
        assert not isinstance(said, EngineError)
        return said

    async def pay(self, order: Order, signed: SignedPayment) -> Answer:
        self.payments.append(signed)
        self.on_payment()
        return _next(self.paid)

    async def reaccess(self, order: Order, challenge: Challenge, proof: str) -> Answer:
        self.proofs.append(proof)
        return _next(self.proven)

    async def claim_refund(self, refund: RefundOffer, *, receipt: Receipt, reason: str) -> str:
        self.claims.append(refund)
        return _next(self.refunds)


def _next(said: list[Any]) -> Any:
    one = said.pop(0) if len(said) > 1 else said[0]
    if isinstance(one, EngineError):
        raise one
    return one
