"""A seller that lists itself, counts who asks and who pays, and fails in the way it is told to.

It never delivers and never settles: no payment to it can land.
"""

import base64
import contextlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

from x402.http.constants import (
    PAYMENT_REQUIRED_HEADER,
    PAYMENT_RESPONSE_HEADER,
    PAYMENT_SIGNATURE_HEADER,
    X_PAYMENT_HEADER,
)

from activities.discovery.bazaar_http import RESOURCES_PATH
from domain.catalogue import Terms
from domain.ids import ListingId, listing_id

PATH: Final = "/count"
FAULT: Final = "unexpected_settle_error"
"""What a seller says when its facilitator failed. Source: x402 core error codes."""

Mood = Literal["down", "asks", "facilitator fails"]


@dataclass
class CountingSeller:
    """Asks for money unless it is down; whoever pays hears that the facilitator failed."""

    terms: Terms
    """What it asks: network, asset, price, payee and facilitator of these."""
    mood: Mood = "down"
    asked: int = 0
    """Requests without payment."""
    paid: int = 0
    """Requests with one."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def host(self) -> str:
        """Under what its failures are counted."""
        return urlsplit(self.url).netloc

    @property
    def listing(self) -> ListingId:
        return listing_id(method="POST", url=self.url + PATH)

    def count(self, *, paid: bool) -> None:
        with self._lock:
            self.paid += paid
            self.asked += not paid

    @property
    def item(self) -> dict[str, Any]:
        """Itself, as a bazaar lists it and as its own 402 says it."""
        terms = self.terms
        way = {
            "scheme": terms.scheme,
            "network": terms.network,
            "amount": str(terms.base_units),
            "asset": terms.asset,
            "payTo": terms.pay_to,
            "maxTimeoutSeconds": terms.max_timeout_seconds,
            "extra": {"feePayer": terms.fee_payer},
        }
        words = "Counts who pays for counting, and who only asks what counting costs."
        return {
            "x402Version": 2,
            "type": "http",
            "resource": {"url": self.url + PATH, "description": words},
            "accepts": [way],
            "extensions": {"bazaar": {"info": {"input": {"method": "POST", "body": {}}}}},
        }


def _handler(owner: CountingSeller) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert urlsplit(self.path).path == RESOURCES_PATH
            self._answer(200, {"items": [owner.item], "pagination": {"total": 1}})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            paid = bool({PAYMENT_SIGNATURE_HEADER, X_PAYMENT_HEADER} & {*self.headers.keys()})
            owner.count(paid=paid)
            if owner.mood == "down":
                self._answer(503, {"error": "closed for today"})
            elif paid:
                said = {"success": False, "errorReason": FAULT, "transaction": ""}
                said |= {"network": owner.terms.network}
                self._answer(500, {"error": FAULT}, **{PAYMENT_RESPONSE_HEADER: said})
            else:
                self._answer(402, owner.item, **{PAYMENT_REQUIRED_HEADER: owner.item})

        def _answer(self, status: int, body: dict[str, Any], **headers: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            with contextlib.suppress(ConnectionError):
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                for name, value in headers.items():
                    self.send_header(name, base64.b64encode(json.dumps(value).encode()).decode())
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            pass

    return Handler
