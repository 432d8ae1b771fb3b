"""Whether what a seller answered is what was paid for, and what is kept of it if not."""

from typing import Final

from pydantic import JsonValue, TypeAdapter, ValidationError

from activities.artifacts.ports import ArtifactStore
from activities.payments.exchanges import Answer
from domain import schemas
from domain.artifacts import JSON_MEDIA_TYPE, ArtifactRef
from domain.buying import ANY_MEDIA_TYPE
from domain.purchases import Order

MAX_EVIDENCE_BYTES: Final = 256 * 1024
"""Kept of a useless answer: enough to argue with its seller, too little to fill a disk."""

_JSON: Final = TypeAdapter[JsonValue](JsonValue)


def problem_with(answer: Answer, order: Order) -> str | None:
    """Say why an answer is no delivery of ``order``."""
    if not answer.delivered:
        return answer.reason or f"the seller answered {answer.status}"
    if order.media_type == ANY_MEDIA_TYPE:
        return None
    if order.media_type != JSON_MEDIA_TYPE:
        promised = answer.media_type == order.media_type
        return None if promised else f"{order.media_type} was promised, {answer.media_type} came"
    try:
        value = _JSON.validate_json(answer.body)
    except (ValidationError, RecursionError):
        return "JSON was promised, something else came"
    problem = schemas.problem_with(value, order.output_schema)
    return None if problem is None else f"the answer breaks the service's own schema: {problem}"


async def keep(store: ArtifactStore, answer: Answer) -> ArtifactRef:
    """Store what was delivered."""
    return await store.put(answer.body, answer.media_type)


async def keep_evidence(store: ArtifactStore, answer: Answer) -> ArtifactRef | None:
    """Store the beginning of a useless answer; ``None`` when it is empty."""
    if not answer.body:
        return None
    return await store.put(answer.body[:MAX_EVIDENCE_BYTES], answer.media_type or "text/plain")
