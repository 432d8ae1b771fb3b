"""What a client says about one call, and how that compares with the chain."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

CALLS: Final = "calls"
DELIVERED: Final = "delivered"
PAID: Final = "paid"
EXTRA: Final = "extra"
SAID_FAILED: Final = "paid, said failed"
WRONG_RECEIPTS: Final = "wrong receipts"
HONEST_LOSSES: Final = "honest losses"
COLUMNS: Final = (
    *(CALLS, DELIVERED, PAID, EXTRA, SAID_FAILED, WRONG_RECEIPTS, HONEST_LOSSES),
    "mean s",
)


@dataclass(frozen=True)
class Told:
    """One call as the client that made it tells it."""

    delivered: bool
    receipts: tuple[str, ...] = ()
    """Transactions it says it paid with."""
    says_lost: bool = False
    """Whether it says plainly that it paid and got nothing."""
    broken: str = ""
    """Why the client's own account cannot be right, whatever the chain says."""


@dataclass
class Tally:
    """All calls of one client under one fault."""

    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    broken: list[str] = field(default_factory=list)

    def count(self, told: Told, payments: set[str], *, seconds: float) -> None:
        """Compare one call with the transactions that the chain shows for it."""
        paid = bool(payments)
        false_loss = told.says_lost and not paid
        self.counts += Counter(
            {
                CALLS: 1,
                DELIVERED: int(told.delivered),
                PAID: len(payments),
                EXTRA: max(0, len(payments) - 1),
                SAID_FAILED: int(paid and not told.delivered and not told.says_lost),
                WRONG_RECEIPTS: len(set(told.receipts) - payments) + false_loss,
                HONEST_LOSSES: int(told.says_lost and paid),
            }
        )
        self.seconds += seconds
        if told.broken:
            self.broken.append(told.broken)

    def add(self, other: "Tally") -> None:
        """Add the calls of another tally."""
        self.counts += other.counts
        self.seconds += other.seconds
        self.broken += other.broken

    @property
    def violations(self) -> list[str]:
        """What must not happen to anybody's money, in words."""
        never = (EXTRA, SAID_FAILED, WRONG_RECEIPTS)
        return [f"{what}: {self.counts[what]}" for what in never if self.counts[what]] + self.broken

    @property
    def cells(self) -> tuple[str, ...]:
        """The figures in the order of the table."""
        mean = self.seconds / max(1, self.counts[CALLS])
        return (*(str(self.counts[column]) for column in COLUMNS[:-1]), f"{mean:.1f}")
