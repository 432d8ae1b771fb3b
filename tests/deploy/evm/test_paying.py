"""The unmodified x402 package, buyer, seller and facilitator, paying on the local EVM chain.

It shows that the package finds here what it expects. The contracts are doubles: what a public
network's own contracts would answer, it does not show.
"""

from collections.abc import Iterator

import pytest
from x402.mechanisms.evm.batch_settlement.constants import BATCH_SETTLEMENT_ADDRESS
from x402.mechanisms.evm.constants import PERMIT2_ADDRESS

from tests.deploy.evm.chain import EvmNode
from tests.deploy.evm.market import PRICE, Market
from tests.deploy.evm.token import allowance

DEPOSIT = 10 * PRICE


@pytest.fixture
def market(node: EvmNode) -> Iterator[Market]:
    made = Market(node)
    yield made
    made.close()


def held(market: Market) -> int:
    return market.node.balance(BATCH_SETTLEMENT_ADDRESS)


async def test_a_fixed_price_is_paid_to_the_seller(market: Market) -> None:
    result = await market.buy("exact")

    assert result.success
    assert market.spent == market.received == PRICE
    found = market.node.local.ask("eth_getTransactionReceipt", result.transaction)
    assert found["status"] == "0x1"


@pytest.mark.parametrize("charge", [PRICE, PRICE // 4, 1])
async def test_no_more_is_taken_than_was_charged(market: Market, charge: int) -> None:
    market.allow_permit2()
    market.charge = charge

    assert (await market.buy("upto")).success

    assert market.spent == market.received == charge


async def test_nothing_charged_moves_nothing(market: Market) -> None:
    market.allow_permit2()
    market.charge = 0

    result = await market.buy("upto")

    assert (result.success, result.transaction) == (True, "")
    assert market.spent == 0


async def test_a_permit_stands_in_for_the_allowance(market: Market) -> None:
    assert allowance(market.node, market.buyer.address, PERMIT2_ADDRESS) == 0
    market.charge = PRICE // 2

    assert (await market.buy("upto")).success

    assert market.spent == market.received == PRICE // 2


async def test_one_deposit_covers_ten_vouchers_and_the_claim_pays_the_seller(
    market: Market,
) -> None:
    before = held(market)

    results = [await market.buy("batch-settlement") for _ in range(10)]

    assert [bool(each.transaction) for each in results] == [True] + [False] * 9
    assert market.spent == held(market) - before == DEPOSIT
    await market.manager().claim()
    assert market.received == DEPOSIT
    assert held(market) == before


async def test_a_refund_returns_the_rest_and_keeps_what_was_earned(market: Market) -> None:
    before = held(market)
    for _ in range(3):
        await market.buy("batch-settlement")

    result = await market.refund()

    assert result.success
    assert result.amount == str(7 * PRICE)
    assert market.spent == 3 * PRICE
    assert market.received == 3 * PRICE
    assert held(market) == before


async def test_a_claim_twice_or_a_settlement_of_nothing_moves_nothing(market: Market) -> None:
    await market.buy("batch-settlement")
    manager = market.manager()
    await manager.claim()

    assert await manager.claim() == []
    with pytest.raises(RuntimeError, match="nothing"):
        await manager.settle()
    assert market.received == PRICE
