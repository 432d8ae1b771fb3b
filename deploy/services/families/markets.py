"""Markets and news, from sample data."""

from datetime import timedelta
from decimal import Decimal
from typing import Final, Literal

from pydantic import Field

from deploy.services.families.sample_data import (
    LAST_DAY,
    dataset,
    generator,
    series,
    walk,
)
from deploy.services.listing import Listing
from deploy.services.vocabulary import Dataset, Days, Series, Table, Words

PRICES: Final = {"SOL": 165.0, "ETH": 3100.0, "BTC": 88000.0, "JUP": 0.9, "BONK": 0.00002}
"""Invented prices in US dollars that the sample series start from."""

FLOORS: Final = {"Mad Llamas": 42.0, "Pixel Foxes": 8.5, "Orbit Club": 120.0}
"""Invented collections and the sales volume in SOL their sample series start from."""

FEES: Final = {"solana": 0.0004, "ethereum": 1.6, "base": 0.01}
"""Invented cost in US dollars of a simple transfer."""

RATES: Final = {
    "USD": "1",
    "EUR": "0.92",
    "GBP": "0.79",
    "JPY": "151.40",
    "CHF": "0.88",
    "INR": "84.10",
    "BRL": "5.60",
}
"""Invented units of each currency for one US dollar."""

HEADLINES: Final = {
    "markets": ("{} volume reaches a new high", "Traders return to {} after a quiet week"),
    "technology": ("{} ships faster client software", "Developers gather for the {} summit"),
    "policy": ("Regulators publish guidance on {}", "Consultation on {} rules opens"),
}
"""Invented headlines; the subject is put in."""

SUBJECTS: Final = ("Solana", "stablecoins", "payments", "open networks", "agents")
"""What the invented headlines are about."""

Currency = Literal["USD", "EUR", "GBP", "JPY", "CHF", "INR", "BRL"]


class SeriesAnswer(Words):
    """A labelled series."""

    dataset: Dataset
    series: Series


class PriceInput(Words):
    """Which token."""

    token: Literal["SOL", "ETH", "BTC", "JUP", "BONK"] = Field(description="Token symbol.")
    days: Days = 30


def price_history(request: PriceInput) -> SeriesAnswer:
    """Return daily closing prices."""
    values = walk(f"price/{request.token}", level=PRICES[request.token], growth=0.3, noise=0.03)
    return SeriesAnswer(
        dataset=dataset(f"Sample {request.token} prices, US dollars"),
        series=series(values, request.days, digits=8 if request.token == "BONK" else 2),  # noqa: S105 - a coin, not a secret
    )


class NftInput(Words):
    """Which collection."""

    collection: Literal["Mad Llamas", "Pixel Foxes", "Orbit Club"] = Field(
        description="Name of an NFT collection."
    )
    days: Days = 30


def nft_sales(request: NftInput) -> SeriesAnswer:
    """Return daily sales volume."""
    level = FLOORS[request.collection]
    values = walk(f"nft/{request.collection}", level=level, growth=-0.2, noise=0.2)
    return SeriesAnswer(
        dataset=dataset(f"Sample sales of {request.collection}, SOL per day"),
        series=series(values, request.days, digits=2),
    )


class FeesInput(Words):
    """Which chain."""

    chain: Literal["solana", "ethereum", "base"] = Field("solana", description="Blockchain.")


class FeesOutput(Words):
    """What transfers cost."""

    dataset: Dataset
    table: Table


def fees(request: FeesInput) -> FeesOutput:
    """Return slow, normal and fast fees of the last sample day."""
    base = float(walk(f"fees/{request.chain}", level=FEES[request.chain], growth=0, noise=0.1)[-1])
    rows = [[speed, round(base * f, 6)] for speed, f in (("slow", 0.8), ("normal", 1), ("fast", 2))]
    return FeesOutput(
        dataset=dataset(f"Sample transfer fees, {request.chain}, US dollars"),
        table=Table(columns=["speed", "fee_usd"], rows=[list(row) for row in rows]),
    )


class NewsInput(Words):
    """Which news."""

    topic: Literal["markets", "technology", "policy"] = Field("markets", description="Topic.")
    limit: int = Field(5, ge=1, le=10, description="Most headlines to return.")


class NewsOutput(Words):
    """Headlines, newest first."""

    dataset: Dataset
    table: Table
    text: str
    """The same headlines, one a line."""


