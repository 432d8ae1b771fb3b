"""Offers that no careful buyer takes, and what becomes of one who does."""

from typing import Any

import httpx
import pytest
from solders.pubkey import Pubkey
from x402.http.clients.httpx import PaymentError
from x402.http.utils import decode_payment_required_header

from deploy.services.misbehaving.kinds import KINDS, LISTED
from deploy.services.misbehaving.offers import TAXED_MINT, TEN_YEARS_SECONDS
from domain.chains import BASE_SEPOLIA
from tests.deploy.services import taxed_mint
from tests.deploy.services.buyer import Buyer, quote, receipt
from tests.deploy.services.evm_buyer import FUNDS, EvmBuyer
from tests.deploy.services.stack import Stack
from tests.deploy.services.test_misbehaving import PRICE, Knobs

pytestmark = [
    pytest.mark.stack,
    # The package builds its chain client on a class its own dependency deprecates.
    pytest.mark.filterwarnings("ignore:.* is deprecated; use solana"),
]

TRICKED_ON_EVM = {
    "slow": 200,
    "refuse-after-payment": 500,
    "schema-breaking": 200,
    "double-challenge": 402,
    "price-raising": 200,
    "payto-changing": 200,
}
"""Sellers that take the price on the EVM chain as they do on Solana, and what they then answer."""


def offered(stack: Stack, kind: str) -> list[dict[str, Any]]:
    accepts: list[dict[str, Any]] = quote(f"{stack.misbehaving.url}/misbehaving/{kind}")["accepts"]
    return accepts


@pytest.fixture
def evm_knobs(both: Stack) -> Knobs:
    knobs = Knobs(both.misbehaving.url)
    knobs.turn(reset=True, slow_seconds=0.5)
    return knobs


def test_ninety_times_the_price_is_listed_first(stack: Stack) -> None:
    assert [accept["amount"] for accept in offered(stack, "dear-first")] == ["900000", "10000"]


async def test_who_takes_the_first_offer_pays_ninety_prices(buyer: Buyer) -> None:
    before = buyer.balance
    response = await buyer.echo("dear-first")

    assert (response.status_code, before - buyer.balance) == (200, 90 * PRICE)


async def test_the_order_of_offers_changes_and_each_can_be_taken(
    stack: Stack, buyer: Buyer
) -> None:
    orders = [[a["payTo"] for a in offered(stack, "reordering")] for _ in range(2)]
    before = buyer.balance

    assert orders[0] == orders[1][::-1]
    assert orders[0] != orders[1]
    assert [(await buyer.echo("reordering")).status_code for _ in range(2)] == [200, 200]
    assert before - buyer.balance == 2 * PRICE


def test_a_payment_is_to_stay_good_for_years(stack: Stack) -> None:
    assert offered(stack, "waits-years")[0]["maxTimeoutSeconds"] == TEN_YEARS_SECONDS


async def test_a_token_with_a_fee_is_asked_and_a_careless_buyer_pays_in_it(
    stack: Stack, buyer: Buyer
) -> None:
    accept = offered(stack, "taxed-token")[0]
    assert (accept["asset"], accept["amount"]) == (TAXED_MINT, str(PRICE))
    with pytest.raises(PaymentError):  # the package knows no such token
        await buyer.echo("taxed-token")

    seller, authority = Pubkey.from_string(accept["payTo"]), taxed_mint.make(stack.node)
    taxed_mint.open_account(stack.node, authority, seller)
    taxed_mint.open_account(stack.node, authority, buyer.pair.pubkey(), base_units=PRICE)
    buyer.allows = TAXED_MINT
    response = await buyer.echo("taxed-token")

    assert response.status_code == 200
    assert taxed_mint.held(stack.node, buyer.pair.pubkey()) == 0
    fee = PRICE * taxed_mint.FEE_BASIS_POINTS // 10_000
    assert taxed_mint.held(stack.node, seller) == PRICE - fee


async def test_a_payment_is_sent_to_another_host_that_keeps_it(stack: Stack, buyer: Buyer) -> None:
    before = buyer.balance
    response = await buyer.echo("redirecting")
    target = response.headers["location"]

    assert (response.status_code, before - buyer.balance) == (307, 0)
    assert httpx.URL(target).host == "localhost"
    assert httpx.URL(target).port == httpx.URL(stack.misbehaving.url).port
    spent_there = await buyer.buy(target.replace("localhost", "127.0.0.1"), {"text": "hi"})
    assert (spent_there.status_code, before - buyer.balance) == (500, PRICE)


def test_even_a_question_is_sent_elsewhere_when_told_so(stack: Stack) -> None:
    knobs = Knobs(stack.misbehaving.url)
    knobs.turn(redirect_mode="always")
    url = f"{stack.misbehaving.url}/misbehaving/redirecting"
    assert httpx.post(url, json={}).status_code == 307

    knobs.turn(reset=True)
    assert httpx.post(url, json={}).status_code == 402


