"""How likely a whole plan is what was asked for; below what is sure enough nothing is offered."""

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Final, NamedTuple

from activities.planning.candidates import Candidates
from activities.planning.covering import is_covered, is_evident
from activities.planning.evidence import SOFT_SHARE
from activities.planning.parts import Parts
from activities.planning.relevance import COVERED, Item
from activities.planning.worth import answered
from domain.ids import ListingId
from domain.words import ACTIONS, is_everyday

MOST_UNKNOWN: Final = 4.0
MOST_GUESSED: Final = 3
MOST_GOALS: Final = 4
MOST_FED: Final = 2
"""Of one sign that count; more prove no more."""

LIKE_PART: Final = 0.3
"""Likeness to a phrase below which nobody here does what it says."""

NAMED: Final = 0.4
"""Likeness that answering every word of a goal is worth, where the whole is less like it."""

_DEEDS: Final = (
    "book borrow build buy call cancel cook delete deliver deploy deposit email fax hack hire "
    "install invest lend mail mine mint order paint pay phone post print publish rent repair "
    "reserve save schedule sell send ship sign stake swap trade transfer upload withdraw"
)
DEEDS: Final = frozenset(_DEEDS.split())
"""Orders that change something: whoever tells about it does not do it."""


class GoalSigns(NamedTuple):
    """What of one goal a plan answers."""

    odds: float
    """Logarithm of the odds that the likeliest part serves it."""
    part: float
    """Likeness to it, or to a phrase of it, of what is bought."""
    known: float
    """Weight of the words nobody answers though others here could."""
    unknown: float
    """Weight of the words that nobody here knows and no input takes."""
    share: float
    """Share of its words that nothing answers."""
    order: float
    """Whether nothing says that it does what the goal orders."""
    thing: float
    """Whether what is ordered is not answered: whoever wants a video takes nothing else."""
    length: float


class PlanSigns(NamedTuple):
    """What speaks for a plan, and what against it; of each goal's signs the worst."""

    odds: float
    part: float
    known: float
    unknown: float
    share: float
    order: float
    thing: float
    length: float
    guessed: float
    """Inputs filled by a guess."""
    typed: float
    """Inputs that the form of a value fills, of the step that has fewest."""
    better: float
    """How much liker to a phrase somebody else is than all that is bought."""
    ends: float
    """Services that feed nobody."""
    fed: float
    """Services that feed others."""
    goals: float
    covered: float
    """Whether every word that must be is answered or excused."""


WEIGHTS: Final = PlanSigns(
    odds=0.23,
    part=1.98,
    known=0.13,
    unknown=-0.11,
    share=-0.06,
    order=-0.33,
    thing=-0.78,
    length=0.13,
    guessed=-0.60,
    typed=0.48,
    better=-2.90,
    ends=-2.12,
    fed=-1.14,
    goals=0.81,
    covered=0.53,
)
OFFSET: Final = 0.17
"""Of the logistic curve that turns signs into a likelihood.

Fitted by ``tests.tuning.weighing`` on whether unchecked plans for the labelled requests of seven
markets, which the embedding model was not taught by, and of the demo are right; requests that
nothing there serves count twice, those of the demo three times.
"""

SURE_ENOUGH: Final = 0.28
"""Confidence from which a plan is offered."""

SURE_IF_NAMED: Final = 0.2
"""The same where what is bought answers every word of the request."""

LIKELY_CHAIN: Final = 0.06
"""The same for several services or goals: each further one costs confidence, though every word
that finds its service is evidence of its own.
"""


def is_sure_enough(candidates: Candidates, parts: Parts) -> bool:
    """Whether a plan may be offered."""
    if not parts or leaves_out(candidates, parts) or not is_evident(candidates, parts):
        return False
    sure, signs = confidence(candidates, parts), signs_of(candidates, parts)
    if sure >= SURE_ENOUGH:
        return True
    if signs.share or not signs.covered:
        return False
    is_chain = signs.goals > 1 or len(parts) > 1
    return sure >= (LIKELY_CHAIN if is_chain else SURE_IF_NAMED)


def confidence(candidates: Candidates, parts: Parts) -> float:
    """How likely a plan is right, from 0 to 1."""
    signs = signs_of(candidates, parts)
    weighed = sum(w * s for w, s in zip(WEIGHTS, signs, strict=True))
    return 1 / (1 + math.exp(OFFSET - weighed))


def leaves_out(candidates: Candidates, parts: Parts) -> bool:
    """Whether a plan lacks what no likeness makes up for: a name, a span of time, or a deed."""
    reading = candidates.relevance.reading
    material = {(one.start, one.end) for one in reading.literals}
    if any((one.start, one.end) not in material for one in untaken_values(candidates, parts)):
        return True
    bought = [key.listing for key in parts]
    return any(
        _cannot_be_left_out(candidates, bought, one)
        for goal in range(len(reading.goals))
        for one in unanswered(candidates, parts, goal)
        if one.needed
    )


