"""The HTTP side of refunds: the promise in a 402, and the desk that keeps it."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import Field
from solders.signature import Signature
from x402.mechanisms.svm.constants import SOLANA_DEVNET_CAIP2

from deploy.services.chain import ChainRefused, ChainUnreachable
from deploy.services.refunds import WINDOW_SECONDS, ClaimRefused, RefundDesk
from deploy.services.vocabulary import Words


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
    app: FastAPI, path: str, desk: RefundDesk, claimed: Callable[[], None] = lambda: None
) -> None:
    """Open a desk at ``path``; ``claimed`` is called for every claim.

    The endpoint is a plain function: the chain is read in a worker thread.
    """

    @app.post(path)
    def refund(claim: Claim) -> JSONResponse:
        claimed()
        if claim.network != SOLANA_DEVNET_CAIP2:
            return JSONResponse({"error": "payments here are on another network"}, 404)
        try:
            # Read and written again, so that one payment has one name in the journal.
            answer = desk.claim(str(Signature.from_string(claim.transaction)))
        except ValueError:
            return JSONResponse({"error": "not a transaction id"}, 404)
        except ClaimRefused as err:
            return JSONResponse({"error": str(err)}, err.status)
        except (ChainUnreachable, ChainRefused) as err:
            return JSONResponse({"error": str(err)}, 503)
        body = {"status": "accepted", "refundTransaction": answer.refund.signed.signature}
        return JSONResponse(body, 200 if answer.repeated else 202)
