"""The ledger remembers before it counts, and moves only along legal ways."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from activities.payments.ledger_sql import SqlLedger
from domain.artifacts import ArtifactRef
from domain.catalogue import Terms
from domain.chains import SOLANA_DEVNET, USDC_DEVNET
from domain.errors import BudgetExceeded, IllegalTransition
from domain.ids import Digest, ListingId, PaymentKey, StepId
from domain.money import Amount
from domain.payments import Authorization, PaymentState
from domain.purchases import PurchaseSlot

CAP = Amount.from_decimal("1.00", USDC_DEVNET)
LISTING = ListingId("POST https://a.example/x")


def key(name: str) -> PaymentKey:
    return PaymentKey(name.ljust(64, "0"))


def slot(step: str, ordinal: int = 0) -> PurchaseSlot:
    return PurchaseSlot(
        workflow_id="run/a", first_run_id="f", step_id=StepId(step), ordinal=ordinal
    )


def terms(base_units: int = 400_000) -> Terms:
    return Terms(
        x402_version=2,
        scheme="exact",
        network=SOLANA_DEVNET,
        asset=USDC_DEVNET.address,
        base_units=base_units,
        pay_to="seller",
        max_timeout_seconds=60,
    )


def authorization(of: PaymentKey, sealed: str = "sealed") -> Authorization:
    return Authorization(
        key=of,
        listing_id=LISTING,
        amount=terms().amount,
        pay_to="seller",
        order=ArtifactRef(digest=Digest("0" * 64), media_type="application/json", size_bytes=1),
        sealed_payment=sealed,
        message_digest=Digest("1" * 64),
        memo="memo",
        first_slot=1,
        last_valid_block_height=151,
    )


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    opened = await SqlLedger.open(f"sqlite+aiosqlite:///{tmp_path / 'ledger.sqlite'}")
    yield opened
    await opened.close()


async def reserve(ledger: SqlLedger, name: str, step: str, units: int = 400_000) -> None:
    await ledger.reserve(key(name), slot(step), listing=LISTING, terms=terms(units), cap=CAP)


async def test_parallel_reservations_cannot_pass_the_cap(ledger: SqlLedger) -> None:
    tries = [reserve(ledger, f"{n}", f"step{n}") for n in range(8)]

    results = await asyncio.gather(*tries, return_exceptions=True)

    assert sum(result is None for result in results) == 2
    assert all(isinstance(result, BudgetExceeded) for result in results if result is not None)


async def test_a_reservation_proven_unpaid_makes_room(ledger: SqlLedger) -> None:
    await reserve(ledger, "a", "one", 1_000_000)
    await ledger.sign(authorization(key("a")))
    await ledger.settle(key("a"), PaymentState.UNPAID, receipt=None, reason="expired")

    await reserve(ledger, "b", "two", 1_000_000)

    assert (await ledger.get(key("b"))).state is PaymentState.RESERVED


async def test_reserving_again_changes_nothing(ledger: SqlLedger) -> None:
    await reserve(ledger, "a", "one", 1_000_000)
    await reserve(ledger, "a", "one", 1_000_000)

    assert (await ledger.get(key("a"))).state is PaymentState.RESERVED


async def test_an_unsigned_reservation_gives_its_slot_to_another_purchase(
    ledger: SqlLedger,
) -> None:
    await reserve(ledger, "a", "one", 1_000_000)
    await reserve(ledger, "b", "one", 1_000_000)

    found = await ledger.in_slot(slot("one"))

    assert found is not None
    assert found.key == key("b")


async def test_a_signed_slot_is_never_given_away(ledger: SqlLedger) -> None:
    await reserve(ledger, "a", "one")
    await ledger.sign(authorization(key("a")))

    with pytest.raises(IllegalTransition, match="already has a signed payment"):
        await reserve(ledger, "b", "one")


async def test_the_first_signature_on_record_wins(ledger: SqlLedger) -> None:
    await reserve(ledger, "a", "one")

    first = await ledger.sign(authorization(key("a"), "first"))
    second = await ledger.sign(authorization(key("a"), "second"))

    assert first == second
    assert second.sealed_payment == "first"


async def test_an_ending_cannot_be_changed(ledger: SqlLedger) -> None:
    await reserve(ledger, "a", "one")
    await ledger.sign(authorization(key("a")))
    await ledger.note_send(key("a"))
    await ledger.settle(key("a"), PaymentState.UNPAID, receipt=None, reason="")

    with pytest.raises(IllegalTransition):
        await ledger.settle(key("a"), PaymentState.DELIVERED, receipt=None, reason="")


async def test_one_transfer_refunds_one_payment(ledger: SqlLedger) -> None:
    for name in ("a", "b"):
        await reserve(ledger, name, name)
        await ledger.sign(authorization(key(name)))
        await ledger.note_send(key(name))
        await ledger.settle(key(name), PaymentState.DELIVERED, receipt=None, reason="")
        await ledger.begin_refund(key(name))

    assert await ledger.refunded(key("a"), "transfer")
    assert await ledger.refunded(key("a"), "transfer")
    assert not await ledger.refunded(key("b"), "transfer")
    assert (await ledger.get(key("b"))).state is PaymentState.REFUNDING


async def test_what_is_written_survives_the_process(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'ledger.sqlite'}"
    first = await SqlLedger.open(url)
    await reserve(first, "a", "one")
    await first.close()

    second = await SqlLedger.open(url)
    found = await second.get(key("a"))
    await second.close()

    assert found.state is PaymentState.RESERVED


async def test_a_ledger_makes_the_folder_it_lies_in(tmp_path: Path) -> None:
    ledger = await SqlLedger.open(f"sqlite+aiosqlite:///{tmp_path / 'new' / 'ledger.sqlite'}")
    await ledger.close()

    assert (tmp_path / "new" / "ledger.sqlite").exists()
