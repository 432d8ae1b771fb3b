"""Networks, assets and programs Caravan knows, each with its source."""

from enum import StrEnum
from typing import Final

from domain.errors import UnknownAsset
from domain.money import Asset


class Family(StrEnum):
    """Chains that share one way of signing and paying."""

    SVM = "svm"
    EVM = "evm"


SOLANA_MAINNET: Final = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"
SOLANA_DEVNET: Final = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"
"""CAIP-2 namespace ``solana``: the first 32 characters of the genesis hash."""

BASE_MAINNET: Final = "eip155:8453"
BASE_SEPOLIA: Final = "eip155:84532"
"""CAIP-2 namespace ``eip155``: the chain id."""

V1_NETWORK_NAMES: Final = {
    "solana": SOLANA_MAINNET,
    "solana-devnet": SOLANA_DEVNET,
    "base": BASE_MAINNET,
    "base-sepolia": BASE_SEPOLIA,
}
"""What x402 protocol version 1 calls the networks. Source: x402 specification, v1 networks."""

USDC_DEVNET: Final = Asset(
    symbol="USDC",
    network=SOLANA_DEVNET,
    address="4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU",
    decimals=6,
)
"""Source: Circle, "USDC contract addresses", testnet table."""

USDC_MAINNET: Final = Asset(
    symbol="USDC",
    network=SOLANA_MAINNET,
    address="EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
    decimals=6,
)
"""Source: Circle, "USDC contract addresses", mainnet table."""

USDC_BASE: Final = Asset(
    symbol="USDC",
    network=BASE_MAINNET,
    address="0x833589fcd6edb6e08f4c7c32d4f71b54bda02913",
    decimals=6,
)
"""Source: Circle, "USDC contract addresses", mainnet table; in lower case, as all of ours."""

USDC_BASE_SEPOLIA: Final = Asset(
    symbol="USDC",
    network=BASE_SEPOLIA,
    address="0x036cbd53842c5426634e7929541ec2318f3dcf7e",
    decimals=6,
)
"""Source: Circle, "USDC contract addresses", testnet table; in lower case, as all of ours."""

KNOWN_ASSETS: Final = {
    (asset.network, asset.address): asset
    for asset in (USDC_DEVNET, USDC_MAINNET, USDC_BASE, USDC_BASE_SEPOLIA)
}
"""Assets Caravan may spend. Decimals come from here, never from a seller's 402."""

EIP712_DOMAINS: Final = {
    (USDC_BASE.network, USDC_BASE.address): ("USD Coin", "2"),
    (USDC_BASE_SEPOLIA.network, USDC_BASE_SEPOLIA.address): ("USDC", "2"),
}
"""Name and version under which each token checks signatures. Read from the contracts; a seller's
word on it would let it have us sign for another contract."""

LAMPORTS_PER_SOL: Final = 1_000_000_000


def family_of(network: str) -> Family | None:
    """Tell which family a CAIP-2 network id belongs to, if any we know."""
    namespace, _, _ = network.partition(":")
    return {"solana": Family.SVM, "eip155": Family.EVM}.get(namespace)


def canonical_address(address: str, *, network: str) -> str:
    """Write an address so that equal ones compare equal: EVM's have no case."""
    return address.lower() if family_of(network) is Family.EVM else address


def known_asset(*, network: str, address: str) -> Asset:
    """Look an asset up in our own table.

    Raises:
        UnknownAsset: Caravan does not spend this token.
    """
    try:
        return KNOWN_ASSETS[(network, canonical_address(address, network=network))]
    except KeyError:
        raise UnknownAsset(f"token {address} on {network} is not one Caravan spends") from None


def usdc_on(network: str) -> Asset:
    """USDC on ``network``: the asset in which requests are budgeted.

    Raises:
        UnknownAsset: Caravan knows no USDC there.
    """
    for asset in KNOWN_ASSETS.values():
        if asset.network == network and asset.symbol == "USDC":
            return asset
    raise UnknownAsset(f"Caravan knows no USDC on {network}")
