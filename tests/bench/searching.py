"""A process that only searches, as a worker does after a restart: its start and its memory.

Run as ``python -m tests.bench.searching INDEX RECORDS``; writes one JSON object.
"""

import asyncio
import json
import resource
import sys
import time
from pathlib import Path

from activities.discovery.catalogue import ListingCatalogue
from activities.discovery.embedder_local import LocalEmbedder
from activities.discovery.index_edge import EdgeListingIndex
from activities.discovery.knowing import Knowledge
from activities.discovery.shortlisting import Finder
from activities.records.store import SqlRecords
from domain.chains import USDC_DEVNET
from domain.ranking import Policy

POLICY = Policy(asset=USDC_DEVNET, allow_private_hosts=True)


def catalogue_on(
    records: SqlRecords, index: EdgeListingIndex, embedder: LocalEmbedder
) -> ListingCatalogue:
    """The product's catalogue over what was imported and indexed."""
    return ListingCatalogue(book=records.listings, embedder=embedder, index=index, policy=POLICY)


def finder_on(records: SqlRecords, catalogue: ListingCatalogue) -> Finder:
    """The product's search over it."""
    knowledge = Knowledge(
        observations=records.observations, probes=records.probes, breakers=records.breakers
    )
    return Finder(catalogue, policy=POLICY, knowledge=knowledge)


async def _main(folder: Path, url: str) -> dict[str, float]:
    embedder = LocalEmbedder()
    await embedder.dimensions()
    begun = time.perf_counter()
    before = _resident_mb()
    index = EdgeListingIndex(folder)
    records = await SqlRecords.open(url)
    catalogue = catalogue_on(records, index, embedder)
    await finder_on(records, catalogue).search("daily rain in Norway", 20)
    took = time.perf_counter() - begun
    await catalogue.indexed()
    await catalogue.close()
    await records.close()
    index.close()
    return {"start_s": took, "model_mb": before, "resident_mb": _resident_mb()}


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    found = asyncio.run(_main(Path(sys.argv[1]), sys.argv[2]))
    sys.stdout.write(json.dumps(found))
