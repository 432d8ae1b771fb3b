"""What stands for choice in one search, and what was ruled out on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from activities.discovery.known import Known
from domain.catalogue import Gate, Refusal, ServiceListing
from domain.ids import ListingId
from domain.scoring import Match, similarity

MAX_REFUSED: Final = 50
"""Refused services that are named."""

Refusals = tuple[Refusal, ...]


@dataclass
class Ground:
    """Those that stand, those that are refused, and how like the request both are."""

    known: dict[ListingId, Known] = field(default_factory=dict)
    """Those that may be chosen."""
    best: dict[ListingId, Match] = field(default_factory=dict)
    refused: dict[ListingId, Refusal] = field(default_factory=dict)

    @property
    def listings(self) -> Mapping[ListingId, ServiceListing]:
        """Those that may be chosen, as they are listed."""
        return {i: one.listing for i, one in self.known.items()}

    def refuse(self, listing: ServiceListing, gate: Gate, reason: str) -> None:
        """Rule one out; the first reason stays."""
        self.known.pop(listing.id, None)
        if listing.id not in self.refused:
            self.refused[listing.id] = Refusal(
                listing_id=listing.id, name=listing.name, reason=reason, gate=gate
            )

    def keep_likest(self, most: int) -> None:
        """Leave out what will not be shown: comparing costs by the square of how many there are."""
        order = sorted(self.known, key=lambda i: (-similarity(self.best[i]), i))
        self.known = {i: self.known[i] for i in order[:most]}

    def refusals(self) -> Refusals:
        """Best first: what would have been chosen but for the gate."""

        def key(one: Refusal) -> tuple[float, str]:
            match = self.best.get(one.listing_id)
            return (-similarity(match) if match else 0.0, one.listing_id)

        return tuple(sorted(self.refused.values(), key=key)[:MAX_REFUSED])
