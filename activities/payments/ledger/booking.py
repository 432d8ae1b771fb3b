"""Lines of the book of receipts, and what their uniqueness means."""

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.payments.ledger.ports import LedgerEntry
from activities.payments.ledger.rows import plain
from activities.payments.ledger.tables import BOOK
from domain.chains import canonical_address
from domain.errors import IllegalTransition
from domain.ids import Digest, canonical_json
from domain.payments import Receipt
from domain.receipts import FIRST_LINK, ReceiptLine, bound


async def write_line(connection: AsyncConnection, entry: LedgerEntry) -> None:
    """Write a proven payment into the book; the caller holds the purse's lock."""
    query = select(BOOK.c.number, BOOK.c.line).order_by(BOOK.c.number.desc()).limit(1)
    last = (await connection.execute(query)).first()
    number: int = 1 if last is None else last.number + 1
    before = FIRST_LINK if last is None else ReceiptLine.model_validate_json(last.line).digest
    _, row = next_line(entry, number=number, before=before)
    await connection.execute(insert(BOOK).values(row))


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


def same_transaction(one: Receipt, other: Receipt) -> bool:
    """Whether two receipts mean the same part of the same transaction."""
    return _place(one) == _place(other)


def _place(receipt: Receipt) -> tuple[str, str, str]:
    name = transaction_name(receipt.network, receipt.transaction)
    return receipt.network, name, receipt.piece


def transaction_name(network: str, transaction: str) -> str:
    """A transaction's name, written so that equal ones compare equal."""
    return plain(canonical_address(transaction, network=network))
