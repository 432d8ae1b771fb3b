"""A server that speaks the Messages protocol on a local port and says what it is told to.

Not a model: it stands in for the wire only, so that the real SDK can be watched at work.
"""

import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Answer:
    """What the server sends for one request."""

    status: int = 200
    body: dict[str, Any] | str = ""
    seconds: float = 0.0
    """Pause before it is sent."""


def tool_call(name: str, given: object, *, stop_reason: str = "tool_use") -> Answer:
    block = {"type": "tool_use", "id": "toolu_1", "name": name, "input": given}
    return message([block], stop_reason=stop_reason)


def message(content: list[dict[str, Any]], *, stop_reason: str = "end_turn") -> Answer:
    usage = {
        "input_tokens": 1_000,
        "output_tokens": 200,
        "cache_creation_input_tokens": 400,
        "cache_read_input_tokens": 3_000,
    }
    return Answer(
        body={
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-5-5",
            "content": content,
            "stop_reason": stop_reason,
            "stop_sequence": None,
            "usage": usage,
        }
    )


def error(status: int, kind: str, said: str = "as told") -> Answer:
    body = {"type": "error", "error": {"type": kind, "message": said}, "request_id": "req_1"}
    return Answer(status=status, body=body)


@dataclass
class MessagesServer:
    """Gives its answers in order and keeps the requests."""

    answers: list[Answer] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"


def _handler(owner: MessagesServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            assert self.path.split("?")[0] == "/v1/messages"
            owner.requests.append(json.loads(self.rfile.read(length)))
            owner.headers.append({k.lower(): v for k, v in self.headers.items()})
            answer = owner.answers.pop(0)
            time.sleep(answer.seconds)
            is_json = isinstance(answer.body, dict)
            content = (json.dumps(answer.body) if is_json else str(answer.body)).encode()
            # A client that no longer waits is part of a test.
            with contextlib.suppress(ConnectionError):
                self.send_response(answer.status)
                self.send_header("content-type", "application/json" if is_json else "text/html")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            pass

    return Handler
