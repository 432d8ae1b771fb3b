"""Giving money back: once for each payment, whatever dies in between."""

import sqlite3
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from deploy.services.chain import ChainRefused, ChainUnreachable, Landed, Signed, Transfer

WINDOW_SECONDS: Final = 3600
"""How long after a payment it may be claimed back."""

MEMO_CHARACTERS: Final = 32
"""Characters of the paid transaction's id that a refund's memo repeats."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS refunds (
    paid TEXT PRIMARY KEY, seller TEXT NOT NULL, source TEXT NOT NULL, destination TEXT NOT NULL,
    base_units INTEGER NOT NULL, signature TEXT NOT NULL, raw BLOB NOT NULL,
    last_valid_height INTEGER NOT NULL, landed INTEGER NOT NULL DEFAULT 0
) STRICT;
"""


class Payee(Protocol):
    """A seller's wallet on one chain."""

    @property
    def name(self) -> str:
        """Whose it is."""
        ...

    @property
    def refunds(self) -> bool:
        """Whether it gives money back."""
        ...

    @property
    def token_account(self) -> str:
        """Where its payments arrive, as the chain's transfers name it."""
        ...


class RefundChain(Protocol):
    """What refunds need of a chain.

    Every call raises ChainUnreachable without an answer, and ChainRefused when told no.
    """

    def landed(self, signature: str) -> Landed | None:
        """Return a transaction, or ``None`` when the chain has no such success."""
        ...

    def outcome(self, signature: str) -> bool | None:
        """Tell whether a transaction succeeded, failed, or is unknown to the chain."""
        ...

    def made(self, transfer: Transfer, memo: str, *, since: str) -> str | None:
        """Return the transaction that made a transfer under a memo after another, if any did."""
        ...

    def height_of(self, account: str) -> int:
        """Return what transactions of an account expire by; it only grows."""
        ...

    def sign_refund(self, wallet: Any, transfer: Transfer, memo: str) -> Signed:  # noqa: ANN401
        """Sign a transfer out of a wallet of this chain."""
        ...

    def send(self, raw: bytes) -> None:
        """Send signed bytes. Sending the same bytes again has no second effect."""
        ...


class ClaimRefused(Exception):
    """A claim that will not be paid, with the status that says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Refund:
    """A refund that is journaled, and perhaps already on chain."""

    paid: str
    """Id of the payment that is given back."""
    seller: str
    transfer: Transfer
    signed: Signed
    landed: bool


@dataclass(frozen=True)
class Answer:
    """What a claim is told."""

    refund: Refund
    repeated: bool
    """Whether this claim had been made before."""


class Journal:
    """Refunds on disk, each written before it is sent."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")  # on disk before a byte leaves
        self._database.executescript(SCHEMA)

    def get(self, paid: str) -> Refund | None:
        """Return the refund of one payment."""
        rows = self._database.execute("SELECT * FROM refunds WHERE paid = ?", (paid,)).fetchall()
        return _refund(rows[0]) if rows else None

    def unfinished(self) -> list[Refund]:
        """Return refunds not yet seen on chain."""
        rows = self._database.execute("SELECT * FROM refunds WHERE landed = 0").fetchall()
        return [_refund(row) for row in rows]

    def write(self, refund: Refund) -> None:
        """Store a refund before it is sent; a replacement takes the place of dead bytes."""
        to, bytes_ = refund.transfer, refund.signed
        self._database.execute(
            "INSERT OR REPLACE INTO refunds VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
            (
                refund.paid,
                refund.seller,
                to.source,
                to.destination,
                to.base_units,
                bytes_.signature,
                bytes_.raw,
                bytes_.last_valid_height,
            ),
        )

    def mark_landed(self, paid: str) -> None:
        """Note that the refund is on chain."""
        self._database.execute("UPDATE refunds SET landed = 1 WHERE paid = ?", (paid,))

    def close(self) -> None:
        """Close the database."""
        self._database.close()


def _refund(row: tuple[str, str, str, str, int, str, bytes, int, int]) -> Refund:
    paid, seller, source, destination, amount, signature, raw, height, landed = row
    transfer = Transfer(source, destination, amount)
    return Refund(paid, seller, transfer, Signed(signature, raw, height), bool(landed))


