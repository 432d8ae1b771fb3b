"""Networks and tokens Caravan knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.chains import (
    KNOWN_ASSETS,
    SOLANA_DEVNET,
    SOLANA_MAINNET,
    USDC_DEVNET,
    USDC_MAINNET,
    V1_NETWORK_NAMES,
    Family,
    family_of,
    known_asset,
    usdc_on,
)
from domain.errors import UnknownAsset


@pytest.mark.parametrize(
    ("network", "family"),
    [
        (SOLANA_DEVNET, Family.SVM),
        ("eip155:8453", Family.EVM),
        ("bip122:000000000019d6689c085ae165831e93", None),
        ("solana", Family.SVM),
        ("", None),
    ],
)
def test_a_network_belongs_to_the_family_of_its_namespace(
    network: str, family: Family | None
) -> None:
    assert family_of(network) is family


def test_a_known_token_is_found_by_network_and_address() -> None:
    for asset in (USDC_DEVNET, USDC_MAINNET):
        assert known_asset(network=asset.network, address=asset.address) == asset
    assert len(KNOWN_ASSETS) == 2


@given(address=st.text())
def test_no_other_token_is_spent(address: str) -> None:
    if address != USDC_DEVNET.address:
        with pytest.raises(UnknownAsset):
            known_asset(network=SOLANA_DEVNET, address=address)


def test_a_known_token_on_another_network_is_another_token() -> None:
    with pytest.raises(UnknownAsset, match=r"is not one Caravan spends"):
        known_asset(network=SOLANA_MAINNET, address=USDC_DEVNET.address)


def test_usdc_is_known_on_both_networks_and_nowhere_else() -> None:
    assert usdc_on(SOLANA_DEVNET) == USDC_DEVNET
    assert usdc_on(SOLANA_MAINNET) == USDC_MAINNET
    with pytest.raises(UnknownAsset, match="no USDC on eip155:1"):
        usdc_on("eip155:1")


def test_names_of_the_first_protocol_version_mean_the_same_networks() -> None:
    assert V1_NETWORK_NAMES == {"solana": SOLANA_MAINNET, "solana-devnet": SOLANA_DEVNET}
