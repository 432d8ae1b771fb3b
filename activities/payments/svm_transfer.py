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
from solders.keypair import Keypair
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

COMPUTE_PRICE_MICROLAMPORTS: Final = 1
"""Facilitators pay this fee; the least keeps every one of them willing."""

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
    units = COMPUTE_UNITS + COMPUTE_UNITS_PER_MEMO_BYTE * max(0, len(transfer.memo) - MEMO_BYTES)
    return MessageV0.try_compile(
        transfer.fee_payer,
        [
            set_compute_unit_limit(units),
            set_compute_unit_price(COMPUTE_PRICE_MICROLAMPORTS),
            _transfer_checked(transfer),
            Instruction(MEMO_PROGRAM, transfer.memo.encode(), []),
        ],
        [],
        blockhash,
    )


def sign(message: MessageV0, keypair: Keypair) -> str:
    """Sign as the payer only; the fee payer's place stays empty. Returns base64."""
    signers = message.account_keys[: message.header.num_required_signatures]
    signature = keypair.sign_message(to_bytes_versioned(message))
    signatures = [signature if key == keypair.pubkey() else Signature.default() for key in signers]
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
            AccountMeta(transfer.payer, is_signer=True, is_writable=False),
        ],
    )
