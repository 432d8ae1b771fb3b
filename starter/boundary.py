"""The process boundary: whatever goes wrong leaves as a sentence, never as a stack trace."""

import json
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.text import Text
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError

from domain.advice import advice_for
from domain.errors import EngineError
from starter.client import START_HINT
from starter.errors import StarterError
from starter.exits import ExitCode
from starter.wording import plain

_USAGE_CODES: Final = frozenset(
    {"request_rejected", "misconfigured", "decision_refused", "unknown_asset"}
)
"""Ours to refuse before anything starts; the person asks differently."""

_HELP_HINT: Final = "`caravan --help` and `caravan COMMAND --help` say what is understood."


@dataclass(frozen=True)
class Problem:
    """What happened, on what, and what to do next."""

    code: str
    message: str
    next_step: str
    exit_code: ExitCode


def problem_of(err: Exception) -> Problem:
    """Describe an error that ended a command."""
    if isinstance(err, StarterError):
        return Problem(err.code, err.message, err.next_step, err.exit_code)
    if isinstance(err, EngineError):
        usage = err.code in _USAGE_CODES
        exit_code = ExitCode.USAGE if usage else ExitCode.FAILED
        return Problem(err.code, err.message, advice_for(err.code), exit_code)
    if isinstance(err, typer.TyperException):
        return Problem("usage", err.format_message(), _HELP_HINT, ExitCode.USAGE)
    if isinstance(err, RPCError | TemporalError):
        message = f"Temporal could not do what was asked: {err}"
        return Problem("stack_unreachable", message, START_HINT, ExitCode.UNREACHABLE)
    return Problem(
        "internal",
        f"this should not have happened: {type(err).__name__}: {err}",
        f"The details are in {_kept(err)}; a run that was started goes on without this command.",
        ExitCode.FAILED,
    )


def tell(problem: Problem, notes: Console) -> None:
    """Say what went wrong, for a person."""
    notes.print(Text.assemble(("error: ", "bold red"), plain(problem.message)), soft_wrap=True)
    if problem.next_step:
        notes.print(Text.assemble(("next: ", "bold"), plain(problem.next_step)), soft_wrap=True)


def tell_as_json(problem: Problem, out: Console) -> None:
    """Say what went wrong, as the one document that a script reads."""
    error = {"code": problem.code, "message": problem.message, "next": problem.next_step}
    write_json(json.dumps({"error": error}, indent=2), out)


def write_json(document: str, out: Console) -> None:
    """Print a document byte for byte: no wrapping, no colour, no markup."""
    out.out(document, highlight=False)


def _kept(err: Exception) -> Path:
    lines = traceback.format_exception(err)
    with tempfile.NamedTemporaryFile(
        "w", prefix="caravan-error-", suffix=".log", delete=False, encoding="utf-8"
    ) as file:
        file.writelines(lines)
    return Path(file.name)
