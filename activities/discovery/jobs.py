"""Which services do the same job: by their meaning first, for that is cheap, then by schemas."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

import numpy as np

from activities.discovery.known import Known, Schemas
from activities.discovery.meanings import Meaning, among
from domain import ranking
from domain.ids import ListingId


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
        if cosine >= _same_job_cosine(candidates[one].schemas, candidates[other].schemas):
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
def _same_job_cosine(one: Schemas, other: Schemas) -> float:
    # Remembered, for schemas are long to compare, and many sellers have the same.
    return ranking.same_job_cosine(one.listing, other.listing)
