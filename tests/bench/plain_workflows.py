"""What the engine is compared with: the same four activities, written by hand on Temporal."""

from datetime import timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict
from temporalio import workflow

from activities.data.service import DataActivities
from activities.payments.service import PaymentActivities
from domain.bindings import BoundInputs, TransformData
from domain.catalogue import Offer
from domain.ids import StepId
from domain.money import Amount
from domain.names import TaskQueue
from domain.purchases import AuthorizePurchase, PurchaseSlot

STEPS: Final = 4
EXPRESSION: Final = "`1`"
"""A constant: the step has nothing to do."""


class FourTransforms(BaseModel):
    """Input of one run of transforms."""

    model_config = ConfigDict(frozen=True)

    inputs: BoundInputs


class FourCalls(BaseModel):
    """Input of one run of calls."""

    model_config = ConfigDict(frozen=True)

    offer: Offer
    inputs: BoundInputs
    cap: Amount


@workflow.defn
class PlainTransformsWorkflow:
    """Four transforms in a row."""

    @workflow.run
    async def run(self, ask: FourTransforms) -> None:
        for number in range(STEPS):
            await workflow.execute_activity_method(
                DataActivities.transform,
                TransformData(
                    step_id=StepId(f"step-{number}"), inputs=ask.inputs, expression=EXPRESSION
                ),
                task_queue=TaskQueue.ORCHESTRATION,
                start_to_close_timeout=timedelta(seconds=30),
            )


@workflow.defn
class PlainCallsWorkflow:
    """Four calls of a free service in a row."""

    @workflow.run
    async def run(self, ask: FourCalls) -> None:
        info = workflow.info()
        for number in range(STEPS):
            slot = PurchaseSlot(
                workflow_id=info.workflow_id,
                first_run_id=info.first_execution_run_id,
                step_id=StepId(f"step-{number}"),
                ordinal=0,
            )
            await workflow.execute_activity_method(
                PaymentActivities.authorize,
                AuthorizePurchase(
                    slot=slot, offers=(ask.offer,), inputs=ask.inputs, run_cap=ask.cap
                ),
                task_queue=TaskQueue.PAYMENTS,
                start_to_close_timeout=timedelta(seconds=90),
            )
