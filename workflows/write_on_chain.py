"""Put a finished run's record on chain, outliving the run if it must."""

from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.chains.service import ChainActivities
from domain.writes import AnchorRecord, WriteReceipt
from workflows import _policies as policy
from workflows._failures import reason_of

_TRIES: Final = 24
_PAUSE: Final = timedelta(hours=1)
"""A day of tries: long enough for an operator to notice, short enough to end."""


@workflow.defn
class WriteOnChainWorkflow:
    """Ends with the record confirmed on chain, or says after a day of tries why not."""

    @workflow.run
    async def run(self, record: AnchorRecord) -> WriteReceipt:
        """Write the record once, however often a worker dies in between."""
        why = ""
        for _ in range(_TRIES):
            try:
                return await workflow.execute_activity_method(
                    ChainActivities.anchor,
                    record,
                    **policy.named(policy.ANCHOR, "write the run's record"),
                )
            except ActivityError as err:
                # Such as an empty wallet: somebody may fill it within the day.
                _, why = reason_of(err)
            await workflow.sleep(_PAUSE)
        return WriteReceipt(state="failed", memo=record.memo, reason=why)
