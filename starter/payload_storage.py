"""Keeps large payloads out of histories: a folder of files named by their digest."""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    StorageDriver,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverStoreContext,
)

from domain.errors import DataError
from domain.ids import Digest, digest_bytes

DRIVER_NAME: Final = "caravan.files"
"""Written into every history that refers to a payload here, so it can never change."""

_DIGEST: Final = "sha256"
_DIGEST_DIGITS: Final = 64
_HEXADECIMAL: Final = frozenset("0123456789abcdef")


class FilePayloadStorage(StorageDriver):
    """Content-addressed: the same payload is one file, however often a replay stores it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def name(self) -> str:
        """Name under which histories refer to this driver."""
        return DRIVER_NAME

    async def store(
        self,
        context: StorageDriverStoreContext,  # noqa: ARG002 - content alone decides the place
        payloads: Sequence[Payload],
    ) -> list[StorageDriverClaim]:
        """Store each payload durably and return where it is."""
        contents = [payload.SerializeToString(deterministic=True) for payload in payloads]
        digests = await asyncio.to_thread(self._write_all, contents)
        return [StorageDriverClaim(claim_data={_DIGEST: digest}) for digest in digests]

    async def retrieve(
        self,
        context: StorageDriverRetrieveContext,  # noqa: ARG002 - the claim says it all
        claims: Sequence[StorageDriverClaim],
    ) -> list[Payload]:
        """Return the payloads of ``claims``.

        Raises:
            DataError: A payload is missing or was altered.
        """
        digests = [Digest(claim.claim_data.get(_DIGEST, "")) for claim in claims]
        contents = await asyncio.to_thread(lambda: [self._read(digest) for digest in digests])
        return [Payload.FromString(content) for content in contents]

    def _write_all(self, contents: Sequence[bytes]) -> list[Digest]:
        return [self._write(content) for content in contents]

    def _write(self, content: bytes) -> Digest:
        digest = digest_bytes(content)
        target = self._path(digest)
        if target.exists():
            return digest
        target.parent.mkdir(parents=True, exist_ok=True)
        # A crash leaves either the whole file or none, and two writers write the same.
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(target)
        return digest

    def _read(self, digest: Digest) -> bytes:
        if len(digest) != _DIGEST_DIGITS or not set(digest) <= _HEXADECIMAL:
            raise DataError("a history refers to a stored payload without naming its digest")
        try:
            content = self._path(digest).read_bytes()
        except FileNotFoundError:
            raise DataError(
                f"payload {digest} is not in {self._folder}; this process must see the same "
                "artifact folder as the one that stored it (CARAVAN_ARTIFACTS_URL)"
            ) from None
        if digest_bytes(content) != digest:
            raise DataError(f"payload {digest} in {self._folder} was altered")
        return content

    def _path(self, digest: Digest) -> Path:
        return self._folder / digest[:2] / digest
