"""Networks and tokens Caravan knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.chains import (
    BASE_MAINNET,
    BASE_SEPOLIA,
    EIP712_DOMAINS,
    KNOWN_ASSETS,
    SOLANA_DEVNET,
    SOLANA_MAINNET,
    USDC_BASE,
    USDC_BASE_SEPOLIA,
    USDC_DEVNET,
    USDC_MAINNET,
    V1_NETWORK_NAMES,
    Family,
    canonical_address,
    family_of,
    known_asset,
    usdc_on,
)
from domain.errors import UnknownAsset
from domain.money import Asset


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
    known = (USDC_DEVNET, USDC_MAINNET, USDC_BASE, USDC_BASE_SEPOLIA)

    for asset in known:
        assert known_asset(network=asset.network, address=asset.address) == asset
    assert len(KNOWN_ASSETS) == len(known)


@pytest.mark.parametrize("asset", [USDC_BASE, USDC_BASE_SEPOLIA])
def test_an_evm_token_is_known_in_any_case(asset: Asset) -> None:
    shouted = "0x" + asset.address[2:].upper()

    assert known_asset(network=asset.network, address=shouted) == asset


def test_a_solana_token_is_known_in_its_own_case_only() -> None:
    with pytest.raises(UnknownAsset):
        known_asset(network=SOLANA_DEVNET, address=USDC_DEVNET.address.lower())


@given(address=st.text(), network=st.sampled_from([SOLANA_DEVNET, BASE_SEPOLIA, "other:1", ""]))
def test_a_canonical_address_stays_what_it_is(address: str, network: str) -> None:
    once = canonical_address(address, network=network)

    assert canonical_address(once, network=network) == once
    assert once == address or network == BASE_SEPOLIA


@given(address=st.text("0123456789abcdefABCDEF", min_size=40, max_size=40))
def test_evm_addresses_that_differ_in_case_are_one(address: str) -> None:
    spellings = {f"0x{address}", f"0x{address.lower()}", f"0X{address.upper()}"}

    assert len({canonical_address(one, network=BASE_SEPOLIA) for one in spellings}) == 1
    as_given = {canonical_address(one, network=SOLANA_DEVNET) for one in spellings}
    assert as_given == spellings


def test_our_own_table_is_canonical_and_counts_alike() -> None:
    for (network, address), asset in KNOWN_ASSETS.items():
        assert canonical_address(address, network=network) == address
        assert (asset.symbol, asset.decimals) == ("USDC", 6)


def test_each_evm_token_is_known_with_how_it_checks_signatures() -> None:
    evm = {key for key in KNOWN_ASSETS if family_of(key[0]) is Family.EVM}

    assert set(EIP712_DOMAINS) == evm


@given(address=st.text())
def test_no_other_token_is_spent(address: str) -> None:
    if address != USDC_DEVNET.address:
        with pytest.raises(UnknownAsset):
            known_asset(network=SOLANA_DEVNET, address=address)


def test_a_known_token_on_another_network_is_another_token() -> None:
    with pytest.raises(UnknownAsset, match=r"is not one Caravan spends"):
        known_asset(network=SOLANA_MAINNET, address=USDC_DEVNET.address)


def test_usdc_is_known_on_our_networks_and_nowhere_else() -> None:
    assert usdc_on(BASE_MAINNET) == USDC_BASE
    assert usdc_on(BASE_SEPOLIA) == USDC_BASE_SEPOLIA
    assert usdc_on(SOLANA_DEVNET) == USDC_DEVNET
    assert usdc_on(SOLANA_MAINNET) == USDC_MAINNET
    with pytest.raises(UnknownAsset, match="no USDC on eip155:1"):
        usdc_on("eip155:1")


def test_names_of_the_first_protocol_version_mean_the_same_networks() -> None:
    assert V1_NETWORK_NAMES == {
        "solana": SOLANA_MAINNET,
        "solana-devnet": SOLANA_DEVNET,
        "base": BASE_MAINNET,
        "base-sepolia": BASE_SEPOLIA,
    }
