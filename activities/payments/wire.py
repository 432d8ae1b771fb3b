"""x402's wire forms, without I/O: read a 402, write a payment, read its response.

Both protocol versions are read: version 2 carries everything in headers, version 1 in the body.
Some sellers fill both, and differently: the header is what version 2 means, so it wins.
"""

import base64
import json
from typing import Any, Final

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

from activities.payments.exchanges import Challenge, Demand, SignedPayment
from domain.catalogue import ChannelTerms, Terms
from domain.chains import V1_NETWORK_NAMES, Family, family_of
from domain.ids import canonical_json

Headers = dict[str, str]
"""Header names in lower case."""

SIGN_IN_HEADER: Final = "SIGN-IN-WITH-X"
"""Carries the proof of a wallet that paid before. Source: the extension ``sign-in-with-x``."""

MAX_DEMANDS: Final = 32
"""Ways to pay that are read of one 402; a hostile seller may list thousands."""

MAX_ECHO_BYTES: Final = 48 * 1024
"""Seller's words that go back with a payment; more than this fits into no server's headers."""

MAX_REASON_CHARACTERS: Final = 200
"""Kept of what a seller says went wrong."""

_MAX_DIGITS: Final = 78
"""Of 256 bits; Python refuses to read numbers of thousands of digits, and so do we."""

_JSON_OBJECT: Final = TypeAdapter(dict[str, JsonValue])


def read_challenge(headers: Headers, body: bytes) -> Challenge:
    """Read a 402. Ways to pay that make no sense are left out, not guessed at."""
    document = _from_header(headers.get(PAYMENT_REQUIRED_HEADER.lower()))
    if not isinstance(document.get("accepts"), list):
        document = _object(body)
    version = document.get("x402Version", 2)
    accepts = document.get("accepts")
    resource, extensions = document.get("resource"), document.get("extensions")
    room = MAX_ECHO_BYTES - _size(resource) - _size(extensions)
    demands = [
        demand
        for raw in (accepts if isinstance(accepts, list) else [])[:MAX_DEMANDS]
        if isinstance(raw, dict)
        and _size(raw) <= room
        and (demand := _demand(raw, version)) is not None
    ]
    return Challenge(
        demands=tuple(demands),
        resource=resource if room > 0 else None,
        extensions=extensions if room > 0 else None,
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


def read_settlement(headers: Headers) -> dict[str, JsonValue] | None:
    """Read what the seller says it settled; ``None`` when it says nothing."""
    for name in (PAYMENT_RESPONSE_HEADER, X_PAYMENT_RESPONSE_HEADER):
        document = _from_header(headers.get(name.lower()))
        if document:
            return document
    return None


def claimed_transaction(settlement: dict[str, JsonValue] | None) -> str | None:
    """The transaction a seller claims: a hint where to look."""
    named = (settlement or {}).get("transaction")
    return named[:MAX_REASON_CHARACTERS] if isinstance(named, str) and named else None


def claimed_reason(settlement: dict[str, JsonValue] | None) -> str:
    """Why the seller says that it settled nothing, or an empty text."""
    reason = (settlement or {}).get("errorReason")
    return reason[:MAX_REASON_CHARACTERS] if isinstance(reason, str) else ""


def _demand(raw: dict[str, JsonValue], version: JsonValue) -> Demand | None:
    try:
        terms = _terms_v1(raw) if version == 1 else _terms_v2(raw)
    except ValueError:  # also pydantic's own
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
    evm = family_of(network) is Family.EVM
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
        transfer_method=(extra.get("assetTransferMethod") or "eip3009") if evm else "eip3009",
        spender=extra.get("facilitatorAddress") if evm else None,
        channel=_channel(extra) if asked.scheme == "batch-settlement" else None,
    )


def _channel(extra: dict[str, Any]) -> ChannelTerms | None:
    authorizer, delay = extra.get("receiverAuthorizer"), extra.get("withdrawDelay")
    if not isinstance(authorizer, str) or not isinstance(delay, int) or isinstance(delay, bool):
        return None
    return ChannelTerms(receiver_authorizer=authorizer, withdraw_delay_seconds=delay)


def _canonical_integer(text: str) -> int:
    # "١٢", "1_000", "+5" and "0x10" are integers to one parser or another; only one form counts.
    if not (text.isascii() and text.isdigit()) or (text != "0" and text.startswith("0")):
        raise ValueError("not a canonical non-negative integer")
    if len(text) > _MAX_DIGITS:
        raise ValueError("more than any token counts")
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


def _size(value: JsonValue) -> int:
    try:
        return len(canonical_json(value))
    except (ValueError, RecursionError):  # what has no canonical form cannot be stored either
        return MAX_ECHO_BYTES + 1


def _encode(envelope: dict[str, JsonValue]) -> str:
    return base64.b64encode(json.dumps(envelope, separators=(",", ":")).encode()).decode()
