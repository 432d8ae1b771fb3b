"""A node in front of the real one, which loses what it is told to lose."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

import httpx

How = Literal["reply-lost", "never-sent", "unknown", "garbage"]
"""Passed on and not answered; not passed on; answered with null; answered with no JSON."""


class EvmRelay:
    """One relay; it ends with its context."""

    def __init__(self, node_url: str) -> None:
        relay = self
        self._faults: list[tuple[str, How]] = []
        self._lock = threading.Lock()
        self._client = httpx.Client(base_url=node_url, timeout=20, trust_env=False)
        self.asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                relay.answer(self, self.rfile.read(int(self.headers["content-length"])))

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._client.close()

    def fail(self, method: str, how: How, *, times: int = 1) -> None:
        with self._lock:
            self._faults.extend((method, how) for _ in range(times))

    def heal(self) -> None:
        with self._lock:
            self._faults.clear()

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        question = json.loads(body)
        method = question["method"]
        with self._lock:
            self.asked.append(method)
            fault = next((f for f in self._faults if f[0] == method), None)
            if fault is not None:
                self._faults.remove(fault)
        how = fault[1] if fault is not None else None
        if how == "never-sent":
            handler.close_connection = True
            return
        content = self._client.post("", json=question).content
        if how == "reply-lost":
            handler.close_connection = True
            return
        if how == "unknown":
            content = json.dumps({"jsonrpc": "2.0", "id": question["id"], "result": None}).encode()
        if how == "garbage":
            content = b"<html>busy</html>"
        handler.send_response(200)
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)
