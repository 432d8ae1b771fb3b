"""The unpaid look: over the wire, bounded in every way, and never a payment."""

import base64
import json
from typing import Any

import pytest

from activities.payments import probing
from activities.payments.probing import UnpaidLook
from activities.payments.seller_http import HttpSeller
from domain.catalogue import ServiceListing, Terms
from domain.chains import SOLANA_DEVNET, USDC_DEVNET
from domain.errors import OfferRefused, UpstreamUnavailable
from domain.probing import example_of
from tests.activities.payments.wire_server import endless, http, serving
from tests.fakes import builders, sellers

ACCEPT = {
    "scheme": "exact",
    "network": SOLANA_DEVNET,
    "asset": USDC_DEVNET.address,
    "amount": "50000",
    "payTo": "seller",
    "maxTimeoutSeconds": 60,
    "extra": {"feePayer": "payer"},
}


class FakeAccounts:
    """Knows which payees have an account; may be silent."""

    network = SOLANA_DEVNET

    def __init__(self, *payees: str, silent: bool = False) -> None:
        self.payees = payees
        self.silent = silent
        self.asked: list[str] = []

    async def can_be_paid(self, terms: Terms) -> bool:
        self.asked.append(terms.pay_to)
        if self.silent:
            raise UpstreamUnavailable("the node is down")
        return terms.pay_to in self.payees


def listing(url: str = "https://weather.example/run", **changes: Any) -> ServiceListing:
    return builders.listing().model_copy(update={"url": url, **changes})


async def test_a_live_402_is_read_over_the_wire_and_nothing_is_paid() -> None:
    terms = {"x402Version": 2, "accepts": [ACCEPT], "extensions": {"bazaar": {"a": 1}}}
    header = base64.b64encode(json.dumps(terms).encode()).decode()
    challenge = http(402, b"{}", **{"payment-required": header})
    async with serving(challenge) as server:
        seller = HttpSeller(allow_private_hosts=True)
        seen = await UnpaidLook(seller).look(listing(f"{server.url}/run"))
        await seller.close()

    assert seen.kind == "asks"
    assert seen.answer_ms is not None
    assert [live.base_units for live in seen.terms] == [50_000]
    assert seen.extensions == {"bazaar": {"a": 1}}
    assert len(server.requests) == 1
    assert b"payment-signature" not in server.requests[0].lower()
    assert b"x-payment" not in server.requests[0].lower()


async def test_a_redirect_is_not_followed_and_counts_as_a_refusal() -> None:
    async with serving(http(302, b"", location="http://127.0.0.1:9/else")) as server:
        seller = HttpSeller(allow_private_hosts=True)
        seen = await UnpaidLook(seller).look(listing(f"{server.url}/run"))
        await seller.close()

    assert seen.kind == "refuses"
    assert "redirects" in seen.words


async def test_who_is_not_there_is_silent() -> None:
    seller = HttpSeller(allow_private_hosts=True)

    seen = await UnpaidLook(seller).look(listing("http://127.0.0.1:9/run"))
    await seller.close()

    assert seen.kind == "silent"
    assert seen.answer_ms is None
    assert "did not answer" in seen.words


async def test_who_dawdles_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "PROBE_SECONDS", 0.05)
    drip = endless(b"HTTP/1.1 402 Said\r\n", b"x: y\r\n", pause=0.01)
    async with serving(drip) as server:
        seller = HttpSeller(allow_private_hosts=True)
        seen = await UnpaidLook(seller).look(listing(f"{server.url}/run"))
        await seller.close()

    assert seen.kind == "silent"
    assert seen.words == "it did not say its price within 0.05 s"


async def test_who_delivers_without_payment_is_free() -> None:
    seller = sellers.FakeSeller(asked=[sellers.answer()])

    assert (await UnpaidLook(seller).look(listing())).kind == "free"
    assert seller.payments == []


async def test_who_refuses_the_request_answers_all_the_same() -> None:
    seller = sellers.FakeSeller(asked=[OfferRefused("answered 401 before asking for money")])

    seen = await UnpaidLook(seller).look(listing())

    assert (seen.kind, seen.words) == ("refuses", "answered 401 before asking for money")
    assert seen.answer_ms is not None


async def test_a_payee_without_an_account_is_named_and_one_with_it_asked_once() -> None:
    live = builders.terms()
    seller = sellers.FakeSeller(asked=[sellers.challenge(live)])
    poor, rich = FakeAccounts(), FakeAccounts(live.pay_to)

    assert (await UnpaidLook(seller, accounts=[poor]).look(listing())).unpayable == (live.pay_to,)
    look = UnpaidLook(seller, accounts=[rich])
    seen = [await look.look(listing()) for _ in range(3)]

    assert [one.unpayable for one in seen] == [(), (), ()]
    assert rich.asked == [live.pay_to]


async def test_a_silent_node_blames_nobody() -> None:
    seller = sellers.FakeSeller()

    seen = await UnpaidLook(seller, accounts=[FakeAccounts(silent=True)]).look(listing())

    assert seen.kind == "asks"
    assert seen.unpayable == ()


async def test_the_sellers_example_is_sent_and_what_it_lacks_is_made_up() -> None:
    schema = {
        "type": "object",
        "properties": {
            "place": {"type": "string"},
            "unit": {"enum": ["C", "F"]},
            "days": {"type": "integer", "minimum": 2},
            "day": {"type": "string", "format": "date"},
            "spare": {"type": "string"},
        },
        "required": ["place", "unit", "days", "day", "odd"],
    }
    stated = listing(input_schema=schema, input_example={"place": "Oslo"})
    seller = sellers.FakeSeller()

    await UnpaidLook(seller).look(stated)

    assert seller.orders[0].arguments == {
        "place": "Oslo",
        "unit": "C",
        "days": 2,
        "day": "2026-01-31",
        "odd": "example",
    }
    assert example_of(listing(input_schema={}, input_example=None)) == {}


async def test_a_path_is_filled_from_the_example() -> None:
    seller = sellers.FakeSeller()
    stated = listing("https://x.example/{place}/now", input_example={"place": "New York"})

    await UnpaidLook(seller).look(stated)

    assert seller.orders[0].url == "https://x.example/New%20York/now"
    assert seller.orders[0].arguments == {}
