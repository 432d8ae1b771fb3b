"""A relay between two parties of a payment that can do to one request what networks do."""

import asyncio
import contextlib
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from deploy.localnet.connections import CuttableProtocol
from deploy.localnet.server import bind_loopback

FORWARD_SECONDS: Final = 100.0
"""More than a seller ever takes, so that the relay itself never loses an answer by accident."""

START_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 0.01

_NOT_PASSED_ON: Final = frozenset(
    {
        *("accept-encoding", "connection", "content-encoding", "content-length", "host"),
        *("date", "keep-alive", "server", "transfer-encoding"),
    }
)
"""Headers that belong to one connection, or that the next hop writes itself."""


@dataclass(frozen=True)
class Passing:
    """One request on its way."""

    request: Request
    body: bytes
    upstream: str
    client: httpx.AsyncClient

    @property
    def pays(self) -> bool:
        """Whether a buyer sends money with it."""
        return "payment-signature" in self.request.headers

    async def forward(self) -> Response:
        """Have the other side do what it says, and return the answer."""
        answer = await self.client.request(
            self.request.method,
            f"{self.upstream}{self.request.url.path}",
            params=self.request.query_params,
            headers=_passed_on(self.request.headers.items()),
            content=self.body,
        )
        passed = _passed_on(answer.headers.multi_items())
        return Response(answer.content, answer.status_code, headers=passed)

    async def sender_gone(self) -> None:
        """Wait until the sender closes the connection."""
        while (await self.request.receive())["type"] != "http.disconnect":
            pass


Strike = Callable[[Passing], Awaitable[Response]]
"""What to do with a request instead of only passing it on."""


@dataclass(frozen=True)
class Aim:
    """One fault in wait for one request."""

    at: Callable[[Passing], bool]
    strike: Strike


class Relay:
    """Passes everything on, except the first request that the armed fault is aimed at.

    It serves on a thread of its own: the plain client blocks its event loop while it reads the
    chain, and the relay must not stand still with it.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self._aim: Aim | None = None
        self._call = 0
        self._under_way: Counter[int] = Counter()
        self._socket = bind_loopback("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        app = Starlette(
            routes=[Route("/{path:path}", self._answer, methods=["GET", "POST"])],
            lifespan=self._lifespan,
        )
        config = uvicorn.Config(
            app, http=CuttableProtocol, log_level="critical", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)

    @contextlib.contextmanager
    def serving(self) -> Iterator["Relay"]:
        """Serve until the block ends."""
        thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if time.monotonic() > deadline:
                raise RuntimeError("the relay does not start")
            time.sleep(LOOK_SECONDS)
        try:
            yield self
        finally:
            self._server.should_exit = True
            thread.join(timeout=START_SECONDS)
            self._socket.close()

    def begin_call(self) -> None:
        """Forget the former call's fault, and count requests for the next call."""
        self._aim = None
        self._call += 1

    def arm(self, aim: Aim) -> None:
        """Lie in wait for one request."""
        self._aim = aim

    @property
    def struck(self) -> bool:
        """Whether no fault is waiting any more."""
        return self._aim is None

    async def quiet(self) -> None:
        """Wait until no request of this call is under way."""
        while self._under_way[self._call]:
            await asyncio.sleep(LOOK_SECONDS)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(trust_env=False, timeout=FORWARD_SECONDS) as client:
            self._client = client
            yield

    async def _answer(self, request: Request) -> Response:
        call = self._call
        self._under_way[call] += 1
        try:
            passing = Passing(request, await request.body(), self._upstream, self._client)
            aim = self._aim
            if aim is None or not aim.at(passing):
                return await passing.forward()
            self._aim = None
            return await aim.strike(passing)
        except httpx.HTTPError as err:
            return JSONResponse({"error": repr(err)}, HTTPStatus.BAD_GATEWAY)
        finally:
            self._under_way[call] -= 1


class Cut(Response):
    """Closes the connection instead of answering."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host, port = scope["client"]
        CuttableProtocol.cut((host, port))
        # Returning before the server has noticed would make it send an error page.
        while (await receive())["type"] != "http.disconnect":
            pass


def _passed_on(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: value for name, value in headers if name.lower() not in _NOT_PASSED_ON}
