"""Sellers on the wire: what they send is bounded, and no payment goes where nobody approved."""

import base64
import gzip
import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from activities.payments import seller_http
from activities.payments.exchanges import Answer, Challenge, SignedPayment
from activities.payments.seller_http import HttpSeller
from domain.catalogue import RefundOffer
from domain.chains import SOLANA_DEVNET, USDC_DEVNET
from domain.errors import (
    AddressForbidden,
    EngineError,
    OfferRefused,
    PaymentUnconfirmed,
    UpstreamUnavailable,
)
from domain.limits import MAX_RESPONSE_BYTES
from domain.purchases import Order
from tests.activities.payments.wire_server import endless, http, serving
from tests.fakes.builders import receipt

OK_START = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
ENDLESS_START = OK_START + b"connection: close\r\n\r\n"
ACCEPT = {
    "scheme": "exact",
    "network": SOLANA_DEVNET,
    "asset": USDC_DEVNET.address,
    "amount": "50000",
    "payTo": "seller",
    "maxTimeoutSeconds": 60,
    "extra": {"feePayer": "payer"},
}
SIGNED = SignedPayment(
    x402_version=2, accepted=ACCEPT, resource=None, extensions=None, payload={"transaction": "AA"}
)


def encoded(document: dict[str, Any]) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


def order(url: str, method: str = "POST", **arguments: Any) -> Order:
    return Order(
        method=method,
        url=url,
        arguments=arguments,
        output_schema={},
        media_type="application/json",
    )


@pytest.fixture
async def seller() -> AsyncIterator[HttpSeller]:
    made = HttpSeller(allow_private_hosts=True)
    yield made
    await made.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_ASK_TIMEOUT", "_PAY_TIMEOUT"):
        monkeypatch.setattr(seller_http, name, httpx.Timeout(0.4))


async def test_a_402_is_read_and_nothing_is_paid(seller: HttpSeller) -> None:
    asks = http(402, payment_required=encoded({"x402Version": 2, "accepts": [ACCEPT]}))
    async with serving(asks) as server:
        found = await seller.ask(order(server.url, place="Oslo"))

    assert isinstance(found, Challenge)
    assert [demand.raw for demand in found.demands] == [ACCEPT]
    assert b'{"place":"Oslo"}' in server.requests[0]
    assert b"payment-signature" not in server.requests[0].lower()


async def test_a_402_that_names_no_way_to_pay_is_read_as_such(seller: HttpSeller) -> None:
    async with serving(http(402)) as server:
        found = await seller.ask(order(server.url))

    assert isinstance(found, Challenge)
    assert found.demands == ()


async def test_a_redirect_of_the_unpaid_request_is_named_and_not_followed(
    seller: HttpSeller,
) -> None:
    asks = http(402, payment_required=encoded({"x402Version": 2, "accepts": [ACCEPT]}))
    async with serving(asks) as other:
        moved = http(307, location=other.url.replace("127.0.0.1", "localhost"))
        async with serving(moved) as server:
            with pytest.raises(AddressForbidden, match="redirects to localhost"):
                await seller.ask(order(server.url))

    assert other.requests == []


async def test_a_redirect_takes_no_payment_along(seller: HttpSeller) -> None:
    async with serving(http(200)) as other, serving(http(302, location=other.url)) as server:
        answer = await seller.pay(order(server.url), SIGNED)

    assert not answer.delivered
    assert "redirects to 127.0.0.1" in answer.reason
    assert other.requests == []


@pytest.mark.parametrize("location", ["", "//", "http://[", "\\\\evil", "http://a:b:c/"])
async def test_a_redirect_to_nonsense_is_still_none(seller: HttpSeller, location: str) -> None:
    async with serving(http(308, location=location)) as server:
        with pytest.raises(AddressForbidden):
            await seller.ask(order(server.url))


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
async def test_a_seller_in_trouble_is_asked_again_later(seller: HttpSeller, status: int) -> None:
    async with serving(http(status)) as server:
        with pytest.raises(UpstreamUnavailable, match=str(status)):
            await seller.ask(order(server.url))


async def test_a_seller_that_refuses_the_request_is_not_paid(seller: HttpSeller) -> None:
    async with serving(http(405)) as server:
        with pytest.raises(OfferRefused, match="405"):
            await seller.ask(order(server.url))


async def test_an_endless_paid_body_is_cut_off_and_its_beginning_kept(seller: HttpSeller) -> None:
    said = {"success": True, "transaction": "tx"}
    start = OK_START + f"payment-response: {encoded(said)}\r\n\r\n".encode()
    async with serving(endless(start, b"x" * 65_536)) as server:
        answer = await seller.pay(order(server.url), SIGNED)

    assert not answer.delivered
    assert "larger than" in answer.reason
    assert len(answer.body) == MAX_RESPONSE_BYTES
    assert answer.claimed_transaction == "tx"
    assert answer.settlement == said


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(b"\0" * 60_000_000)),
        ("deflate", zlib.compress(b"\0" * 60_000_000)),
    ],
)
async def test_a_small_body_that_unfolds_without_end_is_cut_off(
    seller: HttpSeller, coding: str, packed: bytes
) -> None:
    async with serving(http(200, packed, content_encoding=coding)) as server:
        answer = await seller.pay(order(server.url), SIGNED)

    assert not answer.delivered
    assert len(answer.body) == MAX_RESPONSE_BYTES


