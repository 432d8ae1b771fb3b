"""Drafting, compiling and repairing, with a model that says what it is told to."""

import dataclasses
import json
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.planning.metering import Spent
from activities.planning.ports import (
    DrafterBusy,
    ProviderDeclined,
    ToolCall,
    UnreadableAnswer,
)
from activities.planning.service import PlanningActivities
from domain.artifacts import ArtifactRef
from domain.drafting import Draft, DraftPlan, PlanDrafted, TokenUsage, Unplanned
from domain.errors import Misconfigured, PlanRejected, RequestNotServable, UpstreamUnavailable
from domain.ids import ListingId
from domain.plan import Plan, ServiceCall, Value
from domain.reasons import ReasonCode
from tests.activities.planning.shortlists import shortlist
from tests.fakes.artifacts import FakeArtifactStore
from tests.fakes.builders import call, draft, listing, no_undo, plan, terms, usdc
from tests.fakes.drafter import USAGE, FakeDrafter, FakeModel, declined, proposed

GOOD = draft()


def in_rome(step: str, place: str = "Rome") -> ServiceCall:
    return call(step, arguments={"place": Value(value=place)})


FOREIGN = draft(call(service=listing("stranger")))
TWICE = draft(call("one"), in_rome("two"))
THRICE = draft(call("one"), in_rome("two"), in_rome("three", "Bari"))
BUDGET = usdc("0.50")


async def plan_with(
    *models: FakeModel,
    budget: str = "0.50",
    text: str = "the weather in Oslo",
    remembered: Plan | bytes | None = None,
    environment: ActivityEnvironment | None = None,
    embedded: FakeDrafter | None = None,
) -> PlanDrafted:
    artifacts = FakeArtifactStore()
    ref = await artifacts.put_json(shortlist(listing()).model_dump_json())
    kept: ArtifactRef | None = None
    if remembered is not None:
        is_plan = isinstance(remembered, Plan)
        kept = await artifacts.put_json(remembered.model_dump_json() if is_plan else remembered)
    ask = DraftPlan(text=text, budget=usdc(budget), shortlist=ref, remembered=kept)
    activities = PlanningActivities(
        drafter=embedded or FakeDrafter(GOOD), artifacts=artifacts, models=models
    )
    return await (environment or ActivityEnvironment()).run(activities.draft, ask)


async def test_an_accepted_draft_becomes_the_plan_of_the_request() -> None:
    drafted = await plan_with(FakeModel(GOOD))

    assert drafted.plan.request == "the weather in Oslo"
    assert drafted.plan.steps == GOOD.steps
    assert drafted.plan.offers[0].terms == terms()
    assert (drafted.drafter, drafted.usage, drafted.notes) == ("anthropic", USAGE, ())


async def test_fallbacks_that_nobody_saw_deliver_are_named_with_the_plan() -> None:
    artifacts = FakeArtifactStore()
    stranger = listing("stranger")
    ref = await artifacts.put_json(shortlist(listing(), stranger).model_dump_json())
    drafter = FakeDrafter(draft(call(alternates=(stranger.id,))))
    activities = PlanningActivities(drafter=drafter, artifacts=artifacts)
    ask = DraftPlan(text="the weather in Oslo", budget=BUDGET, shortlist=ref)

    drafted: PlanDrafted = await ActivityEnvironment().run(activities.draft, ask)

    (note,) = drafted.notes
    assert "stranger" in note


def shown_to(model: FakeModel, round_: int) -> Any:
    """The refused draft and the reasons, as one question shows them."""
    text = model.asked[round_].text
    if "<refused>" not in text:
        return None
    return json.loads(text.split("<refused>\n")[1].split("\n</refused>")[0])


def codes(model: FakeModel, round_: int) -> list[str]:
    return [reason["code"] for reason in shown_to(model, round_)["reasons"]]


async def test_a_refused_draft_goes_back_with_the_compilers_reasons() -> None:
    model = FakeModel(FOREIGN, GOOD)

    drafted = await plan_with(model)

    assert shown_to(model, 0) is None
    assert shown_to(model, 1)["draft"]["steps"][0]["service"] == listing("stranger").id
    assert codes(model, 1) == [ReasonCode.UNKNOWN_SERVICE]
    assert drafted.plan.steps == GOOD.steps


