"""Build and sign the Solana transaction of the x402 ``exact`` scheme. No I/O.

Source of the shape: x402 specification, scheme ``exact`` on SVM: compute limit, compute price,
``TransferChecked``, memo, in this order, with the facilitator as fee payer.
"""

import base64
import struct
from dataclasses import dataclass
from typing import Final

from solders.compute_budget import set_compute_unit_limit, set_compute_unit_price
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.message import MessageV0, to_bytes_versioned
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.token import ID as TOKEN_PROGRAM
from solders.token.associated import get_associated_token_address
from solders.transaction import VersionedTransaction

from domain.ids import Digest, PaymentKey, digest_bytes
from domain.money import Asset

MEMO_PROGRAM: Final = Pubkey.from_string("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr")
"""Memo program, version 2. Source: Solana Program Library."""

COMPUTE_UNITS: Final = 20_000
"""What a transfer (6,146) and a memo of 32 bytes (about 13,000) need, measured."""

COMPUTE_UNITS_PER_MEMO_BYTE: Final = 400
"""Memo version 2 costs about 350 a byte, measured; a longer memo gets more."""

COMPUTE_UNITS_PER_STRANGE_BYTE: Final = 4_400
"""The same where the memo is not plain ASCII: up to 4,374 a byte, measured with emoji."""

MAX_COMPUTE_PRICE_MICROLAMPORTS: Final = 1_000
"""Facilitators pay this fee, rarely above 120 lamports; they accept up to 5,000,000."""

MAX_SPARE_UNITS: Final = 1_000
"""Compute units asked for beyond what is needed; x402's facilitators set no limit by themselves."""

MEMO_BYTES: Final = 32
"""Length of our own memo: unique in each payment, and within the compute limit above."""

_TRANSFER_CHECKED: Final = 12
"""Instruction tag. Source: SPL Token program."""


@dataclass(frozen=True)
class Transfer:
    """What one payment moves, from whom to whom."""

    payer: Pubkey
    pay_to: Pubkey
    fee_payer: Pubkey
    asset: Asset
    base_units: int
    memo: str
    authority: Pubkey
    """Who signs: the payer, or a delegate whose allowance the payer capped on chain."""
    compute_price: int = 1
    """Microlamports; part of what makes a message unique."""
    spare_units: int = 0
    """Compute units above what is needed; part of what makes a message unique."""

    @property
    def source(self) -> Pubkey:
        """Our token account."""
        return token_account(self.payer, self.asset)

    @property
    def destination(self) -> Pubkey:
        """The seller's token account."""
        return token_account(self.pay_to, self.asset)


def token_account(owner: Pubkey, asset: Asset) -> Pubkey:
    """The associated token account of ``owner`` for ``asset``."""
    return get_associated_token_address(owner, Pubkey.from_string(asset.address), TOKEN_PROGRAM)


def memo_for(key: PaymentKey) -> str:
    """Our own memo: makes each payment's transaction unique, and findable."""
    return key[:MEMO_BYTES]


def message_of(transfer: Transfer, blockhash: Hash) -> MessageV0:
    """Compile the transfer into the message that is signed."""
    return MessageV0.try_compile(
        transfer.fee_payer,
        [
            set_compute_unit_limit(compute_units(transfer.memo) + transfer.spare_units),
            set_compute_unit_price(transfer.compute_price),
            _transfer_checked(transfer),
            Instruction(MEMO_PROGRAM, transfer.memo.encode(), []),
        ],
        [],
        blockhash,
    )


def compute_units(memo: str) -> int:
    """What a transfer with this memo needs; the chain fails one that asked for less."""
    size = len(memo.encode())
    if not (memo.isascii() and memo.isprintable()):
        return COMPUTE_UNITS + COMPUTE_UNITS_PER_STRANGE_BYTE * size
    return COMPUTE_UNITS + COMPUTE_UNITS_PER_MEMO_BYTE * max(0, size - MEMO_BYTES)


def compute_price(key: PaymentKey) -> int:
    """A price of our own, where the seller's memo would make two equal calls one transaction."""
    return 1 + int(key[:8], 16) % MAX_COMPUTE_PRICE_MICROLAMPORTS


def spare_units(key: PaymentKey) -> int:
    """The same by compute units; price and units together make a million different messages."""
    return int(key[8:16], 16) % MAX_SPARE_UNITS


def message_text(message: MessageV0) -> str:
    """What is signed, in base64."""
    return base64.b64encode(to_bytes_versioned(message)).decode()


def message_from(text: str) -> MessageV0:
    """Read back what ``message_text`` wrote."""
    content = base64.b64decode(text, validate=True)
    return MessageV0.from_bytes(content[1:])  # the first byte is the version


def with_signature(message: MessageV0, signature: Signature, signer: Pubkey) -> str:
    """The transaction with one signature; the fee payer's place stays empty. Returns base64.

    Raises:
        ValueError: ``signature`` is not ``signer``'s, or not of this message.
    """
    if not signature.verify(signer, to_bytes_versioned(message)):
        raise ValueError("the signature does not fit")
    signers = message.account_keys[: message.header.num_required_signatures]
    if signer not in signers:
        raise ValueError(f"{signer} has nothing to sign here")
    signatures = [signature if key == signer else Signature.default() for key in signers]
    return base64.b64encode(bytes(VersionedTransaction.populate(message, signatures))).decode()


def message_digest(message: MessageV0) -> Digest:
    """Name a message, whoever has signed it."""
    return digest_bytes(to_bytes_versioned(message))


def _transfer_checked(transfer: Transfer) -> Instruction:
    return Instruction(
        TOKEN_PROGRAM,
        struct.pack("<BQB", _TRANSFER_CHECKED, transfer.base_units, transfer.asset.decimals),
        [
            AccountMeta(transfer.source, is_signer=False, is_writable=True),
            AccountMeta(
                Pubkey.from_string(transfer.asset.address), is_signer=False, is_writable=False
            ),
            AccountMeta(transfer.destination, is_signer=False, is_writable=True),
            AccountMeta(transfer.authority, is_signer=True, is_writable=False),
        ],
    )
