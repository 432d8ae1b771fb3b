"""Templates and schedules at the command line, against a real Temporal server."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from starter.recurring import Recurrences
from tests.starter import samples
from tests.starter.command_line import CommandLine
from tests.starter.conftest import Working
from tests.starter.fake_shop import FakeShop

PATIENCE_SECONDS = 60.0


@pytest.fixture
async def saved(caravan: CommandLine, shop: FakeShop, working: Working) -> dict[str, Any]:
    """A template called ``weekly``, of a run that completed."""
    async with working(shop):
        run = (await caravan("run", samples.TEXT, "--budget", "5", "--yes", "--json")).document
        ended = await caravan("template", "save", "weekly", run["run_id"], "--json")
    assert ended.code == 0, ended.err
    document: dict[str, Any] = ended.document
    return document


async def test_a_completed_run_becomes_a_template(
    caravan: CommandLine, saved: dict[str, Any]
) -> None:
    listed = await caravan("template", "list")
    shown = await caravan("template", "show", "weekly")

    assert saved["request"] == samples.TEXT
    assert saved["parameters"] == [{"name": "days", "places": ["volume.days"], "default": 30}]
    assert [step["id"] for step in saved["steps"]] == ["volume", "trend", "charts", "report"]
    assert "weekly" in listed.out
    assert "volume.days" in shown.out


async def test_a_template_runs_with_new_values_and_buys_as_ever(
    caravan: CommandLine, shop: FakeShop, working: Working, saved: dict[str, Any]
) -> None:
    async with working(shop):
        ended = await caravan(
            *("template", "run", "weekly", "--set", "days=7", "--budget", "4", "--yes", "--json")
        )

    assert ended.code == 0, ended.err
    document = ended.document
    assert document["status"] == "completed"
    assert document["request"] == f"{samples.TEXT} [days=7]"
    assert document["budget"] == "4.00"
    assert len(document["payments"]) == 4
    assert saved["saved_from"] != document["run_id"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("template", "show", "nothing"), "there is no template"),
        (("template", "delete", "nothing"), "there is no template"),
        (("template", "show", "../../ledger"), "there is no template"),
        (("template", "run", "weekly", "--yes", "--set", "city=Rome"), "no parameter 'city'"),
        (("template", "run", "weekly", "--yes", "--set", "days"), "write NAME=VALUE"),
        (("template", "run", "weekly", "--yes", "--budget", "lots"), "budget"),
        (("template", "save", "Weekly Report", "last"), "is no name for a template"),
        (("template", "save", "other", "last", "--param", "x=volume.hours"), "volume.days"),
        (("template", "save", "other", "last", "--param", "days"), "write NAME=STEP.INPUT"),
        (("template", "import", "missing.json"), "cannot be read"),
        (("schedule", "create", "s", "--template", "weekly", "--cap", "5", "--yes"), "exactly one"),
        (
            ("schedule", "create", "s", "--template", "weekly", "--cap", "5", "--every", "1s"),
            "30m, 6h, 1d or 2w",
        ),
        (
            ("schedule", "create", "s", "--template", "weekly", "--cap", "0.01", "--every", "1d"),
            "more than the cap",
        ),
        (
            ("schedule", "create", "s", "--template", "none", "--cap", "5", "--every", "1d"),
            "there is no template",
        ),
        (("schedule", "pause", "nothing"), "there is no schedule"),
        (("schedule", "delete", "nothing"), "there is no schedule"),
    ],
)
async def test_what_cannot_be_done_is_said_in_one_sentence(
    caravan: CommandLine,
    shop: FakeShop,
    working: Working,
    saved: dict[str, Any],
    words: tuple[str, ...],
    complaint: str,
) -> None:
    async with working(shop):
        ended = await caravan(*words)

    assert ended.code == 2, ended.err
    assert complaint in ended.err
    assert saved["name"] == "weekly"


async def test_a_template_travels_as_a_file_and_is_checked_on_arrival(
    caravan: CommandLine, saved: dict[str, Any]
) -> None:
    assert (await caravan("template", "export", "weekly", "out.json")).code == 0
    assert (await caravan("template", "delete", "weekly")).code == 0
    back = await caravan("template", "import", "out.json", "--name", "again", "--json")
    taken = await caravan("template", "import", "out.json", "--name", "again")
    await asyncio.to_thread(spoil, caravan.folder / "out.json")
    spoiled = await caravan("template", "import", "out.json", "--name", "third")

    assert back.code == 0
    assert back.document["name"] == "again"
    assert back.document["steps"] == saved["steps"]
    assert (taken.code, "already" in taken.err) == (2, True)
    assert (spoiled.code, "thief.example" in spoiled.err) == (2, True)


def spoil(file: Path) -> None:
    document = json.loads(file.read_text())
    document["plan"]["offers"][0]["url"] = "https://thief.example/x"
    file.write_text(json.dumps(document))


async def test_a_run_that_did_not_complete_is_no_template(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    async with working(shop):
        await caravan("plan", samples.TEXT, "--budget", "5")
        await caravan("reject", "last")
        ended = await caravan("template", "save", "weekly", "last")

    assert ended.code == 2
    assert "did not complete" in ended.err


async def test_a_schedule_buys_by_itself_up_to_its_cap(
    caravan: CommandLine, client: Client, shop: FakeShop, working: Working, saved: dict[str, Any]
) -> None:
    name = f"often-{saved['digest'][:8]}"
    async with working(shop):
        made = await caravan(
            *("schedule", "create", name, "--template", "weekly", "--set", "days=3"),
            *("--every", "1d", "--cap", "5", "--yes", "--json"),
        )
        triggered = await caravan("schedule", "trigger", name)
        run = await started_run(client, name)
        report = await client.get_workflow_handle(f"run/{run}").result()
        shown = await caravan("show", run, "--json")
        listed = await caravan("schedule", "list")
        paused = await caravan("schedule", "pause", name)
        document = (await caravan("schedule", "list", "--json")).document
        resumed = await caravan("schedule", "resume", name)
        gone = await caravan("schedule", "delete", name)

    assert made.code == triggered.code == paused.code == resumed.code == gone.code == 0, made.err
    assert made.document["when"] == "every day"
    assert made.document["cap"] == "5.00"
    assert report["state"] == "completed"
    assert report["request_id"] == run != name
    assert shown.document["run_id"] == run
    assert shown.document["request"].endswith("[days=3]")
    assert shown.document["approval"]["verdict"] is None
    assert name in listed.out
    (entry,) = [one for one in document["schedules"] if one["name"] == name]
    assert (entry["paused"], entry["last_run"]) == (True, run)
    assert not [one for one in await Recurrences(client).all() if one.name == name]


async def test_a_price_above_the_cap_is_not_paid_by_a_schedule(
    caravan: CommandLine, client: Client, shop: FakeShop, working: Working, saved: dict[str, Any]
) -> None:
    name = f"dear-{saved['digest'][:8]}"
    async with working(shop):
        made = await caravan(
            *("schedule", "create", name, "--template", "weekly"),
            *("--cron", "0 7 * * 1", "--cap", saved["last_cost"], "--yes"),
        )
        shop.dearer = {samples.TREND.name: "3.00"}
        await caravan("schedule", "trigger", name)
        run = await started_run(client, name)
        report = await client.get_workflow_handle(f"run/{run}").result()
        await caravan("schedule", "delete", name)

    assert made.code == 0, made.err
    assert report["state"] == "failed"
    assert report["error"]["code"] == "over_budget"
    assert report["receipts"] == []


async def started_run(client: Client, name: str) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = await Recurrences(client).one(name)
        if found.last_run is not None:
            return found.last_run
        assert time.monotonic() < deadline, "the schedule started nothing"
        await asyncio.sleep(0.2)
