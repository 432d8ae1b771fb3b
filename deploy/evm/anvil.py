"""Where anvil is, and how it is run."""

import shutil
from pathlib import Path
from typing import Final

CHAIN_ID: Final = 84532
"""Base Sepolia's, so that every x402 package knows the network."""

NETWORK: Final = f"eip155:{CHAIN_ID}"

_INSTALLED: Final = Path(__file__).parents[2] / ".venv" / "evm" / "node_modules" / "@foundry-rs"
"""Where ``deploy/install.py evm`` puts it."""

_BLOCK_SECONDS: Final = 1
"""Blocks come by time: nothing could be ruled out on a chain that stands still between payments."""


def find_anvil() -> Path | None:
    """Anvil of this installation, or on the path; ``None`` when there is none."""
    found = next(_INSTALLED.glob("anvil-*/bin/anvil"), None) if _INSTALLED.is_dir() else None
    on_path = shutil.which("anvil")
    return found or (Path(on_path) if on_path else None)


def command(anvil: Path, *, host: str, port: int, state: Path | None) -> list[str]:
    """The command that runs one chain.

    Args:
        anvil: The program.
        host: Loopback address.
        port: For JSON-RPC.
        state: File the chain is kept in; kept in memory only without it.
    """
    options = [
        *("--host", host, "--port", str(port), "--chain-id", str(CHAIN_ID)),
        *("--block-time", str(_BLOCK_SECONDS), "--slots-in-an-epoch", "1", "--silent"),
    ]
    if state is not None:
        options += ["--state", str(state), "--state-interval", "1"]
    return [str(anvil), *options]
