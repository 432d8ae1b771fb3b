"""Commands about money: single calls, payments, audits, books, refunds."""

import csv
import json
from pathlib import Path

import pytest
from temporalio.client import Client

from domain.bookkeeping import Mismatch
from domain.chains import SOLANA_DEVNET
from domain.receipts import ReceiptBook
from tests.starter import samples, wallets
from tests.starter.command_line import CommandLine
from tests.starter.conftest import Working
from tests.starter.fake_shop import FakeShop

URL = "https://shop.example/echo"
TREND = samples.key("trend")

MISMATCH = Mismatch(
    kind="not_in_ledger",
    key=None,
    network=SOLANA_DEVNET,
    transaction=samples.TRANSACTION,
    message="0.20 USDC left the wallet in it, and no record explains it",
)


async def test_a_call_is_bought_like_a_run_and_leaves_its_body_and_receipt(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    async with working(shop):
        bought = await caravan("buy", URL, "--data", '{"say": "hello"}', "--json")
        shown = await caravan("show", "last")
        receipts = await caravan("receipts", "last", "--json")
        listed = await caravan("list", "--json")

    document = bought.document
    (file,) = document["artifacts"]
    assert bought.code == 0, bought.err
    assert document["run_id"].startswith("buy-")
    assert document["request"] == f"POST {URL}"
    assert document["total_cost"] == "0.05"
    assert document["response"]["media_type"] == "application/json"
    assert document["response"]["artifact"] == file["sha256"]
    assert body_of(file) == {"step": "call"}
    assert file["path"] in shown.out
    assert f"call{samples.TRANSACTION}" in shown.out
    assert [entry["step_id"] for entry in receipts.document["receipts"]] == ["call"]
    assert document["run_id"] in {entry["run_id"] for entry in listed.document["runs"]}


def body_of(file: dict[str, str]) -> object:
    return json.loads(Path(file["path"]).read_text())


async def test_a_call_above_its_maximum_says_what_it_asks_and_pays_nothing(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    shop.call_price = "0.30"
    async with working(shop):
        ended = await caravan("buy", URL, "--max", "0.20", "--json")

    assert ended.code == 4
    assert "it asks 0.30 USDC" in ended.document["error"]["message"]
    assert "--max 0.30" in ended.document["error"]["next"]
    assert ended.document["total_cost"] == "0.00"
    assert ended.document["response"] is None
    assert shop.settled == []


async def test_a_call_that_is_held_for_a_person_waits_for_one(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    shop.holds = ("shop.example was paid at another address before",)
    async with working(shop):
        held = await caravan("buy", URL)
        approved = await caravan("approve", "last")
        watched = await caravan("watch", "last", "--json")

    assert held.code == 3
    assert approved.code == 0, approved.err
    assert watched.document["status"] == "completed"


async def test_a_call_is_signed_by_a_persons_own_wallet(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    file = wallets.keyfile(caravan.folder)
    async with working(shop):
        ended = await caravan("buy", URL, "--wallet", str(file), "--out", "mine")

    assert ended.code == 0, ended.err
    assert "Signed 0.05 USDC" in ended.err
    assert shop.wallets == [wallets.ADDRESS]
    assert (caravan.folder / "mine" / "call.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("buy", "ftp://x.example"), "is no address"),
        (("buy", URL, "--data", "{"), "--data is not JSON"),
        (("buy", URL, "--data", "[1]"), "not a JSON object"),
        (("buy", URL, "--max", "much"), "--max: 'much' is not an amount"),
        (("buy", URL, "--max", "1000"), "above the policy's"),
        (("buy", URL, "--method", "G T"), "method"),
        (("payments", "show", "xyz"), "is no payment's key"),
        (("payments", "resolve", "a" * 12, "--note", "x"), "choose one of"),
        (("payments", "resolve", "a" * 12, "--accept"), "--note"),
        (("receipts", "--export", "book.pdf"), "ends in neither"),
        (("verify", "book.json"), "name a node"),
        (("verify", "book.json", "--rpc-url", "http://x"), "cannot be read"),
        (("budget", "last", "5.00", "--refuse"), "name the new budget"),
    ],
)
async def test_what_cannot_be_asked_is_refused_before_anything_starts(
    alone: CommandLine, words: tuple[str, ...], said: str
) -> None:
    ended = await alone(*words, "--json")

    assert ended.code == 2
    assert said in ended.document["error"]["message"]


async def test_payments_are_listed_with_or_without_the_word(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    shop.parked = "two records claim one transaction"
    async with working(shop):
        bare = await caravan("payments", "--json")
        spelled = await caravan("payments", "list", "--json")
        parked = await caravan("payments", "--parked")
        of_none = await caravan("payments", "no-such-run")

    assert bare.document == spelled.document
    first, second = bare.document["payments"]
    assert (first["key"], first["run_id"], first["amount"]) == (TREND, samples.RUN, "0.20")
    assert second["parked"] == ""
    assert "parked: two records claim" in " ".join(parked.out.split())
    assert f"caravan payments show {TREND[:12]}" in parked.err
    assert of_none.code == 2


async def test_a_payment_is_shown_by_the_beginning_of_its_key_with_its_journal(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    async with working(shop):
        page = await caravan("payments", "show", TREND[:8])
        document = (await caravan("payments", "show", TREND, "--json")).document
        unknown = await caravan("payments", "show", "abcdef0")

    assert TREND in page.out
    assert page.out.index("reserved") < page.out.index("signed") < page.out.rindex("delivered")
    assert [line["evidence"] for line in document["journal"]] == ["move 0", "move 1", "move 2"]
    assert unknown.code == 2
    assert "no payment's key begins with abcdef0" in unknown.err


async def test_an_operators_word_is_recorded_with_who_gave_it(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    words = ("payments", "resolve", TREND[:10], "--accept", "--note", "the bank says so")
    async with working(shop):
        ended = await caravan(*words)

    (word,) = shop.resolved
    assert ended.code == 0, ended.err
    assert (word.key, word.verdict, word.note) == (TREND, "accept", "the bank says so")
    assert word.operator.startswith("cli:")


async def test_a_refund_counts_only_when_money_is_seen_to_come_back(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    async with working(shop):
        came = await caravan("payments", "refund", TREND[:8], "--reason", "wrong city", "--json")
        shop.refunds = False
        kept = await caravan("payments", "refund", TREND)

    assert came.code == 0, came.err
    assert (came.document["returned"], came.document["transaction"]) == ("0.20", "backtrend")
    assert kept.code == 4
    assert "No money came back" in kept.out
    assert "no answer" in kept.out


async def test_verifying_compares_ledger_history_and_chain(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    async with working(shop):
        run = (await caravan("run", samples.TEXT, "--budget", "5", "--yes", "--json")).document
        agreed = await caravan("receipts", "last", "--verify")
        shop.mismatches = (MISMATCH,)
        differing = await caravan("receipts", "last", "--verify")
        document = (await caravan("receipts", "--verify", "--json")).document

    of_run, _, of_all = shop.audits
    assert of_run.workflow_id == f"run/{run['run_id']}"
    assert set(of_run.history) == {payment["key"] for payment in run["payments"]}
    assert (of_all.workflow_id, of_all.history) == (None, ())
    assert agreed.code == 0, agreed.err
    assert "Ledger, history and chain agree." in agreed.out
    assert differing.code == 5
    assert "1 MISMATCHES" in differing.out
    assert "no record explains it" in differing.err
    assert document["audit"]["mismatches"][0]["kind"] == "not_in_ledger"


async def test_the_book_is_exported_for_machines_and_for_people(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    async with working(shop):
        await caravan("run", samples.TEXT, "--budget", "5", "--yes")
        whole = await caravan("receipts", "last", "--export", "book.json")
        table = await caravan("receipts", "last", "--export", "book.csv")

    book = ReceiptBook.model_validate_json((caravan.folder / "book.json").read_bytes())
    rows = list(csv.DictReader((caravan.folder / "book.csv").read_text().splitlines()))
    assert (whole.code, table.code) == (0, 0)
    assert book == samples.book("volume", "trend", whole=False)
    assert [row["amount"] for row in rows] == ["0.10", "0.20"]
    assert "2 receipts are in book.json" in whole.err


async def test_a_book_is_checked_without_stack_settings_or_state(
    alone: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (alone.folder / "caravan.toml").write_text("nonsense = true")
    monkeypatch.setenv("CARAVAN_NOT_A_SETTING", "1")
    book = samples.book("volume")
    (alone.folder / "book.json").write_text(book.model_dump_json())

    ended = await alone("verify", "book.json", "--rpc-url", "http://127.0.0.1:1", "--json")
    page = await alone("verify", "book.json", "--rpc-url", "http://127.0.0.1:1")

    assert ended.code == 5
    assert ended.document["ok"] is False
    assert ended.document["lines"][0]["verdict"] == "not_asked"
    assert "This book is NOT proven." in page.out


async def test_an_unreachable_worker_is_told_apart_from_a_refusal(
    caravan: CommandLine, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("starter.asking._PICKED_UP_WITHIN", samples.timedelta(seconds=1))

    ended = await caravan("payments")

    assert client.namespace == "default"
    assert ended.code == 6
    assert "no worker that serves the queue payments" in ended.err
