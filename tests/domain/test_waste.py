"""Steps that nobody needs are refused; steps that look alike and are not stay."""

from domain.drafting import Draft
from domain.ids import StepId
from domain.plan import Gate, Item, Step, Value
from domain.waste import outputs_used, waste_in
from tests.fakes.builders import call, decide, each, output_of, reshape


def wasted(*steps: Step) -> list[str]:
    return [step for step, _ in waste_in(Draft(steps=steps))]


def test_the_same_purchase_twice_is_waste() -> None:
    assert wasted(call("one"), call("two")) == ["two"]


def test_the_same_service_for_something_else_is_not() -> None:
    rome = call("two", arguments={"place": Value(value="Rome")})

    assert wasted(call("one"), rome) == []


def test_the_same_purchase_on_the_other_branch_is_not() -> None:
    gates = [Gate(step=StepId("which"), outcome=outcome) for outcome in (True, False)]
    first = reshape("made", {"x": Value(value=1)}, "[x]")
    which = decide("which", {"x": output_of("made")})

    assert wasted(first, which, call("a", when=gates[0]), call("b", when=gates[1])) == []


def test_a_decision_that_gates_nothing_is_waste() -> None:
    assert wasted(call(), decide("which", {"x": output_of("weather")})) == ["which"]


def test_handing_over_what_another_step_made_is_waste() -> None:
    assert wasted(call(), reshape("same", {"x": output_of("weather")}, "x")) == ["same"]
    assert wasted(call(), reshape("part", {"x": output_of("weather")}, "x.report")) == []


def test_a_map_of_the_same_list_twice_is_waste() -> None:
    maps = [
        each(name, over=output_of("weather", "report"), arguments={"place": Item()})
        for name in ("m", "n")
    ]

    assert wasted(call(), *maps) == ["n"]


def test_the_list_of_a_map_is_used() -> None:
    steps = (call(), each("m", over=output_of("weather", "report")))

    assert outputs_used(steps) == {StepId("weather")}
