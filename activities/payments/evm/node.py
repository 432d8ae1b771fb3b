"""One EVM node over JSON-RPC: whatever is not a clean answer is one error of ours."""

from collections.abc import Awaitable
from typing import Annotated, Final, TypeVar

import httpx
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    ValidationError,
)
from pydantic.alias_generators import to_camel

from activities.records.watch import NodeWatch
from domain.errors import UpstreamUnavailable

_TIMEOUT: Final = httpx.Timeout(15.0)
"""Reads of a chain's state are quick; a node that takes longer is asked again later."""

MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024
"""Read of one answer at most: 1,000 blocks of a token's logs are a few MiB."""

_OBJECT: Final = TypeAdapter(dict[str, JsonValue])
"""Not the standard library's parser, whose depth is only bounded by the interpreter's own."""

_T = TypeVar("_T")
_M = TypeVar("_M", bound=BaseModel)


def _quantity(value: object) -> int:
    if isinstance(value, str) and value.startswith("0x") and len(value) > len("0x"):
        return int(value, 16)
    raise ValueError("not a quantity")


def _data(value: object) -> bytes:
    if isinstance(value, str) and value.startswith("0x"):
        return bytes.fromhex(value[2:])
    raise ValueError("not data")


Quantity = Annotated[int, BeforeValidator(_quantity)]
"""``0x`` and digits without leading zeros. Source: Ethereum JSON-RPC, hex encoding."""

Data = Annotated[bytes, BeforeValidator(_data)]
"""``0x`` and two digits a byte. Source: Ethereum JSON-RPC, hex encoding."""

Name = Annotated[str, Field(pattern="^0x[0-9a-fA-F]{64}$")]
"""Hash of a block or a transaction."""


