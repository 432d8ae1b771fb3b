"""Commands that start a run or go with it: plan, run, retry, watch, cancel."""

import asyncio
from pathlib import Path
from typing import Final

from domain.ids import RequestId
from domain.runs import FINAL_STATES, FulfilRequest, RunSnapshot, RunState
from starter import journey
from starter.cli.options import (
    Anew,
    Budget,
    Detach,
    Json,
    LossAllowance,
    Out,
    Request,
    Run,
    State,
    Wallet,
    Yes,
)
from starter.errors import NeedsConsent, NoSuchRun, NotNow
from starter.finding import Runs
from starter.finishing import document_of, finish, hint, show_document
from starter.following import follow
from starter.live import watcher_on
from starter.own_wallet import OwnWallet
from starter.render_plan import plan_page
from starter.render_run import money_line
from starter.requests import Requests
from starter.retrying import first_of, refuse_unless_retryable, retry_id, retry_request
from starter.session import Session, open_session
from starter.wording import run_words

_CANCEL_SECONDS: Final = 15.0
"""How long ``cancel`` waits to see the end; a refund may take longer."""


def plan(
    text: Request,
    budget: Budget,
    loss_allowance: LossAllowance = None,
    wallet: Wallet = None,
    anew: Anew = False,
    json: Json = False,
    state: State = None,
) -> int:
    """Plan a request and show its exact price; pays nothing."""
    session = open_session(state=state, json=json)
    wishes = journey.Wishes(detach=True, wallet=opened(session, wallet), anew=anew)
    request = journey.new_request(
        session, text, budget, wishes=wishes, loss_allowance=loss_allowance
    )
    stage = journey.price(session, request)
    if stage.ended:
        return finish(session, stage.snapshot, url=stage.url, out=None)
    if not json and stage.snapshot.report.state is RunState.AWAITING_APPROVAL:
        session.show(plan_page(stage.snapshot))
    return journey.leave(session, stage)


def run(
    text: Request,
    budget: Budget,
    yes: Yes = False,
    detach: Detach = False,
    loss_allowance: LossAllowance = None,
    wallet: Wallet = None,
    anew: Anew = False,
    out: Out = None,
    json: Json = False,
    state: State = None,
) -> int:
    """Plan a request, show the plan, ask, execute it, and write what was bought."""
    session = open_session(state=state, json=json)
    wishes = journey.Wishes(
        yes=yes, detach=detach, out=out, wallet=opened(session, wallet), anew=anew
    )
    journey.require_consent(session, wishes)
    request = journey.new_request(
        session, text, budget, wishes=wishes, loss_allowance=loss_allowance
    )
    return journey.pursue(session, request, wishes)


def retry(
    run: Run,
    yes: Yes = False,
    detach: Detach = False,
    wallet: Wallet = None,
    out: Out = None,
    json: Json = False,
    state: State = None,
) -> int:
    """Run a plan again, buying only what was not delivered or was refunded."""
    session = open_session(state=state, json=json)
    wishes = journey.Wishes(yes=yes, detach=detach, out=out, wallet=opened(session, wallet))
    journey.require_consent(session, wishes)
    return journey.pursue(session, asyncio.run(_next_try(session, run, wishes)), wishes)


def watch(
    run: Run, wallet: Wallet = None, out: Out = None, json: Json = False, state: State = None
) -> int:
    """Follow a run to its end and write what it bought; with a wallet, sign what it asks for."""
    session = open_session(state=state, json=json)
    found = asyncio.run(_find(session, run))
    return journey.watch(session, found, out=out, wallet=opened(session, wallet))


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


def opened(session: Session, path: Path | None) -> OwnWallet | None:
    """Read a wallet's key, if one is named.

    Raises:
        Misconfigured: There is no key in it.
    """
    if path is None:
        return None
    wallet = OwnWallet.from_file(path)
    if wallet.exposed:
        hint(session, f"Others on this machine may read {path}; run: chmod 600 {path}")
    return wallet


async def _find(session: Session, name: str) -> RequestId:
    return await Runs(await session.connect(), session.settings.state_dir).find(name)


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


async def _next_try(session: Session, name: str, wishes: journey.Wishes) -> FulfilRequest:
    client = await session.connect()
    requests = Requests(client)
    found = await Runs(client, session.settings.state_dir).find(name)
    asked = await requests.asked(found)
    _same_payer(asked, wishes.wallet)
    chain = [await requests.live_snapshot(found)]
    refuse_unless_retryable(chain[0].report, closed=await requests.closed(found))
    next_id = await _free_id(requests, found, first_of(chain[0].report))
    while (earlier := chain[-1].report.retry_of) is not None:
        chain.append(await requests.live_snapshot(earlier))
    return retry_request(
        chain,
        request_id=next_id,
        policy_maximum=session.settings.policy_maximum,
        may_ask=not wishes.yes,
        loss_allowance=asked.loss_allowance,
        wallet=asked.wallet,
    )


def _same_payer(asked: FulfilRequest, wallet: OwnWallet | None) -> None:
    """A retry is paid by whoever paid before: nobody is to find their money gone by a retry."""
    if asked.wallet == (wallet.address if wallet else None):
        return
    named = f"wallet {asked.wallet}" if asked.wallet else "the installation's own wallet"
    fix = "name that wallet's file with --wallet" if asked.wallet else "leave --wallet out"
    raise NeedsConsent(
        f"{asked.request_id} is paid from {named}",
        next_step=f"To retry it, {fix}; or start a new run.",
    )


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
