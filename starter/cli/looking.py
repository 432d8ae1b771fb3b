"""Commands that only look: list, show, services."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer
from pydantic import BaseModel

from domain.drafting import SearchServices, ServicesFound
from domain.runs import FINAL_STATES, RunSnapshot, RunState
from starter.asking import search_services
from starter.boundary import Problem, tell, write_json
from starter.cli.options import Json, Run, State
from starter.document import RunDocument
from starter.document_lists import RunList, ServiceList
from starter.exits import exit_code_for
from starter.finding import RunLine, Runs
from starter.finishing import document_of, ending, hint
from starter.render_lists import runs_table, services_page
from starter.render_plan import plan_page
from starter.render_run import progress_page
from starter.requests import Requests
from starter.session import Session, open_session


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
        _write(session, ServiceList.of(found, datetime.now(UTC)))
    else:
        session.show(services_page(found, datetime.now(UTC)))
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


def _show(session: Session, snapshot: RunSnapshot, document: RunDocument) -> None:
    report = snapshot.report
    if report.state is RunState.AWAITING_APPROVAL:
        session.show(plan_page(snapshot))
        hint(session, f"Approve: caravan approve {report.request_id}")
        return
    if report.state not in FINAL_STATES:
        session.show(progress_page(snapshot, datetime.now(UTC)))
        hint(session, _next(snapshot))
        return
    session.show(ending(snapshot, document))
    if document.error is not None:
        error = document.error
        tell(Problem(error.code, error.message, error.next, exit_code_for(report)), session.notes)


def _next(snapshot: RunSnapshot) -> str:
    run, budget = snapshot.report.request_id, snapshot.budget_request
    if snapshot.report.state is RunState.AWAITING_BUDGET and budget is not None:
        return f"Give it more: caravan budget {run} {budget.needed.to_decimal()}"
    if snapshot.signature_requests:
        return f"Sign: caravan watch {run} --wallet FILE"
    return f"Follow it: caravan watch {run}"


def _write(session: Session, document: BaseModel) -> None:
    write_json(document.model_dump_json(indent=2), session.out)
