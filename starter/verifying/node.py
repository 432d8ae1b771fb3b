"""A node of any chain, asked one question at a time over JSON-RPC."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx

from domain.errors import UpstreamUnavailable

_SECONDS: Final = 20.0

_MAX_ANSWER_BYTES: Final = 32 * 1024 * 1024
"""A transaction's answer is far below it."""


class Node:
    """Every failure to answer is one error: nothing was learnt."""

    def __init__(self, http: httpx.Client, url: str) -> None:
        self._http = http
        self._url = url

    def ask(self, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON, read by the caller
        """Return the node's result.

        Raises:
            UpstreamUnavailable: It did not answer, or with an error.
        """
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        try:
            answer = self._http.post(self._url, json=body)
            answer.raise_for_status()
            if len(answer.content) > _MAX_ANSWER_BYTES:
                raise UpstreamUnavailable(f"the node's answer to {method} is too large")
            found: Any = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as err:
            # Without the address, which often carries a key.
            raise UpstreamUnavailable(
                f"the node did not answer {method}: {type(err).__name__}"
            ) from err
        if not isinstance(found, dict) or "result" not in found:
            problem = found.get("error") if isinstance(found, dict) else None
            words = problem.get("message") if isinstance(problem, dict) else "no result"
            raise UpstreamUnavailable(f"the node refused {method}: {str(words)[:200]}")
        return found["result"]


@contextmanager
def nodes() -> Iterator[httpx.Client]:
    """The connection that nodes share."""
    with httpx.Client(timeout=_SECONDS, headers={"User-Agent": "caravan"}) as http:
        yield http


@contextmanager
def readable(method: str) -> Iterator[None]:
    """Take an answer apart; one in another shape than it must have taught nothing.

    Raises:
        UpstreamUnavailable: It has another shape.
    """
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as err:
        raise UpstreamUnavailable(f"the node's answer to {method} is unreadable") from err
