"""Choosing, among what was found, the few services that could take part in a plan."""

from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from typing import Final

from activities.discovery.catalogue import ListingCatalogue
from activities.discovery.hybrid import Matches
from activities.discovery.meanings import cosines, vector_of
from activities.discovery.ports import Lookup, Vector
from domain import ranking, schemas
from domain.catalogue import ServiceListing
from domain.goals import Phrase, Reading
from domain.ids import ListingId
from domain.producing import is_telling, output_names, produced_inputs
from domain.scoring import Match, similarity

MAX_CANDIDATES: Final = 40
"""Services in one shortlist: enough for any plan, few enough for a language model to read."""

FOR_GOAL: Final = 6
"""Candidates kept for a goal or a phrase of it."""

FOR_WORD: Final = 3
"""Candidates kept for a single word."""

FOR_INPUT: Final = 6
"""Candidates kept for one input that another service has to produce."""

NEAR: Final = 0.35
"""Cosine from which a producer may be kept though it shares no word with its consumer."""

KIN_WORTH: Final = 0.15
"""What one word that producer and consumer share adds to a cosine."""

KIN_WORDS: Final = 5
"""Shared words that count."""

PRODUCER_DEPTH: Final = 3
"""How many services may stand one behind the other to feed what was asked for."""

PRODUCERS_ASKED: Final = 24
"""Producers of one output looked at, nearest to their consumer and to each goal."""

MAX_GOALS_ASKED: Final = 5
"""Goals whose nearest producers are looked for."""

WORTH_KEEPING: Final = 0.02
"""Least similarity of a candidate; below it the order is noise."""

Passed = Mapping[ListingId, ServiceListing]
Admit = Callable[[Sequence[ListingId]], Awaitable[Passed]]
"""Judges listings that were not among the found: returns those that pass the gates."""


def nearest(
    reading: Reading, near: Sequence[Matches], passed: Container[ListingId]
) -> tuple[list[ListingId], list[ListingId]]:
    """Pick what each phrase is nearest to: the first picks, and the rest that follow producers."""
    chosen: dict[ListingId, None] = {}
    for phrase, found in zip(reading.phrases, near, strict=True):
        keep = FOR_WORD if is_word(phrase) else FOR_GOAL
        good = [i for i, m in found.items() if i in passed and similarity(m) >= WORTH_KEEPING]
        chosen.update(dict.fromkeys(good[:keep]))
    first = list(chosen)[: MAX_CANDIDATES * 2 // 3]
    return first, list(chosen)[len(first) :]


def is_word(phrase: Phrase) -> bool:
    """Whether a phrase is a single word."""
    return " " not in phrase.text


class Feeders:
    """Finds, level by level, what could produce the inputs of what was chosen."""

    def __init__(
        self,
        catalogue: ListingCatalogue,
        *,
        goals: Sequence[Vector],
        best: Mapping[ListingId, Match],
        admit: Admit,
    ) -> None:
        self._catalogue = catalogue
        self._goals = goals[:MAX_GOALS_ASKED]
        self._best = best
        self._admit = admit

    async def of(self, chosen: Passed) -> dict[ListingId, ServiceListing]:
        """Return what feeds ``chosen``, nearest level first."""
        found: dict[ListingId, ServiceListing] = {}
        level = dict(chosen)
        for _ in range(PRODUCER_DEPTH):
            added = await self._level(level, seen={*chosen, *found})
            found |= added
            level = added
        return found

    async def _level(
        self, consumers: Passed, *, seen: set[ListingId]
    ) -> dict[ListingId, ServiceListing]:
        wants = [
            (consumer, name, schema)
            for consumer in consumers.values()
            for name, schema in produced_inputs(consumer.input_schema)
        ]
        if not wants:
            return {}
        meanings = await self._catalogue.meanings({consumer.id for consumer, _, _ in wants})
        vectors = {i: vector_of(one) for i, one in meanings.items()}
        asked = [
            Lookup(vector, PRODUCERS_ASKED, output=output)
            for consumer, name, schema in wants
            if consumer.id in vectors
            for output in output_names(name, schema)
            for vector in (vectors[consumer.id], *self._goals)
        ]
        hits = await self._catalogue.search(asked)
        by_output: dict[str, dict[ListingId, None]] = {}
        for lookup, found in zip(asked, hits, strict=True):
            output = lookup.output or ""
            by_output.setdefault(output, {}).update(dict.fromkeys(hit.listing_id for hit in found))
        near = await self._nearness({one for found in by_output.values() for one in found})
        added: dict[ListingId, ServiceListing] = {}
        for consumer, name, schema in wants:
            outputs = output_names(name, schema)
            fitting = dict.fromkeys(i for one in outputs for i in by_output.get(one, ()))
            producers = await self._admit(list(fitting))
            added |= _best_feeders(consumer, name, schema, producers, near, seen)
        return added

    async def _nearness(self, listings: set[ListingId]) -> dict[ListingId, float]:
        """How near each is to the request; by its best phrase, else by the goals."""
        near = {i: self._best[i].meaning for i in listings if i in self._best}
        meanings = await self._catalogue.meanings(sorted(listings - near.keys()))
        if not self._goals:
            return near | dict.fromkeys(meanings, 0.0)
        alike = [cosines(list(meanings.values()), goal) for goal in self._goals]
        return near | dict(zip(meanings, map(max, zip(*alike, strict=True)), strict=True))


def _best_feeders(
    consumer: ServiceListing,
    name: str,
    schema: schemas.Schema,
    producers: Passed,
    near: Mapping[ListingId, float],
    seen: set[ListingId],
) -> dict[ListingId, ServiceListing]:
    fitting: list[tuple[float, ListingId]] = []
    for listing_id, producer in producers.items():
        outputs = schemas.properties_of(producer.output_schema)
        known = [outputs[one] for one in output_names(name, schema) if one in outputs]
        if listing_id in seen or all(schemas.mismatch(one, schema) is not None for one in known):
            continue
        shared = min(ranking.shared_words(consumer, producer), KIN_WORDS)
        if shared or is_telling(name, schema) or near.get(listing_id, 0.0) >= NEAR:
            fitting.append((-(near.get(listing_id, 0.0) + KIN_WORTH * shared), listing_id))
    return {i: producers[i] for _, i in sorted(fitting)[:FOR_INPUT]}
