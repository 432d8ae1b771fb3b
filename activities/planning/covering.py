"""Whether every word that asks for something is answered by what is bought, or excused."""

from collections.abc import Iterator
from typing import Final

from activities.planning.candidates import Candidates
from activities.planning.parts import Parts
from activities.planning.relevance import COVERED, Item
from activities.planning.worth import answered
from domain.words import ACTIONS

MAX_EXCUSED_SHARE: Final = 0.5
"""Share of a goal's words that a near phrase may excuse; beyond it the goal is another one."""

TELLING_VALUES: Final = 2
"""Listed values that are evidence by themselves: "100 USD in EUR" can only mean one thing."""

LIKE_ENOUGH: Final = 0.45
"""Likeness to a goal from which some of its words need not be named by what is bought for it."""

LIKE_SURELY: Final = 0.55
"""Likeness to a goal from which most of its words need not."""

LIKE_GOAL: Final = 0.38
"""Likeness to a goal that is evidence enough where no word names the service."""


def is_covered(candidates: Candidates, parts: Parts) -> bool:
    """Whether nothing that was asked for is left out, and every goal is answered by something."""
    return not any(uncovered(candidates, parts)) and is_evident(candidates, parts)


def is_evident(candidates: Candidates, parts: Parts) -> bool:
    """Whether every goal is answered by something: a value that is taken asks for nothing."""
    reading = candidates.relevance.reading
    asked = [at for at in range(len(reading.goals)) if at not in reading.context]
    return all(evident(candidates, parts, goal) for goal in asked)


def uncovered(candidates: Candidates, parts: Parts) -> Iterator[Item]:
    """Yield the words and values that no part answers and no near phrase excuses."""
    relevance = candidates.relevance
    rows = answered(candidates, parts)
    open_items = [
        item
        for item, worth in zip(relevance.items, rows, strict=True)
        if worth < COVERED and item.needed
    ]
    for item in open_items:
        if item.word is None or not excused(candidates, parts, item):
            yield item
            continue
        same_goal = [o for o in open_items if o.word and o.word.goal == item.word.goal]
        many = len(same_goal) > MAX_EXCUSED_SHARE * len(_words_of(candidates, item.word.goal))
        if many and not _is_certain(candidates, parts, item.word.goal):
            yield item


def excused(candidates: Candidates, parts: Parts, item: Item) -> bool:
    """Whether what is bought is near enough to the words around one that nothing names."""
    relevance, word = candidates.relevance, item.word
    if relevance.phrase_excuses(item, [key.listing for key in parts]):
        return True
    if word is None or word.named or (word.opens and word.plain in ACTIONS):
        return False
    if _is_object(candidates, item):
        return False
    return _likeness(candidates, parts, word.goal) >= LIKE_ENOUGH


def _is_object(candidates: Candidates, item: Item) -> bool:
    """Whether a word is what is ordered: whoever wants a video takes nothing else for it."""
    goal = [one for one in candidates.relevance.items if _goal_of(one) == _goal_of(item)]
    first = next((one for one in goal if one.needed), None)
    ordered = any(one.word and one.word.opens and one.word.plain in ACTIONS for one in goal)
    return first is item and ordered


def _goal_of(item: Item) -> int | None:
    return item.word.goal if item.word else None


def _is_certain(candidates: Candidates, parts: Parts, goal: int) -> bool:
    return _likeness(candidates, parts, goal) >= LIKE_SURELY


def _likeness(candidates: Candidates, parts: Parts, goal: int) -> float:
    """Likeness to a whole goal of what is bought for it."""
    return max((candidates.relevance.likeness(key.listing, goal) for key in parts), default=0.0)


def evident(candidates: Candidates, parts: Parts, goal: int) -> bool:
    """Whether some part answers a goal by meaning, or takes one of its own listed values."""
    items = candidates.relevance.items
    in_goal = [at for at, item in enumerate(items) if item.word and item.word.goal == goal]
    for key, part in parts.items():
        meaning = candidates.relevance.meaning(candidates.listing(key))
        if any(meaning[at] for at in in_goal):
            return True
        # One listed value is only a name: "What is Bitcoin?" asks for no price.
        listed = [fill for fill in part.fills.values() if fill.listed]
        taken = candidates.relevance.taken(listed)
        if len(listed) >= TELLING_VALUES and any(taken[at] for at in in_goal):
            return True
        if candidates.relevance.similarity(key.listing, goal) >= LIKE_GOAL:
            return True
    # A goal of nothing but small words and values adds to the others: "in euros".
    return not in_goal and bool(parts)


def _words_of(candidates: Candidates, goal: int) -> tuple[Item, ...]:
    return tuple(
        item
        for item in candidates.relevance.items
        if item.word and item.word.goal == goal and not item.word.soft
    )
