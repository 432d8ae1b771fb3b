"""EVM settlement whose word is the chain's: a receipt of status 1, and the transfer in it.

The package's schemes trust a receipt's status alone for some payments, and for others say that a
payment failed when only the receipt of it was lost.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from x402.mechanisms.evm.constants import TX_STATUS_SUCCESS
from x402.mechanisms.evm.types import TransactionReceipt
from x402.pending_settlement_store import InMemoryPendingSettlementStore
from x402.schemas import SettleResponse

from deploy.facilitator.evm_signer import CarefulSigner
from deploy.facilitator.guard import STATUS_ATTEMPTS, STATUS_PAUSE_SECONDS, StatusUnknown

TRANSFER_EVENT: Final = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
"""keccak-256 of ``Transfer(address,address,uint256)``. Source: ERC-20."""

TRANSFER_TOPICS: Final = 3
"""The event's own name, sender and receiver."""

PENDING: Final = "settlement_pending"


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """What a settlement must have moved; ``None`` is anybody."""

    token: str
    sender: str | None
    receiver: str | None
    base_units: int

    def is_in(self, receipt: TransactionReceipt) -> bool:
        """Whether one event of the receipt is this transfer."""
        return any(self._is(log) for log in receipt.logs or ())

    def _is(self, log: Any) -> bool:  # noqa: ANN401 - web3's own record
        topics = [_hex(topic) for topic in log["topics"]]
        return (
            len(topics) == TRANSFER_TOPICS
            and topics[0] == TRANSFER_EVENT
            and _same(log["address"], self.token)
            and _same(topics[1][24:], self.sender)
            and _same(topics[2][24:], self.receiver)
            and int(_hex(log["data"]) or "0", 16) == self.base_units
        )


class Watched:
    """A signer that notes what is sent through it, for one settlement."""

    def __init__(self, signer: CarefulSigner) -> None:
        self._signer = signer
        self.sent: list[str] = []

    def write_contract(self, *args: Any, **options: Any) -> str:  # noqa: ANN401 - passed on
        """Send, and note the id."""
        self.sent.append(self._signer.write_contract(*args, **options))
        return self.sent[-1]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the signer's own
        return getattr(self._signer, name)


Make = Callable[[Any, InMemoryPendingSettlementStore], Any]
"""Builds one of the package's schemes over a signer and a store of what is pending."""

Expect = Callable[[dict[str, Any], Any, SettleResponse | None], Transfer | None]
"""Names the transfer that a payload, its requirements and a claimed result must have made."""


@dataclass(frozen=True)
class _Open:
    """A settlement whose outcome was not known when it was answered."""

    transaction: str
    claimed: SettleResponse | None
    """What the scheme said, if it called it a success."""


class GuardedScheme:
    """One of the package's EVM schemes, its word replaced by the chain's."""

    def __init__(
        self,
        make: Make,
        signer: CarefulSigner,
        *,
        expect: Expect,
        resumes: Callable[[dict[str, Any]], bool],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Guard a scheme.

        Args:
            make: Builds the scheme.
            signer: Sends its transactions.
            expect: What a settlement must have moved.
            resumes: Whether the scheme itself finds a pending payload's transaction again.
            pause: Waits between reads.
        """
        self._make = make
        self._signer = signer
        self._expect = expect
        self._resumes = resumes
        self._pause = pause
        self._theirs = InMemoryPendingSettlementStore()
        self._open: dict[str, _Open] = {}
        plain = make(signer, self._theirs)
        self._plain = plain
        self.scheme: str = plain.scheme
        self.caip_family: str = plain.caip_family

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - verification and description: theirs
        return getattr(self._plain, name)

    def settle(
        self,
        payload: Any,  # noqa: ANN401 - of either version
        requirements: Any,  # noqa: ANN401 - of either version
        context: Any = None,  # noqa: ANN401 - the package's own signature
    ) -> SettleResponse:
        """Settle, and report what the chain says."""
        key = _digest(payload.payload)
        # Taken out, so that of two retries at once only one can be told of a success.
        known = self._open.pop(key, None)
        if known is not None:
            claimed = known.claimed or _success(payload, requirements, known.transaction)
            return self._judged(key, known.transaction, claimed, payload, requirements)
        watched = Watched(self._signer)
        result: SettleResponse = self._make(watched, self._theirs).settle(
            payload, requirements, context
        )
        if result.success and result.transaction:
            return self._judged(key, result.transaction, result, payload, requirements)
        if result.success:
            return result if _is_free(requirements) else _failed(result, "nothing was sent")
        if not watched.sent or (result.error_reason == PENDING and self._resumes(payload.payload)):
            return result
        claimed = _success(payload, requirements, watched.sent[-1])
        return self._judged(key, watched.sent[-1], claimed, payload, requirements)

    def _judged(
        self,
        key: str,
        transaction: str,
        claimed: SettleResponse,
        payload: Any,  # noqa: ANN401 - of either version
        requirements: Any,  # noqa: ANN401 - of either version
    ) -> SettleResponse:
        receipt = self._read(transaction)
        if receipt is None:
            self._open[key] = _Open(transaction, claimed)
            return claimed.model_copy(update={"success": False, "error_reason": PENDING})
        if receipt.status != TX_STATUS_SUCCESS:
            return _failed(claimed, "the transaction was reverted")
        moved = self._expect(payload.payload, requirements, claimed)
        if moved is not None and not moved.is_in(receipt):
            return _failed(claimed, "the transaction moved something else")
        return claimed

    def _read(self, transaction: str) -> TransactionReceipt | None:
        for attempt in range(STATUS_ATTEMPTS):
            if attempt:
                self._pause(STATUS_PAUSE_SECONDS)
            try:
                receipt = self._signer.receipt(transaction)
            except StatusUnknown:
                continue
            if receipt is not None:
                return receipt
        return None


def _success(payload: Any, requirements: Any, transaction: str) -> SettleResponse:  # noqa: ANN401
    return SettleResponse(
        success=True,
        transaction=transaction,
        network=requirements.network,
        payer=payer_of(payload.payload),
    )


def _failed(result: SettleResponse, why: str) -> SettleResponse:
    changes = {"success": False, "error_reason": "transaction_failed", "error_message": why}
    return result.model_copy(update=changes)


def _is_free(requirements: Any) -> bool:  # noqa: ANN401 - of either version
    return str(getattr(requirements, "amount", "")) == "0"


def payer_of(payload: dict[str, Any]) -> str | None:
    """Whose money a payload is about."""
    holders: Sequence[Any] = (
        payload.get("authorization"),
        payload.get("permit2Authorization"),
        payload.get("channelConfig"),
    )
    found = next((holder for holder in holders if isinstance(holder, dict)), {})
    said = found.get("from") or found.get("payer")
    return str(said) if said is not None else None


def _digest(payload: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(payload, sort_keys=True, default=str).encode()).hexdigest()


def _hex(value: Any) -> str:  # noqa: ANN401 - bytes or text, as the node's client likes
    return (value.hex() if isinstance(value, bytes) else str(value)).lower().removeprefix("0x")


def _same(found: str, wanted: str | None) -> bool:
    return wanted is None or found.lower().removeprefix("0x") == wanted.lower().removeprefix("0x")
