"""What is said of a plan: what it delivers, what cannot be undone, how long it takes."""

from domain.ids import StepId
from domain.plan import Value
from domain.plan_quality import quality_of
from tests.fakes.builders import call, decide, listing, offer, output_of, plan, usdc

LASTING = listing("lasting", refund=None)


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
