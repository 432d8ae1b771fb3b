"""Putting services together: each takes what the text gives or what another one produces."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from activities.planning.linking import Link, links
from activities.planning.relevance import BY_PHRASE, COVERED, Relevance, best_of
from domain import ranking, schemas
from domain.arguments import Fill, fills_from
from domain.catalogue import RankedListing, ServiceListing
from domain.drafting import Shortlist
from domain.ids import ListingId
from domain.limits import MAX_STEPS
from domain.roles import Role, role_of

STEP_COST: Final = 0.12
"""What a step has to be worth: a plan must not grow for a word in passing."""

SCORE_COST: Final = 0.25
"""What separates the worst service from the best, so that equals are decided by their score."""

GOAL_WORTH: Final = 1.5
"""What full likeness to a goal adds to naming its words."""

SIDE_COST: Final = 0.6
"""What another service that serves the same goal and feeds nobody has to be worth besides: few
people ask for two things in one breath."""

NEAR_BEST: Final = 0.7
"""Share of the best likeness to its goal from which a service may answer it."""

BY_ORDER: Final = 0.9
"""Worth of a goal's first word from which a service does what is ordered."""

LIKE_ROOT: Final = 0.3
"""Likeness below which a service only answers a goal if it is named by most of its words."""

LEAST_GAIN: Final = 0.1
"""A service that adds less is not added."""

KINSHIP_WORTH: Final = 0.25
"""Most that shared words of two services' texts may decide: less than one word of the request."""

KIN_WORDS: Final = 5
"""Shared words that count in full; a stranger's text of a thousand words counts no more."""

LIKE_SOURCE: Final = 0.35
"""Likeness to a goal from which a source of data may be added though no word names it."""

PRODUCER_DEPTH: Final = 2
"""How many services may stand one behind the other to feed a wanted one."""

GOOD_FIT: Final = 0.5
"""Fit of an output to an input from which a service is bought for it. What is bought anyway may
fit worse."""

FIT_WORTH: Final = 0.5
"""What a perfect fit adds to a producer's worth."""

MADE_OF_IT: Final = 0.7
"""Fit from which "it" is what a service made of a value, and not the value itself."""

MAX_PRODUCERS: Final = 8
"""Producers tried for one input: the best fitting."""

_STRUCTURES: Final = frozenset({"array", "object"})
_BACK: Final = re.compile(
    r"\b(?:it|its|them|their|this|that|these|those|each|every|all|both|results?|output|one|so)\b",
    re.IGNORECASE,
)
"""Words that point back to what came before."""

_BACK_WHOLE: Final = re.compile(
    r"\b(?:it|them|this|that|these|those|the\s+(?:result|output|summary|translation|text|file|"
    r"image|picture|transcript|rewritten|new|clean(?:ed)?)\w*)\b",
    re.IGNORECASE,
)
"""Words that stand for what was made; "its mood" is of what it was made of."""

_SEVERAL: Final = re.compile(r"\b(?:them|their|these|those|each|every|all)\b", re.IGNORECASE)
_EACH: Final = re.compile(
    r"\b(?:each|every|one by one|individually|separately|all of (?:them|the|these|those)|"
    r"for all)\b",
    re.IGNORECASE,
)


class Key(NamedTuple):
    """A step in the making: a service, and which of its calls."""

    listing: ListingId
    variant: int = 0


class Feed(NamedTuple):
    """Where an input's value comes from."""

    key: Key
    link: Link


@dataclass(frozen=True)
class Part:
    """One service with what it takes."""

    key: Key
    fills: Mapping[str, Fill]
    feeds: Mapping[str, Feed] = field(default_factory=dict)
    """Inputs that another part's output fills."""

    @property
    def sources(self) -> frozenset[Key]:
        """Parts that it takes from."""
        return frozenset(feed.key for feed in self.feeds.values())

    @property
    def over(self) -> Feed | None:
        """The list that it goes over, if it is bought for each item of one."""
        return next((feed for feed in self.feeds.values() if feed.link.items is not None), None)


Parts = Mapping[Key, Part]
"""Parts in the order they were added: producers before what they feed."""


@dataclass(frozen=True)
class Lack:
    """Why a service cannot be used: an input that nobody gives."""

    listing: ListingId
    name: str = ""
    """Empty when it takes nothing, but nothing asks for it either."""


