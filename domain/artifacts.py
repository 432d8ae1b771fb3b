"""References to stored content: what travels through histories instead of the content."""

from pydantic import BaseModel, ConfigDict, Field

from domain.ids import Digest


class ArtifactRef(BaseModel):
    """Content held by the artifact store under its own digest."""

    model_config = ConfigDict(frozen=True)

    digest: Digest
    media_type: str
    size_bytes: int = Field(ge=0)


JSON_MEDIA_TYPE = "application/json"
"""Media type of every value that expressions can look into."""
