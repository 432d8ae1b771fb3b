"""A run as a whole: its states, what starts it, what a watcher sees, how it ended."""

from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.approval import Approval, ApprovalRequest, BudgetRequest
from domain.artifacts import ArtifactRef
from domain.drafting import TokenUsage
from domain.errors import IllegalTransition
from domain.execution import StepView
from domain.ids import Digest, ListingId, RequestId, StepId
from domain.intent import Intent
from domain.limits import APPROVAL_LIFETIME, MAX_PARALLEL_STEPS
from domain.money import Amount
from domain.payments import Receipt, SignatureRequest
from domain.plan import Plan
from domain.rollback import RollbackEntry
from domain.writes import WriteReceipt


class RunState(StrEnum):
    """Where a run stands."""

    PLANNING = "planning"
    AWAITING_BUDGET = "awaiting_budget"
    """It needs more than its budget and asks for it."""
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    EXECUTING = "executing"
    AWAITING_SIGNATURE = "awaiting_signature"
    """The person's own wallet must sign a payment."""
    ROLLING_BACK = "rolling_back"
    COMPLETED = "completed"
    FAILED = "failed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    ROLLED_BACK = "rolled_back"
    PARTIALLY_ROLLED_BACK = "partially_rolled_back"


_S = RunState

_MOVES: Final[dict[RunState, frozenset[RunState]]] = {
    _S.PLANNING: frozenset(
        {_S.AWAITING_BUDGET, _S.AWAITING_APPROVAL, _S.APPROVED, _S.FAILED, _S.CANCELLED}
    ),
    # Both questions may come back in the middle of a run, when there may be something to undo.
    _S.AWAITING_BUDGET: frozenset(
        {_S.PLANNING, _S.AWAITING_APPROVAL, _S.EXECUTING, _S.FAILED, _S.ROLLING_BACK, _S.CANCELLED}
    ),
    _S.AWAITING_APPROVAL: frozenset(
        {_S.APPROVED, _S.REJECTED, _S.EXPIRED, _S.FAILED, _S.ROLLING_BACK, _S.CANCELLED}
    ),
    _S.APPROVED: frozenset({_S.EXECUTING, _S.CANCELLED}),
    _S.EXECUTING: frozenset(
        {
            _S.COMPLETED,
            _S.FAILED,
            _S.ROLLING_BACK,
            _S.CANCELLED,
            _S.AWAITING_BUDGET,
            _S.AWAITING_APPROVAL,
            _S.APPROVED,
            _S.AWAITING_SIGNATURE,
        }
    ),
    _S.AWAITING_SIGNATURE: frozenset({_S.EXECUTING}),
    _S.ROLLING_BACK: frozenset({_S.ROLLED_BACK, _S.PARTIALLY_ROLLED_BACK}),
}

FINAL_STATES: Final = frozenset(_S) - frozenset(_MOVES)
"""States from which nothing follows."""


def move(current: RunState, to: RunState) -> RunState:
    """Return ``to`` when the run may go there.

    Raises:
        IllegalTransition: It may not.
    """
    if to not in _MOVES.get(current, frozenset()):
        raise IllegalTransition(f"a run cannot go from {current} to {to}")
    return to


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class ReusedStep(Frozen):
    """A step that an earlier run of the same plan delivered; it is not bought again."""

    step_id: StepId
    output: ArtifactRef
    paid: Amount
    """What the earlier run paid; costs this run nothing."""
    delivered_by: ListingId | None = None
    """Who was paid; a fallback may use other names than the plan."""


class FulfilRequest(Frozen):
    """What starts a run."""

    request_id: RequestId
    text: str
    budget: Amount
    policy_maximum: Amount
    approval_seconds: int = Field(default=int(APPROVAL_LIFETIME.total_seconds()), ge=1)
    max_parallel: int = Field(default=8, ge=1, le=MAX_PARALLEL_STEPS)
    anchor: bool = True
    """Write the run's digest on chain when it ends."""
    may_ask: bool = True
    """Somebody answers when prices change or the budget falls short; else the run fails then."""
    approved_up_to: Amount | None = None
    """A cap approved in advance; up to it nobody is asked unless something must be looked at."""
    loss_allowance: Amount | None = None
    """Most that may be lost on sellers while others are tried; the policy's without it."""
    wallet: str | None = None
    """Address of the person's own wallet, which signs each payment; the installation's without."""
    plan: Plan | None = None
    """The earlier run's plan on a retry; planned afresh without it."""
    reuse: tuple[ReusedStep, ...] = ()
    retry_of: RequestId | None = None
    recurring: bool = False
    """Started by a schedule, which gives each run an id of its own."""
    user: str = ""
    """Whose request it is; plans are remembered for each person apart, and not for nobody."""
    remember: bool = True
    """Offer the plan of an earlier like request again."""


class RunError(Frozen):
    """Why a run did not complete."""

    code: str
    message: str
    next: str
    """What the person can do now."""


OVERHEAD_TARGET_MICRO_USD: Final = 100_000
"""What planning one run may cost before the report says that it cost too much: 0.10 dollars."""


class Planning(Frozen):
    """How the plan came about, and what that cost beside what sellers are paid."""

    seconds: float = 0.0
    """From the request to the plan, searching included."""
    drafting_seconds: float = 0.0
    candidates: int = 0
    refused: int = 0
    memory: Literal["hit", "miss", "off"] = "off"
    """Whether a plan that served before was offered again."""
    notes: tuple[str, ...] = ()
    """What a person should know of how it was made."""
    record: ArtifactRef | None = None
    """Proposals, critiques and votes, where several drafted."""
    intent: Intent | None = None


class RunReport(Frozen):
    """How a run stands, or how it ended; everything in it is evidence or says that it is not."""

    request_id: RequestId
    state: RunState
    text: str
    budget: Amount
    plan_digest: Digest | None = None
    drafter: str | None = None
    usage: TokenUsage = TokenUsage()
    planning: Planning | None = None
    """``None`` where the plan was not made in this run, and in older reports."""
    steps: tuple[StepView, ...] = ()
    estimated_cost: Amount
    cap: Amount
    spent: Amount
    """Seen leaving on chain."""
    reserved: Amount
    """Signed for and not yet decided."""
    lost: Amount | None = None
    """Paid for nothing and not returned, as far as it is decided; ``None`` in older reports."""
    receipts: tuple[Receipt, ...] = ()
    rollback: tuple[RollbackEntry, ...] = ()
    anchor: WriteReceipt | None = None
    error: RunError | None = None
    retry_of: RequestId | None = None
    started_at: datetime
    ended_at: datetime | None = None


def transactions_saved(report: RunReport) -> int:
    """Network transactions, and their fees, that payments shared instead of making their own."""
    made = {(receipt.network, receipt.transaction) for receipt in report.receipts}
    return len(report.receipts) - len(made)


class RunSnapshot(Frozen):
    """Everything a watcher may ask of a running or finished run."""

    report: RunReport
    plan: Plan | None = None
    approval_request: ApprovalRequest | None = None
    approval: Approval | None = None
    """The latest decision on what is asked."""
    budget_request: BudgetRequest | None = None
    signature_requests: tuple[SignatureRequest, ...] = ()
    """What the person's own wallet must sign now."""
