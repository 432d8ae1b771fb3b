"""Reading a request's positional parameters; what means nothing is refused with -32602."""

import base64
import binascii
from collections.abc import Sequence
from typing import Final

from solders.hash import Hash, ParseHashError
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from deploy.localnet.base58 import b58decode
from deploy.localnet.json_types import Json, JsonObject
from deploy.localnet.rpc_errors import invalid_params

MAX_TRANSACTION_BYTES: Final = 1_232
"""The largest transaction that fits a packet. Source: Solana's ``PACKET_DATA_SIZE``."""

_COMMITMENTS: Final = frozenset({"processed", "confirmed", "finalized"})


class Params:
    """The parameters of one request."""

    def __init__(self, values: Sequence[Json]) -> None:
        self._values = values

    def optional(self, index: int) -> Json:
        """Return a parameter, or None if it was not given."""
        return self._values[index] if index < len(self._values) else None

    def text(self, index: int) -> str:
        """Return a parameter that must be a string."""
        value = self.optional(index)
        if not isinstance(value, str):
            raise invalid_params(f"`params` must hold a string at position {index}")
        return value

    def count(self, index: int, *, default: int | None = None) -> int:
        """Return a parameter that must be an integer of zero or more."""
        value = self.optional(index)
        if value is None and default is not None:
            return default
        return whole_number(value, f"position {index}")

    def items(self, index: int) -> list[Json]:
        """Return a parameter that must be an array."""
        value = self.optional(index)
        if not isinstance(value, list):
            raise invalid_params(f"`params` must hold an array at position {index}")
        return value

    def config(self, index: int) -> JsonObject:
        """Return the optional configuration object, its commitment checked."""
        value = self.optional(index)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise invalid_params(f"`params` must hold an object at position {index}")
        commitment = value.get("commitment")
        if commitment is not None and commitment not in _COMMITMENTS:
            raise invalid_params(f"unknown commitment {commitment!r}")
        return value

    def pubkey(self, index: int) -> Pubkey:
        """Return a parameter that must be an address."""
        return read_pubkey(self.optional(index))

    def signature(self, index: int) -> Signature:
        """Return a parameter that must be a signature."""
        return read_signature(self.optional(index))

    def blockhash(self, index: int) -> Hash:
        """Return a parameter that must be a blockhash."""
        try:
            return Hash.from_string(self.text(index))
        except (ValueError, ParseHashError) as err:
            raise invalid_params(f"Invalid param: {err}") from err


def whole_number(value: Json, where: str) -> int:
    """Read an integer of zero or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise invalid_params(f"{where} must be an integer of zero or more")
    return value


def read_pubkey(value: Json) -> Pubkey:
    """Read an address."""
    if not isinstance(value, str):
        raise invalid_params("Invalid param: an address must be a string")
    try:
        return Pubkey.from_string(value)
    except ValueError as err:
        raise invalid_params(f"Invalid param: {err}") from err


def read_signature(value: Json) -> Signature:
    """Read a transaction signature."""
    if not isinstance(value, str):
        raise invalid_params("Invalid param: a signature must be a string")
    try:
        return Signature.from_string(value)
    except ValueError as err:
        raise invalid_params(f"Invalid param: {err}") from err


def read_bytes(text: str, encoding: Json, *, default: str = "base58") -> bytes:
    """Decode text in the encoding a request names."""
    encoding = default if encoding is None else encoding
    try:
        if encoding == "base64":
            return base64.b64decode(text, validate=True)
        if encoding in {"base58", "binary"}:
            return b58decode(text)
    except (ValueError, binascii.Error) as err:
        raise invalid_params(f"invalid {encoding} encoding: {err}") from err
    raise invalid_params(f"unsupported encoding: {encoding}. Supported encodings: base58, base64")


def read_transaction(text: str, encoding: Json) -> VersionedTransaction:
    """Decode a transaction as strictly as a node: no excess bytes, nothing over one packet."""
    wire = read_bytes(text, encoding)
    if len(wire) > MAX_TRANSACTION_BYTES:
        size = f"{len(wire)} bytes (max: {MAX_TRANSACTION_BYTES} bytes)"
        raise invalid_params(f"decoded solana_transaction too large: {size}")
    try:
        transaction = VersionedTransaction.from_bytes(wire)
    except ValueError as err:
        raise invalid_params(f"failed to deserialize solana_transaction: {err}") from err
    if bytes(transaction) != wire:
        raise invalid_params("failed to deserialize solana_transaction: excess bytes")
    return transaction