class Assembler:
    """Builds sets of parts out of one shortlist."""

    def __init__(self, relevance: Relevance, shortlist: Shortlist) -> None:
        self.relevance = relevance
        self.ranked: Mapping[ListingId, RankedListing] = {
            one.listing.id: one for one in shortlist.candidates
        }
        self._fills: dict[Key, dict[str, Fill]] = {}
        self._links: dict[tuple[ListingId, ListingId, str, bool], tuple[Link, ...]] = {}
        self._goals: dict[ListingId, int] = {}

    def listings(self) -> Iterator[ServiceListing]:
        """Every candidate, best first."""
        return (one.listing for one in self.ranked.values())

    def listing(self, key: Key) -> ServiceListing:
        """The service of a part."""
        return self.ranked[key.listing].listing

    def fills(self, key: Key) -> dict[str, Fill]:
        """What the text gives a service."""
        if key not in self._fills:
            reading, listing = self.relevance.reading, self.listing(key)
            goal = self.goal_of(key)
            found = fills_from(reading, listing, variant=key.variant, goal=goal)
            if key.variant:
                found = {**self.fills(Key(key.listing)), **found}
            self._fills[key] = found
        return self._fills[key]

    def worth(self, parts: Parts) -> float:
        """How well a set of parts answers the request, less what its size and quality cost."""
        answered = self.answered(parts)
        weights = (item.weight for item in self.relevance.items)
        named = sum(worth * weight for worth, weight in zip(answered, weights, strict=True))
        goals = range(len(self.relevance.reading.goals))
        alike = sum(
            max((self.relevance.similarity(key.listing, goal) for key in parts), default=0.0)
            for goal in goals
        )
        cost = sum(
            STEP_COST + SCORE_COST * (1 - self.ranked[key.listing].score.total) for key in parts
        )
        return named + GOAL_WORTH * alike - cost - SIDE_COST * self._sides(parts)

    def _sides(self, parts: Parts) -> int:
        """How many parts serve a goal that another one serves already, and feed nobody."""
        fed = {key for part in parts.values() for key in part.sources}
        ends = [self.goal_of(key) for key in parts if key not in fed]
        return len(ends) - len(set(ends))

    def may_answer(self, listing: ListingId) -> bool:
        """Whether a service is like enough to a goal, or named by it, to be bought for it."""
        meaning = self.relevance.meaning(self.ranked[listing].listing)
        for goal in range(len(self.relevance.reading.goals)):
            own = self.relevance.similarity(listing, goal)
            best = self.relevance.nearest(goal)
            if own >= LIKE_ROOT and best is not None and own >= NEAR_BEST * best[1]:
                return True
            words = [
                (worth, item)
                for worth, item in zip(meaning, self.relevance.items, strict=True)
                if item.word is not None and item.word.goal == goal
            ]
            asked = [worth >= COVERED for worth, item in words if item.needed]
            if sum(asked) * 2 > len(asked):
                return True
            if any(i.word and i.word.opens and worth >= BY_ORDER for worth, i in words):
                return True
        return self.relevance.is_nearest_to_part(listing)

    def answered(self, parts: Parts) -> tuple[float, ...]:
        """Worth of the whole set for each item of the request."""
        rows: list[tuple[float, ...]] = []
        for part in parts.values():
            rows.append(self.relevance.meaning(self.listing(part.key)))
            rows.append(self.relevance.taken(part.fills.values()))
        return best_of(rows, len(self.relevance.items))

    def with_service(
        self, key: Key, parts: Parts, *, path: frozenset[Key] = frozenset()
    ) -> Parts | Lack:
        """Add a service and whatever it needs; what is there already is used again."""
        if key in parts:
            return parts
        if key in path or len(path) > PRODUCER_DEPTH or len(parts) >= MAX_STEPS:
            return Lack(key.listing)
        listing, given = self.listing(key), self.fills(key)
        inputs = schemas.properties_of(listing.input_schema)
        feeds: dict[str, Feed] = {}
        chosen: dict[str, Fill] = {}
        for name in schemas.required_names(listing.input_schema):
            schema = inputs.get(name, {})
            if name in given and not self._is_vague(given[name], key, name, parts):
                chosen[name] = given[name]
                continue
            if "default" in schema:
                chosen[name] = Fill(value=schema["default"])
                continue
            fed = self._feed(key, name, schema, parts, path | {key}, feeds)
            if fed is None and name in given:
                chosen[name] = given[name]
                continue
            if fed is None:
                return Lack(key.listing, name)
            parts, feeds[name] = fed
        optional = {
            name: fill for name, fill in given.items() if name not in feeds and name not in chosen
        }
        part = Part(key=key, fills={**chosen, **optional}, feeds=feeds)
        if not feeds and not self._asked_for(part):
            return Lack(key.listing)
        return {**parts, key: part}

    def _is_vague(self, fill: Fill, key: Key, name: str, parts: Parts) -> bool:
        """Whether a value only was what stood there, and its goal rather speaks of another's."""
        text = str(fill.value)
        return fill.guessed and bool(parts) and _BACK.fullmatch(text) is not None

    def _feed(
        self,
        key: Key,
        name: str,
        schema: schemas.Schema,
        parts: Parts,
        path: frozenset[Key],
        feeds: Mapping[str, Feed],
    ) -> tuple[Parts, Feed] | None:
        """Find who produces an input: a part that is there, or else the most fitting service."""
        used = {(feed.key, feed.link.path) for feed in feeds.values()}
        present = [
            Feed(part.key, link)
            for part in parts.values()
            if part.key not in path
            for link in self.links_to(part, key, name, schema)[:1]
            if (part.key, link.path) not in used
        ]
        good = [feed for feed in present if feed.link.fit >= GOOD_FIT]
        earlier = [feed for feed in good if self.goal_of(feed.key) <= self.goal_of(key)]
        if earlier:
            return parts, self._closest(key, earlier, parts)
        best: tuple[float, Parts, Feed] | None = None
        for fed in self._recruits(key, name, schema, used, path):
            kinship = self._kinship(key, fed.key)
            part = Part(key=fed.key, fills=self.fills(fed.key))
            if not kinship and not self._asked_for(part):
                continue
            if not self._is_sure(part) and not self.may_answer(fed.key.listing):
                continue
            grown = self.with_service(fed.key, parts, path=path)
            if isinstance(grown, Lack):
                continue
            # Worth counts with what is being fed: words that it answers are answered already.
            rest = {one: Part(key=one, fills=self.fills(one)) for one in path}
            worth = self.worth({**grown, **rest}) + kinship + FIT_WORTH * fed.link.fit
            if best is None or worth > best[0]:
                best = worth, grown, fed
        if best is not None:
            return best[1], best[2]
        if good or (present and self.points_back(key)):
            present = good or present
            return parts, self._closest(key, present, parts)
        return None

    def _is_sure(self, part: Part) -> bool:
        """Whether something that the request certainly names is taken."""
        text = self.relevance.reading.text
        return any(
            not fill.guessed or any(text[a:b][:1].isupper() for a, b in fill.spans)
            for fill in part.fills.values()
            if fill.spans
        )

    def _recruits(
        self,
        key: Key,
        name: str,
        schema: schemas.Schema,
        used: set[tuple[Key, str]],
        path: frozenset[Key],
    ) -> list[Feed]:
        """Services that could be bought to fill an input, the most fitting first."""
        found: list[Feed] = []
        for listing_id in self.ranked:
            one = Key(listing_id)
            if one in path or len(path) > PRODUCER_DEPTH:
                continue
            for link in self.links_to(Part(one, {}), key, name, schema)[:1]:
                if link.fit < GOOD_FIT or self._passes_on(one, name, schema):
                    continue
                if (one, link.path) not in used:
                    found.append(Feed(one, link))
                elif self.fills(Key(listing_id, 1)) != self.fills(one):
                    # The same service again, about the second thing that was named.
                    found.append(Feed(Key(listing_id, 1), link))
        return sorted(found, key=lambda feed: -self._promise(key, feed))[:MAX_PRODUCERS]

    def _promise(self, key: Key, feed: Feed) -> float:
        goals = range(len(self.relevance.reading.goals))
        liked = max(self.relevance.similarity(feed.key.listing, goal) for goal in goals)
        named = sum(self.relevance.taken(self.fills(feed.key).values()))
        return feed.link.fit + liked + named + self._kinship(key, feed.key)

    def links_to(
        self, maker: Part, key: Key, name: str, schema: schemas.Schema
    ) -> tuple[Link, ...]:
        """Ways from a part's output to an input, best first, as the input's goal speaks of it."""
        mapped = maker.over is not None
        at = maker.key.listing, key.listing, name, mapped
        if at not in self._links:
            output = self.listing(maker.key).output_schema
            if mapped:
                output = {"type": "array", "items": output}
            self._links[at] = self._preferred(key, links(output, name, schema))
        return self._links[at]

    def _preferred(self, key: Key, found: tuple[Link, ...]) -> tuple[Link, ...]:
        """For each item where the goal says so; otherwise one value, or all of them in one."""
        text = self.relevance.reading.goals[self.goal_of(key)]
        each, several = _EACH.search(text), _SEVERAL.search(text)
        plain = [link for link in found if link.items is None]
        mapped = [link for link in found if link.items is not None]
        if each and mapped:
            return (*mapped, *plain)
        if several and mapped and all("[0]" in link.path for link in plain):
            return (*mapped, *plain)
        return tuple(plain)

    def points_back(self, key: Key) -> bool:
        """Whether the goal of a service speaks of what another one makes."""
        return _BACK.search(self.relevance.reading.goals[self.goal_of(key)]) is not None

    def _asked_for(self, part: Part) -> bool:
        """Whether a source of data has something to do with the request.

        A name that might be a place, or a span of time, would fit any source.
        """
        certain = [fill for name, fill in part.fills.items() if _is_telling(name, fill)]
        rows = (
            self.relevance.meaning(self.listing(part.key)),
            self.relevance.taken(certain),
        )
        goals = range(len(self.relevance.reading.goals))
        return any(worth >= COVERED for row in rows for worth in row) or any(
            self.relevance.similarity(part.key.listing, goal) >= LIKE_SOURCE for goal in goals
        )

    def _kinship(self, consumer: Key, producer: Key) -> float:
        """How much two services speak of the same; decides between otherwise equal producers."""
        shared = ranking.shared_words(self.listing(consumer), self.listing(producer))
        return KINSHIP_WORTH * min(shared, KIN_WORDS) / KIN_WORDS

    def _passes_on(self, key: Key, name: str, schema: schemas.Schema) -> bool:
        """Whether a service needs the very thing it makes: a forecast makes a series of one."""
        listing = self.listing(key)
        if _types(schema) & _STRUCTURES:
            inputs = schemas.properties_of(listing.input_schema)
            return any(
                schemas.mismatch(inputs[one], schema) is None and _types(inputs[one]) & _STRUCTURES
                for one in schemas.required_names(listing.input_schema)
                if one in inputs and one not in self.fills(key)
            )
        return name in schemas.required_names(listing.input_schema) and name not in self.fills(key)

    def _closest(self, key: Key, present: Sequence[Feed], parts: Parts) -> Feed:
        """Of several producers, the one whose words stand in the consumer's own goal."""
        goal, items = self.goal_of(key), self.relevance.items
        own = self.relevance.meaning(self.listing(key))
        # What the consumer itself answers says nothing about whom it takes its data from.
        telling = [
            at
            for at, item in enumerate(items)
            if item.word is not None and item.word.goal == goal and own[at] <= BY_PHRASE
        ]
        several = _SEVERAL.search(self.relevance.reading.goals[goal]) is not None
        order = list(parts)

        def rank(feed: Feed) -> tuple[float, float, float]:
            meaning = self.relevance.meaning(self.listing(feed.key))
            taken = self.relevance.taken(self.fills(feed.key).values())
            words = sum(max(meaning[at], taken[at]) for at in telling)
            # "It" is what was made last, "them" what was found first.
            goal_there = self.goal_of(feed.key)
            before = goal_there if goal_there <= goal else -1
            place = order.index(feed.key) if feed.key in order else 0
            late = -place if several else before + place / len(order)
            good = 1.0 if feed.link.fit >= GOOD_FIT else 0.0
            return (words, good, late if self.points_back(key) else feed.link.fit)

        return max(present, key=rank)

    def goal_of(self, key: Key) -> int:
        """The goal that a service answers best."""
        if key.listing not in self._goals:
            goals = range(len(self.relevance.reading.goals))
            self._goals[key.listing] = max(goals, key=lambda goal: self._in_goal(key, goal))
        return self._goals[key.listing]

    def _in_goal(self, key: Key, goal: int) -> float:
        meaning = self.relevance.meaning(self.listing(key))
        named = sum(
            worth
            for worth, item in zip(meaning, self.relevance.items, strict=True)
            if item.word is not None and item.word.goal == goal
        )
        return named + self.relevance.similarity(key.listing, goal)

    def finished(self, parts: Parts) -> Parts:
        """Let each part take from whom its own goal speaks of, and what else is there for it."""
        done: dict[Key, Part] = dict(parts)
        # What an earlier goal makes must be settled before a later one can take it.
        for key in sorted(parts, key=self.goal_of):
            inputs = schemas.properties_of(self.listing(key).input_schema)
            for name, schema in inputs.items():
                part = done[key]
                optional = name not in part.feeds
                if name in part.fills:
                    feed = self._made_of_it(part, name, schema, done)
                    if feed is not None:
                        rest = {n: fill for n, fill in part.fills.items() if n != name}
                        done[key] = replace(part, fills=rest, feeds={**part.feeds, name: feed})
                    continue
                if name in part.fills or (optional and not _types(schema) & _STRUCTURES):
                    continue
                makers = self._makers(part, name, schema, done)
                if makers:
                    feed = self._closest(key, makers, done)
                    done[key] = replace(part, feeds={**part.feeds, name: feed})
        return in_order(done)

    def _is_from_before(self, part: Part, name: str) -> bool:
        """Whether a value stands in an earlier goal, and this one speaks of what came of it."""
        goal = self.goal_of(part.key)
        reading = self.relevance.reading
        start = reading.spans[goal][0]
        spans = part.fills[name].spans
        schema = schemas.properties_of(self.listing(part.key).input_schema)[name]
        if role_of(name, schema) not in {Role.TEXT, Role.URL}:
            return False
        back = _BACK_WHOLE.search(reading.goals[goal])
        return goal > 0 and back is not None and bool(spans) and all(b <= start for _, b in spans)

    def _made_of_it(
        self, part: Part, name: str, schema: schemas.Schema, done: Parts
    ) -> Feed | None:
        """Who makes what "it" is out of the value that both could take."""
        spans = set(part.fills[name].spans)
        before = self._is_from_before(part, name)
        makers = [
            Feed(maker, link)
            for maker, other in done.items()
            if not _waits_for(maker, part.key, done)
            and any(
                spans & set(fill.spans) and (before or self._is_named_by(maker, one, schema))
                for one, fill in other.fills.items()
            )
            for link in self.links_to(other, part.key, name, schema)[:1]
            if link.fit >= MADE_OF_IT
        ]
        return self._closest(part.key, makers, done) if makers else None

    def _is_named_by(self, maker: Key, name: str, wanted: schemas.Schema) -> bool:
        """Whether one takes as a name what the other would take as its material."""
        taken = schemas.properties_of(self.listing(maker).input_schema).get(name, {})
        return role_of(name, taken) in {Role.NAME, Role.QUERY} and _types(wanted) == {"string"}

    def _makers(self, part: Part, name: str, schema: schemas.Schema, done: Parts) -> list[Feed]:
        others = {(f.key, f.link.path) for other, f in part.feeds.items() if other != name}
        now = part.feeds.get(name)
        found: list[Feed] = [] if now is None else [now]
        for maker in done:
            if _waits_for(maker, part.key, done):
                continue
            for link in self.links_to(done[maker], part.key, name, schema)[:1]:
                least = GOOD_FIT if now is not None else 1.0
                if link.fit >= least and (maker, link.path) not in others:
                    found.append(Feed(maker, link))
        goal = self.goal_of(part.key)
        earlier = [feed for feed in found if self.goal_of(feed.key) <= goal]
        return list(dict.fromkeys(earlier or found))


def _waits_for(key: Key, other: Key, parts: Parts) -> bool:
    """Whether ``key`` is, or takes anything from, ``other``."""
    return key == other or any(_waits_for(feed, other, parts) for feed in parts[key].sources)


def in_order(parts: Parts) -> Parts:
    """Put producers before what they feed; otherwise keep the order."""
    placed: dict[Key, Part] = {}

    def place(key: Key) -> None:
        for feed in parts[key].feeds.values():
            if feed.key not in placed:
                place(feed.key)
        placed.setdefault(key, parts[key])

    for key in parts:
        place(key)
    return placed


def _is_telling(name: str, fill: Fill) -> bool:
    return bool(fill.spans) and not fill.guessed and not name.endswith(("days", "months", "weeks"))


def _types(schema: schemas.Schema) -> frozenset[str]:
    stated = schema.get("type")
    if isinstance(stated, list):
        return frozenset(str(one) for one in stated)
    return frozenset({stated}) if isinstance(stated, str) else frozenset()
