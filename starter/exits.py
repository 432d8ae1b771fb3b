"""How the process ends: the exit codes that scripts rely on."""

from enum import IntEnum
from typing import Final

from domain.payments import PaymentState
from domain.runs import RunReport, RunState


class ExitCode(IntEnum):
    """Stable; documented with the command line."""

    DONE = 0
    USAGE = 2
    NOT_WANTED = 3
    """Rejected, expired or cancelled."""
    FAILED = 4
    """Failed, or rolled back in full."""
    MONEY_OPEN = 5
    """Rolled back in part, or money whose end is not known."""
    UNREACHABLE = 6
    INTERRUPTED = 130
    """Ctrl-C, as shells count it."""


_BY_STATE: Final = {
    RunState.COMPLETED: ExitCode.DONE,
    RunState.REJECTED: ExitCode.NOT_WANTED,
    RunState.EXPIRED: ExitCode.NOT_WANTED,
    RunState.CANCELLED: ExitCode.NOT_WANTED,
    RunState.FAILED: ExitCode.FAILED,
    RunState.ROLLED_BACK: ExitCode.FAILED,
    RunState.PARTIALLY_ROLLED_BACK: ExitCode.MONEY_OPEN,
}


def exit_code_for(report: RunReport) -> ExitCode:
    """Say how a process that followed the run to its end must exit."""
    if money_open(report):
        return ExitCode.MONEY_OPEN
    # A run that stopped in no final state was terminated from outside.
    return _BY_STATE.get(report.state, ExitCode.FAILED)


def money_open(report: RunReport) -> bool:
    """Whether a payment of an ended run has no known end."""
    unknown = any(step.payment_state is PaymentState.UNKNOWN for step in report.steps)
    return unknown or report.reserved.base_units > 0
