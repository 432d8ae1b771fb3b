"""What operators ask of the ledger, and the refunds that people ask for."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from temporalio.client import Client, WorkflowFailureError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ActivityError, ApplicationError

from activities.payments.bookkeeping import BookkeepingActivities
from domain.bookkeeping import (
    AuditRecords,
    ExportReceipts,
    InspectPayment,
    ListPayments,
    PaymentInspected,
    PaymentsFound,
    PaymentView,
    RecordsAudited,
    ResolvePayment,
)
from domain.ids import PaymentKey, RequestId
from domain.names import TaskQueue, refund_workflow_id
from domain.purchases import RefundPayment
from domain.receipts import ReceiptBook
from domain.rollback import RefundOutcome
from starter.asking import ask_worker
from starter.errors import CommandFailed
from starter.translation import temporal_errors
from starter.workflow_ids import workflow_id_of
from workflows.refund_payment import RefundPaymentWorkflow

_READ_WITHIN: Final = timedelta(seconds=30)
_AUDITED_WITHIN: Final = timedelta(minutes=5)
"""An audit reads the chain once for every payment."""

_PAYMENTS_SHOWN: Final = 200


async def list_payments(
    client: Client, *, unsettled: bool, parked: bool, run: RequestId | None
) -> PaymentsFound:
    """Payments as the ledger knows them, newest first."""
    ask = ListPayments(
        unsettled=unsettled,
        parked=parked,
        workflow_id=workflow_id_of(run) if run else None,
        limit=_PAYMENTS_SHOWN,
    )
    return await ask_worker(
        client,
        BookkeepingActivities.list_payments,
        ask,
        queue=TaskQueue.PAYMENTS,
        what="payments",
        within=_READ_WITHIN,
    )


async def inspect_payment(client: Client, key: str) -> PaymentInspected:
    """One payment by its key, or by the beginning of it, with its journal."""
    return await ask_worker(
        client,
        BookkeepingActivities.inspect,
        InspectPayment(key=key),
        queue=TaskQueue.PAYMENTS,
        what="payment",
        within=_READ_WITHIN,
    )


async def resolve_payment(client: Client, word: ResolvePayment) -> PaymentView:
    """Record an operator's word on a payment."""
    return await ask_worker(
        client,
        BookkeepingActivities.resolve,
        word,
        queue=TaskQueue.PAYMENTS,
        what="payment",
        within=_AUDITED_WITHIN,
    )


async def audit(
    client: Client, *, run: RequestId | None, history: Sequence[PaymentKey]
) -> RecordsAudited:
    """Compare ledger, history and chains.

    Args:
        client: The connection.
        run: Only this run's payments; everything without it.
        history: Payments that the run's own report says were paid.
    """
    ask = AuditRecords(workflow_id=workflow_id_of(run) if run else None, history=tuple(history))
    return await ask_worker(
        client,
        BookkeepingActivities.audit,
        ask,
        queue=TaskQueue.PAYMENTS,
        what="audit",
        within=_AUDITED_WITHIN,
    )


async def export_receipts(client: Client, *, run: RequestId | None) -> ReceiptBook:
    """The book of receipts, whole or the lines of one run."""
    return await ask_worker(
        client,
        BookkeepingActivities.export,
        ExportReceipts(workflow_id=workflow_id_of(run) if run else None),
        queue=TaskQueue.PAYMENTS,
        what="book",
        within=_READ_WITHIN,
    )


async def refund_payment(client: Client, key: PaymentKey, *, reason: str) -> RefundOutcome:
    """Claim the money of one payment back, durably; joins a claim that is under way.

    Raises:
        CommandFailed: It cannot be claimed; the message says why.
    """
    with temporal_errors(f"the refund of {key[:12]}"):
        try:
            return await client.execute_workflow(
                RefundPaymentWorkflow.run,
                RefundPayment(key=key, reason=reason),
                id=refund_workflow_id(key),
                task_queue=TaskQueue.ORCHESTRATION,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                static_summary=f"refund of payment {key[:12]}: {reason}",
            )
        except WorkflowFailureError as err:
            raise CommandFailed(
                f"payment {key[:12]} cannot be claimed back: {_why(err)}",
                next_step=f"`caravan payments show {key[:12]}` has its journal.",
            ) from err


def _why(err: WorkflowFailureError) -> str:
    cause: BaseException | None = err.cause
    while isinstance(cause, ActivityError) and cause.cause is not None:
        cause = cause.cause
    return cause.message if isinstance(cause, ApplicationError) else str(cause)
