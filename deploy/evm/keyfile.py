"""EVM key files: 64 hexadecimal digits, readable by their owner alone."""

import os
import secrets
from pathlib import Path
from typing import Final

from eth_account import Account
from eth_account.signers.local import LocalAccount

_OWNER_ONLY_MODE: Final = 0o600
_KEY_BYTES: Final = 32


def load_or_create(path: Path) -> LocalAccount:
    """Read a key of 64 hexadecimal digits, or make one and store it before it is used."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY_MODE)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_hex(_KEY_BYTES))
        draft.replace(path)  # a half-written key would strand the money it was given
    account: LocalAccount = Account.from_key(path.read_text().strip())
    return account
