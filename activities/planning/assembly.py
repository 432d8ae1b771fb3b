"""Putting services together: each takes what the text gives or what another one produces."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from activities.planning.relevance import COVERED, Relevance, best_of
from domain import ranking, schemas
from domain.arguments import Fill, fills_from
from domain.catalogue import RankedListing, ServiceListing
from domain.drafting import Shortlist
from domain.ids import ListingId
from domain.limits import MAX_STEPS

STEP_COST: Final = 0.12
"""What a step has to be worth: a plan must not grow for a word in passing."""

SCORE_COST: Final = 0.25
"""What separates the worst service from the best, so that equals are decided by their score."""

GOAL_WORTH: Final = 0.5
"""What full likeness to a goal adds to naming its words."""

LEAST_GAIN: Final = 0.1
"""A service that adds less is not added."""

KINSHIP_WORTH: Final = 0.25
"""Most that shared words of two services' texts may decide: less than one word of the request."""

KIN_WORDS: Final = 5
"""Shared words that count in full; a stranger's text of a thousand words counts no more."""

LIKE_SOURCE: Final = 0.35
"""Likeness to a goal from which a source of data may be added though no word names it."""

PRODUCER_DEPTH: Final = 4
"""How many services may stand one behind the other to feed a wanted one."""

_STRUCTURES: Final = frozenset({"array", "object"})


class Key(NamedTuple):
    """A step in the making: a service, and which of its calls."""

    listing: ListingId
    variant: int = 0


@dataclass(frozen=True)
class Part:
    """One service with what it takes."""

    key: Key
    fills: Mapping[str, Fill]
    feeds: Mapping[str, Key] = field(default_factory=dict)
    """Inputs that another part's output of the same name, or its plain form, fills."""


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
        self._producers = _by_output(self.listings())

    def listings(self) -> Iterator[ServiceListing]:
        """Every candidate, best first."""
        return (one.listing for one in self.ranked.values())

    def listing(self, key: Key) -> ServiceListing:
        """The service of a part."""
        return self.ranked[key.listing].listing

    def fills(self, key: Key) -> dict[str, Fill]:
        """What the text gives a service."""
        if key not in self._fills:
            reading = self.relevance.reading
            self._fills[key] = fills_from(reading, self.listing(key), variant=key.variant)
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
        return named + GOAL_WORTH * alike - cost

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
        feeds: dict[str, Key] = {}
        chosen: dict[str, Fill] = {}
        for name in schemas.required_names(listing.input_schema):
            schema = inputs.get(name, {})
            if name in given:
                chosen[name] = given[name]
                continue
            if "default" in schema:
                chosen[name] = Fill(value=schema["default"])
                continue
            fed = self._feed(key, name, schema, parts, path | {key}, feeds)
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
        feeds: Mapping[str, Key],
    ) -> tuple[Parts, Key] | None:
        """Find who produces an input: a part that is there, or else the most fitting service."""
        output = output_for(name)
        used = {feeds[n] for n in feeds if output_for(n) == output}
        present = [
            part.key
            for part in parts.values()
            if part.key not in path
            and part.key not in used
            and self.produces(part.key, output, schema)
        ]
        if present:
            return parts, self._closest(key, present)
        best: tuple[float, Parts, Key] | None = None
        for producer in self._candidates(output, schema, used):
            kinship = self._kinship(key, producer)
            if not kinship and not self._asked_for(Part(key=producer, fills=self.fills(producer))):
                continue
            grown = self.with_service(producer, parts, path=path)
            if isinstance(grown, Lack):
                continue
            # Worth counts with what is being fed: words that it answers are answered already.
            fed = {one: Part(key=one, fills=self.fills(one)) for one in path}
            worth = self.worth({**grown, **fed}) + kinship
            if best is None or worth > best[0]:
                best = worth, grown, producer
        return None if best is None else (best[1], best[2])

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

    def _candidates(self, output: str, schema: schemas.Schema, used: set[Key]) -> Iterator[Key]:
        for listing_id in self._producers.get(output, ()):
            key = Key(listing_id)
            if not self.produces(key, output, schema) or self._passes_on(key, output):
                continue
            if key not in used:
                yield key
            elif self.fills(Key(listing_id, 1)) != self.fills(key):
                # The same service again, about the second thing that was named.
                yield Key(listing_id, 1)

    def _passes_on(self, key: Key, output: str) -> bool:
        """Whether a service needs the very thing it makes: a forecast makes a series of one."""
        return output in schemas.required_names(self.listing(key).input_schema)

    def _closest(self, key: Key, present: list[Key]) -> Key:
        """Of several producers, the one whose words stand in the consumer's own goal."""
        goal, items = self.goal_of(key), self.relevance.items
        own = self.relevance.meaning(self.listing(key))
        # What the consumer itself answers says nothing about whom it takes its data from.
        telling = [
            at
            for at, item in enumerate(items)
            if item.word is not None and item.word.goal == goal and own[at] < COVERED
        ]

        def words_of(other: Key) -> float:
            meaning = self.relevance.meaning(self.listing(other))
            taken = self.relevance.taken(self.fills(other).values())
            return sum(max(meaning[at], taken[at]) for at in telling)

        return max(present, key=words_of)

    def goal_of(self, key: Key) -> int:
        """The goal that a service answers best."""
        goals = range(len(self.relevance.reading.goals))
        return max(goals, key=lambda goal: self._in_goal(key, goal))

    def _in_goal(self, key: Key, goal: int) -> float:
        meaning = self.relevance.meaning(self.listing(key))
        named = sum(
            worth
            for worth, item in zip(meaning, self.relevance.items, strict=True)
            if item.word is not None and item.word.goal == goal
        )
        return named + self.relevance.similarity(key.listing, goal)

    def produces(self, key: Key, output: str, schema: schemas.Schema) -> bool:
        """Whether a service's output holds what is wanted, under that name."""
        made = schemas.properties_of(self.listing(key).output_schema).get(output)
        return made is not None and schemas.mismatch(made, schema) is None

    def finished(self, parts: Parts) -> Parts:
        """Let each part take from whom its own goal speaks of, and what else is there for it."""
        done: dict[Key, Part] = dict(parts)
        for key in parts:
            inputs = schemas.properties_of(self.listing(key).input_schema)
            for name, schema in inputs.items():
                part = done[key]
                optional = name not in part.feeds
                if name in part.fills or (optional and not _types(schema) & _STRUCTURES):
                    continue
                others = {feed for other, feed in part.feeds.items() if other != name}
                makers = [
                    maker
                    for maker in _with_first(part.feeds.get(name), done)
                    if maker not in others
                    and self.produces(maker, name if optional else output_for(name), schema)
                    and not _waits_for(maker, key, done)
                ]
                if makers:
                    feeds = {**part.feeds, name: self._closest(key, makers)}
                    done[key] = replace(part, feeds=feeds)
        return _in_order(done)


