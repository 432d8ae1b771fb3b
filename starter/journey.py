"""One request from words to its end: start, price, ask, approve, watch.

Each stage is its own short event loop. So the question to the person is asked outside of any,
where Ctrl-C means what it always means, and a run is never ended by leaving the command.
"""

import asyncio
import getpass
import secrets
import sys
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from rich.text import Text

from domain.approval import Approval, ApprovalRequest, Decision
from domain.drafting import check_request
from domain.errors import RequestRejected
from domain.ids import RequestId, request_id
from domain.money import Amount
from domain.runs import FINAL_STATES, FulfilRequest, RunSnapshot, RunState
from starter.errors import Interrupted, NeedsConsent, NotNow, StackUnreachable
from starter.finding import Runs
from starter.finishing import document_of, finish, hint, show_document
from starter.following import PACE, PATIENCE, follow
from starter.live import watcher_on
from starter.render_plan import moment, plan_page
from starter.requests import Requests
from starter.session import Session

_ENTROPY_BYTES: Final = 3
"""Six digits: the day and the words come before them."""

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Wishes:
    """How the person wants a run to be handled."""

    yes: bool = False
    detach: bool = False
    out: Path | None = None


@dataclass(frozen=True)
class Priced:
    """A run that waits for a decision, or ended before it came to one."""

    run: RequestId
    snapshot: RunSnapshot
    url: str | None


def new_request(session: Session, text: str, budget: str) -> FulfilRequest:
    """Build what starts a run, refusing here what can be refused before anything starts.

    Raises:
        RequestRejected: The text or the budget cannot be taken.
    """
    settings = session.settings
    try:
        amount = Amount.from_decimal(budget, settings.asset)
    except ValueError as err:
        raise RequestRejected(f"budget: {err}") from None
    trimmed = check_request(text, budget=amount, policy_maximum=settings.policy_maximum)
    day = datetime.now(UTC).strftime("%Y%m%d")
    entropy = secrets.token_hex(_ENTROPY_BYTES)
    return FulfilRequest(
        request_id=request_id(text=trimmed, day=day, entropy=entropy),
        text=trimmed,
        budget=amount,
        policy_maximum=settings.policy_maximum,
    )


def require_consent(session: Session, wishes: Wishes) -> None:
    """Refuse to start what nobody could approve.

    Raises:
        NeedsConsent: No terminal to ask on, and no ``--yes``.
    """
    if wishes.yes or wishes.detach or _can_ask(session):
        return
    raise NeedsConsent(
        "nothing was started: a run needs --yes without a terminal to ask on",
        next_step="Add --yes to approve the plan at its price, or use `caravan plan` and then "
        "`caravan approve`.",
    )


def pursue(session: Session, request: FulfilRequest, wishes: Wishes) -> int:
    """Take a request to its end and return the exit code."""
    priced = price(session, request)
    if priced.snapshot.report.state in FINAL_STATES:
        return finish(session, priced.snapshot, url=priced.url, out=wishes.out)
    session.show(plan_page(priced.snapshot))
    if wishes.detach and not wishes.yes:
        return leave_waiting(session, priced)
    verdict = _verdict(session, priced, wishes)
    decided = _interruptible(priced.run, _decide(session, priced, verdict))
    if verdict == "approve" and wishes.detach:
        hint(session, f"Approved up to {decided.decision.cap}; the run goes on.")
        hint(session, f"Follow it: caravan watch {priced.run}")
        return _document_now(session, priced.run)
    return watch(session, priced.run, out=wishes.out)


def price(session: Session, request: FulfilRequest) -> Priced:
    """Start a run and wait until its plan has a price, or until it ended without one."""
    return _interruptible(request.request_id, _price(session, request))


def leave_waiting(session: Session, priced: Priced) -> int:
    """Say how to decide later."""
    request = priced.snapshot.approval_request
    if session.json:
        show_document(session, document_of(priced.snapshot, url=priced.url))
    until = f", until {moment(request.expires_at)}" if request else ""
    hint(session, f"Nothing was paid. Approve{until}: caravan approve {priced.run}")
    hint(session, f"Or drop it: caravan reject {priced.run}")
    return 0


