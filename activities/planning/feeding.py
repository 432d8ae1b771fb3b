"""Who may feed an input of a service: one that is there already, or one that could be bought."""

import re
from collections.abc import Sequence
from typing import Final

from activities.planning.candidates import Candidates
from activities.planning.parts import Feed, Key, Part, Parts
from activities.planning.relevance import BY_PHRASE
from domain import schemas
from domain.schemas import types_of

PRODUCER_DEPTH: Final = 2
"""How many services may stand one behind the other to feed a wanted one."""

GOOD_FIT: Final = 0.5
"""Fit of an output to an input from which a service is bought for it. What is bought anyway may
fit worse."""

MAX_PRODUCERS: Final = 8
"""Producers tried for one input: the best fitting."""

_OWNED: Final = re.compile(r"\b(?:its|their)\b", re.IGNORECASE)

STRUCTURES: Final = frozenset({"array", "object"})


def closest(candidates: Candidates, key: Key, present: Sequence[Feed], parts: Parts) -> Feed:
    """Of several producers, the one whose words stand in the consumer's own goal."""
    goal, items = candidates.goal_of(key), candidates.relevance.items
    own = candidates.relevance.meaning(candidates.listing(key))
    # What the consumer itself answers says nothing about whom it takes its data from.
    telling = [
        at
        for at, item in enumerate(items)
        if item.word is not None and item.word.goal == goal and own[at] <= BY_PHRASE
    ]
    owned = _OWNED.search(candidates.relevance.reading.goals[goal]) is not None
    order = list(parts)

    def rank(feed: Feed) -> tuple[float, float, float]:
        meaning = candidates.relevance.meaning(candidates.listing(feed.key))
        taken = candidates.relevance.taken(candidates.fills(feed.key).values())
        words = sum(max(meaning[at], taken[at]) for at in telling)
        # "It" and "those" are what was made last; "their mood" is of what was found first.
        goal_there = candidates.goal_of(feed.key)
        before = goal_there if goal_there <= goal else -1
        place = order.index(feed.key) if feed.key in order else 0
        late = -place if owned else before + place / len(order)
        good = 1.0 if feed.link.fit >= GOOD_FIT else 0.0
        return (words, good, late if candidates.points_back(key) else feed.link.fit)

    return max(present, key=rank)


def recruits(
    candidates: Candidates,
    key: Key,
    name: str,
    schema: schemas.Schema,
    used: set[tuple[Key, str]],
    path: frozenset[Key],
) -> list[Feed]:
    """Services that could be bought to fill an input, the most fitting first."""
    found: list[Feed] = []
    for listing_id in candidates.ranked:
        one = Key(listing_id)
        if one in path or len(path) > PRODUCER_DEPTH:
            continue
        for link in candidates.links_to(Part(one, {}), key, name, schema)[:1]:
            if link.fit < GOOD_FIT or _passes_on(candidates, one, name, schema):
                continue
            if (one, link.path) not in used:
                found.append(Feed(one, link))
            elif _values(candidates, Key(listing_id, 1)) != _values(candidates, one):
                # The same service again, about the second thing that was named.
                found.append(Feed(Key(listing_id, 1), link))
    return sorted(found, key=lambda feed: -_promise(candidates, key, feed))[:MAX_PRODUCERS]


def _values(candidates: Candidates, key: Key) -> dict[str, object]:
    return {name: fill.value for name, fill in candidates.fills(key).items()}


def _promise(candidates: Candidates, key: Key, feed: Feed) -> float:
    goals = range(len(candidates.relevance.reading.goals))
    liked = max(candidates.relevance.similarity(feed.key.listing, goal) for goal in goals)
    named = sum(candidates.relevance.taken(candidates.fills(feed.key).values()))
    return feed.link.fit + liked + named + candidates.kinship(key, feed.key)


def _passes_on(candidates: Candidates, key: Key, name: str, schema: schemas.Schema) -> bool:
    """Whether a service needs the very thing it makes: a forecast makes a series of one."""
    listing = candidates.listing(key)
    if types_of(schema) & STRUCTURES:
        inputs = schemas.properties_of(listing.input_schema)
        return any(
            schemas.mismatch(inputs[one], schema) is None and types_of(inputs[one]) & STRUCTURES
            for one in schemas.required_names(listing.input_schema)
            if one in inputs and one not in candidates.fills(key)
        )
    required = schemas.required_names(listing.input_schema)
    return name in required and name not in candidates.fills(key)
