"""Undo what can be undone, newest first; one failed undo never hides the others."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.payments.service import PaymentActivities
from domain.execution import StepState
from domain.ids import StepId
from domain.limits import REFUND_DEADLINE
from domain.money import Amount
from domain.purchases import ClaimRefund
from domain.rollback import (
    PaidEffect,
    RefundOutcome,
    RollbackEntry,
    action_of,
    entry_for,
    entry_without_claim,
    fully_undone,
    undo_order,
)
from domain.runs import RunState
from workflows import _policies as policy
from workflows._failures import reason_of
from workflows._progress import Progress


async def roll_back(progress: Progress, *, reason: str) -> RunState:
    """Undo every paid effect of a run in which nothing is under way any more.

    Returns:
        ``rolled_back`` when all money came back, else ``partially_rolled_back``.
    """
    undoing: set[str] = set()
    for effect in undo_order(progress.effects_to_undo):
        if effect.step_id not in undoing:
            undoing.add(effect.step_id)
            progress.step(effect.step_id, StepState.UNDOING)
        progress.undone(await claim_back(effect, reason))
    _end_steps(progress)
    if fully_undone(progress.rollback):
        return RunState.ROLLED_BACK
    return RunState.PARTIALLY_ROLLED_BACK


async def claim_back(effect: PaidEffect, reason: str) -> RollbackEntry:
    """Undo one payment as its scheme and seller allow, and say how that ended."""
    if action_of(effect) == "none":
        return entry_without_claim(effect)
    try:
        outcome = await workflow.execute_activity_method(
            PaymentActivities.claim_refund,
            ClaimRefund(
                receipt=effect.receipt,
                refund=effect.refund,
                reason=reason,
                give_up_at=workflow.now() + REFUND_DEADLINE,
            ),
            **policy.named(
                policy.REFUND,
                f"claim {effect.receipt.amount} back for {effect.step_id}",
                activity_id=f"{effect.receipt.key[:16]}/refund",
            ),
        )
    except ActivityError as err:
        _, why = reason_of(err)
        nothing = Amount.zero(effect.receipt.amount.asset)
        outcome = RefundOutcome(key=effect.receipt.key, returned=nothing, reason=why)
    return entry_for(effect, outcome)


def _end_steps(progress: Progress) -> None:
    by_step: dict[StepId, list[RollbackEntry]] = {}
    for entry in progress.rollback:
        by_step.setdefault(entry.step_id, []).append(entry)
    for step_id, entries in by_step.items():
        if progress.state_of(step_id) is StepState.UNDOING:
            state = StepState.UNDONE if fully_undone(entries) else StepState.UNDO_FAILED
            progress.step(step_id, state)
