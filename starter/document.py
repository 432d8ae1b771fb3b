"""The JSON document of a run: what ``--json`` prints and ``run.json`` holds."""

from datetime import datetime
from typing import Self
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict

from domain.ids import Digest, ListingId, PaymentKey, RequestId, StepId
from domain.intent import Intent
from domain.plan_quality import quality_of
from domain.rollback import RollbackEntry, UndoOutcome
from domain.runs import (
    OVERHEAD_TARGET_MICRO_USD,
    RunReport,
    RunSnapshot,
    RunState,
    transactions_saved,
)
from starter.document_payments import PaymentEntry, payments_of, refunded
from starter.outputs import WrittenFile
from starter.step_times import times_of
from starter.workflow_ids import workflow_id_of


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class StepEntry(Frozen):
    """One step."""

    id: StepId
    kind: str
    title: str
    service: str | None
    status: str
    depends_on: tuple[StepId, ...]
    estimated_cost: str
    cost: str
    artifact: Digest | None
    """SHA-256 of what it produced; the same as of its entry under ``artifacts``."""
    note: str
    started_at: datetime | None
    ended_at: datetime | None


class PlanEntry(Frozen):
    """What a person should know of the plan besides its price."""

    delivers: tuple[StepId, ...]
    groups: tuple[tuple[StepId, ...], ...]
    """Steps that run side by side, in order."""
    slowest: tuple[StepId, ...]
    irreversible: tuple[StepId, ...]
    irreversible_cost: str

    @classmethod
    def of(cls, snapshot: RunSnapshot) -> Self | None:
        """Describe the plan of a run, where it is known."""
        if snapshot.plan is None:
            return None
        found = quality_of(snapshot.plan, times_of(snapshot.plan, snapshot.report))
        return cls(
            delivers=found.delivers,
            groups=found.groups,
            slowest=found.slowest,
            irreversible=found.irreversible,
            irreversible_cost=found.irreversible_cost.to_decimal(),
        )


class PlanningEntry(Frozen):
    """How the plan came about."""

    seconds: float
    drafting_seconds: float
    candidates: int
    refused: int
    memory: str
    """``hit``, ``miss`` or ``off``: whether an earlier plan served again."""
    notes: tuple[str, ...]
    record: Digest | None
    """Artifact with the votes, where several drafted."""
    intent: Intent | None

    @classmethod
    def of(cls, report: RunReport) -> Self | None:
        """Describe it, where the plan was made in this run."""
        found = report.planning
        if found is None:
            return None
        return cls(
            seconds=found.seconds,
            drafting_seconds=found.drafting_seconds,
            candidates=found.candidates,
            refused=found.refused,
            memory=found.memory,
            notes=found.notes,
            record=found.record.digest if found.record else None,
            intent=found.intent,
        )


class Overhead(Frozen):
    """What planning itself cost; never part of what sellers were paid."""

    llm_input_tokens: int
    llm_output_tokens: int
    llm_cost_usd: str
    target_usd: str
    """What it should not pass."""
    planning_seconds: float | None
    """``None`` where the plan was not made in this run."""


class ErrorEntry(Frozen):
    """Why it did not complete, and what to do next."""

    code: str
    message: str
    next: str


class UndoEntry(Frozen):
    """How one payment was undone."""

    step_id: StepId
    action: str
    outcome: UndoOutcome
    paid: str
    returned: str
    transaction: str | None
    reason: str


class AnchorEntry(Frozen):
    """The run's record on chain."""

    state: str
    transaction: str | None
    memo: str
    reason: str


class ApprovalEntry(Frozen):
    """What was asked of a person, and the answer, once there is one."""

    digest: Digest
    """Of the whole document; what a decision names."""
    round: int
    plan_digest: Digest
    estimated: str
    cap: str
    loss_allowance: str
    wallet: str
    approvals_needed: int
    still_needed: int
    """How many more people must approve."""
    holds: tuple[str, ...]
    changes: tuple[str, ...]
    new_payees: tuple[str, ...]
    expires_at: datetime
    verdict: str | None
    """The latest answer; it counts once nobody more is needed."""
    decided_by: str | None
    decided_at: datetime | None


class BudgetEntry(Frozen):
    """A larger budget that the run waits for."""

    needed: str
    maximum: str
    why: str
    expires_at: datetime


class SignatureEntry(Frozen):
    """A payment that the person's own wallet must sign."""

    key: PaymentKey
    listing_id: ListingId
    amount: str
    asset: str
    network: str
    pay_to: str
    payer: str


