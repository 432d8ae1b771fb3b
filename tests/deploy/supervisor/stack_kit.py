"""Small parts under a real supervisor in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 20.0

SERVE = """
from tests.ports import free_port
import http.server, json, os, signal, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"status": "ok", "pid": os.getpid()}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
if "stubborn" in sys.argv: signal.signal(signal.SIGTERM, signal.SIG_IGN)
class Server(http.server.HTTPServer): allow_reuse_address = True
Server(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
"""
"""A part that works."""

FAIL = "import sys; sys.exit('the purse is empty')"
"""A part that cannot."""

HANG = "import time; print('still thinking', flush=True); time.sleep(600)"
"""A part that never gets anywhere."""


def is_alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"  # a zombie waits for its new parent only


def wait_for(what: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return found


class FakeStack:
    """``python -m tests.deploy.supervisor.fake_stack`` with some parts."""

    def __init__(self, state: Path, *parts: dict[str, Any]) -> None:
        self.state = state
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.deploy.supervisor.fake_stack"),
                *(str(state), json.dumps(parts)),
            ],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def running(self) -> dict[str, dict[str, int]]:
        """Pid and restarts of each part, once all work."""
        entries = wait_for(self._entries)
        return {entry["name"]: entry for entry in entries}

    def notices(self) -> list[dict[str, Any]]:
        lines = (self.state / "run" / "progress.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def _entries(self) -> Any:
        assert self.process.poll() is None, "the supervisor ended"
        try:
            return json.loads((self.state / "stack.json").read_text())
        except OSError:
            return None

    def end(self, how: int = signal.SIGTERM) -> tuple[int, str]:
        if self.process.poll() is None:
            self.process.send_signal(how)
        _, errors = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, errors

    def close(self) -> None:
        # Its parts are on a leash: they end with it.
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.communicate()
