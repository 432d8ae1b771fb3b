"""What can go wrong at the door, each with what to do next and how the process ends."""

from typing import ClassVar

from domain.errors import EngineError
from starter.exits import ExitCode


class StarterError(EngineError):
    """Something that a command cannot do for the person who asked."""

    code = "starter"
    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, message: str, *, next_step: str) -> None:
        super().__init__(message)
        self.next_step = next_step


class StackUnreachable(StarterError):
    """Temporal, or the worker behind it, does not answer."""

    code = "stack_unreachable"
    exit_code = ExitCode.UNREACHABLE


class NoSuchRun(StarterError):
    """No run, or more than one, goes by the given name."""

    code = "no_such_run"


class NotNow(StarterError):
    """The run is in a state in which the command means nothing."""

    code = "not_now"


class NeedsConsent(StarterError):
    """Spending money needs a person, or ``--yes``."""

    code = "needs_consent"


class OutputAltered(StarterError):
    """A stored output no longer is what its digest says, or is not there."""

    code = "output_altered"
    exit_code = ExitCode.FAILED


class CommandFailed(StarterError):
    """The command was understood and tried, and did not succeed."""

    code = "command_failed"
    exit_code = ExitCode.FAILED


class RunStopped(StarterError):
    """A run was terminated from outside, so nobody knows what became of its money."""

    code = "run_stopped"
    exit_code = ExitCode.MONEY_OPEN


class Interrupted(StarterError):
    """The person left the command; the run goes on."""

    code = "interrupted"
    exit_code = ExitCode.INTERRUPTED
