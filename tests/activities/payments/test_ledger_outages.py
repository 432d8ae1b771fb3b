"""A ledger that does not answer is nobody else's fault, and costs nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from activities.payments.ledger.ports import LedgerUnavailable
from domain.purchases import QuotePlan
from tests.activities.payments.counter import Counter, slot
from tests.fakes.builders import call, listing, offer, plan, usdc


class Outages:
    """A ledger one method of which does its work once without saying so."""

    def __init__(self, ledger: Any, method: str) -> None:
        self._ledger = ledger
        self._left = [method]

    def __getattr__(self, name: str) -> Any:
        real: Callable[..., Awaitable[Any]] = getattr(self._ledger, name)
        if name not in self._left:
            return real

        async def lost(*args: Any, **kwargs: Any) -> None:
            self._left.remove(name)
            await real(*args, **kwargs)
            raise LedgerUnavailable("the ledger's answer was lost")

        return lost


@pytest.mark.parametrize("method", ["in_slot", "payees", "reserve", "sign"])
async def test_an_outage_while_authorizing_moves_nobody_to_another_seller(
    counter: Counter, method: str
) -> None:
    one, other = offer("one"), offer("other")
    counter.change(ledger=Outages(counter.ledger, method))

    with pytest.raises(LedgerUnavailable):
        await counter.authorized(one, other)
    signed = list(counter.rail.signed)
    authorization = await counter.authorized(one, other)

    assert authorization.listing_id == one.listing_id
    assert {order.url for order in counter.seller.orders} <= {one.url}
    assert counter.rail.signed == [authorization.key]
    assert signed == ([authorization.key] if method == "sign" else [])
    entry = await counter.ledger.in_slot(slot())
    assert entry is not None
    assert entry.authorization == authorization


async def test_an_outage_while_quoting_leaves_no_seller_out(counter: Counter) -> None:
    one, other = offer("one"), offer("other")
    step = call(service=listing("one")).model_copy(update={"alternates": (other.listing_id,)})
    ask = QuotePlan(plan=plan(step, offers=(one, other)), budget=usdc("10.00"))
    counter.change(ledger=Outages(counter.ledger, "payees"))

    with pytest.raises(LedgerUnavailable):
        await counter.run(counter.payments.quote, ask)
    found = await counter.run(counter.payments.quote, ask)

    assert {each.listing_id for each in found.plan.offers} == {one.listing_id, other.listing_id}