def test_money_is_asked_in_no_way_it_could_be_paid(stack: Stack) -> None:
    assert offered(stack, "no-accepts") == []


def test_a_question_is_answered_without_end(stack: Stack) -> None:
    read = 0
    url = f"{stack.misbehaving.url}/misbehaving/endless-challenge"
    with httpx.stream("POST", url, json={"text": "hi"}) as response:
        for chunk in response.iter_bytes():
            read += len(chunk)
            if read > 5 * 1024 * 1024:
                break

    assert response.status_code == 402
    assert read > 5 * 1024 * 1024


def test_the_bazaar_is_told_of_what_can_be_read(stack: Stack) -> None:
    listed = httpx.get(f"{stack.misbehaving.url}/.well-known/x402").json()["resources"]
    health = httpx.get(f"{stack.facilitator.url}/health").json()
    roots = {root["url"]: root for root in health["roots"]}

    assert {entry["url"].rpartition("/")[2] for entry in listed} == {k.name for k in LISTED}
    assert {kind.name for kind in KINDS} - {kind.name for kind in LISTED} == {
        "no-accepts",
        "endless-challenge",
    }
    assert roots[stack.misbehaving.url]["refused"] == 0


@pytest.mark.parametrize("kind", [kind.name for kind in LISTED])
def test_everyone_is_paid_on_either_chain(both: Stack, evm_knobs: Knobs, kind: str) -> None:
    del evm_knobs
    networks = [accept["network"] for accept in offered(both, kind)]

    assert networks.count(BASE_SEPOLIA) == len(networks) / 2


@pytest.mark.parametrize(("kind", "status"), TRICKED_ON_EVM.items())
async def test_money_taken_on_evm_is_the_price(
    evm_buyer: EvmBuyer, evm_knobs: Knobs, kind: str, status: int
) -> None:
    response = await evm_buyer.echo(kind)

    assert response.status_code == status
    assert evm_buyer.balance == FUNDS - PRICE
    assert evm_knobs.counted(kind)["settlements"] == 1


async def test_a_reply_lost_on_evm_took_the_money(evm_buyer: EvmBuyer, evm_knobs: Knobs) -> None:
    with pytest.raises(PaymentError, match="disconnected"):
        await evm_buyer.echo("lost-reply")

    assert evm_buyer.balance == FUNDS - PRICE
    assert evm_knobs.counted("lost-reply")["settlements"] == 1


async def test_a_settlement_on_evm_may_be_invented(evm_buyer: EvmBuyer) -> None:
    response = await evm_buyer.echo("serves-unsettled")
    said = receipt(response)

    assert (response.status_code, said.success) == (200, True)
    assert said.network == BASE_SEPOLIA
    assert evm_buyer.chain.ask("eth_getTransactionReceipt", said.transaction) is None
    assert evm_buyer.balance == FUNDS


async def test_a_second_challenge_on_evm_is_dearer(evm_buyer: EvmBuyer, evm_knobs: Knobs) -> None:
    evm_knobs.turn(challenge_factor=7)
    response = await evm_buyer.echo("double-challenge")
    again = decode_payment_required_header(response.headers["payment-required"])

    assert int(again.accepts[0].get_amount()) == 7 * PRICE
    assert again.accepts[0].network == BASE_SEPOLIA


async def test_who_signs_for_ten_years_on_evm_has_signed_for_ten_years(
    both: Stack, evm_buyer: EvmBuyer
) -> None:
    evm = offered(both, "waits-years")[1]
    assert (evm["network"], evm["maxTimeoutSeconds"]) == (BASE_SEPOLIA, TEN_YEARS_SECONDS)

    assert (await evm_buyer.echo("waits-years")).status_code == 200
    assert evm_buyer.balance == FUNDS - PRICE


@pytest.mark.parametrize(
    ("kind", "comes"), [("refuse-after-payment-refunding", True), ("refund-promised-unpaid", False)]
)
async def test_a_promise_on_evm_is_kept_or_not(
    both: Stack, evm_buyer: EvmBuyer, evm_knobs: Knobs, kind: str, *, comes: bool
) -> None:
    url = f"{both.misbehaving.url}/misbehaving/{kind}"
    response = await evm_buyer.echo(kind)
    claim = {"transaction": receipt(response).transaction, "network": BASE_SEPOLIA}
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.post(f"{url}/refund", json=claim)
    evm_buyer.chain.ask("anvil_mine", "0x2")

    assert (response.status_code, answer.status_code) == (500, 202)
    assert evm_knobs.counted(kind)["refund_claims"] == 1
    assert evm_buyer.balance == (FUNDS if comes else FUNDS - PRICE)
