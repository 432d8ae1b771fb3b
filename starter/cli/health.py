"""The command that says what is missing or misconfigured: doctor."""

import json as jsonlib
import os

from rich.table import Table
from rich.text import Text

from starter.boundary import write_json
from starter.cli.options import Json, State
from starter.exits import ExitCode
from starter.session import console
from starter.tables import grid
from starter.wording import said


def doctor(json: Json = False, state: State = None) -> int:
    """Say what is missing or misconfigured, and the fix."""
    # Loaded here: no other command needs its HTTP client.
    from starter.doctor import Findings, examine  # noqa: PLC0415

    findings: Findings = examine(os.environ, state_dir=state)
    if json:
        checks = [check.model_dump(mode="json") for check in findings.checks]
        write_json(jsonlib.dumps({"ok": findings.ok, "checks": checks}, indent=2), console())
    else:
        console().print(_table([check.model_dump() for check in findings.checks]), crop=False)
        words = "All is well." if findings.ok else "Put these right from the top down."
        console(stderr=True).print(Text(words))
    if findings.ok:
        return ExitCode.DONE
    unreachable = any(check.name == "temporal" and not check.ok for check in findings.checks)
    return ExitCode.UNREACHABLE if unreachable else ExitCode.FAILED


def _table(checks: list[dict[str, str | bool | None]]) -> Table:
    table = grid("", "check", "found", "fix")
    for check in checks:
        good = bool(check["ok"])
        table.add_row(
            Text("ok" if good else "NO", style="green" if good else "bold red"),
            said(str(check["name"])),
            said(str(check["detail"])),
            said(str(check["fix"] or "")),
        )
    return table
