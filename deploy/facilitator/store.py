"""The catalogue on disk: resources, and the settlements seen for each."""

import json
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS resources (
    url TEXT PRIMARY KEY, root TEXT, item TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS settlements (
    signature TEXT PRIMARY KEY, resource TEXT NOT NULL, payer TEXT NOT NULL, at REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS settlements_by_resource ON settlements (resource, at);
"""


@dataclass(frozen=True)
class Entry:
    """One catalogued resource."""

    url: str
    root: str | None
    """The indexed seller it was read from; ``None`` when only a settlement named it."""
    item: dict[str, Any]


@dataclass(frozen=True)
class Measured:
    """What was really settled for one resource in a window of time."""

    calls: int
    payers: int
    last_at: float | None


class Store:
    """SQLite behind one lock: safe from every thread of the server."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.executescript(SCHEMA)

    def _run(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._database.execute(sql, values).fetchall()

    def put(self, entry: Entry) -> None:
        """Insert or replace one resource."""
        self._run(
            "INSERT INTO resources VALUES (?, ?, ?) "
            "ON CONFLICT (url) DO UPDATE SET root = excluded.root, item = excluded.item",
            entry.url,
            entry.root,
            json.dumps(entry.item),
        )

    def put_if_unknown(self, entry: Entry) -> None:
        """Insert one resource; what is catalogued already stays as it is."""
        self._run(
            "INSERT OR IGNORE INTO resources VALUES (?, ?, ?)",
            entry.url,
            entry.root,
            json.dumps(entry.item),
        )

    def get(self, url: str) -> Entry | None:
        """Return one resource."""
        rows = self._run("SELECT url, root, item FROM resources WHERE url = ?", url)
        return Entry(rows[0][0], rows[0][1], json.loads(rows[0][2])) if rows else None

    def entries(self) -> list[Entry]:
        """Return every resource, in a stable order."""
        rows = self._run("SELECT url, root, item FROM resources ORDER BY url")
        return [Entry(url, root, json.loads(item)) for url, root, item in rows]

    def count(self) -> int:
        """Return how many resources are catalogued."""
        return int(self._run("SELECT count(*) FROM resources")[0][0])

    def keep_only(self, root: str, urls: Sequence[str]) -> None:
        """Drop what ``root`` no longer lists."""
        for (url,) in self._run("SELECT url FROM resources WHERE root = ?", root):
            if url not in urls:
                self._run("DELETE FROM resources WHERE url = ?", url)

    def record_settlement(self, *, signature: str, resource: str, payer: str, at: float) -> None:
        """Count one settlement; the same transaction counts once."""
        self._run(
            "INSERT OR IGNORE INTO settlements VALUES (?, ?, ?, ?)",
            signature,
            resource,
            payer,
            at,
        )

    def measured(self, resource: str, *, since: float) -> Measured:
        """Return what was settled for ``resource`` since a moment."""
        rows = self._run(
            "SELECT count(*), count(DISTINCT payer), max(at) FROM settlements "
            "WHERE resource = ? AND at >= ?",
            resource,
            since,
        )
        return Measured(*rows[0])

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()
