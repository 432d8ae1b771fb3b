"""Comparing the ledger with the chains, with a run's history, and with its own book.

1. Every payment that the ledger calls paid is read from its chain afresh.
2. Every transfer out of a wallet of ours since the oldest checked payment has its payment.
3. What a run's history calls paid, the ledger calls paid, and the other way round.
4. The book of receipts holds together, and holds every receipt.

A payment that disagrees is parked: nothing more is done with it until a person has looked.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from activities.payments.concluding import OPEN
from activities.payments.exchanges import OutboundTransfer
from activities.payments.instruments import Instruments
from activities.payments.ledger.ports import LedgerEntry
from domain.bookkeeping import AuditRecords, Mismatch, RecordsAudited
from domain.errors import OfferRefused
from domain.ids import PaymentKey
from domain.payments import Receipt
from domain.receipts import ReceiptBook, book_problems

MismatchKind = Literal["not_on_chain", "not_in_history", "ended_otherwise", "book_broken"]
"""Disagreements about a payment that the ledger knows."""

_ALL: Final = 1_000_000
"""An audit leaves nothing out."""


_CLOCKS_DIFFER: Final = timedelta(seconds=60)
"""How far a chain's clock may be behind ours; most count whole seconds only."""


class Auditor:
    """Finds every disagreement about money."""

    def __init__(self, instruments: Instruments) -> None:
        self._with = instruments

    async def audit(self, ask: AuditRecords) -> RecordsAudited:
        """Compare, and park what disagrees.

        Raises:
            UpstreamUnavailable: A chain could not be read, so nothing can be said.
        """
        found = await self._with.ledger.entries(workflow_id=ask.workflow_id, limit=_ALL)
        entries = [entry for entry, _ in found]
        proven: list[PaymentKey] = []
        mismatches: list[Mismatch] = []
        for entry in entries:
            if entry.receipt is None:
                continue
            if await self._proves(entry.receipt):
                proven.append(entry.key)
            else:
                words = "the chain does not show what the ledger calls paid"
                mismatches.append(_about(entry, "not_on_chain", words))
        mismatches += await self._unexplained(entries)
        mismatches += _against_history(entries, ask)
        mismatches += await self._book(entries, ask.workflow_id)
        await self._park(entries, mismatches)
        return RecordsAudited(
            payments=len(entries),
            proven=tuple(proven),
            unsettled=tuple(entry.key for entry in entries if entry.state in OPEN),
            mismatches=tuple(mismatches),
        )

    async def _proves(self, receipt: Receipt) -> bool:
        try:
            rail = self._with.rails.of(receipt.network, receipt.scheme)
        except OfferRefused:
            return False  # a network this installation can no longer read proves nothing
        return await rail.proves(receipt)

    async def _unexplained(self, entries: Sequence[LedgerEntry]) -> list[Mismatch]:
        if not entries:
            return []
        since = min(entry.begun_at for entry in entries) - _CLOCKS_DIFFER
        open_now = [
            entry for entry, _ in await self._with.ledger.entries(unsettled=True, limit=_ALL)
        ]
        found: list[Mismatch] = []
        for transfer in await self._outbound(since):
            claimed = await self._with.ledger.claims_transaction(
                transfer.network, transfer.transaction
            )
            # What is under way may have landed without having been read from the chain yet.
            if not claimed and not any(_may_be(transfer, entry) for entry in open_now):
                found.append(_unclaimed(transfer))
        return found

    async def _outbound(self, since: datetime) -> list[OutboundTransfer]:
        """Transfers out of each wallet of the installation."""
        found: dict[tuple[str, str], OutboundTransfer] = {}
        for network, funds in (await self._with.rails.wallets(None)).items():
            rail = self._with.rails.of(network, "exact")
            for transfer in await rail.outbound(funds.payer, since=since):
                found[(transfer.network, transfer.transaction)] = transfer
        return list(found.values())

    async def _book(
        self, entries: Sequence[LedgerEntry], workflow_id: str | None
    ) -> list[Mismatch]:
        lines = await self._with.ledger.book(workflow_id)
        book = ReceiptBook(whole=workflow_id is None, exported_at=datetime.now(UTC), lines=lines)
        found = [_broken(words) for words in book_problems(book)]
        written = {line.receipt.key: line.receipt for line in lines}
        for entry in entries:
            if entry.receipt is not None and written.get(entry.key) != entry.receipt:
                words = "the book of receipts has another line for it, or none"
                found.append(_about(entry, "book_broken", words))
        return found

    async def _park(self, entries: Sequence[LedgerEntry], mismatches: Sequence[Mismatch]) -> None:
        parked = {entry.key for entry in entries if entry.parked}
        ours = {entry.key for entry in entries}
        for mismatch in mismatches:
            key = mismatch.key
            if key is not None and key in ours and key not in parked:
                parked.add(key)
                await self._with.ledger.park(key, f"audit: {mismatch.message}")


def _against_history(entries: Sequence[LedgerEntry], ask: AuditRecords) -> list[Mismatch]:
    if ask.workflow_id is None:
        return []
    known = {entry.key: entry for entry in entries}
    found: list[Mismatch] = []
    for key in ask.history:
        entry = known.get(key)
        if entry is None:
            words = f"the run's history reports payment {key[:12]}, the ledger has none"
            found.append(_nowhere(key, words))
        elif entry.receipt is None:
            words = f"the run's history reports it as paid, the ledger as {entry.state}"
            found.append(_about(entry, "ended_otherwise", words))
    reported = set(ask.history)
    for entry in entries:
        if entry.receipt is not None and entry.key not in reported:
            words = "the ledger has it as paid, the run's history does not report it"
            found.append(_about(entry, "not_in_history", words))
    return found


def _may_be(transfer: OutboundTransfer, entry: LedgerEntry) -> bool:
    """Whether a transfer may be of a payment under way; a channel's goes to its contract."""
    terms = entry.terms
    same_payee = transfer.pay_to == terms.pay_to or terms.scheme == "batch-settlement"
    return transfer.network == terms.network and same_payee


def _about(entry: LedgerEntry, kind: MismatchKind, words: str) -> Mismatch:
    return Mismatch(
        kind=kind,
        key=entry.key,
        network=entry.terms.network,
        transaction=entry.receipt.transaction if entry.receipt else None,
        message=words,
    )


def _nowhere(key: PaymentKey, words: str) -> Mismatch:
    return Mismatch(kind="not_in_ledger", key=key, network="", transaction=None, message=words)


def _unclaimed(transfer: OutboundTransfer) -> Mismatch:
    return Mismatch(
        kind="not_in_ledger",
        key=None,
        network=transfer.network,
        transaction=transfer.transaction,
        message=f"{transfer.amount} left for {transfer.pay_to}, and no payment explains it",
    )


def _broken(words: str) -> Mismatch:
    return Mismatch(kind="book_broken", key=None, network="", transaction=None, message=words)
