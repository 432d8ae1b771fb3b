"""What is said of a plan: what it delivers, what cannot be undone, where it could be cheaper."""

from typing import Any

import pytest

from domain.catalogue import RankedListing, Score, ScorePart, ServiceListing
from domain.drafting import Draft, Shortlist
from domain.ids import StepId
from domain.plan import ServiceCall, Value
from domain.plan_quality import quality_of, with_cheaper_equals
from tests.fakes.builders import call, decide, listing, offer, output_of, plan, terms, usdc

LASTING = listing("lasting", refund=None)
CHEAP = listing("cheap", accepts=(terms(base_units=100_000),))
CHEAPER = listing("cheaper", accepts=(terms(base_units=50_000),), refund=None)
DEAR = listing("dear", accepts=(terms(base_units=900_000),))


def ranked(one: ServiceListing, score: float) -> RankedListing:
    part = ScorePart(value=score, why="")
    parts: dict[str, Any] = dict.fromkeys(("semantic", "reputation", "price", "latency"), part)
    return RankedListing(listing=one, score=Score(**parts))


def shortlist(**scores: float) -> Shortlist:
    listings = {"weather": listing(), "cheap": CHEAP, "cheaper": CHEAPER, "dear": DEAR}
    candidates = tuple(ranked(listings[name], score) for name, score in scores.items())
    job = tuple(sorted(one.listing.id for one in candidates))
    return Shortlist(text="the weather", candidates=candidates, jobs=(job,))


def services_of(drafts: list[Draft]) -> list[str]:
    steps = [draft.steps[0] for draft in drafts]
    return [step.service for step in steps if isinstance(step, ServiceCall)]


def test_what_nobody_uses_is_what_is_delivered() -> None:
    chained = call("second", LASTING, arguments={"place": output_of("weather", "report")})
    which = decide("which", {"x": output_of("second", "report")})
    made = plan(call(), chained, which, offers=(offer("lasting", refund=None), offer()))

    seconds = {StepId("weather"): 1.0, StepId("second"): 2.0, StepId("which"): 0.1}
    found = quality_of(made, seconds)

    assert found.delivers == ()  # the decision uses the last output, and is no delivery itself
    assert quality_of(plan(), {}).delivers == (StepId("weather"),)
    assert found.groups == (("weather",), ("second",), ("which",))
    assert found.slowest == ("weather", "second", "which")


def test_money_that_stays_spent_is_named_and_counted() -> None:
    rome = call("second", LASTING, arguments={"place": Value(value="Rome")})
    made = plan(call(), rome, offers=(offer("lasting", refund=None), offer()))

    found = quality_of(made, {})

    assert found.irreversible == (StepId("second"),)
    assert found.irreversible_cost == usdc("0.50")


def test_free_steps_are_not_irreversible() -> None:
    free = offer(terms=None, refund=None)

    assert quality_of(plan(call(undo=None), offers=(free,)), {}).irreversible == ()


def test_cheaper_equals_are_tried_by_what_they_save() -> None:
    found = list(
        with_cheaper_equals(
            Draft(steps=(call(),)), shortlist(weather=0.7, cheap=0.7, cheaper=0.75, dear=0.9)
        )
    )

    assert services_of(found) == [CHEAPER.id, CHEAP.id]
    step = found[0].steps[0]
    assert isinstance(step, ServiceCall)
    assert step.undo is not None
    assert step.undo.action == "none"  # the other one's own word on undoing


@pytest.mark.parametrize("score", [0.0, 0.5, 0.67])
def test_a_cheaper_service_of_less_merit_is_not_preferred(score: float) -> None:
    draft = Draft(steps=(call(),))

    assert list(with_cheaper_equals(draft, shortlist(weather=0.7, cheap=score))) == []


def test_a_service_that_does_another_job_is_no_equal() -> None:
    alone = shortlist(weather=0.7, cheap=0.7).model_copy(update={"jobs": ()})

    assert list(with_cheaper_equals(Draft(steps=(call(),)), alone)) == []
