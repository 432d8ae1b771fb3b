"""How well services answer the words of a request: by name, by meaning, or by taking them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from domain import schemas
from domain.catalogue import ServiceListing
from domain.drafting import Shortlist
from domain.goals import Reading, Word
from domain.ids import ListingId
from domain.kinds import Kind
from domain.values import Fill, Span
from domain.words import ACTIONS, mentions, plain, same_meaning, vocabulary

BY_NAME: Final = 1.0
"""Worth of a word that the service's name, tags, inputs or outputs contain."""

BY_DESCRIPTION: Final = 0.85
"""Worth of a word that only its description contains: descriptions mention much in passing."""

MOST_WORDS: Final = 60
"""Words of a description that count; who writes more does not do more."""

MOST_TAGS: Final = 8
"""Tags that count: keywords are stuffed into what has no limit."""

OPENING_WORDS: Final = 3
"""Words of a description that say what the service does. An order is looked for only there:
one that reports trading volume does not trade."""

MUCH_UNLIKE: Final = 0.7
"""Share of the best likeness to a goal below which a description proves nothing by its words."""

STUFFED: Final = 0.5
"""Factor for words in the description of a service that is unlike: anybody can write words."""

BY_SYNONYM: Final = 0.9
"""Factor for another everyday word of the same meaning."""

BY_LIKENESS: Final = 0.8
"""Worth of a word whose vector is near the service's."""

BY_PHRASE: Final = 0.55
"""Worth of a word in a phrase that is like the service as a whole."""

LIKE_WORD: Final = 0.36
"""Cosine from which a single word is near.

Measured: mortgage to a loan planner 0.37, predict to a forecast 0.46; translate to a language
detector, which cannot, 0.26."""

LIKE_PHRASE: Final = 0.45
"""Cosine from which a phrase excuses single words of it that nothing names.

Measured: bank holidays of the United States reach 0.50 at a calendar of public holidays, euros to a
dollar 0.47 at a converter; a poem and a video stay below 0.3 at all that is for sale."""

LIKE_PART: Final = 0.4
"""Cosine from which a service answers a part of a goal."""

NEAREST: Final = 0.9
"""Share of the greatest likeness that still counts as the greatest."""

LIKE_OPENING: Final = 0.51
"""The same for a first word, which may be a name: Arbitrum DEX volume reaches 0.50 at a seller of
other chains' volumes."""

BY_GUESS: Final = 0.75
"""Worth of taking a name that only stands where such a value would."""

NUMBER_WEIGHT: Final = 0.5
"""Weight of a bare number; numbers are often said in passing."""

SOFT_WEIGHT: Final = 0.25
"""Weight of a word that describes rather than asks."""

VALUE_WEIGHT: Final = 1.0
"""Weight of a value, such as a span of time, that some service should take."""

LITERAL_WEIGHT: Final = 1.5
"""Weight of material that was given: a plan without it misses the point."""

COVERED: Final = 0.5
"""Worth from which a word counts as answered."""

_VALUE_KINDS: Final = frozenset(
    {Kind.PAST, Kind.FUTURE, Kind.SPAN, Kind.PERCENT, Kind.DATE, Kind.MOMENT, Kind.EMAIL}
    | {Kind.URL, Kind.YEAR, Kind.ZONE}
)
_LABEL: Final = re.compile(
    r"\b(?:this|these|the following|following|my)\b[^.?!]{0,40}$", re.IGNORECASE
)


@dataclass(frozen=True)
class Item:
    """Something in the request that a plan should answer."""

    start: int
    end: int
    weight: float
    word: Word | None
    """``None`` for a value."""
    needed: bool = True
    """Whether a plan that leaves it out is refused."""

    def shown(self, text: str) -> str:
        """The item as it was written."""
        return text[self.start : self.end].strip()


