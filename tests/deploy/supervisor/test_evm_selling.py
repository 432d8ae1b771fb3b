"""With an EVM chain in the stack its sellers are paid there too, and can give money back."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.services.__main__ import arguments
from deploy.services.catalogue import EVM_REFUNDING
from deploy.services.evm_wallets import key_file
from deploy.supervisor.local_stack import PORT_OPTIONS, Addresses, LocalStack
from deploy.supervisor.parts import Part
from deploy.supervisor.state_dir import StateDir
from deploy.supervisor.wallets import write_evm_genesis


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDir]:
    opened = StateDir.open(tmp_path / "state")
    opened.prepare()
    yield opened
    opened.close()


def stack(state: StateDir, *, has_evm: bool) -> LocalStack:
    ports = {option: default for option, (_, default) in PORT_OPTIONS.items()}
    return LocalStack(state, Addresses(ports), {}, Path("/bin/temporal"), has_evm=has_evm)


def selling(of: LocalStack) -> Part:
    return next(part for part in of.parts() if part.name == "services")


def test_sellers_are_told_of_the_evm_chain(state: StateDir) -> None:
    _, _, _, *told = selling(stack(state, has_evm=True)).command

    options = arguments().parse_args(told)

    assert options.evm_rpc_url == "http://127.0.0.1:8545"
    assert options.evm_network == "eip155:84532"


def test_without_an_evm_chain_nobody_sells_there(state: StateDir) -> None:
    _, _, _, *told = selling(stack(state, has_evm=False)).command

    options = arguments().parse_args(told)

    assert options.evm_rpc_url is None
    assert not options.evm


def test_who_gives_refunds_has_gas_and_money_for_them(state: StateDir) -> None:
    made = stack(state, has_evm=True)

    write_evm_genesis(made.wallets, made.evm_genesis)

    _, _, *refunding = json.loads(made.evm_genesis.read_text())["accounts"]
    expected = {
        made.wallets.evm_address(key_file(made.wallets.folder, name)) for name in EVM_REFUNDING
    }
    assert {row["address"] for row in refunding} == expected
    assert all(row["wei"] == 10**18 for row in refunding)
    assert all(row["usdc_base_units"] == 20_000_000 for row in refunding)


def test_a_second_start_does_not_load_the_sellers_again(state: StateDir) -> None:
    made = stack(state, has_evm=True)
    write_evm_genesis(made.wallets, made.evm_genesis)
    written = made.evm_genesis.stat().st_mtime_ns

    write_evm_genesis(made.wallets, made.evm_genesis)

    assert made.evm_genesis.stat().st_mtime_ns == written
