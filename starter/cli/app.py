"""The command line as a whole: names, help and the order in which commands are shown."""

from typing import Annotated

import typer

from starter.cli import (
    answers,
    calls,
    catalogue,
    health,
    local,
    looking,
    payments,
    proofs,
    runs,
    schedules,
    templates,
)

app = typer.Typer(
    name="caravan",
    help="Buy what a request needs from paid services: plan, approve, pay, prove, undo.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show stack traces; for reporting a bug.")
    ] = False,
) -> None:
    """Buy what a request needs from paid services: plan, approve, pay, prove, undo."""
    del debug  # read before parsing, so that it counts wherever it stands
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command("up", short_help="Start the local stack and say where it listens.")(local.up)
app.command("down", short_help="End the local stack; runs are kept.")(local.down)
app.command("demo", short_help="Start the stack and buy one example report.")(local.demo)
app.command("plan")(runs.plan)
app.command("run", short_help="Plan, show, ask, execute, write what was bought.")(runs.run)
app.command("buy", short_help="Buy one call by its address, at most at a price.")(calls.buy)
app.command("list")(looking.list_runs)
app.command("show", short_help="Show how a run stands, or how it ended.")(looking.show)
app.command("watch", short_help="Follow a run to its end.")(runs.watch)
app.command("approve", short_help="Approve the plan that waits.")(answers.approve)
app.command("reject")(answers.reject)
app.command("budget", short_help="Give a run a larger budget, or refuse.")(answers.budget)
app.command("sign", short_help="Sign payments with your own wallet.")(answers.sign)
app.command("cancel", short_help="Stop a run and undo what can be undone.")(runs.cancel)
app.command("retry", short_help="Run a plan again, buying only what is missing.")(runs.retry)
app.command("receipts")(proofs.receipts)
app.command("verify", short_help="Check a book of receipts without any stack.")(proofs.verify)
app.add_typer(payments.app, name="payments", short_help="Show, resolve and refund payments.")
app.add_typer(templates.app, name="template", short_help="Keep plans and run them again.")
app.add_typer(schedules.app, name="schedule", short_help="Run templates by themselves.")
app.command("services", short_help="Show what discovery finds and refuses.")(looking.services)
app.command("catalogue", short_help="Show the bazaars, or read them again.")(catalogue.catalogue)
app.command("doctor")(health.doctor)
