"""The sellers' wallets on the EVM network."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from eth_account.signers.local import LocalAccount

from deploy.evm.keyfile import load_or_create

SHOP: Final = "evm"
"""Name of the wallet that everything under ``/evm/`` is paid to."""


@dataclass(frozen=True)
class EvmWallet:
    """One seller's key."""

    name: str
    account: LocalAccount
    refunds: bool

    @property
    def address(self) -> str:
        """Where a buyer is told to pay."""
        return str(self.account.address)

    @property
    def token_account(self) -> str:
        """Tokens are held by the address itself; written as compared, without case."""
        return self.address.lower()

    def public(self) -> dict[str, Any]:
        """Return what may be told to anybody."""
        return {"name": self.name, "address": self.address, "refunds": self.refunds}


def open_wallets(
    folder: Path, names: Iterable[str], refunding: frozenset[str]
) -> dict[str, EvmWallet]:
    """Read each seller's key file, making those that are missing."""
    return {
        name: EvmWallet(name, load_or_create(key_file(folder, name)), name in refunding)
        for name in names
    }


def key_file(folder: Path, name: str) -> Path:
    """Return where a seller's key is."""
    return folder / ("seller-evm.key" if name == SHOP else f"seller-{name}-evm.key")
