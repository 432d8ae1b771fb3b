"""Which services do the same job: by their meaning first, for that is cheap, then by schemas."""

import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

import numpy as np

from activities.discovery.known import Known, Shape
from activities.discovery.meanings import Meaning, among
from domain import ranking
from domain.ids import ListingId

_ROUNDING: Final = 1e-6
"""Of likeness; the rule itself is asked last."""


def same_jobs(
    candidates: Mapping[ListingId, Known], meanings: Mapping[ListingId, Meaning]
) -> tuple[tuple[ListingId, ...], ...]:
    """Group candidates that could stand in for each other; single ones are left out."""
    names = [i for i in sorted(candidates) if i in meanings]
    group: dict[ListingId, set[ListingId]] = {i: {i} for i in names}
    for one, other, cosine in _alike(names, meanings):
        # Who is grouped already needs no second reason: bazaars hold many sellers of one job.
        if group[one] is group[other]:
            continue
        left, right = candidates[one], candidates[other]
        if cosine >= _least_cosine(left.shape, right.shape) and ranking.does_same_job(
            left.listing, right.listing, cosine=cosine
        ):
            joined = group[one] | group[other]
            group.update(dict.fromkeys(joined, joined))
    return tuple(
        tuple(sorted(members))
        for listing, members in group.items()
        if len(members) > 1 and listing == min(members)
    )


def _alike(
    names: list[ListingId], meanings: Mapping[ListingId, Meaning]
) -> Iterator[tuple[ListingId, ListingId, float]]:
    """Pairs whose texts are like enough for one job, in the order of names."""
    if not names:
        return
    square = among([meanings[i] for i in names])
    near = np.triu(square >= ranking.LEAST_COSINE, 1)
    for one, other in zip(*(side.tolist() for side in near.nonzero()), strict=True):
        yield names[one], names[other], float(square[one, other])


@lru_cache(maxsize=16_384)
def _least_cosine(one: Shape, other: Shape) -> float:
    """From where two services of these shapes may do the same job."""
    if not one.fits(other):
        return math.inf
    takes, gives = _shared(one.takes, other.takes), _shared(one.gives, other.gives)
    return ranking.SAME_JOB - ranking.SCHEMA_WEIGHT * (takes + gives) / 2 - _ROUNDING


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 1.0
