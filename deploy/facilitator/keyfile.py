"""Key files in the format of ``solana-keygen``: a JSON array of 64 integers."""

import json
import os
from pathlib import Path

from solders.keypair import Keypair

OWNER_ONLY_MODE = 0o600
"""A key file is readable by its owner alone, as ``solana-keygen`` leaves it."""


def load(path: Path) -> Keypair:
    """Read one key pair.

    Raises:
        ValueError: The file holds something else; its contents are never repeated.
    """
    try:
        return Keypair.from_bytes(bytes(json.loads(path.read_text())))
    except (ValueError, TypeError):
        raise ValueError(f"{path} is not a solana-keygen file (64 integers in JSON)") from None


def load_or_create(path: Path) -> Keypair:
    """Read a key pair, or make one and store it before it is used."""
    if path.exists():
        return load(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    pair = Keypair()
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY_MODE)
    with os.fdopen(descriptor, "w") as stream:
        json.dump(list(bytes(pair)), stream)
    draft.replace(path)  # a half-written key would strand the money it was given
    return pair