async def test_a_packed_body_is_read_whole(seller: HttpSeller) -> None:
    goods = json.dumps({"text": "x" * 300_000}).encode()
    async with serving(http(200, gzip.compress(goods), content_encoding="gzip")) as server:
        answer = await seller.pay(order(server.url), SIGNED)

    assert answer.delivered
    assert answer.body == goods


@pytest.mark.parametrize(("coding", "body"), [("br", b"x"), ("gzip", b"not packed")])
async def test_a_body_that_cannot_be_unpacked_is_no_delivery(
    seller: HttpSeller, coding: str, body: bytes
) -> None:
    async with serving(http(200, body, content_encoding=coding)) as server:
        answer = await seller.pay(order(server.url), SIGNED)

    assert not answer.delivered
    assert answer.status == 200


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nx: ", ENDLESS_START])
async def test_a_drip_ends_although_each_byte_comes_in_time(
    seller: HttpSeller, start: bytes
) -> None:
    async with serving(endless(start, b"x", pause=0.05)) as server:
        with pytest.raises(UpstreamUnavailable):
            await seller.ask(order(server.url))
        with pytest.raises(PaymentUnconfirmed):
            await seller.pay(order(server.url), SIGNED)


async def test_endless_headers_end(seller: HttpSeller) -> None:
    async with serving(endless(b"HTTP/1.1 200 OK\r\n", b"x-more: " + b"y" * 8_000 + b"\r\n")) as at:
        with pytest.raises(UpstreamUnavailable):
            await seller.ask(order(at.url))
        with pytest.raises(PaymentUnconfirmed):
            await seller.pay(order(at.url), SIGNED)


@pytest.mark.parametrize("reply", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", b"SSH-2"])
async def test_a_lost_reply_to_a_payment_is_an_open_question(
    seller: HttpSeller, reply: bytes
) -> None:
    async with serving(reply) as server:
        with pytest.raises(PaymentUnconfirmed):
            await seller.pay(order(server.url), SIGNED)


async def test_another_402_after_payment_is_handed_on_with_its_words(seller: HttpSeller) -> None:
    again = http(
        402,
        payment_required=encoded({"x402Version": 2, "accepts": [{**ACCEPT, "amount": "90"}]}),
        payment_response=encoded({"success": False, "errorReason": "w" * 900, "transaction": ""}),
    )
    async with serving(again) as server:
        answer = await seller.pay(order(server.url), SIGNED)

    assert answer.challenge is not None
    assert answer.challenge.demands[0].terms.base_units == 90
    assert answer.reason == "w" * 200
    assert answer.claimed_transaction is None


async def test_arguments_of_a_get_join_the_query_of_its_address(seller: HttpSeller) -> None:
    async with serving(http(200)) as server:
        await seller.ask(order(f"{server.url}?unit=c", "GET", place="Oslo", days=[1, 2]))
        await seller.ask(order(f"{server.url}?unit=c", "GET"))

    assert b"GET /run?unit=c&place=Oslo&days=%5B1%2C+2%5D" in server.requests[0]
    assert b"GET /run?unit=c " in server.requests[1]


async def test_what_a_seller_wants_kept_is_forgotten(seller: HttpSeller) -> None:
    async with serving(http(200, set_cookie="who=you; Path=/")) as server:
        await seller.ask(order(server.url))
        await seller.ask(order(server.url))

    assert b"cookie" not in server.requests[1].lower()


async def test_a_proof_of_the_wallet_goes_without_a_payment(seller: HttpSeller) -> None:
    async with serving(http(200)) as server:
        answer = await seller.reaccess(order(server.url), Challenge(demands=()), "proof")

    assert isinstance(answer, Answer)
    assert b"sign-in-with-x: proof" in server.requests[0].lower()
    assert b"payment-signature" not in server.requests[0].lower()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (503, UpstreamUnavailable),
        (429, UpstreamUnavailable),
        (403, OfferRefused),
        (302, OfferRefused),
    ],
)
async def test_a_refund_is_refused_or_asked_again(
    seller: HttpSeller, status: int, error: type[EngineError]
) -> None:
    async with serving(http(status, location="http://127.0.0.1:9/")) as server:
        refund = RefundOffer(url=server.url, window_seconds=60)
        with pytest.raises(error):
            await seller.claim_refund(refund, receipt=receipt(), reason="broken")


async def test_a_refund_is_claimed_with_what_proves_the_payment(seller: HttpSeller) -> None:
    async with serving(endless(b"HTTP/1.1 202 OK\r\n\r\n", b"x")) as server:
        refund = RefundOffer(url=server.url, window_seconds=60)
        said = await seller.claim_refund(refund, receipt=receipt(), reason="broken")

    assert said == "the seller answered 202"
    assert b'"transaction":"transaction-0"' in server.requests[0]
