"""Reading sellers' lists and their live 402s, in the background, until they are up.

Public bazaars also hold items that nobody looked behind: catalogued once, outlived by their
service, or untrue from the start. A seller's list may carry such items under ``unproven``; they
are published as they stand, as long as they name the seller's own host.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx

from deploy.facilitator.challenge import (
    NotAChallenge,
    item_from_challenge,
    origin,
    read_challenge,
)
from deploy.facilitator.store import Entry, Store

LIST_PATH: Final = "/.well-known/x402"
"""Where a seller lists what it sells."""

RETRY_SECONDS: Final = 0.3
"""Pause before asking a seller that was not up; short because a local stack waits for it."""

REFRESH_SECONDS: Final = 300.0
"""Age at which an indexed seller is read again."""

PROBE_ATTEMPTS: Final = 4
"""Tries of one resource before its seller counts as indexed without it."""

UNPROVEN: Final = "unproven"
"""Where a seller's list carries items that are to be published without a look behind them."""

ANSWER_LIMIT_BYTES: Final = 1024 * 1024
"""A 402 or a list is kilobytes; more is a seller trying to fill our memory."""

PROBE_TIMEOUT_SECONDS: Final = 10.0
"""An unpaid 402 costs a seller nothing; slower than this is as good as down."""

VERBS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
"""Verbs a probe may use."""

log = logging.getLogger(__name__)


@dataclass
class Root:
    """One seller to index, and how far that has come."""

    url: str
    done: bool = False
    listed: int = 0
    catalogued: int = 0
    attempts: int = 0
    refused: int = 0
    """Listed resources that are not this seller's own, or never answered a valid 402."""


class Indexer:
    """Keeps the catalogue equal to what the indexed sellers really ask."""

    def __init__(
        self,
        store: Store,
        roots: list[str],
        clock: Callable[[], datetime],
        client: httpx.Client | None = None,
    ) -> None:
        self.roots = [Root(url.rstrip("/")) for url in dict.fromkeys(roots)]
        self._store = store
        self._clock = clock
        self._client = client or httpx.Client(timeout=PROBE_TIMEOUT_SECONDS)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="indexer", daemon=True)

    @property
    def indexing(self) -> bool:
        """Whether a seller has still to be read for the first time."""
        return not all(root.done for root in self.roots)

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End the background work."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=PROBE_TIMEOUT_SECONDS)

    def _loop(self) -> None:
        while not self._stop.is_set():
            for root in self.roots:
                try:
                    self.read(root)
                except Exception:  # a process loop: one odd seller must not stop the others
                    log.exception("indexing_failed", extra={"seller": root.url})
            self._stop.wait(RETRY_SECONDS if self.indexing else REFRESH_SECONDS)

    def read(self, root: Root) -> None:
        """Read one seller's list and probe what it names."""
        if root.done and self.indexing:
            return  # another seller is still starting; this one is fresh
        try:
            listed, unproven = self._list(root)
        except (httpx.HTTPError, ValueError) as err:
            log.info("seller_not_up", extra={"seller": root.url, "error": str(err)})
            return
        root.attempts += 1
        answered = [self.probe(url, method, root.url) for url, method in listed]
        for item in unproven:
            self._store.put(Entry(item["resource"], root.url, self._dated(item)))
        root.catalogued = sum(answered) + len(unproven)
        root.refused = root.listed - root.catalogued
        named = [item["resource"] for item in unproven]
        self._store.keep_only(root.url, [*(url for url, _method in listed), *named])
        root.done = root.done or not root.refused or root.attempts >= PROBE_ATTEMPTS

    def _list(self, root: Root) -> tuple[list[tuple[str, str]], list[dict[str, Any]]]:
        status, _headers, body = self._fetch("GET", root.url + LIST_PATH)
        if status != httpx.codes.OK:
            raise ValueError(f"{LIST_PATH} answered {status}")
        document = httpx.Response(status, content=body).json()
        raw, unproven = document["resources"], document.get(UNPROVEN, [])
        root.listed = len(raw) + len(unproven)
        found = [(str(entry["url"]), str(entry.get("method", "GET")).upper()) for entry in raw]
        # A seller speaks for its own origin only; anything else is somebody else's address.
        mine = [(u, m) for u, m in found if origin(u) == origin(root.url) and m in VERBS]
        host = origin(root.url)[1]
        return mine, [item for item in unproven if origin(str(item.get("resource")))[1] == host]

    def _dated(self, item: dict[str, Any]) -> dict[str, Any]:
        return {**item, "lastUpdated": self._clock().isoformat()}

    def probe(self, url: str, method: str, root: str) -> bool:
        """Ask one resource for its terms, unpaid, and catalogue them."""
        try:
            status, headers, body = self._fetch(method, url)
            item = item_from_challenge(url, read_challenge(status, headers, body), self._clock())
        except (httpx.HTTPError, NotAChallenge) as err:
            log.warning("probe_refused", extra={"resource": url, "error": str(err)})
            return False
        self._store.put(Entry(url, root, item))
        return True

    def _fetch(self, method: str, url: str) -> tuple[int, dict[str, str], bytes]:
        send: dict[str, Any] = {} if method == "GET" else {"json": {}}
        with self._client.stream(method, url, follow_redirects=False, **send) as response:
            body = b""
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > ANSWER_LIMIT_BYTES:
                    raise NotAChallenge("the answer does not end")
            return response.status_code, dict(response.headers), body
