"""The layer around the honest application in which tricks are played."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deploy.services.misbehaving.exchange import Answered, Asked, Dropped
from deploy.services.misbehaving.kinds import KINDS
from deploy.services.misbehaving.knobs import State


class Wrapper:
    """Plays the tricks of the kind a request is for; everything else passes through."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._state = state
        self._kinds = {kind.path: kind for kind in KINDS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        kind = self._kinds.get(scope["path"]) if scope["type"] == "http" else None
        if kind is None:
            await self._app(scope, receive, send)
            return
        asked = Asked(kind.name, tuple(scope["headers"]), await _read(receive))
        counter = self._state.paid_requests if asked.pays else self._state.quotes
        counter[kind.name] += 1
        try:
            for trick in kind.tricks:
                instead = await trick.before(self._state, asked)
                if instead is not None:
                    await _emit(instead, receive, send)
                    return
            answered = await self._honest(scope, asked)
            if answered.settlement is not None:
                self._state.note_settlement(kind.name, answered.settlement)
            for trick in kind.tricks:
                answered = await trick.after(self._state, asked, answered)
        except Dropped:
            await _hang_up(receive)
            return
        await _emit(answered, receive, send)

    async def _honest(self, scope: Scope, asked: Asked) -> Answered:
        started: MutableMapping[str, Any] = {}
        body = bytearray()
        replies = iter([{"type": "http.request", "body": asked.body, "more_body": False}])

        async def receive() -> Message:
            message = next(replies, None)
            if message is None:
                await asyncio.Event().wait()  # the buyer stays until the answer is known
            return message or {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
            else:
                body.extend(message.get("body", b""))

        await self._app(scope, receive, send)
        return Answered(int(started["status"]), tuple(started["headers"]), bytes(body))


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body.extend(message.get("body", b""))
        if not message.get("more_body", False):
            return bytes(body)


async def _emit(answered: Answered, receive: Receive, send: Send) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": answered.status,
            "headers": list(answered.headers),
        }
    )
    if isinstance(answered.body, bytes):
        await send({"type": "http.response.body", "body": answered.body})
        return
    # To a buyer who left, sending succeeds at once and for ever: an endless body must look.
    gone = asyncio.ensure_future(receive())
    for chunk in answered.body:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await asyncio.sleep(0)
        if gone.done():
            return
    gone.cancel()
    await send({"type": "http.response.body", "body": b""})


async def _hang_up(receive: Receive) -> None:
    # ASGI cannot close a connection before an answer began; the server's own object can.
    cycle: Any = getattr(receive, "__self__", None)
    cycle.transport.abort()
    await asyncio.sleep(0.05)  # lets the server notice, so that it does not answer 500
