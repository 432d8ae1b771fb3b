"""What of a listing is searched: by meaning the words it describes itself with, by words all."""

from collections.abc import Sequence
from typing import Final

from domain import schemas
from domain.catalogue import ServiceListing

SHORT_DESCRIPTION_CHARACTERS: Final = 20
"""Below this a description says too little, and the name is searched by meaning too."""


def searchable_text(listing: ServiceListing) -> str:
    """What of a listing is compared with a request by meaning.

    The seller's name is left out where the description speaks for itself: measured, invented
    names only blur the meaning. By words it is found all the same.
    """
    return description_text(listing.name, listing.description, listing.tags)


def description_text(name: str, description: str, tags: Sequence[str]) -> str:
    """The same of what a seller says."""
    short = len(description) < SHORT_DESCRIPTION_CHARACTERS
    parts = [name if short else "", description, ", ".join(tags)]
    return " ".join(part for part in parts if part)


def worded_text(listing: ServiceListing) -> str:
    """What of a listing is compared with a request word by word."""
    takes = schemas.properties_of(listing.input_schema)
    gives = schemas.properties_of(listing.output_schema)
    return " ".join([listing.name, listing.description, *listing.tags, *takes, *gives])
