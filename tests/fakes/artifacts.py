"""Artifact store in memory."""

from domain.artifacts import JSON_MEDIA_TYPE, ArtifactRef
from domain.errors import DataError
from domain.ids import Digest, digest_bytes


class FakeArtifactStore:
    def __init__(self) -> None:
        self.contents: dict[Digest, bytes] = {}

    async def put(self, content: bytes, media_type: str) -> ArtifactRef:
        digest = digest_bytes(content)
        self.contents[digest] = content
        return ArtifactRef(digest=digest, media_type=media_type, size_bytes=len(content))

    async def put_json(self, text: str | bytes) -> ArtifactRef:
        content = text.encode() if isinstance(text, str) else text
        return await self.put(content, JSON_MEDIA_TYPE)

    async def get(self, ref: ArtifactRef) -> bytes:
        if ref.digest not in self.contents:
            raise DataError(f"artifact {ref.digest} is not in memory")
        content = self.contents[ref.digest]
        if digest_bytes(content) != ref.digest:
            raise DataError(f"artifact {ref.digest} was altered")
        return content
