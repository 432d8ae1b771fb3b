"""Work on stored values that costs nothing: transforms, conditions, fan-out."""

from temporalio import activity

from activities.artifacts.ports import ArtifactStore
from activities.artifacts.values import load_inputs, load_value, store_value
from domain.artifacts import ArtifactRef
from domain.bindings import (
    CollectOutputs,
    Decide,
    ExpandMap,
    MapExpanded,
    TransformData,
    is_true,
    search,
)
from domain.errors import DataError


class DataActivities:
    """Evaluates a plan's expressions over what its steps produced."""

    def __init__(self, *, artifacts: ArtifactStore) -> None:
        self._artifacts = artifacts

    @activity.defn
    async def transform(self, ask: TransformData) -> ArtifactRef:
        """Evaluate the expression over the inputs, which it sees as one object."""
        value = search(ask.expression, dict(await load_inputs(self._artifacts, ask.inputs)))
        return await store_value(self._artifacts, value)

    @activity.defn
    async def decide(self, ask: Decide) -> bool:
        """Say whether the expression is true."""
        return is_true(search(ask.expression, dict(await load_inputs(self._artifacts, ask.inputs))))

    @activity.defn
    async def expand(self, ask: ExpandMap) -> MapExpanded:
        """List the items of ``over``, refusing more than were approved."""
        over = ask.inputs.model_copy(update={"bindings": {"over": ask.inputs.bindings["over"]}})
        items = (await load_inputs(self._artifacts, over))["over"]
        if not isinstance(items, list):
            raise DataError(f"step {ask.step_id} maps over something that is not a list")
        if len(items) > ask.max_items:
            raise DataError(
                f"step {ask.step_id} would buy {len(items)} times, {ask.max_items} were approved"
            )
        return MapExpanded(items=await store_value(self._artifacts, items), count=len(items))

    @activity.defn
    async def collect(self, ask: CollectOutputs) -> ArtifactRef:
        """Make one list of the outputs."""
        values = [await load_value(self._artifacts, ref) for ref in ask.outputs]
        return await store_value(self._artifacts, values)
