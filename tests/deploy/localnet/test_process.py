"""The program starts, stops cleanly, and loses nothing it acknowledged to ``kill -9``."""

import base64
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from solders.hash import Hash

from tests.deploy.localnet.localnet_kit import BUYER, SELLER, SOL, pay, post
from tests.ports import free_port

ROOT = Path(__file__).parents[3]


@contextmanager
def running(state: Path, port: int, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "deploy.localnet", "--port", str(port)]
    process = subprocess.Popen([*command, "--state", str(state), *arguments], cwd=ROOT)
    try:
        deadline = time.monotonic() + 15
        while not answers(port):
            assert process.poll() is None, "the chain exited"
            assert time.monotonic() < deadline, "the chain did not start"
            time.sleep(0.02)
        yield process
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def genesis(tmp_path: Path) -> Path:
    path = tmp_path / "genesis.json"
    keys = [str(pair.pubkey()) for pair in (BUYER, SELLER)]
    rows = [{"pubkey": key, "lamports": 10 * SOL, "usdc_base_units": 5} for key in keys]
    path.write_text(json.dumps({"accounts": rows}))
    return path


def test_kill_9_loses_nothing_and_repeats_nothing(tmp_path: Path, port: int, genesis: Path) -> None:
    url, options = f"http://127.0.0.1:{port}", ("--genesis", str(genesis))
    with running(tmp_path / "state", port, *options) as process:
        latest = post(url, "getLatestBlockhash")["value"]
        wire = base64.b64encode(bytes(pay(Hash.from_string(latest["blockhash"]), SOL))).decode()
        signature = post(url, "sendTransaction", wire, {"encoding": "base64"})
        slot = post(url, "getSlot")
        process.send_signal(signal.SIGKILL)
        process.wait()

    with running(tmp_path / "state", port, *options) as process:
        again = post(url, "sendTransaction", wire, {"encoding": "base64", "skipPreflight": True})
        (status,) = post(url, "getSignatureStatuses", [signature])["value"]

        assert again == signature
        assert status["err"] is None
        assert post(url, "getSlot") >= slot
        assert post(url, "getBalance", str(SELLER.pubkey()))["value"] == 11 * SOL
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0


def test_a_second_chain_on_the_same_state_is_refused(tmp_path: Path, port: int) -> None:
    with running(tmp_path, port):
        command = [sys.executable, "-m", "deploy.localnet", "--port", "0"]
        second = subprocess.run(
            [*command, "--state", str(tmp_path)],
            cwd=ROOT,
            capture_output=True,
            timeout=20,
            check=False,
        )

    assert second.returncode == 1
    assert b"another chain" in second.stderr
