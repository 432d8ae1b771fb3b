from activities.planning.merging import bought_once
from domain.ids import ListingId, StepId
from domain.plan import (
    Binding,
    Conditional,
    DataTransform,
    Gate,
    MapStep,
    Output,
    ServiceCall,
    Step,
    Value,
)

SELLER = ListingId("POST https://a.example/x")


def call(name: str, **arguments: Binding) -> ServiceCall:
    return ServiceCall(id=StepId(name), title=name, service=SELLER, arguments=dict(arguments))


def of(name: str, path: str = "a") -> Output:
    return Output(step=StepId(name), path=path)


def ids(steps: tuple[Step, ...]) -> list[str]:
    return [step.id for step in steps]


def test_the_same_call_is_bought_once_and_feeds_everybody() -> None:
    merged = bought_once(
        [
            call("one", days=Value(value=14)),
            call("again", days=Value(value=14)),
            call("last", x=of("one"), y=of("again", "b")),
        ]
    )

    assert ids(merged) == ["one", "last"]
    assert isinstance(merged[1], ServiceCall)
    assert merged[1].arguments == {"x": of("one"), "y": of("one", "b")}


def test_what_becomes_the_same_by_merging_is_merged_too() -> None:
    merged = bought_once(
        [call("a"), call("b"), call("c", x=of("a")), call("d", x=of("b")), call("e", x=of("d"))]
    )

    assert ids(merged) == ["a", "c", "e"]
    assert isinstance(merged[2], ServiceCall)
    assert merged[2].arguments == {"x": of("c")}


def test_other_arguments_are_another_call() -> None:
    calls = [call("one", days=Value(value=14)), call("two", days=Value(value=30))]

    assert bought_once(calls) == tuple(calls)


def test_calls_under_different_conditions_are_not_the_same() -> None:
    gated = call("two").model_copy(update={"when": Gate(step=StepId("if"), outcome=True)})

    assert ids(bought_once([call("one"), gated])) == ["one", "two"]


def test_transforms_conditions_and_maps_take_from_the_first() -> None:
    transform = DataTransform(
        id=StepId("t"), title="t", inputs={"i": of("again")}, expression="i[0]"
    )
    test = Conditional(
        id=StepId("if"),
        title="if",
        inputs={"i": of("again")},
        expression="i",
        after=(StepId("again"),),
    )
    each = MapStep(
        id=StepId("each"),
        title="each",
        over=of("again"),
        service=SELLER,
        arguments={},
        max_items=3,
    )

    merged = bought_once([call("one"), call("again"), transform, test, each])

    assert ids(merged) == ["one", "t", "if", "each"]
    assert isinstance(merged[1], DataTransform)
    assert isinstance(merged[2], Conditional)
    assert isinstance(merged[3], MapStep)
    assert merged[1].inputs == merged[2].inputs == {"i": of("one")}
    assert merged[2].after == ("one",)
    assert merged[3].over == of("one")
