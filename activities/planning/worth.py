"""What services are worth to a request, alone and together."""

from typing import Final

from activities.planning.candidates import Candidates
from activities.planning.parts import Key, Part, Parts
from activities.planning.relevance import COVERED, Item, best_of
from domain.ids import ListingId
from domain.values import Fill

STEP_COST: Final = 0.12
"""What a step has to be worth: a plan must not grow for a word in passing."""

SCORE_COST: Final = 0.25
"""What separates the worst service from the best, so that equals are decided by their score."""

WORD_WORTH: Final = 1.5
"""What a word adds that is answered, by how few of the candidates say it."""

UNKNOWN_WORTH: Final = 0.3
"""Share of it for a word that none of them says: it is most often said in passing."""

PART_WORTH: Final = 1.5
"""What likeness to a phrase of a goal adds, above that which any service has."""

LIKE_ANY: Final = 0.3
"""Likeness to a phrase that says nothing."""

DOUBT: Final = 0.1
"""Likelihood of serving a goal that is worth nothing."""

LIKELY_ROOT: Final = 0.05
"""Likelihood from which a service may be bought for a goal."""

GOAL_WORTH: Final = 4.0
"""What serving a goal for certain adds."""

SIDE_COST: Final = 0.6
"""What another service that serves the same goal and feeds nobody has to be worth besides: few
people ask for two things in one breath."""

LIKE_SOURCE: Final = 0.35
"""Likeness to a goal from which a source of data may be added though no word names it."""


def worth_of(candidates: Candidates, parts: Parts) -> float:
    """How well a set of parts answers the request, less what its size and quality cost."""
    rows = answered(candidates, parts)
    weights = (item.weight * _telling(candidates, item) for item in candidates.relevance.items)
    named = sum(worth * weight for worth, weight in zip(rows, weights, strict=True))
    reading = candidates.relevance.reading
    served = sum(
        max((_told(candidates, key, goal) for key in parts), default=0.0)
        for goal in range(len(reading.goals))
        if goal not in reading.context
    )
    cost = sum(
        STEP_COST + SCORE_COST * (1 - candidates.ranked[key.listing].score.total) for key in parts
    )
    cost += SIDE_COST * _sides(candidates, parts)
    alike = PART_WORTH * _alike(candidates, parts)
    return WORD_WORTH * named + alike + GOAL_WORTH * served - cost


def _telling(candidates: Candidates, item: Item) -> float:
    """How much a word says about who answers it."""
    if item.word is None:
        return 1.0
    return candidates.evidence.rarity(item.word.plain) or UNKNOWN_WORTH


def _told(candidates: Candidates, key: Key, goal: int) -> float:
    """What a service is worth to a goal: nothing while it is no likelier than any.

    Those that do the same job are worth the same, so that their score decides.
    """
    likely = max(candidates.evidence.likelihood(i, goal) for i in candidates.same_job(key.listing))
    return max(0.0, likely - DOUBT) / (1 - DOUBT)


def _alike(candidates: Candidates, parts: Parts) -> float:
    """Likeness to the phrases of what is asked for, of several words each."""
    bought = {i for key in parts for i in candidates.same_job(key.listing)}
    return sum(
        max((max(0.0, one.similarities.get(i, 0.0) - LIKE_ANY) for i in bought), default=0.0)
        for one in candidates.relevance.phrases
        if " " in one.text and one.goal not in candidates.relevance.reading.context
    )


def answered(candidates: Candidates, parts: Parts) -> tuple[float, ...]:
    """Worth of the whole set for each item of the request."""
    rows: list[tuple[float, ...]] = []
    for part in parts.values():
        rows.append(candidates.relevance.meaning(candidates.listing(part.key)))
        rows.append(candidates.relevance.taken(part.fills.values()))
    return best_of(rows, len(candidates.relevance.items))


def may_answer(candidates: Candidates, listing: ListingId) -> bool:
    """Whether a service is like enough to a goal, or named by it, to be bought for it."""
    for goal in range(len(candidates.relevance.reading.goals)):
        if candidates.evidence.likelihood(listing, goal) >= LIKELY_ROOT:
            return True
        if _names_most(candidates, listing, goal):
            return True
    return candidates.relevance.is_nearest_to_part(listing)


def _names_most(candidates: Candidates, listing: ListingId, goal: int) -> bool:
    """Whether a service is named by most of a goal's words."""
    meaning = candidates.relevance.meaning(candidates.ranked[listing].listing)
    named = [
        worth >= COVERED
        for worth, item in zip(meaning, candidates.relevance.items, strict=True)
        if item.needed and item.word is not None and item.word.goal == goal
    ]
    return sum(named) * 2 >= len(named) > 0


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
