"""Identifier types, canonical JSON and the digests derived from it."""

import hashlib
import json
import re
from typing import Annotated, Final, NewType, TypeVar

from pydantic import AfterValidator, BaseModel, JsonValue

RequestId = NewType("RequestId", str)
"""One request of one person; the run's workflow id is derived from it."""

StepId = NewType("StepId", str)
"""A step's name inside its plan, such as ``report``; unique there."""

ListingId = NewType("ListingId", str)
"""A service in a bazaar: its method and URL, such as ``POST https://a.example/x``."""

PaymentKey = NewType("PaymentKey", str)
"""Idempotency key of one payment: 64 hexadecimal digits."""

Digest = NewType("Digest", str)
"""SHA-256 in lower-case hexadecimal."""

_Json = TypeVar("_Json", bound=JsonValue)

_SLUG_WORDS: Final = 4
_SLUG_STOP_WORDS: Final = frozenset(
    {"a", "an", "and", "at", "by", "for", "from", "in", "into", "its", "last", "me", "of", "on"}
    | {"or", "the", "then", "to", "with"}
)


def canonical_json(value: JsonValue) -> bytes:
    """Encode ``value`` so that equal values give equal bytes: sorted keys, no spaces, UTF-8."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def _with_digest(value: _Json) -> _Json:
    canonical_json(value)
    return value


CanonicalJson = Annotated[JsonValue, AfterValidator(_with_digest)]
"""JSON that has a canonical form: Python also reads NaN and half characters, which have none."""

CanonicalObject = Annotated[dict[str, JsonValue], AfterValidator(_with_digest)]
"""A JSON object that has a canonical form."""


def digest_bytes(content: bytes) -> Digest:
    """Digest raw bytes."""
    return Digest(hashlib.sha256(content).hexdigest())


def digest_json(value: JsonValue) -> Digest:
    """Digest a JSON value through its canonical form."""
    return digest_bytes(canonical_json(value))


def digest_model(model: BaseModel) -> Digest:
    """Digest a model through the canonical form of its JSON."""
    return digest_json(model.model_dump(mode="json"))


def listing_id(*, method: str, url: str) -> ListingId:
    """Name a service by what is called, so two bazaars listing it agree."""
    return ListingId(f"{method.upper()} {url}")


def request_id(*, text: str, day: str, entropy: str) -> RequestId:
    """Build a readable request id.

    Args:
        text: The request; its first telling words become the middle part.
        day: Date in the form ``20261121``.
        entropy: Random lower-case letters and digits that make the id unique.
    """
    words = re.findall(r"[a-z0-9]+", text.lower())
    telling = [word for word in words if word not in _SLUG_STOP_WORDS][:_SLUG_WORDS]
    slug = "-".join(telling)[:40].strip("-") or "request"
    return RequestId(f"{day}-{slug}-{entropy}")


def payment_key(
    *, workflow_id: str, first_run_id: str, step_id: StepId, purchase: Digest, ordinal: int
) -> PaymentKey:
    """Derive the key under which money may move at most once.

    Built only from what survives a retry, a reset and a continue-as-new: never from an attempt
    number, a run id or anything a model wrote.

    Args:
        workflow_id: The run's workflow id.
        first_run_id: The id of the first execution in the run's chain.
        step_id: The step that buys.
        purchase: Digest of what is bought (method, URL, body), without its price.
        ordinal: How many earlier payments of this step were proven never to have landed.
    """
    return PaymentKey(
        digest_json([workflow_id, first_run_id, str(step_id), str(purchase), ordinal])
    )
