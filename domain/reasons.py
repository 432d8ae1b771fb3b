"""Why a draft is not a plan, in words that drafters repair by."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from domain.errors import PlanRejected
from domain.ids import StepId


class ReasonCode(StrEnum):
    """Why a draft is not a plan. Stable names: drafters repair by them."""

    UNREADABLE = "unreadable"
    EMPTY = "empty"
    TOO_MANY_STEPS = "too_many_steps"
    BAD_STEP_ID = "bad_step_id"
    DUPLICATE_STEP = "duplicate_step"
    CYCLE = "cycle"
    DANGLING_REFERENCE = "dangling_reference"
    UNKNOWN_SERVICE = "unknown_service"
    MISSING_ARGUMENT = "missing_argument"
    UNKNOWN_ARGUMENT = "unknown_argument"
    TYPE_MISMATCH = "type_mismatch"
    BAD_EXPRESSION = "bad_expression"
    BAD_GATE = "bad_gate"
    MISPLACED_ITEM = "misplaced_item"
    MISSING_COMPENSATION = "missing_compensation"
    FALSE_COMPENSATION = "false_compensation"
    UNFIT_ALTERNATE = "unfit_alternate"
    NEEDLESS_STEP = "needless_step"
    OVER_BUDGET = "over_budget"


class Reason(BaseModel):
    """One broken rule."""

    model_config = ConfigDict(frozen=True)

    code: ReasonCode
    step: StepId | None = None
    message: str


class DraftRefused(PlanRejected):
    """A draft with the rules it breaks."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        self.reasons = reasons
        super().__init__("; ".join(f"[{reason.code}] {reason.message}" for reason in reasons))
