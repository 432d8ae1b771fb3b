"""What on-chain writing needs."""

from typing import Protocol

from pydantic import BaseModel, ConfigDict


class MemoWritten(BaseModel):
    """A memo on chain."""

    model_config = ConfigDict(frozen=True)

    transaction: str
    slot: int


class MemoWriter(Protocol):
    """Writes short texts on one network from one wallet."""

    async def find(self, memo: str) -> MemoWritten | None:
        """The transaction of our wallet that already carries exactly this memo, if any."""
        ...

    async def write(self, memo: str) -> MemoWritten:
        """Write and confirm.

        Raises:
            WalletUnfunded: The wallet cannot pay the network's fee.
            UpstreamUnavailable: Not confirmed before it expired, or the network did not answer.
        """
        ...
