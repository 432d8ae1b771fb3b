"""``buy-once`` pays sellers made of the published TypeScript packages, as conformance tests ask."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from eth_account import Account

from deploy.evm.anvil import find_anvil
from tests.deploy.services.stack import ROOT, Stack
from tests.interop.clients import NodeProgram
from tests.ports import free_port

pytestmark = [pytest.mark.node, pytest.mark.stack]

START_SECONDS = 30
BUY_SECONDS = 110
PRICE = 10_000

EVM_PAYER = Account.from_key("0x" + "11" * 32)
EVM_SELLER = Account.from_key("0x" + "12" * 32)

needs_evm = pytest.mark.skipif(find_anvil() is None, reason="*** WITHOUT EVM: make evm ***")


@dataclass(frozen=True)
class TypeScriptSeller:
    """One Express server."""

    url: str
    solana_payee: str


@pytest.fixture(scope="module")
def seller(market: Stack, program: Callable[[str], NodeProgram]) -> Iterator[TypeScriptSeller]:
    placed, port = program("sell.mjs"), free_port()
    payee = httpx.get(f"{market.services.url}/wallets").json()["wallets"][0]["pubkey"]
    payees = [payee, EVM_SELLER.address] if market.evm else [payee]
    process = subprocess.Popen(
        [placed.node, str(placed.path), str(port), market.facilitator.url, *payees]
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url)
        yield TypeScriptSeller(url, payee)
    finally:
        process.kill()
        process.wait()


def _wait(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/svm").status_code == httpx.codes.PAYMENT_REQUIRED:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError("the TypeScript seller does not get ready")


def buy_once(market: Stack, seller: TypeScriptSeller, path: str) -> dict[str, Any]:
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "RESOURCE_SERVER_URL": seller.url,
        "ENDPOINT_PATH": path,
        "SVM_PRIVATE_KEY": str(market.payer(base_units=1_000_000)),
        "SVM_RPC_URL": market.node.url,
    }
    if market.evm is not None:
        market.evm.chain.fund(EVM_PAYER.address, base_units=1_000_000)
        environment["EVM_PRIVATE_KEY"] = "0x" + EVM_PAYER.key.hex()
        environment["EVM_RPC_URL"] = market.evm.url
    done = subprocess.run(
        [sys.executable, "-m", "starter", "buy-once"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=BUY_SECONDS,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.timeout(BUY_SECONDS + 20)
def test_a_typescript_seller_is_paid_on_solana(market: Stack, seller: TypeScriptSeller) -> None:
    before = market.node.usdc(seller.solana_payee)

    told = buy_once(market, seller, "/svm")

    assert (told["success"], told["data"], told["status_code"]) == (True, {"sold": "svm"}, 200)
    assert told["payment_response"]["success"] is True
    assert told["payment_response"]["network"] == "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"
    assert market.node.usdc(seller.solana_payee) - before == PRICE


@needs_evm
@pytest.mark.timeout(BUY_SECONDS + 20)
@pytest.mark.parametrize("path", ["/evm", "/both"])
def test_a_typescript_seller_is_paid_on_evm(
    market: Stack, seller: TypeScriptSeller, path: str
) -> None:
    assert market.evm is not None
    before = market.evm.chain.balance(EVM_SELLER.address)

    told = buy_once(market, seller, path)

    assert (told["success"], told["status_code"]) == (True, 200)
    assert told["payment_response"]["network"] == "eip155:84532"
    assert market.evm.chain.balance(EVM_SELLER.address) - before == PRICE
