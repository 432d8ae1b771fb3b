"""LiteSVM with what a node adds to it: priority fees, rent rules, and undoing a run."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from solders.account import Account
from solders.clock import Clock
from solders.hash import Hash
from solders.litesvm import LiteSVM
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction
from solders.transaction_metadata import (
    FailedTransactionMetadata,
    SimulatedTransactionInfo,
    TransactionMetadata,
)

from deploy.localnet.addresses import INCINERATOR, SYSTEM_PROGRAM
from deploy.localnet.json_types import Json, as_object
from deploy.localnet.messages import AccountKeys, fee_lamports
from deploy.localnet.slots import SLOTS_PER_EPOCH

EMPTY: Final = Account(0, b"", SYSTEM_PROGRAM)
"""Writing it removes an account."""

Accounts = Mapping[Pubkey, Account | None]


@dataclass(frozen=True, slots=True)
class Execution:
    """What running a transaction did, or would have done."""

    err: Json
    charged: bool
    """Whether the fee payer paid. A failure that was charged is in the history; others are not."""
    fee: int
    metadata: TransactionMetadata | None
    before: Accounts
    after: Accounts
    balances_before: Sequence[int]
    balances_after: Sequence[int]

    @property
    def logs(self) -> list[str]:
        """What the programs logged."""
        return [] if self.metadata is None else self.metadata.logs()


class Machine:
    """Accounts and programs. Trusts its caller on signatures, expiry and duplicates."""

    def __init__(self) -> None:
        self._svm = (
            LiteSVM().with_sigverify(False).with_blockhash_check(False).with_transaction_history(0)
        )

    def account(self, key: Pubkey) -> Account | None:
        """Return an account; one without lamports does not exist."""
        account = self._svm.get_account(key)
        return None if account is None or account.lamports == 0 else account

    def balance(self, key: Pubkey) -> int:
        """Return the lamports of an account."""
        return self._svm.get_balance(key) or 0

    def minimum_balance(self, data_bytes: int) -> int:
        """Return the lamports that exempt an account of this size from rent."""
        return self._svm.minimum_balance_for_rent_exemption(data_bytes)

    def put(self, accounts: Accounts) -> None:
        """Overwrite accounts."""
        for key, account in accounts.items():
            self._svm.set_account(key, EMPTY if account is None else account)

    def set_time(self, *, slot: int, unix_time: int, recent: Sequence[tuple[int, Hash]]) -> None:
        """Move the sysvars that programs read."""
        epoch = slot // SLOTS_PER_EPOCH
        self._svm.set_clock(Clock(slot, 0, epoch, epoch + 1, unix_time))
        self._svm.set_slot_hashes(list(recent))

    def run(self, transaction: VersionedTransaction, keys: AccountKeys) -> Execution:
        """Execute a transaction and keep its effects if it was charged."""
        before = self._read(keys)
        balances = [self.balance(key) for key in keys.all]
        fee, refusal = self._take_priority_fee(transaction, keys, before)
        if refusal is not None:
            return Execution(refusal, False, fee, None, before, before, balances, balances)
        try:
            result = self._svm.send_transaction(transaction)
        except BaseException:
            self.put({keys.static[0]: before[keys.static[0]]})
            raise
        err, metadata = _outcome(result)
        payer = keys.static[0]
        if err is not None and balances[0] - self.balance(payer) < fee:
            self.put({payer: before[payer]})
            return Execution(err, False, fee, metadata, before, before, balances, balances)
        after = self._read(keys)
        violation = None if err is not None else self._rent_violation(keys, before, after)
        if violation is not None:
            err = _rent_error(violation)
            self.put({key: before[key] for key in before if before[key] != after[key]})
            self.put({payer: _with_lamports(before[payer], balances[0] - fee)})
            after = self._read(keys)
        balances_after = [self.balance(key) for key in keys.all]
        return Execution(err, True, fee, metadata, before, after, balances, balances_after)

    def simulate(self, transaction: VersionedTransaction, keys: AccountKeys) -> Execution:
        """Execute a transaction and keep nothing."""
        before = self._read(keys)
        balances = [self.balance(key) for key in keys.all]
        fee, refusal = self._take_priority_fee(transaction, keys, before)
        if refusal is not None:
            return Execution(refusal, False, fee, None, before, before, balances, balances)
        result = self._svm.simulate_transaction(transaction)
        payer = keys.static[0]
        self.put({payer: before[payer]})
        err, metadata = _outcome(result)
        after = dict(before)
        if isinstance(result, SimulatedTransactionInfo):
            after |= {key: _existing(account) for key, account in result.post_accounts()}
        violation = None if err is not None else self._rent_violation(keys, before, after)
        if violation is not None:
            err = _rent_error(violation)
        return Execution(err, True, fee, metadata, before, after, balances, balances)

    def _take_priority_fee(
        self, transaction: VersionedTransaction, keys: AccountKeys, before: Accounts
    ) -> tuple[int, Json]:
        # LiteSVM charges the base fee only, so the rest is taken before the programs
        # run: they must see the balance they would see on a real node.
        base, priority = fee_lamports(transaction.message)
        payer = keys.static[0]
        refusal = self._fee_refusal(before[payer], base + priority)
        if refusal is None and priority:
            self.put({payer: _with_lamports(before[payer], self.balance(payer) - priority)})
        return base + priority, refusal

    def _fee_refusal(self, payer: Account | None, fee: int) -> Json:
        if payer is None:
            return "AccountNotFound"
        if payer.owner != SYSTEM_PROGRAM:
            return "InvalidAccountForFee"
        if payer.lamports < fee:
            return "InsufficientFundsForFee"
        left = _with_lamports(payer, payer.lamports - fee)
        if not self._rent_allows(payer, left):
            return _rent_error(0)
        return None

    def _rent_violation(self, keys: AccountKeys, before: Accounts, after: Accounts) -> int | None:
        for index, key in enumerate(keys.all):
            if key == INCINERATOR or key not in after:
                continue
            if not self._rent_allows(before[key], after[key]):
                return index
        return None

    def _rent_allows(self, before: Account | None, after: Account | None) -> bool:
        # A node's rule: an account ends empty or exempt, or was already below the
        # minimum and got no larger and no richer.
        if after is None or after.lamports == 0:
            return True
        if after.lamports >= self.minimum_balance(len(after.data)):
            return True
        if before is None or before.lamports >= self.minimum_balance(len(before.data)):
            return False
        return len(before.data) == len(after.data) and after.lamports <= before.lamports

    def _read(self, keys: AccountKeys) -> Accounts:
        return {key: self.account(key) for key in keys.writable}


def _outcome(
    result: TransactionMetadata | SimulatedTransactionInfo | FailedTransactionMetadata,
) -> tuple[Json, TransactionMetadata]:
    if isinstance(result, TransactionMetadata):
        return None, result
    if isinstance(result, SimulatedTransactionInfo):
        return None, result.meta()
    # Only the whole object's JSON keeps the error's tag.
    return as_object(json.loads(result.to_json()))["err"], result.meta()


def _rent_error(index: int) -> Json:
    return {"InsufficientFundsForRent": {"account_index": index}}


def _existing(account: Account) -> Account | None:
    return None if account.lamports == 0 else account


def _with_lamports(account: Account | None, lamports: int) -> Account | None:
    if account is None or lamports == 0:
        return None
    return Account(lamports, account.data, account.owner, account.executable, account.rent_epoch)
