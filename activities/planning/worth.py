"""What services are worth to a request, alone and together."""

from typing import Final

from activities.planning.candidates import Candidates
from activities.planning.parts import Part, Parts
from activities.planning.relevance import COVERED, best_of
from domain.ids import ListingId
from domain.values import Fill

STEP_COST: Final = 0.12
"""What a step has to be worth: a plan must not grow for a word in passing."""

SCORE_COST: Final = 0.25
"""What separates the worst service from the best, so that equals are decided by their score."""

GOAL_WORTH: Final = 1.5
"""What full likeness to a goal adds to naming its words."""

SIDE_COST: Final = 0.6
"""What another service that serves the same goal and feeds nobody has to be worth besides: few
people ask for two things in one breath."""

NEAR_BEST: Final = 0.7
"""Share of the best likeness to its goal from which a service may answer it."""

BY_ORDER: Final = 0.9
"""Worth of a goal's first word from which a service does what is ordered."""

LIKE_ROOT: Final = 0.3
"""Likeness below which a service only answers a goal if it is named by most of its words."""

LIKE_SOURCE: Final = 0.35
"""Likeness to a goal from which a source of data may be added though no word names it."""


def worth_of(candidates: Candidates, parts: Parts) -> float:
    """How well a set of parts answers the request, less what its size and quality cost."""
    rows = answered(candidates, parts)
    weights = (item.weight for item in candidates.relevance.items)
    named = sum(worth * weight for worth, weight in zip(rows, weights, strict=True))
    goals = range(len(candidates.relevance.reading.goals))
    alike = sum(
        max((candidates.relevance.similarity(key.listing, goal) for key in parts), default=0.0)
        for goal in goals
    )
    cost = sum(
        STEP_COST + SCORE_COST * (1 - candidates.ranked[key.listing].score.total) for key in parts
    )
    return named + GOAL_WORTH * alike - cost - SIDE_COST * _sides(candidates, parts)


def answered(candidates: Candidates, parts: Parts) -> tuple[float, ...]:
    """Worth of the whole set for each item of the request."""
    rows: list[tuple[float, ...]] = []
    for part in parts.values():
        rows.append(candidates.relevance.meaning(candidates.listing(part.key)))
        rows.append(candidates.relevance.taken(part.fills.values()))
    return best_of(rows, len(candidates.relevance.items))


def may_answer(candidates: Candidates, listing: ListingId) -> bool:
    """Whether a service is like enough to a goal, or named by it, to be bought for it."""
    meaning = candidates.relevance.meaning(candidates.ranked[listing].listing)
    for goal in range(len(candidates.relevance.reading.goals)):
        own = candidates.relevance.similarity(listing, goal)
        best = candidates.relevance.nearest(goal)
        if own >= LIKE_ROOT and best is not None and own >= NEAR_BEST * best[1]:
            return True
        words = [
            (worth, item)
            for worth, item in zip(meaning, candidates.relevance.items, strict=True)
            if item.word is not None and item.word.goal == goal
        ]
        asked = [worth >= COVERED for worth, item in words if item.needed]
        if sum(asked) * 2 > len(asked):
            return True
        if any(i.word and i.word.opens and worth >= BY_ORDER for worth, i in words):
            return True
    return candidates.relevance.is_nearest_to_part(listing)


def asked_for(candidates: Candidates, part: Part) -> bool:
    """Whether a source of data has something to do with the request.

    A name that might be a place, or a span of time, would fit any source.
    """
    certain = [fill for name, fill in part.fills.items() if _is_telling(name, fill)]
    rows = (
        candidates.relevance.meaning(candidates.listing(part.key)),
        candidates.relevance.taken(certain),
    )
    goals = range(len(candidates.relevance.reading.goals))
    return any(worth >= COVERED for row in rows for worth in row) or any(
        candidates.relevance.similarity(part.key.listing, goal) >= LIKE_SOURCE for goal in goals
    )


def is_sure(candidates: Candidates, part: Part) -> bool:
    """Whether something that the request certainly names is taken."""
    text = candidates.relevance.reading.text
    return any(
        not fill.guessed or any(text[a:b][:1].isupper() for a, b in fill.spans)
        for fill in part.fills.values()
        if fill.spans
    )


def _sides(candidates: Candidates, parts: Parts) -> int:
    """How many parts serve a goal that another one serves already, and feed nobody."""
    fed = {key for part in parts.values() for key in part.sources}
    ends = [candidates.goal_of(key) for key in parts if key not in fed]
    return len(ends) - len(set(ends))


def _is_telling(name: str, fill: Fill) -> bool:
    return bool(fill.spans) and not fill.guessed and not name.endswith(("days", "months", "weeks"))
