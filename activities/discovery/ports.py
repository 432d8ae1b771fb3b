"""What discovery needs: a bazaar to read, a sense of meaning, an index, and our own record."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from domain.catalogue import ServiceListing
from domain.ids import Digest, ListingId

Vector = tuple[float, ...]
"""A text's meaning; of length 1, so that a dot product is a cosine."""


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class Skipped(Frozen):
    """A bazaar's item that could not be read, and why."""

    name: str
    reason: str


class BazaarRead(Frozen):
    """Everything one bazaar lists."""

    listings: tuple[ServiceListing, ...]
    skipped: tuple[Skipped, ...] = ()
    skipped_count: int = 0
    """All that were skipped; ``skipped`` names only the first of them."""


class IndexEntry(Frozen):
    """One listing as the index keeps it."""

    listing_id: ListingId
    digest: Digest
    """Of the text and the model that made the vector; another digest asks for a new vector."""
    vector: Vector


class Neighbour(Frozen):
    """A listing near to a vector."""

    listing_id: ListingId
    similarity: float
    """Cosine, at most 1."""


class Bazaar(Protocol):
    """Lists services for sale."""

    @property
    def url(self) -> str:
        """Which bazaar this is."""
        ...

    async def read(self) -> BazaarRead:
        """Read every listing; one that is malformed is skipped and counted.

        Raises:
            UpstreamUnavailable: The bazaar did not answer, or not in its own format.
        """
        ...


class TextEmbedder(Protocol):
    """Turns texts into vectors that are near when the texts mean alike."""

    @property
    def name(self) -> str:
        """The model; vectors of different models must never be compared."""
        ...

    async def dimensions(self) -> int:
        """How long its vectors are."""
        ...

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """Return one vector for each text, in order."""
        ...


class ListingIndex(Protocol):
    """Finds the listings nearest to a vector. A cache: it may be lost and filled again."""

    async def open(self, dimensions: int) -> None:
        """Make the index ready for vectors of this length; again is harmless."""
        ...

    async def digests(self) -> Mapping[ListingId, Digest]:
        """What the index holds."""
        ...

    async def put(self, entries: Sequence[IndexEntry]) -> None:
        """Insert or replace entries."""
        ...

    async def remove(self, listings: Sequence[ListingId]) -> None:
        """Forget listings; unknown ones are ignored."""
        ...

    async def nearest(self, vector: Vector, *, limit: int) -> Sequence[Neighbour]:
        """Return at most ``limit`` listings, nearest first."""
        ...

    async def vectors(self, listings: Sequence[ListingId]) -> Mapping[ListingId, Vector]:
        """Return the vectors of those listings that are known."""
        ...


class TrackRecord(Protocol):
    """How the calls we paid for ourselves ended."""

    async def outcomes(self) -> Mapping[ListingId, tuple[int, int]]:
        """Return delivered and failed calls by listing; a listing never called is left out."""
        ...
