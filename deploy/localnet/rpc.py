"""JSON-RPC 2.0 over the chain: one body in, one body out, and what should go wrong on the way."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from deploy.localnet.chain import LocalChain
from deploy.localnet.faucet import Faucet
from deploy.localnet.faults import Fault, FaultBoard
from deploy.localnet.json_types import Json, JsonObject
from deploy.localnet.rpc_accounts import ACCOUNT_METHODS
from deploy.localnet.rpc_cluster import CLUSTER_METHODS
from deploy.localnet.rpc_context import Handlers, RpcContext
from deploy.localnet.rpc_errors import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    RpcError,
    invalid_params,
)
from deploy.localnet.rpc_history import HISTORY_METHODS
from deploy.localnet.rpc_localnet import LOCALNET_METHODS
from deploy.localnet.rpc_params import Params
from deploy.localnet.rpc_transactions import TRANSACTION_METHODS

METHODS: Final[Handlers] = {
    **ACCOUNT_METHODS,
    **CLUSTER_METHODS,
    **HISTORY_METHODS,
    **LOCALNET_METHODS,
    **TRANSACTION_METHODS,
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send back, and how badly."""

    body: Json
    delay_seconds: float = 0.0
    dropped: bool = False
    """The effect happened; the connection closes without a word."""
    http_status: int = 200


class Rpc:
    """Answers request bodies. Not re-entrant: one thread calls it."""

    def __init__(self, chain: LocalChain) -> None:
        self.chain = chain
        self.faucet = Faucet(chain)
        self.faults = FaultBoard()

    def answer(self, body: bytes) -> Answer:
        """Answer one request, or a batch of them."""
        try:
            request: Json = json.loads(body)
        except (ValueError, RecursionError):
            return Answer(error_reply(None, RpcError(PARSE_ERROR, "Parse error")))
        if not isinstance(request, list):
            return self._answer_one(request)
        if not request:
            return Answer(error_reply(None, RpcError(INVALID_REQUEST, "Invalid request")))
        return _joined([self._answer_one(entry) for entry in request])

    def _answer_one(self, request: Json) -> Answer:
        request_id = request_id_of(request)
        try:
            method, params = read_request(request)
        except RpcError as err:
            return Answer(error_reply(request_id, err))
        struck = self.faults.take(method)
        delay = struck["delay"].seconds if "delay" in struck else 0.0
        refusal = struck.get("rpc_error")
        if refusal is not None:
            return _refused(request_id, refusal, delay)
        context = RpcContext(
            self.chain,
            self.faucet,
            self.faults,
            lag_slots=struck["lag"].slots if "lag" in struck else 0,
            never_land="never_land" in struck,
        )
        return Answer(_call(context, method, params, request_id), delay, "drop" in struck)


def request_id_of(request: Json) -> Json:
    """Return what a reply must repeat; anything but text and integers is not repeated."""
    request_id = request.get("id") if isinstance(request, dict) else None
    return request_id if isinstance(request_id, str | int) else None


def read_request(request: Json) -> tuple[str, Params]:
    """Read the method and parameters of a request, or refuse what is not one."""
    if not isinstance(request, dict) or request.get("jsonrpc") != "2.0":
        raise RpcError(INVALID_REQUEST, "Invalid request")
    method, params = request.get("method"), request.get("params")
    if not isinstance(method, str):
        raise RpcError(INVALID_REQUEST, "Invalid request")
    if params is not None and not isinstance(params, list):
        raise invalid_params("`params` should be an array")
    return method, Params(params or [])


def _call(context: RpcContext, method: str, params: Params, request_id: Json) -> Json:
    handler = METHODS.get(method)
    if handler is None:
        return error_reply(request_id, RpcError(METHOD_NOT_FOUND, "Method not found"))
    try:
        return {"jsonrpc": "2.0", "result": handler(context, params), "id": request_id}
    except RpcError as err:
        return error_reply(request_id, err)
    except Exception:  # noqa: BLE001 - the server's request loop
        # One bad request must not end the chain for the others.
        _log.exception("rpc_request_failed", extra={"rpc_method": method})
        return error_reply(request_id, RpcError(INTERNAL_ERROR, "Internal error"))


def _refused(request_id: Json, fault: Fault, delay_seconds: float) -> Answer:
    if fault.http_status is not None:
        return Answer(fault.message, delay_seconds, http_status=fault.http_status)
    return Answer(error_reply(request_id, RpcError(fault.code, fault.message)), delay_seconds)


def _joined(answers: Sequence[Answer]) -> Answer:
    failing = [answer for answer in answers if answer.http_status != 200]  # noqa: PLR2004 - HTTP OK
    return Answer(
        failing[0].body if failing else [answer.body for answer in answers],
        max(answer.delay_seconds for answer in answers),
        dropped=any(answer.dropped for answer in answers),
        http_status=failing[0].http_status if failing else 200,
    )


def error_reply(request_id: Json, err: RpcError) -> JsonObject:
    """Build the reply to a request that failed."""
    return {"jsonrpc": "2.0", "error": err.to_json(), "id": request_id}
