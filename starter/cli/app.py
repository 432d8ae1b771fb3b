"""The command line as a whole: names, help and the order in which commands are shown."""

from typing import Annotated

import typer

from starter.cli import local, looking, runs

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


app.command("up")(local.up)
app.command("down")(local.down)
app.command("demo")(local.demo)
app.command("plan")(runs.plan)
app.command("run")(runs.run)
app.command("list")(looking.list_runs)
app.command("show")(looking.show)
app.command("watch")(runs.watch)
app.command("approve")(runs.approve)
app.command("reject")(runs.reject)
app.command("cancel")(runs.cancel)
app.command("retry")(runs.retry)
app.command("receipts")(looking.receipts)
app.command("services")(looking.services)
