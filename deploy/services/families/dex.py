"""Trading volume of decentralised exchanges, from sample data."""

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from deploy.services.families.sample_data import dataset, series, walk
from deploy.services.listing import Listing
from deploy.services.vocabulary import Dataset, Days, Series, Table, Words

Chain = Literal["solana", "ethereum", "base"]

PROTOCOLS: Final[dict[str, dict[str, float]]] = {
    "solana": {"Raydium": 392e6, "Orca": 256e6, "Meteora": 208e6, "Phoenix": 68e6},
    "ethereum": {"Uniswap": 560e6, "Curve": 124e6, "Balancer": 48e6},
    "base": {"Aerodrome": 224e6, "Uniswap": 192e6, "PancakeSwap": 36e6},
}
"""Invented daily volume in US dollars that each protocol's sample series starts from."""


class VolumeQuery(Words):
    """Which volumes."""

    chain: Chain = Field("solana", description="Blockchain whose exchanges are counted.")
    days: Days = 30


class Volume(Words):
    """Daily volume over all protocols, and each protocol's part."""

    dataset: Dataset
    series: Series
    by_protocol: Table


class TotalVolume(Words):
    """Daily volume over all protocols."""

    dataset: Dataset
    series: Series


def _figures(chain: str) -> dict[str, NDArray[np.float64]]:
    return {
        name: walk(f"dex/{chain}/{name}", level=level, growth=2.6, noise=0.05)
        for name, level in PROTOCOLS[chain].items()
    }


def volume(query: VolumeQuery) -> Volume:
    """Add the protocols up, day by day."""
    figures = _figures(query.chain)
    totals = {name: float(values[-query.days :].sum()) for name, values in figures.items()}
    whole = sum(totals.values())
    rows = [
        [name, round(total), round(100 * total / whole, 1)]
        for name, total in sorted(totals.items(), key=lambda pair: -pair[1])
    ]
    return Volume(
        dataset=dataset(f"Sample DEX volumes, {query.chain}, US dollars per day"),
        series=series(np.sum(list(figures.values()), axis=0), query.days),
        by_protocol=Table(columns=["protocol", "volume_usd", "share_percent"], rows=rows),
    )


def total_volume(query: VolumeQuery) -> TotalVolume:
    """Return the totals alone."""
    full = volume(query)
    return TotalVolume(dataset=full.dataset, series=full.series)


LISTINGS: Final = (
    Listing(
        path="/dex/volume",
        name="Helios DEX Volume",
        description="Daily decentralized exchange (DEX) trading volume for Solana, Ethereum or "
        "Base as a time series in US dollars, with a breakdown by protocol. Sample data.",
        tags=("dex", "volume", "solana", "market data", "time series"),
        price="0.05",
        seller="helios",
        takes=VolumeQuery,
        run=volume,
        gives=Volume,
        example={"chain": "solana", "days": 3},
    ),
    Listing(
        path="/northwind/dex-volumes",
        name="Northwind DEX Totals",
        description="Total daily DEX trading volume of a chain (Solana, Ethereum, Base) as a "
        "time series. Sample data, totals only.",
        tags=("dex", "volume", "market data"),
        price="0.08",
        seller="northwind",
        takes=VolumeQuery,
        run=total_volume,
        gives=TotalVolume,
        example={"chain": "solana", "days": 3},
    ),
)
