"""Drafter without a language model: deterministic, from the shortlist alone, no key needed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

from activities.planning.assembly import with_service
from activities.planning.candidates import Candidates
from activities.planning.gating import with_conditions
from activities.planning.joining import finished
from activities.planning.merging import bought_once
from activities.planning.parts import Key, Lack, Parts
from activities.planning.ports import DraftAsk
from activities.planning.relevance import COVERED, Item, Relevance
from activities.planning.repeating import repeated
from activities.planning.worth import answered, may_answer, worth_of
from activities.planning.writing import affordable, step_ids, write_steps
from domain.catalogue import Refusal
from domain.drafting import Draft, Drafted, Shortlist
from domain.errors import RequestNotServable
from domain.goals import read_request
from domain.ids import ListingId
from domain.money import Amount
from domain.words import ACTIONS

LEAST_GAIN: Final = 0.1
"""A service that adds less is not added."""

MAX_EXCUSED_SHARE: Final = 0.5
"""Share of a goal's words that a near phrase may excuse; beyond it the goal is another one."""

TELLING_VALUES: Final = 2
"""Listed values that are evidence by themselves: "100 USD in EUR" can only mean one thing."""

LIKE_ENOUGH: Final = 0.45
"""Likeness to a goal from which some of its words need not be named by what is bought for it."""

LIKE_SURELY: Final = 0.55
"""Likeness to a goal from which most of its words need not."""

LIKE_GOAL: Final = 0.38
"""Likeness to a goal that is evidence enough where no word names the service."""


class EmbeddedDrafter:
    """Finds the smallest set of services that answers every word that asks for something."""

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
    relevance = Relevance(read_request(text), shortlist)
    candidates = Candidates(relevance, shortlist)
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
    while True:
        best: tuple[float, Parts] | None = None
        for listing in roots:
            grown = with_service(candidates, Key(listing.id), parts)
            if isinstance(grown, Lack) or grown is parts:
                continue
            value = worth_of(candidates, grown)
            if best is None or value > best[0]:
                best = value, grown
        if best is None or best[0] < worth + LEAST_GAIN:
            return without_idle(candidates, parts)
        worth, parts = best


def without_idle(candidates: Candidates, parts: Parts) -> Parts:
    """Drop services that later ones made needless: they feed nobody and add nothing."""
    for key in reversed(list(parts)):
        fed = {key for part in parts.values() for key in part.sources}
        rest = {k: part for k, part in parts.items() if k != key}
        if key not in fed and rest and worth_of(candidates, rest) >= worth_of(candidates, parts):
            parts = rest
    return parts


def raise_if_unserved(candidates: Candidates, parts: Parts, refused: Sequence[Refusal]) -> None:
    """Refuse to offer a plan that leaves out what was asked for."""
    missing = tuple(uncovered(candidates, parts))
    reading = candidates.relevance.reading
    goals = [at for at in range(len(reading.goals)) if at not in reading.context]
    idle = next((goal for goal in goals if not evident(candidates, parts, goal)), None)
    if missing or not parts:
        raise RequestNotServable(explain(candidates, parts, missing, refused))
    if idle is not None:
        raise RequestNotServable(explain(candidates, parts, _words_of(candidates, idle), refused))


def uncovered(candidates: Candidates, parts: Parts) -> Iterator[Item]:
    """Yield the words and values that no part answers and no near phrase excuses."""
    relevance = candidates.relevance
    rows = answered(candidates, parts)
    open_items = [
        item
        for item, worth in zip(relevance.items, rows, strict=True)
        if worth < COVERED and item.needed
    ]
    for item in open_items:
        if item.word is None or not excused(candidates, parts, item):
            yield item
            continue
        same_goal = [o for o in open_items if o.word and o.word.goal == item.word.goal]
        many = len(same_goal) > MAX_EXCUSED_SHARE * len(_words_of(candidates, item.word.goal))
        if many and not _is_certain(candidates, parts, item.word.goal):
            yield item


def excused(candidates: Candidates, parts: Parts, item: Item) -> bool:
    """Whether what is bought is near enough to the words around one that nothing names."""
    relevance, word = candidates.relevance, item.word
    if relevance.phrase_excuses(item, [key.listing for key in parts]):
        return True
    if word is None or word.named or (word.opens and word.plain in ACTIONS):
        return False
    if _is_object(candidates, item):
        return False
    return _likeness(candidates, parts, word.goal) >= LIKE_ENOUGH


def _is_object(candidates: Candidates, item: Item) -> bool:
    """Whether a word is what is ordered: whoever wants a video takes nothing else for it."""
    goal = [one for one in candidates.relevance.items if _goal_of(one) == _goal_of(item)]
    first = next((one for one in goal if one.needed), None)
    ordered = any(one.word and one.word.opens and one.word.plain in ACTIONS for one in goal)
    return first is item and ordered


def _goal_of(item: Item) -> int | None:
    return item.word.goal if item.word else None


def _is_certain(candidates: Candidates, parts: Parts, goal: int) -> bool:
    return _likeness(candidates, parts, goal) >= LIKE_SURELY


def _likeness(candidates: Candidates, parts: Parts, goal: int) -> float:
    """Likeness to a whole goal of what is bought for it."""
    return max((candidates.relevance.likeness(key.listing, goal) for key in parts), default=0.0)


def evident(candidates: Candidates, parts: Parts, goal: int) -> bool:
    """Whether some part answers a goal by meaning, or takes one of its own listed values."""
    items = candidates.relevance.items
    in_goal = [at for at, item in enumerate(items) if item.word and item.word.goal == goal]
    for key, part in parts.items():
        meaning = candidates.relevance.meaning(candidates.listing(key))
        if any(meaning[at] for at in in_goal):
            return True
        # One listed value is only a name: "What is Bitcoin?" asks for no price.
        listed = [fill for fill in part.fills.values() if fill.listed]
        taken = candidates.relevance.taken(listed)
        if len(listed) >= TELLING_VALUES and any(taken[at] for at in in_goal):
            return True
        if candidates.relevance.similarity(key.listing, goal) >= LIKE_GOAL:
            return True
    # A goal of nothing but small words and values adds to the others: "in euros".
    return not in_goal and bool(parts)


def _words_of(candidates: Candidates, goal: int) -> tuple[Item, ...]:
    return tuple(
        item
        for item in candidates.relevance.items
        if item.word and item.word.goal == goal and not item.word.soft
    )


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
