"""The facilitator's doors, and what a settlement may do to the catalogue."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from solders.keypair import Keypair
from x402.schemas import PaymentPayload, PaymentRequirements, SettleResponse

from deploy.facilitator.__main__ import payments
from deploy.facilitator.app import Facilitator, build_app, note_settlement
from deploy.facilitator.challenge import item_from_challenge
from deploy.facilitator.discovery import Discovery
from deploy.facilitator.indexer import Indexer, Root
from deploy.facilitator.quality import QualityBook
from deploy.facilitator.store import Entry, Store
from tests.deploy.facilitator.bazaar_kit import NETWORK, NOW, FakeSeller, declaration, terms

URL = "http://seller.test/a"
PAIR = Keypair()


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Facilitator]:
    store = Store(tmp_path / "catalogue.sqlite")
    yield Facilitator(
        payments=payments(PAIR, "http://127.0.0.1:1"),
        store=store,
        discovery=Discovery(store, QualityBook(store, {}, NOW)),
        indexer=Indexer(store, [], lambda: NOW, FakeSeller().client()),
        clock=lambda: NOW,
    )
    store.close()


def settle(
    parts: Facilitator, *, pay_to: str = "Seller", signature: str = "s", **resource: Any
) -> None:
    wanted = PaymentRequirements.model_validate(
        {**terms(URL, pay_to=pay_to)["accepts"][0], "payTo": pay_to}
    )
    payload = PaymentPayload.model_validate(
        {
            "x402Version": 2,
            "payload": {},
            "accepted": wanted.model_dump(by_alias=True),
            "resource": {"url": URL, "serviceName": "Renamed", **resource},
            "extensions": {"bazaar": declaration(), "evil": {"x": 1}},
        }
    )
    answer = SettleResponse(success=True, transaction=signature, network=NETWORK, payer="buyer")
    note_settlement(parts, payload, wanted, answer)


def index(parts: Facilitator) -> None:
    parts.store.put(Entry(URL, "http://seller.test", item_from_challenge(URL, terms(URL), NOW)))


def test_a_settlement_makes_an_unknown_resource_known(parts: Facilitator) -> None:
    settle(parts)
    entry = parts.store.get(URL)

    assert entry is not None
    assert entry.root is None
    assert set(entry.item["extensions"]) == {"bazaar"}
    assert parts.store.measured(URL, since=0).calls == 1


def test_a_buyer_cannot_rewrite_what_the_seller_says(parts: Facilitator) -> None:
    index(parts)
    settle(parts)
    entry = parts.store.get(URL)

    assert entry is not None
    assert entry.item["metadata"]["name"] == "Echo"
    assert entry.root == "http://seller.test"


def test_a_payment_to_somebody_else_adds_nothing_to_a_record(parts: Facilitator) -> None:
    index(parts)
    settle(parts, pay_to="Buyer himself")

    assert parts.store.measured(URL, since=0).calls == 0


def test_the_same_settlement_counts_once(parts: Facilitator) -> None:
    index(parts)
    for _ in range(3):
        settle(parts, signature="same")

    assert parts.store.measured(URL, since=0).calls == 1


async def test_the_doors_answer_and_refuse_nonsense(parts: Facilitator) -> None:
    transport = httpx.ASGITransport(build_app(parts))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        supported = (await client.get("/supported")).json()
        nonsense = {"x402Version": 2, "paymentPayload": {}, "paymentRequirements": {}}
        refused = await client.post("/settle", json=nonsense)
        no_query = await client.get("/discovery/search")
        bad_cursor = await client.get("/discovery/search?query=a&cursor=-1")
        health = (await client.get("/health")).json()

    kinds = {(kind["x402Version"], kind["network"]) for kind in supported["kinds"]}
    assert kinds == {(2, NETWORK), (1, "solana-devnet")}
    assert supported["kinds"][0]["extra"]["feePayer"] == str(PAIR.pubkey())
    assert supported["extensions"] == ["bazaar"]
    assert refused.status_code == 400
    assert (no_query.status_code, bad_cursor.status_code) == (422, 422)
    assert health["status"] == "ok"
    assert health["indexing"] is False


async def test_every_way_of_paging_and_filtering_is_there_over_the_wire(
    parts: Facilitator,
) -> None:
    index(parts)
    transport = httpx.ASGITransport(build_app(parts))
    async with httpx.AsyncClient(transport=transport, base_url="http://bazaar.test") as client:

        async def ask(path: str, **asked: str) -> dict[str, Any]:
            answer: dict[str, Any] = (await client.get(f"/discovery/{path}", params=asked)).json()
            return answer

        assert (await ask("resources", limit="1", offset="0"))["pagination"]["total"] == 1
        followed = await ask("resources", limit="1", cursor="")
        assert followed["pagination"] == {"limit": 1, "cursor": None}
        assert [item["resource"] for item in followed["items"]] == [URL]
        assert len((await ask("merchant", payTo="Seller"))["resources"]) == 1
        for name, value in (("network", "eip155:1"), ("scheme", "upto"), ("type", "mcp")):
            assert (await ask("resources", **{name: value}))["items"] == []
        found = await ask("search", query="echo", network=NETWORK)
        assert found["partialResults"] is False
        assert found["resources"][0]["quality"].keys() >= {
            "l30DaysTotalCalls",
            "l30DaysUniquePayers",
            "lastCalledAt",
        }
        parts.indexer.roots.append(Root("http://late.test"))
        assert (await ask("search", query="echo"))["partialResults"] is True
