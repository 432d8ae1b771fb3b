"""While one of a network's nodes fails, the others are asked; it is asked again when it is back."""

from collections.abc import AsyncIterator
from typing import Final

import pytest
from solana.rpc.async_api import AsyncClient

from activities.payments.rail_svm import SvmRail
from activities.payments.svm_chain import SvmChain
from activities.records.store import SqlRecords
from activities.records.watch import NodeWatch, Watch
from domain.breakers import FAILURES_TO_OPEN, FIRST_PAUSE, BreakerKind, node_key
from domain.chains import SOLANA_DEVNET, USDC_DEVNET
from domain.errors import UpstreamUnavailable
from tests.activities.payments.svm_bench import OWN, Bench, Liar, receipt
from tests.fakes.clocks import Clock

BALANCE, POSITION = "getAccountInfo", "getEpochInfo"
FIRST, SECOND = "https://first.example/v2/a-secret", "https://second.example"
DOWN: Final = "<html>busy</html>"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with Bench.open() as opened:
        yield opened


@pytest.fixture
async def failing(bench: Bench) -> AsyncIterator[Liar]:
    """A node that answers nothing that can be read, until it is told otherwise."""
    node = Liar(bench.server.rpc_url)
    for method in (BALANCE, POSITION, "getTransaction", "getLatestBlockhash"):
        node.lies[method] = lambda _: DOWN
    yield node
    await node.close()


@pytest.fixture
def watch(records: SqlRecords, clock: Clock) -> Watch:
    return Watch(records.breakers, clock=clock)


@pytest.fixture
def rail(bench: Bench, failing: Liar, watch: Watch) -> SvmRail:
    """A rail whose first node fails."""
    client = AsyncClient(failing.endpoint_uri)
    client._provider = failing
    nodes = [
        SvmChain(client, NodeWatch(watch, network=SOLANA_DEVNET, url=FIRST)),
        SvmChain(bench.client, NodeWatch(watch, network=SOLANA_DEVNET, url=SECOND)),
    ]
    return SvmRail(nodes, asset=USDC_DEVNET, signer=None)


async def fail(rail: SvmRail) -> None:
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises(UpstreamUnavailable):
            await rail.balance(OWN)


async def test_the_second_node_serves_while_the_first_is_left_alone(
    rail: SvmRail, bench: Bench, records: SqlRecords
) -> None:
    paid = receipt(await bench.land(await bench.prepared()))
    await fail(rail)

    assert (await rail.balance(OWN)).base_units > 0
    assert await rail.proves(paid)

    (breaker,) = await records.breakers.breakers()
    assert (breaker.kind, breaker.key) == (BreakerKind.RPC, node_key(SOLANA_DEVNET, FIRST))
    assert "a-secret" not in breaker.key


async def test_nothing_is_signed_while_any_node_is_left_alone(rail: SvmRail) -> None:
    assert await rail.refusal() is None

    await fail(rail)

    refusal = await rail.refusal()
    assert refusal is not None
    assert "first.example failed 3 times in a row" in refusal


async def test_a_node_that_is_back_is_noticed_by_a_small_question(
    rail: SvmRail, failing: Liar, clock: Clock, records: SqlRecords
) -> None:
    await fail(rail)
    clock.now += FIRST_PAUSE
    assert (await rail.balance(OWN)).base_units > 0
    (breaker,) = await records.breakers.breakers()
    assert breaker.opened == 2

    failing.lies.clear()
    clock.now += 2 * FIRST_PAUSE

    assert await rail.refusal() is None
    assert await records.breakers.breakers() == []


async def test_where_every_node_fails_the_first_is_asked_all_the_same(
    failing: Liar, watch: Watch
) -> None:
    client = AsyncClient(failing.endpoint_uri)
    client._provider = failing
    only = SvmChain(client, NodeWatch(watch, network=SOLANA_DEVNET, url=FIRST))
    rail = SvmRail([only], asset=USDC_DEVNET, signer=None)
    await fail(rail)
    assert await rail.refusal() is not None

    failing.lies.clear()

    assert (await rail.balance(OWN)).base_units > 0
    assert await rail.refusal() is None
