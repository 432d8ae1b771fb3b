"""The book of receipts: one line per payment that the chain proves, each bound to the one before.

A book needs nothing but itself and a node to be checked, so anybody can check it.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from domain.catalogue import Terms
from domain.chains import canonical_address
from domain.ids import Digest, PaymentKey, digest_json
from domain.payments import Receipt

FIRST_LINK: Final = Digest("0" * 64)
"""What the first line of a book is bound to."""


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ReceiptLine(Frozen):
    """One line of the book."""

    number: int
    """Counts from 1 without gaps."""
    receipt: Receipt
    workflow_id: str
    url: str
    """What was called."""
    terms: Terms
    """What the seller's live 402 asked."""
    quoted_at: datetime
    """When it asked that."""
    order_digest: Digest
    """SHA-256 of what was bought: method, address and arguments."""
    before: Digest
    """Digest of the line before, or the first link."""
    digest: Digest
    """SHA-256 over everything above."""


class ReceiptBook(Frozen):
    """An exported book, whole or the lines of one run."""

    format: Literal["caravan-receipts/1"] = "caravan-receipts/1"
    whole: bool
    """Every line from the first on; then the chain of digests can be followed."""
    exported_at: datetime
    lines: tuple[ReceiptLine, ...]


def line_digest(line: ReceiptLine) -> Digest:
    """Digest of a line, from its content and the line before."""
    return digest_json(line.model_dump(mode="json", exclude={"digest"}))


def bound(
    receipt: Receipt,
    *,
    number: int,
    workflow_id: str,
    url: str,
    terms: Terms,
    quoted_at: datetime,
    order_digest: Digest,
    before: Digest,
) -> ReceiptLine:
    """Write the next line of a book."""
    draft = ReceiptLine(
        number=number,
        receipt=receipt,
        workflow_id=workflow_id,
        url=url,
        terms=terms,
        quoted_at=quoted_at,
        order_digest=order_digest,
        before=before,
        digest=FIRST_LINK,
    )
    return draft.model_copy(update={"digest": line_digest(draft)})


def book_problems(book: ReceiptBook) -> tuple[str, ...]:
    """Say everything that is wrong with a book by itself, without asking any chain."""
    problems = [
        f"line {line.number} was changed after it was written"
        for line in book.lines
        if line_digest(line) != line.digest
    ]
    problems += _repeats(book.lines)
    problems += _breaks(book.lines) if book.whole else _jumps(book.lines)
    return tuple(problems)


def _repeats(lines: Sequence[ReceiptLine]) -> list[str]:
    transactions: dict[tuple[str, str, str], int] = {}
    keys: dict[PaymentKey, int] = {}
    problems: list[str] = []
    for line in lines:
        receipt = line.receipt
        transaction = canonical_address(receipt.transaction, network=receipt.network)
        name = (receipt.network, transaction, receipt.piece)
        if name in transactions:
            both = f"lines {transactions[name]} and {line.number}"
            problems.append(f"{both} claim the same transaction")
        elif receipt.key in keys:
            problems.append(f"lines {keys[receipt.key]} and {line.number} are one payment twice")
        transactions[name] = keys[receipt.key] = line.number
    return problems


def _jumps(lines: Sequence[ReceiptLine]) -> list[str]:
    # Lines of other runs are left out, so only neighbours can be followed.
    problems: list[str] = []
    for before, line in pairwise(lines):
        if line.number <= before.number:
            problems.append(f"line {line.number} stands after line {before.number}")
        elif line.number == before.number + 1 and line.before != before.digest:
            problems.append(f"line {line.number} does not follow line {before.number}")
    return problems


def _breaks(lines: Sequence[ReceiptLine]) -> list[str]:
    problems: list[str] = []
    before = FIRST_LINK
    for number, line in enumerate(lines, start=1):
        if line.number != number:
            problems.append(f"line {number} is missing; line {line.number} stands in its place")
            return problems
        if line.before != before:
            problems.append(f"line {number} does not follow line {number - 1}")
        before = line.digest
    return problems
