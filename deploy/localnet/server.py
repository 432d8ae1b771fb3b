"""The chain's HTTP and websocket server, and a way to run it inside another program."""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message, Receive, Scope, Send

from deploy.localnet.chain import LocalChain
from deploy.localnet.connections import CuttableProtocol
from deploy.localnet.genesis import Grant, create_fixtures, fund
from deploy.localnet.live import LiveFeed
from deploy.localnet.rpc import Rpc

MAX_BODY_BYTES: Final = 50 * 1024
"""Source: the request limit of Solana's RPC server."""

SHUTDOWN_SECONDS: Final = 1
"""How long requests in progress may finish once the server is told to stop."""

START_SECONDS: Final = 10.0
"""A server that has not started by then never will."""

_LOOPBACK_ORIGINS: Final = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"
_LOOPBACK_HOSTS: Final = ("localhost", "127.0.0.1", "[::1]")


def build_app(rpc: Rpc) -> Starlette:
    """Build the application: RPC and websocket on ``/``, liveness on ``/health``."""
    feed = LiveFeed(rpc.chain)

    async def answer(request: Request) -> Response:
        return await _answer(rpc, request)

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok", "slot": rpc.chain.slot})

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        announcer = asyncio.create_task(feed.run())
        yield
        announcer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await announcer

    return Starlette(
        routes=[
            Route("/", answer, methods=["POST"]),
            Route("/health", health),
            WebSocketRoute("/", feed.serve),
        ],
        # Pages of other origins, and names that resolve here, must not move this chain.
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=list(_LOOPBACK_HOSTS)),
            Middleware(
                CORSMiddleware,
                allow_origin_regex=_LOOPBACK_ORIGINS,
                allow_methods=["POST"],
                allow_headers=["*"],
            ),
        ],
        lifespan=lifespan,
    )


def uvicorn_config(rpc: Rpc) -> uvicorn.Config:
    """Build the server configuration both ways of running share."""
    return uvicorn.Config(
        build_app(rpc),
        http=CuttableProtocol,
        ws="websockets-sansio",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


def bind_loopback(host: str, port: int) -> socket.socket:
    """Bind a listening socket.

    Raises:
        ValueError: ``host`` is not a loopback address; the faucet and faults are for everyone.
        OSError: The port is taken.
    """
    if host not in {"127.0.0.1", "localhost", "::1"}:
        raise ValueError(f"{host} is not a loopback address; use 127.0.0.1")
    family = socket.AF_INET6 if host == "::1" else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


class LocalnetServer:
    """A chain and its server on a thread of their own, for tests and demonstrations.

    Its own thread matters: the x402 package calls RPC synchronously from async code, so a
    server on the caller's event loop would never answer.
    """

    def __init__(
        self,
        state_dir: Path | None = None,
        *,
        grants: Iterable[Grant] = (),
        manual_slots: bool = False,
        port: int = 0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.chain = LocalChain(state_dir=state_dir, manual_slots=manual_slots, now=now)
        create_fixtures(self.chain)
        fund(self.chain, grants)
        self.rpc = Rpc(self.chain)
        try:
            self._socket = bind_loopback("127.0.0.1", port)
        except OSError:
            self.chain.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        self._server = uvicorn.Server(uvicorn_config(self.rpc))
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="localnet", daemon=True
        )

    @property
    def rpc_url(self) -> str:
        """Where JSON-RPC is served."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        """Where subscriptions are served; the same port."""
        return f"ws://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Start serving and return once requests are answered."""
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("the local chain's server did not start; see its log")
            time.sleep(0.002)
        return self

    def stop(self) -> None:
        """Stop serving and release the port and the state directory."""
        self._server.should_exit = True
        self._thread.join(timeout=START_SECONDS)
        self._socket.close()
        self.chain.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Cut(Response):
    """Closes the connection instead of answering."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        client = scope.get("client")
        if client is not None:
            CuttableProtocol.cut((client[0], client[1]))
        # Returning before the server has noticed would make it send an error page.
        message: Message = {}
        while message.get("type") != "http.disconnect":
            message = await receive()


async def _answer(rpc: Rpc, request: Request) -> Response:
    # A content type that browsers may not send unasked keeps foreign pages out.
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        return PlainTextResponse(
            "Supplied content type is not allowed. Content-Type: application/json is required",
            status_code=415,
        )
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return PlainTextResponse(f"request larger than {MAX_BODY_BYTES} bytes", 413)
    answer = rpc.answer(bytes(body))
    if answer.delay_seconds:
        await asyncio.sleep(answer.delay_seconds)
    if answer.dropped:
        return _Cut()
    if answer.http_status != 200:  # noqa: PLR2004 - HTTP OK
        return PlainTextResponse(str(answer.body), status_code=answer.http_status)
    # Escaped, because a reply may repeat text that no encoding can carry.
    return Response(json.dumps(answer.body), media_type="application/json")