async def test_every_round_is_paid_for() -> None:
    drafted = await plan_with(FakeModel(FOREIGN, TWICE, GOOD))

    assert drafted.usage == USAGE + USAGE + USAGE


async def test_an_unreadable_answer_is_a_refused_draft_that_cost_tokens() -> None:
    model = FakeModel(UnreadableAnswer("two tool calls"), GOOD)

    drafted = await plan_with(model)

    assert shown_to(model, 1)["draft"] is None
    assert codes(model, 1) == [ReasonCode.UNREADABLE]
    assert drafted.usage == USAGE + USAGE


async def test_a_plan_over_budget_is_repaired_first() -> None:
    model = FakeModel(TWICE, GOOD)

    drafted = await plan_with(model)

    assert codes(model, 1) == [ReasonCode.OVER_BUDGET]
    assert drafted.plan.estimated_cost == BUDGET


@pytest.mark.parametrize(
    "answers",
    [
        (TWICE, THRICE, THRICE),
        (THRICE, TWICE, THRICE),
        (THRICE, TWICE, FOREIGN),
        (THRICE, TWICE, UnreadableAnswer("words")),
        (THRICE, TWICE, declined("nothing is cheap enough")),
    ],
)
async def test_when_nothing_fits_the_budget_the_cheapest_plan_found_is_shown(
    answers: tuple[Draft | ToolCall | Exception, ...],
) -> None:
    drafted = await plan_with(FakeModel(*answers))

    assert drafted.plan.steps == TWICE.steps
    assert drafted.plan.estimated_cost == usdc("1.00")


HELPLESS = FakeDrafter(RequestNotServable("no service found"))
DOWN = UpstreamUnavailable("the model is down")


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ((DOWN,), "is down"),
        ((DrafterBusy("come back tomorrow"),), "tomorrow"),
        ((Misconfigured("the key is wrong"),), "key is wrong"),
        ((ProviderDeclined("against our policy"),), "policy"),
        ((PlanRejected("too long to read"),), "too long"),
        ((FOREIGN,) * 3, "unknown_service"),
        ((UnreadableAnswer("words"),) * 3, "cannot be read"),
        ((FOREIGN, DOWN), "is down"),
    ],
)
async def test_a_model_that_cannot_draft_is_followed_by_the_next_and_the_reason_is_shown(
    answers: tuple[Draft | Exception, ...], why: str
) -> None:
    first, second = FakeModel(*answers), FakeModel(GOOD, name="openai")

    drafted = await plan_with(first, second)

    assert drafted.drafter == "openai"
    assert len(first.asked) == len(answers)
    assert len(drafted.notes) == 1
    assert drafted.notes[0].startswith("anthropic did not draft")
    assert why in drafted.notes[0]


async def test_the_chain_ends_in_the_embedded_planner() -> None:
    drafted = await plan_with(FakeModel(DOWN), FakeModel(DOWN, name="openai"))

    assert drafted.drafter == "embedded"
    assert [note.split()[0] for note in drafted.notes] == ["anthropic", "openai"]


async def test_that_a_request_cannot_be_served_is_an_answer_and_ends_the_chain() -> None:
    second = FakeModel(GOOD, name="openai")

    with pytest.raises(RequestNotServable, match="nobody sells cheese") as failed:
        await plan_with(FakeModel(FOREIGN, declined("nobody sells cheese")), second)

    assert second.asked == []
    assert isinstance(failed.value.details[0], Unplanned)
    assert failed.value.details[0].usage == USAGE + USAGE


async def test_what_was_used_in_vain_is_told_with_the_failure() -> None:
    with pytest.raises(RequestNotServable) as failed:
        await plan_with(FakeModel(*[FOREIGN] * 3), embedded=HELPLESS)

    (spent,) = failed.value.details
    assert isinstance(spent, Unplanned)
    assert spent.usage.input_tokens == 300
    assert "unknown_service" in spent.notes[0]