def headlines(request: NewsInput) -> NewsOutput:
    """Return invented headlines."""
    rng = generator(f"news/{request.topic}")
    forms = HEADLINES[request.topic]
    pairs = [(subject, form) for subject in SUBJECTS for form in forms]
    chosen = [pairs[i] for i in rng.permutation(len(pairs))[: request.limit]]
    rows = [
        [(LAST_DAY - timedelta(days=age)).isoformat(), form.format(subject).capitalize()]
        for age, (subject, form) in enumerate(chosen)
    ]
    return NewsOutput(
        dataset=dataset(f"Sample headlines, {request.topic}"),
        table=Table(columns=["date", "headline"], rows=[list(row) for row in rows]),
        text="\n".join(f"{row[1]}." for row in rows),
    )


class CurrencyInput(Words):
    """An amount of money."""

    amount: Decimal = Field(ge=0, max_digits=18, decimal_places=6, description="Amount to convert.")
    from_currency: Currency = Field("USD", description="Currency of the amount.")
    to_currency: Currency = Field(description="Currency wanted.")


class CurrencyOutput(Words):
    """A converted amount."""

    dataset: Dataset
    amount: str
    rate: str


def convert(request: CurrencyInput) -> CurrencyOutput:
    """Convert exactly at the sample rates, and round once."""
    rate = Decimal(RATES[request.to_currency]) / Decimal(RATES[request.from_currency])
    return CurrencyOutput(
        dataset=dataset("Sample exchange rates"),
        amount=str((request.amount * rate).quantize(Decimal("0.01"))),
        rate=str(rate.quantize(Decimal("0.000001"))),
    )


class RatesInput(Words):
    """Against which currency."""

    base_currency: Currency = Field("USD", description="Currency that counts as one.")


class RatesOutput(Words):
    """A table of rates."""

    dataset: Dataset
    table: Table


def rates(request: RatesInput) -> RatesOutput:
    """Return every sample rate."""
    base = Decimal(RATES[request.base_currency])
    rows = [[code, float(round(Decimal(rate) / base, 6))] for code, rate in RATES.items()]
    return RatesOutput(
        dataset=dataset("Sample exchange rates"),
        table=Table(columns=["currency", "rate"], rows=[list(row) for row in rows]),
    )


LISTINGS: Final = (
    Listing(
        path="/markets/token-price",
        name="Helios Token Prices",
        description="Daily price history of a token (SOL, ETH, BTC, JUP, BONK) as a time series. "
        "Sample data.",
        tags=("price", "token", "crypto", "market data", "time series"),
        price="0.03",
        seller="helios",
        takes=PriceInput,
        run=price_history,
        gives=SeriesAnswer,
        example={"token": "SOL", "days": 2},
    ),
    Listing(
        path="/markets/nft-sales",
        name="Helios NFT Sales",
        description="Daily sales volume of an NFT collection as a time series. Sample data.",
        tags=("nft", "sales", "market data", "time series"),
        price="0.04",
        seller="helios",
        takes=NftInput,
        run=nft_sales,
        gives=SeriesAnswer,
        example={"collection": "Pixel Foxes", "days": 2},
    ),
    Listing(
        path="/markets/fees",
        name="Helios Gas Fees",
        description="Current transfer fees of a chain: slow, normal and fast. Sample data.",
        tags=("gas", "fees", "blockchain"),
        price="0.001",
        seller="helios",
        takes=FeesInput,
        run=fees,
        gives=FeesOutput,
        example={"chain": "solana"},
    ),
    Listing(
        path="/news/headlines",
        name="Helios Headlines",
        description="News headlines by topic, as a table and as text. Sample data.",
        tags=("news", "headlines", "text"),
        price="0.01",
        seller="helios",
        takes=NewsInput,
        run=headlines,
        gives=NewsOutput,
        example={"topic": "markets", "limit": 2},
    ),
    Listing(
        path="/currency/convert",
        name="Ledgerly Currency Converter",
        description="Converts an amount between currencies at sample exchange rates.",
        tags=("currency", "exchange rate", "convert", "money"),
        price="0.003",
        seller="ledgerly",
        takes=CurrencyInput,
        run=convert,
        gives=CurrencyOutput,
        example={"amount": "125.00", "from_currency": "USD", "to_currency": "EUR"},
    ),
    Listing(
        path="/currency/rates",
        name="Ledgerly Exchange Rates",
        description="A table of exchange rates against one currency. Sample rates.",
        tags=("currency", "exchange rate", "table"),
        price="0.004",
        seller="ledgerly",
        takes=RatesInput,
        run=rates,
        gives=RatesOutput,
        example={"base_currency": "EUR"},
    ),
)
