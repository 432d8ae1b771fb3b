"""x402's wire forms, without I/O: read a 402, write a payment, read its response.

Both protocol versions are read: version 2 carries everything in headers, version 1 in the body.
"""

import base64
import json
from typing import Final

from pydantic import JsonValue, TypeAdapter, ValidationError
from x402.http.constants import (
    PAYMENT_REQUIRED_HEADER,
    PAYMENT_RESPONSE_HEADER,
    PAYMENT_SIGNATURE_HEADER,
    X_PAYMENT_HEADER,
    X_PAYMENT_RESPONSE_HEADER,
)
from x402.schemas import PaymentRequirements
from x402.schemas.v1 import PaymentRequirementsV1

from activities.payments.ports import Challenge, Demand, SignedPayment
from domain.catalogue import Terms
from domain.chains import V1_NETWORK_NAMES

Headers = dict[str, str]
"""Header names in lower case."""

_MAX_DEMANDS: Final = 32
"""Ways to pay that are read of one 402; a hostile seller may list thousands."""

_JSON_OBJECT: Final = TypeAdapter(dict[str, JsonValue])


def read_challenge(headers: Headers, body: bytes) -> Challenge:
    """Read a 402. Ways to pay that make no sense are left out, not guessed at."""
    document = _from_header(headers.get(PAYMENT_REQUIRED_HEADER.lower())) or _object(body)
    version = document.get("x402Version", 2)
    accepts = document.get("accepts")
    demands = [
        demand
        for raw in (accepts if isinstance(accepts, list) else [])[:_MAX_DEMANDS]
        if isinstance(raw, dict) and (demand := _demand(raw, version)) is not None
    ]
    return Challenge(
        demands=tuple(demands),
        resource=document.get("resource"),
        extensions=document.get("extensions"),
    )


def payment_header(signed: SignedPayment) -> Headers:
    """Write the header that pays: the seller's own words echoed, our payload added."""
    if signed.x402_version == 1:
        envelope: dict[str, JsonValue] = {
            "x402Version": 1,
            "scheme": signed.accepted["scheme"],
            "network": signed.accepted["network"],
            "payload": signed.payload,
        }
        return {X_PAYMENT_HEADER: _encode(envelope)}
    envelope = {
        "x402Version": 2,
        "resource": signed.resource,
        "accepted": signed.accepted,
        "payload": signed.payload,
        "extensions": signed.extensions,
    }
    present: dict[str, JsonValue] = {n: v for n, v in envelope.items() if v is not None}
    return {PAYMENT_SIGNATURE_HEADER: _encode(present)}


def read_response(headers: Headers) -> tuple[str | None, str]:
    """Read which transaction the seller claims and, on failure, why.

    Returns:
        The claimed transaction or ``None``, and the seller's reason or an empty text.
    """
    document = _from_header(headers.get(PAYMENT_RESPONSE_HEADER.lower())) or _from_header(
        headers.get(X_PAYMENT_RESPONSE_HEADER.lower())
    )
    transaction = document.get("transaction")
    reason = document.get("errorReason")
    return (
        transaction if isinstance(transaction, str) and transaction else None,
        reason[:200] if isinstance(reason, str) else "",
    )


def _demand(raw: dict[str, JsonValue], version: JsonValue) -> Demand | None:
    try:
        terms = _terms_v1(raw) if version == 1 else _terms_v2(raw)
    except (ValidationError, ValueError):
        return None
    return Demand(terms=terms, raw=raw)


def _terms_v2(raw: dict[str, JsonValue]) -> Terms:
    asked = PaymentRequirements.model_validate(raw)
    return _terms(2, asked, asked.network, asked.amount)


def _terms_v1(raw: dict[str, JsonValue]) -> Terms:
    asked = PaymentRequirementsV1.model_validate(raw)
    network = V1_NETWORK_NAMES.get(asked.network, asked.network)
    return _terms(1, asked, network, asked.max_amount_required)


def _terms(
    version: int, asked: PaymentRequirements | PaymentRequirementsV1, network: str, amount: str
) -> Terms:
    extra = asked.extra or {}
    return Terms(
        x402_version=version,
        scheme=asked.scheme,
        network=network,
        asset=asked.asset,
        base_units=_canonical_integer(amount),
        pay_to=asked.pay_to,
        max_timeout_seconds=asked.max_timeout_seconds,
        fee_payer=extra.get("feePayer"),
        memo=extra.get("memo"),
        flow=extra.get("paymentFlow") or "authorization",
    )


def _canonical_integer(text: str) -> int:
    # "١٢", "1_000", "+5" and "0x10" are integers to one parser or another; only one form counts.
    if not (text.isascii() and text.isdigit()) or (text != "0" and text.startswith("0")):
        raise ValueError("not a canonical non-negative integer")
    return int(text)


def _from_header(value: str | None) -> dict[str, JsonValue]:
    if value is None:
        return {}
    try:
        return _object(base64.b64decode(value, validate=True))
    except ValueError:  # also what text outside ASCII raises
        return {}


def _object(content: bytes) -> dict[str, JsonValue]:
    try:
        return _JSON_OBJECT.validate_json(content)
    except ValidationError:
        return {}


def _encode(envelope: dict[str, JsonValue]) -> str:
    return base64.b64encode(json.dumps(envelope, separators=(",", ":")).encode()).decode()