class Relevance:
    """Knows, for one request, what each candidate answers."""

    def __init__(self, reading: Reading, shortlist: Shortlist) -> None:
        self.reading = reading
        self.items = tuple(_items(reading))
        self.phrases = shortlist.phrases
        self._by_word = {phrase.text: phrase.similarities for phrase in shortlist.phrases}
        lexicon = frozenset(
            word for one in shortlist.candidates for word in strong_words(one.listing)
        )
        self._named = frozenset(
            word.plain for word in reading.words if mentions(word.plain, lexicon)
        )
        """Words that some service is named by: for them, mere likeness of others is no answer."""
        self._meaning: dict[ListingId, tuple[float, ...]] = {}
        self._jobs = {one: frozenset(job) for job in shortlist.jobs for one in job}
        self._likest: dict[int, list[tuple[float, ListingId]]] = {}

    def meaning(self, listing: ServiceListing) -> tuple[float, ...]:
        """Worth of a service for each item, by what it says of itself."""
        if listing.id not in self._meaning:
            strong = strong_words(listing)
            weak, does = weak_words(listing), weak_words(listing, OPENING_WORDS)
            self._meaning[listing.id] = tuple(
                self._worth(item, listing.id, strong, does if _is_order(item) else weak)
                for item in self.items
            )
        return self._meaning[listing.id]

    def taken(self, fills: Iterable[Fill]) -> tuple[float, ...]:
        """Worth of using values, for each item: full for what was used as a value."""
        spans = [
            (start, end, BY_GUESS if fill.guessed else 1.0)
            for fill in fills
            for start, end in self._with_label(fill.spans)
        ]
        return tuple(
            max((w for a, b, w in spans if item.start < b and a < item.end), default=0.0)
            for item in self.items
        )

    def similarity(self, listing: ListingId, goal: int) -> float:
        """Likeness of a service to one goal, or to a phrase of it."""
        return max(
            (
                phrase.similarities.get(listing, 0.0)
                for phrase in self.phrases
                if phrase.goal == goal
                and (" " in phrase.text or phrase.text == self.reading.goals[goal])
            ),
            default=0.0,
        )

    def likeness(self, listing: ListingId, goal: int) -> float:
        """Likeness of a service to one goal as a whole."""
        text = self.reading.goals[goal]
        return max(
            (
                phrase.similarities.get(listing, 0.0)
                for phrase in self.phrases
                if phrase.goal == goal and phrase.text == text
            ),
            default=0.0,
        )

    def best_other(self, listing: ListingId, goal: int) -> float:
        """Likeness to a goal of the likest candidate that does another job."""
        if goal not in self._likest:
            found = {i for p in self.phrases if p.goal == goal for i in p.similarities}
            order = ((self.similarity(i, goal), i) for i in found)
            self._likest[goal] = sorted(order, reverse=True)
        same = self._jobs.get(listing, frozenset((listing,)))
        return next((own for own, one in self._likest[goal] if one not in same), 0.0)

    def likest_word(self, listing: ListingId, goal: int) -> float:
        """Likeness to the single word of a goal that is likest."""
        return max(
            (
                phrase.similarities.get(listing, 0.0)
                for phrase in self.phrases
                if phrase.goal == goal and " " not in phrase.text
            ),
            default=0.0,
        )

    def is_nearest_to_part(self, listing: ListingId) -> bool:
        """Whether nothing is much more like some phrase of the request than this service."""
        for phrase in self.phrases:
            own = phrase.similarities.get(listing, 0.0) if " " in phrase.text else 0.0
            if own >= LIKE_PART and own >= NEAREST * max(phrase.similarities.values()):
                return True
        return False

    def nearest(self, goal: int) -> tuple[ListingId, float] | None:
        """The candidate most like a goal."""
        found = {i for p in self.phrases if p.goal == goal for i in p.similarities}
        best = max(sorted(found), key=lambda i: self.similarity(i, goal), default=None)
        return None if best is None else (best, self.similarity(best, goal))

    def phrase_excuses(self, item: Item, listings: Sequence[ListingId]) -> bool:
        """Whether a phrase that holds the word is near enough to what the plan buys."""
        word = item.word
        # An order has to be something that a service says it does: trading is not reporting it.
        if word is None or word.named or (word.opens and word.plain in ACTIONS):
            return False
        holding = [
            phrase
            for phrase in self.phrases
            if phrase.goal == word.goal and " " in phrase.text and _holds(phrase.text, word)
        ]
        if not holding:
            return False
        # The narrowest says most about the word; a whole goal is alike for its other words.
        narrow = min(holding, key=lambda phrase: len(phrase.text))
        least = LIKE_OPENING if word.opens else LIKE_PHRASE
        return any(narrow.similarities.get(listing, 0.0) >= least for listing in listings)

    def _worth(
        self, item: Item, listing: ListingId, strong: frozenset[str], weak: frozenset[str]
    ) -> float:
        if item.word is None:
            return 0.0
        word = item.word.plain
        own = BY_NAME if mentions(word, strong) else 0.0
        own = own or (self._by_description(item.word, listing) if mentions(word, weak) else 0.0)
        if item.word.named and own:
            return own
        same = same_meaning(word) - {word}
        if same & strong:
            own = max(own, BY_NAME * BY_SYNONYM)
        elif same & weak:
            own = max(own, BY_DESCRIPTION * BY_SYNONYM)
        if item.word.named:
            return own
        own = max(own, self._by_phrase(item.word, listing))
        if word in self._named:
            return own
        near = self._by_word.get(word, {}).get(listing, 0.0)
        return max(own, BY_LIKENESS) if near >= LIKE_WORD else own

    def _by_description(self, word: Word, listing: ListingId) -> float:
        """Worth of a word in a description: little where the service as a whole is unlike."""
        best = self.nearest(word.goal)
        own = self.similarity(listing, word.goal)
        unlike = best is not None and own < MUCH_UNLIKE * best[1]
        return BY_DESCRIPTION * (STUFFED if unlike else 1.0)

    def _by_phrase(self, word: Word, listing: ListingId) -> float:
        """Worth of a service that is like the words around one, whoever is named by it."""
        if word.opens:
            return 0.0
        holding = [
            phrase
            for phrase in self.phrases
            if phrase.goal == word.goal and " " in phrase.text and _holds(phrase.text, word)
            # A whole goal is like a service for its other words.
            if phrase.text != self.reading.goals[word.goal]
        ]
        narrow = min(holding, key=lambda phrase: len(phrase.text), default=None)
        near = narrow.similarities.get(listing, 0.0) if narrow else 0.0
        return BY_PHRASE if near >= LIKE_PHRASE else 0.0

    def _with_label(self, spans: Sequence[Span]) -> Iterable[Span]:
        """Extend material by the words that introduce it: ``this review: ...``."""
        literals = {(one.start, one.end) for one in self.reading.literals}
        for start, end in spans:
            label = _LABEL.search(self.reading.text[:start]) if (start, end) in literals else None
            yield (label.start() if label else start, end)


