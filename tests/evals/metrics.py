"""How good a ranking is for a request.

Listings that repeat each other (same seller, same words, another address) are one listing here:
a ranking holds at its best-placed copy, for a person gains nothing from the others.

A request of several goals has one ranking, which takes turns between the goals that were read in
it. Therefore a labelled goal counts places in rounds of as many listings as there are labelled
goals: the listing at position ``p`` (from 1) of a request with ``g`` goals is at place
``ceil(p / g)``, yet no two listings that serve one goal share a place. With one goal a place is the
position. A request's figure is the mean over its goals.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import chain, zip_longest
from statistics import fmean
from typing import Final, TypeVar

from tests.evals.asking import DOES_THE_JOB, Goal

RECALL_PLACES: Final = 5
NDCG_PLACES: Final = 10

T = TypeVar("T")


def interleaved(rankings: Sequence[Sequence[T]]) -> list[T]:
    """Take turns: the first of each, then the second of each; what came before is left out."""
    absent = object()
    turns = chain.from_iterable(zip_longest(*rankings, fillvalue=absent))
    return list(dict.fromkeys(one for one in turns if one is not absent))  # type: ignore[misc]


def without_twins(keys: Sequence[str], twins: Mapping[str, str]) -> list[str]:
    """Name each listing as the one it repeats, at its best position."""
    return list(dict.fromkeys(twins.get(key, key) for key in keys))


def recall(ranking: Sequence[str], goals: Sequence[Goal], twins: Mapping[str, str]) -> float:
    """Mean share of the listings that do the job which are at one of the first 5 places.

    A goal that more than 5 listings serve is fully met by any 5 of them.
    """
    return fmean(_recall_of(goal, ranking, len(goals), twins) for goal in goals)


def ndcg(ranking: Sequence[str], goals: Sequence[Goal], twins: Mapping[str, str]) -> float:
    """Mean over goals of the gain of the first 10 places, as a share of the best one possible.

    A listing's gain is ``2**grade - 1``, divided by ``log2(1 + place)``.
    """
    return fmean(_ndcg_of(goal, ranking, len(goals), twins) for goal in goals)


def places(ranking: Sequence[str], grades: Mapping[str, int], goals: int) -> dict[str, int]:
    """Place of each listing that serves a goal, in the sense of this module's first lines."""
    found: dict[str, int] = {}
    last = 0
    for position, key in enumerate(ranking, start=1):
        if key in grades:
            last = max(math.ceil(position / goals), last + 1)
            found[key] = last
    return found


def _recall_of(goal: Goal, ranking: Sequence[str], goals: int, twins: Mapping[str, str]) -> float:
    doing = {key for key, grade in _merged(goal, twins).items() if grade >= DOES_THE_JOB}
    found = places(without_twins(ranking, twins), dict.fromkeys(doing, DOES_THE_JOB), goals)
    early = sum(place <= RECALL_PLACES for place in found.values())
    return early / min(len(doing), RECALL_PLACES)


def _ndcg_of(goal: Goal, ranking: Sequence[str], goals: int, twins: Mapping[str, str]) -> float:
    grades = _merged(goal, twins)
    found = places(without_twins(ranking, twins), grades, goals)
    got = math.fsum(
        _gain(grades[key], place) for key, place in found.items() if place <= NDCG_PLACES
    )
    best = sorted(grades.values(), reverse=True)[:NDCG_PLACES]
    return got / math.fsum(_gain(grade, place) for place, grade in enumerate(best, start=1))


def _merged(goal: Goal, twins: Mapping[str, str]) -> dict[str, int]:
    merged: dict[str, int] = {}
    for key, grade in goal.grades.items():
        name = twins.get(key, key)
        merged[name] = max(grade, merged.get(name, 0))
    return merged


def _gain(grade: int, place: int) -> float:
    return float(2**grade - 1) / math.log2(1 + place)
