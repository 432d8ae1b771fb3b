"""Each misbehaving seller does exactly the wrong it is named after, by the chain's own account."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from x402.http.clients.httpx import PaymentError
from x402.http.utils import decode_payment_required_header

from tests.deploy.services.buyer import Buyer, quote, receipt
from tests.deploy.services.stack import Stack
from tests.deploy.services.test_refund_claims import claim

pytestmark = [
    pytest.mark.stack,
    # The package builds its chain client on a class its own dependency deprecates.
    pytest.mark.filterwarnings("ignore:.* is deprecated; use solana"),
]

PRICE = 10_000


class Knobs:
    def __init__(self, root: str) -> None:
        self._url = f"{root}/misbehaving/knobs"

    def turn(self, **changes: Any) -> None:
        httpx.post(self._url, json=changes).raise_for_status()

    def counted(self, kind: str) -> dict[str, int]:
        found: dict[str, int] = httpx.get(self._url).json()["counters"][kind]
        return found


@pytest.fixture
def knobs(stack: Stack) -> Iterator[Knobs]:
    made = Knobs(stack.misbehaving.url)
    made.turn(reset=True)
    yield made
    made.turn(reset=True)


async def spent(buyer: Buyer, kind: str) -> tuple[httpx.Response, int]:
    before = buyer.balance
    response = await buyer.echo(kind)
    return response, before - buyer.balance


async def test_slow_delivers_late(buyer: Buyer, knobs: Knobs) -> None:
    knobs.turn(slow_seconds=1.2)
    start = time.monotonic()
    response, cost = await spent(buyer, "slow")

    assert time.monotonic() - start > 1.2
    assert (response.status_code, cost) == (200, PRICE)


async def test_flaky_fails_unpaid_and_then_delivers(buyer: Buyer, knobs: Knobs) -> None:
    knobs.turn(flaky_failures=2)
    outcomes = [await spent(buyer, "flaky") for _ in range(3)]

    assert [(r.status_code, cost) for r, cost in outcomes] == [(500, 0), (500, 0), (200, PRICE)]
    assert knobs.counted("flaky")["settlements"] == 1


async def test_down_answers_nobody_and_comes_back(buyer: Buyer, knobs: Knobs) -> None:
    knobs.turn(down=True)
    response, cost = await spent(buyer, "down")
    assert (response.status_code, cost) == (503, 0)

    knobs.turn(down=False)
    response, cost = await spent(buyer, "down")
    assert (response.status_code, cost) == (200, PRICE)


@pytest.mark.parametrize("status", [400, 401, 500])
async def test_refuse_after_payment_keeps_the_money(
    buyer: Buyer, knobs: Knobs, status: int
) -> None:
    knobs.turn(refuse_status=status)
    response, cost = await spent(buyer, "refuse-after-payment")

    assert (response.status_code, cost) == (status, PRICE)
    assert receipt(response).success
    knobs.turn(keep_receipt=False)
    response, cost = await spent(buyer, "refuse-after-payment")
    assert "payment-response" not in response.headers
    assert cost == PRICE


async def test_refuse_and_refund_gives_the_money_back(
    stack: Stack, buyer: Buyer, knobs: Knobs
) -> None:
    kind = "refuse-after-payment-refunding"
    before = buyer.balance
    response, cost = await spent(buyer, kind)
    assert (response.status_code, cost) == (500, PRICE)
    desk = quote(f"{stack.misbehaving.url}/misbehaving/{kind}")["extensions"]["refund"]["info"]

    assert claim(desk["url"], receipt(response).transaction).status_code == 202
    assert buyer.balance == before
    assert knobs.counted(kind)["refund_claims"] == 1


async def test_a_promised_refund_may_never_come(stack: Stack, buyer: Buyer, knobs: Knobs) -> None:
    kind = "refund-promised-unpaid"
    response, cost = await spent(buyer, kind)
    desk = quote(f"{stack.misbehaving.url}/misbehaving/{kind}")["extensions"]["refund"]["info"]
    before = buyer.balance
    answer = claim(desk["url"], receipt(response).transaction)

    assert cost == PRICE
    assert answer.status_code == 202
    assert stack.node.chain.outcome(answer.json()["refundTransaction"]) is None
    assert buyer.balance == before
    assert knobs.counted(kind)["refund_claims"] == 1


async def test_refunding_delivers_and_refunds(stack: Stack, buyer: Buyer, knobs: Knobs) -> None:
    before = buyer.balance
    response, cost = await spent(buyer, "refunding")
    desk = f"{stack.misbehaving.url}/misbehaving/refunding/refund"

    assert (response.status_code, response.json(), cost) == (200, {"text": "hi"}, PRICE)
    assert knobs.counted("refunding")["settlements"] == 1
    assert claim(desk, receipt(response).transaction).status_code == 202
    assert buyer.balance == before


def amounts(stack: Stack, count: int) -> list[int]:
    url = f"{stack.misbehaving.url}/misbehaving/price-raising"
    return [int(quote(url)["accepts"][0]["amount"]) for _ in range(count)]


def test_the_price_rises_with_each_quote(stack: Stack, knobs: Knobs) -> None:
    knobs.turn(price_step_percent=50, price_mode="each-quote")

    assert amounts(stack, 3) == [10_000, 15_000, 20_000]


def test_the_price_rises_after_the_first_quote(stack: Stack, knobs: Knobs) -> None:
    knobs.turn(price_step_percent=300, price_mode="after-first")

    assert amounts(stack, 3) == [10_000, 40_000, 40_000]


async def test_a_quoted_price_can_be_paid_and_a_price_raised_on_payment_cannot(
    buyer: Buyer, knobs: Knobs
) -> None:
    _, cost = await spent(buyer, "price-raising")
    assert cost == PRICE

    knobs.turn(price_mode="on-payment")
    response, cost = await spent(buyer, "price-raising")
    assert (response.status_code, cost) == (402, 0)
    again = decode_payment_required_header(response.headers["payment-required"])
    assert int(again.accepts[0].get_amount()) > PRICE


async def test_who_is_paid_changes_between_quotes(stack: Stack, buyer: Buyer, knobs: Knobs) -> None:
    url = f"{stack.misbehaving.url}/misbehaving/payto-changing"
    first, second = (quote(url)["accepts"][0]["payTo"] for _ in range(2))
    assert first != second

    before = {address: stack.node.usdc(address) for address in (first, second)}
    _, cost = await spent(buyer, "payto-changing")
    assert cost == PRICE
    gained = [stack.node.usdc(address) - before[address] for address in (first, second)]
    assert gained == [PRICE, 0]
    knobs.turn(pay_to_mode="on-payment")
    response, cost = await spent(buyer, "payto-changing")
    assert (response.status_code, cost) == (402, 0)


async def test_a_broken_answer_is_paid_for(buyer: Buyer, knobs: Knobs) -> None:
    response, cost = await spent(buyer, "schema-breaking")

    assert not isinstance(response.json()["text"], str)
    assert cost == PRICE
    assert knobs.counted("schema-breaking")["settlements"] == 1


async def test_an_oversized_answer_is_as_long_as_it_was_told(buyer: Buyer, knobs: Knobs) -> None:
    knobs.turn(oversized_mebibytes=3)
    response, cost = await spent(buyer, "oversized")

    assert len(response.content) > 3 * 1024 * 1024
    assert cost == PRICE


async def test_an_endless_answer_does_not_end_by_itself(
    stack: Stack, buyer: Buyer, knobs: Knobs
) -> None:
    knobs.turn(oversized_mebibytes=0)
    url, read = f"{stack.misbehaving.url}/misbehaving/oversized", 0
    async with buyer.client() as client, client.stream("POST", url, json={"text": "hi"}) as answer:
        async for chunk in answer.aiter_bytes():
            read += len(chunk)
            if read > 20 * 1024 * 1024:
                break

    assert read > 20 * 1024 * 1024


async def test_a_lost_reply_took_the_money(buyer: Buyer, knobs: Knobs) -> None:
    before = buyer.balance
    with pytest.raises(PaymentError, match="disconnected"):
        await buyer.echo("lost-reply")

    assert before - buyer.balance == PRICE
    assert knobs.counted("lost-reply")["settlements"] == 1


async def test_a_claimed_settlement_may_not_exist(stack: Stack, buyer: Buyer, knobs: Knobs) -> None:
    response, cost = await spent(buyer, "serves-unsettled")

    assert response.status_code == 200
    assert receipt(response).success
    assert stack.node.chain.outcome(receipt(response).transaction) is None
    assert cost == 0
    assert knobs.counted("serves-unsettled")["settlements"] == 0


async def test_a_second_challenge_comes_after_the_money_went(buyer: Buyer, knobs: Knobs) -> None:
    knobs.turn(challenge_factor=3)
    response, cost = await spent(buyer, "double-challenge")
    again = decode_payment_required_header(response.headers["payment-required"])

    assert response.status_code == 402
    assert int(again.accepts[0].get_amount()) == 3 * PRICE
    assert cost == PRICE
    assert knobs.counted("double-challenge")["settlements"] == 1


def test_unknown_knobs_are_refused(stack: Stack, knobs: Knobs) -> None:
    del knobs
    url = f"{stack.misbehaving.url}/misbehaving/knobs"

    assert httpx.post(url, json={"speed": 9}).status_code == 422
