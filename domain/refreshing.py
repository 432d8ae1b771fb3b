"""Reading bazaars again: what is asked for, how far it came, and what came of it."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Base of the immutable models of this module."""

    model_config = ConfigDict(frozen=True)


class BazaarsNamed(Frozen):
    """The bazaars of an installation, the most trusted first."""

    urls: tuple[str, ...]


class RefreshBazaar(Frozen):
    """Read one bazaar into the book; one that was interrupted is gone on with."""

    bazaar: str


class ImportProgress(Frozen):
    """How far the reading of one bazaar has come."""

    bazaar: str
    pages: int
    listings: int


class IndexProgress(Frozen):
    """How many listings were made searchable so far."""

    indexed: int


class BazaarRefreshed(Frozen):
    """What reading one bazaar changed; of an import that was gone on with, from its beginning.

    Each listing, item and tool counts once, however often it is listed.
    """

    bazaar: str
    new: int = 0
    changed: int = 0
    same: int = 0
    removed: int = 0
    quarantined: int = 0
    """Items that are kept out."""
    tools: int = 0
    """MCP tools, which are listed and not bought."""
    pages: int = 0
    note: str = ""
    """Why this is not all that the bazaar has, so that nothing was removed."""
    problem: str = ""
    """Why it could not be read; what was known of it stays."""


class CatalogueRefreshed(Frozen):
    """How one reading of all bazaars went."""

    bazaars: tuple[BazaarRefreshed, ...]
    indexed: int = 0
    """Listings that were made searchable anew."""
    index_problem: str = ""
    """Why not all are searchable yet; the next search or refresh goes on with it."""


class CatalogueIndexed(Frozen):
    """What was made searchable."""

    indexed: int
