"""Everything the demo sellers sell, and which wallets are paid."""

from typing import Any, Final

from deploy.services import bad_listings
from deploy.services.evm_wallets import SHOP
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
    vault,
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
    vault,
)
"""Modules that sell, in the order of the catalogue."""

LISTINGS: Final[tuple[Listing[Any], ...]] = tuple(
    listing for family in FAMILIES for listing in family.LISTINGS
)
"""Every paid endpoint."""

SELLERS: Final = (
    *dict.fromkeys(listing.seller for listing in LISTINGS),
    *bad_listings.SELLERS,
)
"""Every wallet that is paid; those of bad listings too, for one of them keeps what it gets."""

REFUNDING: Final = frozenset({"abacus", "atelier"})
"""Sellers that give money back, for everything they sell.

A payment names no URL, only a wallet; so the promise is the wallet's and not one listing's.
"""

ALSO_EVM: Final = frozenset(
    {
        "/convert/units",
        "/charts/png",
        "/text/count",
        "/finance/loan",
        "/vault/certificate",
        "/vault/ticket",
    }
)
"""What may be paid on the EVM network too, if the sellers have one; Solana is listed first."""

EVM_SELLERS: Final = (
    SHOP,
    *sorted({listing.seller for listing in LISTINGS if listing.path in ALSO_EVM}),
)
"""Every wallet that is paid on the EVM network."""

EVM_REFUNDING: Final = frozenset({SHOP, *REFUNDING}) & frozenset(EVM_SELLERS)
"""Those of them that give money back, and need gas to do so."""

SIGNING: Final = frozenset({"/vault/certificate"})
"""What is given again to the wallet that paid for it."""

NAMED: Final = frozenset({"/vault/ticket"})
"""What is given again to the payment that was given a name."""