class Wire(BaseModel):
    """Base of what a node answers."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, extra="ignore")


class Block(Wire):
    """One block: when it was, and which one exactly."""

    number: Quantity
    timestamp: Quantity
    hash: Name


class Log(Wire):
    """One event that a contract emitted."""

    address: str
    topics: tuple[Data, ...]
    data: Data
    block_number: Quantity
    transaction_hash: Name
    log_index: Quantity
    removed: bool = False


class TxReceipt(Wire):
    """What a transaction did."""

    transaction_hash: Name
    status: Quantity
    block_number: Quantity
    block_hash: Name
    logs: tuple[Log, ...]

    @property
    def succeeded(self) -> bool:
        """Whether it had any effect at all."""
        return self.status == 1


class Transaction(Wire):
    """What a transaction asked for."""

    hash: Name
    input: Data


class EvmNode:
    """Asks one node; nothing is believed that another chain's node might have said."""

    def __init__(
        self,
        url: str,
        http: httpx.AsyncClient,
        *,
        chain_id: int,
        watch: NodeWatch | None = None,
    ) -> None:
        self._url = url
        self._watch = watch
        self._http = http
        self._chain_id = chain_id
        self._known = False

    async def refusal(self) -> str | None:
        """Why this node is left alone for now; a half-open one is asked which chain it serves."""
        return None if self._watch is None else await self._watch.refusal(self._name_chain)

    async def latest(self) -> Block:
        """The newest block."""
        return await self.block("latest")

    async def final(self, depth: int | None) -> Block:
        """A block that can no longer be undone.

        Args:
            depth: Blocks that must follow it; ``None`` takes the chain's own word for it.
        """
        if depth is None:
            return await self.block("finalized")
        latest = await self.latest()
        return latest if depth == 0 else await self.block(max(latest.number - depth, 0))

    async def block(self, which: int | str) -> Block:
        """One block by its number or tag.

        Raises:
            UpstreamUnavailable: The node does not have it; also a node that lags.
        """
        tag = hex(which) if isinstance(which, int) else which
        return _model(Block, await self._ask("eth_getBlockByNumber", tag, False))

    async def call(self, contract: str, call_data: bytes, *, at: Block | None = None) -> bytes:
        """Read from a contract.

        Args:
            contract: Its address.
            call_data: The call, encoded.
            at: State after exactly this block, which a node that lags must refuse to answer.
                Behind one address there may be many nodes. Without it, the newest block.
        """
        # EIP-1898: by its hash, so that a block of the same number on a fork cannot answer.
        state: JsonValue = (
            "latest" if at is None else {"blockHash": at.hash, "requireCanonical": True}
        )
        call: JsonValue = {"to": contract, "data": "0x" + call_data.hex()}
        answer = await self._ask("eth_call", call, state)
        try:
            return _data(answer)
        except ValueError as err:
            raise _unreadable("eth_call") from err

    async def logs(
        self, contract: str, topics: list[JsonValue], *, first: int, last: int
    ) -> tuple[Log, ...]:
        """Events of a contract in a few blocks, oldest first."""
        wanted: JsonValue = {
            "address": contract,
            "topics": topics,
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        answer = await self._ask("eth_getLogs", wanted)
        if not isinstance(answer, list):
            raise _unreadable("eth_getLogs")
        found = tuple(_model(Log, each) for each in answer)
        kept = (log for log in found if not log.removed)
        return tuple(sorted(kept, key=lambda log: (log.block_number, log.log_index)))

    async def receipt(self, transaction: str) -> TxReceipt | None:
        """What became of a transaction; ``None`` when the node does not know it."""
        answer = await self._ask("eth_getTransactionReceipt", transaction)
        return None if answer is None else _model(TxReceipt, answer)

    async def transaction(self, transaction: str) -> Transaction | None:
        """What a transaction asked for; ``None`` when the node does not know it."""
        answer = await self._ask("eth_getTransactionByHash", transaction)
        return None if answer is None else _model(Transaction, answer)

    async def _ask(self, method: str, *params: JsonValue) -> JsonValue:
        if not self._known:
            await self._name_chain()
        return await self._watched(self._exchange(method, params))

    async def _name_chain(self) -> None:
        await self._watched(self._check_chain())
        self._known = True

    async def _check_chain(self) -> None:
        answer = await self._exchange("eth_chainId", ())
        if answer != hex(self._chain_id):
            raise UpstreamUnavailable(
                f"the EVM node serves chain {answer}, wanted is {hex(self._chain_id)}; "
                "its address is set wrong"
            )

    async def _watched(self, asking: Awaitable[_T]) -> _T:
        return await (asking if self._watch is None else self._watch.over(asking))

    async def _exchange(self, method: str, params: tuple[JsonValue, ...]) -> JsonValue:
        # Never the node's address in a message: it often carries a key.
        request: dict[str, JsonValue] = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": method,
            "params": list(params),
        }
        try:
            answer = _OBJECT.validate_json(await self._post(request))
        except (httpx.HTTPError, httpx.InvalidURL) as err:
            raise UpstreamUnavailable(
                f"the EVM node did not answer {method}: {type(err).__name__}"
            ) from err
        except ValueError as err:
            raise _unreadable(method) from err
        if answer.get("id") != 1:
            raise _unreadable(method)
        if "error" in answer or "result" not in answer:
            refusal = answer.get("error")
            words = refusal.get("message") if isinstance(refusal, dict) else refusal
            raise UpstreamUnavailable(f"the EVM node refused {method}: {str(words)[:200]}")
        return answer["result"]

    async def _post(self, request: dict[str, JsonValue]) -> bytes:
        body = bytearray()
        async with self._http.stream("POST", self._url, json=request, timeout=_TIMEOUT) as answer:
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > MAX_ANSWER_BYTES:
                    raise ValueError("longer than any answer to what is asked here")
        return bytes(body)


def _model(kind: type[_M], answer: JsonValue) -> _M:
    if answer is None:
        raise UpstreamUnavailable("the EVM node does not have the block that is asked for")
    try:
        return kind.model_validate(answer)
    except ValidationError as err:
        raise _unreadable(kind.__name__) from err


def _unreadable(what: str) -> UpstreamUnavailable:
    return UpstreamUnavailable(f"the EVM node answered something unreadable to {what}")
