"""The stack's wallets and what each of them starts with."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.evm.keyfile import load_or_create
from deploy.facilitator import keyfile
from deploy.supervisor.errors import CannotStart
from deploy.supervisor.processes import ROOT

LAMPORTS_PER_SOL: Final = 10**9
USDC_BASE_UNITS: Final = 10**6
WEI_PER_ETHER: Final = 10**18

PAYER_USDC: Final = 100
"""Enough for a hundred demonstrations."""

SELLER_USDC: Final = 20
"""What sellers give refunds from."""

FACILITATOR_SOL: Final = 10
"""Pays the network fee of every payment."""


@dataclass(frozen=True)
class Wallets:
    """Key files of one stack."""

    folder: Path

    @property
    def payer(self) -> Path:
        """Buys."""
        return self.folder / "payer.json"

    @property
    def engine(self) -> Path:
        """Writes records on chain."""
        return self.folder / "engine.json"

    @property
    def facilitator(self) -> Path:
        """Settles."""
        return self.folder / "facilitator.json"

    @property
    def sealing(self) -> Path:
        """Encrypts signed payments at rest; made by the payments worker."""
        return self.folder / "sealing.key"

    @property
    def evm_payer(self) -> Path:
        """Buys on the EVM network."""
        return self.folder / "evm-payer.key"

    @property
    def evm_facilitator(self) -> Path:
        """Settles on the EVM network, and pays its gas."""
        return self.folder / "evm-facilitator.key"

    def evm_address(self, path: Path) -> str:
        """Return the address of an EVM key file, making the key if there is none yet."""
        return str(load_or_create(path).address).lower()

    def address(self, path: Path) -> str:
        """Return the address of a key file, making the key if there is none yet."""
        return str(keyfile.load_or_create(path).pubkey())


def write_genesis(wallets: Wallets, genesis: Path) -> None:
    """Make missing keys, and write who is funded with what.

    The chain funds each wallet once, whatever this file says later; so it may be written again.

    Raises:
        CannotStart: The sellers cannot be loaded.
    """
    own = [
        _grant(wallets.address(wallets.payer), sol=1, usdc=PAYER_USDC),
        _grant(wallets.address(wallets.engine), sol=1),
        _grant(wallets.address(wallets.facilitator), sol=FACILITATOR_SOL),
    ]
    if not _is_current(genesis):
        sold_by = [_grant(address, sol=1, usdc=SELLER_USDC) for address, _ in _sellers(wallets)]
        _write(genesis, [*own, *sold_by])


def write_evm_genesis(wallets: Wallets, genesis: Path) -> None:
    """Make missing EVM keys, and write who is funded with what; the chain does so once.

    Raises:
        CannotStart: The sellers cannot be loaded.
    """
    own = [
        _evm_grant(wallets.evm_address(wallets.evm_payer), wei=1, usdc=PAYER_USDC),
        _evm_grant(wallets.evm_address(wallets.evm_facilitator), wei=WEI_PER_ETHER),
    ]
    if not _is_current(genesis):
        # Who is only paid needs nothing: no account has to be opened for an EVM address.
        refunding = [
            _evm_grant(address.lower(), wei=WEI_PER_ETHER, usdc=SELLER_USDC)
            for address, refunds in _sellers(wallets, "--evm")
            if refunds
        ]
        genesis.parent.mkdir(parents=True, exist_ok=True)
        _write(genesis, [*own, *refunding])


def _write(genesis: Path, accounts: Sequence[dict[str, str | int]]) -> None:
    draft = genesis.with_suffix(".new")
    draft.write_text(json.dumps({"accounts": accounts}, indent=1))
    draft.replace(genesis)


def _is_current(genesis: Path) -> bool:
    # Sellers come and go with the code that declares them, and loading that code is slow.
    declared = (ROOT / "deploy" / "services").rglob("*.py")
    sources = [*declared, *(ROOT / "deploy" / "supervisor").glob("*.py")]
    try:
        written = genesis.stat().st_mtime
    except OSError:
        return False
    return all(source.stat().st_mtime < written for source in sources)


def _sellers(wallets: Wallets, *options: str) -> list[tuple[str, bool]]:
    """Each seller's address, and whether it gives refunds."""
    done = subprocess.run(  # noqa: S603 - our own module, no shell
        [sys.executable, "-m", "deploy.supervisor.sellers", str(wallets.folder), *options],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        raise CannotStart(f"the demo sellers cannot be loaded:\n{done.stderr[-2000:]}")
    return [(str(address), bool(refunds)) for address, refunds in json.loads(done.stdout)]


def _grant(address: str, *, sol: int, usdc: int | None = None) -> dict[str, str | int]:
    grant: dict[str, str | int] = {"pubkey": address, "lamports": sol * LAMPORTS_PER_SOL}
    if usdc is not None:
        grant["usdc_base_units"] = usdc * USDC_BASE_UNITS
    return grant


def _evm_grant(address: str, *, wei: int, usdc: int = 0) -> dict[str, str | int]:
    return {"address": address, "usdc_base_units": usdc * USDC_BASE_UNITS, "wei": wei}
