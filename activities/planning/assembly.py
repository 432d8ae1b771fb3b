"""Putting services together: each takes what the text gives or what another one produces."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from activities.planning.linking import Link, links
from activities.planning.parts import Feed, Key, Lack, Part, Parts
from activities.planning.relevance import BY_PHRASE, COVERED, Relevance, best_of
from domain import ranking, schemas
from domain.arguments import fills_from
from domain.catalogue import RankedListing, ServiceListing
from domain.drafting import Shortlist
from domain.ids import ListingId
from domain.limits import MAX_STEPS
from domain.values import Fill

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

MAX_PRODUCERS: Final = 8
"""Producers tried for one input: the best fitting."""

STRUCTURES: Final = frozenset({"array", "object"})
_BACK: Final = re.compile(
    r"\b(?:it|its|them|their|this|that|these|those|each|every|all|both|results?|output|one|so)\b",
    re.IGNORECASE,
)
"""Words that point back to what came before."""

_SEVERAL: Final = re.compile(r"\b(?:them|their|these|those|each|every|all)\b", re.IGNORECASE)
_EACH: Final = re.compile(
    r"\b(?:each|every|one by one|individually|separately|all of (?:them|the|these|those)|"
    r"for all)\b",
    re.IGNORECASE,
)


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
            if name in given and not _is_vague(given[name], parts):
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
            return parts, self.closest(key, earlier, parts)
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
            return parts, self.closest(key, present, parts)
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
                elif self._values(Key(listing_id, 1)) != self._values(one):
                    # The same service again, about the second thing that was named.
                    found.append(Feed(Key(listing_id, 1), link))
        return sorted(found, key=lambda feed: -self._promise(key, feed))[:MAX_PRODUCERS]

    def _values(self, key: Key) -> dict[str, object]:
        return {name: fill.value for name, fill in self.fills(key).items()}

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
        if types_in(schema) & STRUCTURES:
            inputs = schemas.properties_of(listing.input_schema)
            return any(
                schemas.mismatch(inputs[one], schema) is None and types_in(inputs[one]) & STRUCTURES
                for one in schemas.required_names(listing.input_schema)
                if one in inputs and one not in self.fills(key)
            )
        return name in schemas.required_names(listing.input_schema) and name not in self.fills(key)

    def closest(self, key: Key, present: Sequence[Feed], parts: Parts) -> Feed:
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


def _is_telling(name: str, fill: Fill) -> bool:
    return bool(fill.spans) and not fill.guessed and not name.endswith(("days", "months", "weeks"))


def types_in(schema: schemas.Schema) -> frozenset[str]:
    """The types that a schema states."""
    stated = schema.get("type")
    if isinstance(stated, list):
        return frozenset(str(one) for one in stated)
    return frozenset({stated}) if isinstance(stated, str) else frozenset()


def _is_vague(fill: Fill, parts: Parts) -> bool:
    """Whether a value is only a word that points back to what others make."""
    return fill.guessed and bool(parts) and _BACK.fullmatch(str(fill.value)) is not None
