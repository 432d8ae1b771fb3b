"""Finding, for one request, the few services that could take part in its plan."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from activities.discovery.catalogue import ListingCatalogue
from activities.discovery.choosing import (
    MAX_CANDIDATES,
    WORTH_KEEPING,
    Feeders,
    is_word,
    nearest,
)
from activities.discovery.collapsing import twin_reason, twins_among
from activities.discovery.ground import MAX_REFUSED, Ground, Refusals
from activities.discovery.hybrid import Matches, Sought, best_of, matches, whole_of
from activities.discovery.jobs import same_jobs
from activities.discovery.knowing import Knowledge
from activities.discovery.known import Known
from activities.discovery.meanings import Meaning, cosines
from activities.discovery.phrasing import asked_for
from activities.discovery.ports import Prober, Vector
from activities.discovery.probing import MAX_PROBED, Problem, Scouts
from activities.discovery.weighing import UNLIKE, Jobs, Scales
from domain import ranking
from domain.breakers import Breaker
from domain.catalogue import WEIGHTS, RankedListing, Refusal, ServiceListing, Weights
from domain.drafting import PhraseMatch, Shortlist
from domain.fitting import given_in
from domain.goals import Phrase, Reading, goals_in, read_request
from domain.ids import ListingId
from domain.money import Amount
from domain.ranking import Policy
from domain.scoring import Match, similarity

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
        self._scales = Scales(knowledge, asset=policy.asset, weights=weights)

    async def shortlist(self, text: str, budget: Amount) -> Shortlist:
        """Find what could serve ``text``, with all that a planner without a model must know."""
        await self._catalogue.prepare()
        reading = read_request(text)
        phrases = reading.phrases
        asked = [asked_for(phrase.text) for phrase in phrases]
        # Together: a model takes hardly longer over twice as many short texts.
        both = await self._catalogue.embed([*(phrase.text for phrase in phrases), *asked])
        vectors = both[: len(phrases)]
        goals = [at for at, phrase in enumerate(phrases) if _is_goal(phrase, reading)]
        meant = both[len(phrases) :]
        found = await matches(
            self._catalogue,
            [
                *(Sought(text, vector) for text, vector in zip(asked, meant, strict=True)),
                *(_kept_out(asked[at], vectors[at]) for at in goals),
            ],
        )
        near, refused = found[: len(phrases)], found[len(phrases) :]
        ground = Ground(best=best_of(near[at] for at in _telling(phrases)))
        await self._enter(ground, [i for one in near for i in one], budget)
        chosen = await self._chosen(ground, reading, near, [vectors[at] for at in goals], budget)
        await self._name_refused(ground, refused)
        meanings = await self._catalogue.meanings(list(chosen))
        jobs = same_jobs(chosen, meanings)
        known = {i: ground.best.get(i, UNLIKE) for i in chosen}
        order = self._scales.best_first(chosen, known, jobs)
        return Shortlist(
            text=text,
            candidates=self._scales.in_words(order, chosen, known, jobs),
            refused=ground.refusals(),
            phrases=_phrase_matches(phrases, vectors, meanings),
            jobs=jobs,
        )

    async def search(self, text: str, limit: int) -> tuple[Ranked, Refusals]:
        """Rank what is like ``text``, or everything; return the refused beside it."""
        await self._catalogue.prepare()
        if not text.strip():
            return await self._everything(limit)
        goals = list(dict.fromkeys(asked_for(one) for one in [text, *goals_in(text)]))
        vectors = await self._catalogue.embed(goals)
        given, each = given_in(text), list(zip(goals, vectors, strict=True))
        found = await matches(
            self._catalogue,
            [
                *(Sought(*one, limit=limit + SPARE, given=given) for one in each),
                *(_kept_out(*one) for one in each),
            ],
        )
        ground = Ground(best=_alike(whole_of(found[: len(goals)])))
        await self._enter(ground, ground.best, None)
        ground.keep_likest(limit + SPARE)
        ranked = await self._seen(ground, limit)
        await self._name_refused(ground, found[len(goals) :])
        return ranked, ground.refusals()

    async def breakers(self) -> Sequence[Breaker]:
        """Every breaker that is not closed."""
        return await self._knowledge.breakers()

    async def _everything(self, limit: int) -> tuple[Ranked, Refusals]:
        ground = Ground()
        listed = await self._catalogue.everything(limit=MAX_LISTED)
        await self._enter(ground, listed, None)
        if len(ground.known) > MAX_COMPARED:
            first = self._scales.best_first(ground.known, None, ())[:MAX_COMPARED]
            ground.known = {i: ground.known[i] for i in first}
        jobs = await self._jobs(ground)
        order = self._scales.best_first(ground.known, None, jobs)[:limit]
        ranked = self._scales.in_words(order, ground.known, None, jobs)
        kept_out = [
            Refusal(listing_id=ListingId(name), name=name, reason=reason, gate="readable")
            for name, reason in await self._catalogue.kept_out(limit=MAX_REFUSED)
        ]
        return ranked, (*ground.refusals(), *kept_out)[:MAX_REFUSED]

    async def _enter(
        self, ground: Ground, listings: Iterable[ListingId], budget: Amount | None
    ) -> None:
        """Judge listings by all that is known without asking anybody."""
        known = await self._catalogue.known(listings)
        await self._knowledge.read(known)
        for one in known.values():
            self._judge(ground, one, budget)
        self._collapse(ground)

    def _judge(self, ground: Ground, one: Known, budget: Amount | None) -> None:
        problem = one.problem or self._problem(one, budget)
        if problem is None:
            ground.known[one.listing.id] = one
        else:
            ground.refuse(one.listing, *problem)

    def _problem(self, one: Known, budget: Amount | None) -> Problem | None:
        dear = None if budget is None else ranking.price_problem(one.listing, budget)
        if dear is not None:
            return "cap", dear
        broken = self._knowledge.breaker_problem(one.listing)
        if broken is not None:
            return "breaker", broken
        return self._scouts.known_problem(one.listing.id)

    def _collapse(self, ground: Ground) -> None:
        standing = ground.known

        def worth(doubles: Sequence[ListingId]) -> Mapping[ListingId, float]:
            chosen = {i: standing[i] for i in doubles}
            return self._scales.totals(chosen, ground.best or None, ())

        named = {i: one.identity for i, one in standing.items() if one.identity is not None}
        for twin, kept in twins_among(named, worth).items():
            ground.refuse(standing[twin].listing, "duplicate", twin_reason(standing[kept].listing))

    async def _chosen(
        self,
        ground: Ground,
        reading: Reading,
        near: Sequence[Matches],
        goals: Sequence[Vector],
        budget: Amount,
    ) -> dict[ListingId, Known]:
        """Choose candidates, look at them, and let others take the places of those ruled out."""
        asked = 0
        chosen: dict[ListingId, Known] = {}
        for _ in range(PROBE_ROUNDS):
            chosen = await self._candidates(ground, reading, near, goals, budget)
            unseen = self._scouts.unseen(list(chosen))[: MAX_PROBED - asked]
            if not unseen or not self._scouts.can_look:
                break
            asked += len(unseen)
            if not await self._rule_out(ground, [chosen[i].listing for i in unseen]):
                break
        if not self._scouts.can_look:
            return chosen
        unseen_still = set(self._scouts.unseen(list(chosen)))
        return {i: one for i, one in chosen.items() if i in ground.known and i not in unseen_still}

    async def _candidates(
        self,
        ground: Ground,
        reading: Reading,
        near: Sequence[Matches],
        goals: Sequence[Vector],
        budget: Amount,
    ) -> dict[ListingId, Known]:
        first, rest = nearest(reading, near, ground.known)

        async def admit(listings: Sequence[ListingId]) -> Mapping[ListingId, ServiceListing]:
            fresh = [i for i in listings if i not in ground.known and i not in ground.refused]
            await self._enter(ground, fresh, budget)
            return {i: ground.known[i].listing for i in listings if i in ground.known}

        feeders = Feeders(self._catalogue, goals=goals, best=ground.best, admit=admit)
        fed = await feeders.of({i: ground.known[i].listing for i in first})
        order = [*first, *fed, *(i for i in rest if i not in fed)]
        return {i: ground.known[i] for i in order[:MAX_CANDIDATES] if i in ground.known}

    async def _seen(self, ground: Ground, limit: int) -> Ranked:
        """Rank, look at those that would be shown, and rank again without those ruled out."""
        order, jobs = await self._order(ground)
        for _ in range(PROBE_ROUNDS):
            unseen = self._scouts.unseen(order[:limit])[:MAX_PROBED]
            if not unseen or not self._scouts.can_look:
                break
            await self._rule_out(ground, [ground.known[i].listing for i in unseen])
            order, jobs = await self._order(ground)
        return self._scales.in_words(order[:limit], ground.known, ground.best, jobs)

    async def _order(self, ground: Ground) -> tuple[Sequence[ListingId], Jobs]:
        jobs = await self._jobs(ground)
        return self._scales.best_first(ground.known, ground.best, jobs), jobs

    async def _rule_out(self, ground: Ground, listings: Sequence[ServiceListing]) -> bool:
        problems = await self._scouts.look_at(listings)
        by_id = {listing.id: listing for listing in listings}
        for listing_id, problem in problems.items():
            ground.refuse(by_id[listing_id], *problem)
        return bool(problems)

    async def _name_refused(self, ground: Ground, near: Sequence[Matches]) -> None:
        """Name those that the gates on terms kept out of the search altogether."""
        best = {i: m for i, m in best_of(near).items() if similarity(m) >= WORTH_KEEPING}
        ground.best |= {i: match for i, match in best.items() if i not in ground.best}
        for one in (await self._catalogue.known(best)).values():
            if one.problem is not None:
                ground.refuse(one.listing, *one.problem)

    async def _jobs(self, ground: Ground) -> Jobs:
        return same_jobs(ground.known, await self._catalogue.meanings(ground.known))


def _kept_out(text: str, vector: Vector) -> Sought:
    """Look among those that the gates on terms kept out of the search altogether."""
    return Sought(text, vector, limit=REFUSED_ASKED, usable=False)


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
    phrases: Sequence[Phrase], vectors: Sequence[Vector], meanings: Mapping[ListingId, Meaning]
) -> tuple[PhraseMatch, ...]:
    rows = list(meanings.values())
    return tuple(
        PhraseMatch(
            goal=phrase.goal,
            text=phrase.text,
            similarities=dict(zip(meanings, cosines(rows, vector), strict=True)),
        )
        for phrase, vector in zip(phrases, vectors, strict=True)
    )
