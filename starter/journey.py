"""One run from its start to its end: price, ask, approve, sign, watch, and ask again if need be.

Each stage is its own short event loop. So the questions to the person are asked outside of any,
where Ctrl-C means what it always means, and a run is never ended by leaving the command.
"""

import asyncio
import getpass
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from domain.approval import Approval, ApprovalRequest, BudgetRaise, BudgetRequest, Decision
from domain.drafting import check_request
from domain.errors import RequestRejected
from domain.ids import Digest, RequestId, request_id
from domain.money import Amount
from domain.runs import FINAL_STATES, FulfilRequest, RunSnapshot, RunState
from starter.deciding import answer_to, decision_on, send_decision, send_raise
from starter.errors import Interrupted, NeedsConsent
from starter.finding import Runs
from starter.finishing import document_of, finish, hint, show_document
from starter.following import follow
from starter.leaving import leave_held, leave_short, leave_waiting
from starter.live import watcher_on
from starter.own_wallet import OwnWallet
from starter.questions import ask_budget, ask_verdict, can_ask
from starter.render_approval import budget_page
from starter.render_plan import plan_page
from starter.requests import Requests
from starter.session import Session

if TYPE_CHECKING:
    from starter.signing import Cosigner

_ENTROPY_BYTES: Final = 3
"""Six digits: the day and the words come before them."""

_Result = TypeVar("_Result")
Begin = Callable[[Requests], Awaitable[None]]
"""Starts a run."""


@dataclass(frozen=True)
class Wishes:
    """How the person wants a run to be handled."""

    yes: bool = False
    detach: bool = False
    out: Path | None = None
    wallet: OwnWallet | None = None
    """Signs what the run asks to be signed."""
    up_to: Amount | None = None
    """Approves any price up to it, for a single call."""
    anew: bool = False
    """Plan afresh, whatever served before."""


