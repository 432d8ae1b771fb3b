"""Answers that were paid for, kept so that a buyer who lost one is given it again."""

import json
import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

KEEP_SECONDS: Final = 86_400
"""How long an answer may be fetched again."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS answers (
    name TEXT PRIMARY KEY, bought TEXT NOT NULL, status INTEGER NOT NULL, headers TEXT NOT NULL,
    body BLOB NOT NULL, at REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS nonces (nonce TEXT PRIMARY KEY, at REAL NOT NULL) STRICT;
"""


@dataclass(frozen=True)
class Kept:
    """One answer."""

    bought: str
    """Digest of what was asked and paid."""
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class AnswerBook:
    """SQLite behind one lock."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.executescript(SCHEMA)

    def get(self, name: str) -> Kept | None:
        """Return what is kept under a name."""
        with self._lock:
            row = self._database.execute(
                "SELECT bought, status, headers, body FROM answers WHERE name = ?", (name,)
            ).fetchone()
        if row is None:
            return None
        headers = tuple((k.encode("latin-1"), v.encode("latin-1")) for k, v in json.loads(row[2]))
        return Kept(row[0], row[1], headers, row[3])

    def keep(self, names: list[str], kept: Kept, *, at: float) -> None:
        """Keep one answer under each of some names, and forget those that are too old."""
        headers = json.dumps([[k.decode("latin-1"), v.decode("latin-1")] for k, v in kept.headers])
        with self._lock:
            for name in names:
                self._database.execute(
                    "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)",
                    (name, kept.bought, kept.status, headers, kept.body, at),
                )
            for table in ("answers", "nonces"):
                self._database.execute(
                    f"DELETE FROM {table} WHERE at < ?",  # noqa: S608 - two names of our own
                    (at - KEEP_SECONDS,),
                )

    def use_nonce(self, nonce: str, *, at: float) -> bool:
        """Note a nonce; tell whether it was new."""
        with self._lock:
            done = self._database.execute("INSERT OR IGNORE INTO nonces VALUES (?, ?)", (nonce, at))
        return done.rowcount == 1

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()
