"""Work on stored values that costs nothing: transforms, conditions, fan-out."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat
from typing import Final

from pydantic import JsonValue
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
    answering_to,
    is_true,
    search,
)
from domain.errors import DataError
from domain.ids import StepId, canonical_json
from domain.limits import MAX_RESPONSE_BYTES

MAX_VALUE_BYTES: Final = 4 * MAX_RESPONSE_BYTES
"""Of one value that is put together here, and held in memory meanwhile."""


class DataActivities:
    """Evaluates a plan's expressions over what its steps produced."""

    def __init__(self, *, artifacts: ArtifactStore) -> None:
        self._artifacts = artifacts

    @activity.defn
    async def transform(self, ask: TransformData) -> ArtifactRef:
        """Evaluate the expression over the inputs, which it sees as one object."""
        with _step(ask.step_id):
            value = await self._evaluate(ask)
            if value is None:
                raise DataError(f"the expression {ask.expression[:80]!r} selects nothing")
            return await self._store(value)

    @activity.defn
    async def decide(self, ask: Decide) -> bool:
        """Say whether the expression is true."""
        with _step(ask.step_id):
            return is_true(await self._evaluate(ask))

    @activity.defn
    async def expand(self, ask: ExpandMap) -> MapExpanded:
        """List the items of ``over``, refusing more than were approved."""
        over = ask.inputs.model_copy(update={"bindings": {"over": ask.inputs.bindings["over"]}})
        with _step(ask.step_id):
            items = (await load_inputs(self._artifacts, over))["over"]
            if not isinstance(items, list):
                raise DataError("it maps over something that is not a list")
            if len(items) > ask.max_items:
                raise DataError(f"it would buy {len(items)} times, {ask.max_items} were approved")
            return MapExpanded(items=await self._store(items), count=len(items))

    @activity.defn
    async def collect(self, ask: CollectOutputs) -> ArtifactRef:
        """Make one list of the outputs."""
        with _step(ask.step_id):
            _check_size(sum(ref.size_bytes for ref in ask.outputs))
            values = [await load_value(self._artifacts, ref) for ref in ask.outputs]
            named = zip(values, ask.output_names or repeat({}), strict=False)
            return await self._store([answering_to(value, names) for value, names in named])

    async def _evaluate(self, ask: TransformData | Decide) -> JsonValue:
        inputs = await load_inputs(self._artifacts, ask.inputs)
        # In a thread, so that a long evaluation stops no other activity's heartbeat.
        return await asyncio.to_thread(search, ask.expression, dict(inputs))

    async def _store(self, value: JsonValue) -> ArtifactRef:
        _check_size(len(canonical_json(value)))
        return await store_value(self._artifacts, value)


def _check_size(size_bytes: int) -> None:
    if size_bytes > MAX_VALUE_BYTES:
        raise DataError(f"it would make {size_bytes:,} bytes, more than {MAX_VALUE_BYTES:,}")


@contextmanager
def _step(step_id: StepId) -> Iterator[None]:
    """Say in every data error which step it happened in."""
    try:
        yield
    except DataError as err:
        raise DataError(f"step {step_id}: {err.message}") from err
