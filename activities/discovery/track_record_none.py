"""Track record of an installation that keeps none: nothing was ever bought."""

from collections.abc import Mapping

from domain.ids import ListingId


class NoTrackRecord:
    """Knows of no calls, so that scores rest on hearsay and say so."""

    async def outcomes(self) -> Mapping[ListingId, tuple[int, int]]:
        """Return nothing."""
        return {}
