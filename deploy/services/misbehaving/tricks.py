"""The tricks: small, and free to combine.

A trick acts before the honest part has seen the request (nothing is settled if it answers), or
after it has answered.
"""

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import solders.signature

from deploy.services.misbehaving.exchange import (
    CHALLENGE,
    RECEIPT,
    Answered,
    Asked,
    Dropped,
    encoded,
    json_header,
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
        network = str(asked.payment()["accepted"]["network"])
        receipt = {
            "success": True,
            "transaction": invented_transaction(network, repr(asked.headers)),
            "network": network,
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
        return answered.challenging(terms)


class LosesFirstReply(Trick):
    """Settles, then hangs up; whoever asks for the same answer again is given it."""

    async def after(self, state: State, asked: Asked, answered: Answered) -> Answered:
        """Drop the connection once for each settlement."""
        del asked
        if answered.settlement is not None and answered.settlement not in state.lost:
            state.lost.add(answered.settlement)
            raise Dropped
        return answered


class Reorders(Trick):
    """Lists what it accepts in another order each time."""

    async def after(self, state: State, asked: Asked, answered: Answered) -> Answered:
        """Turn the list by one place for every quote."""
        terms = json_header(answered.headers, CHALLENGE)
        if not terms:
            return answered
        turn = state.quotes[asked.kind] % len(terms["accepts"])
        accepts = [*terms["accepts"][turn:], *terms["accepts"][:turn]]
        return answered.challenging({**terms, "accepts": accepts})


class AcceptsNothing(Trick):
    """Asks for money, and says no way to pay it."""

    async def after(self, state: State, asked: Asked, answered: Answered) -> Answered:
        """Empty the list of what is accepted."""
        del state, asked
        terms = json_header(answered.headers, CHALLENGE)
        return answered.challenging({**terms, "accepts": []}) if terms else answered


class EndlessChallenge(Trick):
    """Asks for money in a body that does not end."""

    async def before(self, state: State, asked: Asked) -> Answered | None:
        """Answer an unpaid request without end."""
        del state
        return None if asked.pays else Answered(402, (), _padding(0))


class Redirects(Trick):
    """Sends requests to another host, which takes the money."""

    def __init__(self, path: str) -> None:
        self._path = path

    async def before(self, state: State, asked: Asked) -> Answered | None:
        """Name the other host: this one, under its other name."""
        if not asked.pays and state.knobs.redirect_mode == "on-payment":
            return None
        here = next((v.decode() for k, v in asked.headers if k.lower() == b"host"), "")
        name, _, port = here.rpartition(":")
        other = "localhost" if name != "localhost" else "127.0.0.1"
        target = f"http://{other}:{port}{self._path}".encode()
        return Answered(307, ((b"location", target), (b"content-length", b"0")), b"")


def invented_transaction(network: str, seed: str) -> str:
    """Return a well-formed transaction id that no chain knows."""
    drawn = hashlib.sha512(seed.encode()).digest()
    if network.startswith("eip155:"):
        return "0x" + drawn[:32].hex()
    return str(solders.signature.Signature.from_bytes(drawn))
