"""Stands between a rail and its node, and makes the node lag, lie, refuse or fall silent."""

import json
from collections.abc import Callable
from typing import Any

import httpx

Lie = Callable[[list[Any]], Any]


class Relay(httpx.AsyncBaseTransport):
    """Forwards JSON-RPC to a real node except where it was told otherwise."""

    def __init__(self) -> None:
        self._inner = httpx.AsyncHTTPTransport()
        self.asked: list[str] = []
        self.lies: dict[str, Lie] = {}
        """By method: what is answered instead."""
        self.raw: dict[str, httpx.Response | Exception] = {}
        """By method: the whole HTTP answer, or what the connection does."""
        self.lag_blocks = 0
        self._height = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        question = json.loads(await request.aread())
        method, params = question["method"], question["params"]
        self.asked.append(method)
        if (whole := self.raw.get(method)) is not None:
            if isinstance(whole, Exception):
                raise whole
            return whole
        if (lie := self.lies.get(method)) is not None:
            return _answer(lie(params))
        if not self.lag_blocks:
            return await self._forward(request, question)
        return await self._behind(request, question)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _behind(self, request: httpx.Request, question: dict[str, Any]) -> httpx.Response:
        """Answer as a node does that has not seen the last blocks."""
        height = await self._result(request, "eth_blockNumber")
        self._height = int(height, 16) - self.lag_blocks
        params = [_older(part, self._height) for part in question["params"]]
        if question["method"] == "eth_call" and isinstance(params[1], dict):
            block = await self._result(request, "eth_getBlockByHash", params[1]["blockHash"], False)
            if block is None or int(block["number"], 16) > self._height:
                return _refusal("header not found")
        forwarded = await self._forward(request, {**question, "params": params})
        found = json.loads(await forwarded.aread()).get("result")
        if isinstance(found, dict) and self._unseen(found):
            return _answer(None)
        return _answer(found)

    def _unseen(self, found: dict[str, Any]) -> bool:
        number = found.get("blockNumber", found.get("number"))
        return number is not None and int(number, 16) > self._height

    async def _result(self, request: httpx.Request, method: str, *params: Any) -> Any:
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = await self._forward(request, question)
        return json.loads(await answer.aread())["result"]

    async def _forward(self, request: httpx.Request, question: dict[str, Any]) -> httpx.Response:
        forwarded = httpx.Request("POST", request.url, json=question)
        return await self._inner.handle_async_request(forwarded)


def _older(part: Any, height: int) -> Any:
    if part in {"latest", "finalized"} if isinstance(part, str) else False:
        return hex(height)
    if isinstance(part, dict) and "toBlock" in part:
        return {**part, "toBlock": hex(min(int(part["toBlock"], 16), height))}
    return part


def _answer(result: Any) -> httpx.Response:
    return httpx.Response(200, json={"jsonrpc": "2.0", "id": 1, "result": result})


def _refusal(words: str) -> httpx.Response:
    error = {"code": -32000, "message": words}
    return httpx.Response(200, json={"jsonrpc": "2.0", "id": 1, "error": error})
