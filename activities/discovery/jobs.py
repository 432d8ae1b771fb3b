"""Which services do the same job: by their schemas first, for that is cheap, then by meaning."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Self

from activities.discovery.hybrid import cosine
from activities.discovery.ports import Vector
from domain import ranking, schemas
from domain.catalogue import ServiceListing
from domain.ids import ListingId


@dataclass(frozen=True)
class _Shape:
    """The names in a service's schemas: rules most pairs out before schemas are compared."""

    media_type: str
    takes: frozenset[str]
    needs: frozenset[str]
    gives: frozenset[str]

    @classmethod
    def of(cls, listing: ServiceListing) -> Self:
        return cls(
            media_type=listing.media_type,
            takes=frozenset(schemas.properties_of(listing.input_schema)),
            needs=frozenset(schemas.required_names(listing.input_schema)),
            gives=frozenset(schemas.properties_of(listing.output_schema)),
        )

    def fits(self, other: Self) -> bool:
        """Whether ``ranking.could_replace`` may hold; where this is false, it is."""
        return (
            self.media_type == other.media_type
            and self.needs <= other.takes
            and other.needs <= self.takes
            and (not self.gives.isdisjoint(other.gives) or not (self.gives or other.gives))
        )


def same_jobs(
    candidates: Mapping[ListingId, ServiceListing], vectors: Mapping[ListingId, Vector]
) -> tuple[tuple[ListingId, ...], ...]:
    """Group candidates that could stand in for each other; single ones are left out."""
    shapes = {i: _Shape.of(candidates[i]) for i in sorted(candidates) if i in vectors}
    group: dict[ListingId, set[ListingId]] = {i: {i} for i in shapes}
    for one, other in combinations(shapes, 2):
        # Who is grouped already needs no second reason: bazaars hold many sellers of one job.
        if group[one] is group[other] or not shapes[one].fits(shapes[other]):
            continue
        alike = cosine(vectors[one], vectors[other])
        if ranking.does_same_job(candidates[one], candidates[other], cosine=alike):
            joined = group[one] | group[other]
            group.update(dict.fromkeys(joined, joined))
    return tuple(
        tuple(sorted(members))
        for listing, members in group.items()
        if len(members) > 1 and listing == min(members)
    )
