"""Write `docs/reference/` from the code; ``--check`` only says which pages have drifted."""  # noqa: INP001 - a program, not a package

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import typer.main
from temporalio.workflow import ActivityConfig

import worker
from activities.chains.service import ChainActivities
from activities.data.service import DataActivities
from activities.discovery.refreshing import CatalogueActivities
from activities.discovery.remembering import MemoryActivities
from activities.discovery.service import DiscoveryActivities
from activities.payments.bookkeeping import BookkeepingActivities
from activities.payments.service import PaymentActivities
from activities.planning import ports as planning_ports
from activities.planning.service import PlanningActivities
from docs.reading import Row, annotations, code, doc, documented, line, shown, table
from domain import errors, events, execution, limits, names, payments, reasons, runs, settings
from domain.advice import advice_for
from domain.errors import EngineError, IllegalTransition
from domain.ids import RequestId
from domain.names import TaskQueue
from starter import errors as starter_errors
from starter import exits
from starter.cli.app import app
from workflows import _policies as policies

REFERENCE: Final = Path(__file__).with_name("reference")

ACTIVITIES: Final[Mapping[TaskQueue, tuple[type, ...]]] = {
    TaskQueue.ORCHESTRATION: (DataActivities,),
    TaskQueue.PLANNING: (PlanningActivities,),
    TaskQueue.DISCOVERY: (DiscoveryActivities, MemoryActivities, CatalogueActivities),
    TaskQueue.PAYMENTS: (PaymentActivities, BookkeepingActivities),
    TaskQueue.CHAINS: (ChainActivities,),
}
"""What each queue serves, as `activities/wiring.py` builds it; the drift test compares them."""

ENDINGS: Final = (
    *("over_budget", "paid_undelivered", "not_delivered"),
    *("rejected", "expired", "cancelled", "timed_out"),
)
"""Codes a run may end with that are no exception; each must have its own advice."""


