"""One service listed again and again: the same payee, the same words."""

import re
from collections.abc import Mapping
from typing import Final

from domain import schemas
from domain.catalogue import ServiceListing
from domain.ids import ListingId

_LEAST_TELLING: Final = 20
"""Letters of a description below which the name must be the same as well."""

_NO_LETTER: Final = re.compile(r"[\W_]+")

Twins = Mapping[ListingId, ListingId]


def twins_among(
    listings: Mapping[ListingId, ServiceListing], worth: Mapping[ListingId, float]
) -> Twins:
    """Map each listing that is another one listed again to the one that is kept.

    The same words from another payee are a competitor, not the same service.

    Args:
        listings: With only the terms that can be paid.
        worth: Score of each; the best of a group is kept, of equals the first by id.
    """
    kept: dict[tuple[object, ...], ListingId] = {}
    twins: dict[ListingId, ListingId] = {}
    for listing_id in sorted(listings, key=lambda one: (-worth.get(one, 0.0), one)):
        listing = listings[listing_id]
        if not listing.accepts:
            continue
        first = kept.setdefault(_identity(listing), listing_id)
        if first != listing_id:
            twins[listing_id] = first
    return twins


def twin_reason(kept: ServiceListing) -> str:
    """Say what a twin is refused for."""
    return f"the same service as {kept.name} at {kept.url}, listed again"


def _identity(listing: ServiceListing) -> tuple[object, ...]:
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


def _plain(text: str) -> str:
    return _NO_LETTER.sub(" ", text.casefold()).strip()
