"""What a run asks of people, answered by commands."""

import asyncio
import getpass
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from domain.ids import RequestId
from domain.policy import SpendPolicy
from domain.runs import RunState
from starter.requests import Requests
from tests.starter import samples, wallets
from tests.starter.command_line import CommandLine
from tests.starter.conftest import Working
from tests.starter.fake_shop import FakeShop

TWO_PEOPLE = SpendPolicy(two_approvals_above="0.50")
HOLD = "Trend Analyst was paid at another address before"


async def test_yes_does_not_cover_what_is_held_for_a_person(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    shop.holds = (HOLD,)
    async with working(shop):
        held = await caravan("run", samples.TEXT, "--budget", "5", "--yes", "--json")
        paid_before = list(shop.settled)
        approved = await caravan("approve", "last")
        watched = await caravan("watch", "last", "--json")

    run = held.document["run_id"]
    assert held.code == 3
    assert held.document["error"]["code"] == "held_for_a_person"
    assert held.document["approval"]["holds"] == [HOLD]
    assert HOLD in held.err
    assert f"caravan approve {run}" in held.err
    assert paid_before == []
    assert approved.code == 0, approved.err
    assert approved.out.index(HOLD) < approved.out.index("Plan for")
    assert watched.document["status"] == "completed"


async def test_two_different_people_must_approve_a_large_run(
    caravan: CommandLine, shop: FakeShop, working: Working, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.policy = TWO_PEOPLE
    async with working(shop):
        planned = await caravan("plan", samples.TEXT, "--budget", "5", "--json")
        monkeypatch.setattr(getpass, "getuser", lambda: "ada")
        first = await caravan("approve", "last", "--json")
        again = await caravan("approve", "last")
        paid_before = list(shop.settled)
        monkeypatch.setattr(getpass, "getuser", lambda: "grace")
        second = await caravan("approve", "last", "--json")
        watched = await caravan("watch", "last", "--json")

    assert planned.document["approval"]["approvals_needed"] == 2
    assert "2 different people" in planned.err
    assert "cli:ada approved; 1 more must" in first.err
    assert first.document["approval"]["still_needed"] == 1
    assert again.code == 2
    assert "a second person is needed" in again.err
    assert paid_before == []
    assert second.document["approval"]["still_needed"] == 0
    assert "may spend at most 0.80 USDC" in second.err
    assert watched.document["approval"]["decided_by"] == "cli:grace"
    assert watched.document["status"] == "completed"


async def test_a_digest_that_fits_neither_plan_nor_document_decides_nothing(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    async with working(shop):
        planned = (await caravan("plan", samples.TEXT, "--budget", "5", "--json")).document
        wrong = await caravan("approve", "last", "--digest", "00")
        right = await caravan("reject", "last", "--digest", planned["approval"]["digest"][:10])

    assert (wrong.code, right.code) == (2, 0)
    assert "look at it again" in wrong.err


async def test_a_plan_above_the_budget_waits_for_a_larger_one(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    async with working(shop):
        short = await caravan("plan", samples.TEXT, "--budget", "0.50", "--json")
        little = await caravan("budget", "last", "0.60")
        neither = await caravan("budget", "last")
        shown = await caravan("show", "last")
        raised = await caravan("budget", "last", "0.80")
        asked = await waiting_for(caravan, RunState.AWAITING_APPROVAL)
        again = await caravan("budget", "last", "0.90")

    assert short.code == 4
    assert short.document["status"] == "awaiting_budget"
    assert short.document["error"]["code"] == "over_budget"
    assert short.document["budget_request"]["needed"] == "0.75"
    assert "0.75" in short.document["error"]["next"]
    assert little.code == 2
    assert "0.60 USDC is not enough" in little.err
    assert neither.code == 2
    assert "awaiting a larger budget" in shown.out
    assert raised.code == 0, raised.err
    assert asked["budget"] == "0.80"
    assert again.code == 2


async def test_a_refused_budget_ends_the_run_as_over_budget(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    async with working(shop):
        await caravan("plan", samples.TEXT, "--budget", "0.50")
        refused = await caravan("budget", "last", "--refuse")
        watched = await caravan("watch", "last", "--json")

    assert refused.code == 0
    assert watched.code == 4
    assert watched.document["error"]["code"] == "over_budget"
    assert shop.settled == []


async def test_a_run_told_not_to_ask_fails_when_a_price_changes(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    shop.dearer = {"Trend Analyst": "0.25"}
    async with working(shop):
        ended = await caravan("run", samples.TEXT, "--budget", "5", "--yes", "--json")

    assert ended.code == 4
    assert ended.document["error"]["code"] == "terms_changed"
    assert ended.document["status"] == "rolled_back"


async def test_what_may_be_lost_is_part_of_what_is_approved(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    words = ("plan", samples.TEXT, "--budget", "5", "--loss-allowance")
    async with working(shop):
        planned = await caravan(*words, "0.40", "--json")
        wrong = await caravan(*words, "much")

    approval = planned.document["approval"]
    assert approval["loss_allowance"] == "0.40"
    assert approval["cap"] == "1.20"
    assert "loss allowance: 'much' is not an amount" in wrong.err
    assert wrong.code == 2


async def test_a_persons_own_wallet_signs_every_payment_of_a_run(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    file = wallets.keyfile(caravan.folder)
    words = ("run", samples.TEXT, "--budget", "5", "--yes", "--json", "--wallet", str(file))
    async with working(shop):
        ended = await caravan(*words)

    assert ended.code == 0, ended.err
    assert ended.document["approval"]["wallet"] == wallets.ADDRESS
    assert shop.wallets == [wallets.ADDRESS] * 4
    assert sorted(shop.settled) == ["charts", "report", "trend", "volume"]
    assert ended.err.count("Signed ") == 4
    assert str(list(bytes(wallets.PERSON))[:8])[1:-1] not in ended.out + ended.err


async def test_a_message_that_pays_a_thief_is_not_signed_and_nothing_is_paid(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    shop.desk.steal = True
    file = wallets.keyfile(caravan.folder, mode=0o644)
    words = ("run", samples.TEXT, "--budget", "5", "--yes", "--detach", "--wallet", str(file))
    async with working(shop):
        detached = await caravan(*words)
        await waiting_for(caravan, RunState.AWAITING_SIGNATURE)
        shown = await caravan("show", "last")
        signed = await caravan("sign", "last", "--wallet", str(file))
        await caravan("cancel", "last")

    assert detached.code == 0, detached.err
    assert f"chmod 600 {file}" in detached.err
    assert "awaiting your wallet's signature" in shown.out
    assert "caravan watch" in shown.err
    assert signed.code == 4
    assert "NOT signed" in signed.err
    assert "not the approved payee's" in signed.err
    assert shop.settled == []


async def test_what_waits_is_signed_by_a_command_of_its_own(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    file = wallets.keyfile(caravan.folder)
    words = ("run", samples.TEXT, "--budget", "5", "--yes", "--detach", "--wallet", str(file))
    async with working(shop):
        await caravan(*words)
        waiting = await waiting_for(caravan, RunState.AWAITING_SIGNATURE)
        signed = await caravan("sign", "last", "--wallet", str(file))
        watched = await caravan("watch", "last", "--wallet", str(file), "--json")
        late = await caravan("sign", "last", "--wallet", str(file))

    (wanted,) = waiting["signature_requests"]
    assert wanted["payer"] == wallets.ADDRESS
    assert wanted["pay_to"] == samples.SELLER
    assert signed.code == 0, signed.err
    assert "Signed 0.10 USDC" in signed.err
    assert watched.document["status"] == "completed"
    assert late.code == 2
    assert "does not wait for a signature" in late.err


async def test_a_retry_is_paid_by_whoever_paid_before(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    file = wallets.keyfile(caravan.folder)
    shop.failing = {samples.PLAN.steps[0].id}
    words = ("run", samples.TEXT, "--budget", "5", "--yes", "--wallet", str(file))
    async with working(shop):
        await caravan(*words)
        shop.failing = set()
        without = await caravan("retry", "last", "--yes")
        with_it = await caravan("retry", "last", "--yes", "--wallet", str(file), "--json")

    assert without.code == 2
    assert f"is paid from wallet {wallets.ADDRESS}" in without.err
    assert with_it.document["status"] == "completed"
    assert set(shop.wallets) == {wallets.ADDRESS}


@pytest.mark.parametrize("name", ["nowhere.json", "."])
async def test_a_wallet_that_cannot_be_read_starts_nothing(alone: CommandLine, name: str) -> None:
    words = ("run", "Report on x", "--budget", "5", "--yes", "--wallet", str(Path(name)))
    ended = await alone(*words)

    assert ended.code == 2
    assert "cannot be read" in ended.err


async def test_a_request_is_read_back_as_it_was_sent(
    client: Client, caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    async with working(shop):
        words = ("plan", samples.TEXT, "--budget", "5", "--loss-allowance", "0.25", "--json")
        run = RequestId((await caravan(*words)).document["run_id"])
        asked = await Requests(client).asked(run)
        await caravan("reject", run)

    assert asked.loss_allowance == samples.usdc("0.25")
    assert asked.may_ask


async def waiting_for(caravan: CommandLine, state: RunState) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            document: dict[str, Any] = (await caravan("show", "last", "--json")).document
            if document["status"] == state:
                return document
            await asyncio.sleep(0.05)
