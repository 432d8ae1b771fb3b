"""A ledger of any age is brought to today's shape with everything that it says."""

import asyncio
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from activities.payments.ledger.store import SqlLedger
from domain.chains import SOLANA_DEVNET, SOLANA_MAINNET
from domain.errors import Misconfigured, RecordsDisagree
from domain.payments import PaymentState
from domain.receipts import ReceiptBook, book_problems
from tests.activities.payments.ledger.databases import sqlite_url
from tests.activities.payments.ledger.samples import WHEN, WIDE, claim, key, paid
from tests.activities.payments.ledger.test_crashes import ROOT, kills

S = PaymentState
OLD = Path(__file__).with_name("old_ledger.sql").read_text(encoding="utf-8")
"""Dumped from a ledger that the code before migrations wrote."""

NAMES = {
    "reserved": S.RESERVED,
    "signed": S.SIGNED,
    "sent": S.SENT,
    "unknown": S.UNKNOWN,
    "unpaid": S.UNPAID,
    "delivered": S.DELIVERED,
    "undelivered": S.PAID_UNDELIVERED,
    "refunding": S.REFUNDING,
    "refunded": S.REFUNDED,
    "given-up": S.WRITTEN_OFF,
    "twice": S.DELIVERED,
}


def old_key(name: str) -> Any:
    return name.ljust(64, "-")


def old_rows(table: str) -> list[dict[str, Any]]:
    with sqlite3.connect(":memory:") as database:
        database.executescript(OLD)
        database.row_factory = sqlite3.Row
        found = [dict(row) for row in database.execute(f"SELECT * FROM {table}")]  # noqa: S608
    database.close()
    return found


async def fill(url: str) -> None:
    """Put the old ledger into an empty database."""
    if url.startswith("sqlite"):
        database = sqlite3.connect(url.partition("///")[2])
        database.executescript(OLD)
        database.close()
        return
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute(OLD)
    await connection.close()


@pytest.fixture
async def old(url: str) -> str:
    """A database that holds the old ledger."""
    await fill(url)
    return url


async def check_everything(ledger: SqlLedger) -> None:
    for row in old_rows("payments"):
        before, entry = json.loads(row["entry"]), await ledger.get(row["key"])
        kept = entry.model_dump(mode="json")
        assert entry.state is NAMES[row["key"].rstrip("-")]
        for name in ("sends", "answer", "http_status", "hint", "refund_transaction", "reason"):
            assert kept[name] == before[name]
        for name in ("key", "slot", "listing_id"):
            assert kept["claim"][name] == before[name]
        assert kept["claim"]["terms"].items() >= before["terms"].items()
        assert entry.claim.url == "https://a.example/x"
        if before["receipt"]:
            assert kept["receipt"].items() >= before["receipt"].items()
        if before["authorization"]:
            signed = {**kept["authorization"], **kept["authorization"]["evidence"]}
            del before["authorization"]["kind"]
            assert signed.items() >= before["authorization"].items()
    for name in [*NAMES, "replaced"]:
        lines = [row for row in old_rows("journal") if row["key"] == old_key(name)]
        kept_lines = (await ledger.journal(old_key(name)))[: len(lines)]
        assert [line.state.value for line in kept_lines] == [row["state"] for row in lines]
        assert [line.at.isoformat() for line in kept_lines] == [row["at"] for row in lines]


async def test_an_old_ledger_keeps_every_payment_and_every_line(old: str) -> None:
    ledger = await SqlLedger.open(old)
    await check_everything(ledger)
    await ledger.close()

    again = await SqlLedger.open(old)
    await check_everything(again)
    await again.close()


