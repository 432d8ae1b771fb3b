"""Run a program that cannot outlive the supervisor: ``leash.py SUPERVISOR_PID PROGRAM ARG...``.

Linux ends the program the moment the supervisor dies, even by SIGKILL: the wish survives the
``exec`` below, and SIGKILL is safe because every part keeps its promises when killed.
Other systems have no such wish; there a killed supervisor leaves its parts, and the next ``up``
names them by the ports they hold.

A file of its own, run without site packages, because code between fork and exec in the supervisor
itself may deadlock on locks of its threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""Source: prctl(2)."""


def main() -> None:
    """Bind this process to its parent, then become the program."""
    supervisor, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:
            sys.exit(f"supervisor {supervisor} ended before {program[0]} was started")
    os.execv(program[0], program)  # noqa: S606 - a fixed program, no shell


if __name__ == "__main__":
    main()
