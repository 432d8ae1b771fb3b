"""What discovery needs: a bazaar to read, a sense of meaning, an index, an unpaid look."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict

from domain.catalogue import ServiceListing
from domain.errors import UpstreamUnavailable
from domain.ids import Digest, ListingId
from domain.probing import Sighting

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


class SparseVector(NamedTuple):
    """A text as weighed words: each word's number once, with what it counts."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


class IndexEntry(NamedTuple):
    """One listing as the index keeps it."""

    listing_id: ListingId
    digest: Digest
    """Of the text and the model that made the vector; another digest asks for a new vector."""
    vector: Vector
    words: SparseVector
    usable: bool = True
    """Whether it passed the gates that need no question; others are kept to be named only."""
    outputs: tuple[str, ...] = ()
    """Names of what it gives."""


class Held(NamedTuple):
    """What the index holds of one listing."""

    digest: Digest
    vector: Vector


class IndexState(NamedTuple):
    """How far the index has followed the book."""

    mark: int
    """Of the last change that it holds."""
    rules: Digest
    """Of the model, the gates and the words that entries were made by."""


class Lookup(NamedTuple):
    """One question to the index: by meaning or by words, among the usable or the refused."""

    by: Vector | SparseVector
    limit: int
    usable: bool = True
    output: str | None = None
    """Only listings that give something of this name."""


class Hit(NamedTuple):
    """A listing that was found."""

    listing_id: ListingId
    score: float
    """By meaning: the cosine, at most 1. By words: the BM25 score, from 0."""


class BazaarPage(Frozen):
    """One page as a bazaar publishes it: nothing in it was looked at."""

    items: tuple[Any, ...]
    cursor: str
    """Where the next page is; empty behind the last one."""
    note: str = ""
    """Why the pages so far are not all that the bazaar has; empty while they may be."""


class CursorForgotten(UpstreamUnavailable):
    """A bazaar answers, but does not know its own cursor any more: only its beginning is left."""


class Bazaar(Protocol):
    """Lists services for sale."""

    @property
    def url(self) -> str:
        """Which bazaar this is."""
        ...

    async def page(self, cursor: str) -> BazaarPage:
        """Read one page; the first one where ``cursor`` is empty. Following cursors ends.

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
    """Finds listings by meaning and by words. A cache: it may be lost and filled again."""

    async def open(self, dimensions: int) -> None:
        """Make the index ready for vectors of this length; again is harmless."""
        ...

    async def state(self) -> IndexState | None:
        """What ``remember`` was last told, durably; ``None`` for a new index."""
        ...

    async def remember(self, state: IndexState) -> None:
        """Keep how far the index has come."""
        ...

    async def count(self) -> int:
        """How many listings it holds."""
        ...

    async def digests(self) -> Mapping[ListingId, Digest]:
        """Everything that the index holds; slow, for it reads it all."""
        ...

    async def put(self, entries: Sequence[IndexEntry]) -> None:
        """Insert or replace entries, durably."""
        ...

    async def remove(self, listings: Sequence[ListingId]) -> None:
        """Forget listings; unknown ones are ignored."""
        ...

    async def search(self, asked: Sequence[Lookup]) -> Sequence[Sequence[Hit]]:
        """Answer each question with at most its limit of listings, best first."""
        ...

    async def held(self, listings: Sequence[ListingId]) -> Mapping[ListingId, Held]:
        """Return what is held of those listings that are known."""
        ...

    async def is_unbuilt(self) -> bool:
        """Whether searches would be faster after ``build``."""
        ...

    async def build(self) -> None:
        """Make searches among many listings fast. Takes minutes; others may search meanwhile.

        May be interrupted or fail without harm: searches stay as slow as they were.
        """
        ...


class Refresher(Protocol):
    """Reads the bazaars into the book."""

    async def refresh_all(self) -> None:
        """Read every bazaar that can be read.

        Raises:
            UpstreamUnavailable: None of them answered.
            Misconfigured: None is configured.
        """
        ...


class Prober(Protocol):
    """Asks sellers for their price, paying nothing."""

    async def look(self, listing: ServiceListing) -> Sighting:
        """Ask one seller with its own example; whatever comes of it is a sighting."""
        ...
