"""Endings that are decisions, told apart from bugs, which stall the task instead."""

from typing import Final

from pydantic import ValidationError
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.exceptions import TimeoutError as TemporalTimeout

from domain.drafting import Unplanned
from domain.errors import BudgetExceeded, EngineError, TermsChanged


class StepFailed(EngineError):
    """A step ended without its result; what it cost is counted elsewhere."""

    code = "step_failed"

    def __init__(self, reason_code: str, message: str) -> None:
        super().__init__(message)
        self.reason_code = reason_code

    @property
    def stopped(self) -> bool:
        """Whether it only gave way to something else that ended the run."""
        return self.reason_code == STOPPED

    @property
    def askable(self) -> bool:
        """Whether a person can mend it by approving something else."""
        return self.reason_code in _ASKABLE


STOPPED: Final = "stopped"
"""Code of a step that ended only because the run was ending."""

_ASKABLE: Final = frozenset({TermsChanged.code, BudgetExceeded.code})


def unplanned_of(err: ActivityError) -> Unplanned | None:
    """What planning used although no plan came about, where the failure tells."""
    cause = err.cause
    if not isinstance(cause, ApplicationError) or not cause.details:
        return None
    try:
        return Unplanned.model_validate(cause.details[0])
    except ValidationError:
        return None  # another kind of failure, with details of its own


def reason_of(err: ActivityError) -> tuple[str, str]:
    """Name an activity's failure by our own code, with a sentence for a person."""
    cause = err.cause
    while isinstance(cause, ActivityError):
        cause = cause.cause
    if isinstance(cause, ApplicationError):
        return cause.type or EngineError.code, cause.message
    if isinstance(cause, TemporalTimeout):
        return "timed_out", f"{err.activity_type} did not finish in time"
    return EngineError.code, f"{err.activity_type} failed: {cause or err}"
