"""Faults to order: lost answers, late answers, lost transactions, refusals, stale reads."""

import threading
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from deploy.localnet.json_types import Json, JsonObject

FaultKind = Literal["drop", "delay", "never_land", "rpc_error", "lag"]

FAULT_KINDS: Final[tuple[FaultKind, ...]] = get_args(FaultKind)

LAGGING_METHODS: Final = frozenset(
    {
        "getAccountInfo",
        "getBalance",
        "getMultipleAccounts",
        "getProgramAccounts",
        "getSignatureStatuses",
        "getSignaturesForAddress",
        "getTokenAccountBalance",
        "getTokenAccountsByOwner",
        "getTokenLargestAccounts",
        "getTokenSupply",
        "getTransaction",
    }
)
"""Reads of what transactions changed. Slots and blockhashes stay current: a node that serves
stale accounts from a cache still knows the time."""

DEFAULT_ERROR_CODE: Final = -32005
"""What a node that is behind or overloaded answers. Source: Solana's ``NodeUnhealthy``."""

MAX_DELAY_SECONDS: Final = 600.0


class FaultInvalid(ValueError):
    """The description of a fault makes no sense."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, for one method or all, some number of times or always."""

    kind: FaultKind
    method: str | None = None
    count: int | None = None
    seconds: float = 0.0
    slots: int = 0
    message: str = "injected fault"
    code: int = DEFAULT_ERROR_CODE
    http_status: int | None = None
    """Set, a ``rpc_error`` is an HTTP answer with this status instead of a JSON-RPC error."""

    def strikes(self, method: str) -> bool:
        """Say whether this fault applies to a request."""
        if self.method is not None and self.method != method:
            return False
        if self.kind == "never_land":
            return method == "sendTransaction"
        return self.kind != "lag" or method in LAGGING_METHODS

    def to_json(self) -> JsonObject:
        """Describe the fault the way it was set."""
        described: JsonObject = {"kind": self.kind, "method": self.method, "count": self.count}
        if self.kind == "delay":
            described["seconds"] = self.seconds
        if self.kind == "lag":
            described["slots"] = self.slots
        if self.kind == "rpc_error":
            described |= {"message": self.message, "code": self.code}
            described["http_status"] = self.http_status
        return described


class FaultBoard:
    """The faults now in force; none unless somebody asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Make everything work again."""
        with self._lock:
            self._faults.clear()

    def list(self) -> tuple[Fault, ...]:
        """Return the faults in force, with the counts that are left."""
        with self._lock:
            return tuple(self._faults)

    def take(self, method: str) -> dict[FaultKind, Fault]:
        """Return the faults that strike one request, at most one of a kind, and count them."""
        struck: dict[FaultKind, Fault] = {}
        if method.startswith("localnet_"):
            return struck  # the way out of a fault must always work
        with self._lock:
            left: list[Fault] = []
            for fault in self._faults:
                if fault.kind in struck or not fault.strikes(method):
                    left.append(fault)
                    continue
                struck[fault.kind] = fault
                if fault.count is None:
                    left.append(fault)
                elif fault.count > 1:
                    left.append(replace(fault, count=fault.count - 1))
            self._faults = left
        return struck


def parse_fault(described: JsonObject) -> Fault:
    """Read the parameter of ``localnet_setFault``.

    Raises:
        FaultInvalid: A field is unknown, or its value makes no sense for the kind.
    """
    known = {"kind", "method", "count", "seconds", "slots", "message", "code", "http_status"}
    unknown = set(described) - known
    if unknown:
        raise FaultInvalid(f"unknown fields: {', '.join(sorted(unknown))}")
    kind = described.get("kind")
    if kind not in FAULT_KINDS:
        raise FaultInvalid(f"kind must be one of {', '.join(FAULT_KINDS)}")
    method = described.get("method")
    if method is not None and not isinstance(method, str):
        raise FaultInvalid("method must be the name of an RPC method")
    message, code = described.get("message"), described.get("code")
    return Fault(
        kind=kind,
        method=method,
        count=_integer(described, "count", 1, 2**31),
        seconds=_seconds(described.get("seconds"), needed=kind == "delay"),
        slots=_integer(described, "slots", 1, 512, needed=kind == "lag") or 0,
        message="injected fault" if message is None else str(message),
        code=code if isinstance(code, int) else DEFAULT_ERROR_CODE,
        http_status=_integer(described, "http_status", 400, 599),
    )


def _integer(
    described: JsonObject, name: str, low: int, high: int, *, needed: bool = False
) -> int | None:
    value: Json = described.get(name)
    if value is None and not needed:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise FaultInvalid(f"{name} must be an integer from {low} to {high}")
    return value


def _seconds(value: Json, *, needed: bool) -> float:
    if value is None and not needed:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FaultInvalid("seconds must be a number")
    if not 0 <= value <= MAX_DELAY_SECONDS:
        raise FaultInvalid(f"seconds must be from 0 to {MAX_DELAY_SECONDS:g}")
    return float(value)
