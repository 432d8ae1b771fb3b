"""Wallets are funded once, whatever is restarted."""

import json
from pathlib import Path
from typing import Any

import pytest
from solders.keypair import Keypair

from deploy.localnet.addresses import USDC_DEVNET_MINT, associated_token_account
from deploy.localnet.chain import LocalChain
from deploy.localnet.genesis import GenesisInvalid, Grant, fund, read_genesis
from deploy.localnet.tokens import read_mint, read_token_account
from tests.deploy.localnet.localnet_kit import BUYER, GRANTS, SOL, open_chain, pay


def test_a_restart_does_not_fund_again(tmp_path: Path) -> None:
    chain = open_chain(tmp_path)
    chain.submit(pay(chain.latest_blockhash()[0], 2 * SOL))
    chain.close()

    chain = open_chain(tmp_path)

    assert chain.machine.balance(BUYER.pubkey()) == 8 * SOL - 5_000
    assert fund(chain, GRANTS) == []
    chain.close()


def test_a_row_added_later_is_funded(chain: LocalChain) -> None:
    late = Grant(Keypair().pubkey(), SOL, 5)

    assert fund(chain, [*GRANTS, late]) == [late.owner]
    assert chain.machine.balance(late.owner) == SOL


def test_zero_usdc_creates_an_empty_token_account_and_none_creates_none(
    chain: LocalChain,
) -> None:
    empty, without = Keypair().pubkey(), Keypair().pubkey()
    fund(chain, [Grant(empty, 0, 0), Grant(without, 0, None)])

    token = read_token_account(chain.machine.account(associated_token_account(empty)))
    assert token is not None
    assert token.base_units == 0
    assert chain.machine.account(associated_token_account(without)) is None


def test_the_supply_is_the_sum_of_what_was_granted(chain: LocalChain) -> None:
    mint = read_mint(chain.machine.account(USDC_DEVNET_MINT))

    assert mint is not None
    assert mint.supply == sum(grant.usdc_base_units or 0 for grant in GRANTS)


def test_a_genesis_file_says_who_gets_what(tmp_path: Path) -> None:
    path = tmp_path / "genesis.json"
    rows = [{"pubkey": str(BUYER.pubkey()), "lamports": 7}]
    path.write_text(json.dumps({"accounts": rows}))

    assert read_genesis(path) == [Grant(BUYER.pubkey(), 7, None)]


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"accounts": [7]},
        {"accounts": [{"pubkey": "x"}]},
        {"accounts": [{"pubkey": str(BUYER.pubkey()), "lamports": -1}]},
        {"accounts": [{"pubkey": str(BUYER.pubkey()), "lamports": 1.5}]},
        {"accounts": [{"pubkey": str(BUYER.pubkey()), "usdc": 1}]},
    ],
)
def test_a_genesis_file_that_makes_no_sense_is_refused(tmp_path: Path, document: Any) -> None:
    path = tmp_path / "genesis.json"
    path.write_text(json.dumps(document))

    with pytest.raises(GenesisInvalid):
        read_genesis(path)