def watch(session: Session, run: RequestId, *, out: Path | None) -> int:
    """Follow a run to its end, write its files and return the exit code."""
    snapshot, url = _interruptible(run, _watch(session, run))
    return finish(session, snapshot, url=url, out=out)


def decision_on(request: ApprovalRequest, verdict: Literal["approve", "reject"]) -> Decision:
    """Answer exactly the request that was shown: its digest and its cap."""
    return Decision(
        decision_id=secrets.token_hex(16),
        plan_digest=request.plan_digest,
        cap=request.cap,
        verdict=verdict,
        decided_by=f"cli:{_user()}",
    )


async def send_decision(requests: Requests, run: RequestId, decision: Decision) -> Approval:
    """Send a decision until somebody confirms it; the same decision counts once."""
    begun = time.monotonic()
    while True:
        try:
            return await requests.decide(run, decision)
        except StackUnreachable:
            if time.monotonic() - begun > PATIENCE.total_seconds():
                raise
            await asyncio.sleep(PACE.total_seconds())


async def _price(session: Session, request: FulfilRequest) -> Priced:
    client = await session.connect()
    requests = Requests(client)
    await requests.start(request)
    Runs(client, session.settings.state_dir).remember(request.request_id)
    hint(session, f"Run {request.request_id}")
    with watcher_on(session.screen, session.notes) as watcher:
        snapshot = await follow(
            requests, request.request_id, watcher=watcher, until=_waits_for_a_decision
        )
    return Priced(request.request_id, snapshot, session.url(client, request.request_id))


def _waits_for_a_decision(snapshot: RunSnapshot) -> bool:
    return snapshot.report.state is RunState.AWAITING_APPROVAL


async def _decide(
    session: Session, priced: Priced, verdict: Literal["approve", "reject"]
) -> Approval:
    request = priced.snapshot.approval_request
    if request is None:
        raise NotNow(
            f"{priced.run} has no plan waiting for a decision",
            next_step=f"`caravan show {priced.run}` says how it stands.",
        )
    requests = Requests(await session.connect())
    return await send_decision(requests, priced.run, decision_on(request, verdict))


async def _watch(session: Session, run: RequestId) -> tuple[RunSnapshot, str | None]:
    client = await session.connect()
    with watcher_on(session.screen, session.notes) as watcher:
        snapshot = await follow(Requests(client), run, watcher=watcher)
    return snapshot, session.url(client, run)


def _document_now(session: Session, run: RequestId) -> int:
    if session.json:
        snapshot, url = asyncio.run(_look(session, run))
        show_document(session, document_of(snapshot, url=url))
    return 0


async def _look(session: Session, run: RequestId) -> tuple[RunSnapshot, str | None]:
    client = await session.connect()
    return await Requests(client).snapshot(run), session.url(client, run)


def _verdict(session: Session, priced: Priced, wishes: Wishes) -> Literal["approve", "reject"]:
    request = priced.snapshot.approval_request
    if wishes.yes or request is None:
        return "approve"
    question = f"Pay about {request.estimated}, at most {request.cap}? [y/n] "
    with _leaving(priced.run, f"Nothing was paid; it waits: caravan approve {priced.run}"):
        while True:
            session.screen.print(Text(question, style="bold"), end="")
            # The answer is read directly: the console's own prompt would read markup and wrap.
            answer = sys.stdin.readline()
            if not answer:
                raise KeyboardInterrupt
            if answer.strip().lower() in {"y", "yes"}:
                return "approve"
            if answer.strip().lower() in {"n", "no"}:
                return "reject"


def _can_ask(session: Session) -> bool:
    return sys.stdin.isatty() and session.screen.is_terminal


def _interruptible(run: RequestId, work: Coroutine[Any, Any, _Result]) -> _Result:
    going_on = f"Watch it: caravan watch {run}. Stop it: caravan cancel {run}"
    with _leaving(run, going_on):
        return asyncio.run(work)


@contextmanager
def _leaving(run: RequestId, next_step: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(f"left {run}; the run itself goes on", next_step=next_step) from None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"  # a container may have no name for its user
