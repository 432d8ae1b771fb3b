"""The chain as a process: what a start gives, and what a kill may cost."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account
from x402.mechanisms.evm.constants import PERMIT2_ADDRESS

from deploy.evm.__main__ import EXIT_BAD_USAGE, EXIT_CANNOT_START
from deploy.evm.contracts import USDC
from tests.deploy.evm.chain import EvmNode
from tests.deploy.evm.token import allowance

FUNDS = 5_000_000
BUYER, GAS, OTHER = (Account.create().address for _ in range(3))


@pytest.fixture
def funded(tmp_path: Path) -> Iterator[EvmNode]:
    genesis = [
        {"address": BUYER, "usdc_base_units": FUNDS, "wei": 1},
        {"address": GAS, "wei": 10**18},
    ]
    chain = EvmNode(tmp_path / "evm", genesis=genesis)
    chain.start()
    yield chain
    chain.close()


def until_final(chain: EvmNode, height: int) -> None:
    deadline = time.monotonic() + 15
    while chain.final_height < height:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def spend(chain: EvmNode, base_units: int) -> None:
    transfer = bytes.fromhex("a9059cbb" + OTHER[2:].rjust(64, "0") + f"{base_units:064x}")
    assert chain.send(BUYER, USDC, transfer)
    chain.fund(BUYER, wei=1)


def test_genesis_gives_money_gas_and_the_allowance(funded: EvmNode) -> None:
    assert funded.balance(BUYER) == FUNDS
    assert int(funded.local.ask("eth_getBalance", GAS, "latest"), 16) == 10**18
    assert int(funded.local.ask("eth_getBalance", BUYER, "latest"), 16) == 1
    assert allowance(funded, BUYER, PERMIT2_ADDRESS) == 2**256 - 1


def test_whoever_has_spent_everything_is_not_given_more_by_a_restart(funded: EvmNode) -> None:
    spend(funded, FUNDS)
    funded.fund(BUYER, wei=0)
    funded.stop()

    funded.start()

    assert funded.balance(BUYER) == 0
    assert funded.balance(OTHER) == FUNDS


def test_a_grant_that_was_broken_off_is_completed_not_repeated(tmp_path: Path) -> None:
    chain = EvmNode(tmp_path / "evm")
    chain.start()
    chain.fund(BUYER, FUNDS, wei=10**18)  # as a former start that died half-way left it
    chain.stop()
    again = EvmNode(tmp_path / "evm", genesis=[{"address": BUYER, "usdc_base_units": FUNDS}])
    again.start()

    assert again.balance(BUYER) == FUNDS
    assert allowance(again, BUYER, PERMIT2_ADDRESS) == 2**256 - 1
    assert int(again.local.ask("eth_getBalance", BUYER, "latest"), 16) == 1
    again.close()
    chain.close()


def test_told_to_end_it_loses_nothing(funded: EvmNode) -> None:
    spend(funded, 1)
    height = funded.height

    assert funded.stop() == 0
    funded.start()

    assert funded.balance(OTHER) == 1
    assert funded.height > height


def test_its_parent_killed_anvil_ends_and_loses_nothing(funded: EvmNode) -> None:
    spend(funded, 1)
    anvil = funded.anvil

    os.kill(funded.pid, signal.SIGKILL)
    funded.wait()
    funded.start()  # waits until anvil has let go

    assert funded.anvil != anvil
    assert funded.balance(OTHER) == 1


def test_killed_together_they_lose_nothing_final_and_no_height(funded: EvmNode) -> None:
    for count in range(1, 3):
        spend(funded, 1)
        until_final(funded, funded.height)
        height = funded.height

        funded.kill()
        funded.start()

        assert funded.balance(OTHER) == count
        assert funded.height >= height


def test_anvil_alone_killed_is_reported(funded: EvmNode) -> None:
    os.kill(funded.anvil, signal.SIGKILL)

    assert funded.wait() not in {0, -signal.SIGKILL}


def test_a_file_killed_half_written_is_replaced_by_the_last_whole_one(funded: EvmNode) -> None:
    spend(funded, 1)
    until_final(funded, funded.height)
    funded.kill()
    file = funded.folder / "chain.json"
    whole = file.read_bytes()
    file.write_bytes(whole[: whole.rindex(b"}", 0, len(whole) // 2) + 1])

    funded.start()

    assert funded.balance(OTHER) == 1


def test_half_a_file_without_any_whole_one_is_begun_anew(tmp_path: Path) -> None:
    folder = tmp_path / "evm"
    folder.mkdir()
    (folder / "chain.json").write_text('{"block":')
    chain = EvmNode(folder, genesis=[{"address": BUYER, "usdc_base_units": 3}])

    chain.start()

    assert chain.balance(BUYER) == 3
    chain.close()


def test_a_deleted_chain_stays_deleted(funded: EvmNode) -> None:
    spend(funded, 1)
    until_final(funded, funded.height)
    funded.stop()
    (funded.folder / "chain.json").unlink()

    funded.start()

    assert funded.balance(OTHER) == 0
    assert funded.balance(BUYER) == FUNDS


def test_one_directory_is_one_chain(funded: EvmNode) -> None:
    second = EvmNode(funded.folder)

    assert second.run().wait(timeout=30) == EXIT_CANNOT_START
    assert "runs in" in funded.log.read_text()
    assert funded.balance(BUYER) == FUNDS
    second.close()


def test_a_chain_of_somebody_elses_is_not_taken_for_its_own(
    funded: EvmNode, tmp_path: Path
) -> None:
    second = EvmNode(tmp_path / "second")
    second.port = funded.port

    assert second.run().wait(timeout=30) == EXIT_CANNOT_START
    assert "cannot be used" in second.log.read_text()
    second.close()


@pytest.mark.parametrize(
    "genesis",
    [
        "{",
        json.dumps({"accounts": [{"address": "0x12"}]}),
        json.dumps({"accounts": [{"address": BUYER, "usdc_base_units": -1}]}),
        json.dumps({"accounts": [{"address": BUYER, "usdc": 1}]}),
    ],
)
def test_a_genesis_that_makes_no_sense_is_refused(tmp_path: Path, genesis: str) -> None:
    file = tmp_path / "genesis.json"
    file.write_text(genesis)
    chain = EvmNode(tmp_path / "evm")

    assert chain.run("--genesis", str(file)).wait(timeout=30) == EXIT_BAD_USAGE
    chain.close()


def test_only_loopback_is_served(tmp_path: Path) -> None:
    chain = EvmNode(tmp_path / "evm")

    assert chain.run("--host", "0.0.0.0").wait(timeout=30) == EXIT_BAD_USAGE  # noqa: S104
    chain.close()


def test_blocks_can_be_stopped_mined_and_dated(dated: EvmNode) -> None:
    dated.automine(False)
    height, then = dated.height, dated.time
    time.sleep(1.3)
    assert dated.height == height

    dated.mine(3)
    dated.advance_seconds(1000)

    assert dated.height == height + 4
    assert dated.time >= then + 1000
    dated.automine(True)
    time.sleep(1.3)
    assert dated.height > height + 4
