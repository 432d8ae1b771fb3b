"""A search against its floor: embedding the query and asking the same index for its nearest."""

import time
from pathlib import Path
from statistics import median
from typing import Final

from activities.discovery.catalogue import ListingCatalogue
from activities.discovery.index_edge import EdgeListingIndex
from activities.discovery.shortlisting import Finder
from activities.payments.ledger.store import SqlLedger
from domain.chains import USDC_DEVNET
from domain.ranking import Policy
from tests.activities.discovery.demo import FakeBazaar, embedder
from tests.bench.listings import SUBJECTS, bazaar_of
from tests.bench.outcome import Outcome, Verdict, p50_p95_ms, table

SIZES: Final = (1_000, 10_000)
NEAREST: Final = 20
TARGET_RATIO: Final = 1.2

ASKED: Final = tuple(
    (f"daily {subject} of the last {days} days", f"daily {subject} of the last {days + 1} days")
    for days in (10, 30)
    for subject in SUBJECTS
)
"""Pairs that cost the same to embed: ours and the floor's, for the embedder remembers texts."""


async def measure(folder: Path) -> Outcome:
    """Ask both in turns, over each size."""
    outcome = Outcome()
    made = table(
        f"Search for {NEAREST}, {len(ASKED)} queries each, in turns",
        *("listings", "ours p50 ms", "p95", "floor p50 ms", "p95", "ratio of p50"),
    )
    for size in SIZES:
        ours, floor = await _measure(size, folder / str(size))
        ratio = median(ours) / median(floor)
        made.add_row(f"{size:,}", *p50_p95_ms(ours), *p50_p95_ms(floor), f"{ratio:.2f}")
        outcome.verdicts.append(
            Verdict(
                f"discovery query, {size:,} listings",
                f"{ratio:.2f} x embedding + raw vector query",
                f"{TARGET_RATIO} x",
                ratio <= TARGET_RATIO,
            )
        )
    outcome.tables.append(made)
    return outcome


async def _measure(size: int, folder: Path) -> tuple[list[float], list[float]]:
    index = EdgeListingIndex(folder)
    catalogue = ListingCatalogue(
        bazaars=[FakeBazaar(bazaar_of(size))], embedder=embedder(), index=index
    )
    policy = Policy(asset=USDC_DEVNET, allow_private_hosts=True)
    ledger = await SqlLedger.open(f"sqlite+aiosqlite:///{folder}.sqlite")
    finder = Finder(catalogue, policy=policy, record=ledger)
    try:
        await finder.search(f"anything among {size}", NEAREST)
        ours: list[float] = []
        floor: list[float] = []
        for text, same in ASKED:
            begun = time.perf_counter()
            await finder.search(text, NEAREST)
            between = time.perf_counter()
            (vector,) = await embedder().embed([same])
            await index.nearest(vector, limit=NEAREST)
            ours.append(between - begun)
            floor.append(time.perf_counter() - between)
    finally:
        index.close()
        await ledger.close()
    return ours, floor
