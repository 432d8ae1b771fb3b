"""What a transaction's message says: its keys, its fee, its memos."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from solders.account import Account
from solders.instruction import CompiledInstruction
from solders.message import Message, MessageV0, to_bytes_versioned
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from deploy.localnet.addresses import COMPUTE_BUDGET_PROGRAM, MEMO_PROGRAMS, SYSTEM_PROGRAM

LAMPORTS_PER_SIGNATURE: Final = 5_000
"""Source: Solana's fee structure."""

MICROLAMPORTS_PER_LAMPORT: Final = 1_000_000

MAX_COMPUTE_UNITS_CU: Final = 1_400_000
DEFAULT_INSTRUCTION_CU: Final = 200_000
DEFAULT_BUILTIN_INSTRUCTION_CU: Final = 3_000
"""Budget of an instruction when the transaction sets no limit. Source: SIMD-0170."""

LOOKUP_TABLE_HEADER_BYTES: Final = 56
"""Addresses in a lookup table's account data start here, 32 bytes each."""

_SET_COMPUTE_UNIT_LIMIT: Final = 2
_SET_COMPUTE_UNIT_PRICE: Final = 3

_BUILTIN_PROGRAMS: Final = frozenset(
    Pubkey.from_string(key)
    for key in (
        str(SYSTEM_PROGRAM),
        str(COMPUTE_BUDGET_PROGRAM),
        "Vote111111111111111111111111111111111111111",
        "BPFLoaderUpgradeab1e11111111111111111111111",
        "BPFLoader2111111111111111111111111111111111",
        "BPFLoader1111111111111111111111111111111111",
        "LoaderV411111111111111111111111111111111111",
        "KeccakSecp256k11111111111111111111111111111",
        "Ed25519SigVerify111111111111111111111111111",
    )
)


@dataclass(frozen=True, slots=True)
class AccountKeys:
    """Every account a transaction may touch, in the order its indexes use."""

    static: Sequence[Pubkey]
    loaded_writable: Sequence[Pubkey]
    loaded_readonly: Sequence[Pubkey]
    writable: Sequence[Pubkey]

    @property
    def all(self) -> list[Pubkey]:
        """Static keys, then those loaded from lookup tables."""
        return [*self.static, *self.loaded_writable, *self.loaded_readonly]


class UnresolvedKeys(Exception):
    """A transaction names an address that its lookup tables do not hold."""

    def __init__(self, err: str) -> None:
        super().__init__(err)
        self.err = err
        """The transaction error a node reports for it."""


def message_digest(transaction: VersionedTransaction) -> bytes:
    """Identify a message whatever its signatures; a node refuses a repeat of either."""
    return hashlib.sha256(to_bytes_versioned(transaction.message)).digest()


def resolve_keys(
    message: Message | MessageV0, account_of: Callable[[Pubkey], Account | None]
) -> AccountKeys:
    """Find all keys of a message.

    Raises:
        UnresolvedKeys: A lookup table does not exist or does not hold what is named.
    """
    loaded_writable: list[Pubkey] = []
    loaded_readonly: list[Pubkey] = []
    if isinstance(message, MessageV0):
        for lookup in message.address_table_lookups:
            table = account_of(lookup.account_key)
            if table is None:
                raise UnresolvedKeys("AddressLookupTableNotFound")
            loaded_writable += _table_entries(table.data, lookup.writable_indexes)
            loaded_readonly += _table_entries(table.data, lookup.readonly_indexes)
    static = message.account_keys
    own_writable = [key for index, key in enumerate(static) if is_writable(message, index)]
    return AccountKeys(static, loaded_writable, loaded_readonly, [*own_writable, *loaded_writable])


def is_writable(message: Message | MessageV0, index: int) -> bool:
    """Say whether a message's header marks one of its static keys writable."""
    header = message.header
    signers = header.num_required_signatures
    if index < signers:
        return index < signers - header.num_readonly_signed_accounts
    return index < len(message.account_keys) - header.num_readonly_unsigned_accounts


def fee_lamports(message: Message | MessageV0) -> tuple[int, int]:
    """Return the base fee and the priority fee of a message."""
    base = LAMPORTS_PER_SIGNATURE * message.header.num_required_signatures
    limit, price = _compute_budget(message)
    return base, -(-limit * price // MICROLAMPORTS_PER_LAMPORT)


def memo_of(message: Message | MessageV0) -> str | None:
    """Render the memos of a message the way a node's history does."""
    keys = message.account_keys
    memos = [
        _render_memo(bytes(instruction.data))
        for instruction in message.instructions
        if _program(keys, instruction) in MEMO_PROGRAMS
    ]
    return "; ".join(memos) if memos else None


def _render_memo(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "(unparseable)"
    return f"[{len(data)}] {text}"


def _program(keys: Sequence[Pubkey], instruction: CompiledInstruction) -> Pubkey | None:
    index = instruction.program_id_index
    return keys[index] if index < len(keys) else None


def _compute_budget(message: Message | MessageV0) -> tuple[int, int]:
    limit: int | None = None
    price = 0
    default = 0
    for instruction in message.instructions:
        program, data = _program(message.account_keys, instruction), bytes(instruction.data)
        builtin = program in _BUILTIN_PROGRAMS
        default += DEFAULT_BUILTIN_INSTRUCTION_CU if builtin else DEFAULT_INSTRUCTION_CU
        if program != COMPUTE_BUDGET_PROGRAM or not data:
            continue
        if data[0] == _SET_COMPUTE_UNIT_LIMIT:
            limit = int.from_bytes(data[1:5], "little")
        elif data[0] == _SET_COMPUTE_UNIT_PRICE:
            price = int.from_bytes(data[1:9], "little")
    return min(default if limit is None else limit, MAX_COMPUTE_UNITS_CU), price


def _table_entries(data: bytes, indexes: bytes) -> list[Pubkey]:
    entries: list[Pubkey] = []
    for index in indexes:
        start = LOOKUP_TABLE_HEADER_BYTES + 32 * index
        if start + 32 > len(data):
            raise UnresolvedKeys("InvalidAddressLookupTableIndex")
        entries.append(Pubkey(data[start : start + 32]))
    return entries
