"""What every artifact store must do, the one for tests included."""

from pathlib import Path

import pytest

from activities.artifacts.ports import ArtifactStore
from activities.artifacts.store_files import FileArtifactStore
from domain.errors import DataError
from domain.ids import digest_bytes
from tests.fakes.artifacts import FakeArtifactStore
from tests.fakes.builders import artifact


@pytest.fixture(params=["files", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactStore:
    return FileArtifactStore(tmp_path) if request.param == "files" else FakeArtifactStore()


@pytest.mark.parametrize("content", [b"", b"text", bytes(range(256)) * 1_000])
async def test_content_comes_back_under_its_own_digest(
    store: ArtifactStore, content: bytes
) -> None:
    ref = await store.put(content, "text/plain")

    assert (ref.digest, ref.media_type) == (digest_bytes(content), "text/plain")
    assert ref.size_bytes == len(content)
    assert await store.get(ref) == content


async def test_storing_twice_is_storing_once(store: ArtifactStore) -> None:
    assert await store.put(b"x", "a/b") == await store.put(b"x", "a/b")


async def test_what_is_not_there_is_a_data_error(store: ArtifactStore) -> None:
    with pytest.raises(DataError):
        await store.get(artifact())


async def test_what_was_altered_is_a_data_error(store: ArtifactStore) -> None:
    ref = await store.put(b"true", "text/plain")
    if isinstance(store, FileArtifactStore):
        store.path(ref.digest).write_bytes(b"false")
    elif isinstance(store, FakeArtifactStore):
        store.contents[ref.digest] = b"false"

    with pytest.raises(DataError, match="altered"):
        await store.get(ref)
