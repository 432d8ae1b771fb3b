"""Commands about schedules: run a template again and again, approved in advance up to a cap."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Final

import typer

from domain.errors import RequestRejected
from domain.ids import RequestId
from domain.runs import FulfilRequest
from domain.templates import NAME
from starter.boundary import write_json
from starter.cli.options import Json, State, Yes
from starter.cli.templates import Values, request_of
from starter.document_templates import ScheduleEntry, ScheduleList
from starter.errors import Interrupted, NeedsConsent
from starter.finishing import hint
from starter.questions import can_ask, confirms
from starter.recurring import Recurrences, Recurring, When
from starter.render_templates import schedules_table, template_page
from starter.session import Session, open_session
from starter.template_files import TemplateFiles

_UNITS: Final = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_EVERY: Final = re.compile(r"(\d{1,5})([mhdw])")

_SHORTEST: Final = timedelta(minutes=1)
"""More often than this nobody could stop a schedule that goes wrong."""

Name = Annotated[str, typer.Argument(metavar="NAME", help="The schedule's name.")]

app = typer.Typer(
    help="Run templates again and again, approved in advance up to a cap.",
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    no_args_is_help=True,
)


@app.command("create")
def create(
    name: Name,
    template: Annotated[
        str, typer.Option("--template", metavar="NAME", help="The template to run.")
    ],
    cap: Annotated[
        str,
        typer.Option("--cap", metavar="AMOUNT", help="The most each run may cost, such as 5.00."),
    ],
    every: Annotated[
        str | None,
        typer.Option("--every", metavar="SPAN", help="How often: 30m, 6h, 1d or 2w."),
    ] = None,
    cron: Annotated[
        str | None,
        typer.Option("--cron", metavar="EXPRESSION", help='At these times, in UTC: "0 7 * * 1".'),
    ] = None,
    values: Values = None,
    yes: Yes = False,
    json: Json = False,
    state: State = None,
) -> int:
    """Approve every future run of a template up to a cap, and let it run by itself."""
    session = open_session(state=state, json=json)
    if not NAME.fullmatch(name):
        raise RequestRejected(f"{name[:60]!r} is no name for a schedule: use a-z, 0-9, - and _")
    when = _when(every, cron)
    kept = TemplateFiles(session.settings.state_dir).read(template)
    request = request_of(session, kept, values, budget=cap)
    recurring = request.model_copy(
        update={
            "request_id": RequestId(name),
            "recurring": True,
            "may_ask": False,
            "approved_up_to": request.budget,
        }
    )
    if kept.plan.estimated_cost > request.budget:
        raise RequestRejected(
            f"{template} cost {kept.plan.estimated_cost} when it was saved, more than the cap of "
            f"{request.budget}; no run could ever be paid"
        )
    session.show(template_page(kept))
    _require_consent(session, recurring, when, yes=yes)
    made = asyncio.run(_create(session, name, recurring, when))
    if json:
        write_json(ScheduleEntry.of(made).model_dump_json(indent=2), session.out)
    hint(session, f"{name} runs {when}, each run for at most {recurring.budget}.")
    hint(session, f"Stop it: caravan schedule pause {name}, or caravan schedule delete {name}")
    return 0


@app.command("list")
def list_all(json: Json = False, state: State = None) -> int:
    """List the schedules."""
    session = open_session(state=state, json=json)
    found = asyncio.run(_all(session))
    if json:
        write_json(ScheduleList.of(found).model_dump_json(indent=2), session.out)
    else:
        session.show(schedules_table(found))
    return 0


@app.command("pause")
def pause(name: Name, state: State = None) -> int:
    """Start no more runs until it is resumed; a run under way goes on."""
    return _do(state, name, Recurrences.pause, "is paused; a run under way goes on")


@app.command("resume")
def resume(name: Name, state: State = None) -> int:
    """Start runs again."""
    return _do(state, name, Recurrences.resume, "runs again")


@app.command("trigger")
def trigger(name: Name, state: State = None) -> int:
    """Start one run now, besides the others."""
    return _do(state, name, Recurrences.trigger, "runs now: caravan watch last")


@app.command("delete")
def delete(name: Name, state: State = None) -> int:
    """Never start a run again; a run under way goes on."""
    return _do(state, name, Recurrences.delete, "is deleted; a run under way goes on")


def _do(
    state: State, name: str, what: Callable[[Recurrences, str], Awaitable[None]], words: str
) -> int:
    session = open_session(state=state)

    async def work() -> None:
        await what(Recurrences(await session.connect()), name)

    asyncio.run(work())
    hint(session, f"{name} {words}.")
    return 0


async def _create(session: Session, name: str, request: FulfilRequest, when: When) -> Recurring:
    recurrences = Recurrences(await session.connect())
    await recurrences.create(name, request, when)
    return await recurrences.one(name)


async def _all(session: Session) -> list[Recurring]:
    return await Recurrences(await session.connect()).all()


def _require_consent(session: Session, request: FulfilRequest, when: When, *, yes: bool) -> None:
    if yes:
        return
    if not can_ask(session):
        raise NeedsConsent(
            "nothing was scheduled: approving runs in advance needs a terminal to ask on, or --yes",
            next_step="Add --yes to approve every run up to the cap.",
        )
    try:
        agreed = confirms(session, f"Approve every run {when}, each up to {request.budget}? [y/n] ")
    except KeyboardInterrupt:
        agreed = False
    if not agreed:
        raise Interrupted("nothing was scheduled", next_step="")


def _when(every: str | None, cron: str | None) -> When:
    if (every is None) == (cron is None):
        raise RequestRejected("say when with exactly one of --every and --cron")
    if every is None:
        return When(cron=" ".join((cron or "").split()))
    match = _EVERY.fullmatch(every.strip().lower())
    span = timedelta(seconds=int(match[1]) * _UNITS[match[2]]) if match else timedelta(0)
    if span < _SHORTEST:
        raise RequestRejected(f"--every {every[:40]!r}: write 30m, 6h, 1d or 2w, at least 1m")
    return When(every=span)
