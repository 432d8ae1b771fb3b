"""A local port that answers as told: whole bodies, event streams, slow ones, broken ones.

Not a model: it stands in for the wire only, so that the real SDKs can be watched at work.
"""

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Answer:
    """What the server sends for one request."""

    status: int = 200
    body: dict[str, Any] | str = ""
    seconds: float = 0.0
    """Pause before it is sent."""
    headers: tuple[tuple[str, str], ...] = ()
    events: tuple[str, ...] | None = None
    """Parts of an event stream, sent one by one instead of the body."""
    event_seconds: float = 0.0
    """Pause before each part."""
    reset: bool = False
    """Cut the connection when all was sent."""
    endless: str = ""
    """Sent over and over until nobody listens."""

    def with_events(self, *events: str) -> "Answer":
        return replace(self, events=events)


Reply = Answer | Callable[[dict[str, Any]], Answer]
"""An answer, or what makes one of the request."""


@dataclass
class WireServer:
    """Gives its answers in order and keeps the requests."""

    path: str
    answers: list[Reply] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"


def _handler(owner: WireServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            assert self.path.split("?")[0] == owner.path
            asked = json.loads(self.rfile.read(length))
            owner.requests.append(asked)
            owner.headers.append({k.lower(): v for k, v in self.headers.items()})
            found = owner.answers.pop(0)
            answer = found(asked) if callable(found) else found
            owner.stopping.wait(answer.seconds)
            # A client that no longer waits is part of a test.
            with contextlib.suppress(ConnectionError):
                self.send_response(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                _send_body(self, answer) if answer.events is None else self._stream(answer)
            self.close_connection = True

        def _stream(self, answer: Answer) -> None:
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            for event in _parts(owner, answer):
                if owner.stopping.wait(answer.event_seconds):
                    return
                self.wfile.write(event.encode())
                self.wfile.flush()
            if answer.reset:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            pass

    return Handler


def _parts(owner: WireServer, answer: Answer) -> Iterable[str]:
    yield from answer.events or ()
    while answer.endless and not owner.stopping.is_set():
        yield answer.endless


def _send_body(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    is_json = isinstance(answer.body, dict)
    content = (json.dumps(answer.body) if is_json else str(answer.body)).encode()
    handler.send_header("content-type", "application/json" if is_json else "text/html")
    handler.send_header("content-length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)
