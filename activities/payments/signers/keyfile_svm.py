"""Sign with a solana-keygen keyfile on the payments worker."""

import base64
from typing import Final

from solders.keypair import Keypair

from domain.errors import SignatureRefused
from domain.ids import PaymentKey


class KeyfileSigner:
    """Implements the port ``Signer`` with a key in this process's memory."""

    def __init__(self, keypair: Keypair) -> None:
        self._keypair = keypair

    @property
    def address(self) -> str:
        """Base58 public key."""
        return str(self._keypair.pubkey())

    async def sign(self, message: str, *, key: PaymentKey) -> str:
        """Sign a transaction's message, given in base64."""
        try:
            content = base64.b64decode(message, validate=True)
        except ValueError:
            raise SignatureRefused(f"payment {key[:12]} holds no message to sign") from None
        return str(self._keypair.sign_message(content))

    async def sign_text(self, text: str) -> str:
        """Sign a sentence as it is."""
        content = text.encode()
        if not _FIRST_LETTER <= content[:1] <= _LAST_LETTER:
            raise SignatureRefused("this text could be read as a transaction")
        return str(self._keypair.sign_message(content))


_FIRST_LETTER: Final = b" "
_LAST_LETTER: Final = b"~"
"""Between these begins plain text and no transaction: a versioned message begins above, a legacy
one with its number of signatures, of which a transaction has room for twelve."""
