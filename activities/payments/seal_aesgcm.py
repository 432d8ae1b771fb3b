"""Seal signed payments with AES-256-GCM under a key that only the payments process reads.

They are compressed first: most of one is the seller's own words, echoed, and a sealed payment
stands in the history twice. Its length tells nobody anything that the listing does not.
"""

import base64
import os
import zlib
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from activities.payments import reply_seal
from activities.payments.exchanges import SignedPayment
from domain.errors import Misconfigured
from domain.ids import PaymentKey

_NONCE_BYTES: Final = 12
"""Source: NIST SP 800-38D, recommended nonce length for GCM."""

_KEY_BYTES: Final = 32

_NAME_BYTES: Final = 8
"""What tells two unfinished keyfiles apart, also those of a process that died over one."""


class AesGcmSealer:
    """Encrypts and authenticates; what was sealed for one payment opens for no other."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._private = reply_seal.private_from(key)

    @classmethod
    def from_keyfile(cls, path: Path) -> "AesGcmSealer":
        """Read the key, making a new one on first use, readable by its owner only."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_name(f"{path.name}.{os.urandom(_NAME_BYTES).hex()}")
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(os.urandom(_KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            # Two processes may start at once: the first key to be linked is everybody's.
            try:
                os.link(new, path)
            except FileExistsError:
                pass
            finally:
                new.unlink()
        key = path.read_bytes()
        if len(key) != _KEY_BYTES:
            raise Misconfigured(f"{path} must hold {_KEY_BYTES} bytes, it holds {len(key)}")
        return cls(key)

    @property
    def reply_key(self) -> str:
        """Public key to which outsiders seal signatures; the same for every payments worker."""
        return reply_seal.public_text(self._private)

    def open_reply(self, sealed_signature: str, *, key: PaymentKey) -> str:
        """Decrypt a signature that was sealed to ``reply_key``."""
        return reply_seal.open_reply(sealed_signature, private=self._private, key=key)

    def seal(self, signed: SignedPayment, *, key: PaymentKey) -> str:
        """Encrypt ``signed``, bound to ``key``."""
        nonce = os.urandom(_NONCE_BYTES)
        plain = zlib.compress(signed.model_dump_json().encode())
        content = self._cipher.encrypt(nonce, plain, key.encode())
        return base64.b64encode(nonce + content).decode()

    def open(self, sealed: str, *, key: PaymentKey) -> SignedPayment:
        """Decrypt what ``seal`` returned for the same ``key``."""
        try:
            content = base64.b64decode(sealed, validate=True)
            plain = self._cipher.decrypt(
                content[:_NONCE_BYTES], content[_NONCE_BYTES:], key.encode()
            )
        except (InvalidTag, ValueError):
            raise Misconfigured(
                f"payment {key[:12]} was sealed with another key; restore the sealing keyfile"
            ) from None
        return SignedPayment.model_validate_json(zlib.decompress(plain))
