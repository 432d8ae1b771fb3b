"""The services that could be bought, as one request sees them: fills, goals and links."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from activities.planning.evidence import Evidence
from activities.planning.linking import Link, links
from activities.planning.parts import Key, Part
from activities.planning.relevance import Relevance
from domain import ranking, schemas
from domain.arguments import fills_from
from domain.catalogue import RankedListing, ServiceListing
from domain.drafting import Shortlist
from domain.ids import ListingId
from domain.roles import name_words
from domain.values import Fill
from domain.words import mentions, vocabulary

KINSHIP_WORTH: Final = 0.25
"""Most that shared words of two services' texts may decide: less than one word of the request."""

KIN_WORDS: Final = 5
"""Shared words that count in full; a stranger's text of a thousand words counts no more."""

NAMED_WORTH: Final = 0.1
"""What naming an output adds to its fit: of two texts, the one that the goal speaks of."""

POINTING_BACK: Final = re.compile(
    r"\b(?:it|its|them|their|this|that|these|those|each|every|all|both|results?|output|one|so)\b",
    re.IGNORECASE,
)
"""Words that point back to what came before."""

SEVERAL: Final = re.compile(r"\b(?:them|their|these|those|each|every|all)\b", re.IGNORECASE)
_EACH: Final = re.compile(
    r"\b(?:each|every|one by one|individually|separately|all of (?:them|the|these|those)|"
    r"for all)\b",
    re.IGNORECASE,
)


class Candidates:
    """What is known of each service of one shortlist for one request."""

    def __init__(self, relevance: Relevance, shortlist: Shortlist) -> None:
        self.relevance = relevance
        self.ranked: Mapping[ListingId, RankedListing] = {
            one.listing.id: one for one in shortlist.candidates
        }
        self._jobs = {one: job for job in shortlist.jobs for one in job}
        self._fills: dict[Key, dict[str, Fill]] = {}
        self._links: dict[tuple[ListingId, ListingId, str, bool], tuple[Link, ...]] = {}
        self._goals: dict[ListingId, int] = {}
        self.evidence = Evidence(relevance, self.ranked, lambda one: self.fills(Key(one)))

    def listings(self) -> Iterator[ServiceListing]:
        """Every candidate, best first."""
        return (one.listing for one in self.ranked.values())

    def listing(self, key: Key) -> ServiceListing:
        """The service of a part."""
        return self.ranked[key.listing].listing

    def same_job(self, listing: ListingId) -> Sequence[ListingId]:
        """The candidates that do the job of one, itself among them."""
        return self._jobs.get(listing, (listing,))

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

    def links_to(
        self, maker: Part, key: Key, name: str, schema: schemas.Schema
    ) -> tuple[Link, ...]:
        """Ways from a part's output to an input, best first, as the input's goal speaks of it."""
        mapped = maker.over is not None
        at = maker.key.listing, key.listing, name, mapped
        if at not in self._links:
            listing = self.listing(maker.key)
            output, made_by = listing.output_schema, f"{listing.name}. {listing.description}"
            if mapped:
                output = {"type": "array", "items": output}
            self._links[at] = self._preferred(key, links(output, name, schema, made_by=made_by))
        return self._links[at]

    def _preferred(self, key: Key, found: tuple[Link, ...]) -> tuple[Link, ...]:
        """For each item where the goal says so; otherwise one value, or all of them in one."""
        text = self.relevance.reading.goals[self.goal_of(key)]
        each, several = _EACH.search(text), SEVERAL.search(text)
        said = vocabulary(text)

        def worth(link: Link) -> float:
            field = name_words(link.path.rpartition(".")[2])
            return link.fit + (NAMED_WORTH if any(mentions(word, said) for word in field) else 0.0)

        found = tuple(sorted(found, key=worth, reverse=True))
        plain = [link for link in found if link.items is None]
        mapped = [link for link in found if link.items is not None]
        if each and mapped:
            return (*mapped, *plain)
        if several and mapped and all("[0]" in link.path for link in plain):
            return (*mapped, *plain)
        return tuple(plain)

    def points_back(self, key: Key) -> bool:
        """Whether the goal of a service speaks of what another one makes."""
        return POINTING_BACK.search(self.relevance.reading.goals[self.goal_of(key)]) is not None

    def kinship(self, consumer: Key, producer: Key) -> float:
        """How much two services speak of the same; decides between otherwise equal producers."""
        shared = ranking.shared_words(self.listing(consumer), self.listing(producer))
        return KINSHIP_WORTH * min(shared, KIN_WORDS) / KIN_WORDS

    def goal_of(self, key: Key) -> int:
        """The goal that a service answers best."""
        if key.listing not in self._goals:
            reading = self.relevance.reading
            # What somebody only tells is nobody's goal, however much a service is like it.
            goals = [at for at in range(len(reading.goals)) if at not in reading.context] or [0]
            self._goals[key.listing] = max(goals, key=lambda goal: self._in_goal(key, goal))
        return self._goals[key.listing]

    def is_before(self, one: Key, other: Key) -> bool:
        """Whether a request asks for one service before another."""
        first, second = self.goal_of(one), self.goal_of(other)
        if first != second:
            return first < second
        meanings = [self.relevance.meaning(self.listing(key)) for key in (one, other)]
        spoken = [
            (item.start, ours - theirs)
            for item, ours, theirs in zip(self.relevance.items, *meanings, strict=True)
            if item.word is not None and item.word.goal == first
        ]
        own = min((start for start, lead in spoken if lead > 0), default=None)
        others = min((start for start, lead in spoken if lead < 0), default=None)
        return own is not None and others is not None and own < others

    def _in_goal(self, key: Key, goal: int) -> float:
        meaning = self.relevance.meaning(self.listing(key))
        named = sum(
            worth
            for worth, item in zip(meaning, self.relevance.items, strict=True)
            if item.word is not None and item.word.goal == goal
        )
        return named + self.relevance.similarity(key.listing, goal)
