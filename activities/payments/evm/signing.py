"""EIP-712 typed data: written as JSON, named by its hash, and whose signature it carries. No I/O.

A message's integers are decimal strings, which wallets and eth-account read alike; as a JSON number
a nonce would lose its lower half on its way through JavaScript.
"""

import re
from typing import Final

from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_keys.constants import SECPK1_N
from eth_keys.exceptions import BadSignature
from eth_utils.address import is_address, to_checksum_address
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError as EthValidationError
from pydantic import JsonValue, TypeAdapter
from x402.mechanisms.evm.types import DOMAIN_TYPES

from activities.payments.exchanges import SignedPayment, Unsigned
from domain.errors import OfferRefused, SignatureRefused
from domain.ids import Digest, PaymentKey, canonical_json, digest_bytes

ZERO_ADDRESS: Final = "0x" + "0" * 40

Types = dict[str, list[dict[str, str]]]

_SIGNATURE: Final = re.compile("0x[0-9a-fA-F]{130}")

_LARGEST_S: Final = SECPK1_N // 2
"""Largest second half of a signature that contracts accept. Source: EIP-2."""

_FIRST_V: Final = 27
"""Contracts count a signature's last byte from here, some wallets from 0. Source: EIP-155."""

_OBJECT: Final = TypeAdapter(dict[str, JsonValue])


def typed_data(
    types: Types,
    primary: str,
    *,
    domain: dict[str, JsonValue],
    message: dict[str, JsonValue],
) -> str:
    """Write typed data as the JSON that wallets sign."""
    names = {field["name"] for field in DOMAIN_TYPES["EIP712Domain"]} & domain.keys()
    fields = [field for field in DOMAIN_TYPES["EIP712Domain"] if field["name"] in names]
    shown: JsonValue = {kind: [dict(field) for field in of] for kind, of in types.items()}
    assert isinstance(shown, dict)  # noqa: S101 - narrows for the checker
    shown["EIP712Domain"] = [dict(field) for field in fields]
    whole: dict[str, JsonValue] = {
        "types": shown,
        "primaryType": primary,
        "domain": domain,
        "message": message,
    }
    return canonical_json(whole).decode()


def content(message: str) -> dict[str, JsonValue]:
    """Read the ``message`` part of typed data."""
    part = _OBJECT.validate_json(message)["message"]
    return _OBJECT.validate_python(part)


def digest_of(message: str) -> Digest:
    """Name typed data: SHA-256 of the hash that is signed."""
    return digest_bytes(_hash(_signable(message)))


def nonce_of(key: PaymentKey, purpose: str) -> str:
    """Derive the one nonce that a payment may use, so that it can move money once only."""
    return "0x" + digest_bytes(f"{purpose}{key}".encode())


def checked(unsigned: Unsigned, signature: str) -> str:
    """Return a signature in the form that contracts accept.

    Raises:
        SignatureRefused: It is not the payer's signature of exactly this, or no contract takes it.
    """
    if digest_of(unsigned.message) != unsigned.evidence.message_digest:
        raise SignatureRefused("what was to be signed is not what the payment will be found by")
    return signed_by(unsigned.evidence.payer, unsigned.message, signature)


def signed_by(payer: str, message: str, signature: str) -> str:
    """Return ``payer``'s signature of typed data in the form that contracts accept.

    Raises:
        SignatureRefused: It is somebody else's, of something else, or no contract takes it.
    """
    if _SIGNATURE.fullmatch(signature) is None:
        raise SignatureRefused("an EVM signature is 0x and 130 hexadecimal digits")
    raw = bytes.fromhex(signature[2:])
    if raw[64] < _FIRST_V:
        raw = raw[:64] + bytes([raw[64] + _FIRST_V])
    if int.from_bytes(raw[32:64]) > _LARGEST_S:
        raise SignatureRefused("the signature is in its second form, which tokens refuse")
    try:
        signer = Account.recover_message(_signable(message), signature=raw)
    except (ValueError, TypeError, BadSignature, EthValidationError) as err:
        raise SignatureRefused("the signature is none") from err
    if signer.lower() != payer.lower():
        raise SignatureRefused(f"the signature is not {payer}'s over this payment")
    return "0x" + raw.hex()


def address(text: str) -> str:
    """Write an address with its checksum.

    Raises:
        OfferRefused: It is none, or the one that nobody has.
    """
    if not is_address(text) or text.lower() == ZERO_ADDRESS:
        raise OfferRefused(f"the seller names {text[:60]!r}, which is no address to pay")
    return to_checksum_address(text)


def assembled(unsigned: Unsigned, payload: dict[str, JsonValue]) -> SignedPayment:
    """Put what a scheme sends together with the seller's own words."""
    return SignedPayment(
        x402_version=unsigned.demand.terms.x402_version,
        accepted=unsigned.demand.raw,
        resource=unsigned.resource,
        extensions=unsigned.extensions,
        payload=payload,
    )


def _signable(message: str) -> SignableMessage:
    return encode_typed_data(full_message=_OBJECT.validate_json(message))


def _hash(signable: SignableMessage) -> bytes:
    # EIP-191 version 1 is EIP-712: the header is the domain's hash, the body the message's.
    return keccak(b"\x19" + signable.version + signable.header + signable.body)
