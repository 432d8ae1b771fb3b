"""The on-chain record of a finished run."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from domain.ids import Digest, RequestId, canonical_json, digest_bytes, digest_json
from domain.payments import Receipt

MEMO_PREFIX = "caravan:1"
"""Version of the memo's form: ``caravan:1:<record digest>:<receipts root>``."""


class AnchorRecord(BaseModel):
    """What a run puts on chain about itself: digests only, nothing that names a person."""

    model_config = ConfigDict(frozen=True)

    request_id: RequestId
    record_digest: Digest
    """Over the request id, the plan digest and the run's final status."""
    receipts_root: Digest
    network: str

    @property
    def memo(self) -> str:
        """The memo's text; the same run always writes the same."""
        return f"{MEMO_PREFIX}:{self.record_digest}:{self.receipts_root}"


class WriteReceipt(BaseModel):
    """Whether the record is on chain."""

    model_config = ConfigDict(frozen=True)

    state: Literal["confirmed", "pending", "failed"]
    transaction: str | None = None
    slot: int | None = None
    memo: str = ""
    reason: str = ""


def record_digest(*, request_id: RequestId, plan_digest: Digest | None, status: str) -> Digest:
    """Digest of how a run ended."""
    return digest_json([str(request_id), plan_digest and str(plan_digest), status])


def receipts_root(receipts: "list[Receipt]") -> Digest:
    """Merkle root over the receipts, sorted by payment key; of nothing, the digest of nothing.

    Leaves and inner nodes are hashed with different first bytes, so that neither can pass for
    the other. An odd node is carried up unchanged.
    """
    ordered = sorted(receipts, key=lambda receipt: receipt.key)
    level = [
        bytes.fromhex(digest_bytes(b"\x00" + canonical_json(receipt.model_dump(mode="json"))))
        for receipt in ordered
    ]
    if not level:
        return digest_bytes(b"")
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        unpaired = level[len(level) // 2 * 2 :]
        level = [bytes.fromhex(digest_bytes(b"\x01" + a + b)) for a, b in pairs] + unpaired
    return Digest(level[0].hex())
