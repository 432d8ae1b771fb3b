"""How likely a service serves one goal: several weak signs, weighed as they were measured."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from activities.planning.relevance import Relevance, strong_words, weak_words
from domain import schemas
from domain.catalogue import RankedListing, ServiceListing
from domain.goals import Reading, Word
from domain.ids import ListingId
from domain.kinds import Kind, Mention
from domain.roles import Role, role_of
from domain.values import Fill, Span
from domain.words import ACTIONS, mentions, same_meaning

BY_SYNONYM: Final = 0.9
BY_DESCRIPTION: Final = 0.7
BY_SAID_SYNONYM: Final = 0.5
"""Worth of a word that a service names in other words, only describes, or describes in others."""

SOFT_SHARE: Final = 0.25
"""What a word that only describes counts."""

OPENING_WORDS: Final = 4
"""Words of a description that say what a service does."""

DISTINCT: Final = frozenset(
    {Kind.URL, Kind.EMAIL, Kind.HASH, Kind.CODE, Kind.IP, Kind.PHONE, Kind.DOMAIN, Kind.HANDLE}
)
"""Values that cannot be mistaken for words, and that somebody has to take."""

LOOSE: Final = frozenset({Role.TEXT, Role.QUERY, Role.NAME})
"""Inputs that take any words."""

CANDIDATES: Final = 40
"""Candidates of a large bazaar; among fewer a word is not the less telling."""

MANY: Final = 2
"""Values of one kind that count; more of them prove no more."""

_PAST: Final = re.compile(r"\b(?:histor\w*|past|archiv\w*)\b", re.IGNORECASE)
_PAST_SPOKEN: Final = re.compile(
    r"\b(?:histor\w*|past|archiv\w*|was|were|did|had|been|ago|since|last|previous|former|ever|old)\b",
    re.IGNORECASE,
)
_WHEN: Final = frozenset({Kind.PAST, Kind.SPAN, Kind.DATE, Kind.YEAR, Kind.MOMENT})

_UNKNOWN: Final = 0.5
"""Share of words answered where there are none to answer."""


class Signs(NamedTuple):
    """What speaks for one service serving one goal, and what against it."""

    part: float
    """Likeness to the goal or to the phrase of it that is likest."""
    whole: float
    """Likeness to the goal."""
    lead: float
    """How much likelier than the next that does another job; negative behind it."""
    word: float
    """Likeness to the single word that is likest."""
    known: float
    """Share of the words that somebody here knows, rare ones counting more."""
    unknown: float
    """Share of the words that nobody here knows; they can only be taken as values."""
    length: float
    """Words of the goal, as a logarithm: of few words a likeness says less."""
    typed: float
    """Inputs that a value of this goal fills by its form."""
    loose: float
    """Required inputs that words of this goal fill, whatever they are."""
    untaken: float
    """Distinct values of this goal that no input takes."""
    guessed: float
    """Required inputs filled by a guess."""
    lacking: float
    """Required inputs that the text does not fill."""
    free: float
    """Of one that takes nothing, the share of the words that it does not name: it fits all."""
    verb: float
    """Whether it says that it does what is ordered: 1, -1, or 0 where nothing is ordered."""
    past: float
    """Whether it tells of the past, where nobody speaks of that."""


WEIGHTS: Final = Signs(
    part=1.81,
    whole=6.47,
    lead=2.88,
    word=1.45,
    known=1.16,
    unknown=0.41,
    length=0.23,
    typed=0.79,
    loose=0.10,
    untaken=-0.11,
    guessed=-0.49,
    lacking=-0.77,
    free=-2.89,
    verb=0.03,
    past=-1.43,
)
OFFSET: Final = 4.35
"""Of the logistic curve that turns signs into a likelihood.

