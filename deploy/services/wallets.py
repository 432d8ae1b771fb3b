"""The sellers' wallets."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from solders.keypair import Keypair
from x402.mechanisms.svm.constants import USDC_DEVNET_ADDRESS
from x402.mechanisms.svm.utils import derive_ata

from deploy.facilitator import keyfile


@dataclass(frozen=True)
class Wallet:
    """One seller's key."""

    name: str
    pair: Keypair
    refunds: bool

    @property
    def address(self) -> str:
        """Where a buyer is told to pay."""
        return str(self.pair.pubkey())

    @property
    def token_account(self) -> str:
        """The USDC account of the address; it must exist before anybody can pay."""
        return derive_ata(self.address, USDC_DEVNET_ADDRESS)

    def public(self) -> dict[str, Any]:
        """Return what may be told to anybody."""
        return {
            "name": self.name,
            "pubkey": self.address,
            "token_account": self.token_account,
            "refunds": self.refunds,
        }


def open_wallets(
    folder: Path, names: Iterable[str], refunding: frozenset[str]
) -> dict[str, Wallet]:
    """Read each seller's key file, making those that are missing."""
    return {
        name: Wallet(
            name, keyfile.load_or_create(folder / f"seller-{name}.json"), name in refunding
        )
        for name in names
    }
