"""The ``caravan`` command: run it, turn whatever happens into an exit code, and end."""

import contextlib
import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import typer

from starter.boundary import problem_of, tell, tell_as_json
from starter.exits import ExitCode
from starter.session import console

_DEBUG = "--debug"
_JSON = "--json"
_BUY_ONCE = "buy-once"


def main() -> NoReturn:
    """Run the command line and end the process."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a sign the terminal lacks must not end a run
    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # nobody reads any more
            stream.flush()
    # An ordinary exit sometimes aborts inside Temporal's client after all work is done.
    os._exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; never raises."""
    if list(arguments) == [_BUY_ONCE]:
        # For programs that test clients, not for people: it keeps to their form of answer.
        from starter.once import buy_once  # noqa: PLC0415

        return buy_once(os.environ)
    debug = _DEBUG in arguments
    words = [word for word in arguments if word != _DEBUG]
    try:
        # Imported here so that what fails while loading is told like everything else.
        from starter.cli.app import app  # noqa: PLC0415

        code = app(words, prog_name="caravan", standalone_mode=False)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except Exception as err:  # noqa: BLE001 - the process boundary
        if debug:
            traceback.print_exc()
        problem = problem_of(err)
        if _JSON in words:
            tell_as_json(problem, console())
        tell(problem, console(stderr=True))
        return problem.exit_code
    return int(code or 0)


if __name__ == "__main__":
    main()
