"""The tricks: small, and free to combine.

A trick acts before the honest part has seen the request (nothing is settled if it answers), or
after it has answered.
"""

import asyncio
import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import solders.signature
from x402.mechanisms.svm.constants import SOLANA_DEVNET_CAIP2

from deploy.services.misbehaving.exchange import (
    CHALLENGE,
    RECEIPT,
    Answered,
    Asked,
    Dropped,
    encoded,
)
from deploy.services.misbehaving.knobs import State

MEBIBYTE: Final = 1024 * 1024
"""Bytes in a mebibyte."""

EMPTY: Final = Answered(200, (), b"")
"""What an invented answer is built from."""


class Trick:
    """Does nothing; each trick overrides one of the two moments."""

    async def before(self, state: State, asked: Asked) -> Answered | None:
        """Answer instead of the honest part, or return ``None`` to let it answer."""
        del state, asked
        return None

    async def after(self, state: State, asked: Asked, answered: Answered) -> Answered:
        """Change the honest part's answer."""
        del state, asked
        return answered


class Slow(Trick):
    """Keeps a paid request waiting."""

    async def before(self, state: State, asked: Asked) -> Answered | None:
        """Wait, then let the honest part answer."""
        if asked.pays:
            await asyncio.sleep(state.knobs.slow_seconds)
        return None


class Flaky(Trick):
    """Fails some paid requests before it settles one."""

    async def before(self, state: State, asked: Asked) -> Answered | None:
        """Fail, unsettled, while there are failures left."""
        if asked.pays and state.paid_requests[asked.kind] <= state.knobs.flaky_failures:
            return EMPTY.saying(500, {"error": "try again"})
        return None


class Down(Trick):
    """Answers nobody while it is down, not even with a 402."""

    async def before(self, state: State, asked: Asked) -> Answered | None:
        """Answer 503."""
        del asked
        return EMPTY.saying(503, {"error": "maintenance"}) if state.knobs.down else None


class ServesUnsettled(Trick):
    """Delivers and claims a settlement that never was."""

    async def before(self, state: State, asked: Asked) -> Answered | None:
        """Answer a paid request with an invented receipt."""
        del state
        if not asked.pays:
            return None
        receipt = {
            "success": True,
            "transaction": invented_signature(asked.headers),
            "network": SOLANA_DEVNET_CAIP2,
            "payer": "",
        }
        made = EMPTY.saying(200, {"text": "delivered"})
        return replace(made, headers=(*made.headers, (RECEIPT, encoded(receipt))))


class RefusesAfterPayment(Trick):
    """Settles, then refuses."""

    async def after(self, state: State, asked: Asked, answered: Answered) -> Answered:
        """Replace the paid answer by an error."""
        if not answered.settled:
            return answered
        bare = answered if state.knobs.keep_receipt else answered.without(RECEIPT)
        return bare.saying(state.knobs.refuse_status, {"error": f"{asked.kind}: refused"})


class BreaksSchema(Trick):
    """Settles, then answers something its output schema does not allow."""

    async def after(self, state: State, asked: Asked, answered: Answered) -> Answered:
        """Replace the paid answer's body."""
        del state, asked
        return answered.saying(200, {"text": 7, "extra": []}) if answered.settled else answered


class Oversized(Trick):
    """Settles, then answers with more than anybody asked for."""

    async def after(self, state: State, asked: Asked, answered: Answered) -> Answered:
        """Replace the paid answer's body."""
        del asked
        if not answered.settled:
            return answered
        bare = answered.without(b"content-length")
        return replace(bare, body=_padding(state.knobs.oversized_mebibytes))


def _padding(mebibytes: int) -> Iterator[bytes]:
    yield b'{"text": "'
    sent = 0
    while mebibytes == 0 or sent < mebibytes:
        yield b"x" * MEBIBYTE
        sent += 1
    yield b'"}'


class LosesReply(Trick):
    """Settles, then hangs up."""

    async def after(self, state: State, asked: Asked, answered: Answered) -> Answered:
        """Drop the connection of a paid request."""
        del state, asked
        if answered.settled:
            raise Dropped
        return answered


class ChallengesTwice(Trick):
    """Settles, then asks again, for more."""

    async def after(self, state: State, asked: Asked, answered: Answered) -> Answered:
        """Replace the paid answer by a dearer 402."""
        if not answered.settled:
            return answered
        paid = asked.payment()
        dearer = str(int(paid["accepted"]["amount"]) * state.knobs.challenge_factor)
        terms = {
            "x402Version": 2,
            "error": "Payment required",
            "resource": paid.get("resource"),
            "accepts": [{**paid["accepted"], "amount": dearer}],
            "extensions": paid.get("extensions"),
        }
        again = answered.without(RECEIPT).saying(402, {})
        return replace(again, headers=(*again.headers, (CHALLENGE, encoded(terms))))


def invented_signature(headers: tuple[tuple[bytes, bytes], ...]) -> str:
    """Return a well-formed transaction id that no chain knows."""
    seed = hashlib.sha512(base64.b85encode(repr(headers).encode())).digest()
    return str(solders.signature.Signature.from_bytes(seed))
