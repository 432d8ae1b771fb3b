"""A person's own wallet: its key is read here, signs here, and goes nowhere."""

import base64
import json
import stat
from pathlib import Path
from typing import Final, Self

from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.token.associated import get_associated_token_address

from domain.errors import Misconfigured, UnknownAsset

_KEY_BYTES: Final = 64
"""A solana-keygen file holds the secret half, then the public half."""

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class OwnWallet:
    """One Solana key. It is never printed, sent or stored by us."""

    def __init__(self, keypair: Keypair, *, exposed: bool = False) -> None:
        self._keypair = keypair
        self.exposed = exposed
        """Whether others on this machine may read its file."""

    def __repr__(self) -> str:
        return f"OwnWallet({self.address})"

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read a key in the form of ``solana-keygen``.

        Raises:
            Misconfigured: The file is missing or holds no key.
        """
        try:
            mode, text = path.stat().st_mode, path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as err:
            why = err.strerror if isinstance(err, OSError) else "it is no text"
            raise Misconfigured(f"wallet {path} cannot be read: {why}") from None
        try:
            keypair = Keypair.from_bytes(bytes(_numbers(text)))
        except (ValueError, TypeError):
            # Without the cause: it could quote the file.
            raise Misconfigured(f"wallet {path} is not a solana-keygen keyfile") from None
        return cls(keypair, exposed=bool(mode & _OTHERS))

    @property
    def address(self) -> str:
        """Address that its signatures count for."""
        return str(self._keypair.pubkey())

    def sign(self, message: str) -> str:
        """Sign a base64 message; what comes back is base58."""
        return str(self._keypair.sign_message(base64.b64decode(message, validate=True)))


def _numbers(text: str) -> list[int]:
    found = json.loads(text)
    if not isinstance(found, list) or len(found) != _KEY_BYTES:
        raise ValueError("not the bytes of a key")
    return found


def token_account(owner: str, *, mint: str) -> str:
    """Address of the account in which ``owner`` holds the token.

    Raises:
        UnknownAsset: One of them is no address.
    """
    try:
        account = get_associated_token_address(Pubkey.from_string(owner), Pubkey.from_string(mint))
    except ValueError:
        raise UnknownAsset(f"{owner} or {mint} is no Solana address") from None
    return str(account)
