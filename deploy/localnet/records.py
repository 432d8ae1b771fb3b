"""What the engine says about transactions: landed, refused, simulated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from solders.account import Account
from solders.pubkey import Pubkey
from solders.signature import Signature

from deploy.localnet.json_types import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Landed:
    """A transaction in the chain's history, successful or not; its fee was charged."""

    signature: Signature
    slot: int
    block_time: int
    wire: bytes
    """The transaction as it was sent."""
    err: Json
    memo: str | None
    meta: JsonObject
    """The ``meta`` object of ``getTransaction``."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A transaction that had no effect and left no trace."""

    err: Json
    logs: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a transaction would have done."""

    err: Json
    logs: Sequence[str]
    units_consumed: int
    return_data: Json
    inner_instructions: list[Json]
    post_accounts: Mapping[Pubkey, Account | None]


@dataclass(frozen=True, slots=True)
class Change:
    """What listeners hear once a transaction, or a grant, is in the journal."""

    slot: int
    accounts: Mapping[Pubkey, Account | None]
    landed: Landed | None
    mentioned: frozenset[Pubkey] = frozenset()


def failed(err: Json, logs: Sequence[str] = ()) -> Simulated:
    """Build the simulation of a transaction refused before it could run."""
    return Simulated(err, logs, 0, None, [], {})
