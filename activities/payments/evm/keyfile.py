"""Signs with an EVM key kept in a file: 64 hexadecimal digits that nobody else may read."""

import asyncio
import json
import re
import stat
from pathlib import Path
from typing import Final, Self

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from domain.errors import Misconfigured, SignatureRefused
from domain.ids import PaymentKey

_KEY: Final = re.compile("(0x)?(?P<digits>[0-9a-fA-F]{64})")

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class EvmKeyfileSigner:
    """A wallet whose key is in this process. It signs whatever it is asked to."""

    def __init__(self, account: LocalAccount) -> None:
        self._account = account

    @classmethod
    def from_keyfile(cls, path: Path) -> Self:
        """Read the key.

        Raises:
            Misconfigured: The file is missing, readable by others, or holds no key.
        """
        try:
            mode, text = path.stat().st_mode, path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as err:
            raise Misconfigured(f"EVM keyfile {path} cannot be read: {err}") from None
        if mode & _OTHERS:
            raise Misconfigured(f"EVM keyfile {path} is open to others; run: chmod 600 {path}")
        found = _KEY.fullmatch(text.strip())
        if found is None:
            raise Misconfigured(f"EVM keyfile {path} does not hold 64 hexadecimal digits")
        try:
            return cls(Account.from_key(found["digits"]))
        except ValueError:
            raise Misconfigured(f"EVM keyfile {path} holds a number that is no key") from None

    @property
    def address(self) -> str:
        """Address that its signatures count for, in lower case."""
        return str(self._account.address).lower()

    async def sign(self, message: str, *, key: PaymentKey) -> str:  # noqa: ARG002 - keeps no count
        """Sign EIP-712 typed data."""
        try:
            signed = await asyncio.to_thread(
                self._account.sign_typed_data, full_message=json.loads(message)
            )
        except (ValueError, TypeError, KeyError) as err:
            raise SignatureRefused("what is to be signed is no EIP-712 typed data") from err
        return "0x" + signed.signature.hex().removeprefix("0x")

    async def sign_text(self, text: str) -> str:
        """Sign a personal message (EIP-191)."""
        signed = await asyncio.to_thread(self._account.sign_message, encode_defunct(text=text))
        return "0x" + signed.signature.hex().removeprefix("0x")
