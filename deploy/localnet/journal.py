"""The chain on disk: one SQLite commit per transaction, nothing acknowledged before it."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from solders.account import Account
from solders.pubkey import Pubkey
from solders.signature import Signature

from deploy.localnet.addresses import TOKEN_2022_PROGRAM, TOKEN_PROGRAM
from deploy.localnet.records import Landed

DATABASE_FILE: Final = "localnet.sqlite3"

RENT_EXEMPT_EPOCH: Final = 2**64 - 1
"""What a node reports as ``rentEpoch`` of every account since rent collection ended."""

_TOKEN_OWNERS: Final = (
    f"owner IN (x'{bytes(TOKEN_PROGRAM).hex()}', x'{bytes(TOKEN_2022_PROGRAM).hex()}')"
)
_SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accounts (
    pubkey BLOB PRIMARY KEY, owner BLOB NOT NULL, lamports INTEGER NOT NULL,
    data BLOB NOT NULL, executable INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS accounts_by_program ON accounts(owner);
CREATE INDEX IF NOT EXISTS accounts_by_mint ON accounts(substr(data, 1, 32)) WHERE {_TOKEN_OWNERS};
CREATE INDEX IF NOT EXISTS accounts_by_holder
    ON accounts(substr(data, 33, 32)) WHERE {_TOKEN_OWNERS};
CREATE TABLE IF NOT EXISTS transactions (
    position INTEGER PRIMARY KEY AUTOINCREMENT, signature BLOB NOT NULL UNIQUE,
    message_digest BLOB NOT NULL UNIQUE, slot INTEGER NOT NULL, block_time INTEGER NOT NULL,
    wire BLOB NOT NULL, err TEXT NOT NULL, memo TEXT, meta TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS transactions_by_slot ON transactions(slot);
CREATE TABLE IF NOT EXISTS mentions (
    address BLOB NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (address, position)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS funded (pubkey BLOB PRIMARY KEY) WITHOUT ROWID;
"""
_LANDED: Final = "signature, slot, block_time, wire, err, memo, meta"

_Row = tuple[bytes, int, int, bytes, str, str | None, str]


