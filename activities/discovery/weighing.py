"""Putting candidates in order: by numbers alone, and in words only those that are shown."""

from collections.abc import Mapping, Sequence
from typing import Final

from activities.discovery.knowing import Knowledge
from activities.discovery.known import Known
from domain import ranking
from domain.catalogue import RankedListing, Weights
from domain.ids import ListingId
from domain.money import Asset
from domain.reputation import expected_success, has_record
from domain.scoring import Match, Rival, measure_of, score, worth

Candidates = Mapping[ListingId, Known]
Matched = Mapping[ListingId, Match]
Jobs = Sequence[Sequence[ListingId]]

UNLIKE: Final = Match(meaning=0.0, words=0.0)
"""Of a service that is a candidate only because it feeds another one."""


class Scales:
    """Weighs candidates by what they list and by what is known of their sellers."""

    def __init__(self, knowledge: Knowledge, *, asset: Asset, weights: Weights) -> None:
        self._knowledge = knowledge
        self._asset = asset
        self._weights = weights

    def totals(
        self, candidates: Candidates, best: Matched | None, jobs: Jobs
    ) -> dict[ListingId, float]:
        """Work out what each candidate's score comes to.

        Args:
            candidates: Those that may be chosen.
            best: How like the request they are; ``None`` where nothing was asked for.
            jobs: Groups of those that do the same job.
        """
        now, knowledge = self._knowledge.now(), self._knowledge
        success = {
            i: expected_success(one.listing.quality, knowledge.standing(i), now=now)
            for i, one in candidates.items()
        }
        measures = _measures(candidates, jobs, success)
        found: dict[ListingId, float] = {}
        for listing_id, one in candidates.items():
            price = _base_units(one)
            found[listing_id] = worth(
                one.listing.quality,
                match=None if best is None else best.get(listing_id, UNLIKE),
                evidence=knowledge.evidence(listing_id),
                success=success[listing_id],
                price=price,
                measure=measures.get(listing_id, price),
                now=now,
                weights=self._weights,
            )
        return found

    def best_first(
        self, candidates: Candidates, best: Matched | None, jobs: Jobs
    ) -> list[ListingId]:
        """Put candidates in order, as ``domain.ranking.best_first`` would by their scores."""
        totals = self.totals(candidates, best, jobs)
        return sorted(totals, key=lambda i: ranking.place_of(i, totals[i], candidates[i].price))

    def in_words(
        self,
        order: Sequence[ListingId],
        candidates: Candidates,
        best: Matched | None,
        jobs: Jobs,
    ) -> tuple[RankedListing, ...]:
        """Say of some of the candidates, in this order, why they score what they do."""
        rivals = {one: [i for i in job if i != one] for job in jobs for one in job}
        now = self._knowledge.now()
        asks = {
            i: _rival(
                candidates[i],
                expected_success(
                    candidates[i].listing.quality, self._knowledge.standing(i), now=now
                ),
            )
            for i in rivals
            if candidates[i].price
        }
        found: list[RankedListing] = []
        for listing_id in order:
            one = candidates[listing_id]
            probe = self._knowledge.probe(listing_id)
            made = score(
                one.listing,
                match=None if best is None else best.get(listing_id, UNLIKE),
                evidence=self._knowledge.evidence(listing_id),
                same_job=[asks[i] for i in rivals.get(listing_id, ()) if i in asks],
                asset=self._asset,
                now=now,
                weights=self._weights,
                price=one.price,
            )
            found.append(
                RankedListing(
                    listing=one.listing, score=made, probed_at=probe.at if probe else None
                )
            )
        return tuple(found)


def _measures(
    candidates: Candidates, jobs: Jobs, success: Mapping[ListingId, float]
) -> dict[ListingId, int]:
    """What the price of each candidate that has rivals is compared with; who is free is none."""
    found: dict[ListingId, int] = {}
    for job in jobs:
        priced = [_rival(candidates[i], success[i]) for i in job if candidates[i].price]
        if priced:
            found.update(dict.fromkeys(job, measure_of(priced)))
    return found


def _rival(one: Known, success: float) -> Rival:
    return Rival(_base_units(one), proven=has_record(success))


def _base_units(one: Known) -> int:
    return one.price.base_units if one.price else 0