def main() -> int:
    """Write the pages, or compare them; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, name what drifted")
    drifted = stale(REFERENCE)
    if parser.parse_args().check:
        sys.stdout.writelines(f"docs/reference/{name} has drifted: make docs\n" for name in drifted)
        return 1 if drifted else 0
    REFERENCE.mkdir(exist_ok=True)
    wanted = pages()
    for name in drifted:
        if name in wanted:
            (REFERENCE / name).write_text(wanted[name], encoding="utf-8")
        else:
            (REFERENCE / name).unlink()
    sys.stdout.writelines(f"docs/reference/{name} written\n" for name in drifted)
    return 0


def stale(folder: Path) -> list[str]:
    """Name the pages of ``folder`` that are not what the code says: changed, missing or left."""
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    wanted = pages()
    return sorted(
        name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name)
    )


def pages() -> dict[str, str]:
    """Every page by its file name."""
    makers: Mapping[str, Callable[[], Iterator[str]]] = {
        "settings.md": _settings,
        "limits.md": _limits,
        "errors.md": _errors,
        "states.md": _states,
        "events.md": _events,
        "queues.md": _queues,
        "command-line.md": _command_line,
    }
    note = "<!-- Written by docs/generate.py; change the code it reads, then run `make docs`. -->"
    return {name: "\n".join([note, "", *make()]) + "\n" for name, make in makers.items()}


def _settings() -> Iterator[str]:
    docs = documented(settings, "Settings")
    yield from ("# Settings", "", "Read once at start by `domain/settings.py`.")
    yield "Each is a variable of the environment, or a line of `caravan.toml` beside you."
    yield "Names in the file may be in either case, with the prefix or without it."
    yield "A variable goes before the file, and an empty variable counts as not set."
    yield from ("An unknown name is an error.", "")
    rows = [
        (code(settings.PREFIX + name.upper()), shown(field.default), docs[name])
        for name, field in settings.Settings.model_fields.items()
    ]
    yield from table(("name", "default", "meaning"), rows)
    yield from ("", "Temporal's own variables (`TEMPORAL_ADDRESS` and the rest) keep their names.")
    yield "So do `ANTHROPIC_API_KEY`, `OPENAI_API_KEY` and `OPENAI_BASE_URL`."


def _limits() -> Iterator[str]:
    docs = documented(limits)
    yield from ("# Limits", "", "Constants of `domain/limits.py`; none is a setting.", "")
    rows = [(code(name), shown(getattr(limits, name)), docs[name]) for name in docs]
    yield from table(("name", "value", "meaning"), rows)


def _errors() -> Iterator[str]:
    yield from ("# Errors", "", "The code is Temporal's failure type and `error.code` in `--json`.")
    yield "A retryable error is retried after the pause named here, doubled and varied a quarter."
    yield "How often is in [queues.md](queues.md); any other error is final for what was asked."
    yield from ("", "## Of the engine", "")
    rows = [_error_row(error) for error in _tree(EngineError, _defined_in(errors, planning_ports))]
    yield from table(("code", "class", "meaning", "retry", "what to do"), rows)
    yield from ("", "## Of the command line", "")
    found = _tree(starter_errors.StarterError, _defined_in(starter_errors))
    starter_rows = [(code(one.code), doc(one), str(int(one.exit_code))) for one in found]
    yield from table(("code", "meaning", "exit code"), starter_rows)
    yield from ("", "## Ends of a run that are no exception", "")
    yield from table(("code", "what to do"), [(code(c), advice_for(c)) for c in ENDINGS])
    yield from ("", "## Why a draft is no plan", "")
    yield "`plan_rejected` carries these reasons, each in brackets before its sentence."
    yield ""
    yield from (f"- `{reason.value}`" for reason in reasons.ReasonCode)


def _states() -> Iterator[str]:
    yield from ("# States", "", "Legal moves, found by asking the state machines themselves.")
    yield "A move that is not listed raises `illegal_transition`."
    yield from _machine("Run", runs, runs.RunState, runs.move)
    yield from _machine("Step", execution, execution.StepState, execution.move)
    yield from _machine("Payment", payments, payments.PaymentState, payments.move)


def _machine(
    title: str, module: ModuleType, kind: type[StrEnum], move: Callable[[Any, Any], object]
) -> Iterator[str]:
    yield from ("", f"## {title}", "", doc(kind), "")
    docs = documented(module, kind.__name__)
    rows: list[Row] = []
    for state in kind:
        targets = ", ".join(code(to.value) for to in kind if _legal(move, state, to))
        rows.append((code(state.value), targets or "*end*", docs.get(state.name, "")))
    yield from table(("from", "to", "meaning"), rows)


def _legal(move: Callable[[Any, Any], object], current: StrEnum, to: StrEnum) -> bool:
    try:
        move(current, to)
    except IllegalTransition:
        return False
    return True


def _events() -> Iterator[str]:
    topic = code(names.EVENTS_TOPIC)
    yield from ("# Events", "", f"A run publishes its changes on the topic {topic} of its stream.")
    yield "Nothing is decided by an event: whoever misses one asks the query `snapshot`."
    yield from ("", f"## `{events.ProgressEvent.__name__}`", "", doc(events.ProgressEvent), "")
    types = annotations(events, events.ProgressEvent.__name__)
    fields = events.ProgressEvent.model_fields
    rows = [(code(name), code(types[name]), shown(fields[name].default)) for name in types]
    yield from table(("field", "type", "default"), rows)


def _queues() -> Iterator[str]:
    yield from ("# Task queues, workflows and search attributes", "")
    yield "A worker serves queues with `python -m worker --queue NAME [--queue NAME …]`."
    yield from ("", "## Task queues", "")
    rows = [(code(queue.value), ", ".join(map(code, activities_of(queue)))) for queue in TaskQueue]
    yield from table(("queue", "activities"), rows)
    yield from ("", "`orchestration` also runs the workflows.")
    yield from ("", "## Workflows", "")
    rows = [(code(one.__name__), doc(one)) for one in worker.WORKFLOWS]
    yield from table(("workflow", "meaning"), rows)
    run, anchor = names.run_workflow_id, names.anchor_workflow_id
    yield from ("", f"Ids: `{run(_ID)}` for a run, `{anchor(_ID)}` for its record on chain.")
    yield from ("", "## Timeouts and retries", "")
    docs = documented(policies)
    columns = ("policy", "queue", "one attempt", "in all", "heartbeat", "attempts", "meaning")
    shared = [name for name in docs if not name.startswith("_")]
    yield from table(columns, [_policy_row(name, docs[name]) for name in shared])
    yield from ("", "## Search attributes", "")
    docs = documented(names)
    rows = [(code(getattr(names, n)), docs[n]) for n in docs if n.startswith("SEARCH_")]
    yield from table(("name", "meaning"), rows)


_ID: Final = RequestId("<request id>")


def _policy_row(name: str, meaning: str) -> Row:
    policy: ActivityConfig = getattr(policies, name)
    retry = policy.get("retry_policy")
    attempts = retry.maximum_attempts if retry else 0
    return (
        code(name),
        code(str(policy.get("task_queue"))),
        shown(policy.get("start_to_close_timeout")),
        shown(policy.get("schedule_to_close_timeout")),
        shown(policy.get("heartbeat_timeout")),
        str(attempts) if attempts else "no limit",
        meaning,
    )


def _commands(group: Any, prefix: str) -> Iterator[str]:  # noqa: ANN401 - one of click's groups
    for name, command in group.commands.items():
        words = f"{prefix}{name}"
        arguments = " ".join(
            one.metavar or one.name.upper()
            for one in command.params
            if one.param_type_name == "argument"
        )
        yield from ("", f"## `caravan {' '.join(filter(None, (words, arguments)))}`", "")
        yield from (command.help, "")
        yield from table(("option", "meaning"), [_option_row(one) for one in command.params])
        if hasattr(command, "commands"):
            yield from _commands(command, f"{words} ")


def _command_line() -> Iterator[str]:
    yield from ("# Command line", "", "Results go to standard output, the rest to standard error.")
    yield "With `--json` standard output holds exactly one JSON document."
    yield from ("", "## Exit codes", "")
    docs = documented(exits, "ExitCode")
    rows = [
        (
            str(int(exit_code)),
            exit_code.name.lower().replace("_", " "),
            docs.get(exit_code.name, ""),
        )
        for exit_code in exits.ExitCode
    ]
    yield from table(("code", "name", "meaning"), rows)
    root: Any = typer.main.get_command(app)
    yield from _commands(root, "")
    yield from ("", "## `python -m worker`", "", doc(worker.main), "")
    actions = worker.arguments()._actions  # noqa: SLF001 - argparse has no other way
    options = [(code(one.option_strings[0]), _worker_option(one)) for one in actions[1:]]
    yield from table(("option", "meaning"), options)


def _option_row(option: Any) -> Row:  # noqa: ANN401 - the framework's own class
    if option.param_type_name == "argument":
        return code(option.metavar), option.help or ""
    words = ", ".join(option.opts)
    needed = " Required." if option.required else ""
    value = "" if option.is_flag else f" {option.metavar or 'NUMBER'}"
    default = (
        "" if option.is_flag or option.default in {None, ""} else f" Default {option.default}."
    )
    return code(words + value), f"{option.help or ''}{needed}{default}"


def _worker_option(action: argparse.Action) -> str:
    if action.choices is None:
        return line(str(action.help))
    return f"One of {', '.join(map(str, action.choices))}; required, may be repeated."


def activities_of(queue: TaskQueue) -> list[str]:
    """Names of the activities that a worker of ``queue`` offers."""
    methods = [pair for offered in ACTIVITIES[queue] for pair in vars(offered).items()]
    return [name for name, method in methods if _is_activity(method)]


def _is_activity(method: object) -> bool:
    return hasattr(method, "__temporal_activity_definition")


def _error_row(error: type[EngineError]) -> Row:
    pause = f"{error.first_retry_seconds:g} s to {error.longest_retry_seconds:g} s"
    own = advice_for(error.code)
    advice = "" if own == advice_for("") else own
    retry = pause if error.retryable else "no"
    return code(error.code), code(error.__name__), doc(error), retry, advice


def _tree(root: type[Any], known: frozenset[type]) -> Iterator[type[Any]]:
    """Walk subclasses depth first, in order of definition; only those of ``known`` modules."""
    for child in root.__subclasses__():
        if child in known:
            yield child
            yield from _tree(child, known)


def _defined_in(*modules: ModuleType) -> frozenset[type]:
    found = (thing for module in modules for thing in vars(module).values())
    return frozenset(thing for thing in found if isinstance(thing, type))


if __name__ == "__main__":
    sys.exit(main())
