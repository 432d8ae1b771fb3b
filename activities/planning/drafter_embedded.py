"""Drafter without a language model: deterministic, from the shortlist alone, no key needed."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from activities.planning.assembly import with_service
from activities.planning.background import understood
from activities.planning.candidates import Candidates
from activities.planning.confidence import is_sure_enough, unanswered, untaken_values
from activities.planning.gating import with_conditions
from activities.planning.joining import finished
from activities.planning.merging import bought_once
from activities.planning.parts import Key, Lack, Parts
from activities.planning.ports import DraftAsk
from activities.planning.relevance import BY_NAME, COVERED, Item
from activities.planning.repeating import repeated
from activities.planning.rivals import Rivals
from activities.planning.worth import may_answer, worth_of
from activities.planning.writing import affordable, step_ids, write_steps
from domain.catalogue import Refusal
from domain.drafting import Draft, Drafted, Shortlist
from domain.errors import RequestNotServable
from domain.ids import ListingId
from domain.money import Amount

LEAST_GAIN: Final = 0.15
"""A service that adds less is not added."""


class EmbeddedDrafter:
    """Finds the services that most likely serve every goal, or says that nothing surely does."""

    @property
    def name(self) -> Literal["embedded"]:
        """Who drafted."""
        return "embedded"

    @property
    def repairs(self) -> int:
        """None: the same request would give the same draft."""
        return 0

    async def draft(self, ask: DraftAsk) -> Drafted:
        """Draft a plan, or say what no service covers."""
        return Drafted(draft=draft_plan(ask.text, ask.shortlist, ask.budget), drafter="embedded")


def draft_plan(text: str, shortlist: Shortlist, budget: Amount) -> Draft:
    """Draft a plan for ``text`` out of ``shortlist``.

    When no plan fits the budget, the cheapest one found is returned.

    Raises:
        RequestNotServable: Part of the request is covered by no service; the message names it.
    """
    candidates = understood(text, shortlist)
    parts = repeated(candidates, finished(candidates, chosen_parts(candidates)))
    raise_if_unserved(candidates, parts, shortlist.refused)
    services = affordable(candidates, parts, jobs_of(shortlist), budget)
    ids = step_ids(candidates, services)
    steps = write_steps(candidates, parts, jobs_of(shortlist), budget)
    return Draft(steps=bought_once(with_conditions(candidates, parts, steps, ids)))


def jobs_of(shortlist: Shortlist) -> Mapping[ListingId, Sequence[ListingId]]:
    """Who could stand in for whom, best first."""
    order = {one.listing.id: place for place, one in enumerate(shortlist.candidates)}
    return {
        listing: sorted((i for i in job if i != listing and i in order), key=order.__getitem__)
        for job in shortlist.jobs
        for listing in job
    }


def chosen_parts(candidates: Candidates) -> Parts:
    """Add the service that helps most, with what it needs, until none helps enough."""
    parts: Parts = {}
    worth = 0.0
    roots = [one for one in candidates.listings() if may_answer(candidates, one.id)]
    rivals = Rivals(candidates.relevance)
    while True:
        best: tuple[float, Parts] | None = None
        for listing in roots:
            if _is_there(candidates, rivals, Key(listing.id), parts):
                continue
            grown = with_service(candidates, Key(listing.id), parts)
            if isinstance(grown, Lack) or grown is parts:
                continue
            value = worth_of(candidates, grown)
            if best is None or value > best[0]:
                best = value, grown
        if best is None or best[0] < worth + LEAST_GAIN:
            return without_idle(candidates, parts)
        worth, parts = best


def _is_there(candidates: Candidates, rivals: Rivals, key: Key, parts: Parts) -> bool:
    """Whether what a service would do for its goal is done already."""
    return any(
        rivals.are(key.listing, other.listing)
        and candidates.goal_of(other) == candidates.goal_of(key)
        and not _is_named_besides(candidates, key, other)
        for other in parts
        if other.listing != key.listing
    )


def _is_named_besides(candidates: Candidates, key: Key, other: Key) -> bool:
    """Whether a word names a service that another one does not answer: whois, and the DNS."""
    relevance = candidates.relevance
    own, there = (relevance.meaning(candidates.listing(one)) for one in (key, other))
    return any(
        item.needed and mine >= BY_NAME > COVERED > theirs
        for item, mine, theirs in zip(relevance.items, own, there, strict=True)
    )


def without_idle(candidates: Candidates, parts: Parts) -> Parts:
    """Drop services that later ones made needless: they feed nobody and add nothing."""
    for key in reversed(list(parts)):
        fed = {key for part in parts.values() for key in part.sources}
        rest = {k: part for k, part in parts.items() if k != key}
        if key not in fed and rest and worth_of(candidates, rest) >= worth_of(candidates, parts):
            parts = rest
    return parts


def raise_if_unserved(candidates: Candidates, parts: Parts, refused: Sequence[Refusal]) -> None:
    """Refuse to offer a plan that is not likely enough what was asked for."""
    if is_sure_enough(candidates, parts):
        return
    raise RequestNotServable(explain(candidates, parts, missing(candidates, parts), refused))


def missing(candidates: Candidates, parts: Parts) -> tuple[Item, ...]:
    """What of the goal that is served least nothing answers, most telling first."""
    reading = candidates.relevance.reading
    goals = [at for at in range(len(reading.goals)) if at not in reading.context]

    def lacks(goal: int) -> float:
        best = max((candidates.evidence.likelihood(k.listing, goal) for k in parts), default=0.0)
        return best - len([one for one in unanswered(candidates, parts, goal) if one.needed])

    words = unanswered(candidates, parts, min(goals, key=lacks))
    needed = [one for one in words if one.needed] or words
    return (*needed, *untaken_values(candidates, parts))


def explain(
    candidates: Candidates, parts: Parts, missing: Sequence[Item], refused: Sequence[Refusal]
) -> str:
    """Say which goal is not served, by which words, and what came nearest."""
    reading = candidates.relevance.reading
    goal = next((item.word.goal for item in missing if item.word), 0)
    shown = list(dict.fromkeys(item.shown(reading.text)[:60] for item in missing))
    words = ", ".join(repr(word) for word in shown[:5]) or "anything"
    said = f"no service found covers {words} in {reading.goals[goal][:160]!r}"
    said += _nearest_words(candidates, parts, goal)
    dear = [one for one in refused if "above the budget" in one.reason]
    for one in dear[:2]:
        said += f"; {one.name} was left out: {one.reason}"
    return f"{said}. Say it in other words, or look at what `caravan services` lists"


def _nearest_words(candidates: Candidates, parts: Parts, goal: int) -> str:
    nearest = candidates.relevance.nearest(goal)
    if nearest is None:
        return "; the bazaar has nothing near it"
    listing, similarity = nearest
    name = candidates.ranked[listing].listing.name
    said = f"; the nearest is {name} (similarity {similarity:.2f})"
    grown = with_service(candidates, Key(listing), parts)
    if isinstance(grown, Lack) and grown.name:
        lacking = candidates.ranked[grown.listing].listing.name
        said += f", and {lacking} needs {grown.name}, which the request does not give"
    return said
