"""What activities need of an artifact store."""

from typing import Protocol

from domain.artifacts import ArtifactRef


class ArtifactStore(Protocol):
    """Holds content under its own digest; the same content is stored once."""

    async def put(self, content: bytes, media_type: str) -> ArtifactRef:
        """Store ``content`` durably and return its reference."""
        ...

    async def get(self, ref: ArtifactRef) -> bytes:
        """Return the content of ``ref``.

        Raises:
            DataError: It is not there, or no longer matches its digest.
        """
        ...
