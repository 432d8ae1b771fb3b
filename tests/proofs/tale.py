"""What happened while somebody played with an engine."""

import itertools
from dataclasses import dataclass, field

from activities.payments.ledger.ports import LedgerEntry
from domain.runs import RunReport


@dataclass
class Tale:
    """What happened and what is wrong with it."""

    runs: list[RunReport] = field(default_factory=list)
    terminated: int = 0
    restarts: int = 0
    faults: int = 0
    entries: tuple[LedgerEntry, ...] = ()
    problems: list[str] = field(default_factory=list)


def told(tale: Tale, *, seed: int) -> list[str]:
    """The tale in lines."""
    states = sorted(report.state.value for report in tale.runs)
    ends = ", ".join(f"{len(list(same))} {name}" for name, same in itertools.groupby(states))
    kinds = sorted(entry.state.value for entry in tale.entries)
    payments = ", ".join(f"{len(list(same))} {name}" for name, same in itertools.groupby(kinds))
    return [
        f"seed {seed}: {len(tale.runs)} runs ended ({ends}), {tale.terminated} were terminated",
        f"{tale.restarts} workers killed, {tale.faults} node faults",
        f"{len(tale.entries)} payments: {payments}",
        *(f"BROKEN: {problem}" for problem in tale.problems),
        ""
        if tale.problems
        else "chain, ledger and runs agree on every unit; no secret was readable",
    ]