def memo_of(paid: str) -> str:
    """Return the memo that ties a refund to its payment."""
    return f"refund:{paid[:MEMO_CHARACTERS]}"


class RefundDesk:
    """Pays claims for the wallets that promise refunds."""

    def __init__(
        self,
        chain: RefundChain,
        journal: Journal,
        wallets: Iterable[Payee],
        clock: Callable[[], float],
    ) -> None:
        self._chain = chain
        self._journal = journal
        self._wallets = {wallet.token_account: wallet for wallet in wallets if wallet.refunds}
        self._clock = clock
        self._lock = threading.Lock()  # one claim at a time: two must not both find no journal

    def claim(self, paid: str) -> Answer:
        """Give one payment back.

        Raises:
            ClaimRefused: Nothing is owed, or it cannot be paid now.
        """
        with self._lock:
            known = self._journal.get(paid)
            if known is None:
                return self._first(paid)
            return Answer(self._deliver(known), repeated=True)

    def resume(self) -> None:
        """Deliver what is journaled and not seen on chain.

        Raises:
            ClaimRefused: One could not be sent now; call again.
            ChainUnreachable: The node does not answer; call again.
        """
        with self._lock:
            failures: list[ClaimRefused] = []
            for refund in self._journal.unfinished():
                try:
                    self._deliver(refund)
                except ClaimRefused as err:
                    failures.append(err)  # one that cannot be sent must not hold the others up
        if failures:
            raise failures[0]

    def _first(self, paid: str) -> Answer:
        landed = self._chain.landed(paid)
        if landed is None:
            raise ClaimRefused(404, "no such successful transaction on this chain")
        received = next((t for t in landed.transfers if t.destination in self._wallets), None)
        if received is None:
            raise ClaimRefused(403, "the transaction did not pay a wallet that gives refunds")
        if landed.at is not None and self._clock() - landed.at > WINDOW_SECONDS:
            raise ClaimRefused(410, f"the payment is older than {WINDOW_SECONDS} seconds")
        wallet = self._wallets[received.destination]
        back = Transfer(received.destination, received.source, received.base_units)
        earlier = self._chain.made(back, memo_of(paid), since=paid)
        if earlier is not None:  # the journal was lost, the chain was not
            refund = Refund(paid, wallet.name, back, Signed(earlier, b"", 0), landed=True)
            self._journal.write(refund)
            self._journal.mark_landed(paid)
            return Answer(refund, repeated=True)
        return Answer(self._send(self._signed(paid, wallet, back)), repeated=False)

    def _signed(self, paid: str, wallet: Payee, back: Transfer) -> Refund:
        try:
            signed = self._chain.sign_refund(wallet, back, memo_of(paid))
        except ChainRefused as err:
            raise ClaimRefused(503, f"the refund cannot be made now: {err}") from err
        refund = Refund(paid, wallet.name, back, signed, landed=False)
        self._journal.write(refund)
        return refund

    def _deliver(self, refund: Refund) -> Refund:
        """Bring a journaled refund to the chain, signing again only when the old is dead."""
        if refund.landed:
            return refund
        # The height is read first: bytes not found after it had passed can never be found.
        height = self._chain.height_of(refund.transfer.source)
        outcome = self._chain.outcome(refund.signed.signature)
        if outcome:
            self._journal.mark_landed(refund.paid)
            return refund
        if outcome is False or height > refund.signed.last_valid_height:
            wallet = self._wallets[refund.transfer.source]
            refund = self._signed(refund.paid, wallet, refund.transfer)
        return self._send(refund)

    def _send(self, refund: Refund) -> Refund:
        try:
            self._chain.send(refund.signed.raw)
        except ChainRefused as err:
            # "already processed" is a refusal too, and means the opposite of a failure.
            if not self._chain.outcome(refund.signed.signature):
                raise ClaimRefused(503, f"the refund is journaled, not sent: {err}") from err
        except ChainUnreachable as err:
            raise ClaimRefused(503, "the refund is journaled; the chain is unreachable") from err
        if self._chain.outcome(refund.signed.signature):
            self._journal.mark_landed(refund.paid)
        return refund