async def test_an_old_ledgers_proofs_become_a_book(old: str) -> None:
    ledger = await SqlLedger.open(old)

    lines = await ledger.book()
    assert book_problems(ReceiptBook(whole=True, exported_at=WHEN, lines=lines)) == ()
    named = {line.receipt.key.rstrip("-") for line in lines}
    assert named == {"delivered", "undelivered", "refunding", "refunded", "given-up"}
    assert await ledger.claims_transaction(SOLANA_MAINNET, "came back")
    assert not await ledger.claims_transaction(SOLANA_DEVNET, "came back")
    assert await ledger.refunded(old_key("refunded"), SOLANA_MAINNET, "came back")
    assert not await ledger.refunded(old_key("refunding"), SOLANA_MAINNET, "came back")
    await paid(ledger, claim("new"))
    lines = await ledger.book()
    assert book_problems(ReceiptBook(whole=True, exported_at=WHEN, lines=lines)) == ()
    await ledger.close()


async def test_what_an_old_ledger_cannot_prove_waits_for_an_operator(old: str) -> None:
    ledger = await SqlLedger.open(old)

    parked = {entry.key.rstrip("-") for entry, _ in await ledger.entries(parked=True, limit=99)}

    # Who signed is not on record for the first three, and the last shares a transaction.
    assert parked == {"signed", "sent", "unknown", "twice"}
    entry = await ledger.release(old_key("reserved"), "never signed")
    assert entry.state is S.UNPAID
    await ledger.close()


async def test_an_old_payment_is_as_old_as_it_was(old: str) -> None:
    ledger = await SqlLedger.open(old)
    journal = [row for row in old_rows("journal") if row["key"] == old_key("delivered")]

    (entry, moved), *_ = [
        found for found in await ledger.entries(limit=99) if found[0].key == old_key("delivered")
    ]

    assert entry.begun_at.isoformat() == journal[0]["at"]
    assert moved.isoformat() == journal[-1]["at"]
    payee, *_ = await ledger.payees(entry.listing_id)
    assert payee.first_seen.isoformat() == min(
        row["at"] for row in old_rows("journal") if row["key"] != old_key("replaced")
    )
    await ledger.close()


async def test_a_migrated_ledger_still_refuses_a_transaction_that_is_taken(old: str) -> None:
    ledger = await SqlLedger.open(old)
    wanted = claim("new")
    proof = (await ledger.get(old_key("delivered"))).receipt
    assert proof is not None

    with pytest.raises(RecordsDisagree):
        await paid(ledger, wanted, proof.model_copy(update={"key": wanted.key}))
    await ledger.close()


async def test_a_migration_that_is_cut_off_is_done_by_the_next_worker(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path)
    await fill(url)

    assert await kills(url, "open") > 40

    ledger = await SqlLedger.open(url)
    await check_everything(ledger)
    await ledger.close()


_OPEN = """
import asyncio, sys
from activities.payments.ledger.store import SqlLedger

async def main():
    sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
    ledger = await SqlLedger.open(sys.argv[1])
    await ledger.close()

asyncio.run(main())
"""


@pytest.mark.parametrize("kind", ["new", "old"])
async def test_workers_that_start_at_once_agree(url: str, kind: str) -> None:
    if kind == "old":
        await fill(url)
    pipe = asyncio.subprocess.PIPE
    workers = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _OPEN, url), cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe
        )
        for _ in range(3)
    ]
    for worker in workers:
        assert worker.stdout is not None
        await worker.stdout.readline()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write(b"go\n")

    for worker in workers:
        _, errors = await worker.communicate()
        assert worker.returncode == 0, errors.decode()
    ledger = await SqlLedger.open(url)
    assert (await ledger.reserve(claim("new"), WIDE)).key == key("new")
    await ledger.close()


async def test_one_process_can_open_a_new_ledger_twice_at_once(url: str) -> None:
    async with asyncio.TaskGroup() as group:
        opening = [group.create_task(SqlLedger.open(url)) for _ in range(3)]

    for task in opening:
        assert await task.result().book() == ()
        await task.result().close()


async def test_a_ledger_of_a_newer_caravan_is_left_alone(ledger: SqlLedger, url: str) -> None:
    async with ledger._engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(Misconfigured, match="newer Caravan"):
        await SqlLedger.open(url)
