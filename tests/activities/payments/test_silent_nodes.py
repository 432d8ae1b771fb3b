"""A network whose node is down cannot be paid on; the others go on."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.payments import rails as rails_module
from activities.payments.rails import RailsByWay
from domain.buying import BuyRequest, QuoteCall
from domain.chains import BASE_SEPOLIA, SOLANA_DEVNET, USDC_BASE_SEPOLIA
from domain.errors import OfferRefused, UpstreamUnavailable
from domain.ids import RequestId
from domain.money import Amount
from domain.purchases import PlanQuoted, QuotePlan
from tests.activities.payments.counter import Counter
from tests.fakes.builders import call, evm_terms, listing, offer, plan, terms, usdc
from tests.fakes.rails import FakeRail
from tests.fakes.sellers import answer, challenge

DOWN = "the node at the other end is down"
NOW = "nothing can be paid on"


@dataclass
class Silent(FakeRail):
    """A rail whose node does not answer."""

    async def balance(self, payer: str) -> Amount:
        raise UpstreamUnavailable(DOWN)


@dataclass
class Hanging(FakeRail):
    """A rail whose node takes the question and says nothing."""

    async def balance(self, payer: str) -> Amount:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")


EVM: Any = {"asset": USDC_BASE_SEPOLIA, "payer": "0xours"}


def use(counter: Counter, solana: FakeRail, base: FakeRail) -> None:
    rails = {(SOLANA_DEVNET, "exact"): solana, (BASE_SEPOLIA, "exact"): base}
    counter.change(rails=RailsByWay(rails))


async def quoted(counter: Counter, *names: str) -> PlanQuoted:
    offers = [offer(name) for name in names or ("weather",)]
    step = call(service=listing(offers[0].name)).model_copy(
        update={"alternates": tuple(each.listing_id for each in offers[1:])}
    )
    ask = QuotePlan(plan=plan(step, offers=tuple(offers)), budget=usdc("10.00"))
    found: PlanQuoted = await ActivityEnvironment().run(counter.payments.quote, ask)
    return found


async def bought(counter: Counter) -> PlanQuoted:
    request = BuyRequest(
        request_id=RequestId("r"), method="GET", url="https://f.example/", maximum=usdc("1.00")
    )
    ask = QuoteCall(request=request)
    found: PlanQuoted = await ActivityEnvironment().run(counter.payments.quote_call, ask)
    return found


@pytest.mark.parametrize("down", [SOLANA_DEVNET, BASE_SEPOLIA])
async def test_a_silent_node_hides_no_other_network(down: str) -> None:
    solana = Silent() if down == SOLANA_DEVNET else FakeRail()
    base = Silent(**EVM) if down == BASE_SEPOLIA else FakeRail(**EVM)
    rails = RailsByWay({(SOLANA_DEVNET, "exact"): solana, (BASE_SEPOLIA, "exact"): base})

    found = await rails.wallets_now(None)

    assert set(found.wallets) == {SOLANA_DEVNET, BASE_SEPOLIA} - {down}
    assert found.silent == {down: f"{NOW} {down} now: {DOWN}"}
    with pytest.raises(UpstreamUnavailable, match=DOWN):
        await rails.wallets(None)  # an audit that left a network out would call it explained


async def test_a_node_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rails_module, "_ANSWER_SECONDS", 0.01)
    rails = RailsByWay(
        {(BASE_SEPOLIA, "exact"): Hanging(**EVM), (SOLANA_DEVNET, "exact"): FakeRail()}
    )

    found = await rails.wallets_now(None)

    assert list(found.wallets) == [SOLANA_DEVNET]
    assert "did not answer in 0.01 s" in found.silent[BASE_SEPOLIA]


async def test_a_dead_evm_node_stops_no_quote_on_solana(counter: Counter) -> None:
    use(counter, FakeRail(), Silent(**EVM))
    counter.seller.asked = [challenge(evm_terms(), terms())]

    found = await quoted(counter)

    assert found.plan.offers[0].terms == terms()


async def test_a_dead_solana_node_stops_no_quote_on_an_evm_network(counter: Counter) -> None:
    use(counter, Silent(), FakeRail(**EVM))
    counter.seller.asked = [challenge(terms(), evm_terms())]

    found = await quoted(counter)

    assert found.plan.offers[0].terms == evm_terms()
    assert found.wallet == "0xours"


async def test_a_seller_on_the_silent_network_gives_way(counter: Counter) -> None:
    use(counter, FakeRail(), Silent(**EVM))
    one, other = offer("one"), offer("other")
    counter.seller.by_url = {one.url: [challenge(evm_terms())]}

    found = await quoted(counter, "one", "other")

    assert [each.listing_id for each in found.plan.offers] == [other.listing_id]


@pytest.mark.parametrize("quote", [quoted, bought])
async def test_a_step_that_needs_a_silent_network_is_tried_again_and_says_why(
    counter: Counter, quote: Any
) -> None:
    use(counter, FakeRail(), Silent(**EVM))
    counter.seller.asked = [challenge(evm_terms())]

    with pytest.raises(UpstreamUnavailable) as caught:
        await quote(counter)

    assert f"{NOW} {BASE_SEPOLIA} now: {DOWN}" in caught.value.message
    assert "no wallet" not in caught.value.message


async def test_what_cannot_be_signed_anyway_is_not_laid_on_the_node(counter: Counter) -> None:
    use(counter, FakeRail(), Silent(**EVM))
    counter.seller.asked = [challenge(evm_terms(asset="0x" + "9" * 40))]

    with pytest.raises(OfferRefused):
        await quoted(counter)


@pytest.mark.parametrize("quote", [quoted, bought])
async def test_with_every_node_silent_what_is_free_is_still_quoted(
    counter: Counter, quote: Any
) -> None:
    use(counter, Silent(), Silent(**EVM))
    counter.seller.asked = [answer()]

    found = await quote(counter)

    assert found.plan.estimated_cost == usdc("0")


@pytest.mark.parametrize("quote", [quoted, bought])
async def test_with_every_node_silent_nothing_is_paid_and_that_is_said(
    counter: Counter, quote: Any
) -> None:
    use(counter, Silent(), Silent(**EVM))

    with pytest.raises(UpstreamUnavailable, match=f"{NOW} {SOLANA_DEVNET} now"):
        await quote(counter)
