"""Artifact store in a folder: one file a digest, written once, checked on reading."""

import asyncio
import os
import tempfile
from pathlib import Path

from domain.artifacts import ArtifactRef
from domain.errors import DataError
from domain.ids import Digest, digest_bytes


class FileArtifactStore:
    """Content-addressed files, safe for several processes on one machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, content: bytes, media_type: str) -> ArtifactRef:
        """Store ``content``; a crash leaves either the whole file or none."""
        digest = digest_bytes(content)
        await asyncio.to_thread(self._write, digest, content)
        return ArtifactRef(digest=digest, media_type=media_type, size_bytes=len(content))

    async def get(self, ref: ArtifactRef) -> bytes:
        """Return the content of ``ref``, refusing what was changed since it was stored."""
        try:
            content = await asyncio.to_thread(self.path(ref.digest).read_bytes)
        except FileNotFoundError:
            raise DataError(f"artifact {ref.digest} is not in {self._folder}") from None
        if digest_bytes(content) != ref.digest:
            raise DataError(f"artifact {ref.digest} in {self._folder} was altered")
        return content

    def path(self, digest: Digest) -> Path:
        """Where the content with ``digest`` lies."""
        return self._folder / digest[:2] / digest

    def _write(self, digest: Digest, content: bytes) -> None:
        target = self.path(digest)
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(target)
