"""A seller's channels on disk: vouchers are money, and must outlive the process that took them."""

import json
import logging
import sqlite3
import threading
from pathlib import Path
from typing import Any, Final

import httpx
from x402.http.facilitator_client import FacilitatorConfig, HTTPFacilitatorClientSync
from x402.mechanisms.evm.batch_settlement.server import BatchSettlementEvmScheme
from x402.mechanisms.evm.batch_settlement.server.scheme import BatchSettlementEvmSchemeServerConfig
from x402.mechanisms.evm.batch_settlement.server.storage import (
    Channel,
    ChannelUpdate,
    ChannelUpdateResult,
)

CLAIM_SECONDS: Final = 60.0
"""Between two claims; many calls are then paid for with one transaction."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS channels (id TEXT PRIMARY KEY, channel TEXT NOT NULL) STRICT;
"""

log = logging.getLogger(__name__)


class ChannelStore:
    """The package's channel storage, in SQLite behind one lock."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")  # before the answer that it pays for
        self._database.executescript(SCHEMA)

    def get(self, channel_id: str) -> Channel | None:
        """Return one channel."""
        with self._lock:
            return self._read(channel_id)

    def list(self) -> list[Channel]:
        """Return every channel."""
        with self._lock:
            rows = self._database.execute("SELECT channel FROM channels ORDER BY id").fetchall()
        return [Channel.from_dict(json.loads(row[0])) for row in rows]

    def update_channel(self, channel_id: str, update: ChannelUpdate) -> ChannelUpdateResult:
        """Replace a channel by what ``update`` makes of it; nobody else changes it meanwhile."""
        with self._lock:
            current = self._read(channel_id)
            after = update(current)
            if after is current:
                return ChannelUpdateResult(channel=current, status="unchanged")
            if after is None:
                self._database.execute("DELETE FROM channels WHERE id = ?", (channel_id.lower(),))
                return ChannelUpdateResult(channel=None, status="deleted")
            text = json.dumps(after.to_dict())
            self._database.execute(
                "INSERT OR REPLACE INTO channels VALUES (?, ?)", (channel_id.lower(), text)
            )
            return ChannelUpdateResult(channel=after.copy(), status="updated")

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()

    def _read(self, channel_id: str) -> Channel | None:
        row = self._database.execute(
            "SELECT channel FROM channels WHERE id = ?", (channel_id.lower(),)
        ).fetchone()
        return Channel.from_dict(json.loads(row[0])) if row else None


class ClaimFailed(Exception):
    """Vouchers could not be claimed now; they stay claimable."""


class Claimer:
    """Claims the vouchers of one receiver, a batch at a time.

    The local chain's double pays what is claimed at once. The public contract pays it out by a
    later ``settle`` that anybody may send, and that is not sent here.
    """

    def __init__(self, scheme: BatchSettlementEvmScheme, *, facilitator: str, network: str) -> None:
        self._client = HTTPFacilitatorClientSync(FacilitatorConfig(url=facilitator))
        self._manager = scheme.create_channel_manager_sync(self._client, network)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def claim(self) -> None:
        """Claim everything that was charged and is not claimed yet.

        Raises:
            ClaimFailed: The facilitator or the chain would not; call again.
        """
        try:
            done = self._manager.claim()
        except (RuntimeError, ValueError, httpx.HTTPError) as err:  # the package's own three
            raise ClaimFailed(str(err)) from err
        for claimed in done:
            log.info("vouchers_claimed", extra={"transaction": claimed.transaction})


def channel_scheme(receiver: str, store: ChannelStore | None) -> Any:  # noqa: ANN401 - the
    # package's own protocol does not match its own class
    """Return the seller's side of ``batch-settlement``; without a store it forgets at its end."""
    config = BatchSettlementEvmSchemeServerConfig(storage=store)
    return BatchSettlementEvmScheme(receiver, config)
