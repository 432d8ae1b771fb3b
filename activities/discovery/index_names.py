"""Names under which both indexes keep a listing, so that they cannot drift apart."""

import uuid
from collections.abc import Mapping
from typing import Any, Final

from activities.discovery.ports import IndexEntry, IndexState, SparseVector, Vector
from domain.ids import Digest, ListingId

MEANING: Final = "meaning"
WORDS: Final = "words"
REFUSED_MEANING: Final = "refused_meaning"
REFUSED_WORDS: Final = "refused_words"

OUTPUTS: Final = "outputs"

STATE_ID: Final = uuid.uuid5(uuid.NAMESPACE_URL, "caravan:index-state")
"""Point without vectors, so that no search finds it."""


def point_id(listing: ListingId) -> uuid.UUID:
    """Name a listing in the form that Qdrant wants."""
    return uuid.uuid5(uuid.NAMESPACE_URL, listing)


def vector_name(by: Vector | SparseVector, *, usable: bool) -> str:
    """Which of a point's vectors this one is, or is compared with."""
    if isinstance(by, SparseVector):
        return WORDS if usable else REFUSED_WORDS
    return MEANING if usable else REFUSED_MEANING


def payload_of(entry: IndexEntry) -> dict[str, Any]:
    """What is kept beside the vectors."""
    # The refused produce nothing: nobody may be sent to them.
    outputs = list(entry.outputs) if entry.usable else []
    return {"id": entry.listing_id, "digest": entry.digest, OUTPUTS: outputs}


def state_payload(state: IndexState) -> dict[str, Any]:
    """Write a state; large marks stay exact as text."""
    return {"mark": str(state.mark), "rules": state.rules}


def state_from(payload: Mapping[str, Any] | None) -> IndexState | None:
    """Read a state; one that cannot be read counts as none."""
    try:
        return IndexState(int((payload or {})["mark"]), Digest((payload or {})["rules"]))
    except (KeyError, ValueError):
        return None
