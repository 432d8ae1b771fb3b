"""Seal a signature to the payments worker, so that no history holds it in clear. No I/O.

An ephemeral X25519 key agrees with the worker's; HKDF-SHA256 makes the AES-256-GCM key; the
payment's key is authenticated along, so what was sealed for one payment opens for no other.
"""

import base64
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.errors import SignatureRefused
from domain.ids import PaymentKey

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
"""Source: NIST SP 800-38D, recommended nonce length for GCM."""

_PURPOSE: Final = b"caravan/reply"


def public_text(private: X25519PrivateKey) -> str:
    """The public half, base64."""
    return _text(private.public_key())


def private_from(secret: bytes) -> X25519PrivateKey:
    """Derive the worker's key from its sealing key, so that every worker has the same one."""
    return X25519PrivateKey.from_private_bytes(_derived(secret, salt=None))


def seal_reply(signature: str, *, reply_key: str, key: PaymentKey) -> str:
    """Encrypt ``signature`` so that only the payments worker can read it.

    Raises:
        SignatureRefused: ``reply_key`` is no key.
    """
    ours = X25519PrivateKey.generate()
    try:
        theirs = X25519PublicKey.from_public_bytes(base64.b64decode(reply_key, validate=True))
        shared = ours.exchange(theirs)
    except ValueError:
        raise SignatureRefused("the key to seal the signature to cannot be read") from None
    nonce = os.urandom(_NONCE_BYTES)
    public = _raw(ours.public_key())
    cipher = AESGCM(_derived(shared, salt=public))
    sealed = cipher.encrypt(nonce, signature.encode(), key.encode())
    return base64.b64encode(public + nonce + sealed).decode()


def open_reply(sealed: str, *, private: X25519PrivateKey, key: PaymentKey) -> str:
    """Decrypt what ``seal_reply`` returned for the same payment.

    Raises:
        SignatureRefused: It was sealed to another key, or for another payment.
    """
    try:
        content = base64.b64decode(sealed, validate=True)
        public, rest = content[:_KEY_BYTES], content[_KEY_BYTES:]
        shared = private.exchange(X25519PublicKey.from_public_bytes(public))
        cipher = AESGCM(_derived(shared, salt=public))
        return cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], key.encode()).decode()
    except (ValueError, InvalidTag):
        raise SignatureRefused(
            f"the signature for payment {key[:12]} was sealed for something else"
        ) from None


def _derived(secret: bytes, *, salt: bytes | None) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=salt, info=_PURPOSE).derive(secret)


def _raw(public: X25519PublicKey) -> bytes:
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _text(public: X25519PublicKey) -> str:
    return base64.b64encode(_raw(public)).decode()
