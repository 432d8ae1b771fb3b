"""The HTTP side of refunds: the promise in a 402, and the desk that keeps it."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import Field
from solders.signature import Signature

from deploy.services.chain import ChainRefused, ChainUnreachable
from deploy.services.refunds import WINDOW_SECONDS, ClaimRefused, RefundDesk
from deploy.services.vocabulary import Words

EVM_HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}")
"""A transaction's id on an EVM chain."""


class Claim(Words):
    """A buyer's claim."""

    transaction: Annotated[str, Field(max_length=100)]
    network: Annotated[str, Field(max_length=100)]
    reason: Annotated[str, Field(max_length=2000)] = ""


def declaration(url: str) -> dict[str, Any]:
    """Return the promise of a refund that goes into a 402."""
    info = {"url": url, "method": "POST", "windowSeconds": WINDOW_SECONDS}
    return {"refund": {"info": info}}


def add_refunds(
    app: FastAPI,
    path: str,
    desks: Mapping[str, RefundDesk],
    claimed: Callable[[], None] = lambda: None,
) -> None:
    """Open a door at ``path`` to the desk of each network; ``claimed`` is called for every claim.

    The endpoint is a plain function: the chain is read in a worker thread.
    """

    @app.post(path)
    def refund(claim: Claim) -> JSONResponse:
        claimed()
        desk = desks.get(claim.network)
        if desk is None:
            return JSONResponse({"error": "payments here are on another network"}, 404)
        try:
            answer = desk.claim(canonical_id(claim.network, claim.transaction))
        except ValueError:
            return JSONResponse({"error": "not a transaction id"}, 404)
        except ClaimRefused as err:
            return JSONResponse({"error": str(err)}, err.status)
        except (ChainUnreachable, ChainRefused) as err:
            return JSONResponse({"error": str(err)}, 503)
        body = {"status": "accepted", "refundTransaction": answer.refund.signed.signature}
        return JSONResponse(body, 200 if answer.repeated else 202)


def canonical_id(network: str, text: str) -> str:
    """Return a transaction's only name, so that one payment has one entry in the journal.

    Raises:
        ValueError: It is no transaction id of this network.
    """
    if network.startswith("solana:"):
        return str(Signature.from_string(text))
    if EVM_HASH.fullmatch(text) is None:
        raise ValueError("not a transaction hash")
    return text.lower()
