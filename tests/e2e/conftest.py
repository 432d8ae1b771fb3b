"""One market for all end-to-end tests; an engine of its own for each module."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from deploy.evm.anvil import find_anvil
from tests.deploy.services.stack import Stack
from tests.e2e.yard import Yard


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(tmp_path_factory.mktemp("market"), evm=find_anvil() is not None)
    try:
        made.ready()
        yield made
    finally:
        made.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def yard(market: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Yard]:
    async with Yard.open(market, tmp_path_factory.mktemp("yard")) as opened:
        yield opened
