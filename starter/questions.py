"""Questions to the person at this terminal."""

import select
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.text import Text

from domain.approval import ApprovalRequest, BudgetRequest, Verdict
from domain.money import Amount
from starter.session import Session

_YES = frozenset({"y", "yes"})
_NO = frozenset({"n", "no"})


def can_ask(session: Session) -> bool:
    """Whether somebody sits at a terminal and sees what is asked."""
    return sys.stdin.isatty() and session.screen.is_terminal


def ask_verdict(session: Session, request: ApprovalRequest) -> Verdict:
    """Ask for a decision on what was just shown.

    Raises:
        KeyboardInterrupt: The person left.
    """
    held = "Having looked at the above: pay" if request.holds else "Pay"
    question = f"{held} about {request.estimated}, at most {request.cap}? [y/n] "
    while True:
        answer = _answer(session, question).lower()
        if answer in _YES:
            return "approve"
        if answer in _NO:
            return "reject"


def confirms(session: Session, question: str) -> bool:
    """Ask a question that only yes or no answers.

    Raises:
        KeyboardInterrupt: The person left.
    """
    while True:
        answer = _answer(session, question).lower()
        if answer in _YES | _NO:
            return answer in _YES


def ask_budget(session: Session, request: BudgetRequest) -> Amount | None:
    """Ask for a larger budget; ``None`` when there shall be none.

    Raises:
        KeyboardInterrupt: The person left.
    """
    question = f"New budget, {request.needed.to_decimal()} to {request.maximum}? [amount/n] "
    while True:
        answer = _answer(session, question).lower()
        if answer in _NO:
            return None
        try:
            amount = Amount.from_decimal(answer, request.needed.asset)
        except ValueError:
            continue
        if request.needed <= amount <= request.maximum:
            return amount


def _answer(session: Session, question: str) -> str:
    session.screen.print(Text(question, style="bold"), end="")
    if sys.stdin.isatty():
        _wait_for_line()
    # The answer is read directly: the console's own prompt would read markup and wrap.
    answer = sys.stdin.readline()
    if not answer:
        raise KeyboardInterrupt
    return answer.strip()


def _wait_for_line() -> None:
    """Wait for a line, or for Ctrl-C.

    A read alone would sleep through a Ctrl-C that another thread was given, or that came while the
    question was still being printed.
    """
    with _woken_by_signals() as woken:
        select.select([sys.stdin, woken], [], [])


@contextmanager
def _woken_by_signals() -> Iterator[socket.socket]:
    """Make signals readable, to whichever thread they are delivered."""
    woken, wakes = socket.socketpair()
    with woken, wakes:
        wakes.setblocking(False)
        before = signal.set_wakeup_fd(wakes.fileno())
        try:
            yield woken
        finally:
            signal.set_wakeup_fd(before)
