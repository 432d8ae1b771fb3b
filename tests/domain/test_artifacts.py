"""References to stored content."""

import pytest
from pydantic import ValidationError

from domain.artifacts import ArtifactRef
from domain.ids import digest_bytes


def test_a_reference_survives_json() -> None:
    ref = ArtifactRef(digest=digest_bytes(b"x"), media_type="text/plain", size_bytes=1)

    assert ArtifactRef.model_validate_json(ref.model_dump_json()) == ref


def test_no_content_is_smaller_than_nothing() -> None:
    with pytest.raises(ValidationError):
        ArtifactRef(digest=digest_bytes(b""), media_type="text/plain", size_bytes=-1)
