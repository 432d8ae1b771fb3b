"""How like each phrase of a request the listings are, by meaning and by words at once."""

from collections.abc import Iterable, Mapping, Sequence
from operator import mul
from typing import Final

from activities.discovery.catalogue import Known, ListingCatalogue
from activities.discovery.ports import Held, Hit, Lookup, Vector
from activities.discovery.sparse import Wanted, confidence, coverage, query_words, wanted_words
from domain.fitting import Given, fit
from domain.ids import ListingId
from domain.scoring import Match, similarity

LEAST_POOL: Final = 24
"""Listings taken from each side for one phrase, before they are compared by both."""

RARE: Final = 5.4
"""BM25 weight of a word that one in 200 listings says: as telling as a word needs to be. Fixed, so
that nobody changes another's score by listing more."""

WHOLE_SHARE: Final = 0.3
"""What the likeness to a whole request counts beside that to its best part. Measured on two
bazaars: parts alone favour who says one word of small talk, wholes alone lose a second job."""

Matches = Mapping[ListingId, Match]


async def matches(
    catalogue: ListingCatalogue,
    texts: Sequence[str],
    vectors: Sequence[Vector],
    *,
    limit: int = LEAST_POOL,
    usable: bool = True,
    given: Given | None = None,
) -> list[Matches]:
    """Find what is like each text, best first.

    What only one side found is compared by the other as well, so that nothing ranks by half of
    what is known of it.

    Args:
        catalogue: What is searched.
        texts: Phrases of a request, as ``asked_for`` puts them.
        vectors: Their meanings.
        limit: Listings taken from each side.
        usable: Whether to look among what passed the gates, or among what did not.
        given: The values in the request, where matches of different texts are to be compared;
            then the words of short texts count less as well.
    """
    asked = [Lookup(vector, limit, usable) for vector in vectors]
    asked += [Lookup(query_words(text), limit, usable) for text in texts]
    hits = await catalogue.search(asked)
    meant, worded = hits[: len(texts)], hits[len(texts) :]
    known = await catalogue.known(hit.listing_id for found in hits for hit in found)
    lone = {
        hit.listing_id
        for near, said in zip(meant, worded, strict=True)
        for hit in _beyond(said, near)
    }
    held = await catalogue.held(sorted(lone))
    return [
        _joined(wanted_words(text), vector, near, said, known=known, held=held, given=given)
        for text, vector, near, said in zip(texts, vectors, meant, worded, strict=True)
    ]


async def whole_matches(
    catalogue: ListingCatalogue,
    texts: Sequence[str],
    vectors: Sequence[Vector],
    *,
    limit: int,
    given: Given,
) -> dict[ListingId, Match]:
    """Find what is like a whole request, the first of ``texts``, of which the others are parts."""
    whole, *parts = await matches(catalogue, texts, vectors, limit=limit, given=given)
    return with_whole(whole, parts)


def cosine(one: Vector, other: Vector) -> float:
    """How alike two meanings are. A search asks this hundreds of times: no loop in Python."""
    alike: float = sum(map(mul, one, other))
    return alike


def best_of(found: Iterable[Matches]) -> dict[ListingId, Match]:
    """For each listing its best match."""
    best: dict[ListingId, Match] = {}
    for one in found:
        for listing, match in one.items():
            if listing not in best or similarity(match) > similarity(best[listing]):
                best[listing] = match
    return best


def with_whole(whole: Matches, parts: Iterable[Matches]) -> dict[ListingId, Match]:
    """For each listing its best match with a part, moved towards its match with the whole."""
    lowest = min((match.meaning for match in whole.values()), default=0.0)
    found: dict[ListingId, Match] = {}
    for listing, best in best_of([whole, *parts]).items():
        other = whole.get(listing, Match(min(lowest, best.meaning), 0.0))
        found[listing] = best._replace(
            meaning=best.meaning + WHOLE_SHARE * (other.meaning - best.meaning),
            words=best.words + WHOLE_SHARE * (other.words - best.words),
        )
    return found


def _beyond(said: Sequence[Hit], near: Sequence[Hit]) -> list[Hit]:
    seen = {hit.listing_id for hit in near}
    return [hit for hit in said if hit.listing_id not in seen]


def _joined(
    wanted: Sequence[Wanted],
    vector: Vector,
    near: Sequence[Hit],
    said: Sequence[Hit],
    *,
    known: Mapping[ListingId, Known],
    held: Mapping[ListingId, Held],
    given: Given | None,
) -> Matches:
    meanings = {hit.listing_id: hit.score for hit in near}
    for hit in said:
        if hit.listing_id not in meanings and hit.listing_id in held:
            meanings[hit.listing_id] = cosine(vector, held[hit.listing_id].vector)
    # The index may be shared, or still hold what vanished a moment ago.
    sure = 1.0 if given is None else confidence(wanted)
    heard = {i: known[i].stems for i in meanings if i in known}
    unheard = {w.stem for w in wanted} - {stem for stems in heard.values() for stem in stems}
    most = RARE * max(len(wanted), 1)
    weighed = {hit.listing_id: min(hit.score / most, 1.0) for hit in said}
    found = {
        i: Match(
            meanings[i],
            sure * (coverage(wanted, stems, unheard=unheard) + weighed.get(i, 0.0)) / 2,
            0.0 if given is None else fit(known[i].needs, given),
        )
        for i, stems in heard.items()
    }
    return dict(sorted(found.items(), key=lambda item: (-similarity(item[1]), item[0])))
