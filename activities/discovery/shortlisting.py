"""Choosing, for one request, the few services that could take part in its plan."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from activities.discovery.catalogue import ListingCatalogue
from activities.discovery.jobs import cosine, same_jobs
from activities.discovery.ports import TrackRecord
from domain import ranking, schemas
from domain.catalogue import RankedListing, Refusal, ServiceListing
from domain.drafting import PhraseMatch, Shortlist
from domain.goals import Phrase, Reading, read_request
from domain.ids import ListingId
from domain.money import Amount
from domain.ranking import OwnRecord, Policy

MAX_CANDIDATES: Final = 40
"""Services in one shortlist: enough for any plan, few enough for a language model to read."""

MAX_REFUSED: Final = 50
"""Refused services that are named."""

NEAREST: Final = 24
"""Listings looked at for each phrase, before the gates."""

FOR_GOAL: Final = 6
"""Candidates kept for a goal or a phrase of it."""

FOR_WORD: Final = 3
"""Candidates kept for a single word."""

FOR_INPUT: Final = 6
"""Candidates kept for one input that another service has to produce."""

NEAR: Final = 0.35
"""Similarity from which a producer may be kept though it shares no word with its consumer."""

KIN_WORTH: Final = 0.15
"""What one word that producer and consumer share adds to a similarity."""

KIN_WORDS: Final = 5
"""Shared words that count."""

MAX_COMPARED: Final = 300
"""Listings whose prices are compared with each other's when everything is listed."""

OWN_RECORD_AGE_SECONDS: Final = 5.0
"""How old our own record may be in a score; reading it costs as much as a tenth of a search."""

PRODUCER_DEPTH: Final = 3
"""How many services may stand one behind the other to feed what was asked for."""

WORTH_KEEPING: Final = 0.15
"""Least similarity of a candidate; below it MiniLM's order is noise."""

Passed = Mapping[ListingId, ServiceListing]
Refusals = tuple[Refusal, ...]
Similarities = Mapping[ListingId, float]


class Finder:
    """Finds and ranks services in a catalogue under a policy."""

    def __init__(self, catalogue: ListingCatalogue, *, policy: Policy, record: TrackRecord) -> None:
        self._catalogue = catalogue
        self._policy = policy
        self._record = record
        self._own: Mapping[ListingId, tuple[int, int]] | None = None
        self._own_read_at = 0.0
        self._gated: tuple[Passed, Passed, Refusals] = ({}, {}, ())
        """The catalogue as last seen, and what of it passed and failed the gates on terms."""

    async def shortlist(self, text: str, budget: Amount) -> Shortlist:
        """Find what could serve ``text``, with all that a planner without a model must know."""
        listings = await self._catalogue.listings()
        reading = read_request(text)
        vectors = await self._catalogue.embed([phrase.text for phrase in reading.phrases])
        near = [
            {one.listing_id: one.similarity for one in found}
            for found in [await self._catalogue.nearest(v, limit=NEAREST) for v in vectors]
        ]
        passed, refused = self._gate(listings, budget)
        chosen = choose(reading, near, passed)
        candidates = {listing: passed[listing] for listing in chosen}
        held = await self._catalogue.vectors(list(candidates))
        matches = tuple(
            PhraseMatch(
                goal=phrase.goal,
                text=phrase.text,
                similarities={i: cosine(vector, held[i]) for i in candidates if i in held},
            )
            for phrase, vector in zip(reading.phrases, vectors, strict=True)
        )
        best = {i: max((m.similarities.get(i, 0.0) for m in matches), default=0.0) for i in chosen}
        jobs = same_jobs(candidates, held)
        looked_at = {listing for found in near for listing in found}
        return Shortlist(
            text=text,
            candidates=await self._ranked(candidates, best, jobs),
            refused=tuple(one for one in refused if one.listing_id in looked_at)[:MAX_REFUSED],
            phrases=matches,
            jobs=jobs,
        )

    async def search(
        self, text: str, limit: int
    ) -> tuple[tuple[RankedListing, ...], tuple[Refusal, ...]]:
        """Rank what is like ``text``, or everything; return the refused beside it."""
        listings = await self._catalogue.listings()
        passed, refused = self._gate(listings, None)
        similarities: dict[ListingId, float] | None = None
        chosen = dict(passed)
        if text.strip():
            (vector,) = await self._catalogue.embed([text])
            wanted = limit + len(refused)
            found = await self._catalogue.nearest(vector, limit=wanted)
            similarities = {one.listing_id: one.similarity for one in found}
            chosen = {i: passed[i] for i in similarities if i in passed}
            refused = tuple(one for one in refused if one.listing_id in similarities)
        if len(chosen) > MAX_COMPARED:
            first = await self._ranked(chosen, similarities, ())
            chosen = {one.listing.id: one.listing for one in first[:MAX_COMPARED]}
        held = await self._catalogue.vectors(list(chosen))
        ranked = await self._ranked(chosen, similarities, same_jobs(chosen, held))
        skipped = tuple(
            Refusal(listing_id=ListingId(one.name), name=one.name, reason=one.reason)
            for one in self._catalogue.skipped()
        )
        return ranked[:limit], (*refused, *skipped)[:MAX_REFUSED]

    def _gate(self, listings: Passed, budget: Amount | None) -> tuple[Passed, Refusals]:
        if self._gated[0] is not listings:
            self._gated = (listings, *gate(listings, self._policy))
        _, passed, refused = self._gated
        if budget is None:
            return passed, refused
        dear = {
            listing.id: problem
            for listing in passed.values()
            if (problem := ranking.price_problem(listing, budget))
        }
        affordable = {i: listing for i, listing in passed.items() if i not in dear}
        return affordable, refused + tuple(
            Refusal(listing_id=i, name=passed[i].name, reason=why) for i, why in dear.items()
        )

    async def _own_record(self) -> Mapping[ListingId, tuple[int, int]]:
        now = time.monotonic()
        if self._own is None or now - self._own_read_at > OWN_RECORD_AGE_SECONDS:
            self._own, self._own_read_at = await self._record.outcomes(), now
        return self._own

    async def _ranked(
        self,
        candidates: Passed,
        similarities: Similarities | None,
        jobs: Sequence[Sequence[ListingId]],
    ) -> tuple[RankedListing, ...]:
        own = await self._own_record()
        rivals = {one: [i for i in job if i != one] for job in jobs for one in job}
        price = {i: candidates[i].price for i in rivals}
        ranked: list[RankedListing] = []
        for listing_id, listing in candidates.items():
            delivered, failed = own.get(listing_id, (0, 0))
            prices = (price[i] for i in rivals.get(listing_id, ()))
            score = ranking.score(
                listing,
                similarity=similarities.get(listing_id, 0.0) if similarities is not None else None,
                own=OwnRecord(delivered=delivered, failed=failed),
                same_job=[one for one in prices if one is not None],
                asset=self._policy.asset,
            )
            ranked.append(RankedListing(listing=listing, score=score))
        return tuple(ranking.best_first(ranked))


