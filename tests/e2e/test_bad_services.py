"""The demo bazaar's bad services are each left alone by the engine as it is wired, with why."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import ActivityEnvironment

from activities.wiring import Wiring
from deploy.services.bad_listings import BAD_LISTINGS
from domain.drafting import (
    CandidatesFound,
    DraftPlan,
    FindCandidates,
    PlanDrafted,
    SearchServices,
    ServicesFound,
)
from domain.money import Amount
from domain.names import TaskQueue
from domain.plan import PaidStep
from domain.settings import Settings
from tests.deploy.services.stack import Stack

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.stack]

EXAMPLE = "Analyze the last 30 days of Solana DEX volume and create a trend report"
SAID = {
    "dead": "did not answer",
    "price": "its live price is 1.50 USDC, its listed one 0.30 USDC",
    "payee": "its listing",
    "asset": "not for what it lists",
    "slow": "did not say its price within",
    "orders": "gives orders",
    "twin": "the same service as Helios DEX Volume",
}
"""What a person reads of each, by what is wrong with it."""

Engine = dict[str, Any]


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(tmp_path_factory.mktemp("market"))
    try:
        made.ready()
        yield made
    finally:
        made.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(market: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    """The activities of search and planning, as a worker has them."""
    settings = Settings(
        state_dir=tmp_path_factory.mktemp("state"),
        bazaar_urls=(market.facilitator.url,),
        solana_rpc_url=market.node.url,
        allow_private_hosts=True,
        planner="embedded",
    )
    async with Wiring(settings, anthropic_api_key=None) as wiring:
        built = await wiring.activities([TaskQueue.DISCOVERY, TaskQueue.PLANNING])
        yield {one.__name__: one for activities in built.values() for one in activities}


async def found_for(engine: Engine, text: str) -> ServicesFound:
    ask = SearchServices(text=text, limit=40)
    found: ServicesFound = await ActivityEnvironment().run(engine["search"], ask)
    return found


@pytest.mark.parametrize("flaw", SAID)
async def test_each_is_refused_with_what_is_wrong_with_it(engine: Engine, flaw: str) -> None:
    bad = next(one for one in BAD_LISTINGS if one.flaw == flaw)
    found = await found_for(engine, bad.listing.description[:300])

    refusals = [one for one in found.refused if one.listing_id.endswith(bad.listing.path)]
    assert len(refusals) == 1, [one.name for one in found.refused]
    assert SAID[flaw] in refusals[0].reason
    assert not [one for one in found.ranked if one.listing.url.endswith(bad.listing.path)]


async def test_a_washed_record_ranks_below_an_honest_dearer_one(engine: Engine) -> None:
    found = await found_for(
        engine, "trend analysis of a time series: direction, growth, volatility"
    )

    order = [one.listing.url.partition("127.0.0.1:")[2].partition("/")[2] for one in found.ranked]
    assert order.index("analytics/trend") < order.index("bargain/trend")


async def planned_example(engine: Engine) -> PlanDrafted:
    budget = Amount.from_decimal("5.00", Settings().asset)
    found: CandidatesFound = await ActivityEnvironment().run(
        engine["find_candidates"], FindCandidates(text=EXAMPLE, budget=budget)
    )
    drafted: PlanDrafted = await ActivityEnvironment().run(
        engine["draft"], DraftPlan(text=EXAMPLE, budget=budget, shortlist=found.shortlist)
    )
    return drafted


async def test_the_example_buys_from_none_of_them(engine: Engine) -> None:
    plan = (await planned_example(engine)).plan

    chosen = {getattr(step, "service", "") for step in plan.steps}
    bad = {one.listing.path for one in BAD_LISTINGS}
    assert not [one for one in chosen if any(one.endswith(path) for path in bad)]
    assert plan.estimated_cost == Amount.from_decimal("3.55", plan.asset)


async def test_who_was_never_seen_to_deliver_is_the_last_fallback_and_is_named(
    engine: Engine,
) -> None:
    drafted = await planned_example(engine)

    bait = next(one.listing for one in BAD_LISTINGS if one.flaw == "honeypot")
    bought = [step for step in drafted.plan.steps if isinstance(step, PaidStep)]
    places = [
        [one.endswith(bait.path) for one in step.alternates]
        for step in bought
        if any(one.endswith(bait.path) for one in step.alternates)
    ]
    assert places == [[False, True]]
    assert [bait.name in note for note in drafted.notes] == [True]