def _with_first(first: Key | None, parts: Parts) -> Iterator[Key]:
    if first is not None:
        yield first
    yield from (key for key in parts if key != first)


def _waits_for(key: Key, other: Key, parts: Parts) -> bool:
    """Whether ``key`` is, or takes anything from, ``other``."""
    return key == other or any(_waits_for(feed, other, parts) for feed in parts[key].feeds.values())


def _in_order(parts: Parts) -> Parts:
    """Put producers before what they feed; otherwise keep the order."""
    placed: dict[Key, Part] = {}

    def place(key: Key) -> None:
        for feed in parts[key].feeds.values():
            if feed not in placed:
                place(feed)
        placed.setdefault(key, parts[key])

    for key in parts:
        place(key)
    return placed


def output_for(name: str) -> str:
    """The output that fills an input: ``other_series`` is a series too."""
    return name.removeprefix("other_")


def _is_telling(name: str, fill: Fill) -> bool:
    return bool(fill.spans) and not fill.guessed and not name.endswith(("days", "months", "weeks"))


def _by_output(listings: Iterator[ServiceListing]) -> dict[str, list[ListingId]]:
    found: dict[str, list[ListingId]] = {}
    for listing in listings:
        for name in schemas.properties_of(listing.output_schema):
            found.setdefault(name, []).append(listing.id)
    return found


def _types(schema: schemas.Schema) -> frozenset[str]:
    stated = schema.get("type")
    if isinstance(stated, list):
        return frozenset(str(one) for one in stated)
    return frozenset({stated}) if isinstance(stated, str) else frozenset()
