"""One service listed again and again: the same payee, the same words."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from domain import schemas
from domain.catalogue import ServiceListing
from domain.ids import ListingId

_LEAST_TELLING: Final = 20
"""Letters of a description below which the name must be the same as well."""

_NO_LETTER: Final = re.compile(r"[\W_]+")

Twins = Mapping[ListingId, ListingId]
Worth = Mapping[ListingId, float]
Identity = tuple[str, str, frozenset[str], frozenset[str]]


def identity_of(listing: ServiceListing) -> Identity:
    """What another listing of the same service has as well.

    Args:
        listing: With the terms that can be paid, of which there is at least one.
    """
    words = _plain(listing.description)
    if len(words) < _LEAST_TELLING:
        words = f"{_plain(listing.name)} {words}"
    return (
        min(terms.pay_to for terms in listing.accepts),
        words,
        # A seller may describe two doors with one sentence; what they take tells them apart.
        frozenset(schemas.properties_of(listing.input_schema)),
        frozenset(schemas.properties_of(listing.output_schema)),
    )


def twins_among(
    identities: Mapping[ListingId, Identity], worth: Callable[[Sequence[ListingId]], Worth]
) -> Twins:
    """Map each listing that is another one listed again to the one that is kept.

    The same words from another payee are a competitor, not the same service.

    Args:
        identities: Of the listings that may be chosen.
        worth: Scores those that are doubles at all; the best of a group is kept, of equals the
            first by id.
    """
    groups: dict[Identity, list[ListingId]] = {}
    for listing_id, identity in identities.items():
        groups.setdefault(identity, []).append(listing_id)
    doubles = [group for group in groups.values() if len(group) > 1]
    if not doubles:
        return {}
    value = worth([one for group in doubles for one in group])
    twins: dict[ListingId, ListingId] = {}
    for group in doubles:
        first, *others = sorted(group, key=lambda one: (-value.get(one, 0.0), one))
        twins |= dict.fromkeys(others, first)
    return twins


def twin_reason(kept: ServiceListing) -> str:
    """Say what a twin is refused for."""
    return f"the same service as {kept.name} at {kept.url}, listed again"


def _plain(text: str) -> str:
    return _NO_LETTER.sub(" ", text.casefold()).strip()
