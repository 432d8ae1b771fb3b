"""Calls that go on to their end when their caller is called off."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from types import CoroutineType
from typing import Any, ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


def finished(
    method: Callable[_P, Coroutine[Any, Any, _T]],
) -> "Callable[_P, CoroutineType[Any, Any, _T]]":
    """Let a transaction end before its caller's cancellation goes on.

    A connection cut off inside a statement keeps SQLite's write lock until Python happens to
    collect it, and until then nobody can record a payment.
    """

    @wraps(method)
    async def run(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        doing = asyncio.ensure_future(method(*args, **kwargs))
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            await asyncio.wait([doing])
            if not doing.cancelled():
                doing.exception()  # looked at, so that nothing warns of it; the caller is gone
            raise

    return run  # type: ignore[return-value]  # it is one; mypy sees only what it awaits