def _cannot_be_left_out(candidates: Candidates, bought: Sequence[ListingId], item: Item) -> bool:
    word = item.word
    if word is None or not (word.named or word.opens):
        return False
    if word.named or word.plain in DEEDS:
        return True
    # First words are all capitalised: one that narrows down what others sell may be a name, too.
    text, words = candidates.relevance.reading.text, candidates.relevance.reading.words
    after = next((one for one in words if one.start > word.end), None)
    narrows = (
        word.text[0].isupper()
        and not is_everyday(word.plain)
        and after is not None
        and text[word.end : after.start] == " "
        and candidates.evidence.rarity(after.plain) > 0
    )
    return narrows and not candidates.relevance.phrase_excuses(item, bought)


def signs_of(candidates: Candidates, parts: Parts) -> PlanSigns:
    """Read the signs of a plan that has at least one part."""
    reading = candidates.relevance.reading
    asked = [at for at in range(len(reading.goals)) if at not in reading.context]
    goals = [goal_signs(candidates, parts, goal) for goal in asked]
    own = [candidates.evidence.signs(key.listing, candidates.goal_of(key)) for key in parts]
    fed = {key for part in parts.values() for key in part.sources}
    guessed = sum(fill.guessed for part in parts.values() for fill in part.fills.values())
    return PlanSigns(
        odds=fmean(one.odds for one in goals),
        part=min(one.part for one in goals),
        known=max(one.known for one in goals),
        unknown=min(max(one.unknown for one in goals), MOST_UNKNOWN),
        share=max(one.share for one in goals),
        order=max(one.order for one in goals),
        thing=max(one.thing for one in goals),
        length=min(one.length for one in goals),
        guessed=min(guessed, MOST_GUESSED),
        typed=min(one.typed for one in own),
        better=_better(candidates, parts),
        ends=len({key.listing for key in parts if key not in fed}),
        fed=min(len(fed), MOST_FED),
        goals=min(len(goals), MOST_GOALS),
        covered=float(is_covered(candidates, parts)),
    )


def goal_signs(candidates: Candidates, parts: Parts, goal: int) -> GoalSigns:
    """Read what of one goal is answered."""
    evidence, relevance = candidates.evidence, candidates.relevance
    likelihood = max(evidence.likelihood(key.listing, goal) for key in parts)
    words = [one for one in relevance.items if one.word and one.word.goal == goal]
    missed = unanswered(candidates, parts, goal)
    weighed = [(_weight(one), evidence.rarity(one.word.plain)) for one in missed if one.word]
    liked = max(relevance.similarity(key.listing, goal) for key in parts)
    first = next((one.word for one in missed if one.word and one.word.opens and one.needed), None)
    return GoalSigns(
        odds=math.log(likelihood / (1 - likelihood)),
        part=max(liked, 0.0 if missed or not words else NAMED),
        known=sum(weight * rarity for weight, rarity in weighed),
        unknown=sum(weight for weight, rarity in weighed if not rarity),
        share=len(missed) / max(1, len(words)),
        order=float(first is not None and first.plain in ACTIONS),
        thing=float(_thing(words) in missed),
        length=math.log1p(len(words)),
    )


def _thing(words: Sequence[Item]) -> Item | None:
    """What a goal orders to be done or made: the first word after the order."""
    ordered = any(one.word and one.word.opens and one.word.plain in ACTIONS for one in words)
    rest = [one for one in words if one.needed and not (one.word and one.word.opens)]
    return rest[0] if ordered and rest else None


def unanswered(candidates: Candidates, parts: Parts, goal: int) -> list[Item]:
    """Words of a goal that nothing bought answers."""
    rows = answered(candidates, parts)
    return [
        one
        for one, worth in zip(candidates.relevance.items, rows, strict=True)
        if one.word and one.word.goal == goal and worth < COVERED
    ]


def untaken_values(candidates: Candidates, parts: Parts) -> list[Item]:
    """Values of the request that nothing bought takes."""
    rows = answered(candidates, parts)
    return [
        one
        for one, worth in zip(candidates.relevance.items, rows, strict=True)
        if one.word is None and one.needed and worth < COVERED
    ]


def _weight(item: Item) -> float:
    return SOFT_SHARE if item.word and item.word.soft and not item.word.named else 1.0


def _better(candidates: Candidates, parts: Parts) -> float:
    reading = candidates.relevance.reading
    found = [0.0]
    for phrase in candidates.relevance.phrases:
        if phrase.goal in reading.context or " " not in phrase.text:
            continue
        best = max(phrase.similarities.values(), default=0.0)
        own = max(phrase.similarities.get(key.listing, 0.0) for key in parts)
        found.append(min(best - own, best - LIKE_PART))
    return max(found)
