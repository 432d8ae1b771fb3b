"""The local chain: what lands, exactly once, and what is remembered of it."""

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from solders.account import Account
from solders.hash import Hash
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import SanitizeError, VersionedTransaction

from deploy.localnet.accounts import AccountView, UndoLog
from deploy.localnet.journal import Journal
from deploy.localnet.json_types import Json
from deploy.localnet.machine import Accounts, Execution, Machine
from deploy.localnet.messages import (
    AccountKeys,
    UnresolvedKeys,
    memo_of,
    message_digest,
    resolve_keys,
)
from deploy.localnet.records import Change, Landed, Refused, Simulated, failed
from deploy.localnet.slots import (
    FIRST_SLOT,
    MAX_BLOCKHASH_AGE_SLOTS,
    Blockhashes,
    SlotClock,
    block_height,
)
from deploy.localnet.transaction_json import inner_instructions, return_data, transaction_meta


class LocalChain:
    """One Solana chain in this process. Safe to use from any thread.

    Everything is final at once: a node's three commitments are the same slot here.
    """

    def __init__(
        self,
        *,
        state_dir: Path | None = None,
        manual_slots: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._lock = threading.RLock()
        self._listeners: list[Callable[[Change], None]] = []
        self.journal = Journal(state_dir)
        self.machine = Machine()
        self._undo = UndoLog()
        self._clock = _restore_clock(self.journal, manual=manual_slots, now=now)
        self._hashes = Blockhashes(_restore_seed(self.journal))
        self._machine_time = (-1, -1)
        for key, account in self.journal.accounts():
            self.machine.put({key: account})

    def close(self) -> None:
        """Release the state directory."""
        with self._lock:
            self.journal.close()

    @property
    def lock(self) -> threading.RLock:
        """Held around reads that must agree with one another."""
        return self._lock

    @property
    def slot(self) -> int:
        """The current slot."""
        with self._lock:
            return self._clock.slot

    @property
    def block_height(self) -> int:
        """How many blocks were produced; smaller than the slot, as on a real chain."""
        return block_height(self.slot)

    def advance_slots(self, count: int) -> int:
        """Let slots pass and return the new one; 151 expire every blockhash."""
        if count < 0:
            raise ValueError("slots only pass forwards; give a count of zero or more")
        with self._lock:
            self.journal.write({"slot_offset": str(self._clock.offset + count)})
            self._clock.offset += count
            return self._clock.slot

    def block_time(self, slot: int) -> int:
        """Return when a slot was, exactly if something landed in it."""
        with self._lock:
            landed = self.journal.landed_at(slot)
            return landed[0].block_time if landed else self._clock.estimated_time(slot)

    def blockhash_at(self, slot: int) -> Hash:
        """Return the blockhash of a slot, past or present."""
        return self._hashes.at(slot)

    def latest_blockhash(self) -> tuple[Hash, int]:
        """Return the newest blockhash and the last block height at which it is accepted."""
        slot = self.slot
        return self._hashes.at(slot), block_height(slot + MAX_BLOCKHASH_AGE_SLOTS)

    def is_blockhash_valid(self, blockhash: Hash) -> bool:
        """Say whether a transaction with this blockhash can still land."""
        with self._lock:
            return self._hashes.last_valid_slot(blockhash, self._clock.slot) is not None

    def accounts(self, *, lag_slots: int = 0) -> AccountView:
        """Return the accounts, now or as they were some slots ago."""
        with self._lock:
            overlay = self._undo.as_of(self._clock.slot - lag_slots) if lag_slots else {}
            return AccountView(self.machine, self.journal, overlay)

    def submit(self, transaction: VersionedTransaction) -> Landed | Refused:
        """Land a transaction, or refuse it without a trace. The same one never lands twice."""
        with self._lock:
            self._set_time()
            refusal = self._refusal(transaction, check_blockhash=True, check_signatures=True)
            if refusal is not None:
                return Refused(refusal)
            try:
                keys = resolve_keys(transaction.message, self.machine.account)
            except UnresolvedKeys as err:
                return Refused(err.err)
            execution = self.machine.run(transaction, keys)
            if not execution.charged:
                return Refused(execution.err, tuple(execution.logs))
            return self._record(transaction, keys, execution)

    def simulate(
        self,
        transaction: VersionedTransaction,
        *,
        check_signatures: bool = True,
        check_blockhash: bool = True,
    ) -> Simulated:
        """Say what a transaction would do now."""
        with self._lock:
            self._set_time()
            refusal = self._refusal(
                transaction, check_blockhash=check_blockhash, check_signatures=check_signatures
            )
            if refusal is not None:
                return failed(refusal)
            try:
                keys = resolve_keys(transaction.message, self.machine.account)
            except UnresolvedKeys as err:
                return failed(err.err)
            execution = self.machine.simulate(transaction, keys)
        metadata = execution.metadata
        if metadata is None:
            return failed(execution.err)
        return Simulated(
            execution.err,
            metadata.logs(),
            metadata.compute_units_consumed(),
            return_data(metadata),
            inner_instructions(metadata),
            execution.after,
        )

    def landed(self, signature: Signature) -> Landed | None:
        """Return a transaction of the history."""
        with self._lock:
            return self.journal.landed(signature)

    def write_accounts(
        self, accounts: Mapping[Pubkey, Account | None], *, funded: Iterable[Pubkey] = ()
    ) -> None:
        """Overwrite accounts as no transaction could, and keep that over restarts."""
        with self._lock:
            before = {key: self.machine.account(key) for key in accounts}
            self.machine.put(accounts)
            try:
                self.journal.save_accounts(accounts, funded=funded)
            except BaseException:
                self.machine.put(before)
                raise
            slot = self._clock.slot
            self._undo.note(slot, before)
            self._announce(Change(slot, dict(accounts), None))

    def on_change(self, listener: Callable[[Change], None]) -> None:
        """Call ``listener`` after every change, on the changing thread. It must not block."""
        self._listeners.append(listener)

    def _refusal(
        self, transaction: VersionedTransaction, *, check_blockhash: bool, check_signatures: bool
    ) -> Json:
        try:
            transaction.sanitize()
        except SanitizeError:
            return "SanitizeFailure"
        if check_signatures and not all(transaction.verify_with_results()):
            return "SignatureFailure"
        # A node looks at the age first: an old duplicate is expired, not processed.
        blockhash = transaction.message.recent_blockhash
        if check_blockhash and self._hashes.last_valid_slot(blockhash, self._clock.slot) is None:
            return "BlockhashNotFound"
        if self.journal.has_landed(transaction.signatures[0], message_digest(transaction)):
            return "AlreadyProcessed"
        return None

    def _record(
        self, transaction: VersionedTransaction, keys: AccountKeys, execution: Execution
    ) -> Landed:
        changed = {
            key: account
            for key, account in execution.after.items()
            if account != execution.before[key]
        }
        try:
            landed = self._save(transaction, keys, execution, changed)
        except BaseException:
            # What is not on disk did not happen: a restart would not know of it.
            self.machine.put({key: execution.before[key] for key in changed})
            raise
        self._undo.note(landed.slot, {key: execution.before[key] for key in changed})
        self._announce(Change(landed.slot, changed, landed, frozenset(keys.all)))
        return landed

    def _save(
        self,
        transaction: VersionedTransaction,
        keys: AccountKeys,
        execution: Execution,
        changed: Accounts,
    ) -> Landed:
        landed = Landed(
            signature=transaction.signatures[0],
            slot=self._clock.slot,
            block_time=self._clock.unix_time,
            wire=bytes(transaction),
            err=execution.err,
            memo=memo_of(transaction.message),
            meta=transaction_meta(transaction, keys, execution, self.machine.account),
        )
        self.journal.save_landed(
            landed,
            message_digest=message_digest(transaction),
            mentioned=keys.all,
            accounts=changed,
        )
        return landed

    def _announce(self, change: Change) -> None:
        for listener in self._listeners:
            listener(change)

    def _set_time(self) -> None:
        now = (self._clock.slot, self._clock.unix_time)
        if now == self._machine_time:
            return
        slot, unix_time = now
        oldest = max(FIRST_SLOT, slot - MAX_BLOCKHASH_AGE_SLOTS)
        recent = [(past, self._hashes.at(past)) for past in range(slot - 1, oldest - 1, -1)]
        self.machine.set_time(slot=slot, unix_time=unix_time, recent=recent)
        self._machine_time = now


def _restore_clock(journal: Journal, *, manual: bool, now: Callable[[], float]) -> SlotClock:
    genesis_time = float(journal.read("genesis_time") or now())
    offset = int(journal.read("slot_offset") or 0)
    if manual and journal.read("manual_slots") == "0":
        # The wall clock stops counting here, so what it has counted must be kept.
        wall = SlotClock(genesis_time=genesis_time, offset=offset, manual=False, now=now)
        offset = wall.slot - FIRST_SLOT
    clock = SlotClock(genesis_time=genesis_time, offset=offset, manual=manual, now=now)
    newest_landed = journal.count()[1]
    clock.offset += max(0, newest_landed - clock.slot)
    journal.write(
        {
            "genesis_time": repr(genesis_time),
            "slot_offset": str(clock.offset),
            "manual_slots": str(int(manual)),
        }
    )
    return clock


def _restore_seed(journal: Journal) -> bytes:
    stored = journal.read("blockhash_seed")
    # Random, so that a transaction signed for one chain cannot land on a later, fresh one.
    seed = secrets.token_bytes(32) if stored is None else bytes.fromhex(stored)
    if stored is None:
        journal.write({"blockhash_seed": seed.hex()})
    return seed
