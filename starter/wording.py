"""The words and signs in which runs are shown; one place, so that every page uses the same."""

from datetime import datetime, timedelta
from typing import Final

from rich.text import Text

from domain.catalogue import UndoAction
from domain.chains import BASE_MAINNET, BASE_SEPOLIA, SOLANA_DEVNET, SOLANA_MAINNET
from domain.execution import StepState, StepView
from domain.payments import PaymentState
from domain.rollback import UndoOutcome
from domain.runs import RunState

_STEP: Final = {
    StepState.PENDING: ("·", "waiting", "dim"),
    StepState.AUTHORIZING: ("▸", "checking terms", "cyan"),
    StepState.PAYING: ("▸", "paying", "cyan"),
    StepState.RUNNING: ("▸", "running", "cyan"),
    StepState.SUCCEEDED: ("✓", "done", "green"),
    StepState.REUSED: ("✓", "from an earlier run", "green"),
    StepState.SKIPPED: ("-", "skipped", "dim"),
    StepState.FAILED: ("✗", "failed", "red"),
    StepState.UNDOING: ("◂", "being undone", "yellow"),
    StepState.UNDONE: ("◂", "undone", "yellow"),
    StepState.UNDO_FAILED: ("✗", "could not be undone", "red"),
}
"""Sign, words and colour. The words alone say it all, for whoever sees no colour."""

_RUN: Final = {
    RunState.PLANNING: ("planning", "cyan"),
    RunState.AWAITING_BUDGET: ("awaiting a larger budget", "yellow"),
    RunState.AWAITING_APPROVAL: ("awaiting approval", "yellow"),
    RunState.APPROVED: ("approved", "cyan"),
    RunState.EXECUTING: ("executing", "cyan"),
    RunState.AWAITING_SIGNATURE: ("awaiting your wallet's signature", "yellow"),
    RunState.ROLLING_BACK: ("rolling back", "yellow"),
    RunState.COMPLETED: ("completed", "green"),
    RunState.FAILED: ("failed", "red"),
    RunState.REJECTED: ("rejected", "yellow"),
    RunState.EXPIRED: ("expired", "yellow"),
    RunState.CANCELLED: ("cancelled", "yellow"),
    RunState.ROLLED_BACK: ("rolled back", "red"),
    RunState.PARTIALLY_ROLLED_BACK: ("partially rolled back", "red"),
}

_NETWORK: Final = {
    SOLANA_MAINNET: "Solana",
    SOLANA_DEVNET: "Solana devnet",
    BASE_MAINNET: "Base",
    BASE_SEPOLIA: "Base Sepolia",
}

_ACTION: Final[dict[UndoAction, str]] = {
    "refund_claim": "refund asked for",
    "cancel_call": "call cancelled",
    "channel_refund": "channel closed",
    "none": "no way back",
}
"""What was tried, without saying how it went."""

_OUTCOME: Final = {
    UndoOutcome.REFUNDED: "money back",
    UndoOutcome.CANCELLED: "called off, money kept",
    UndoOutcome.WRITTEN_OFF: "written off",
    UndoOutcome.NOT_POSSIBLE: "money stays spent",
}

_TAIL: Final = 6
_HEAD: Final = 8
SHORT_NAME: Final = _HEAD + len("..") + _TAIL
"""Letters of a shortened address or transaction."""


def plain(text: str) -> str:
    """Take from a stranger's text everything that a terminal would obey, and its line breaks."""
    return "".join(
        letter if letter.isprintable() else " " if letter.isspace() else "?" for letter in text
    )


def said(text: str, style: str = "") -> Text:
    """A stranger's text for a table or a line: never read as markup."""
    return Text(plain(text), style=style)


def step_words(view: StepView) -> Text:
    """Where a step stands."""
    sign, words, colour = _STEP[view.state]
    if view.payment_state is PaymentState.UNKNOWN:
        words = "payment in doubt, asking the chain"
    elif view.payment_state is PaymentState.PAID_UNDELIVERED:
        words = f"{words}, paid and not delivered"
    return Text(f"{sign} {words}", style=colour)


def run_words(state: str) -> Text:
    """Where a run stands, also in words that only Temporal knows, such as ``terminated``."""
    if state in _RUN_BY_NAME:
        words, colour = _RUN_BY_NAME[state]
        return Text(words, style=colour)
    return said(state.replace("_", " "))


_RUN_BY_NAME: Final = {state.value: words for state, words in _RUN.items()}


def payment_words(state: PaymentState) -> Text:
    """How a payment stands."""
    settled = {PaymentState.DELIVERED, PaymentState.REFUNDED, PaymentState.UNPAID}
    lost = {PaymentState.PAID_UNDELIVERED, PaymentState.WRITTEN_OFF}
    colour = "green" if state in settled else "red" if state in lost else "yellow"
    return Text(state.replace("_", " "), style=colour)


def undo_words(action: UndoAction, outcome: UndoOutcome) -> tuple[str, str]:
    """What was tried to get a payment back, and what came of it."""
    return _ACTION[action], _OUTCOME[outcome]


def network_words(network: str) -> str:
    """A network as people call it, or its own id where we have no name for it."""
    return _NETWORK.get(network, network)


def duration(time: timedelta | float | None) -> str:
    """A length of time as a person says it: ``0.4 s``, ``12 s``, ``3 min 05 s``."""
    if time is None:
        return "-"
    seconds = time.total_seconds() if isinstance(time, timedelta) else time
    if seconds < 9.95:  # noqa: PLR2004 - below ten, tenths tell something
        return f"{max(seconds, 0):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def moment(time: datetime) -> str:
    """A point in time, with its zone."""
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"


def short(name: str | None) -> str:
    """A transaction or digest, short enough for a table; the whole of it is in ``--json``."""
    if name is None:
        return "-"
    clean = plain(name)
    if len(clean) <= SHORT_NAME:
        return clean
    return f"{clean[:_HEAD]}..{clean[-_TAIL:]}"
