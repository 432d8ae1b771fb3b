"""Ends the payments of runs that were terminated, on a schedule."""

from pydantic import BaseModel, ConfigDict
from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.payments.bookkeeping import BookkeepingActivities
from activities.payments.service import PaymentActivities
from domain.bookkeeping import FindUnsettled
from domain.ids import PaymentKey
from domain.limits import LEFT_ALONE
from domain.payments import PaymentState
from domain.purchases import ReconcilePayment
from workflows import _policies as policy
from workflows._failures import reason_of


class Swept(BaseModel):
    """How one sweep went."""

    model_config = ConfigDict(frozen=True)

    ended: dict[PaymentKey, PaymentState]
    """Payments that have an ending now."""
    still_open: dict[PaymentKey, str]
    """Payments that have none, and why; the next sweep looks again."""


@workflow.defn
class ReconcilePaymentsWorkflow:
    """One sweep over payments that nobody has touched for a while; sends nothing."""

    @workflow.run
    async def run(self, idle_seconds: int = int(LEFT_ALONE.total_seconds())) -> Swept:
        """Ask the chain about each, oldest first."""
        found = await workflow.execute_activity_method(
            BookkeepingActivities.find_unsettled,
            FindUnsettled(idle_seconds=idle_seconds),
            **policy.named(policy.LOOK, "find payments without an ending"),
        )
        ended: dict[PaymentKey, PaymentState] = {}
        still_open: dict[PaymentKey, str] = {}
        for key in found.keys:
            try:
                settled = await workflow.execute_activity_method(
                    PaymentActivities.reconcile,
                    ReconcilePayment(key=key),
                    **policy.named(policy.SWEEP, f"find out what became of {key[:12]}"),
                )
            except ActivityError as err:
                _, still_open[key] = reason_of(err)
            else:
                ended[key] = settled.state
        return Swept(ended=ended, still_open=still_open)
