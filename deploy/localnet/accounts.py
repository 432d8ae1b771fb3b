"""Reading accounts: one at a time, by program, by holder, by mint; now or some slots ago."""

from collections import deque
from collections.abc import Iterable, Mapping

from solders.account import Account
from solders.pubkey import Pubkey

from deploy.localnet.journal import Journal
from deploy.localnet.machine import Machine
from deploy.localnet.tokens import TokenAccount, read_token_account

UNDO_SLOTS = 512
"""How far back a lagging read can see; three lifetimes of a blockhash and some."""


class UndoLog:
    """What recent transactions overwrote, so that a read can answer as of an earlier slot."""

    def __init__(self) -> None:
        self._entries: deque[tuple[int, Mapping[Pubkey, Account | None]]] = deque()

    def note(self, slot: int, before: Mapping[Pubkey, Account | None]) -> None:
        """Remember accounts as they were before a change in ``slot``."""
        self._entries.append((slot, before))
        while self._entries[0][0] < slot - UNDO_SLOTS:
            self._entries.popleft()

    def as_of(self, slot: int) -> dict[Pubkey, Account | None]:
        """Return the accounts that have changed since ``slot``, as they were at its end."""
        overlay: dict[Pubkey, Account | None] = {}
        for changed_at, before in reversed(self._entries):
            if changed_at <= slot:
                break
            overlay.update(before)
        return overlay


class AccountView:
    """The accounts as of one slot."""

    def __init__(
        self, machine: Machine, journal: Journal, overlay: Mapping[Pubkey, Account | None]
    ) -> None:
        self._machine = machine
        self._journal = journal
        self._overlay = overlay

    def get(self, key: Pubkey) -> Account | None:
        """Return one account."""
        return self._overlay[key] if key in self._overlay else self._machine.account(key)

    def owned_by(self, program: Pubkey) -> list[tuple[Pubkey, Account]]:
        """Return the accounts a program owns."""
        return [
            (key, account)
            for key, account in self._existing(self._journal.keys_owned_by(program))
            if account.owner == program
        ]

    def tokens_held_by(self, wallet: Pubkey) -> list[tuple[Pubkey, TokenAccount, Account]]:
        """Return the token accounts of a wallet."""
        found = self._tokens(self._journal.token_keys_held_by(wallet))
        return [entry for entry in found if entry[1].holder == wallet]

    def tokens_of_mint(self, mint: Pubkey) -> list[tuple[Pubkey, TokenAccount, Account]]:
        """Return the token accounts of a mint."""
        found = self._tokens(self._journal.token_keys_of_mint(mint))
        return [entry for entry in found if entry[1].mint == mint]

    def _tokens(self, keys: Iterable[Pubkey]) -> list[tuple[Pubkey, TokenAccount, Account]]:
        read = ((key, read_token_account(a), a) for key, a in self._existing(keys))
        return [(key, token, account) for key, token, account in read if token is not None]

    def _existing(self, keys: Iterable[Pubkey]) -> list[tuple[Pubkey, Account]]:
        # An account deleted since is no longer in the journal, only in the overlay.
        candidates = sorted({*keys, *self._overlay}, key=bytes)
        found = ((key, self.get(key)) for key in candidates)
        return [(key, account) for key, account in found if account is not None]
