"""Transforms, conditions and fan-out over stored values."""

import pytest
from pydantic import JsonValue
from temporalio.testing import ActivityEnvironment

from activities.artifacts.values import load_value, store_value
from activities.data import service
from activities.data.service import DataActivities
from domain.artifacts import ArtifactRef
from domain.bindings import (
    BoundInputs,
    CollectOutputs,
    Decide,
    ExpandMap,
    ItemRef,
    TransformData,
)
from domain.errors import DataError
from domain.ids import StepId
from domain.plan import Item, Output, Value
from tests.fakes.artifacts import FakeArtifactStore
from tests.fakes.builders import output_of

STEP = StepId("shape")
WEATHER: JsonValue = {"days": [{"high": 3}, {"high": 9}], "none": None}


@pytest.fixture
def store() -> FakeArtifactStore:
    return FakeArtifactStore()


@pytest.fixture
def data(store: FakeArtifactStore) -> DataActivities:
    return DataActivities(artifacts=store)


async def inputs(store: FakeArtifactStore, path: str | None = None) -> BoundInputs:
    """``w``: a part of what the step ``weather`` produced; ``limit``: 5."""
    ref = await store_value(store, WEATHER)
    bindings = {"w": output_of("weather", path), "limit": Value(value=5)}
    return BoundInputs(bindings=bindings, outputs={StepId("weather"): ref})


def over(ref: ArtifactRef, path: str | None = None, *, max_items: int = 2) -> ExpandMap:
    bindings = {"over": output_of("weather", path), "place": Item(path="name")}
    bound = BoundInputs(bindings=bindings, outputs={StepId("weather"): ref})
    return ExpandMap(step_id=STEP, inputs=bound, max_items=max_items)


async def test_a_transform_sees_its_inputs_as_one_object(
    store: FakeArtifactStore, data: DataActivities
) -> None:
    ask = TransformData(
        step_id=STEP, inputs=await inputs(store, "days"), expression="{top: w[-1].high, of: limit}"
    )

    ref = await ActivityEnvironment().run(data.transform, ask)

    assert await load_value(store, ref) == {"top": 9, "of": 5}


async def test_the_same_transform_twice_gives_the_same_artifact(
    store: FakeArtifactStore, data: DataActivities
) -> None:
    ask = TransformData(step_id=STEP, inputs=await inputs(store), expression="w.days")

    assert await data.transform(ask) == await data.transform(ask)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("w.rain", "selects nothing"),
        ("w.[", "not JMESPath"),
        ("sum(w)", "failed"),
        ("x" * 2_001, "longer than"),
        ("[@,@]" + "|[@,@]" * 200, "would make a value"),
    ],
)
async def test_a_transform_that_cannot_be_done_says_where_and_why(
    store: FakeArtifactStore, data: DataActivities, expression: str, why: str
) -> None:
    ask = TransformData(step_id=STEP, inputs=await inputs(store), expression=expression)

    with pytest.raises(DataError, match=f"^step shape: .*{why}"):
        await data.transform(ask)


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ("w.days[0].high < limit", True),
        ("w.days[1].high < limit", False),
        ("w.rain", False),
        ("w.days[?high > `99`]", False),
        ("w.days", True),
        ("`0`", True),
    ],
)
async def test_a_condition_is_decided_by_its_truth(
    store: FakeArtifactStore, data: DataActivities, expression: str, verdict: bool
) -> None:
    ask = Decide(step_id=STEP, inputs=await inputs(store), expression=expression)

    assert await ActivityEnvironment().run(data.decide, ask) is verdict


async def test_a_condition_that_fails_decides_nothing(
    store: FakeArtifactStore, data: DataActivities
) -> None:
    with pytest.raises(DataError, match="step shape"):
        await data.decide(Decide(step_id=STEP, inputs=await inputs(store), expression="abs('x')"))