class Journal:
    """Everything that must survive ``kill -9``. Callers hold the chain's lock."""

    def __init__(self, state_dir: Path | None) -> None:
        if state_dir is not None:
            state_dir.mkdir(parents=True, exist_ok=True)
        path = ":memory:" if state_dir is None else str(state_dir / DATABASE_FILE)
        self._db = sqlite3.connect(path, check_same_thread=False)
        try:
            self._open()
        except sqlite3.OperationalError as err:
            self._db.close()
            raise ChainInUse(f"{path} cannot be opened: {err}; is another chain using it?") from err

    def _open(self) -> None:
        # Two chains over one file would each accept the same transaction once.
        self._db.execute("PRAGMA busy_timeout=2000")
        self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)
        self._db.execute("BEGIN IMMEDIATE")
        self._db.commit()

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    def read(self, key: str) -> str | None:
        """Return a stored setting."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def write(self, values: Mapping[str, str]) -> None:
        """Store settings, all or none."""
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())

    def accounts(self) -> Iterator[tuple[Pubkey, Account]]:
        """Every account, programs last because they may need their data account first."""
        query = "SELECT pubkey, owner, lamports, data, executable FROM accounts ORDER BY executable"
        for pubkey, owner, lamports, data, executable in self._db.execute(query):
            yield (
                Pubkey(pubkey),
                Account(lamports, data, Pubkey(owner), bool(executable), RENT_EXEMPT_EPOCH),
            )

    def keys_owned_by(self, program: Pubkey) -> list[Pubkey]:
        """Return the accounts a program owns."""
        return self._keys("SELECT pubkey FROM accounts WHERE owner = ?", bytes(program))

    def token_keys_held_by(self, wallet: Pubkey) -> list[Pubkey]:
        """Return the accounts of token programs that name ``wallet`` where a holder stands."""
        where = f"{_TOKEN_OWNERS} AND substr(data, 33, 32) = ?"
        return self._keys(f"SELECT pubkey FROM accounts WHERE {where}", bytes(wallet))  # noqa: S608 - constants only

    def token_keys_of_mint(self, mint: Pubkey) -> list[Pubkey]:
        """Return the accounts of token programs that name ``mint`` where a mint stands."""
        where = f"{_TOKEN_OWNERS} AND substr(data, 1, 32) = ?"
        return self._keys(f"SELECT pubkey FROM accounts WHERE {where}", bytes(mint))  # noqa: S608 - constants only

    def save_accounts(
        self, accounts: Mapping[Pubkey, Account | None], *, funded: Iterable[Pubkey] = ()
    ) -> None:
        """Store accounts and remember who was funded, in one commit."""
        with self._db:
            self._put(accounts)
            self._db.executemany("INSERT INTO funded VALUES (?)", [(bytes(key),) for key in funded])

    def is_funded(self, key: Pubkey) -> bool:
        """Say whether genesis already funded this wallet."""
        query = "SELECT 1 FROM funded WHERE pubkey = ?"
        return self._db.execute(query, (bytes(key),)).fetchone() is not None

    def save_landed(
        self,
        landed: Landed,
        *,
        message_digest: bytes,
        mentioned: Iterable[Pubkey],
        accounts: Mapping[Pubkey, Account | None],
    ) -> None:
        """Store a transaction and all it changed, in one commit."""
        columns = f"INSERT INTO transactions (message_digest, {_LANDED})"
        with self._db:
            position = self._db.execute(
                f"{columns} VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    message_digest,
                    bytes(landed.signature),
                    landed.slot,
                    landed.block_time,
                    landed.wire,
                    json.dumps(landed.err),
                    landed.memo,
                    json.dumps(landed.meta),
                ),
            ).lastrowid
            self._db.executemany(
                "INSERT OR IGNORE INTO mentions VALUES (?, ?)",
                [(bytes(key), position) for key in mentioned],
            )
            self._put(accounts)

    def has_landed(self, signature: Signature, message_digest: bytes) -> bool:
        """Say whether this signature or this message is already in the history."""
        query = "SELECT 1 FROM transactions WHERE signature = ? OR message_digest = ?"
        return self._db.execute(query, (bytes(signature), message_digest)).fetchone() is not None

    def landed(self, signature: Signature) -> Landed | None:
        """Return one transaction."""
        query = f"SELECT {_LANDED} FROM transactions WHERE signature = ?"  # noqa: S608 - constants only
        row = self._db.execute(query, (bytes(signature),)).fetchone()
        return None if row is None else _landed(row)

    def landed_at(self, slot: int) -> list[Landed]:
        """Return a block's transactions in order."""
        query = f"SELECT {_LANDED} FROM transactions WHERE slot = ? ORDER BY position"  # noqa: S608 - constants only
        return [_landed(row) for row in self._db.execute(query, (slot,))]

    def landed_with(
        self,
        address: Pubkey,
        *,
        newest_slot: int,
        before: Signature | None,
        until: Signature | None,
        limit: int,
    ) -> list[Landed]:
        """Return the transactions that name an address, newest first."""
        above = 0 if until is None else self._position(until) or 0
        below = 2**62 if before is None else self._position(before) or 0
        query = (
            f"SELECT {_LANDED} FROM mentions JOIN transactions USING (position)"  # noqa: S608 - constants only
            " WHERE address = ? AND position > ? AND position < ? AND slot <= ?"
            " ORDER BY position DESC LIMIT ?"
        )
        values = (bytes(address), above, below, newest_slot, limit)
        return [_landed(row) for row in self._db.execute(query, values)]

    def count(self) -> tuple[int, int]:
        """Return how many transactions landed, and the newest slot in which one did."""
        row = self._db.execute(
            "SELECT count(*), coalesce(max(slot), 0) FROM transactions"
        ).fetchone()
        return int(row[0]), int(row[1])

    def _position(self, signature: Signature) -> int | None:
        query = "SELECT position FROM transactions WHERE signature = ?"
        row = self._db.execute(query, (bytes(signature),)).fetchone()
        return None if row is None else int(row[0])

    def _keys(self, query: str, value: bytes) -> list[Pubkey]:
        return [Pubkey(key) for (key,) in self._db.execute(query, (value,))]

    def _put(self, accounts: Mapping[Pubkey, Account | None]) -> None:
        for key, account in accounts.items():
            if account is None:
                self._db.execute("DELETE FROM accounts WHERE pubkey = ?", (bytes(key),))
                continue
            self._db.execute(
                "INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?, ?)",
                (
                    bytes(key),
                    bytes(account.owner),
                    account.lamports,
                    account.data,
                    account.executable,
                ),
            )


class ChainInUse(Exception):
    """Another process holds this state directory."""


def _landed(row: _Row) -> Landed:
    signature, slot, block_time, wire, err, memo, meta = row
    return Landed(
        Signature.from_bytes(signature),
        slot,
        block_time,
        wire,
        json.loads(err),
        memo,
        json.loads(meta),
    )
