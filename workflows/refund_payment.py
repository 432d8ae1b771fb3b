"""A refund that a person wants, outside of any run's rollback."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.payments.service import PaymentActivities
from domain.errors import EngineError
from domain.limits import REFUND_DEADLINE
from domain.purchases import ClaimRefund, FindRefundTerms, RefundPayment
from domain.rollback import RefundOutcome
from workflows import _policies as policy
from workflows._failures import StepFailed, reason_of


@workflow.defn
class RefundPaymentWorkflow:
    """Ends with the inbound transfer that proves the refund, or says why there is none."""

    @workflow.run
    async def run(self, ask: RefundPayment) -> RefundOutcome:
        """Claim one payment back, however often a worker dies in between."""
        try:
            terms = await workflow.execute_activity_method(
                PaymentActivities.refund_terms,
                FindRefundTerms(key=ask.key),
                **policy.named(policy.LOOK, "look up how the payment can be undone"),
            )
            return await workflow.execute_activity_method(
                PaymentActivities.claim_refund,
                ClaimRefund(
                    receipt=terms.receipt,
                    refund=terms.refund,
                    reason=ask.reason,
                    give_up_at=workflow.now() + REFUND_DEADLINE,
                ),
                **policy.named(policy.REFUND, f"claim {terms.receipt.amount} back"),
            )
        except ActivityError as err:
            raise _as_failure(err) from err


def _as_failure(err: ActivityError) -> EngineError:
    return StepFailed(*reason_of(err))
