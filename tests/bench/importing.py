"""How fast a bazaar is read into the book: over HTTP, with every item checked and stored."""

import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

import httpx

from activities.discovery.bazaar_http import HttpBazaar
from activities.discovery.importing import Importer
from activities.records.store import SqlRecords
from domain.chains import SOLANA_DEVNET, USDC_DEVNET
from tests.bench.outcome import Outcome, table

SIZES: Final = (10_000, 100_000)
_PAGE: Final = 100
"""What public facilitators hand out at once."""


def item(number: int) -> dict[str, Any]:
    """A listing of the usual size, about 2 KB."""
    fields = {f"field{n}": {"type": "string", "description": f"What {n} is"} for n in range(8)}
    return {
        "resource": f"https://seller{number % 900}.example/api/{number}",
        "type": "http",
        "x402Version": 2,
        "accepts": [
            {
                "scheme": "exact",
                "network": SOLANA_DEVNET,
                "amount": str(1_000 + number % 7_000),
                "asset": USDC_DEVNET.address,
                "payTo": f"payee{number % 900}",
                "maxTimeoutSeconds": 60,
                "extra": {"feePayer": "Fee1111111111111111111111111111111111111111"},
            }
        ],
        "extensions": {
            "bazaar": {
                "info": {"input": {"type": "http", "method": "POST", "bodyType": "json"}},
                "schema": {
                    "properties": {
                        "input": {"properties": {"body": {"properties": fields}}},
                        "output": {"properties": {"example": {"properties": fields}}},
                    }
                },
            }
        },
        "metadata": {"name": f"Service {number}", "description": "It does its thing. " * 10},
        "quality": {"l30DaysTotalCalls": number % 500, "l30DaysUniquePayers": number % 40},
    }


class Read(NamedTuple):
    """What reading one bazaar took."""

    items: int
    first_seconds: float
    again_seconds: float
    peak_mib: float


async def measure(folder: Path) -> Outcome:
    """Read bazaars of each size for the first time, and again unchanged."""
    shown = table("Reading a bazaar into the book", "items", "first", "again", "peak memory")
    found = [await read(size, folder / f"{size}.sqlite") for size in SIZES]
    for one in found:
        shown.add_row(
            f"{one.items:,}",
            f"{one.items / one.first_seconds:,.0f}/s",
            f"{one.items / one.again_seconds:,.0f}/s",
            f"{one.peak_mib:,.0f} MiB",
        )
    return Outcome(tables=[shown])


async def read(size: int, file: Path) -> Read:
    """Read a bazaar of ``size`` items twice."""
    with serving(size) as url:
        records = await SqlRecords.open(f"sqlite+aiosqlite:///{file}")
        async with httpx.AsyncClient(trust_env=False) as http:
            importer = Importer(records.listings, [HttpBazaar(url, http)])
            first = await _timed(importer, url)
            again = await _timed(importer, url)
        await records.close()
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    return Read(size, first, again, peak_mib)


@contextmanager
def serving(size: int) -> Iterator[str]:
    """A bazaar on this machine."""

    class Bazaar(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            start = int(asked["offset"][0])
            page = [item(n) for n in range(start, min(start + _PAGE, size))]
            body = json.dumps({"items": page, "pagination": {"total": size}}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Bazaar)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def _timed(importer: Importer, url: str) -> float:
    begun = time.perf_counter()
    said = await importer.refresh(url)
    assert not said.note, said
    return time.perf_counter() - begun
