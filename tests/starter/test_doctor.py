"""Each fault is found, and its fix is told."""

import socket
from pathlib import Path

import httpx
import pytest

from domain.settings import Settings
from starter import doctor
from starter.doctor import Findings, examine
from starter.doctor_live import Check, check_processes, check_wallet
from starter.stack import StackInfo

DEAD_PORT = 1
"""Nobody listens there: it is for root, and long out of use."""

NO_SUCH_PID = 2**22 + 1
"""Above what Linux gives out."""

STACK = StackInfo.model_validate(
    {
        "temporal": {"address": "127.0.0.1:1", "namespace": "default", "ui_url": "http://a"},
        "solana": {"rpc_url": f"http://127.0.0.1:{DEAD_PORT}", "ws_url": "ws://b", "network": "c"},
        "evm": None,
        "facilitator": {"url": "http://d"},
        "bazaars": ["http://d"],
        "services": [],
        "gateway": None,
        "wallets": {"payer": {"solana": "Buyer", "evm": None}},
        "processes": [{"name": "solana", "pid": NO_SUCH_PID, "log": "/logs/solana.log"}],
        "state_dir": "/state",
    }
)


def named(findings: Findings, name: str) -> Check:
    (found,) = [check for check in findings.checks if check.name == name]
    return found


def test_a_mistyped_setting_is_found_and_the_rest_is_looked_at_all_the_same(tmp_path: Path) -> None:
    findings = examine({"CARAVAN_PLANER": "x"}, state_dir=tmp_path)

    assert not findings.ok
    assert "CARAVAN_PLANER" in named(findings, "settings").detail
    assert named(findings, "settings").fix
    assert named(findings, "torch").ok


def test_that_no_stack_runs_is_no_fault(tmp_path: Path) -> None:
    assert named(examine({}, state_dir=tmp_path), "stack").ok


def test_a_stack_that_was_killed_is_a_fault(tmp_path: Path) -> None:
    described = STACK.model_copy(update={"supervisor_pid": NO_SUCH_PID})
    (tmp_path / "stack.json").write_text(described.model_dump_json())

    found = named(examine({}, state_dir=tmp_path), "stack")

    assert not found.ok
    assert found.fix == "caravan up --detach"


def test_a_port_in_use_is_named_with_the_option_to_change_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        monkeypatch.setattr(doctor, "DEFAULT_PORTS", {"--solana-port": port})

        (found,) = doctor.check_ports()

    assert not found.ok
    assert "--solana-port" in str(found.fix)


def test_a_file_in_the_state_folders_place_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "state").touch()

    assert not doctor.check_state_dir(tmp_path / "state").ok
    assert doctor.check_state_dir(tmp_path / "new" / "state").ok
    assert not (tmp_path / "new").exists()


def test_what_is_installed_here_suffices() -> None:
    for check in (
        doctor.check_python(),
        doctor.check_packages(),
        doctor.check_torch(),
        doctor.check_embedding_model(),
        doctor.check_temporal_program(),
    ):
        assert check.ok, check


def test_a_part_that_has_ended_is_found_with_its_log() -> None:
    (found,) = check_processes(STACK)

    assert not found.ok
    assert "/logs/solana.log" in str(found.fix)


def test_a_chain_that_does_not_answer_is_told_and_not_raised() -> None:
    assert not check_wallet(Settings(), STACK).ok


def test_an_empty_wallet_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(*_: object, **__: object) -> httpx.Response:
        return httpx.Response(200, json={"result": {"value": []}})

    monkeypatch.setattr(httpx, "post", answer)

    found = check_wallet(Settings(), STACK)

    assert not found.ok
    assert "holds 0.000000 USDC" in found.detail
