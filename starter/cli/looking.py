"""Commands that only look: list, show, receipts, services."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from pydantic import BaseModel

from domain.drafting import SearchServices, ServicesFound
from domain.ids import PaymentKey
from domain.payments import Receipt
from domain.runs import FINAL_STATES, RunSnapshot, RunState
from starter.asking import search_services, verify_receipts
from starter.boundary import Problem, tell, write_json
from starter.cli.options import Json, Run, State
from starter.document import RunDocument
from starter.document_lists import ReceiptList, RunList, ServiceList
from starter.exits import ExitCode, exit_code_for
from starter.finding import RunLine, Runs
from starter.finishing import document_of, hint
from starter.receipts import Collected, receipts_of_run, receipts_of_runs
from starter.render_lists import receipts_page, runs_table, services_page
from starter.render_plan import plan_page
from starter.render_run import ending_page, progress_page
from starter.requests import Requests
from starter.session import Session, open_session

_RUNS_WITH_RECEIPTS: Final = 50
"""Runs whose receipts are shown when none is named."""


def list_runs(
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Runs to show.")] = 20,
    json: Json = False,
    state: State = None,
) -> int:
    """List the runs, newest first."""
    session = open_session(state=state, json=json)
    asset = session.settings.asset
    lines = asyncio.run(_runs(session, limit))
    if json:
        _write(session, RunList.of(lines, asset))
    else:
        session.show(runs_table(lines, asset, datetime.now(UTC)))
    return 0


def show(run: Run, json: Json = False, state: State = None) -> int:
    """Show how a run stands or ended: plan, steps, money, proofs."""
    session = open_session(state=state, json=json)
    snapshot, document = asyncio.run(_snapshot(session, run))
    if json:
        _write(session, document)
    else:
        _show(session, snapshot, document)
    return 0


def receipts(
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="A run; the newest runs without it.")
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Read the chain again.")] = False,
    json: Json = False,
    state: State = None,
) -> int:
    """Show what the chain proves about payments."""
    session = open_session(state=state, json=json)
    found, proven = asyncio.run(_receipts(session, run, verify=verify))
    if json:
        _write(session, ReceiptList.of(found, proven))
    else:
        session.show(receipts_page([receipt for _, receipt in found.receipts], proven))
    return _verdict(session, found, proven)


def services(
    text: Annotated[
        str, typer.Argument(metavar="[TEXT]", help="What you look for; everything without it.")
    ] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="Services to show.")] = 20,
    json: Json = False,
    state: State = None,
) -> int:
    """Show what discovery finds, how it is scored, and what was refused."""
    session = open_session(state=state, json=json)
    found = asyncio.run(_search(session, SearchServices(text=text, limit=limit)))
    if json:
        _write(session, ServiceList.of(found))
    else:
        session.show(services_page(found))
    return 0


async def _runs(session: Session, limit: int) -> list[RunLine]:
    return await Runs(await session.connect(), session.settings.state_dir).newest(limit)


async def _snapshot(session: Session, name: str) -> tuple[RunSnapshot, RunDocument]:
    client = await session.connect()
    run = await Runs(client, session.settings.state_dir).find(name)
    snapshot = await Requests(client).snapshot(run)
    return snapshot, document_of(snapshot, url=session.url(client, run))


async def _search(session: Session, ask: SearchServices) -> ServicesFound:
    return await search_services(await session.connect(), ask)


async def _receipts(
    session: Session, name: str | None, *, verify: bool
) -> tuple[Collected, frozenset[PaymentKey] | None]:
    client = await session.connect()
    runs, requests = Runs(client, session.settings.state_dir), Requests(client)
    if name is not None:
        found = await receipts_of_run(requests, await runs.find(name))
    else:
        found = await receipts_of_runs(requests, await runs.newest(_RUNS_WITH_RECEIPTS))
    if not verify:
        return found, None
    if not found.receipts:
        return found, frozenset()
    verified = await verify_receipts(client, tuple(receipt for _, receipt in found.receipts))
    return found, frozenset(verified.proven)


def _verdict(session: Session, found: Collected, proven: frozenset[PaymentKey] | None) -> int:
    problems: list[Problem] = []
    if found.unreadable:
        problems.append(_unreadable(found))
    missing = [one for _, one in found.receipts if proven is not None and one.key not in proven]
    total = len(found.receipts)
    if missing:
        problems.append(_unproven(missing, total))
    elif proven is not None:
        hint(session, f"The chain proves {total} of {total} receipts.")
    for problem in problems:
        tell(problem, session.notes)
    return max((problem.exit_code for problem in problems), default=ExitCode.DONE)


def _unproven(missing: list[Receipt], total: int) -> Problem:
    names = ", ".join(receipt.step_id for receipt in missing)
    return Problem(
        "receipts_not_proven",
        f"the chain does not prove {len(missing)} of {total} receipts: {names}",
        "Check that CARAVAN_SOLANA_RPC_URL names the chain that was paid on, and ask again.",
        ExitCode.MONEY_OPEN,
    )


def _unreadable(found: Collected) -> Problem:
    run, why = found.unreadable[0]
    return Problem(
        "runs_unreadable",
        f"{len(found.unreadable)} runs could not be read, so their receipts are missing here; "
        f"the first is {run}: {why}",
        f"`caravan receipts {run}` asks for it alone.",
        ExitCode.FAILED,
    )


def _show(session: Session, snapshot: RunSnapshot, document: RunDocument) -> None:
    report = snapshot.report
    if report.state is RunState.AWAITING_APPROVAL:
        session.show(plan_page(snapshot))
        hint(session, f"Approve: caravan approve {report.request_id}")
        return
    if report.state not in FINAL_STATES:
        session.show(progress_page(snapshot, datetime.now(UTC)))
        hint(session, f"Follow it: caravan watch {report.request_id}")
        return
    session.show(ending_page(snapshot, document))
    if report.error is not None:
        error = report.error
        tell(Problem(error.code, error.message, error.next, exit_code_for(report)), session.notes)


def _write(session: Session, document: BaseModel) -> None:
    write_json(document.model_dump_json(indent=2), session.out)
