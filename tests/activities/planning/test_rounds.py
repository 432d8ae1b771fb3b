"""A plan is bought from the cheapest of those that do exactly the same, whoever drafted it."""

from typing import Any

import pytest

from activities.planning.drafter_model import ModelDrafter
from activities.planning.metering import PlanningMeter
from activities.planning.ports import DraftAsk
from activities.planning.rounds import Rounds, with_cheapest_equals
from domain.catalogue import ScorePart, ServiceListing
from domain.drafting import Draft
from domain.errors import PlanRejected
from domain.plan import PaidStep, Plan, Value
from tests.activities.planning.shortlists import shortlist
from tests.fakes.builders import call, draft, listing, terms, usdc
from tests.fakes.drafter import FakeDrafter, FakeModel

TWICE = draft(call("one"), call("two", arguments={"place": Value(value="Rome")}))


def other(name: str, base_units: int, **changes: Any) -> ServiceListing:
    """Does what the weather service does, for another price."""
    fields = {"description": "What weather does", "accepts": (terms(base_units=base_units),)}
    return listing(name, **fields | changes)


def asking(*others: ServiceListing, budget: str = "5.00") -> DraftAsk:
    found = shortlist(listing(), *others)
    job = tuple(sorted(one.listing.id for one in found.candidates))
    return DraftAsk(
        text="the weather in Oslo and Rome",
        budget=usdc(budget),
        shortlist=found.model_copy(update={"jobs": (job,)}),
    )


async def planned(ask: DraftAsk, drafted: Draft) -> Plan:
    return (await Rounds(FakeDrafter(drafted), ask).plan()).plan


def services(plan: Plan) -> list[str]:
    return [step.service for step in plan.steps if isinstance(step, PaidStep)]


async def test_every_step_is_bought_from_the_cheapest_equal() -> None:
    cheap, cheaper = other("cheap", 100_000), other("cheaper", 50_000)

    plan = await planned(asking(cheap, cheaper), TWICE)

    assert services(plan) == [cheaper.id, cheaper.id]
    assert plan.estimated_cost == usdc("0.10")
    assert [one.listing_id for one in plan.offers] == [cheaper.id]


async def test_nothing_but_the_seller_and_its_undoing_changes() -> None:
    plan = await planned(asking(other("cheap", 100_000)), TWICE)

    for before, after in zip(TWICE.steps, plan.steps, strict=True):
        kept = before.model_dump(exclude={"service", "undo"})
        assert after.model_dump(exclude={"service", "undo"}) == kept


async def test_an_equal_that_refuses_the_very_value_is_passed_over() -> None:
    choosy: dict[str, Any] = {
        "type": "object",
        "properties": {"place": {"type": "string", "enum": ["Oslo"]}},
        "required": ["place"],
    }
    cheap = other("cheap", 100_000, input_schema=choosy)

    plan = await planned(asking(cheap), TWICE)

    assert services(plan) == [cheap.id, listing().id]


async def test_a_draft_that_is_too_dear_is_mended_by_a_cheaper_equal_without_asking_again() -> None:
    model = FakeModel(TWICE)
    drafter = ModelDrafter(model, PlanningMeter(max_cost_micro_usd=1_000_000))
    ask = asking(other("cheap", 100_000), budget="0.50")

    plan = (await Rounds(drafter, ask).plan()).plan

    assert plan.estimated_cost == usdc("0.20")
    assert len(model.asked) == 1


async def test_what_stays_too_dear_is_shown_at_its_cheapest() -> None:
    plan = await planned(asking(other("cheap", 100_000), budget="0.15"), TWICE)

    assert plan.estimated_cost == usdc("0.20")


async def test_a_draft_that_breaks_a_rule_is_not_saved_by_a_lower_price() -> None:
    broken = draft(call("one", arguments={}))

    with pytest.raises(PlanRejected):
        await planned(asking(other("cheap", 100_000)), broken)


async def test_being_thrifty_again_changes_nothing() -> None:
    ask = asking(other("cheap", 100_000), other("cheaper", 50_000))
    plan = await planned(ask, TWICE)

    assert with_cheapest_equals(plan, Draft(steps=plan.steps), ask) == plan


async def test_whoever_drafted_it_a_fallback_without_a_record_comes_last() -> None:
    bait, honest = other("bait", 600_000), other("honest", 900_000)
    ask = asking(bait, honest)
    record = {honest.id: ScorePart(value=0.9, why="seen to deliver")}
    candidates = tuple(
        one.model_copy(
            update={
                "score": one.score.model_copy(
                    update={"reputation": record.get(one.listing.id, one.score.reputation)}
                )
            }
        )
        for one in ask.shortlist.candidates
    )
    known = ask.shortlist.model_copy(update={"candidates": candidates})
    drafted = draft(call("one", alternates=(bait.id, honest.id)))

    plan = await planned(ask.model_copy(update={"shortlist": known}), drafted)

    (step,) = plan.steps
    assert isinstance(step, PaidStep)
    assert step.alternates == (honest.id, bait.id)
