"""What each part may know of the user's environment: only what it needs, never another's key."""

from collections.abc import Iterable, Mapping
from typing import Final

HARMLESS: Final = frozenset(
    {
        *("HOME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "LOGNAME"),
        *("OMP_NUM_THREADS", "PATH", "SHELL", "TMPDIR", "TZ", "USER", "VIRTUAL_ENV"),
    }
)
"""Every part gets these. Anything else is left out: a name not known may hold a secret."""

NETWORK: Final = frozenset(
    {
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
        *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
        *("REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE"),
    }
)
"""For parts that leave this machine. The others talk to loopback, which no proxy can reach."""

METRICS_ADDRESS: Final = "CARAVAN_METRICS_ADDRESS"

EVERY_WORKER: Final = frozenset({"CARAVAN_ARTIFACTS_URL", "CARAVAN_OTLP_ENDPOINT"})
ENGINE: Final = NETWORK | {
    *("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"),
    *("CARAVAN_ANTHROPIC_MODEL", "CARAVAN_MAX_BUDGET", "CARAVAN_PLANNER"),
    *("CARAVAN_CONSENSUS_FROM", "CARAVAN_MAX_CONSENSUS_COST", "CARAVAN_MAX_PLANNING_COST"),
    *("CARAVAN_OPENAI_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL"),
}
DISCOVERY: Final = NETWORK | {
    *("CARAVAN_EMBEDDING_MODEL", "CARAVAN_LEDGER_URL", "CARAVAN_RECORDS_URL"),
    *("CARAVAN_QDRANT_API_KEY", "CARAVAN_QDRANT_URL"),
}
PAYMENTS: Final = frozenset(
    {"CARAVAN_LEDGER_URL", "CARAVAN_POLICY_FILE", "CARAVAN_SIGNER", "CARAVAN_SIGNER_URL"}
    | {"CARAVAN_SIGNER_TOKEN", "CARAVAN_DELEGATE_OWNER", "CARAVAN_RECORDS_URL"}
)


def base(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what every part gets."""
    return {**_only(environ, HARMLESS), "PYTHONUNBUFFERED": "1", "HF_HUB_OFFLINE": "1"}


def worker(
    environ: Mapping[str, str], stack: Mapping[str, str], *, knows: Iterable[str]
) -> dict[str, str]:
    """Return what a worker gets: the stack's own settings above the user's."""
    return {**base(environ), **_only(environ, EVERY_WORKER), **_only(environ, knows), **stack}


def metrics_of(environ: Mapping[str, str], *, place: int) -> dict[str, str]:
    """Where a worker shows its metrics: each at a port of its own, counted from the user's."""
    wanted = environ.get(METRICS_ADDRESS)
    if not wanted:
        return {}
    host, _, port = wanted.rpartition(":")
    # What is no address goes on as it is: the worker says what is wrong with it.
    return {METRICS_ADDRESS: f"{host}:{int(port) + place}" if port.isdigit() else wanted}


def overruled(environ: Mapping[str, str], stack: Mapping[str, str]) -> list[str]:
    """Name the user's settings that a local stack replaces by its own."""
    return sorted(name for name in stack if environ.get(name, stack[name]) != stack[name])


def _only(environ: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    return {name: environ[name] for name in names if name in environ}
