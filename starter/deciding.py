"""Answers to what a run asks of its people, each for exactly what was shown."""

import asyncio
import getpass
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from domain.approval import Approval, ApprovalRequest, BudgetRaise, BudgetRequest, Decision, Verdict
from domain.ids import RequestId
from domain.money import Amount
from starter.errors import StackUnreachable
from starter.following import PACE, PATIENCE
from starter.requests import Requests

_Answer = TypeVar("_Answer")


def decision_on(request: ApprovalRequest, verdict: Verdict, *, looked: bool) -> Decision:
    """Answer exactly the document that was shown: its digest and its cap.

    Args:
        request: The document.
        verdict: The answer.
        looked: A person saw it; not so where a run was told not to ask.
    """
    return Decision(
        decision_id=secrets.token_hex(16),
        document_digest=request.digest,
        cap=request.cap,
        verdict=verdict,
        decided_by=decider(),
        looked=looked,
    )


def answer_to(request: BudgetRequest, budget: Amount | None) -> BudgetRaise:
    """Give a run ``budget``, or refuse to give it more."""
    return BudgetRaise(
        decision_id=secrets.token_hex(16),
        round=request.round,
        budget=budget,
        decided_by=decider(),
    )


async def send_decision(requests: Requests, run: RequestId, decision: Decision) -> Approval:
    """Send a decision until somebody confirms it; the same decision counts once."""
    return await _until_confirmed(lambda: requests.decide(run, decision))


async def send_raise(requests: Requests, run: RequestId, answer: BudgetRaise) -> BudgetRaise:
    """Send an answer until somebody confirms it; the same answer counts once."""
    return await _until_confirmed(lambda: requests.raise_budget(run, answer))


def decider() -> str:
    """Who decides here: the person this terminal belongs to."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli:unknown"  # a container may have no name for its user


async def _until_confirmed(send: Callable[[], Awaitable[_Answer]]) -> _Answer:
    begun = time.monotonic()
    while True:
        try:
            return await send()
        except StackUnreachable:
            if time.monotonic() - begun > PATIENCE.total_seconds():
                raise
            await asyncio.sleep(PACE.total_seconds())
