"""Reading what strangers send: bounded in bytes and in time, also after decompression."""

import zlib
from collections.abc import Callable, Iterator
from typing import Final

import httpx

_ENCODINGS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""Content codings that are undone, with zlib's window; nobody was asked for any."""

_STEP_BYTES: Final = 64 * 1024
"""Decompressed at a time; a bomb is noticed before it has unfolded."""


class UnusableBodyError(Exception):
    """A body that is too large, does not end, or cannot be decoded; ``start`` is what was read."""

    def __init__(self, why: str, *, start: bytes = b"") -> None:
        super().__init__(why)
        self.start = start


async def bounded_body(response: httpx.Response, *, limit_bytes: int) -> bytes:
    """Read a streamed response to its end.

    Raises:
        UnusableBodyError: It is larger than ``limit_bytes``, or coded in a way nobody asked for.
        httpx.HTTPError: The connection broke.
    """
    inflate = _inflater(response.headers.get("content-encoding", ""))
    body = bytearray()
    async for chunk in response.aiter_raw(_STEP_BYTES):
        for piece in inflate(chunk):
            body += piece
            if len(body) > limit_bytes:
                raise UnusableBodyError(
                    f"the answer is larger than {limit_bytes:,} bytes",
                    start=bytes(body[:limit_bytes]),
                )
    return bytes(body)


def _inflater(coding: str) -> Callable[[bytes], Iterator[bytes]]:
    named = coding.strip().lower()
    if named in {"", "identity"}:
        return _plain
    if named not in _ENCODINGS:
        raise UnusableBodyError(f"the answer is coded as {named[:40]!r}")
    decoder = zlib.decompressobj(_ENCODINGS[named])

    def inflate(chunk: bytes) -> Iterator[bytes]:
        left = chunk
        while True:
            try:
                piece = decoder.decompress(left, _STEP_BYTES)
            except zlib.error as err:
                raise UnusableBodyError("the answer cannot be decompressed") from err
            yield piece
            left = decoder.unconsumed_tail
            if not left and len(piece) < _STEP_BYTES:
                return

    return inflate


def _plain(chunk: bytes) -> Iterator[bytes]:
    yield chunk
