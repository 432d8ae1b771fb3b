"""Writing a finished run's record on chain."""

from temporalio import activity

from activities._heartbeat import heartbeating
from activities.chains.ports import MemoWriter
from domain.writes import AnchorRecord, WriteReceipt


class ChainActivities:
    """Writes each record once, whatever the worker does in between."""

    def __init__(self, writer: MemoWriter) -> None:
        self._writer = writer

    @activity.defn
    async def anchor(self, record: AnchorRecord) -> WriteReceipt:
        """Write the record's memo, unless an earlier attempt already did."""
        async with heartbeating():
            written = await self._writer.find(record.memo) or await self._writer.write(record.memo)
        return WriteReceipt(
            state="confirmed",
            transaction=written.transaction,
            slot=written.slot,
            memo=record.memo,
        )
