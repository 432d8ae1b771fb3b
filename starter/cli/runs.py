"""Commands that move a run: plan, run, approve, reject, cancel, retry, watch."""

import asyncio
from typing import Annotated, Final, Literal

import typer

from domain.errors import DecisionRefused
from domain.ids import RequestId
from domain.runs import FINAL_STATES, FulfilRequest, RunSnapshot, RunState
from starter import journey
from starter.cli.options import Budget, Detach, Json, Out, Request, Run, State, Yes
from starter.errors import NoSuchRun, NotNow
from starter.finding import Runs
from starter.finishing import document_of, finish, hint, show_document
from starter.following import follow
from starter.live import watcher_on
from starter.render_plan import plan_page
from starter.render_run import money_line
from starter.requests import Requests
from starter.retrying import first_of, refuse_unless_retryable, retry_id, retry_request
from starter.session import Session, open_session
from starter.wording import run_words

_CANCEL_SECONDS: Final = 15.0
"""How long ``cancel`` waits to see the end; a refund may take longer."""

_DIGEST_OPTION: Final = typer.Option(
    "--digest", metavar="HEX", help="Decide only if the plan's digest begins so."
)


def plan(text: Request, budget: Budget, json: Json = False, state: State = None) -> int:
    """Plan a request and show its exact price; pays nothing."""
    session = open_session(state=state, json=json)
    priced = journey.price(session, journey.new_request(session, text, budget))
    if priced.snapshot.report.state in FINAL_STATES:
        return finish(session, priced.snapshot, url=priced.url, out=None)
    if not json:
        session.show(plan_page(priced.snapshot))
    return journey.leave_waiting(session, priced)


def run(
    text: Request,
    budget: Budget,
    yes: Yes = False,
    detach: Detach = False,
    out: Out = None,
    json: Json = False,
    state: State = None,
) -> int:
    """Plan a request, show the plan, ask, execute it, and write what was bought."""
    session = open_session(state=state, json=json)
    wishes = journey.Wishes(yes=yes, detach=detach, out=out)
    journey.require_consent(session, wishes)
    return journey.pursue(session, journey.new_request(session, text, budget), wishes)


def watch(run: Run, out: Out = None, json: Json = False, state: State = None) -> int:
    """Follow a run to its end and write what it bought."""
    session = open_session(state=state, json=json)
    return journey.watch(session, asyncio.run(_find(session, run)), out=out)


def approve(
    run: Run,
    digest: Annotated[str, _DIGEST_OPTION] = "",
    json: Json = False,
    state: State = None,
) -> int:
    """Approve the plan that waits, at its price and cap."""
    return _decide(open_session(state=state, json=json), run, "approve", digest)


def reject(
    run: Run,
    digest: Annotated[str, _DIGEST_OPTION] = "",
    json: Json = False,
    state: State = None,
) -> int:
    """Reject the plan that waits; nothing is paid."""
    return _decide(open_session(state=state, json=json), run, "reject", digest)


def cancel(run: Run, json: Json = False, state: State = None) -> int:
    """Stop a run: what is under way ends, what was paid is undone where it can be."""
    session = open_session(state=state, json=json)
    snapshot, url = asyncio.run(_cancel(session, run))
    report = snapshot.report
    if json:
        show_document(session, document_of(snapshot, url=url))
    words = run_words(report.state).plain
    if report.state in FINAL_STATES:
        hint(session, f"{report.request_id} ended: {words}; {money_line(report)}")
    else:
        hint(session, f"{report.request_id} is stopping ({words}); {money_line(report)}")
        hint(session, f"Follow it: caravan watch {report.request_id}")
    return 0


def retry(
    run: Run,
    yes: Yes = False,
    detach: Detach = False,
    out: Out = None,
    json: Json = False,
    state: State = None,
) -> int:
    """Run a plan again, buying only what was not delivered or was refunded."""
    session = open_session(state=state, json=json)
    wishes = journey.Wishes(yes=yes, detach=detach, out=out)
    journey.require_consent(session, wishes)
    return journey.pursue(session, asyncio.run(_next_try(session, run)), wishes)