async def test_an_input_that_selects_nothing_is_named(
    store: FakeArtifactStore, data: DataActivities
) -> None:
    ask = TransformData(step_id=STEP, inputs=await inputs(store, "none"), expression="@")

    with pytest.raises(
        DataError, match=r"step shape: argument w: none selects nothing in .*weather"
    ):
        await data.transform(ask)


async def test_a_map_lists_its_items(store: FakeArtifactStore, data: DataActivities) -> None:
    ref = await store_value(store, WEATHER)

    expanded = await ActivityEnvironment().run(data.expand, over(ref, "days"))

    assert expanded.count == 2
    assert await load_value(store, expanded.items) == [{"high": 3}, {"high": 9}]


async def test_a_map_over_nothing_buys_nothing(
    store: FakeArtifactStore, data: DataActivities
) -> None:
    assert (await data.expand(over(await store_value(store, [])))).count == 0


async def test_a_map_never_goes_over_more_than_was_approved(
    store: FakeArtifactStore, data: DataActivities
) -> None:
    ref = await store_value(store, WEATHER)

    with pytest.raises(DataError, match="step shape: it would buy 2 times, 1 were approved"):
        await data.expand(over(ref, "days", max_items=1))


@pytest.mark.parametrize("path", [None, "days[0]", "days[0].high", "none"])
async def test_a_map_goes_over_lists_only(
    store: FakeArtifactStore, data: DataActivities, path: str | None
) -> None:
    with pytest.raises(DataError, match="step shape"):
        await data.expand(over(await store_value(store, WEATHER), path))


async def test_outputs_are_collected_in_order_whatever_their_type(
    store: FakeArtifactStore, data: DataActivities
) -> None:
    outputs = (
        await store.put(b"# second", "text/markdown"),
        await store_value(store, {"n": 1}),
        await store.put(b"\x00", "image/png"),
    )

    ref = await ActivityEnvironment().run(
        data.collect, CollectOutputs(step_id=STEP, outputs=outputs)
    )

    assert await load_value(store, ref) == [
        "# second",
        {"n": 1},
        {"media_type": "image/png", "base64": "AA=="},
    ]


async def test_what_is_put_together_is_bounded(
    store: FakeArtifactStore, data: DataActivities, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAX_VALUE_BYTES", 10)
    large = await store_value(store, "x" * 8)

    with pytest.raises(DataError, match="step shape: it would make 20 bytes"):
        await data.collect(CollectOutputs(step_id=STEP, outputs=(large, large)))
    with pytest.raises(DataError, match="step shape: it would make 49 bytes"):
        await data.transform(
            TransformData(step_id=STEP, inputs=await inputs(store), expression="w.days | [@, @]")
        )


async def test_a_transform_can_use_the_current_item(
    store: FakeArtifactStore, data: DataActivities
) -> None:
    items = await store_value(store, [{"name": "Oslo"}, {"name": "Bergen"}])
    bound = BoundInputs(bindings={"n": Item(path="name")}, item=ItemRef(list=items, index=1))

    ref = await data.transform(TransformData(step_id=STEP, inputs=bound, expression="n"))

    assert await load_value(store, ref) == "Bergen"


async def test_what_a_fallback_delivered_answers_to_the_planned_names_too(
    store: FakeArtifactStore, data: DataActivities
) -> None:
    outputs = (await store_value(store, {"n": 1}), await store_value(store, {"count": 2}))
    ask = CollectOutputs(step_id=STEP, outputs=outputs, output_names=({}, {"n": "count"}))
    bound = BoundInputs(
        bindings={"n": Output(step=StepId("weather"), path="n")},
        outputs={StepId("weather"): outputs[1]},
        output_names={StepId("weather"): {"n": "count"}},
    )

    collected = await data.collect(ask)
    found = await data.transform(TransformData(step_id=STEP, inputs=bound, expression="n"))

    assert await load_value(store, collected) == [{"n": 1}, {"count": 2, "n": 2}]
    assert await load_value(store, found) == 2