@dataclass(frozen=True)
class Stage:
    """A run that waits for an answer, or that ended."""

    run: RequestId
    snapshot: RunSnapshot
    url: str | None

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to answer."""
        return self.snapshot.report.state in FINAL_STATES


@dataclass
class Answered:
    """Questions that were answered here; a look may show one for a moment longer."""

    documents: set[Digest] = field(default_factory=set)
    budgets: set[int] = field(default_factory=set)

    def waits(self, snapshot: RunSnapshot) -> bool:
        """Whether a run asks something that was not answered here."""
        state = snapshot.report.state
        document, budget = snapshot.approval_request, snapshot.budget_request
        if state is RunState.AWAITING_APPROVAL and document is not None:
            return document.digest not in self.documents
        if state is RunState.AWAITING_BUDGET and budget is not None:
            return budget.round not in self.budgets
        return False


def new_request(
    session: Session,
    text: str,
    budget: str,
    *,
    wishes: Wishes | None = None,
    loss_allowance: str | None = None,
) -> FulfilRequest:
    """Build what starts a run, refusing here what can be refused before anything starts.

    Raises:
        RequestRejected: The text or an amount cannot be taken.
    """
    settings = session.settings
    amount = amount_of(session, budget, "budget")
    losses = (
        None if loss_allowance is None else amount_of(session, loss_allowance, "loss allowance")
    )
    trimmed = check_request(text, budget=amount, policy_maximum=settings.policy_maximum)
    wallet = wishes.wallet if wishes else None
    return FulfilRequest(
        request_id=new_id(trimmed),
        text=trimmed,
        budget=amount,
        policy_maximum=settings.policy_maximum,
        may_ask=not (wishes and wishes.yes),
        loss_allowance=losses,
        wallet=wallet.address if wallet else None,
        user=person(session),
        remember=not (wishes and wishes.anew),
    )


def person(session: Session) -> str:
    """Whose requests these are: the setting, else who is logged in, else nobody."""
    if session.settings.user is not None:
        return session.settings.user
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a user database
        return ""


def amount_of(session: Session, text: str, what: str) -> Amount:
    """Read an amount of the installation's asset.

    Raises:
        RequestRejected: It is none.
    """
    try:
        return Amount.from_decimal(text, session.settings.asset)
    except ValueError as err:
        raise RequestRejected(f"{what}: {err}") from None


def new_id(text: str) -> RequestId:
    """A fresh id that says what was wanted."""
    day = datetime.now(UTC).strftime("%Y%m%d")
    return request_id(text=text, day=day, entropy=secrets.token_hex(_ENTROPY_BYTES))


def require_consent(session: Session, wishes: Wishes) -> None:
    """Refuse to start what nobody could approve.

    Raises:
        NeedsConsent: No terminal to ask on, and no ``--yes``.
    """
    if wishes.yes or wishes.detach or can_ask(session):
        return
    raise NeedsConsent(
        "nothing was started: a run needs --yes without a terminal to ask on",
        next_step="Add --yes to approve the plan at its price, or use `caravan plan` and then "
        "`caravan approve`.",
    )


def pursue(session: Session, request: FulfilRequest, wishes: Wishes) -> int:
    """Take a request to its end and return the exit code."""
    run = request.request_id
    return take_to_its_end(session, run, wishes, begin=lambda door: door.start(request))


def take_to_its_end(session: Session, run: RequestId, wishes: Wishes, *, begin: Begin) -> int:
    """Start a run, answer what it asks, follow it, write its files; return the exit code."""
    answered = Answered()
    stage = _interruptible(run, _started(session, run, begin, answered, wishes))
    while not stage.ended:
        left = _answer(session, stage, wishes, answered)
        if left is not None:
            return left
        stage = _interruptible(run, _watch(session, run, answered, wishes))
    return finish(session, stage.snapshot, url=stage.url, out=wishes.out)


def price(session: Session, request: FulfilRequest) -> Stage:
    """Start a run and wait until its plan has a price, or until it ended without one."""
    run, answered = request.request_id, Answered()
    starting = _started(session, run, lambda door: door.start(request), answered, Wishes())
    return _interruptible(run, starting)


def leave(session: Session, stage: Stage) -> int:
    """Leave a run with what it asks, saying how to answer later; return the exit code."""
    snapshot = stage.snapshot
    if snapshot.report.state is RunState.AWAITING_BUDGET:
        return leave_short(session, snapshot, url=stage.url)
    return leave_waiting(session, snapshot, url=stage.url)


def watch(
    session: Session, run: RequestId, *, out: Path | None, wallet: OwnWallet | None = None
) -> int:
    """Follow a run to its end, write its files and return the exit code."""
    stage = _interruptible(run, _watch(session, run, None, Wishes(wallet=wallet)))
    return finish(session, stage.snapshot, url=stage.url, out=out)


def _answer(session: Session, stage: Stage, wishes: Wishes, answered: Answered) -> int | None:
    """Answer what a run asks; an exit code means that this command is done with it."""
    document, budget = stage.snapshot.approval_request, stage.snapshot.budget_request
    if stage.snapshot.report.state is RunState.AWAITING_BUDGET and budget is not None:
        return _answer_budget(session, stage, budget, wishes, answered)
    if document is None:
        return None
    return _answer_document(session, stage, document, wishes, answered)


def _answer_document(
    session: Session,
    stage: Stage,
    document: ApprovalRequest,
    wishes: Wishes,
    answered: Answered,
) -> int | None:
    session.show(plan_page(stage.snapshot))
    if wishes.yes and document.holds:
        return leave_held(session, stage.snapshot, url=stage.url)
    if wishes.detach and not wishes.yes:
        return leave(session, stage)
    if wishes.yes:
        decision = decision_on(document, "approve", looked=False)
    else:
        with _leaving(stage.run, f"Nothing more is paid; it waits: caravan approve {stage.run}"):
            decision = decision_on(document, ask_verdict(session, document), looked=True)
    approval = _interruptible(stage.run, _decide(session, stage.run, decision))
    answered.documents.add(document.digest)
    say_who_else(session, stage.run, approval)
    if decision.verdict == "approve" and wishes.detach:
        return _detach(session, stage.run, decision, wishes)
    return None


def _answer_budget(
    session: Session, stage: Stage, budget: BudgetRequest, wishes: Wishes, answered: Answered
) -> int | None:
    if wishes.yes or wishes.detach:
        return leave(session, stage)
    if stage.snapshot.plan is not None:
        session.show(plan_page(stage.snapshot))
    session.show(budget_page(budget))
    waiting = f"It waits: caravan budget {stage.run} {budget.needed.to_decimal()}"
    with _leaving(stage.run, waiting):
        answer = answer_to(budget, ask_budget(session, budget))
    _interruptible(stage.run, _raise(session, stage.run, answer))
    answered.budgets.add(budget.round)
    return None


def say_who_else(session: Session, run: RequestId, approval: Approval) -> None:
    """Say whose approval counted, and whether another person's is needed."""
    decision = approval.decision
    if decision.verdict == "approve" and approval.still_needed:
        hint(
            session,
            f"{decision.decided_by} approved; {approval.still_needed} more must, each another "
            f"person: caravan approve {run}",
        )


