"""How many items of a list are bought for: no plan goes over a list without an end."""

import re
from typing import Final

from activities.planning.candidates import Candidates
from activities.planning.parts import Feed, Parts
from domain import schemas
from domain.counted import LIMITS
from domain.kinds import Kind
from domain.limits import MAX_MAP_ITEMS
from domain.roles import name_words

DEFAULT_ITEMS: Final = 5
"""Items where neither the request nor the seller says how many: enough to be useful, and cheap."""

_NAME: Final = re.compile(r"[A-Za-z_]\w*")


def cap_of(candidates: Candidates, over: Feed, parts: Parts) -> int:
    """Most items to buy for: as many as were asked for, else as the seller gives, else a few."""
    asked = _asked(candidates, over, parts)
    if asked is None:
        asked = _most(candidates, over)
    return min(max(1, asked if asked is not None else DEFAULT_ITEMS), MAX_MAP_ITEMS)


def _asked(candidates: Candidates, over: Feed, parts: Parts) -> int | None:
    for name, fill in parts[over.key].fills.items():
        if set(name_words(name)) & LIMITS and isinstance(fill.value, int):
            return fill.value
    taken = [span for part in parts.values() for f in part.fills.values() for span in f.spans]
    for one in candidates.relevance.reading.mentions:
        free = not any(a < one.end and one.start < b for a, b in taken)
        if one.kind is Kind.NUMBER and free and isinstance(one.value, int):
            return one.value
    return None


def _most(candidates: Candidates, over: Feed) -> int | None:
    """The seller's own bound, where it states one."""
    schema = candidates.listing(over.key).output_schema
    for name in _NAME.findall(over.link.items or ""):
        schema = schemas.properties_of(schema).get(name, {})
    most = schema.get("maxItems")
    return most if isinstance(most, int) else None
