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

V1_NETWORK_NAMES: Final = {"solana": SOLANA_MAINNET, "solana-devnet": SOLANA_DEVNET}
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

KNOWN_ASSETS: Final = {
    (asset.network, asset.address): asset for asset in (USDC_DEVNET, USDC_MAINNET)
}
"""Assets Caravan may spend. Decimals come from here, never from a seller's 402."""

LAMPORTS_PER_SOL: Final = 1_000_000_000


def family_of(network: str) -> Family | None:
    """Tell which family a CAIP-2 network id belongs to, if any we know."""
    namespace, _, _ = network.partition(":")
    return {"solana": Family.SVM, "eip155": Family.EVM}.get(namespace)


def known_asset(*, network: str, address: str) -> Asset:
    """Look an asset up in our own table.

    Raises:
        UnknownAsset: Caravan does not spend this token.
    """
    try:
        return KNOWN_ASSETS[(network, address)]
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