def gate(listings: Passed, policy: Policy) -> tuple[Passed, Refusals]:
    """Split a catalogue into what we could pay for at all and what we refuse, with reasons."""
    passed: dict[ListingId, ServiceListing] = {}
    refused: list[Refusal] = []
    for listing in listings.values():
        outcome = ranking.passable(listing, policy)
        if isinstance(outcome, str):
            refused.append(Refusal(listing_id=listing.id, name=listing.name, reason=outcome))
        else:
            passed[listing.id] = outcome
    return passed, tuple(refused)


def choose(reading: Reading, near: Sequence[Similarities], passed: Passed) -> tuple[ListingId, ...]:
    """Pick candidates: what each phrase is nearest to, then what could feed those."""
    chosen: dict[ListingId, None] = {}
    for phrase, found in zip(reading.phrases, near, strict=True):
        keep = FOR_WORD if _is_word(phrase) else FOR_GOAL
        good = [i for i, value in found.items() if i in passed and value >= WORTH_KEEPING]
        chosen.update(dict.fromkeys(good[:keep]))
    wanted = list(chosen)[: MAX_CANDIDATES * 2 // 3]
    best: dict[ListingId, float] = {}
    for found in near:
        for listing, value in found.items():
            best[listing] = max(value, best.get(listing, 0.0))
    return tuple(_with_producers(wanted, list(chosen), passed, best))[:MAX_CANDIDATES]


def _is_word(phrase: Phrase) -> bool:
    return " " not in phrase.text


def _with_producers(
    wanted: Sequence[ListingId], rest: Sequence[ListingId], passed: Passed, best: Similarities
) -> Iterator[ListingId]:
    """Yield ``wanted``, then level by level what feeds them, then ``rest``."""
    seen: dict[ListingId, None] = dict.fromkeys(wanted)
    yield from wanted
    by_output = _by_output(passed)
    level: Sequence[ListingId] = wanted
    for _ in range(PRODUCER_DEPTH):
        added: dict[ListingId, None] = {}
        for listing_id in level:
            for name, schema in unfillable_inputs(passed[listing_id]):
                consumer = passed[listing_id]
                feeders = [
                    i
                    for i, output in by_output.get(name, ())
                    if schemas.mismatch(output, schema) is None
                    and (best.get(i, 0.0) >= NEAR or ranking.shared_words(consumer, passed[i]))
                ]
                feeders.sort(key=_fitness(consumer, passed, best))
                added.update(dict.fromkeys(i for i in feeders[:FOR_INPUT] if i not in seen))
        seen.update(added)
        yield from added
        level = list(added)
    yield from (listing for listing in rest if listing not in seen)


def _fitness(
    consumer: ServiceListing, passed: Passed, best: Similarities
) -> Callable[[ListingId], tuple[float, ListingId]]:
    """Prefer producers that are near the request, or that speak of what their consumer does."""

    def key(producer: ListingId) -> tuple[float, ListingId]:
        shared = min(ranking.shared_words(consumer, passed[producer]), KIN_WORDS)
        return -(best.get(producer, 0.0) + KIN_WORTH * shared), producer

    return key


def _by_output(passed: Passed) -> dict[str, list[tuple[ListingId, schemas.Schema]]]:
    found: dict[str, list[tuple[ListingId, schemas.Schema]]] = {}
    for listing in passed.values():
        for name, schema in schemas.properties_of(listing.output_schema).items():
            found.setdefault(name, []).append((listing.id, schema))
    return found


def unfillable_inputs(listing: ServiceListing) -> Iterator[tuple[str, schemas.Schema]]:
    """Required inputs that words of a request cannot fill, or need not: structures and texts."""
    properties = schemas.properties_of(listing.input_schema)
    for name in schemas.required_names(listing.input_schema):
        schema = properties.get(name, {})
        if schema.get("type") in {"array", "object"} or name.endswith("text"):
            yield name.removeprefix("other_"), schema
