"""What can be looked up in the ledger, on SQLite and on PostgreSQL alike."""

from datetime import UTC, datetime, timedelta, timezone

from activities.payments.ledger.store import SqlLedger
from domain.chains import BASE_SEPOLIA, SOLANA_DEVNET
from domain.payments import PaymentState
from domain.receipts import ReceiptBook, book_problems
from tests.activities.payments.ledger.samples import (
    PRICE,
    WHEN,
    WIDE,
    claim,
    key,
    paid,
    receipt,
    sent,
    terms,
)

S = PaymentState


async def test_the_book_is_chained_without_gaps(ledger: SqlLedger) -> None:
    for name in ("a", "b", "c"):
        await paid(ledger, claim(name, run="run/b" if name == "b" else "run/a"))

    lines = await ledger.book()

    assert [line.number for line in lines] == [1, 2, 3]
    book = ReceiptBook(whole=True, exported_at=WHEN, lines=lines)
    assert book_problems(book) == ()
    assert [line.receipt.key for line in await ledger.book("run/b")] == [key("b")]
    assert await ledger.claims_transaction(SOLANA_DEVNET, lines[0].receipt.transaction)
    assert not await ledger.claims_transaction(BASE_SEPOLIA, lines[0].receipt.transaction)


async def test_payees_are_remembered_from_the_first_reservation(ledger: SqlLedger) -> None:
    await ledger.reserve(claim("a"), WIDE)
    await ledger.reserve(claim("b"), WIDE)
    await ledger.reserve(claim("c", asked=terms(pay_to="another")), WIDE)
    await ledger.release(key("a"), "")

    found = await ledger.payees(claim("a").listing_id)

    assert [payee.pay_to for payee in found] == ["seller", "another"]
    assert await ledger.payees(claim("a", url="https://b.example/").listing_id) == ()


async def test_entries_are_listed_by_run_by_need_and_by_age(ledger: SqlLedger) -> None:
    await paid(ledger, claim("a"))
    await sent(ledger, claim("b", run="run/b"))
    await ledger.reserve(claim("c"), WIDE)
    now = datetime.now(UTC)

    async def names(**asked: object) -> list[str]:
        found = await ledger.entries(**{"limit": 9, **asked})  # type: ignore[arg-type]
        assert all(moved.tzinfo is not None for _, moved in found)
        return [entry.key[0] for entry, _ in found]

    assert await names() == ["c", "b", "a"]
    assert await names(limit=1) == ["c"]
    assert await names(workflow_id="run/b") == ["b"]
    assert await names(unsettled=True) == ["c", "b"]
    assert await names(unsettled=True, idle_since=now) == ["b", "c"]
    assert await names(idle_since=now - timedelta(minutes=1)) == []
    # The same moment on another zone's clock.
    for hours in (-9, 9):
        zone = (now - timedelta(minutes=1)).astimezone(tz=_zone(hours))
        assert await names(idle_since=zone) == []


def _zone(hours: int) -> timezone:
    return timezone(timedelta(hours=hours))


async def test_keys_are_found_by_their_beginning(ledger: SqlLedger) -> None:
    for name in ("aa", "ab", "ac", "ad", "b"):
        await ledger.reserve(claim(name), WIDE)

    assert await ledger.find("b0") == (key("b"),)
    assert await ledger.find("a") == (key("aa"), key("ab"), key("ac"))
    assert await ledger.find("%") == ()


async def test_each_line_of_the_journal_says_what_was_known(ledger: SqlLedger) -> None:
    await paid(ledger, claim("a"))

    first, *_, last = await ledger.journal(key("a"))

    assert f"quoted {PRICE} to seller on {SOLANA_DEVNET}" in first.evidence
    assert f"on chain in {receipt(claim('a')).transaction} at 7" in last.evidence
    assert "sealed" not in last.evidence
    assert first.at <= last.at
