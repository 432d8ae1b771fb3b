"""Drafting, compiling and repairing, with a model that says what it is told to."""

import pytest
from temporalio.testing import ActivityEnvironment

from activities.planning.drafter_embedded import EmbeddedDrafter
from activities.planning.metering import Spent
from activities.planning.ports import (
    DrafterBusy,
    ProviderDeclined,
    UnreadableAnswer,
)
from activities.planning.service import PlanningActivities
from domain.compiler import DraftRefused, ReasonCode
from domain.drafting import Draft, DraftPlan, PlanDrafted
from domain.errors import PlanRejected, RequestNotServable, UpstreamUnavailable
from domain.ids import ListingId
from domain.plan import ServiceCall, Value
from tests.activities.planning.shortlists import shortlist
from tests.fakes.artifacts import FakeArtifactStore
from tests.fakes.builders import call, draft, listing, terms, usdc
from tests.fakes.drafter import USAGE, FakeModel, declined, proposed

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
) -> PlanDrafted:
    artifacts = FakeArtifactStore()
    ref = await artifacts.put_json(shortlist(listing()).model_dump_json())
    kept: ArtifactRef | None = None
    if remembered is not None:
        is_plan = isinstance(remembered, Plan)
        kept = await artifacts.put_json(remembered.model_dump_json() if is_plan else remembered)
    ask = DraftPlan(text=text, budget=usdc(budget), shortlist=ref, remembered=kept)
    activities = PlanningActivities(drafter=EmbeddedDrafter(), artifacts=artifacts, models=models)
    return await (environment or ActivityEnvironment()).run(activities.draft, ask)


async def test_an_accepted_draft_becomes_the_plan_of_the_request() -> None:
    drafted = await plan_with(FakeModel(GOOD))

    assert drafted.plan.request == "the weather in Oslo"
    assert drafted.plan.steps == GOOD.steps
    assert drafted.plan.offers[0].terms == terms()
    assert (drafted.drafter, drafted.usage) == ("anthropic", USAGE)


async def test_a_refused_draft_goes_back_with_the_compilers_reasons() -> None:
    drafter = FakeModel(FOREIGN, GOOD)

    drafted = await plan_with(drafter)

    first, second = drafter.asked
    assert (first.previous, first.reasons, first.round) == (None, (), 0)
    assert (second.previous, second.round) == (FOREIGN, 1)
    assert [reason.code for reason in second.reasons] == [ReasonCode.UNKNOWN_SERVICE]
    assert drafted.plan.steps == GOOD.steps


async def test_every_round_is_paid_for() -> None:
    drafted = await plan_with(FakeModel(FOREIGN, TWICE, GOOD))

    assert drafted.usage == USAGE + USAGE + USAGE


@pytest.mark.parametrize("repairs", [0, 1, 2])
async def test_repairing_ends_and_says_what_is_still_wrong(repairs: int) -> None:
    drafter = FakeModel(*[FOREIGN] * 3, repairs=repairs)

    with pytest.raises(DraftRefused, match="unknown_service"):
        await plan_with(drafter)

    assert len(drafter.asked) == repairs + 1


async def test_an_unreadable_answer_is_a_refused_draft_that_cost_tokens() -> None:
    drafter = FakeModel(UnreadableDraft("two tool calls", usage=USAGE), GOOD)

    drafted = await plan_with(drafter)

    assert drafter.asked[1].previous is None
    assert [reason.code for reason in drafter.asked[1].reasons] == [ReasonCode.UNREADABLE]
    assert drafted.usage == USAGE + USAGE


async def test_answers_that_stay_unreadable_reject_the_plan() -> None:
    drafter = FakeModel(*[UnreadableDraft("no tool call", usage=USAGE)] * 3)

    with pytest.raises(PlanRejected, match="no tool call"):
        await plan_with(drafter)


async def test_a_plan_over_budget_is_repaired_first() -> None:
    drafter = FakeModel(TWICE, GOOD)

    drafted = await plan_with(drafter)

    assert [reason.code for reason in drafter.asked[1].reasons] == [ReasonCode.OVER_BUDGET]
    assert drafted.plan.estimated_cost == BUDGET


@pytest.mark.parametrize(
    "answers",
    [
        (TWICE, THRICE, THRICE),
        (THRICE, TWICE, THRICE),
        (THRICE, TWICE, FOREIGN),
        (THRICE, TWICE, UnreadableDraft("words", usage=USAGE)),
        (THRICE, TWICE, RequestNotServable("nothing is cheap enough")),
    ],
)
async def test_when_nothing_fits_the_budget_the_cheapest_plan_found_is_shown(
    answers: tuple[Draft | Exception, ...],
) -> None:
    drafted = await plan_with(FakeModel(*answers))

    assert drafted.plan.steps == TWICE.steps
    assert drafted.plan.estimated_cost == usdc("1.00")


async def test_a_draft_that_is_too_dear_and_wrong_is_never_shown() -> None:
    wrong = draft(call("one"), in_rome("two"), call("one"))

    with pytest.raises(DraftRefused, match="duplicate_step"):
        await plan_with(FakeModel(wrong, repairs=0))


@pytest.mark.parametrize(
    "refusal", [RequestNotServable("nobody sells cheese"), UpstreamUnavailable("down")]
)
async def test_what_no_repair_can_mend_is_raised_at_once(refusal: Exception) -> None:
    drafter = FakeModel(refusal, GOOD)

    with pytest.raises(type(refusal)):
        await plan_with(drafter)

    assert len(drafter.asked) == 1


async def test_a_free_plan_fits_every_budget() -> None:
    free = listing(accepts=())
    artifacts = FakeArtifactStore()
    ref = await artifacts.put_json(shortlist(free).model_dump_json())
    activities = PlanningActivities(
        drafter=FakeModel(draft(call(service=free))), artifacts=artifacts
    )

    drafted = await activities.draft(DraftPlan(text="x", budget=usdc("0.01"), shortlist=ref))

    assert drafted.plan.estimated_cost == usdc("0")
    assert drafted.plan.offers[0].listing_id == ListingId(free.id)
