"""Live terms before approval: what is asked, by whom, and whether the wallet can pay it."""

from pathlib import Path

import pytest
from solders.keypair import Keypair
from temporalio.testing import ActivityEnvironment

from domain.catalogue import Offer
from domain.chains import USDC_DEVNET
from domain.errors import OfferRefused, WalletUnfunded
from domain.ids import ListingId, StepId
from domain.plan import Binding, Plan, ServiceCall, Undo, Value
from domain.purchases import PlanQuoted, QuotePlan
from tests.activities.payments.desk import BUDGET, Desk
from tests.deploy.services.stack import Stack


def plan(chosen: Offer, *fallbacks: Offer) -> Plan:
    assert isinstance(chosen.example, dict)
    arguments: dict[str, Binding] = {
        name: Value(value=value) for name, value in chosen.example.items()
    }
    step = ServiceCall(
        id=StepId("buy"),
        title="buy",
        service=chosen.listing_id,
        alternates=tuple(offer.listing_id for offer in fallbacks),
        arguments=arguments,
        undo=Undo(action="none", note="none"),
    )
    return Plan(request="test", asset=USDC_DEVNET, steps=(step,), offers=(chosen, *fallbacks))


async def quoted(desk: Desk, of: Plan) -> PlanQuoted:
    return await ActivityEnvironment().run(desk.activities.quote, QuotePlan(plan=of, budget=BUDGET))


def gone(offer: Offer) -> Offer:
    url = "http://127.0.0.1:9/gone"
    return offer.model_copy(update={"url": url, "listing_id": ListingId(f"POST {url}")})


async def test_quoting_reads_the_live_terms_and_pays_nothing(desk: Desk) -> None:
    listed = desk.offer("/dex/volume")
    assert listed.terms is not None
    stale = listed.model_copy(
        update={"terms": listed.terms.model_copy(update={"base_units": 1, "fee_payer": None})}
    )
    before = desk.balance()

    found = await quoted(desk, plan(stale))

    (offer,) = found.plan.offers
    assert offer.terms == listed.terms
    assert offer.quoted_at is not None
    assert desk.balance() == before


async def test_a_seller_that_is_down_gives_way_before_anyone_approves(desk: Desk) -> None:
    chosen, spare = gone(desk.offer("/dex/volume")), desk.offer("/northwind/dex-volumes")

    found = await quoted(desk, plan(chosen, spare))

    (step,) = found.plan.steps
    assert isinstance(step, ServiceCall)
    assert step.service == spare.listing_id
    assert step.alternates == ()


async def test_a_step_without_any_live_seller_is_refused(desk: Desk) -> None:
    with pytest.raises(OfferRefused, match="no service is left for step buy"):
        await quoted(desk, plan(gone(desk.offer("/dex/volume"))))


async def test_a_seller_that_is_paid_elsewhere_than_listed_is_refused(desk: Desk) -> None:
    listed = desk.offer("/dex/volume")
    assert listed.terms is not None
    other = listed.model_copy(
        update={"terms": listed.terms.model_copy(update={"pay_to": str(Keypair().pubkey())})}
    )

    with pytest.raises(OfferRefused, match="pay_to"):
        await quoted(desk, plan(other))


async def test_a_wallet_that_cannot_pay_the_plan_is_said_before_approval(
    market: Stack, tmp_path: Path
) -> None:
    async with Desk.open(market, tmp_path, market.payer(base_units=40_000)) as poor:
        with pytest.raises(WalletUnfunded, match=r"send it 0\.01 USDC more"):
            await quoted(poor, plan(poor.offer("/dex/volume")))


async def test_a_wallet_without_a_token_account_is_said_before_approval(
    market: Stack, tmp_path: Path
) -> None:
    async with Desk.open(market, tmp_path, Keypair()) as empty:
        with pytest.raises(WalletUnfunded, match="has no USDC account"):
            await quoted(empty, plan(empty.offer("/dex/volume")))
