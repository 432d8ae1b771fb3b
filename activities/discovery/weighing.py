"""Putting candidates in order: by numbers alone, and in words only those that are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from activities.discovery.knowing import Knowledge
from activities.discovery.known import Known
from domain import ranking
from domain.catalogue import Quality, RankedListing, Weights
from domain.ids import ListingId
from domain.money import Asset
from domain.reputation import has_record
from domain.scoring import (
    Evidence,
    Match,
    Record,
    Rival,
    Told,
    measure_of,
    record_of,
    score,
    told_of,
    worth,
)

Candidates = Mapping[ListingId, Known]
Matched = Mapping[ListingId, Match]
Jobs = Sequence[Sequence[ListingId]]

UNLIKE: Final = Match(meaning=0.0, words=0.0)
"""Of a service that is a candidate only because it feeds another one."""


@dataclass
class _Judged:
    """What one listing's record comes to; kept, for the same are found again and again."""

    quality: Quality
    evidence: Evidence
    record: Record
    told: Told | None = None


class Scales:
    """Weighs candidates by what they list and by what is known of their sellers."""

    def __init__(self, knowledge: Knowledge, *, asset: Asset, weights: Weights) -> None:
        self._knowledge = knowledge
        self._asset = asset
        self._weights = weights
        self._judged: dict[ListingId, _Judged] = {}
        self._as_of: datetime | None = None

    def totals(
        self, candidates: Candidates, best: Matched | None, jobs: Jobs
    ) -> dict[ListingId, float]:
        """Work out what each candidate's score comes to.

        Args:
            candidates: Those that may be chosen.
            best: How like the request they are; ``None`` where nothing was asked for.
            jobs: Groups of those that do the same job.
        """
        measures: dict[ListingId, int] = {}
        for job in jobs:
            rivals = [self._rival(one) for i in job if (one := candidates[i]).price]
            if rivals:
                measures.update(dict.fromkeys(job, measure_of(rivals)))
        found: dict[ListingId, float] = {}
        for listing_id, one in candidates.items():
            price = _base_units(one)
            found[listing_id] = worth(
                self._judge(one).record,
                match=None if best is None else best.get(listing_id, UNLIKE),
                price=price,
                measure=measures.get(listing_id, price),
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
        asks = {i: self._rival(candidates[i]) for i in rivals if candidates[i].price}
        found: list[RankedListing] = []
        for listing_id in order:
            one = candidates[listing_id]
            probe = self._knowledge.probe(listing_id)
            made = score(
                one.listing,
                match=None if best is None else best.get(listing_id, UNLIKE),
                told=self._tell(one),
                same_job=[asks[i] for i in rivals.get(listing_id, ()) if i in asks],
                asset=self._asset,
                weights=self._weights,
                price=one.price,
            )
            found.append(
                RankedListing(
                    listing=one.listing, score=made, probed_at=probe.at if probe else None
                )
            )
        return tuple(found)

    def _judge(self, one: Known) -> _Judged:
        as_of = self._knowledge.as_of()
        if as_of != self._as_of:
            self._judged.clear()
            self._as_of = as_of
        quality, evidence = one.listing.quality, self._knowledge.evidence(one.listing.id)
        before = self._judged.get(one.listing.id)
        if before is not None and before.quality is quality and before.evidence == evidence:
            return before
        made = _Judged(quality, evidence, record_of(quality, evidence, now=as_of))
        self._judged[one.listing.id] = made
        return made

    def _tell(self, one: Known) -> Told:
        judged = self._judge(one)
        if judged.told is None:
            judged.told = told_of(judged.quality, judged.evidence, now=self._knowledge.as_of())
        return judged.told

    def _rival(self, one: Known) -> Rival:
        return Rival(_base_units(one), proven=has_record(self._judge(one).record.success))


def _base_units(one: Known) -> int:
    return one.price.base_units if one.price else 0
