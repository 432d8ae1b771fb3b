"""What chains, ledger and a run's report say of the same money, and where they differ."""

from collections.abc import Sequence

from activities.payments.ledger.ports import LedgerEntry
from domain.chains import Family, family_of
from domain.ids import PaymentKey
from domain.payments import SETTLED, PaymentState
from domain.runs import RunReport, RunState
from tests.e2e.yard import Yard


def balances(yard: Yard, entries: Sequence[LedgerEntry], before: tuple[int, int]) -> list[str]:
    """Compare what the chains say left the wallets with what the ledger says."""
    after = (yard.balance(), yard.evm_balance() if yard.market.evm else 0)
    problems: list[str] = []
    for chain, family, had, has in zip(
        ("Solana", "EVM"), (Family.SVM, Family.EVM), before, after, strict=True
    ):
        recorded = sum(
            entry.receipt.amount.base_units
            for entry in entries
            if entry.receipt is not None
            and family_of(entry.receipt.network) is family
            and entry.state is not PaymentState.REFUNDED
        )
        if had - has != recorded:
            problems.append(f"{had - has} base units left on {chain}, the ledger says {recorded}")
    paid = [entry for entry in entries if entry.receipt is not None]
    count = len(yard.transfers()) + (len(yard.evm_transfers()) if yard.market.evm else 0)
    if count != len(paid):
        problems.append(f"{count} transfers on chain, {len(paid)} receipts in the ledger")
    return problems


def differs(report: RunReport, entries: Sequence[LedgerEntry], run: str) -> list[str]:
    """Compare a run's report with the ledger."""
    own = [entry for entry in entries if entry.slot.workflow_id == run]
    paid: dict[PaymentKey, int] = {
        entry.key: entry.receipt.amount.base_units for entry in own if entry.receipt is not None
    }
    problems: list[str] = []
    if sum(paid.values()) != report.spent.base_units:
        problems.append(f"{run} reports {report.spent}, the ledger {sum(paid.values())}")
    if {receipt.key for receipt in report.receipts} != set(paid):
        problems.append(f"{run} reports other receipts than the ledger")
    if report.reserved.base_units:
        problems.append(f"{run} ended with {report.reserved} reserved")
    for slot in {entry.slot.step_id for entry in own}:
        delivered = [
            entry
            for entry in own
            if entry.slot.step_id == slot and entry.state in SETTLED and entry.answer
        ]
        if len(delivered) > 1:
            problems.append(f"{run} bought {slot} {len(delivered)} times")
    if report.state is RunState.COMPLETED and report.spent > report.cap:
        problems.append(f"{run} spent {report.spent}, approved were {report.cap}")
    return problems