def _detach(session: Session, run: RequestId, decision: Decision, wishes: Wishes) -> int:
    hint(session, f"Approved up to {decision.cap}; the run goes on.")
    if wishes.wallet is not None:
        hint(session, f"It needs your wallet: caravan watch {run} --wallet FILE")
    hint(session, f"Follow it: caravan watch {run}")
    if session.json:
        snapshot, url = asyncio.run(_look(session, run))
        show_document(session, document_of(snapshot, url=url))
    return 0


async def _started(
    session: Session, run: RequestId, begin: Begin, answered: Answered, wishes: Wishes
) -> Stage:
    client = await session.connect()
    await begin(Requests(client))
    Runs(client, session.settings.state_dir).remember(run)
    hint(session, f"Run {run}")
    return await _watch(session, run, answered, wishes)


async def _watch(
    session: Session, run: RequestId, answered: Answered | None, wishes: Wishes
) -> Stage:
    """Follow a run to its end, or to the next thing it asks; sign what it wants signed."""
    client = await session.connect()
    requests = Requests(client)
    cosigner = _cosigner(wishes.wallet, wishes, answered) if wishes.wallet else None

    def stops(snapshot: RunSnapshot) -> bool:
        asks = answered is not None and answered.waits(snapshot)
        return asks or (cosigner is not None and bool(cosigner.waiting(snapshot)))

    while True:
        with watcher_on(session.screen, session.notes) as watcher:
            snapshot = await follow(requests, run, watcher=watcher, until=stops)
        if cosigner is None or not cosigner.waiting(snapshot):
            return Stage(run, snapshot, session.url(client, run))
        for words in await cosigner.sign_all(requests, snapshot):
            hint(session, words)


def _cosigner(wallet: OwnWallet, wishes: Wishes, answered: Answered | None) -> "Cosigner":
    # Loaded here: what reads and seals messages is of no use without a wallet.
    from starter.signing import Consent, Cosigner  # noqa: PLC0415

    documents = answered.documents if answered else None
    return Cosigner(wallet, Consent(documents=documents, up_to=wishes.up_to))


async def _decide(session: Session, run: RequestId, decision: Decision) -> Approval:
    return await send_decision(Requests(await session.connect()), run, decision)


async def _raise(session: Session, run: RequestId, answer: BudgetRaise) -> BudgetRaise:
    return await send_raise(Requests(await session.connect()), run, answer)


async def _look(session: Session, run: RequestId) -> tuple[RunSnapshot, str | None]:
    client = await session.connect()
    return await Requests(client).snapshot(run), session.url(client, run)


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
