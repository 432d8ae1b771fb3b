"""Everything the demo sellers sell, and which wallets are paid."""

from typing import Any, Final

from deploy.services.families import (
    analytics,
    calendars,
    charts,
    checks,
    dex,
    documents,
    images,
    markets,
    places,
    reports,
    sums,
    tables,
    texts,
)
from deploy.services.listing import Listing

FAMILIES: Final = (
    dex,
    analytics,
    charts,
    reports,
    texts,
    documents,
    tables,
    images,
    places,
    markets,
    calendars,
    sums,
    checks,
)
"""Modules that sell, in the order of the catalogue."""

LISTINGS: Final[tuple[Listing[Any], ...]] = tuple(
    listing for family in FAMILIES for listing in family.LISTINGS
)
"""Every paid endpoint."""

SELLERS: Final = tuple(dict.fromkeys(listing.seller for listing in LISTINGS))
"""Every wallet that is paid."""

REFUNDING: Final = frozenset({"abacus", "atelier"})
"""Sellers that give money back, for everything they sell.

A payment names no URL, only a wallet; so the promise is the wallet's and not one listing's.
"""
