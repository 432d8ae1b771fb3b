"""One chain for the tests of a module; every test takes it back to where it began."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from activities.payments.evm.channels_sql import SqlChannels
from tests.activities.payments.evm.bench import FUNDS, PAYER, PRICE, Bench, SellersSide
from tests.activities.payments.evm.channel_buyer import CALL, Buyer, buyer_at
from tests.activities.payments.evm.node import EvmNode, find_anvil
from tests.activities.payments.evm.shop import Shop


@pytest.fixture(scope="module")
def running() -> Iterator[EvmNode]:
    anvil = find_anvil()
    if anvil is None:
        pytest.skip("anvil is not installed; python deploy/install.py evm")
    with EvmNode(anvil) as node:
        node.fund(PAYER.address, FUNDS)
        yield node


@pytest.fixture
def node(running: EvmNode) -> Iterator[EvmNode]:
    mark = running.ask("evm_snapshot")
    yield running
    running.ask("evm_revert", mark)


@pytest.fixture
def sellers(node: EvmNode) -> SellersSide:
    return SellersSide(node)


@pytest.fixture
async def bench(node: EvmNode) -> AsyncIterator[Bench]:
    async with Bench.open(node) as made:
        yield made


@pytest.fixture
async def shop(node: EvmNode) -> AsyncIterator[Shop]:
    opened = Shop(node, price=PRICE)
    yield opened
    await opened.close()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlChannels]:
    opened = await SqlChannels.open(f"sqlite+aiosqlite:///{tmp_path / 'channels.sqlite'}")
    yield opened
    await opened.close()


@pytest.fixture
async def buyer(bench: Bench, node: EvmNode, store: SqlChannels) -> AsyncIterator[Buyer]:
    shop = Shop(node, price=CALL)
    made = buyer_at(bench, shop, store)
    yield made
    await shop.close()
