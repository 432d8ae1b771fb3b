"""Commands that answer what a run asks: approve, reject, budget, sign."""

import asyncio
from typing import Annotated, Final

import typer

from domain.approval import Approval, ApprovalRequest, Verdict
from domain.errors import DecisionRefused, RequestRejected
from domain.ids import RequestId
from domain.money import Amount
from domain.runs import RunSnapshot, RunState
from starter.boundary import Problem, tell
from starter.cli.options import Json, NeededWallet, Run, State
from starter.cli.runs import opened
from starter.deciding import answer_to, decision_on, send_decision, send_raise
from starter.errors import NotNow
from starter.exits import ExitCode
from starter.finding import Runs
from starter.finishing import document_of, hint, show_document
from starter.journey import amount_of, say_who_else
from starter.own_wallet import OwnWallet
from starter.questions import ask_verdict, can_ask
from starter.render_approval import budget_page, signatures_table
from starter.render_plan import plan_page
from starter.requests import Requests
from starter.session import Session, open_session
from starter.wording import run_words

_DIGEST_OPTION: Final = typer.Option(
    "--digest", metavar="HEX", help="Decide only if the digest of the plan or approval begins so."
)
_Look = tuple[Requests, RunSnapshot, str | None]


def approve(
    run: Run,
    digest: Annotated[str, _DIGEST_OPTION] = "",
    json: Json = False,
    state: State = None,
) -> int:
    """Approve the plan that waits, at its price and cap, having looked at what is held."""
    return _decide(open_session(state=state, json=json), run, "approve", digest)


def reject(
    run: Run,
    digest: Annotated[str, _DIGEST_OPTION] = "",
    json: Json = False,
    state: State = None,
) -> int:
    """Reject the plan that waits; nothing more is paid."""
    return _decide(open_session(state=state, json=json), run, "reject", digest)


def budget(
    run: Run,
    amount: Annotated[
        str | None, typer.Argument(metavar="[AMOUNT]", help="The new budget, such as 7.50.")
    ] = None,
    refuse: Annotated[bool, typer.Option("--refuse", help="Give it no more.")] = False,
    json: Json = False,
    state: State = None,
) -> int:
    """Give a run that needs it a larger budget, or refuse to."""
    session = open_session(state=state, json=json)
    if (amount is None) is not refuse:
        raise RequestRejected("name the new budget, or --refuse it")
    given = None if amount is None else amount_of(session, amount, "budget")
    snapshot, url = asyncio.run(_raise(session, run, given))
    found, request = snapshot.report.request_id, snapshot.budget_request
    if json:
        show_document(session, document_of(snapshot, url=url))
    elif request is not None:
        session.show(budget_page(request))
    if given is None:
        hint(session, f"Refused: {found} gets no more money.")
    else:
        hint(session, f"Raised: {found} may be planned for {given}; it asks before it pays.")
    hint(session, f"Follow it: caravan watch {found}")
    return ExitCode.DONE


def sign(run: Run, wallet: NeededWallet, json: Json = False, state: State = None) -> int:
    """Sign with your own wallet what a run waits for, after checking it against the plan."""
    session = open_session(state=state, json=json)
    own = opened(session, wallet)
    if own is None:
        raise NotNow("no wallet is named", next_step="Name its file with --wallet.")
    snapshot, url, refused = asyncio.run(_sign(session, run, own))
    if json:
        show_document(session, document_of(snapshot, url=url))
    for why in refused:
        problem = Problem(
            "signature_refused",
            f"not signed: {why}",
            "Nothing left your wallet. Look at the run before you trust it again.",
            ExitCode.FAILED,
        )
        tell(problem, session.notes)
    hint(session, f"Follow it: caravan watch {snapshot.report.request_id} --wallet FILE")
    return ExitCode.FAILED if refused else ExitCode.DONE


def _decide(session: Session, name: str, verdict: Verdict, digest: str) -> int:
    before, request = asyncio.run(_asked(session, name, digest))
    # What is held for a person is shown before they decide, where there is one to look.
    if verdict == "approve" and request.holds and can_ask(session):
        session.show(plan_page(before))
        verdict = ask_verdict(session, request)
    snapshot, url, approval = asyncio.run(_send(session, before, request, verdict))
    run = snapshot.report.request_id
    if session.json:
        show_document(session, document_of(snapshot, url=url))
    else:
        session.show(plan_page(snapshot))
    if verdict == "reject":
        hint(session, f"Rejected: {run} pays nothing more.")
    elif approval.still_needed:
        say_who_else(session, run, approval)
    else:
        hint(session, f"Approved: {run} may spend at most {approval.decision.cap}.")
        hint(session, f"Follow it: caravan watch {run}")
    return ExitCode.DONE


async def _asked(session: Session, name: str, digest: str) -> tuple[RunSnapshot, ApprovalRequest]:
    _, snapshot, _ = await _look(session, name)
    run, request = snapshot.report.request_id, snapshot.approval_request
    if request is None or snapshot.report.state is not RunState.AWAITING_APPROVAL:
        raise _waits_for_no(snapshot, "decision")
    wanted = digest.lower()
    if not (request.plan_digest.startswith(wanted) or request.digest.startswith(wanted)):
        raise DecisionRefused(
            f"the plan of {run} is {request.plan_digest[:12]} and its approval "
            f"{request.digest[:12]}, neither is {digest[:12]}; look at it again"
        )
    return snapshot, request


async def _send(
    session: Session, before: RunSnapshot, request: ApprovalRequest, verdict: Verdict
) -> tuple[RunSnapshot, str | None, Approval]:
    client, run = await session.connect(), before.report.request_id
    # What is shown is the plan that was decided on, with the decision in it.
    decision = decision_on(request, verdict, looked=True)
    approval = await send_decision(Requests(client), run, decision)
    return before.model_copy(update={"approval": approval}), session.url(client, run), approval


async def _raise(
    session: Session, name: str, given: Amount | None
) -> tuple[RunSnapshot, str | None]:
    requests, snapshot, url = await _look(session, name)
    run, request = snapshot.report.request_id, snapshot.budget_request
    if request is None or snapshot.report.state is not RunState.AWAITING_BUDGET:
        raise _waits_for_no(snapshot, "larger budget")
    await send_raise(requests, run, answer_to(request, given))
    return snapshot, url


async def _sign(
    session: Session, name: str, wallet: OwnWallet
) -> tuple[RunSnapshot, str | None, list[str]]:
    # Loaded here: what reads and seals messages is of no use to the other commands.
    from starter.signing import Consent, Cosigner  # noqa: PLC0415

    requests, snapshot, url = await _look(session, name)
    if not snapshot.signature_requests:
        raise _waits_for_no(snapshot, "signature")
    session.show(signatures_table(snapshot))
    cosigner = Cosigner(wallet, Consent())
    for words in await cosigner.sign_all(requests, snapshot):
        hint(session, words)
    return snapshot, url, cosigner.refused


async def _look(session: Session, name: str) -> _Look:
    client = await session.connect()
    requests = Requests(client)
    run: RequestId = await Runs(client, session.settings.state_dir).find(name)
    return requests, await requests.snapshot(run), session.url(client, run)


def _waits_for_no(snapshot: RunSnapshot, what: str) -> NotNow:
    run = snapshot.report.request_id
    return NotNow(
        f"{run} does not wait for a {what}: it is {run_words(snapshot.report.state).plain}",
        next_step=f"`caravan show {run}` has the details.",
    )
