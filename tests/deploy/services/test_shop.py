"""The shop without its neighbours."""

from pathlib import Path

import httpx
import pytest

from deploy.services import catalogue
from deploy.services.answer_book import AnswerBook
from deploy.services.chain import Chain
from deploy.services.refunds import Journal, RefundDesk
from deploy.services.shop import Shop, build_app
from deploy.services.wallets import open_wallets
from deploy.services.workbench import BODY_LIMIT_BYTES

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    wallets = open_wallets(tmp_path / "keys", catalogue.SELLERS, catalogue.REFUNDING)
    journal = Journal(tmp_path / "refunds.sqlite")
    desk = RefundDesk(Chain(NOWHERE), journal, wallets.values(), lambda: 0.0)
    book = AnswerBook(tmp_path / "answers.sqlite")
    return Shop("http://shop.test", NOWHERE, wallets, desk, book)


async def test_without_a_facilitator_a_seller_is_unavailable_and_not_free(shop: Shop) -> None:
    transport = httpx.ASGITransport(build_app(shop))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        paid = await client.post("/text/count", json={"text": "hi"})
        health = await client.get("/health")
        wallets = (await client.get("/wallets")).json()["wallets"]

    assert paid.status_code == 503
    assert health.json()["status"] == "ok"
    assert {wallet["name"] for wallet in wallets} == set(catalogue.SELLERS)
    assert all(set(w) == {"name", "pubkey", "token_account", "refunds"} for w in wallets)


async def test_a_claim_while_the_chain_is_away_is_to_be_made_again(shop: Shop) -> None:
    transport = httpx.ASGITransport(build_app(shop))
    claim = {
        "transaction": str(shop.wallets["abacus"].pair.sign_message(b"x")),
        "network": "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
    }
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        answer = await client.post("/refunds", json=claim)

    assert answer.status_code == 503


async def test_a_body_without_end_is_refused(shop: Shop) -> None:
    transport = httpx.ASGITransport(build_app(shop))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        answer = await client.post("/free/echo", content=b"x" * (BODY_LIMIT_BYTES + 1))

    assert answer.status_code == 413


def test_wallets_are_the_same_after_a_restart(shop: Shop, tmp_path: Path) -> None:
    again = open_wallets(tmp_path / "keys", catalogue.SELLERS, catalogue.REFUNDING)

    assert {n: w.address for n, w in again.items()} == {
        n: w.address for n, w in shop.wallets.items()
    }