class RunDocument(Frozen):
    """A run as it stands. Amounts are decimal strings in whole tokens of ``asset``."""

    run_id: RequestId
    status: str
    request: str
    retry_of: RequestId | None
    plan_digest: Digest | None
    planner: str | None
    planning: PlanningEntry | None
    plan: PlanEntry | None
    """``None`` where the plan cannot be asked for any more."""
    steps: tuple[StepEntry, ...]
    asset: str
    network: str
    budget: str
    estimated_cost: str
    cap: str
    total_cost: str
    """Seen leaving on chain; refunds are not taken off."""
    reserved: str
    refunded: str
    lost: str | None
    """Paid for nothing and not returned, as far as it is decided."""
    transactions_saved: int
    """Network transactions that payments shared with others."""
    overhead: Overhead
    payments: tuple[PaymentEntry, ...]
    artifacts: tuple[WrittenFile, ...]
    rollback: tuple[UndoEntry, ...]
    approval: ApprovalEntry | None
    budget_request: BudgetEntry | None
    signature_requests: tuple[SignatureEntry, ...]
    anchor: AnchorEntry | None
    error: ErrorEntry | None
    started_at: datetime
    ended_at: datetime | None
    temporal_url: str | None

    @classmethod
    def of(
        cls,
        snapshot: RunSnapshot,
        *,
        files: tuple[WrittenFile, ...] = (),
        temporal_url: str | None = None,
    ) -> Self:
        """Describe a run.

        Args:
            snapshot: How it stands.
            files: Its outputs, once they are written.
            temporal_url: Its page in Temporal's Web UI.
        """
        report = snapshot.report
        error = report.error
        return cls(
            run_id=report.request_id,
            status=report.state,
            request=report.text,
            retry_of=report.retry_of,
            plan_digest=report.plan_digest,
            planner=report.drafter,
            planning=PlanningEntry.of(report),
            plan=PlanEntry.of(snapshot),
            steps=_steps(report),
            asset=report.budget.asset.symbol,
            network=report.budget.asset.network,
            budget=report.budget.to_decimal(),
            estimated_cost=report.estimated_cost.to_decimal(),
            cap=report.cap.to_decimal(),
            total_cost=report.spent.to_decimal(),
            reserved=report.reserved.to_decimal(),
            refunded=refunded(report).to_decimal(),
            lost=report.lost.to_decimal() if report.lost is not None else None,
            transactions_saved=transactions_saved(report),
            overhead=_overhead(report),
            payments=payments_of(report),
            artifacts=files,
            rollback=tuple(_undo(entry) for entry in report.rollback),
            approval=_approval(snapshot),
            budget_request=_budget(snapshot),
            signature_requests=_signatures(snapshot),
            anchor=_anchor(report),
            error=error and ErrorEntry(code=error.code, message=error.message, next=error.next),
            started_at=report.started_at,
            ended_at=report.ended_at,
            temporal_url=temporal_url,
        )


def workflow_url(ui_url: str | None, namespace: str, run: RequestId) -> str | None:
    """Address of a run's page in Temporal's Web UI, when there is one."""
    if ui_url is None:
        return None
    workflow = quote(workflow_id_of(run), safe="")
    return f"{ui_url.rstrip('/')}/namespaces/{quote(namespace, safe='')}/workflows/{workflow}"


def _steps(report: RunReport) -> tuple[StepEntry, ...]:
    return tuple(
        StepEntry(
            id=view.id,
            kind=view.kind,
            title=view.title,
            service=view.service,
            status=view.state,
            depends_on=view.depends_on,
            estimated_cost=view.estimated_cost.to_decimal(),
            cost=view.cost.to_decimal(),
            artifact=view.output.digest if view.output else None,
            note=view.note,
            started_at=view.started_at,
            ended_at=view.ended_at,
        )
        for view in report.steps
    )


def _overhead(report: RunReport) -> Overhead:
    whole, micro = divmod(report.usage.cost_micro_usd, 1_000_000)
    return Overhead(
        llm_input_tokens=report.usage.input_tokens,
        llm_output_tokens=report.usage.output_tokens,
        llm_cost_usd=f"{whole}.{micro:06d}",
        target_usd=f"{OVERHEAD_TARGET_MICRO_USD / 1_000_000:.2f}",
        planning_seconds=report.planning.seconds if report.planning else None,
    )


def _undo(entry: RollbackEntry) -> UndoEntry:
    return UndoEntry(
        step_id=entry.step_id,
        action=entry.action,
        outcome=entry.outcome,
        paid=entry.paid.to_decimal(),
        returned=entry.returned.to_decimal(),
        transaction=entry.transaction,
        reason=entry.reason,
    )


def _approval(snapshot: RunSnapshot) -> ApprovalEntry | None:
    request, approval = snapshot.approval_request, snapshot.approval
    if request is None:
        return None
    return ApprovalEntry(
        digest=request.digest,
        round=request.round,
        plan_digest=request.plan_digest,
        estimated=request.estimated.to_decimal(),
        cap=request.cap.to_decimal(),
        loss_allowance=request.loss_allowance.to_decimal(),
        wallet=request.wallet,
        approvals_needed=request.approvals_needed,
        still_needed=approval.still_needed if approval else request.approvals_needed,
        holds=request.holds,
        changes=request.changes,
        new_payees=request.new_payees,
        expires_at=request.expires_at,
        verdict=approval.decision.verdict if approval else None,
        decided_by=approval.decision.decided_by if approval else None,
        decided_at=approval.decided_at if approval else None,
    )


def _budget(snapshot: RunSnapshot) -> BudgetEntry | None:
    request = snapshot.budget_request
    if request is None or snapshot.report.state is not RunState.AWAITING_BUDGET:
        return None
    return BudgetEntry(
        needed=request.needed.to_decimal(),
        maximum=request.maximum.to_decimal(),
        why=request.why,
        expires_at=request.expires_at,
    )


def _signatures(snapshot: RunSnapshot) -> tuple[SignatureEntry, ...]:
    return tuple(
        SignatureEntry(
            key=wanted.key,
            listing_id=wanted.listing_id,
            amount=wanted.amount.to_decimal(),
            asset=wanted.amount.asset.symbol,
            network=wanted.amount.asset.network,
            pay_to=wanted.pay_to,
            payer=wanted.payer,
        )
        for wanted in snapshot.signature_requests
    )


def _anchor(report: RunReport) -> AnchorEntry | None:
    if report.anchor is None:
        return None
    anchor = report.anchor
    return AnchorEntry(
        state=anchor.state,
        transaction=anchor.transaction,
        memo=anchor.memo,
        reason=anchor.reason,
    )
