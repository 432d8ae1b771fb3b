"""Finding, for one request, the few services that could take part in its plan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from activities.discovery.catalogue import Known, ListingCatalogue
from activities.discovery.choosing import (
    MAX_CANDIDATES,
    WORTH_KEEPING,
    Feeders,
    is_word,
    nearest,
)
from activities.discovery.collapsing import twin_reason, twins_among
from activities.discovery.hybrid import Matches, best_of, cosine, matches, whole_matches
from activities.discovery.jobs import same_jobs
from activities.discovery.knowing import Knowledge
from activities.discovery.phrasing import asked_for
from activities.discovery.ports import Held, Prober, Vector
from activities.discovery.probing import MAX_PROBED, Scouts
from domain import ranking
from domain.breakers import Breaker
from domain.catalogue import WEIGHTS, Gate, RankedListing, Refusal, ServiceListing, Weights
from domain.drafting import PhraseMatch, Shortlist
from domain.fitting import given_in
from domain.goals import Phrase, Reading, read_request
from domain.ids import ListingId
from domain.money import Amount
from domain.ranking import Policy
from domain.scoring import Match, rival, score, similarity

MAX_REFUSED: Final = 50
"""Refused services that are named."""

REFUSED_ASKED: Final = 12
"""Refused services looked at for each goal, so that the likeliest are named with their reason."""

MAX_COMPARED: Final = 300
"""Services compared with each other when everything is listed."""

MAX_LISTED: Final = 2_000
"""Services judged when everything is listed; of a larger catalogue the latest."""

ALIKE_SHARE: Final = 0.05
"""Share of the best similarity that a service must reach to be compared with it at all."""

SPARE: Final = 10
"""Listings found beyond what is shown, in the place of those that a gate rules out."""

PROBE_ROUNDS: Final = 3
"""How often others take the places of those that an unpaid look ruled out."""

Ranked = tuple[RankedListing, ...]
Refusals = tuple[Refusal, ...]


@dataclass
class _Field:
    """What stands for choice in one search, and what was ruled out on the way."""

    listings: dict[ListingId, ServiceListing] = field(default_factory=dict)
    best: dict[ListingId, Match] = field(default_factory=dict)
    refused: dict[ListingId, Refusal] = field(default_factory=dict)

    def refuse(self, listing: ServiceListing, gate: Gate, reason: str) -> None:
        self.listings.pop(listing.id, None)
        self.refused.setdefault(
            listing.id,
            Refusal(listing_id=listing.id, name=listing.name, reason=reason, gate=gate),
        )

    def keep_likest(self, most: int) -> None:
        """Leave out what will not be shown: comparing costs by the square of how many there are."""
        order = sorted(self.listings, key=lambda i: (-similarity(self.best[i]), i))
        self.listings = {i: self.listings[i] for i in order[:most]}

    def refusals(self) -> Refusals:
        """Best first: what would have been chosen but for the gate."""

        def key(one: Refusal) -> tuple[float, str]:
            match = self.best.get(one.listing_id)
            return (-similarity(match) if match else 0.0, one.listing_id)

        return tuple(sorted(self.refused.values(), key=key)[:MAX_REFUSED])


class Finder:
    """Finds, gates and ranks services of a catalogue."""

    def __init__(
        self,
        catalogue: ListingCatalogue,
        *,
        policy: Policy,
        knowledge: Knowledge,
        prober: Prober | None = None,
        weights: Weights = WEIGHTS,
    ) -> None:
        """Find services.

        Args:
            catalogue: What is listed.
            policy: What can be paid here.
            knowledge: What we know of sellers ourselves.
            prober: Looks at sellers before they are chosen; without it nobody is asked.
            weights: What each part of a score counts.
        """
        self._catalogue = catalogue
        self._policy = policy
        self._knowledge = knowledge
        self._scouts = Scouts(knowledge, prober)
        self._weights = weights

    async def shortlist(self, text: str, budget: Amount) -> Shortlist:
        """Find what could serve ``text``, with all that a planner without a model must know."""
        await self._catalogue.prepare()
        reading = read_request(text)
        phrases = reading.phrases
        asked = [asked_for(phrase.text) for phrase in phrases]
        # Together: a model takes hardly longer over twice as many short texts.
        both = await self._catalogue.embed([*(phrase.text for phrase in phrases), *asked])
        vectors = both[: len(phrases)]
        near = await matches(self._catalogue, asked, both[len(phrases) :])
        goals = [at for at, phrase in enumerate(phrases) if _is_goal(phrase, reading)]
        ground = _Field(best=best_of(near[at] for at in _telling(phrases)))
        await self._enter(ground, [i for found in near for i in found], budget)
        chosen = await self._chosen(ground, reading, near, [vectors[at] for at in goals], budget)
        texts = [asked[at] for at in goals]
        await self._name_refused(ground, texts, [vectors[at] for at in goals])
        held = await self._catalogue.held(list(chosen))
        jobs = same_jobs(chosen, {i: one.vector for i, one in held.items()})
        known = {i: ground.best.get(i, _UNLIKE) for i in chosen}
        return Shortlist(
            text=text,
            candidates=self._ranked(chosen, known, jobs),
            refused=ground.refusals(),
            phrases=_phrase_matches(phrases, vectors, held),
            jobs=jobs,
        )

    async def search(self, text: str, limit: int) -> tuple[Ranked, Refusals]:
        """Rank what is like ``text``, or everything; return the refused beside it."""
        await self._catalogue.prepare()
        if not text.strip():
            return await self._everything(limit)
        goals = list(dict.fromkeys(asked_for(one) for one in [text, *read_request(text).goals]))
        vectors = await self._catalogue.embed(goals)
        found = await whole_matches(
            self._catalogue, goals, vectors, limit=limit + SPARE, given=given_in(text)
        )
        ground = _Field(best=_alike(found))
        await self._enter(ground, ground.best, None)
        ground.keep_likest(limit + SPARE)
        ranked = await self._seen(ground, limit)
        await self._name_refused(ground, goals, vectors)
        return ranked[:limit], ground.refusals()

    async def breakers(self) -> Sequence[Breaker]:
        """Every breaker that is not closed."""
        return await self._knowledge.breakers()

    async def _everything(self, limit: int) -> tuple[Ranked, Refusals]:
        ground = _Field()
        listed = await self._catalogue.everything(limit=MAX_LISTED)
        await self._enter(ground, listed, None)
        if len(ground.listings) > MAX_COMPARED:
            first = self._ranked(ground.listings, None, ())[:MAX_COMPARED]
            ground.listings = {one.listing.id: one.listing for one in first}
        ranked = await self._compared(ground, None)
        kept_out = [
            Refusal(listing_id=ListingId(name), name=name, reason=reason, gate="readable")
            for name, reason in await self._catalogue.kept_out(limit=MAX_REFUSED)
        ]
        return ranked[:limit], (*ground.refusals(), *kept_out)[:MAX_REFUSED]

    async def _enter(
        self, ground: _Field, listings: Iterable[ListingId], budget: Amount | None
    ) -> None:
        """Judge listings by all that is known without asking anybody."""
        known = await self._catalogue.known(listings)
        await self._knowledge.read(known)
        for one in known.values():
            self._judge(ground, one, budget)
        self._collapse(ground)

    def _judge(self, ground: _Field, one: Known, budget: Amount | None) -> None:
        listing = one.listing
        dear = None if budget is None else ranking.price_problem(listing, budget)
        broken = self._knowledge.breaker_problem(listing)
        seen = self._scouts.known_problem(listing.id)
        if one.problem is not None:
            ground.refuse(listing, *one.problem)
        elif dear is not None:
            ground.refuse(listing, "cap", dear)
        elif broken is not None:
            ground.refuse(listing, "breaker", broken)
        elif seen is not None:
            ground.refuse(listing, *seen)
        else:
            ground.listings[listing.id] = listing

    def _collapse(self, ground: _Field) -> None:
        standing = ground.listings

        def worth(doubles: Sequence[ListingId]) -> dict[ListingId, float]:
            chosen = {i: standing[i] for i in doubles}
            ranked = self._ranked(chosen, ground.best or None, ())
            return {one.listing.id: one.score.total for one in ranked}

        for twin, kept in twins_among(standing, worth).items():
            ground.refuse(standing[twin], "duplicate", twin_reason(standing[kept]))

    async def _chosen(
        self,
        ground: _Field,
        reading: Reading,
        near: Sequence[Matches],
        goals: Sequence[Vector],
        budget: Amount,
    ) -> dict[ListingId, ServiceListing]:
        """Choose candidates, look at them, and let others take the places of those ruled out."""
        asked = 0
        chosen: dict[ListingId, ServiceListing] = {}
        for _ in range(PROBE_ROUNDS):
            chosen = await self._candidates(ground, reading, near, goals, budget)
            unseen = self._scouts.unseen(list(chosen))[: MAX_PROBED - asked]
            if not unseen or not self._scouts.can_look:
                break
            asked += len(unseen)
            if not await self._rule_out(ground, [chosen[i] for i in unseen]):
                break
        if not self._scouts.can_look:
            return chosen
        unseen_still = set(self._scouts.unseen(list(chosen)))
        return {
            i: one for i, one in chosen.items() if i in ground.listings and i not in unseen_still
        }

    async def _candidates(
        self,
        ground: _Field,
        reading: Reading,
        near: Sequence[Matches],
        goals: Sequence[Vector],
        budget: Amount,
    ) -> dict[ListingId, ServiceListing]:
        first, rest = nearest(reading, near, ground.listings)

        async def admit(listings: Sequence[ListingId]) -> Mapping[ListingId, ServiceListing]:
            fresh = [i for i in listings if i not in ground.listings and i not in ground.refused]
            await self._enter(ground, fresh, budget)
            return {i: ground.listings[i] for i in listings if i in ground.listings}

        feeders = Feeders(self._catalogue, goals=goals, best=ground.best, admit=admit)
        fed = await feeders.of(first, ground.listings)
        order = [*first, *fed, *(i for i in rest if i not in fed)]
        return {
            i: ground.listings[i]
            for i in order
            if i in ground.listings and i in order[:MAX_CANDIDATES]
        }

    async def _seen(self, ground: _Field, limit: int) -> Ranked:
        """Rank, look at those that would be shown, and rank again without those ruled out."""
        ranked = await self._compared(ground, ground.best)
        for _ in range(PROBE_ROUNDS):
            shown = [one.listing for one in ranked[:limit]]
            unseen = self._scouts.unseen([one.id for one in shown])[:MAX_PROBED]
            if not unseen or not self._scouts.can_look:
                break
            await self._rule_out(ground, [one for one in shown if one.id in unseen])
            ranked = await self._compared(ground, ground.best)
        return ranked

    async def _rule_out(self, ground: _Field, listings: Sequence[ServiceListing]) -> bool:
        problems = await self._scouts.look_at(listings)
        by_id = {listing.id: listing for listing in listings}
        for listing_id, problem in problems.items():
            ground.refuse(by_id[listing_id], *problem)
        return bool(problems)

    async def _name_refused(
        self, ground: _Field, texts: Sequence[str], vectors: Sequence[Vector]
    ) -> None:
        """Name those that the gates on terms kept out of the search altogether."""
        near = await matches(self._catalogue, texts, vectors, limit=REFUSED_ASKED, usable=False)
        best = {i: m for i, m in best_of(near).items() if similarity(m) >= WORTH_KEEPING}
        ground.best |= {i: match for i, match in best.items() if i not in ground.best}
        for one in (await self._catalogue.known(best)).values():
            if one.problem is not None:
                ground.refuse(one.listing, *one.problem)

    async def _compared(self, ground: _Field, best: Mapping[ListingId, Match] | None) -> Ranked:
        held = await self._catalogue.held(list(ground.listings))
        jobs = same_jobs(ground.listings, {i: one.vector for i, one in held.items()})
        return self._ranked(ground.listings, best, jobs)

    def _ranked(
        self,
        candidates: Mapping[ListingId, ServiceListing],
        best: Mapping[ListingId, Match] | None,
        jobs: Sequence[Sequence[ListingId]],
    ) -> Ranked:
        rivals = {one: [i for i in job if i != one] for job in jobs for one in job}
        now = self._knowledge.now()
        asks = {i: rival(candidates[i], self._knowledge.standing(i), now=now) for i in rivals}
        ranked: list[RankedListing] = []
        for listing_id, listing in candidates.items():
            others = (asks[i] for i in rivals.get(listing_id, ()))
            probe = self._knowledge.probe(listing_id)
            made = score(
                listing,
                match=None if best is None else best.get(listing_id, _UNLIKE),
                evidence=self._knowledge.evidence(listing_id),
                same_job=[one for one in others if one is not None],
                asset=self._policy.asset,
                now=now,
                weights=self._weights,
            )
            ranked.append(
                RankedListing(listing=listing, score=made, probed_at=probe.at if probe else None)
            )
        return tuple(ranking.best_first(ranked))


_UNLIKE: Final = Match(meaning=0.0, words=0.0)
"""Of a service that is a candidate only because it feeds another one."""


def _alike(best: Mapping[ListingId, Match]) -> dict[ListingId, Match]:
    """Leave out what is far less like the request than the best: a fine record is no likeness."""
    alike = {i: similarity(match) for i, match in best.items()}
    least = ALIKE_SHARE * max(alike.values(), default=0.0)
    return {i: match for i, match in best.items() if alike[i] >= least}


def _is_goal(phrase: Phrase, reading: Reading) -> bool:
    return phrase.text == reading.goals[phrase.goal]


def _telling(phrases: Sequence[Phrase]) -> list[int]:
    """Phrases of several words; one word alone is like everything that says it."""
    several = [at for at, phrase in enumerate(phrases) if not is_word(phrase)]
    return several or list(range(len(phrases)))


def _phrase_matches(
    phrases: Sequence[Phrase], vectors: Sequence[Vector], held: Mapping[ListingId, Held]
) -> tuple[PhraseMatch, ...]:
    return tuple(
        PhraseMatch(
            goal=phrase.goal,
            text=phrase.text,
            similarities={i: cosine(vector, one.vector) for i, one in held.items()},
        )
        for phrase, vector in zip(phrases, vectors, strict=True)
    )