def _is_order(item: Item) -> bool:
    """Whether the item is what is to be done, rather than what with: a goal's first word."""
    return item.word is not None and item.word.opens


def _holds(phrase: str, word: Word) -> bool:
    return word.plain in (plain(part) for part in phrase.split())


def weak_words(listing: ServiceListing, most: int = MOST_WORDS) -> frozenset[str]:
    """Words by which a service describes itself."""
    return vocabulary(" ".join(listing.description.split()[:most]))


def strong_words(listing: ServiceListing) -> frozenset[str]:
    """Words by which a service is named: its name, tags, inputs, outputs and kind of file."""
    names = [*schemas.properties_of(listing.input_schema)]
    names += schemas.properties_of(listing.output_schema)
    file = listing.media_type.rpartition("/")[2].partition("+")[0]
    return vocabulary(
        " ".join([listing.name, *listing.tags[:MOST_TAGS], *names, file]).replace("_", " ")
    )


def _items(reading: Reading) -> Iterable[Item]:
    values = [one for one in reading.mentions if one.kind in _VALUE_KINDS]
    for word in reading.words:
        if not any(one.start <= word.start < one.end for one in values):
            weight = SOFT_WEIGHT if word.soft else 1.0
            yield Item(word.start, word.end, weight, word, needed=not word.soft)
    for one in values:
        yield Item(one.start, one.end, VALUE_WEIGHT, None)
    for one in reading.mentions:
        inside = any(span.start <= one.start < span.end for span in values)
        if one.kind is Kind.NUMBER and not inside:
            yield Item(one.start, one.end, NUMBER_WEIGHT, None, needed=False)
    for one in reading.literals:
        yield Item(one.start, one.end, LITERAL_WEIGHT, None)


def best_of(rows: Iterable[Sequence[float]], size: int) -> tuple[float, ...]:
    """The best worth of each item over several services."""
    best = [0.0] * size
    for row in rows:
        best = [max(a, b) for a, b in zip(best, row, strict=True)]
    return tuple(best)
