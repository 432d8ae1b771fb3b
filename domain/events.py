"""What observers learn while a run goes on."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from domain.execution import StepState
from domain.ids import RequestId, StepId
from domain.money import Amount
from domain.payments import PaymentState
from domain.runs import RunState


class ProgressEvent(BaseModel):
    """One change of a run or of one of its steps, as published on the Workflow Stream."""

    model_config = ConfigDict(frozen=True)

    version: Literal[1] = 1
    request_id: RequestId
    at: datetime
    run_state: RunState
    step_id: StepId | None = None
    step_state: StepState | None = None
    payment_state: PaymentState | None = None
    spent: Amount
    note: str = ""
