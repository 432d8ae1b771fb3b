"""What a person is asked to approve, and when a decision counts."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.errors import DecisionRefused
from domain.ids import Digest, RequestId
from domain.money import Amount


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class ApprovalRequest(Frozen):
    """One plan at its exact price, waiting for a decision."""

    request_id: RequestId
    plan_digest: Digest
    """Binds steps, services, fallbacks, live terms and payees."""
    estimated: Amount
    cap: Amount
    """Most the run may spend, whatever happens."""
    expires_at: datetime


class Decision(Frozen):
    """A person's answer to one approval request."""

    decision_id: str = Field(min_length=8, max_length=64)
    """Chosen by the sender; sending the same decision again changes nothing."""
    plan_digest: Digest
    cap: Amount
    verdict: Literal["approve", "reject"]
    decided_by: str = Field(min_length=1, max_length=120)
    note: str = Field(default="", max_length=500)


class Approval(Frozen):
    """An accepted decision; it can be used once, by the run that asked."""

    decision: Decision
    decided_at: datetime


def check_decision(
    decision: Decision,
    *,
    request: ApprovalRequest | None,
    earlier: Approval | None,
    now: datetime,
) -> None:
    """Accept ``decision`` or say why not.

    Raises:
        DecisionRefused: Nothing awaits a decision, one was taken before, the plan changed since,
            the cap differs, or the time is over.
    """
    if earlier is not None:
        raise DecisionRefused(f"this run was decided before: {earlier.decision.verdict}")
    if request is None:
        raise DecisionRefused("this run has no plan waiting for a decision")
    if decision.plan_digest != request.plan_digest:
        raise DecisionRefused(
            f"the decision is about plan {decision.plan_digest[:12]}, but the plan is now "
            f"{request.plan_digest[:12]}; look at it again"
        )
    if decision.cap != request.cap:
        raise DecisionRefused(f"the decision allows {decision.cap}, the plan asks {request.cap}")
    if now >= request.expires_at:
        raise DecisionRefused(f"the prices expired at {request.expires_at:%Y-%m-%d %H:%M:%S} UTC")
