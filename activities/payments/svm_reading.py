"""Say what a Solana message would move, for whoever is asked to sign it. Pure; no I/O."""

import base64
import struct
from dataclasses import dataclass
from typing import Final

from solders.compute_budget import ID as COMPUTE_BUDGET
from solders.instruction import CompiledInstruction
from solders.message import MessageV0, to_bytes_versioned
from solders.pubkey import Pubkey
from solders.token import ID as TOKEN_PROGRAM

from activities.payments.svm_transfer import MEMO_PROGRAM
from domain.errors import SignatureRefused

_TRANSFER_CHECKED: Final = 12
"""Instruction tag. Source: SPL Token program."""

_TRANSFER: Final = struct.Struct("<BQB")
_VERSION_0: Final = 0x80
"""First byte of a version 0 message. Source: Solana transaction format."""


@dataclass(frozen=True)
class TransferWords:
    """The one token transfer of a message."""

    source: str
    """Token account the money leaves."""
    destination: str
    """Token account it goes to."""
    mint: str
    authority: str
    """Who must sign for the transfer."""
    base_units: int
    decimals: int
    fee_payer: str
    memo: str


def explain(message_b64: str) -> TransferWords:
    """Read a message that does nothing but one token transfer with a memo.

    Raises:
        SignatureRefused: It is unreadable, or does anything else.
    """
    message = _message(message_b64)
    keys = list(message.account_keys)
    transfer: TransferWords | None = None
    memo: str | None = None
    for instruction in message.instructions:
        program = _key(keys, instruction.program_id_index)
        if program == COMPUTE_BUDGET:
            continue
        if program == MEMO_PROGRAM and memo is None:
            memo = bytes(instruction.data).decode(errors="replace")
        elif program == TOKEN_PROGRAM and transfer is None:
            transfer = _transfer(instruction, keys)
        else:
            raise SignatureRefused(f"the message also calls program {program}; it is not signed")
    if transfer is None:
        raise SignatureRefused("the message moves no token; it is not signed")
    return TransferWords(**{**vars(transfer), "memo": memo or ""})


def _message(message_b64: str) -> MessageV0:
    try:
        content = base64.b64decode(message_b64, validate=True)
        if content[:1] != bytes([_VERSION_0]):
            raise SignatureRefused("the message is not of the version that payments use")
        message = MessageV0.from_bytes(content[1:])
        if to_bytes_versioned(message) != content:
            raise SignatureRefused("the message could be read in more than one way")
    except ValueError:
        raise SignatureRefused("the message cannot be read") from None
    if message.address_table_lookups:
        raise SignatureRefused("the message names accounts through tables; it is not signed")
    return message


def _transfer(instruction: CompiledInstruction, keys: list[Pubkey]) -> TransferWords:
    data, accounts = bytes(instruction.data), list(bytes(instruction.accounts))
    if len(data) != _TRANSFER.size or data[0] != _TRANSFER_CHECKED or len(accounts) != len(_ROLES):
        raise SignatureRefused("the message does something to tokens that is no plain transfer")
    _, base_units, decimals = _TRANSFER.unpack(data)
    source, mint, destination, authority = (str(_key(keys, index)) for index in accounts)
    fee_payer = str(keys[0])
    if fee_payer == authority:
        raise SignatureRefused("the message has our own wallet pay the network's fee")
    return TransferWords(
        source=source,
        destination=destination,
        mint=mint,
        authority=authority,
        base_units=base_units,
        decimals=decimals,
        fee_payer=fee_payer,
        memo="",
    )


_ROLES: Final = ("source", "mint", "destination", "authority")
"""Accounts of TransferChecked, in its order. Source: SPL Token program."""


def _key(keys: list[Pubkey], index: int) -> Pubkey:
    if index >= len(keys):
        raise SignatureRefused("the message names an account it does not have")
    return keys[index]
