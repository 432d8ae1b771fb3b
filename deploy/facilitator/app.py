"""The facilitator's HTTP doors."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import BackgroundTasks, FastAPI, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from x402.facilitator import x402FacilitatorSync
from x402.mechanisms.evm.batch_settlement.types import is_deposit_payload
from x402.schemas import (
    PaymentPayload,
    PaymentPayloadV1,
    PaymentRequirements,
    PaymentRequirementsV1,
    SettleResponse,
)
from x402.schemas.errors import PaymentAbortedError, SchemeNotFoundError
from x402.schemas.helpers import parse_payment_payload, parse_payment_requirements

from deploy.facilitator.challenge import item_from_settlement
from deploy.facilitator.discovery import MAX_PAGE, Discovery, Filters
from deploy.facilitator.indexer import Indexer
from deploy.facilitator.store import Entry, Store

Payload = PaymentPayload | PaymentPayloadV1
Requirements = PaymentRequirements | PaymentRequirementsV1


class PaymentQuestion(BaseModel):
    """The body of both ``/verify`` and ``/settle``."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel)

    x402_version: int = Field(alias="x402Version")
    payment_payload: dict[str, Any]
    payment_requirements: dict[str, Any]

    def parsed(self) -> tuple[Payload, Requirements]:
        """Return the package's own models, or answer 400."""
        try:
            return (
                parse_payment_payload(self.payment_payload),
                parse_payment_requirements(self.x402_version, self.payment_requirements),
            )
        except (ValueError, TypeError) as err:
            raise HTTPException(400, f"not an x402 payment: {err}") from err


@dataclass(frozen=True)
class Facilitator:
    """Everything the doors need."""

    payments: x402FacilitatorSync
    store: Store
    discovery: Discovery
    indexer: Indexer
    clock: Callable[[], datetime]


def build_app(parts: Facilitator) -> FastAPI:
    """Assemble the application.

    The payment endpoints are plain functions on purpose: the package reads the chain
    synchronously, which must happen in a worker thread and never on the server's loop.
    """

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        parts.indexer.start()
        yield
        parts.indexer.stop()
        parts.store.close()

    app = FastAPI(title="Caravan local facilitator", lifespan=running)
    _add_payments(app, parts)
    _add_discovery(app, parts)

    @app.get("/health")
    def health() -> dict[str, Any]:
        roots = [vars(root) for root in parts.indexer.roots]
        return {
            "status": "ok",
            "catalogued": parts.store.count(),
            "expected": sum(root.listed for root in parts.indexer.roots),
            "indexing": parts.indexer.indexing,
            "roots": roots,
        }

    return app


def _add_payments(app: FastAPI, parts: Facilitator) -> None:
    @app.get("/supported")
    def supported() -> dict[str, Any]:
        return parts.payments.get_supported().model_dump(by_alias=True, exclude_none=True)

    @app.post("/verify")
    def verify(question: PaymentQuestion) -> dict[str, Any]:
        payload, requirements = question.parsed()
        try:
            answer = parts.payments.verify(payload, requirements)
        except (SchemeNotFoundError, PaymentAbortedError) as err:
            raise HTTPException(400, str(err)) from err
        return answer.model_dump(by_alias=True, exclude_none=True)

    @app.post("/settle")
    def settle(question: PaymentQuestion, later: BackgroundTasks) -> dict[str, Any]:
        payload, requirements = question.parsed()
        try:
            answer = parts.payments.settle(payload, requirements)
        except (SchemeNotFoundError, PaymentAbortedError) as err:
            raise HTTPException(400, str(err)) from err
        if answer.success:
            # After the reply: money has moved, and no trouble here may make that sound like a no.
            later.add_task(note_settlement, parts, payload, requirements, answer)
        return answer.model_dump(by_alias=True, exclude_none=True)


def note_settlement(
    parts: Facilitator, payload: Payload, requirements: Requirements, answer: SettleResponse
) -> None:
    """Catalogue a resource that was paid for, and count the payment for it.

    The buyer wrote the payload, so it may add an unknown resource but never change a known
    one, and a payment counts only for a resource that asks for money to that address.
    """
    if not isinstance(payload, PaymentPayload) or not isinstance(requirements, PaymentRequirements):
        return
    now = parts.clock()
    item = item_from_settlement(payload, requirements, now) if _buys(payload) else None
    if item is None:
        return
    parts.store.put_if_unknown(Entry(item["resource"], None, item))
    known = parts.store.get(item["resource"])
    asked = _asked(known.item["accepts"], requirements) if known else None
    if known and asked:
        parts.store.record_settlement(
            signature=answer.transaction,
            resource=known.url,
            payer=answer.payer or "",
            at=now.timestamp(),
        )
        moved = payload.accepted.amount != asked.get("amount")
        if known.root is not None and moved:
            # The price moved since it was read; only the seller itself may say what it is now.
            method = known.item["extensions"]["bazaar"]["info"]["input"]["method"]
            parts.indexer.probe(known.url, method, known.root)


def _buys(payload: PaymentPayload) -> bool:
    # On a channel only a deposit buys; claims and refunds are settled too.
    return "channelConfig" not in payload.payload or is_deposit_payload(payload.payload)


def _asked(
    accepts: list[dict[str, Any]], requirements: PaymentRequirements
) -> dict[str, Any] | None:
    """Return the accept under which a resource asks for what was paid."""
    for accept in accepts:
        if (
            accept.get("network") == requirements.network
            and _plain(str(accept.get("payTo"))) == _plain(requirements.pay_to)
            and accept.get("scheme") == requirements.scheme
        ):
            return accept
    return None


def _plain(address: str) -> str:
    # EVM addresses have no case; Solana's have.
    return address.lower() if address.startswith("0x") else address


Limit = Annotated[int, Query(ge=1)]
Offset = Annotated[int, Query(ge=0)]
Alias = Annotated[str | None, Query(alias="payTo")]
Cursor = Annotated[str | None, Query(pattern=r"^\d{0,9}$")]


def _add_discovery(app: FastAPI, parts: Facilitator) -> None:
    @app.get("/discovery/resources")
    def resources(
        type: str | None = None,  # noqa: A002 - the wire's own name
        pay_to: Alias = None,
        scheme: str | None = None,
        network: str | None = None,
        extensions: str | None = None,
        limit: Limit = 100,
        offset: Offset = 0,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        filters, now = Filters(type, pay_to, scheme, network, extensions), parts.clock()
        if cursor is None:
            return parts.discovery.page(filters, limit=limit, offset=offset, now=now)
        return parts.discovery.following(filters, limit=limit, offset=int(cursor or 0), now=now)

    @app.get("/discovery/merchant")
    def merchant(
        pay_to: Annotated[str, Query(alias="payTo", min_length=1)],
        limit: Limit = 100,
        offset: Offset = 0,
    ) -> dict[str, Any]:
        return parts.discovery.merchant(pay_to, limit=limit, offset=offset, now=parts.clock())

    @app.get("/discovery/search")
    def search(
        query: Annotated[str, Query(min_length=1, max_length=400)],
        type: str | None = None,  # noqa: A002 - the wire's own name
        pay_to: Alias = None,
        scheme: str | None = None,
        network: str | None = None,
        extensions: str | None = None,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        filters = Filters(type, pay_to, scheme, network, extensions)
        offset = int(cursor or 0)
        return parts.discovery.search(
            query,
            filters,
            limit=min(limit, MAX_PAGE),
            offset=offset,
            now=parts.clock(),
            partial=parts.indexer.indexing,
        )
