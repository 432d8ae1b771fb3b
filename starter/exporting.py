"""The book of receipts as a file: JSON that anybody can check, CSV for a spreadsheet."""

import csv
import io
import os
import tempfile
from pathlib import Path
from typing import Final

from domain.errors import RequestRejected
from domain.receipts import ReceiptBook, ReceiptLine
from starter.errors import CommandFailed
from starter.wording import plain

_COLUMNS: Final = (
    *("number", "block_time", "run", "step_id", "service", "url", "amount", "asset", "network"),
    *("scheme", "payer", "pay_to", "transaction", "piece", "slot", "asked_base_units"),
    *("quoted_at", "order_sha256", "response_sha256", "payment_key", "line_sha256"),
)

_FORMULA: Final = ("=", "+", "-", "@")
"""What spreadsheets take for the beginning of a formula; strangers write parts of this table."""


def check_target(path: Path) -> None:
    """Refuse a file name that says no format, before anything is asked.

    Raises:
        RequestRejected: It ends in neither ``.json`` nor ``.csv``.
    """
    if path.suffix.lower() not in {".json", ".csv"}:
        raise RequestRejected(f"{path} ends in neither .json nor .csv")


def write_book(book: ReceiptBook, path: Path) -> None:
    """Write the book; a crash leaves the whole file or none of it.

    Raises:
        CommandFailed: It cannot be written there.
    """
    content = book_csv(book) if path.suffix.lower() == ".csv" else book_json(book)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, delete=False, encoding="utf-8", newline=""
        ) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except OSError as err:
        raise CommandFailed(
            f"{path} cannot be written: {err.strerror}", next_step="Name another file."
        ) from err


def book_json(book: ReceiptBook) -> str:
    """The book as one JSON document."""
    return book.model_dump_json(indent=2) + "\n"


def book_csv(book: ReceiptBook) -> str:
    """The book as a table; nothing in it is a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    writer.writerows([_cell(value) for value in _row(line)] for line in book.lines)
    return text.getvalue()


def _row(line: ReceiptLine) -> tuple[object, ...]:
    receipt = line.receipt
    return (
        line.number,
        receipt.block_time.isoformat() if receipt.block_time else "",
        line.workflow_id,
        receipt.step_id,
        receipt.listing_id,
        line.url,
        receipt.amount.to_decimal(),
        receipt.amount.asset.symbol,
        receipt.network,
        receipt.scheme,
        receipt.payer,
        receipt.pay_to,
        receipt.transaction,
        receipt.piece,
        receipt.slot,
        line.terms.base_units,
        line.quoted_at.isoformat(),
        line.order_digest,
        receipt.response_digest or "",
        receipt.key,
        line.digest,
    )


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    clean = plain(value)
    return "'" + clean if clean.startswith(_FORMULA) else clean
