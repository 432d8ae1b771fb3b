"""A search against its floor, embedding the query and asking the same index; import, start, memory.

The vectors of the bazaars are made up, for embedding 100,000 texts takes as many seconds as a tenth
of them: how fast texts are embedded is measured apart. Of the smallest bazaar they are real, for by
them much more is alike and compared. What a process that has just started takes is measured apart
too: the others were asked for a while, and have read what they read behind.
"""

import asyncio
import hashlib
import json
import math
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

from rich.table import Table

from activities.discovery.catalogue import ListingCatalogue
from activities.discovery.index_edge import EdgeListingIndex
from activities.discovery.ports import Lookup, Vector
from activities.discovery.texts import searchable_text
from activities.records.store import SqlRecords
from domain.catalogue import ServiceListing
from tests.activities.discovery.demo import embedder
from tests.bench.listings import SUBJECTS, bazaar_of
from tests.bench.outcome import Outcome, Verdict, p50_p95_ms, table
from tests.bench.searching import POLICY, catalogue_on, finder_on

SIZES: Final = (1_000, 10_000, 100_000)
REALLY_EMBEDDED: Final = 1_000
"""Size of the bazaar whose vectors are real."""

PROMISED: Final = (1_000, 10_000)
"""Sizes for which the ratio is promised."""

NEAREST: Final = 20
TARGET_RATIO: Final = 1.2
PAGE: Final = 200
DIMENSIONS: Final = 384
EMBEDDED_TEXTS: Final = 400


def asked_at(size: int) -> tuple[tuple[str, str], ...]:
    """Pairs that cost the same to embed: ours and the floor's, for the embedder remembers texts."""
    days = 10 + len(str(size))
    return tuple(
        (
            f"daily {subject} of the last {more} days",
            f"daily {subject} of the last {more + 20} days",
        )
        for more in (days, days + 10)
        for subject in SUBJECTS
    )


class MadeUp:
    """Vectors out of a text's hash: as many as are wanted at once, and alike for nobody."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def dimensions(self) -> int:
        """As long as the real ones."""
        return DIMENSIONS

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """One for each text."""
        return [_direction(text) for text in texts]


@dataclass(frozen=True)
class Measured:
    """What one size of bazaar came to."""

    imported_s: float
    indexed_s: float
    start_s: float
    model_mb: float
    resident_mb: float
    ours: list[float]
    floor: list[float]
    raw: list[float]


async def measure(folder: Path) -> Outcome:
    """Import, index and ask, over each size."""
    outcome = Outcome()
    queries = table(
        f"Search for {NEAREST}, {2 * len(SUBJECTS)} queries each, in turns",
        *("listings", "ours p50 ms", "p95", "floor p50 ms", "p95", "ratio of p50", "raw p50 ms"),
    )
    filling = table(
        "Filling and starting",
        *("listings", "into the book /s", "indexed and built /s", "first search s", "memory MB"),
    )
    for size in SIZES:
        found = await _measure(bazaar_of(size), _made(folder / str(size)))
        ratio = median(found.ours) / median(found.floor)
        _add(queries, filling, size, found, ratio)
        if size in PROMISED:
            outcome.verdicts.append(
                Verdict(
                    f"discovery query, {size:,} listings",
                    f"{ratio:.2f} x embedding + raw vector query",
                    f"{TARGET_RATIO} x",
                    ratio <= TARGET_RATIO,
                )
            )
    rate = await _embedding_rate()
    queries.caption = (
        "in a process that was asked before and has read its book; "
        f"real vectors up to {REALLY_EMBEDDED:,} listings, then made up"
    )
    filling.caption = (
        "first search: in a new process whose model is loaded; vectors up to "
        f"{REALLY_EMBEDDED:,} listings are embedded, at {rate:.0f} texts a second, then made up"
    )
    outcome.tables += [queries, filling]
    return outcome


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _add(queries: Table, filling: Table, size: int, found: Measured, ratio: float) -> None:
    queries.add_row(
        f"{size:,}",
        *p50_p95_ms(found.ours),
        *p50_p95_ms(found.floor),
        f"{ratio:.2f}",
        p50_p95_ms(found.raw)[0],
    )
    filling.add_row(
        f"{size:,}",
        f"{size / found.imported_s:,.0f}",
        f"{size / found.indexed_s:,.0f}",
        f"{found.start_s:.2f}",
        f"{found.resident_mb:,.0f} ({found.resident_mb - found.model_mb:+,.0f})",
    )


async def _measure(listings: Sequence[ServiceListing], folder: Path) -> Measured:
    url = f"sqlite+aiosqlite:///{folder}/records.sqlite"
    records = await SqlRecords.open(url)
    index = EdgeListingIndex(folder / "index")
    begun = time.perf_counter()
    await _import(records, listings)
    imported = time.perf_counter() - begun
    begun = time.perf_counter()
    filler = ListingCatalogue(
        book=records.listings,
        embedder=embedder() if len(listings) <= REALLY_EMBEDDED else MadeUp(embedder().name),
        index=index,
        policy=POLICY,
    )
    await filler.sync()
    indexed = time.perf_counter() - begun
    try:
        ours, floor, raw = await _ask(records, index, asked_at(len(listings)))
    finally:
        index.close()
        await records.close()
    started = await _start(folder / "index", url)
    return Measured(imported, indexed, **started, ours=ours, floor=floor, raw=raw)


async def _import(records: SqlRecords, listings: Sequence[ServiceListing]) -> None:
    now, bazaar = datetime.now(UTC), listings[0].bazaar
    await records.listings.trust([bazaar])
    number, _ = await records.listings.begin(bazaar, now=now)
    for start in range(0, len(listings), PAGE):
        page = listings[start : start + PAGE]
        await records.listings.write(bazaar, number=number, cursor=str(start), listings=page)
    await records.listings.finish(bazaar, number=number, complete=True, now=now)


async def _ask(
    records: SqlRecords, index: EdgeListingIndex, pairs: Sequence[tuple[str, str]]
) -> tuple[list[float], list[float], list[float]]:
    catalogue = catalogue_on(records, index, embedder())
    finder = finder_on(records, catalogue)
    for subject in SUBJECTS:  # of a book too large to be kept, what is asked for most is read
        await finder.search(f"{subject} by day", NEAREST)
    await catalogue.indexed()
    ours: list[float] = []
    floor: list[float] = []
    raw: list[float] = []
    for text, same in pairs:
        begun = time.perf_counter()
        await finder.search(text, NEAREST)
        between = time.perf_counter()
        (vector,) = await embedder().embed([same])
        embedded = time.perf_counter()
        await index.search([Lookup(vector, NEAREST)])
        ended = time.perf_counter()
        ours.append(between - begun)
        floor.append(ended - between)
        raw.append(ended - embedded)
    await catalogue.close()
    return ours, floor, raw


async def _start(folder: Path, url: str) -> dict[str, float]:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.searching", str(folder), url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    written, _ = await child.communicate()
    found: dict[str, float] = json.loads(written)
    return found


async def _embedding_rate() -> float:
    texts = [searchable_text(one) + " measured" for one in bazaar_of(1_000)[:EMBEDDED_TEXTS]]
    begun = time.perf_counter()
    await embedder().embed(texts)
    return len(texts) / (time.perf_counter() - begun)


def _direction(text: str) -> Vector:
    made = hashlib.shake_128(text.encode()).digest(DIMENSIONS)
    values = [byte - 127.5 for byte in made]
    length = math.sqrt(sum(value * value for value in values))
    return tuple(value / length for value in values)
