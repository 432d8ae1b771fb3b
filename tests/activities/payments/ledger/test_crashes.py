"""Whenever the worker dies, the ledger opens again, lost nothing, and shows no half of a move."""

import asyncio
import sys
from pathlib import Path

import pytest

from activities.payments.ledger.store import SqlLedger
from domain.payments import PaymentState
from domain.receipts import ReceiptBook, book_problems
from tests.activities.payments.ledger.databases import sqlite_url
from tests.activities.payments.ledger.dying import victim
from tests.activities.payments.ledger.samples import WHEN, WIDE, authorization, receipt

S = PaymentState
ROOT = Path(__file__).parents[4]


async def kills(url: str, stage: str) -> int:
    """Kill a worker at each statement of ``stage``, and say how many there are."""
    dying = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.activities.payments.ledger.dying", url, stage),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, errors = await dying.communicate()
    assert dying.returncode == 0, errors.decode()
    return int(said)


async def states(ledger: SqlLedger, number: int) -> list[PaymentState]:
    return [line.state for line in await ledger.journal(victim(number).key)]


async def test_a_death_while_reserving_leaves_a_reservation_or_none(
    ledger: SqlLedger, url: str
) -> None:
    count = await kills(url, "reserve")

    assert count >= 6
    for number in range(count):
        wanted = victim(number)
        assert await ledger.in_slot(wanted.slot) is None
        assert await states(ledger, number) == []
        assert await ledger.payees(wanted.listing_id) == ()
        assert (await ledger.reserve(wanted, WIDE)).state is S.RESERVED
    assert await states(ledger, count) == [S.RESERVED]
    assert len(await ledger.payees(victim(count).listing_id)) == 1


async def test_a_death_while_recording_a_signature_leaves_it_or_what_was_before(
    ledger: SqlLedger, url: str
) -> None:
    count = await kills(url, "sign")

    assert count >= 4
    for number in range(count + 1):
        entry = await ledger.get(victim(number).key)
        ended = number == count
        assert entry.state is (S.SIGNED if ended else S.RESERVED)
        assert (entry.authorization is not None) is ended
        assert await states(ledger, number) == ([S.RESERVED, S.SIGNED] if ended else [S.RESERVED])
        late = authorization(victim(number), "late")
        assert ((await ledger.sign(late)) == late) is not ended


async def test_a_death_while_settling_leaves_a_proven_payment_with_its_line_or_neither(
    ledger: SqlLedger, url: str
) -> None:
    count = await kills(url, "settle")

    assert count >= 6
    assert [line.receipt.key for line in await ledger.book()] == [victim(count).key]
    for number in range(count):
        wanted = victim(number)
        entry = await ledger.get(wanted.key)
        assert (entry.state, entry.receipt) == (S.SENT, None)
        assert await states(ledger, number) == [S.RESERVED, S.SIGNED, S.SENT]
        proof = receipt(wanted)
        assert not await ledger.claims_transaction(proof.network, proof.transaction)
        await ledger.settle(wanted.key, S.DELIVERED, receipt=proof, reason="")
    lines = await ledger.book()
    assert len(lines) == count + 1
    assert book_problems(ReceiptBook(whole=True, exported_at=WHEN, lines=lines)) == ()


@pytest.mark.parametrize("moment", range(8))
async def test_a_change_called_off_in_the_middle_blocks_nobody(
    ledger: SqlLedger, other: SqlLedger, moment: int
) -> None:
    for number in range(4):
        doing = asyncio.create_task(ledger.reserve(victim(number), WIDE))
        await asyncio.sleep(moment / 1000)
        doing.cancel()
        await asyncio.wait([doing])
        async with asyncio.timeout(5):
            entry = await other.reserve(victim(number), WIDE)
        assert await ledger.get(entry.key) == entry
        assert await states(ledger, number) == [S.RESERVED]


async def test_a_ledger_whose_making_was_cut_off_is_made_by_the_next_worker(
    tmp_path: Path,
) -> None:
    url = sqlite_url(tmp_path)

    assert await kills(url, "open") > 20

    ledger = await SqlLedger.open(url)
    assert (await ledger.reserve(victim(0), WIDE)).state is S.RESERVED
    await ledger.close()
