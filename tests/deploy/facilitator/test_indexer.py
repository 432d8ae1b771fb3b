"""The catalogue says what live sellers ask, and nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.facilitator.indexer import ANSWER_LIMIT_BYTES, PROBE_ATTEMPTS, Indexer
from deploy.facilitator.store import Store
from tests.deploy.facilitator.bazaar_kit import NOW, FakeSeller, challenge, terms

ROOT = "http://seller.test"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "catalogue.sqlite")
    yield made
    made.close()


def indexer(store: Store, seller: FakeSeller) -> Indexer:
    return Indexer(store, [ROOT], lambda: NOW, seller.client())


def read(made: Indexer) -> None:
    made.read(made.roots[0])


def test_what_the_402_says_is_catalogued_with_every_extension(store: Store) -> None:
    made = indexer(store, FakeSeller())
    read(made)
    item = store.entries()[0].item

    assert item["resource"] == f"{ROOT}/a"
    assert item["accepts"][0]["amount"] == "1000"
    assert set(item["extensions"]) == {"bazaar", "refund"}
    assert item["metadata"]["name"] == "Echo"
    assert item["metadata"]["tags"] == ["echo", "text"]
    assert not made.indexing


def test_a_seller_of_version_1_is_catalogued_from_its_body(store: Store) -> None:
    seller = FakeSeller()
    accept = {
        **terms(f"{ROOT}/a")["accepts"][0],
        "network": "solana-devnet",
        "maxAmountRequired": "1000",
        "resource": f"{ROOT}/a",
        "description": "Echoes",
        "mimeType": "application/json",
        "outputSchema": {
            "input": {
                "type": "http",
                "method": "POST",
                "discoverable": True,
                "bodyType": "json",
                "bodyFields": {"text": {"type": "string"}},
            },
            "output": {"text": "a"},
        },
    }
    seller.answers["/a"] = httpx.Response(402, json={"x402Version": 1, "accepts": [accept]})
    read(indexer(store, seller))
    item = store.entries()[0].item

    assert item["x402Version"] == 1
    assert item["description"] == "Echoes"
    assert item["extensions"]["bazaar"]["info"]["input"]["method"] == "POST"


def test_resources_are_probed_with_the_declared_verb(store: Store) -> None:
    seller = FakeSeller()
    read(indexer(store, seller))

    assert seller.probed == [("POST", f"{ROOT}/a")]


def test_a_seller_that_is_not_up_yet_is_still_awaited(store: Store) -> None:
    seller = FakeSeller()
    seller.up = False
    made = indexer(store, seller)
    read(made)
    assert made.indexing

    seller.up = True
    read(made)
    assert not made.indexing
    assert store.count() == 1


def test_a_resource_that_never_asks_for_money_does_not_hold_the_rest_up(store: Store) -> None:
    seller = FakeSeller()
    seller.listed.append({"url": f"{ROOT}/b", "method": "POST"})
    seller.answers["/b"] = httpx.Response(200, json={})
    made = indexer(store, seller)
    for _ in range(PROBE_ATTEMPTS):
        assert made.indexing
        read(made)

    assert not made.indexing
    assert made.roots[0].refused == 1
    assert store.count() == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(302, headers={"location": "http://169.254.169.254/"}),
        httpx.Response(402, json={}),
        httpx.Response(402, headers={"PAYMENT-REQUIRED": "%%%"}),
        httpx.Response(402, content=b"x" * (ANSWER_LIMIT_BYTES + 1)),
        challenge(terms(f"{ROOT}/a", extensions={})),
        challenge(terms("http://somebody.else/a")),
        challenge(terms(f"{ROOT}/a", accepts=[])),
    ],
    ids=["redirect", "no terms", "broken", "endless", "no bazaar", "other origin", "no accepts"],
)
def test_an_answer_that_is_no_honest_402_is_not_catalogued(
    store: Store, answer: httpx.Response
) -> None:
    seller = FakeSeller()
    seller.answers["/a"] = answer
    read(indexer(store, seller))

    assert store.count() == 0


def test_a_seller_cannot_list_somebody_elses_resource(store: Store) -> None:
    seller = FakeSeller()
    seller.listed = [{"url": "http://internal.test/a", "method": "POST"}]
    read(indexer(store, seller))

    assert seller.probed == []
    assert store.count() == 0


def test_what_is_no_longer_listed_disappears_and_a_new_price_is_seen(store: Store) -> None:
    seller = FakeSeller()
    seller.listed.append({"url": f"{ROOT}/b", "method": "POST"})
    seller.answers["/b"] = challenge(terms(f"{ROOT}/b"))
    made = indexer(store, seller)
    read(made)
    assert store.count() == 2

    seller.listed.pop()
    dearer: dict[str, Any] = terms(f"{ROOT}/a")
    dearer["accepts"][0]["amount"] = "2000"
    seller.answers["/a"] = challenge(dearer)
    read(made)

    assert [entry.item["accepts"][0]["amount"] for entry in store.entries()] == ["2000"]


def test_the_catalogue_survives_a_restart(tmp_path: Path) -> None:
    first = Store(tmp_path / "c.sqlite")
    read(indexer(first, FakeSeller()))
    first.close()
    again = Store(tmp_path / "c.sqlite")

    assert again.count() == 1
    again.close()


def test_what_a_seller_calls_unproven_is_listed_without_a_look_and_leaves_with_its_list(
    store: Store,
) -> None:
    seller = FakeSeller()
    dead = {"resource": "http://seller.test:9/x", "type": "http", "accepts": []}
    foreign = {"resource": "http://internal.test/x", "type": "http", "accepts": []}
    seller.unproven = [dead, foreign]
    made = indexer(store, seller)
    read(made)

    assert seller.probed == [("POST", f"{ROOT}/a")]
    assert [entry.url for entry in store.entries()] == [f"{ROOT}/a", "http://seller.test:9/x"]
    assert made.roots[0].refused == 1  # another host's is no seller's to list

    seller.unproven = []
    read(made)
    assert store.count() == 1
