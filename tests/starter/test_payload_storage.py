import asyncio
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.converter import (
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverStoreContext,
)

from domain.errors import DataError
from domain.ids import RequestId
from domain.names import run_workflow_id
from domain.settings import Settings
from starter.payload_storage import FilePayloadStorage
from starter.requests import Requests
from tests.starter.conftest import Working
from tests.starter.fake_shop import FakeShop
from tests.starter.test_requests import ask, priced

STORING = StorageDriverStoreContext()
READING = StorageDriverRetrieveContext()
LARGE = Payload(metadata={"encoding": b"json/plain", "other": b"1"}, data=b"x" * 200_000)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_payload_comes_back_as_it_was(tmp_path: Path) -> None:
    storage = FilePayloadStorage(tmp_path)

    claims = await storage.store(STORING, [LARGE, Payload(data=b"small")])
    back = await storage.retrieve(READING, claims)

    assert back == [LARGE, Payload(data=b"small")]


async def test_the_same_bytes_are_stored_once(tmp_path: Path) -> None:
    storage = FilePayloadStorage(tmp_path)

    first = await storage.store(STORING, [LARGE])
    again = await storage.store(STORING, [LARGE, LARGE])

    assert again == first * 2
    assert len(files(tmp_path)) == 1


async def test_a_missing_payload_says_where_it_was_expected(tmp_path: Path) -> None:
    elsewhere = FilePayloadStorage(tmp_path / "one")
    claims = await elsewhere.store(STORING, [LARGE])

    with pytest.raises(DataError, match="CARAVAN_ARTIFACTS_URL"):
        await FilePayloadStorage(tmp_path / "two").retrieve(READING, claims)


async def test_an_altered_payload_is_refused(tmp_path: Path) -> None:
    storage = FilePayloadStorage(tmp_path)
    claims = await storage.store(STORING, [LARGE])
    files(tmp_path)[0].write_bytes(b"forged")

    with pytest.raises(DataError, match="was altered"):
        await storage.retrieve(READING, claims)


@pytest.mark.parametrize("digest", ["", "../../../etc/passwd", "A" * 64, "a" * 63])
async def test_a_history_cannot_name_a_file_of_its_choice(tmp_path: Path, digest: str) -> None:
    claim = StorageDriverClaim(claim_data={"sha256": digest})

    with pytest.raises(DataError, match="without naming its digest"):
        await FilePayloadStorage(tmp_path).retrieve(READING, [claim])


async def test_a_plan_of_200_kilobytes_leaves_the_history(
    client: Client, settings: Settings, shop: FakeShop, working: Working
) -> None:
    shop.padding = "x" * 200_000
    requests = Requests(client)
    run = RequestId("large-plan-run")

    async with working(shop):
        snapshot = await priced(requests, ask(run))
        await requests.cancel(run)
        await requests.ending(run)
    history = await client.get_workflow_handle(run_workflow_id(run)).fetch_history()

    assert snapshot.plan is not None
    assert {len(str(offer.example)) for offer in snapshot.plan.offers} == {200_000}
    assert sum(event.ByteSize() for event in history.events) < 40_000
    stored = await asyncio.to_thread(files, settings.artifacts_dir / "payloads")
    assert stored
