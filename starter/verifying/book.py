"""A book of receipts as read from a file, and what is known of it once it was checked."""

from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from domain.chains import KNOWN_ASSETS, canonical_address
from domain.errors import RequestRejected
from domain.receipts import ReceiptBook, ReceiptLine

_MAX_BOOK_BYTES: Final = 256 * 1024 * 1024
"""A line is about 2 KB: more than a hundred thousand payments."""


class Verdict(StrEnum):
    """What is known of one line."""

    PROVEN = "proven"
    REFUTED = "refuted"
    """The chain, or the line itself, says otherwise."""
    NOT_ASKED = "not_asked"
    """No node of its network answered, so nobody knows."""


class LineChecked(BaseModel):
    """One line of the book, checked."""

    model_config = ConfigDict(frozen=True)

    line: ReceiptLine
    verdict: Verdict
    why: str = ""


class BookChecked(BaseModel):
    """A whole book, checked."""

    model_config = ConfigDict(frozen=True)

    book: ReceiptBook
    problems: tuple[str, ...]
    """What is wrong with the book by itself."""
    lines: tuple[LineChecked, ...]

    @property
    def ok(self) -> bool:
        """Whether the book holds together and the chains prove every line."""
        return not self.problems and all(one.verdict is Verdict.PROVEN for one in self.lines)


def read_book(path: Path) -> ReceiptBook:
    """Read an exported book.

    Raises:
        RequestRejected: The file is not there, or is no book.
    """
    if path.suffix.lower() == ".csv":
        raise RequestRejected(f"{path} is a table for people; only the .json export can be checked")
    try:
        if path.stat().st_size > _MAX_BOOK_BYTES:
            raise RequestRejected(f"{path} is too large for a book of receipts")
        return ReceiptBook.model_validate_json(path.read_bytes())
    except OSError as err:
        raise RequestRejected(f"{path} cannot be read: {err.strerror}") from None
    except ValidationError as err:
        first = err.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise RequestRejected(f"{path} is no book of receipts: {where}: {first['msg']}") from None


def line_problem(line: ReceiptLine) -> str | None:
    """Say what a line contradicts itself in, if in anything."""
    receipt, terms = line.receipt, line.terms
    asset, network = receipt.amount.asset, receipt.network
    if KNOWN_ASSETS.get((network, canonical_address(asset.address, network=network))) != asset:
        return f"{asset.symbol} at {asset.address} is no token that Caravan knows on {network}"
    same = {
        "network": (terms.network, network),
        "asset": (terms.asset, canonical_address(asset.address, network=network)),
        "payee": (terms.pay_to, canonical_address(receipt.pay_to, network=network)),
        "scheme": (terms.scheme, receipt.scheme),
    }
    for what, (asked, paid) in same.items():
        if asked != paid:
            return f"the seller asked for {what} {asked}, paid was {paid}"
    if receipt.amount.base_units > terms.base_units:
        return f"{receipt.amount} was paid, the seller asked {terms.amount}"
    return None