Fitted by ``tests.tuning.weighing`` on each goal with each of its candidates, over the labelled
requests of seven markets that the embedding model was not taught by. Of requests that can be
served, the likeliest candidate serves for 80 to 90 in 100 of each, and of strangers'.
"""


class Evidence:
    """Weighs candidates against the goals of one request."""

    def __init__(
        self,
        relevance: Relevance,
        ranked: Mapping[ListingId, RankedListing],
        fills: Callable[[ListingId], Mapping[str, Fill]],
    ) -> None:
        self._relevance = relevance
        self._ranked = ranked
        self._fills = fills
        listings = [one.listing for one in ranked.values()]
        self._strong = {one.id: strong_words(one) for one in listings}
        self._weak = {one.id: weak_words(one) for one in listings}
        self._does = {one.id: weak_words(one, OPENING_WORDS) for one in listings}
        self._rarity = {word.plain: self._rarity_of(word.plain) for word in relevance.reading.words}
        self._signs: dict[tuple[ListingId, int], Signs] = {}

    def signs(self, listing: ListingId, goal: int) -> Signs:
        """What is known of a service for a goal."""
        at = listing, goal
        if at not in self._signs:
            self._signs[at] = self._read(listing, goal)
        return self._signs[at]

    def likelihood(self, listing: ListingId, goal: int) -> float:
        """How likely a service serves a goal, from 0 to 1."""
        signs = self.signs(listing, goal)
        weighed = sum(w * s for w, s in zip(WEIGHTS, signs, strict=True))
        return 1 / (1 + math.exp(OFFSET - weighed))

    def rarity(self, word: str) -> float:
        """How few of the candidates say a word, from 0 to 1; 0 where none does."""
        return self._rarity[word]

    def _rarity_of(self, word: str) -> float:
        """How few of the candidates say a word, from 0 to 1; 0 where none does."""
        same = same_meaning(word)
        size = max(len(self._strong), CANDIDATES)
        saying = sum(
            bool(same & strong) or mentions(word, strong | self._weak[one])
            for one, strong in self._strong.items()
        )
        return math.log((size + 1) / (saying + 0.5)) / math.log(2 * size + 2) if saying else 0.0

    def _read(self, listing_id: ListingId, goal: int) -> Signs:
        relevance = self._relevance
        listing = self._ranked[listing_id].listing
        fills = self._fills(listing_id)
        start, end = relevance.reading.spans[goal]
        here = [m for m in relevance.reading.mentions if m.kind in DISTINCT]
        here = [m for m in here if start <= m.start < end]
        words = {w.plain: w for w in relevance.reading.words if w.goal == goal}.values()
        required = schemas.required_names(listing.input_schema)
        inputs = schemas.properties_of(listing.input_schema)
        own = relevance.similarity(listing_id, goal)
        known, unknown = self._said(listing_id, list(words), fills)
        typed, loose = _filled(listing, fills, (start, end))
        return Signs(
            part=own,
            whole=relevance.likeness(listing_id, goal),
            lead=own - relevance.best_other(listing_id, goal),
            word=relevance.likest_word(listing_id, goal),
            known=known,
            unknown=unknown,
            length=math.log1p(len(words)),
            typed=min(typed, MANY),
            loose=min(loose, MANY),
            untaken=min(_untaken(here, fills.values()), MANY),
            guessed=min(sum(n in fills and fills[n].guessed for n in required), MANY),
            lacking=min(
                sum(n not in fills and "default" not in inputs.get(n, {}) for n in required), MANY
            ),
            free=0.0 if required or any(fill.spans for fill in fills.values()) else 1.0 - known,
            verb=self._verb(listing_id, words),
            past=float(_tells_of_past(listing) and not _asks_of_past(relevance.reading)),
        )

    def _said(
        self, listing: ListingId, words: Sequence[Word], fills: Mapping[str, Fill]
    ) -> tuple[float, float]:
        spans = [span for fill in fills.values() for span in fill.spans]
        known: list[tuple[float, float]] = []
        unknown: list[tuple[float, float]] = []
        for word in words:
            weight = SOFT_SHARE if word.soft and not word.named else 1.0
            taken = any(a < word.end and word.start < b for a, b in spans)
            worth = 1.0 if taken else self._worth(listing, word.plain)
            rarity = self._rarity[word.plain]
            if rarity:
                known.append((worth, weight * rarity))
            else:
                unknown.append((worth, weight))
        return _mean(known), _mean(unknown)

    def _worth(self, listing: ListingId, word: str) -> float:
        strong, weak = self._strong[listing], self._weak[listing]
        if mentions(word, strong):
            return 1.0
        same = same_meaning(word)
        if same & strong:
            return BY_SYNONYM
        if mentions(word, weak):
            return BY_DESCRIPTION
        return BY_SAID_SYNONYM if same & weak else 0.0

    def _verb(self, listing: ListingId, words: Iterable[Word]) -> float:
        opener = next((w.plain for w in words if w.opens and w.plain in ACTIONS), None)
        if opener is None:
            return 0.0
        says = self._strong[listing] | self._does[listing]
        return 1.0 if mentions(opener, says) or same_meaning(opener) & says else -1.0


def _tells_of_past(listing: ServiceListing) -> bool:
    opening = listing.description.split()[:OPENING_WORDS]
    return _PAST.search(" ".join([listing.name, *opening])) is not None


def _asks_of_past(reading: Reading) -> bool:
    told = any(one.kind in _WHEN for one in reading.mentions)
    return told or _PAST_SPOKEN.search(reading.text) is not None


def _filled(listing: ServiceListing, fills: Mapping[str, Fill], goal: Span) -> tuple[int, int]:
    inputs = schemas.properties_of(listing.input_schema)
    required = schemas.required_names(listing.input_schema)
    typed = loose = 0
    for name, fill in fills.items():
        if not any(goal[0] <= a < goal[1] for a, _ in fill.spans):
            continue
        if role_of(name, inputs.get(name, {})) not in LOOSE:
            typed += not fill.guessed
        elif name in required:
            loose += 1
    return typed, loose


def _untaken(here: Iterable[Mention], fills: Iterable[Fill]) -> int:
    spans = [span for fill in fills if not fill.guessed for span in fill.spans]
    return sum(not any(a < one.end and one.start < b for a, b in spans) for one in here)


def _mean(weighed: Sequence[tuple[float, float]]) -> float:
    total = sum(weight for _, weight in weighed)
    return sum(worth * weight for worth, weight in weighed) / total if total else _UNKNOWN
