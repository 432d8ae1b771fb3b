"""Lines of the book of receipts, and what their uniqueness means."""

from activities.payments.ledger.ports import LedgerEntry
from domain.chains import canonical_address
from domain.errors import IllegalTransition
from domain.ids import Digest, canonical_json
from domain.receipts import ReceiptLine, bound


def next_line(
    entry: LedgerEntry, *, number: int, before: Digest
) -> tuple[ReceiptLine, dict[str, object]]:
    """The line for a proven payment, with its row of ``book``."""
    receipt = entry.receipt
    if receipt is None:
        raise IllegalTransition(f"payment {entry.key[:12]} is not proven")
    line = bound(
        receipt,
        number=number,
        workflow_id=entry.slot.workflow_id,
        url=entry.claim.url,
        terms=entry.terms,
        quoted_at=entry.claim.quoted_at,
        order_digest=entry.claim.order_digest,
        before=before,
    )
    return line, {
        "number": number,
        "key": entry.key,
        "workflow_id": entry.slot.workflow_id,
        "network": receipt.network,
        "transaction": transaction_name(receipt.network, receipt.transaction),
        "piece": receipt.piece,
        "line": canonical_json(line.model_dump(mode="json")).decode(),
    }


def transaction_name(network: str, transaction: str) -> str:
    """A transaction's name, written so that equal ones compare equal."""
    return canonical_address(transaction, network=network)
