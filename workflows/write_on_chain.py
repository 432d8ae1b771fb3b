"""Put a finished run's record on chain, outliving the run if it must."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.chains.service import ChainActivities
from domain.writes import AnchorRecord, WriteReceipt
from workflows import _policies as policy
from workflows._failures import reason_of


@workflow.defn
class WriteOnChainWorkflow:
    """Ends with the record confirmed on chain, or says after a day of tries why not."""

    @workflow.run
    async def run(self, record: AnchorRecord) -> WriteReceipt:
        """Write the record once, however often a worker dies in between."""
        try:
            return await workflow.execute_activity_method(
                ChainActivities.anchor,
                record,
                **policy.named(policy.ANCHOR, "write the run's record"),
            )
        except ActivityError as err:
            _, why = reason_of(err)
            return WriteReceipt(state="failed", memo=record.memo, reason=why)
