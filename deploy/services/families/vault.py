"""Numbered papers: no two are alike, so losing one that was paid for is losing something."""

import hashlib
import secrets
from datetime import UTC, datetime
from typing import Final

from pydantic import Field

from deploy.services.listing import Listing
from deploy.services.vocabulary import Words

SERIAL_BYTES: Final = 8
"""Long enough that two are never the same."""


class PaperInput(Words):
    """What a paper is made out for."""

    text: str = Field(min_length=1, max_length=10_000, description="Words the paper vouches for.")


class PaperOutput(Words):
    """One paper."""

    serial: str
    sha256: str
    issued_at: datetime


def issue(request: PaperInput) -> PaperOutput:
    """Number a paper."""
    return PaperOutput(
        serial=secrets.token_hex(SERIAL_BYTES),
        sha256=hashlib.sha256(request.text.encode()).hexdigest(),
        issued_at=datetime.now(UTC),
    )


_SHOWN: Final = {
    "serial": "7f3a90c2d1e45b68",
    "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    "issued_at": "2026-01-31T12:00:00Z",
}

LISTINGS: Final = (
    Listing(
        path="/vault/certificate",
        name="Vault Numbered Certificate",
        description="Issues a numbered certificate; given again to the wallet that paid for it.",
        tags=("certificate", "serial"),
        price="0.01",
        seller="vault",
        takes=PaperInput,
        run=issue,
        gives=PaperOutput,
        example={"text": "hello"},
        answer=_SHOWN,
    ),
    Listing(
        path="/vault/ticket",
        name="Vault Numbered Ticket",
        description="Issues a numbered ticket; given again to a payment that carries a name.",
        tags=("ticket", "serial"),
        price="0.01",
        seller="vault",
        takes=PaperInput,
        run=issue,
        gives=PaperOutput,
        example={"text": "hello"},
        answer=_SHOWN,
    ),
)
