"""The websocket side of the server: one session per connection, fed by the chain."""

import asyncio
import json

from starlette.websockets import WebSocket, WebSocketDisconnect

from deploy.localnet.chain import LocalChain
from deploy.localnet.json_types import Json, JsonObject
from deploy.localnet.records import Change
from deploy.localnet.rpc import error_reply, read_request, request_id_of
from deploy.localnet.rpc_errors import PARSE_ERROR, RpcError
from deploy.localnet.subscriptions import Session

SLOT_POLL_SECONDS = 0.05
"""A slot is announced at most this late; slots take 0.4 s."""

MAX_QUEUED_MESSAGES = 10_000
"""A client that reads slower than the chain moves is disconnected, as on a node."""


class LiveFeed:
    """Every open websocket, on one event loop."""

    def __init__(self, chain: LocalChain) -> None:
        self._chain = chain
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connections: set[_Connection] = set()
        chain.on_change(self._from_chain)

    async def run(self) -> None:
        """Announce slots until cancelled; the loop this runs on serves the connections."""
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                slot = self._chain.slot
                for connection in list(self._connections):
                    connection.push(connection.session.on_slot(slot))
                await asyncio.sleep(SLOT_POLL_SECONDS)
        finally:
            self._loop = None

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one connection until it closes."""
        await websocket.accept()
        connection = _Connection(Session(self._chain))
        self._connections.add(connection)
        writer = asyncio.create_task(connection.write_to(websocket))
        try:
            while True:
                connection.receive(await _read(websocket))
        except WebSocketDisconnect:
            pass
        finally:
            self._connections.discard(connection)
            writer.cancel()

    def _from_chain(self, change: Change) -> None:
        # The chain may change on any thread; sessions live on the server's loop.
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._publish, change)

    def _publish(self, change: Change) -> None:
        for connection in list(self._connections):
            connection.push(connection.session.on_change(change))


class _Connection:
    """A session and what waits to be sent to it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._outbox: asyncio.Queue[Json] = asyncio.Queue(MAX_QUEUED_MESSAGES)
        self._overrun = False

    def push(self, messages: list[JsonObject]) -> None:
        """Queue messages in order."""
        for message in messages:
            self._put(message)

    def receive(self, text: str) -> None:
        """Answer what a client sent: one request, or a batch."""
        try:
            request: Json = json.loads(text)
        except (ValueError, RecursionError):
            self._put(error_reply(None, RpcError(PARSE_ERROR, "Parse error")))
            return
        entries = request if isinstance(request, list) else [request]
        answered = [self._answer(entry) for entry in entries]
        replies: list[Json] = [reply for reply, _ in answered]
        self._put(replies if isinstance(request, list) else replies[0])
        for _, notices in answered:
            self.push(notices)

    async def write_to(self, websocket: WebSocket) -> None:
        """Send what is queued until cancelled."""
        while not self._overrun:
            await websocket.send_text(json.dumps(await self._outbox.get()))
        await websocket.close(code=1008)

    def _answer(self, request: Json) -> tuple[JsonObject, list[JsonObject]]:
        request_id = request_id_of(request)
        try:
            method, params = read_request(request)
            result, notices = self.session.answer(method, params)
        except RpcError as err:
            return error_reply(request_id, err), []
        return {"jsonrpc": "2.0", "result": result, "id": request_id}, notices

    def _put(self, message: Json) -> None:
        if self._outbox.full():
            self._overrun = True
            return
        self._outbox.put_nowait(message)


async def _read(websocket: WebSocket) -> str:
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    text, data = message.get("text"), message.get("bytes")
    return text if text is not None else (data or b"").decode(errors="replace")
