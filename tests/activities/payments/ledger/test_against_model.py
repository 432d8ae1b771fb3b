"""Whatever is asked in whatever order, the ledger agrees with a model of a few lines."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from activities.payments.ledger.store import SqlLedger
from domain.errors import BudgetExceeded, EngineError, IllegalTransition, RecordsDisagree
from domain.payments import PaymentState
from domain.policy import CapScope
from domain.receipts import ReceiptBook, book_problems
from tests.activities.payments.ledger.databases import sqlite_url
from tests.activities.payments.ledger.samples import (
    WHEN,
    authorization,
    cap,
    claim,
    key,
    receipt,
    slot,
)

S = PaymentState
LIMIT = 10
NAMES = st.sampled_from(["a1", "a2", "b1"])
"""The first letter names the slot, so two of them compete for one."""
PRICES = st.integers(1, 6)


class LedgerAgainstModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.url = sqlite_url(self.folder)
        self.ledger = self.runner.run(SqlLedger.open(self.url))
        self.state: dict[str, PaymentState] = {}
        self.price: dict[str, int] = {}
        self.held: dict[str, int] = {}
        self.proven: dict[str, str] = {}

    def teardown(self) -> None:
        self.runner.run(self.ledger.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    def told(self, do: Callable[[], Awaitable[object]]) -> type[EngineError] | None:
        async def ask() -> None:
            await do()

        try:
            self.runner.run(ask())
        except EngineError as err:
            return type(err)
        return None

    def counted(self) -> int:
        return sum(self.held[n] for n, state in self.state.items() if state is not S.UNPAID)

    @rule(name=NAMES, price=PRICES)
    def reserve(self, name: str, price: int) -> None:
        wanted, limit = claim(name, step=name[0], price=price), cap(CapScope.RUN, LIMIT)
        told = self.told(lambda: self.ledger.reserve(wanted, [limit]))
        earlier = next((n for n in self.state if n[0] == name[0]), None)
        signed = earlier is not None and earlier in self.price
        if earlier == name and (
            signed or (self.state[name] is S.RESERVED and self.held[name] == price)
        ):
            assert told is None
            return
        if signed:
            assert told is IllegalTransition
            return
        freed = self.held[earlier] if earlier and self.state[earlier] is not S.UNPAID else 0
        if self.counted() - freed + price > LIMIT:
            assert told is BudgetExceeded
            return
        assert told is None
        if earlier is not None:
            del self.state[earlier], self.held[earlier]
        self.state[name], self.held[name] = S.RESERVED, price

    @rule(name=NAMES)
    def release(self, name: str) -> None:
        told = self.told(lambda: self.ledger.release(key(name), "called off"))
        if name not in self.state or name in self.price:
            assert told is IllegalTransition
        else:
            assert told is None
            self.state[name] = S.UNPAID

    @rule(name=NAMES, price=PRICES)
    def sign(self, name: str, price: int) -> None:
        signed = authorization(claim(name, step=name[0], price=price))
        told = self.told(lambda: self.ledger.sign(signed))
        if name in self.price:
            assert told is None
        elif self.state.get(name) is S.RESERVED and price <= self.held[name]:
            assert told is None
            self.state[name], self.price[name] = S.SIGNED, price
        else:
            assert told is IllegalTransition

    @rule(name=NAMES)
    def send(self, name: str) -> None:
        told = self.told(lambda: self.ledger.note_send(key(name)))
        assert told is (None if name in self.price else IllegalTransition)
        if self.state.get(name) is S.SIGNED:
            self.state[name] = S.SENT

    @rule(name=NAMES, state=st.sampled_from([S.UNKNOWN, S.UNPAID]))
    def settle_without_proof(self, name: str, state: PaymentState) -> None:
        told = self.told(lambda: self.ledger.settle(key(name), state, receipt=None, reason=""))
        now = self.state.get(name)
        legal = {S.SENT, S.UNKNOWN} | (
            {S.UNPAID, S.RESERVED, S.SIGNED} if state is S.UNPAID else set()
        )
        assert told is (None if now in legal else IllegalTransition)
        if now in legal:
            self.state[name] = state

    @rule(name=NAMES, moved=PRICES, transaction=st.sampled_from(["x", "y"]))
    def settle_as_paid(self, name: str, moved: int, transaction: str) -> None:
        proof = receipt(claim(name, step=name[0]), transaction, moved=moved)
        told = self.told(
            lambda: self.ledger.settle(key(name), S.DELIVERED, receipt=proof, reason="")
        )
        if name in self.proven:
            again = self.proven[name] == transaction
            assert told is (None if again else RecordsDisagree)
        elif self.state.get(name) not in {S.SENT, S.UNKNOWN}:
            assert told is IllegalTransition
        elif transaction in self.proven.values():
            assert told is RecordsDisagree
        else:
            assert told is None
            self.state[name], self.held[name] = S.DELIVERED, moved
            self.proven[name] = transaction

    @rule()
    def restart(self) -> None:
        self.runner.run(self.ledger.close())
        self.ledger = self.runner.run(SqlLedger.open(self.url))

    @invariant()
    def agrees(self) -> None:
        found = self.runner.run(self.ledger.entries(limit=9))
        assert {entry.key: entry.state for entry, _ in found} == {
            key(name): state for name, state in self.state.items()
        }
        for letter in "ab":
            filled = self.runner.run(self.ledger.in_slot(slot(letter)))
            name = next((n for n in self.state if n[0] == letter), None)
            assert (filled and filled.key) == (name and key(name))

    @invariant()
    def book_holds_what_is_proven(self) -> None:
        lines = self.runner.run(self.ledger.book())
        assert [line.receipt.transaction for line in lines] == list(self.proven.values())
        assert book_problems(ReceiptBook(whole=True, exported_at=WHEN, lines=lines)) == ()


TestLedgerAgainstModel = LedgerAgainstModel.TestCase
TestLedgerAgainstModel.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, database=None
)
