"""Settlement that is called a success only when the chain says the transfer succeeded.

The package's scheme returns as soon as a transaction is confirmed, before it looks at the
transaction's own error; a transfer that landed and failed is then reported as paid.
"""

import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import httpx
from x402.mechanisms.svm.exact.facilitator import ExactSvmScheme
from x402.mechanisms.svm.exact.v1.facilitator import ExactSvmSchemeV1
from x402.mechanisms.svm.settlement_cache import SettlementCache
from x402.mechanisms.svm.signer import FacilitatorSvmSigner
from x402.mechanisms.svm.types import ExactSvmPayload
from x402.mechanisms.svm.utils import decode_transaction_from_payload, transaction_message_hash
from x402.pending_settlement_store import InMemoryPendingSettlementStore
from x402.schemas import PaymentPayload, PaymentRequirements, SettleResponse
from x402.schemas.v1 import PaymentPayloadV1, PaymentRequirementsV1

STATUS_ATTEMPTS: Final = 5
"""Reads of a landed transaction's status before its outcome is called unknown."""

STATUS_PAUSE_SECONDS: Final = 0.4
"""One slot: the shortest time in which a lagging node can have learned more."""

RPC_TIMEOUT_SECONDS: Final = 10.0
"""A status read is one small lookup; longer than this and the node is not answering."""


class StatusUnknown(Exception):
    """The chain did not say how the transaction ended."""


class LandedStatus(Protocol):
    """Tells how a transaction that reached the chain ended."""

    def error_of(self, signature: str) -> object | None:
        """Return the transaction's error, or ``None`` when it succeeded.

        Raises:
            StatusUnknown: The node did not answer or does not know the signature.
        """


class RpcStatus:
    """Reads signature statuses over JSON-RPC."""

    def __init__(self, rpc_url: str) -> None:
        self._client = httpx.Client(base_url=rpc_url, timeout=RPC_TIMEOUT_SECONDS)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def error_of(self, signature: str) -> object | None:
        """Return the transaction's error, or ``None`` when it succeeded."""
        call = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "getSignatureStatuses",
            "params": [[signature], {"searchTransactionHistory": True}],
        }
        try:
            status = self._client.post("", json=call).json()["result"]["value"][0]
        except (httpx.HTTPError, ValueError, LookupError, TypeError) as err:
            raise StatusUnknown(f"no status for {signature}") from err
        if status is None:
            raise StatusUnknown(f"{signature} is not known to the node")
        error: object | None = status["err"]
        return error


def checked(
    result: SettleResponse,
    status: LandedStatus,
    *,
    remember: Callable[[str], None],
    pause: Callable[[float], None] = time.sleep,
) -> SettleResponse:
    """Turn a claimed success into what the chain says.

    Args:
        result: What the scheme reported.
        status: The chain's own word.
        remember: Called with the signature when the outcome is unknown, so that a retry
            reads the chain again instead of sending again.
        pause: Waits between reads.
    """
    if not result.success:
        return result
    for attempt in range(STATUS_ATTEMPTS):
        if attempt:
            pause(STATUS_PAUSE_SECONDS)
        try:
            error = status.error_of(result.transaction)
        except StatusUnknown:
            continue
        return result if error is None else _failed(result, error)
    remember(result.transaction)
    return result.model_copy(
        update={"success": False, "error_reason": "settlement_pending"},
    )


def _failed(result: SettleResponse, error: object) -> SettleResponse:
    return result.model_copy(
        update={
            "success": False,
            "error_reason": "transaction_failed",
            "error_message": f"landed and failed: {error}",
        },
    )


class StrictExactSvmScheme(ExactSvmScheme):
    """The version 2 scheme, with its successes checked on chain."""

    def __init__(
        self, signer: FacilitatorSvmSigner, cache: SettlementCache, status: LandedStatus
    ) -> None:
        self._pending = InMemoryPendingSettlementStore()
        super().__init__(signer, cache, self._pending)
        self._status = status

    def settle(
        self,
        payload: PaymentPayload,
        requirements: PaymentRequirements,
        context: Any = None,  # noqa: ANN401 - the package's own signature
    ) -> SettleResponse:
        """Settle, and report what the chain says."""
        result = super().settle(payload, requirements, context)

        def remember(signature: str) -> None:
            transaction = decode_transaction_from_payload(
                ExactSvmPayload.from_dict(payload.payload)
            )
            self._pending.set(transaction_message_hash(transaction), signature)

        return checked(result, self._status, remember=remember)


class StrictExactSvmSchemeV1(ExactSvmSchemeV1):
    """The version 1 scheme, with its successes checked on chain."""

    def __init__(
        self, signer: FacilitatorSvmSigner, cache: SettlementCache, status: LandedStatus
    ) -> None:
        super().__init__(signer, cache)
        self._status = status

    def settle(
        self,
        payload: PaymentPayloadV1,
        requirements: PaymentRequirementsV1,
        context: Any = None,  # noqa: ANN401 - the package's own signature
    ) -> SettleResponse:
        """Settle, and report what the chain says."""
        result = super().settle(payload, requirements, context)
        # Version 1 keeps no pending store: its own retry is refused as a duplicate, never resent.
        return checked(result, self._status, remember=lambda _signature: None)
