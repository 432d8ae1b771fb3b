"""What each part is told, and what it is not."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.supervisor.environment import METRICS_ADDRESS, metrics_of
from deploy.supervisor.local_stack import PORT_OPTIONS, WORKERS, Addresses, LocalStack
from deploy.supervisor.parts import Part
from deploy.supervisor.state_dir import StateDir
from deploy.supervisor.wallets import write_genesis
from domain.names import TaskQueue
from domain.settings import Settings

USER = {
    "PATH": "/bin",
    "ANTHROPIC_API_KEY": "sk-canary",
    "AWS_SECRET_ACCESS_KEY": "aws-canary",
    "CARAVAN_PLANNER": "embedded",
    "CARAVAN_SOLANA_RPC_URL": "https://elsewhere.example",
    "CARAVAN_PAYER_KEYFILE": "/home/user/real-money.json",
    "CARAVAN_QDRANT_API_KEY": "qdrant-canary",
    "HTTPS_PROXY": "http://proxy.example",
    "TEMPORAL_API_KEY": "cloud-canary",
}


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[LocalStack]:
    state = StateDir.open(tmp_path / "state")
    state.prepare()
    ports = {option: default for option, (_, default) in PORT_OPTIONS.items()}
    yield LocalStack(state, Addresses(ports), USER, Path("/bin/temporal"))
    state.close()


@pytest.fixture
def parts(stack: LocalStack) -> dict[str, Part]:
    return {part.name: part for part in stack.parts()}


def test_only_the_payments_worker_is_told_where_keys_are(parts: dict[str, Part]) -> None:
    told = [name for name, part in parts.items() if any("KEYFILE" in n for n in part.environment)]

    assert told == ["worker-payments"]


def test_the_users_own_wallet_never_reaches_a_local_stack(parts: dict[str, Part]) -> None:
    for part in parts.values():
        assert "real-money" not in json.dumps(dict(part.environment))


@pytest.mark.parametrize(
    ("secret", "knowing"),
    [
        ("sk-canary", ["worker-engine"]),
        ("qdrant-canary", ["worker-discovery"]),
        ("aws-canary", []),
        ("cloud-canary", []),
    ],
)
def test_a_secret_reaches_only_who_needs_it(
    parts: dict[str, Part], secret: str, knowing: list[str]
) -> None:
    assert [n for n, part in parts.items() if secret in part.environment.values()] == knowing


def test_workers_talk_to_this_stack_whatever_the_user_set(parts: dict[str, Part]) -> None:
    for name in WORKERS:
        settings = Settings.from_environ(parts[name].environment)

        assert settings.solana_rpc_url == "http://127.0.0.1:8899"
        assert settings.bazaar_urls == ("http://127.0.0.1:4021",)
        assert parts[name].environment["TEMPORAL_ADDRESS"] == "127.0.0.1:7233"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("127.0.0.1:9464", ["127.0.0.1:9464", "127.0.0.1:9465"]),
        ("[::1]:9", ["[::1]:9", "[::1]:10"]),
        ("nonsense", ["nonsense", "nonsense"]),
        ("", []),
    ],
)
def test_each_worker_shows_its_metrics_at_a_port_of_its_own(wanted: str, found: list[str]) -> None:
    environ = {METRICS_ADDRESS: wanted}

    each = [metrics_of(environ, place=place).get(METRICS_ADDRESS) for place in range(2)]

    assert [address for address in each if address] == found


def test_every_queue_is_served_by_exactly_one_worker() -> None:
    served = [queue for queues, _ in WORKERS.values() for queue in queues]

    assert sorted(served) == sorted(TaskQueue)


def test_who_is_funded_with_what(stack: LocalStack) -> None:
    write_genesis(stack.wallets, stack.genesis)

    rows = json.loads(stack.genesis.read_text())["accounts"]

    payer, engine, facilitator, *sellers = rows
    assert payer["pubkey"] == stack.wallets.address(stack.wallets.payer)
    assert (payer["lamports"], payer["usdc_base_units"]) == (10**9, 100_000_000)
    assert engine["lamports"] == 10**9
    assert facilitator["lamports"] == 10 * 10**9
    keys = list((stack.state / "keys").glob("seller-*.json"))
    assert len(sellers) == len(keys) > 0
    assert all(row["usdc_base_units"] == 20_000_000 for row in sellers)


def test_keys_are_made_once_and_belong_to_their_owner(stack: LocalStack) -> None:
    first = stack.wallets.address(stack.wallets.payer)

    assert stack.wallets.address(stack.wallets.payer) == first
    assert len(json.loads(stack.wallets.payer.read_text())) == 64
    assert stack.wallets.payer.stat().st_mode & 0o777 == 0o600


def test_a_second_start_does_not_load_the_sellers_again(stack: LocalStack) -> None:
    write_genesis(stack.wallets, stack.genesis)
    written = stack.genesis.stat().st_mtime_ns

    write_genesis(stack.wallets, stack.genesis)

    assert stack.genesis.stat().st_mtime_ns == written


def test_sellers_added_by_a_newer_version_are_funded(stack: LocalStack) -> None:
    write_genesis(stack.wallets, stack.genesis)
    long_ago = time.time() - 10**9
    os.utime(stack.genesis, (long_ago, long_ago))

    write_genesis(stack.wallets, stack.genesis)

    assert stack.genesis.stat().st_mtime > long_ago