async def _find(session: Session, name: str) -> RequestId:
    return await Runs(await session.connect(), session.settings.state_dir).find(name)


def _decide(session: Session, name: str, verdict: Literal["approve", "reject"], digest: str) -> int:
    snapshot, url = asyncio.run(_send(session, name, verdict, digest))
    run = snapshot.report.request_id
    if session.json:
        show_document(session, document_of(snapshot, url=url))
    else:
        session.show(plan_page(snapshot))
    if verdict == "approve":
        hint(session, f"Approved: {run} may spend at most {snapshot.report.cap}.")
        hint(session, f"Follow it: caravan watch {run}")
    else:
        hint(session, f"Rejected: {run} pays nothing.")
    return 0


async def _send(
    session: Session, name: str, verdict: Literal["approve", "reject"], digest: str
) -> tuple[RunSnapshot, str | None]:
    client = await session.connect()
    requests = Requests(client)
    found = await Runs(client, session.settings.state_dir).find(name)
    snapshot = await requests.snapshot(found)
    request = snapshot.approval_request
    if request is None or snapshot.report.state is not RunState.AWAITING_APPROVAL:
        raise NotNow(
            f"{found} does not wait for a decision: it is {run_words(snapshot.report.state).plain}",
            next_step=f"`caravan show {found}` has the details.",
        )
    if not request.plan_digest.startswith(digest.lower()):
        raise DecisionRefused(
            f"the plan of {found} is {request.plan_digest[:12]}, not {digest[:12]}; "
            "look at it again"
        )
    # What is shown is the plan that was decided on, with the decision in it.
    approval = await journey.send_decision(requests, found, journey.decision_on(request, verdict))
    decided = snapshot.model_copy(update={"approval": approval})
    return decided, session.url(client, found)


async def _cancel(session: Session, name: str) -> tuple[RunSnapshot, str | None]:
    client = await session.connect()
    requests = Requests(client)
    found = await Runs(client, session.settings.state_dir).find(name)
    if await requests.closed(found):
        report = (await requests.snapshot(found)).report
        raise NotNow(
            f"{found} has ended: {run_words(report.state).plain}",
            next_step=f"`caravan show {found}` has the details.",
        )
    await requests.cancel(found)
    try:
        async with asyncio.timeout(_CANCEL_SECONDS):
            with watcher_on(session.screen, session.notes) as watcher:
                snapshot = await follow(requests, found, watcher=watcher)
    except TimeoutError:
        snapshot = await requests.snapshot(found)
    return snapshot, session.url(client, found)


async def _next_try(session: Session, name: str) -> FulfilRequest:
    client = await session.connect()
    requests = Requests(client)
    found = await Runs(client, session.settings.state_dir).find(name)
    chain = [await requests.live_snapshot(found)]
    refuse_unless_retryable(chain[0].report, closed=await requests.closed(found))
    next_id = await _free_id(requests, found, first_of(chain[0].report))
    while (earlier := chain[-1].report.retry_of) is not None:
        chain.append(await requests.live_snapshot(earlier))
    return retry_request(chain, request_id=next_id, policy_maximum=session.settings.policy_maximum)


async def _free_id(requests: Requests, asked: RequestId, first: RequestId) -> RequestId:
    """Id of the next try; only the newest may be retried, as it knows what was delivered last."""
    number, newest = 2, first
    while await requests.exists(retry_id(first, number)):
        newest = retry_id(first, number)
        number += 1
    if newest != asked:
        raise NoSuchRun(
            f"{asked} was retried before, last as {newest}",
            next_step=f"`caravan show {newest}` says how; retry that one if it failed.",
        )
    return retry_id(first, number)