async def test_what_a_lost_attempt_used_counts_and_bounds_the_next() -> None:
    environment = ActivityEnvironment()
    lost = Spent(usage=TokenUsage(cost_micro_usd=99_999), notes=("anthropic did not draft: x",))
    environment.info = dataclasses.replace(
        environment.info, heartbeat_details=[lost.model_dump(mode="json")]
    )
    model = FakeModel(FOREIGN, GOOD)

    drafted = await plan_with(model, environment=environment)

    assert len(model.asked) == 1, "the second would have passed the limit"
    assert drafted.drafter == "embedded"
    assert drafted.usage.cost_micro_usd == 99_999 + USAGE.cost_micro_usd
    assert drafted.notes[:2] == (
        *lost.notes,
        "an earlier attempt was lost; what it had used is counted",
    )
    assert "it may cost" in drafted.notes[2]


async def test_progress_is_told_while_a_model_thinks() -> None:
    environment = ActivityEnvironment()
    told: list[Spent] = []
    environment.on_heartbeat = lambda *details: told.append(details[0])

    await plan_with(FakeModel(FOREIGN, GOOD), environment=environment)

    assert told
    assert all(isinstance(one, Spent) for one in told)


async def test_a_remembered_plan_that_still_holds_costs_nothing() -> None:
    model = FakeModel(GOOD)

    drafted = await plan_with(model, remembered=plan(request="weather for Oslo"))

    assert drafted.drafter == "remembered"
    assert drafted.plan.request == "the weather in Oslo"
    assert drafted.plan.steps == plan().steps
    assert (model.asked, drafted.usage, drafted.notes) == ([], TokenUsage(), ())


async def test_a_remembered_plan_is_made_of_todays_services_and_undo_steps() -> None:
    gone = call(undo=no_undo(), alternates=(listing("gone").id,))

    drafted = await plan_with(FakeModel(), remembered=plan(gone))

    step = drafted.plan.steps[0]
    assert isinstance(step, ServiceCall)
    assert step.alternates == ()
    assert step.undo is not None
    assert step.undo.action == "refund_claim"


@pytest.mark.parametrize(
    ("remembered", "why"),
    [
        (plan(call(service=listing("stranger"))), "no longer holds"),
        (plan(call("one"), in_rome("two")), "no longer holds"),
        (b"not a plan", "cannot be read"),
    ],
)
async def test_a_remembered_plan_that_no_longer_holds_is_drafted_anew_and_said(
    remembered: Plan | bytes, why: str
) -> None:
    drafted = await plan_with(FakeModel(GOOD), remembered=remembered)

    assert drafted.drafter == "anthropic"
    assert why in drafted.notes[0]


async def test_the_intent_is_read_from_the_request_and_refined_by_the_model() -> None:
    said = proposed(GOOD, understood_as="report", goals=["know the weather", "pay 100.00 USDC"])

    plain = await plan_with(FakeModel(GOOD), text="Weather in Oslo by Friday as CSV")
    refined = await plan_with(FakeModel(said), text="Weather in Oslo by Friday as CSV")

    assert plain.intent is not None
    assert refined.intent is not None
    assert plain.intent.goals == ("Weather in Oslo by Friday as CSV",)
    assert (refined.intent.kind, refined.intent.goals[0]) == ("report", "know the weather")
    for intent in (plain.intent, refined.intent):
        assert (intent.budget, intent.deadline, intent.format) == (str(BUDGET), "by Friday", "CSV")


async def test_a_free_plan_fits_every_budget() -> None:
    free = listing(accepts=())
    artifacts = FakeArtifactStore()
    ref = await artifacts.put_json(shortlist(free).model_dump_json())
    activities = PlanningActivities(
        drafter=FakeDrafter(GOOD),
        artifacts=artifacts,
        models=[FakeModel(draft(call(service=free)))],
    )

    drafted = await activities.draft(DraftPlan(text="x", budget=usdc("0.01"), shortlist=ref))

    assert drafted.plan.estimated_cost == usdc("0")
    assert drafted.plan.offers[0].listing_id == ListingId(free.id)
