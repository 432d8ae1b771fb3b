"""A bazaar on a port of its own: counts who reads which page, and fails where it is told to."""

import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Literal, Self
from urllib.parse import parse_qs, urlsplit

from tests.fakes.bazaars import item, tool
from tests.ports import free_port

PAGES: Final = 12
PAGE_ITEMS: Final = 6

REACHED_SECONDS: Final = 120.0
"""Until a page that is waited for must have been asked for."""

Style = Literal["offset", "cursor"]


def goods(of: str) -> list[dict[str, Any]]:
    """Twelve pages: each with an item that cannot be read; a tool, a double, and another payee."""
    items: list[dict[str, Any]] = []
    for page in range(PAGES):
        items += [item(f"{of}-{page}-{number}") for number in range(PAGE_ITEMS - 1)]
        items.append({"resource": f"https://{of}-{page}.example/unreadable"})
    items[1 * PAGE_ITEMS] = tool("search")
    items[8 * PAGE_ITEMS] = item(f"{of}-0-0")
    items[9 * PAGE_ITEMS] = item(f"{of}-0-1", pay_to="Thief")
    return items


NEW: Final = PAGES * (PAGE_ITEMS - 1) - 3
"""Services among them: without the tool and the two that were listed before."""

KEPT_OUT: Final = PAGES + 1
"""An unreadable item on each page, and the other payee."""


class BazaarServer:
    """Publishes items page by page. Pages are numbered from 0."""

    def __init__(self, items: Sequence[Any], style: Style) -> None:
        self.port = free_port()
        self.asked: list[int] = []
        """Pages in the order in which they were asked for."""
        self.garbage: set[int] = set()
        """Pages that are no JSON."""
        self._items = items
        self._style = style
        self._held: int | None = None
        self._reached = threading.Event()
        self._released = threading.Event()
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        self.listen()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.vanish()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def counts(self) -> Counter[int]:
        """How often each page was asked for."""
        return Counter(self.asked)

    def listen(self) -> None:
        """Answer, at the same address as before."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def vanish(self) -> None:
        """Refuse every connection from now on, and cut the one that is held."""
        if self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._server = None
        self._released.set()

    def hold(self, page: int) -> None:
        """Leave whoever asks for a page waiting: all pages before it are written by then."""
        self._held = page
        self._released.clear()

    def wait(self) -> None:
        """Wait until the page that is held is asked for."""
        assert self._reached.wait(REACHED_SECONDS), "nobody asks for the page"

    def release(self) -> None:
        """Hold nobody any more."""
        self._held = None
        self._released.set()

    def answer(self, query: Mapping[str, Sequence[str]]) -> bytes | None:
        """What one request gets; nothing when there is nobody to answer any more."""
        page = self._page(query)
        self.asked.append(page)
        if page == self._held:
            self._reached.set()
            self._released.wait(REACHED_SECONDS)
            self._held = None
            if self._server is None:
                return None
        if page in self.garbage:
            return b"<html>come back later</html>"
        start = page * PAGE_ITEMS
        items = self._items[start : start + PAGE_ITEMS]
        return json.dumps({"items": items, "pagination": self._pagination(page)}).encode()

    def _page(self, query: Mapping[str, Sequence[str]]) -> int:
        if self._style == "cursor":
            return int(query.get("cursor", ["p0"])[0].removeprefix("p"))
        return int(query["offset"][0]) // PAGE_ITEMS

    def _pagination(self, page: int) -> dict[str, Any]:
        if self._style == "offset":
            return {"limit": PAGE_ITEMS, "offset": page * PAGE_ITEMS, "total": len(self._items)}
        more = (page + 1) * PAGE_ITEMS < len(self._items)
        return {"nextCursor": f"p{page + 1}" if more else None}


def _handler(owner: BazaarServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = owner.answer(parse_qs(urlsplit(self.path).query))
            if body is None:
                return
            try:
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except ConnectionError:
                pass  # who asked was killed meanwhile

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            pass

    return Handler
