"""Supervise parts that are given as JSON: ``fake_stack STATE PARTS``."""

import asyncio
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.supervisor.errors import CannotStart, PartFailed
from deploy.supervisor.keeper import Keeper
from deploy.supervisor.parts import FileReady, HttpReady, Part, Readiness
from deploy.supervisor.running import run_until_stopped
from deploy.supervisor.state_dir import StateDir


def part(state: StateDir, given: dict[str, Any]) -> Part:
    name, port = given["name"], given.get("port", 0)
    ready: Readiness = (
        HttpReady(port, patience_seconds=0.5) if port else FileReady(state.ready_file(name))
    )
    return Part(
        name=name,
        command=(sys.executable, "-c", given["code"], str(port), *given.get("words", ())),
        ready=ready,
        environment={"SEEN": "yes"},
        after=tuple(given.get("after", ())),
        start_seconds=given.get("start_seconds", 10.0),
        end_seconds=given.get("end_seconds", 5.0),
        watch_seconds=0.2,
        silent_seconds=given.get("silent_seconds", 60.0),
    )


def main() -> int:
    logging.basicConfig(level=logging.INFO)
    state = StateDir.open(Path(sys.argv[1]))
    state.prepare()

    def publish(keepers: Sequence[Keeper]) -> None:
        rows = [{"name": k.part.name, "pid": k.pid, "restarts": k.restarts} for k in keepers]
        draft = state / "run" / "draft"
        draft.write_text(json.dumps(rows))
        draft.replace(state.stack_file)

    parts = [part(state, given) for given in json.loads(sys.argv[2])]
    try:
        asyncio.run(run_until_stopped(parts, state, publish))
    except (PartFailed, CannotStart) as err:
        sys.stderr.write(f"{err}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
