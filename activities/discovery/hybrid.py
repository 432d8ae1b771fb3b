"""How like each phrase of a request the listings are, by meaning and by words at once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from activities.discovery.catalogue import ListingCatalogue
from activities.discovery.known import Known
from activities.discovery.meanings import Meaning, cosines
from activities.discovery.ports import Hit, Lookup, Vector
from activities.discovery.sparse import confidence, coverages, query_words, wanted_words
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


class Sought(NamedTuple):
    """One text to find listings for."""

    text: str
    """A phrase of a request, as ``asked_for`` puts it."""
    vector: Vector
    """Its meaning."""
    limit: int = LEAST_POOL
    """Listings taken from each side."""
    usable: bool = True
    """Whether to look among what passed the gates, or among what did not."""
    given: Given | None = None
    """The values in the request, where matches of different texts are to be compared; then the
    words of short texts count less as well."""


async def matches(catalogue: ListingCatalogue, sought: Sequence[Sought]) -> list[Matches]:
    """Find what is like each text, best first; all of them in one question to the index.

    What only one side found is compared by the other as well, so that nothing ranks by half of
    what is known of it.
    """
    asked = [Lookup(one.vector, one.limit, one.usable) for one in sought]
    asked += [Lookup(query_words(one.text), one.limit, one.usable) for one in sought]
    hits = await catalogue.search(asked)
    meant, worded = hits[: len(sought)], hits[len(sought) :]
    known = await catalogue.known(hit.listing_id for found in hits for hit in found)
    lone = {
        hit.listing_id
        for near, said in zip(meant, worded, strict=True)
        for hit in _beyond(said, near)
    }
    meanings = await catalogue.meanings(sorted(lone))
    return [
        _joined(one, near, said, known=known, meanings=meanings)
        for one, near, said in zip(sought, meant, worded, strict=True)
    ]


def whole_of(found: Sequence[Matches]) -> dict[ListingId, Match]:
    """What is like a whole request, from what is like it, the first, and like its parts.

    Of each listing its best match with a part, moved towards its match with the whole.
    """
    whole, *parts = found
    if not parts:
        return dict(whole)
    lowest = min((match.meaning for match in whole.values()), default=0.0)
    joined: dict[ListingId, Match] = {}
    for listing, best in best_of(found).items():
        other = whole.get(listing, Match(min(lowest, best.meaning), 0.0))
        joined[listing] = best._replace(
            meaning=best.meaning + WHOLE_SHARE * (other.meaning - best.meaning),
            words=best.words + WHOLE_SHARE * (other.words - best.words),
        )
    return joined


def best_of(found: Iterable[Matches]) -> dict[ListingId, Match]:
    """For each listing its best match."""
    best: dict[ListingId, Match] = {}
    for one in found:
        for listing, match in one.items():
            if listing not in best or similarity(match) > similarity(best[listing]):
                best[listing] = match
    return best


def _beyond(said: Sequence[Hit], near: Sequence[Hit]) -> list[Hit]:
    seen = {hit.listing_id for hit in near}
    return [hit for hit in said if hit.listing_id not in seen]


def _joined(
    sought: Sought,
    near: Sequence[Hit],
    said: Sequence[Hit],
    *,
    known: Mapping[ListingId, Known],
    meanings: Mapping[ListingId, Meaning],
) -> Matches:
    wanted, given = wanted_words(sought.text), sought.given
    meant = {hit.listing_id: hit.score for hit in near}
    lone = [one.listing_id for one in _beyond(said, near) if one.listing_id in meanings]
    alike = cosines([meanings[i] for i in lone], sought.vector)
    meant |= dict(zip(lone, alike, strict=True))
    # The index may be shared, or still hold what vanished a moment ago.
    heard = {i: known[i].stems for i in meant if i in known}
    unheard = {w.stem for w in wanted if not any(w.stem in stems for stems in heard.values())}
    sure = 1.0 if given is None else confidence(wanted)
    most = RARE * max(len(wanted), 1)
    weighed = {hit.listing_id: min(hit.score / most, 1.0) for hit in said}
    covered = coverages(wanted, heard.values(), unheard=unheard)
    found = {
        i: Match(
            meant[i],
            sure * (share + weighed.get(i, 0.0)) / 2,
            0.0 if given is None else fit(known[i].needs, given),
        )
        for i, share in zip(heard, covered, strict=True)
    }
    return dict(sorted(found.items(), key=lambda item: (-similarity(item[1]), item[0])))
