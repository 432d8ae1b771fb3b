"""What a person is asked to approve, and when a decision counts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.errors import DecisionRefused
from domain.ids import Digest, RequestId, digest_model
from domain.money import Amount
from domain.policy import SpendPolicy

Verdict = Literal["approve", "reject"]

Person = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
"""Who decided, as the door through which the decision came knows them."""


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class ApprovalRequest(Frozen):
    """The approval document: one plan at its exact price, under exact limits.

    With the plan that its digest names it says everything that execution may do.
    """

    request_id: RequestId
    round: int = Field(default=1, ge=1)
    """How often this run has asked; a decision counts for one asking only."""
    plan_digest: Digest
    """Binds steps, services, fallbacks, live terms and payees."""
    estimated: Amount
    cap: Amount
    """Most the run may spend, whatever happens, what it spent before included."""
    loss_allowance: Amount
    """Most that may be lost on sellers that took money for nothing while others are tried."""
    wallet: str
    """Who pays."""
    policy: SpendPolicy
    """The installation's rules when this was asked."""
    changes: tuple[str, ...] = ()
    """What differs from what was approved before; empty the first time."""
    new_payees: tuple[str, ...] = ()
    """Who would be paid for the first time, in words."""
    holds: tuple[str, ...] = ()
    """What a person must look at; a run told not to ask is asked all the same."""
    approvals_needed: int = Field(default=1, ge=1, le=2)
    expires_at: datetime

    @property
    def digest(self) -> Digest:
        """SHA-256 over the canonical JSON of the whole document."""
        return digest_model(self)


class Decision(Frozen):
    """A person's answer to one approval document."""

    decision_id: str = Field(min_length=8, max_length=64)
    """Chosen by the sender; sending the same decision again changes nothing."""
    document_digest: Digest
    cap: Amount
    verdict: Verdict
    decided_by: Person
    looked: bool = False
    """A person saw what is held for them; not so for a run told not to ask."""
    note: str = Field(default="", max_length=500)


class Approval(Frozen):
    """An accepted decision; it counts for one asking of one run."""

    decision: Decision
    round: int = 1
    decided_at: datetime
    still_needed: int = 0
    """How many more people must approve."""


def check_decision(
    decision: Decision,
    *,
    request: ApprovalRequest | None,
    earlier: Sequence[Approval],
    now: datetime,
) -> None:
    """Accept ``decision`` or say why not.

    Args:
        decision: What was sent.
        request: What is asked at the moment, if anything is.
        earlier: Decisions accepted on this asking.
        now: When it arrived.

    Raises:
        DecisionRefused: Nothing awaits a decision, it was decided before, the document changed
            since, the cap differs, a person has not looked, or the time is over.
    """
    if request is None:
        raise DecisionRefused("this run has no plan waiting for a decision")
    decided = verdict_of(request, earlier)
    if decided is not None:
        raise DecisionRefused(f"this run was decided before: {decided}")
    if decision.document_digest != request.digest:
        raise DecisionRefused(
            f"the decision is about approval {decision.document_digest[:12]}, but what waits is "
            f"{request.digest[:12]}; look at it again"
        )
    if decision.cap != request.cap:
        raise DecisionRefused(f"the decision allows {decision.cap}, the plan asks {request.cap}")
    if now >= request.expires_at:
        raise DecisionRefused(f"the prices expired at {request.expires_at:%Y-%m-%d %H:%M:%S} UTC")
    if decision.verdict == "reject":
        return
    if request.holds and not decision.looked:
        raise DecisionRefused(f"a person must look at this first: {'; '.join(request.holds)}")
    # Whoever writes their name another way is no second person.
    name = decision.decided_by.casefold()
    if any(known.decision.decided_by.casefold() == name for known in _about(request, earlier)):
        raise DecisionRefused(
            f"{decision.decided_by} approved before; a second person is needed above "
            f"{request.policy.two_approvals_above} USDC"
        )


def verdict_of(request: ApprovalRequest, approvals: Sequence[Approval]) -> Verdict | None:
    """What the decisions on one asking come to; ``None`` while more are needed."""
    counted = _about(request, approvals)
    if any(approval.decision.verdict == "reject" for approval in counted):
        return "reject"
    return "approve" if len(counted) >= request.approvals_needed else None


def _about(request: ApprovalRequest, approvals: Sequence[Approval]) -> list[Approval]:
    # The document names its asking, so an approval of any other one counts for nothing here.
    digest = request.digest
    return [approval for approval in approvals if approval.decision.document_digest == digest]


class BudgetRequest(Frozen):
    """A run that needs more money than it may spend, and waits."""

    request_id: RequestId
    round: int = Field(default=1, ge=1)
    budget: Amount
    needed: Amount
    """Smallest budget with which it can go on."""
    maximum: Amount
    """Largest budget the installation allows."""
    why: str
    expires_at: datetime


class BudgetRaise(Frozen):
    """A person's answer to a budget request."""

    decision_id: str = Field(min_length=8, max_length=64)
    """Chosen by the sender; sending the same answer again changes nothing."""
    round: int
    budget: Amount | None
    """The new budget; ``None`` refuses to raise it."""
    decided_by: Person


def check_raise(answer: BudgetRaise, *, request: BudgetRequest | None, now: datetime) -> None:
    """Accept ``answer`` or say why not.

    Raises:
        DecisionRefused: Nothing waits for it, it is too little, too much, or too late.
    """
    if request is None or answer.round != request.round:
        raise DecisionRefused("this run does not wait for a larger budget")
    if now >= request.expires_at:
        raise DecisionRefused(f"the question expired at {request.expires_at:%Y-%m-%d %H:%M:%S} UTC")
    if answer.budget is None:
        return
    if answer.budget.asset != request.needed.asset:
        raise DecisionRefused(f"the budget is in {request.needed.asset.symbol}")
    if answer.budget < request.needed:
        raise DecisionRefused(f"{answer.budget} is not enough; {request.needed} is needed")
    if answer.budget > request.maximum:
        raise DecisionRefused(f"{answer.budget} is above the {request.maximum} allowed here")
