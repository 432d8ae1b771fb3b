"""Run a plan's graph: bounded parallelism, and a drain before anybody speaks of failure.

Steps run as tasks of their own and are never awaited directly. So a cancellation of the run does
not reach into a payment: no new step starts, those under way end by themselves or are reconciled,
and only then does the caller learn that something failed.
"""

import asyncio
from collections.abc import Mapping, Sequence

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.data.service import DataActivities
from domain import graph
from domain.artifacts import ArtifactRef
from domain.bindings import (
    BoundInputs,
    CollectOutputs,
    Decide,
    ExpandMap,
    ItemRef,
    MapExpanded,
    TransformData,
    needed_outputs,
)
from domain.execution import ENDED, ENDED_WELL, StepState
from domain.ids import StepId
from domain.plan import (
    Adaptation,
    Binding,
    Conditional,
    DataTransform,
    MapStep,
    PaidStep,
    Plan,
    ServiceCall,
    Step,
    adaptation_of,
    bindings_of,
    dependencies,
)
from workflows import _policies as policy
from workflows._failures import STOPPED, StepFailed, reason_of
from workflows._progress import Progress
from workflows._purchase import Purchaser, Wanted


class Execution:
    """One run of a plan; what is done stays done when the plan is approved anew in between."""

    def __init__(
        self,
        *,
        plan: Plan,
        progress: Progress,
        purchaser: Purchaser,
        max_parallel: int,
        may_ask: bool,
    ) -> None:
        self._plan = plan
        self._may_ask = may_ask
        self._progress = progress
        self._max_parallel = max_parallel
        self._purchaser = purchaser
        self._edges = {step.id: dependencies(step) for step in plan.steps}
        self._running: dict[StepId, asyncio.Task[None]] = {}
        self._verdicts: dict[StepId, bool] = {}
        self._failure: StepFailed | None = None
        self._cancelled = False

    def use(self, plan: Plan) -> None:
        """Go on with the same steps under new terms."""
        self._plan = plan
        self._failure = None

    async def run(self) -> None:
        """Run to the end.

        Raises:
            StepFailed: A step failed; everything that was under way has ended.
            asyncio.CancelledError: The run was cancelled; everything under way has ended.
        """
        while True:
            if self._failure is None and not self._cancelled:
                self._start_ready()
            if not self._running:
                break
            try:
                await workflow.wait(
                    list(self._running.values()), return_when=asyncio.FIRST_COMPLETED
                )
            except asyncio.CancelledError:
                self._cancelled = True
                self._purchaser.stop()
            self._collect()
        if self._cancelled and (self._failure is None or self._failure.stopped):
            raise asyncio.CancelledError
        if self._failure is not None:
            raise self._failure

    def _start_ready(self) -> None:
        # Skipping a step may make another one ready, so go on until nothing changes.
        while True:
            states = {step_id: self._progress.state_of(step_id) for step_id in self._edges}
            ended = frozenset(step_id for step_id, state in states.items() if state in ENDED)
            started = ended | frozenset(self._running)
            ready = graph.ready(self._edges, ended=ended, started=started)
            skipped = [step_id for step_id in ready if self._skip_if_unreachable(step_id)]
            if skipped:
                continue
            for step_id in ready[: self._max_parallel - len(self._running)]:
                step = self._plan.step(step_id)
                self._running[step_id] = asyncio.create_task(self._step(step), name=step_id)
            return

    def _skip_if_unreachable(self, step_id: StepId) -> bool:
        step = self._plan.step(step_id)
        if any(
            self._progress.state_of(wanted) not in ENDED_WELL for wanted in self._edges[step_id]
        ):
            self._progress.step(step_id, StepState.SKIPPED, note="a step before it was skipped")
            return True
        gate = step.when
        if gate is not None and self._verdicts.get(gate.step) is not gate.outcome:
            self._progress.step(step_id, StepState.SKIPPED, note=f"{gate.step} decided otherwise")
            return True
        return False

    def _collect(self) -> None:
        for step_id, task in list(self._running.items()):
            if not task.done():
                continue
            del self._running[step_id]
            try:
                task.result()
            except StepFailed as failure:
                self._purchaser.stop()
                # What cannot be mended by asking decides, whichever failed first.
                if self._failure is None or _rank(failure) > _rank(self._failure):
                    self._failure = failure

    async def _step(self, step: Step) -> None:
        try:
            output = await self._produce(step)
        except StepFailed as failure:
            again = (failure.askable or failure.stopped) and self._may_ask
            state = StepState.PENDING if again else StepState.FAILED
            self._progress.step(step.id, state, note=failure.message)
            raise
        deliverer = self._purchaser.deliverer_of(step.id)
        self._progress.step(
            step.id, StepState.SUCCEEDED, output=output, delivered_by=deliverer, note=""
        )

    async def _produce(self, step: Step) -> ArtifactRef | None:
        if isinstance(step, ServiceCall):
            inputs = self._inputs(step)
            return await self._purchaser.buy(Wanted(step=step, slot_id=step.id, inputs=inputs))
        self._progress.step(step.id, StepState.RUNNING)
        try:
            if isinstance(step, MapStep):
                return await self._map(step)
            if isinstance(step, DataTransform):
                return await self._transform(step)
            self._verdicts[step.id] = await self._decide(step)
        except ActivityError as err:
            raise StepFailed(*reason_of(err)) from err
        return None

    async def _transform(self, step: DataTransform) -> ArtifactRef:
        return await workflow.execute_activity_method(
            DataActivities.transform,
            TransformData(step_id=step.id, inputs=self._inputs(step), expression=step.expression),
            **policy.named(policy.DATA, step.title),
        )

    async def _decide(self, step: Conditional) -> bool:
        return await workflow.execute_activity_method(
            DataActivities.decide,
            Decide(step_id=step.id, inputs=self._inputs(step), expression=step.expression),
            **policy.named(policy.DATA, step.title),
        )

    async def _map(self, step: MapStep) -> ArtifactRef:
        inputs = self._inputs(step)
        expanded = await workflow.execute_activity_method(
            DataActivities.expand,
            ExpandMap(step_id=step.id, inputs=inputs, max_items=step.max_items),
            **policy.named(policy.DATA, f"{step.title}: list the items"),
        )
        outputs = await self._buy_items(step, expanded)
        return await workflow.execute_activity_method(
            DataActivities.collect,
            CollectOutputs(
                step_id=step.id,
                outputs=tuple(outputs),
                output_names=self._item_names(step, len(outputs)),
            ),
            **policy.named(policy.DATA, f"{step.title}: collect the results"),
        )

    async def _buy_items(self, step: MapStep, expanded: MapExpanded) -> list[ArtifactRef]:
        # The list itself is no argument: each seller gets its own item and nothing of the others.
        arguments = self._bound(step.arguments, step.adaptations)
        count = expanded.count
        gate = asyncio.Semaphore(step.max_parallel)
        failures: list[StepFailed] = []

        async def buy_item(index: int) -> ArtifactRef | None:
            async with gate:
                # One failed item is enough: the others would only cost more.
                if failures or self._failure or self._cancelled:
                    return None
                item = ItemRef(list=expanded.items, index=index)
                bound = arguments.model_copy(update={"item": item})
                slot_id = StepId(f"{step.id}#{index}")
                try:
                    return await self._purchaser.buy(
                        Wanted(step=step, slot_id=slot_id, inputs=bound)
                    )
                except StepFailed as failure:
                    failures.append(failure)
                    return None

        tasks = [asyncio.create_task(buy_item(index)) for index in range(count)]
        if tasks:
            await workflow.wait(tasks)
        if failures:
            raise failures[0]
        outputs = [output for task in tasks if (output := task.result()) is not None]
        if len(outputs) < count:
            raise StepFailed(STOPPED, f"step {step.id} stopped after {len(outputs)} of {count}")
        return outputs

    def _inputs(self, step: Step) -> BoundInputs:
        adaptations = step.adaptations if isinstance(step, PaidStep) else ()
        return self._bound(bindings_of(step), adaptations)

    def _bound(
        self, bindings: dict[str, Binding], adaptations: Sequence[Adaptation] = ()
    ) -> BoundInputs:
        known: Mapping[StepId, ArtifactRef] = self._progress.outputs()
        outputs = {name: known[name] for name in needed_outputs(bindings)}
        return BoundInputs(
            bindings=bindings,
            outputs=outputs,
            output_names={name: names for name in outputs if (names := self._names_in(name))},
            input_names={one.service: one.inputs for one in adaptations if one.inputs},
        )

    def _names_in(self, step_id: StepId) -> dict[str, str]:
        """Names under which the output of one purchase was planned, where it came with others."""
        step = self._plan.step(step_id)
        if not isinstance(step, ServiceCall) or not step.adaptations:
            return {}  # a map's outputs were renamed one by one, as they were collected
        return adaptation_of(step, self._progress.deliverer_of(step_id)).outputs

    def _item_names(self, step: MapStep, count: int) -> tuple[dict[str, str], ...]:
        if not step.adaptations:
            return ()
        slots = [StepId(f"{step.id}#{index}") for index in range(count)]
        return tuple(
            adaptation_of(step, self._purchaser.deliverer_of(slot)).outputs for slot in slots
        )


def _rank(failure: StepFailed) -> int:
    """Which of several failures a run ends with."""
    if failure.stopped:
        return 0
    return 1 if failure.askable else 2
