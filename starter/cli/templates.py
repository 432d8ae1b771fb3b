"""Commands about templates: save a plan, look at it, run it with new values, hand it on."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from domain.drafting import check_request
from domain.errors import RequestRejected
from domain.ids import StepId
from domain.runs import FulfilRequest, RunSnapshot, RunState
from domain.templates import Place, Template, filled, template_of
from starter import journey
from starter.boundary import write_json
from starter.cli.options import Detach, Json, Out, Run, State, Wallet, Yes
from starter.cli.runs import opened
from starter.document_templates import TemplateDocument, TemplateList
from starter.errors import NotNow
from starter.finding import Runs
from starter.finishing import hint
from starter.render_templates import template_page, templates_table
from starter.requests import Requests
from starter.session import Session, open_session
from starter.template_files import TemplateFiles, read_template, write_template
from starter.wording import run_words

_SAVED_FROM: Final = frozenset({RunState.COMPLETED})
"""Only a plan that did what it promised is worth keeping."""

Name = Annotated[str, typer.Argument(metavar="NAME", help="The template's name.")]
Values = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Another value for a parameter; repeatable."),
]
Replace = Annotated[bool, typer.Option("--replace", help="Take the place of one of that name.")]

app = typer.Typer(
    help="Keep approved plans with named values, and run them again.",
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    no_args_is_help=True,
)


@app.command("save")
def save(
    name: Name,
    run: Run,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            metavar="NAME=STEP.INPUT",
            help="A value that may change; repeatable. Without it every fixed value may.",
        ),
    ] = None,
    replace: Replace = False,
    json: Json = False,
    state: State = None,
) -> int:
    """Save the plan of a completed run."""
    session = open_session(state=state, json=json)
    snapshot = asyncio.run(_snapshot(session, run))
    template = _made(snapshot, name=name, named=_places(param))
    _files(session).write(template, replace=replace)
    _show(session, template)
    hint(session, f"Run it: caravan template run {name} --set NAME=VALUE")
    return 0


@app.command("list")
def list_all(json: Json = False, state: State = None) -> int:
    """List the templates."""
    session = open_session(state=state, json=json)
    files = _files(session)
    found: list[Template] = []
    for name in files.names():
        try:
            found.append(files.read(name))
        except RequestRejected as err:
            hint(session, f"left out: {err.message}")
    if json:
        write_json(TemplateList.of(found).model_dump_json(indent=2), session.out)
    else:
        session.show(templates_table(found))
    return 0


@app.command("show")
def show(name: Name, json: Json = False, state: State = None) -> int:
    """Show a template: its steps, last prices and parameters."""
    session = open_session(state=state, json=json)
    _show(session, _files(session).read(name))
    return 0


@app.command("delete")
def delete(name: Name, state: State = None) -> int:
    """Delete a template; its runs and schedules stay."""
    session = open_session(state=state)
    _files(session).delete(name)
    hint(session, f"{name} is deleted.")
    return 0


@app.command("run")
def run_template(
    name: Name,
    values: Values = None,
    budget: Annotated[
        str | None,
        typer.Option("--budget", metavar="AMOUNT", help="The most it may cost; as saved without."),
    ] = None,
    yes: Yes = False,
    detach: Detach = False,
    wallet: Wallet = None,
    out: Out = None,
    json: Json = False,
    state: State = None,
) -> int:
    """Run a template: new prices are read, shown and approved as ever."""
    session = open_session(state=state, json=json)
    wishes = journey.Wishes(yes=yes, detach=detach, out=out, wallet=opened(session, wallet))
    journey.require_consent(session, wishes)
    request = request_of(session, _files(session).read(name), values, budget=budget)
    started = request.model_copy(
        update={"may_ask": not yes, "wallet": wishes.wallet.address if wishes.wallet else None}
    )
    return journey.pursue(session, started, wishes)


@app.command("export")
def export(
    name: Name,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")],
    state: State = None,
) -> int:
    """Write a template to a file that another installation can import."""
    session = open_session(state=state)
    write_template(_files(session).read(name), file)
    hint(session, f"{name} is in {file}. It holds the values it was saved with; read it first.")
    return 0


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A template's file.")],
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Call it so; its own name without.")
    ] = None,
    replace: Replace = False,
    json: Json = False,
    state: State = None,
) -> int:
    """Take a template from a file; it buys nothing until somebody runs and approves it."""
    session = open_session(state=state, json=json)
    template = read_template(file)
    if template.plan.asset != session.settings.asset:
        raise RequestRejected(
            f"{file} is priced in {template.plan.asset.symbol} on {template.plan.asset.network}; "
            f"this installation pays on {session.settings.solana_network}"
        )
    if name is not None:
        template = _renamed(template, name)
    _files(session).write(template, replace=replace)
    _show(session, template)
    hint(session, "Look at the addresses it pays before you approve a run of it.")
    return 0


def request_of(
    session: Session, template: Template, values: list[str] | None, *, budget: str | None
) -> FulfilRequest:
    """What starts a run of a template.

    Raises:
        RequestRejected: A value or the budget cannot be taken.
    """
    plan = filled(template, values_of(values))
    settings = session.settings
    amount = template.budget if budget is None else journey.amount_of(session, budget, "budget")
    check_request(plan.request, budget=amount, policy_maximum=settings.policy_maximum)
    return FulfilRequest(
        request_id=journey.new_id(plan.request),
        text=plan.request,
        budget=amount,
        policy_maximum=settings.policy_maximum,
        plan=plan,
    )


def values_of(given: list[str] | None) -> dict[str, str]:
    """Read ``NAME=VALUE`` pairs.

    Raises:
        RequestRejected: One is no pair, or a name comes twice.
    """
    found: dict[str, str] = {}
    for pair in given or ():
        name, equals, value = pair.partition("=")
        if not equals or not name.strip() or name.strip() in found:
            raise RequestRejected(f"--set {pair[:60]!r}: write NAME=VALUE, each name once")
        found[name.strip()] = value
    return found


def _places(given: list[str] | None) -> dict[str, tuple[Place, ...]] | None:
    if not given:
        return None
    found: dict[str, tuple[Place, ...]] = {}
    for pair in given:
        name, _, where = pair.partition("=")
        step, _, argument = where.partition(".")
        if not (name and step and argument):
            raise RequestRejected(f"--param {pair[:60]!r}: write NAME=STEP.INPUT")
        place = Place(step=StepId(step), argument=argument)
        found[name] = (*found.get(name, ()), place)
    return found


def _made(
    snapshot: RunSnapshot, *, name: str, named: dict[str, tuple[Place, ...]] | None
) -> Template:
    report, plan = snapshot.report, snapshot.plan
    run = report.request_id
    if report.state not in _SAVED_FROM or plan is None:
        raise NotNow(
            f"{run} did not complete ({run_words(report.state).plain}), so its plan is not proven",
            next_step="Save the plan of a completed run: `caravan list` shows them.",
        )
    return template_of(
        plan,
        name=name,
        budget=report.budget,
        named=named,
        saved_from=run,
        saved_at=datetime.now(UTC),
    )


def _renamed(template: Template, name: str) -> Template:
    try:
        return Template.model_validate(template.model_dump() | {"name": name})
    except ValueError as err:
        raise RequestRejected(f"{name[:60]!r} is no name: use a-z, 0-9, - and _") from err


async def _snapshot(session: Session, name: str) -> RunSnapshot:
    client = await session.connect()
    run = await Runs(client, session.settings.state_dir).find(name)
    return await Requests(client).live_snapshot(run)


def _files(session: Session) -> TemplateFiles:
    return TemplateFiles(session.settings.state_dir)


def _show(session: Session, template: Template) -> None:
    if session.json:
        write_json(TemplateDocument.of(template).model_dump_json(indent=2), session.out)
    else:
        session.show(template_page(template))
