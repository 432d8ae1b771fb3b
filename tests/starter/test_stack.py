"""The stack seen from the command line, and one real stack beside another."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from starter.doctor import examine
from starter.errors import StackUnreachable
from starter.exits import ExitCode
from starter.stack import (
    StackInfo,
    StackNotStarted,
    StackOptions,
    StackProgress,
    read_stack,
    start_detached,
    stop,
)

ANYWHERE = StackOptions(
    temporal_port=0, ui_port=0, solana_port=0, evm_port=0, facilitator_port=0, services_port=0
)
PAYER_BASE_UNITS = 100_000_000
RESTART_SECONDS = 30


def test_reading_where_nothing_runs_says_how_to_start(tmp_path: Path) -> None:
    with pytest.raises(StackUnreachable) as unreachable:
        read_stack(tmp_path)

    assert "caravan up --detach" in unreachable.value.next_step


def test_a_file_that_is_no_stacks_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text('{"temporal": {}}')

    with pytest.raises(StackUnreachable, match="does not describe a stack"):
        read_stack(tmp_path)


def test_ending_where_nothing_runs_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "supervisor.lock").write_text(str(os.getpid()))  # stale, and now another's pid

    assert stop(tmp_path) is False
    assert stop(tmp_path / "nowhere") is False


def test_options_are_told_as_the_supervisor_reads_them() -> None:
    options = StackOptions(fresh=True, or_free_ports=True, solana_port=0, ui_port=8080)

    assert set(options.arguments()) == {
        *("--fresh", "--or-free-ports", "--solana-port=0", "--ui-port=8080")
    }
    assert StackOptions().arguments() == []


def test_a_refused_start_says_why_and_counts_as_bad_usage(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()

    with pytest.raises(StackNotStarted, match=r"thesis\.txt") as refused:
        start_detached(tmp_path, ANYWHERE)

    assert refused.value.exit_code is ExitCode.USAGE


def test_ctrl_c_during_the_start_leaves_nothing_running(tmp_path: Path) -> None:
    def interrupt(_: StackProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        start_detached(tmp_path, ANYWHERE, interrupt)

    assert stop(tmp_path) is False
    assert "stack stopping" in (tmp_path / "logs" / "supervisor.log").read_text()


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    states = [tmp_path_factory.mktemp("stacks") / name for name in ("first", "second")]
    yield states
    for state in states:
        stop(state)


@pytest.mark.stack
def test_two_stacks_run_side_by_side_and_each_survives_its_own_end(states: list[Path]) -> None:
    first, second = start_both(states)

    assert pids(first).isdisjoint(pids(second))
    assert first.wallets.payer.solana != second.wallets.payer.solana
    assert read_stack(states[0]) == first
    assert json.loads((states[0] / "stack.json").read_text()) == first.model_dump(mode="json")
    assert balance(first) == balance(second) == PAYER_BASE_UNITS
    only_payments_knows_keys(first)
    nothing_ails(states[0])

    restarted = kill_part(states[0], "worker-payments")
    assert restarted.restarts == 1
    assert stop(states[0])
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids(first))

    again = start_detached(states[0], ANYWHERE)
    assert again.wallets == first.wallets
    assert balance(again) == PAYER_BASE_UNITS
    assert read_stack(states[1]) == second
    with pytest.raises(StackNotStarted, match="already running"):
        start_detached(states[1], ANYWHERE)

    os.kill(supervisor(again), signal.SIGKILL)
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in pids(again)):
        assert time.monotonic() < deadline, "a part outlived its supervisor"
        time.sleep(0.05)
    with pytest.raises(StackUnreachable, match="was killed"):
        read_stack(states[0])


def start_both(states: list[Path]) -> tuple[StackInfo, StackInfo]:
    told: list[StackProgress] = []
    found: dict[Path, StackInfo] = {}

    def start(state: Path) -> None:
        found[state] = start_detached(state, ANYWHERE, told.append)

    threads = [threading.Thread(target=start, args=(state,)) for state in states]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {"temporal", "solana", "worker-payments"} <= {
        notice.part for notice in told if notice.event == "healthy"
    }
    return found[states[0]], found[states[1]]


def pids(stack: StackInfo) -> set[int]:
    return {process.pid for process in stack.processes}


def supervisor(stack: StackInfo) -> int:
    assert stack.supervisor_pid is not None
    return stack.supervisor_pid


def only_payments_knows_keys(stack: StackInfo) -> None:
    for process in stack.processes:
        environment = Path(f"/proc/{process.pid}/environ").read_bytes()
        assert (b"KEYFILE" in environment) == (process.name == "worker-payments")


def nothing_ails(state: Path) -> None:
    findings = examine({}, state_dir=state)
    names = {check.name for check in findings.checks}

    assert [check for check in findings.checks if not check.ok] == []
    assert {"process_solana", "wallet", "temporal", "queue_orchestration"} <= names


def kill_part(state: Path, name: str) -> Any:
    before = {process.name: process for process in read_stack(state).processes}
    os.kill(before[name].pid, signal.SIGKILL)
    deadline = time.monotonic() + RESTART_SECONDS
    while True:
        now = {process.name: process for process in read_stack(state).processes}[name]
        ready = state / "run" / f"{name}.ready"
        if now.pid != before[name].pid and ready.read_text() == str(now.pid):
            return now
        assert time.monotonic() < deadline, "the part was not started again"
        time.sleep(0.05)


def balance(stack: StackInfo) -> int:
    query = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "getTokenAccountsByOwner",
        "params": [
            stack.wallets.payer.solana,
            {"mint": "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU"},
            {"encoding": "jsonParsed"},
        ],
    }
    (account,) = httpx.post(stack.solana.rpc_url, json=query).json()["result"]["value"]
    return int(account["account"]["data"]["parsed"]["info"]["tokenAmount"]["amount"])
