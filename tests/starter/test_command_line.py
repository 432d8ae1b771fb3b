"""The command line against a real Temporal and a fake shop."""

import asyncio
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from domain.ids import StepId
from starter.__main__ import run
from starter.cli import looking
from tests.starter import samples
from tests.starter.command_line import CommandLine, Ended
from tests.starter.conftest import Working
from tests.starter.fake_shop import FakeShop

CARAVAN = str(Path(sys.executable).parent / "caravan")


async def in_a_process(*words: str) -> Ended:
    """Run the installed program, with the environment as it is now."""
    process = await asyncio.create_subprocess_exec(
        CARAVAN,
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


async def test_a_run_ends_with_its_files_and_one_document(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    async with working(shop):
        ended = await caravan("run", samples.TEXT, "--budget", "5.00", "--yes", "--json")

    document = ended.document
    assert ended.code == 0, ended.err
    assert document["status"] == "completed"
    assert document["total_cost"] == "0.75"
    assert [step["id"] for step in document["steps"]] == ["volume", "trend", "charts", "report"]
    assert {payment["state"] for payment in document["payments"]} == {"delivered"}
    folder = caravan.folder / "caravan-out" / document["run_id"]
    assert {entry["path"] for entry in document["artifacts"]} == {
        str(folder / f"{step}.json") for step in ("volume", "trend", "charts", "report")
    }
    for entry in document["artifacts"]:
        content = (folder / entry["name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert json.loads((folder / "run.json").read_text()) == document
    assert len(json.loads((folder / "receipts.json").read_text())) == 4


async def test_a_run_without_json_says_what_happened_in_words(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    async with working(shop):
        ended = await in_a_process(
            "run", samples.TEXT, "--budget", "5.00", "--yes", "--out", "mine"
        )

    assert ended.code == 0, ended.err
    assert "Report Writer" in ended.out
    assert "saved" in ended.out
    assert "volume: done, paid 0.10 USDC" in ended.err
    assert (caravan.folder / "mine" / "report.json").exists()


async def test_a_plan_is_priced_approved_and_watched_by_three_commands(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    async with working(shop):
        planned = await caravan("plan", samples.TEXT, "--budget", "5.00", "--json")
        paid_before = list(shop.settled)
        stale = await caravan("approve", "last", "--digest", "00")
        approved = await caravan("approve", "last", "--json")
        watched = await caravan("watch", planned.document["run_id"], "--json")
        again = await caravan("approve", "last")

    assert planned.code == 0, planned.err
    assert planned.document["status"] == "awaiting_approval"
    assert f"caravan approve {planned.document['run_id']}" in planned.err
    assert paid_before == []
    assert stale.code == 2
    assert approved.document["approval"]["verdict"] == "approve"
    assert approved.document["approval"]["plan_digest"] == planned.document["plan_digest"]
    assert watched.code == 0
    assert watched.document["status"] == "completed"
    assert again.code == 2
    assert "does not wait for a decision" in again.err


async def test_rejecting_and_cancelling_pay_nothing(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    async with working(shop):
        await caravan("plan", samples.TEXT, "--budget", "5.00")
        rejected = await caravan("reject", "last")
        watched = await caravan("watch", "last")
        left = await caravan("run", samples.TEXT, "--budget", "5.00", "--detach")
        cancelled = await caravan("cancel", "last", "--json")
        too_late = await caravan("cancel", "last")

    assert (rejected.code, watched.code, left.code, cancelled.code) == (0, 3, 0, 0)
    assert cancelled.document["status"] == "cancelled"
    assert too_late.code == 2
    assert shop.settled == []
    assert not (caravan.folder / "caravan-out").exists()


async def test_a_rolled_back_run_is_retried_for_what_is_missing(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    shop.failing, shop.refunds = {StepId("report")}, False
    async with working(shop):
        failed = await caravan("run", samples.TEXT, "--budget", "5.00", "--yes", "--json")
        first = failed.document["run_id"]
        shop.failing, shop.settled = set(), []
        retried = await caravan("retry", first, "--yes", "--json")
        elder = await caravan("retry", first, "--yes")
        done = await caravan("retry", f"{first}-r2", "--yes")

    assert failed.code == 5
    assert failed.document["error"]["code"] == "offer_refused"
    assert {entry["outcome"] for entry in failed.document["rollback"]} == {"written_off"}
    assert retried.code == 0, retried.err
    assert retried.document["run_id"] == f"{first}-r2"
    assert retried.document["total_cost"] == "0.30"
    assert shop.settled == ["report"]
    assert (elder.code, done.code) == (2, 2)
    assert f"was retried before, last as {first}-r2" in elder.err
    assert "nothing to retry" in done.err


async def test_a_fully_refunded_run_exits_with_4(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    shop.failing = {StepId("trend"), StepId("charts")}
    async with working(shop):
        ended = await caravan("run", samples.TEXT, "--budget", "5.00", "--yes", "--json")

    assert ended.code == 4
    assert ended.document["status"] == "rolled_back"
    assert ended.document["refunded"] == ended.document["total_cost"] == "0.10"


async def test_what_cannot_be_planned_exits_with_4_and_says_what_is_missing(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    shop.unservable = True
    async with working(shop):
        ended = await caravan("plan", "Fly me to the moon", "--budget", "5.00", "--json")

    assert ended.code == 4
    assert ended.document["error"]["code"] == "request_not_servable"
    assert ended.document["error"]["next"]


async def test_lists_and_receipts_are_documents_too(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    async with working(shop):
        run = (await caravan("run", samples.TEXT, "--budget", "5", "--yes", "--json")).document
        shown = await caravan("show", "last", "--json")
        proven = await caravan("receipts", "last", "--verify", "--json")
        listed = await caravan("list", "--json")
        services = await caravan("services", "volume", "--json")
        shop.failing = {StepId("trend")}
        unproven = await caravan("receipts", run["run_id"], "--verify")
        pages = [await caravan(name) for name in ("list", "services")]

    assert shown.document["artifacts"] == run["artifacts"]
    assert [entry["proven"] for entry in proven.document["receipts"]] == [True] * 4
    assert run["run_id"] in {entry["run_id"] for entry in listed.document["runs"]}
    assert services.document["refused"][0]["reason"]
    assert unproven.code == 5
    assert "NOT PROVEN" in unproven.out
    assert [page.code for page in pages] == [0, 0]


async def test_without_a_stack_every_command_says_how_to_start_one(alone: CommandLine) -> None:
    for words in (("list",), ("show", "last"), ("run", "Report x", "--budget", "1", "--yes")):
        ended = await alone(*words)

        assert ended.code == 6
        assert "caravan up --detach" in ended.err


@pytest.mark.usefixtures("alone")
async def test_an_unreachable_temporal_is_one_document_with_json(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")

    ended = await in_a_process("list", "--json")

    assert ended.code == 6
    assert ended.document["error"]["code"] == "stack_unreachable"
    assert "127.0.0.1:1" in ended.document["error"]["message"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "Report on x", "--budget", "5.00"), "--yes without a terminal"),
        (("run", "  ", "--budget", "5.00", "--yes"), "the request is empty"),
        (("run", "x" * 8001, "--budget", "5.00", "--yes"), "more than 8,000"),
        (("plan", "12 34", "--budget", "5.00"), "no words"),
        (("plan", "Report on x", "--budget", "five"), "'five' is not an amount"),
        (("plan", "Report on x", "--budget", "0"), "budget is 0"),
        (("plan", "Report on x", "--budget", "1000"), "above the policy"),
        (("plan", "Report on x", "--budget", "0.0000001"), "digits after the point"),
        (("plan", "Report on x"), "--budget"),
        (("fly",), "fly"),
        (("list", "--nope"), "--nope"),
    ],
)
async def test_what_cannot_be_asked_is_refused_before_anything_starts(
    alone: CommandLine, words: tuple[str, ...], said: str
) -> None:
    ended = await alone(*words, "--json")

    assert ended.code == 2
    assert said in ended.document["error"]["message"]
    assert said in ended.err


async def test_an_unknown_setting_is_an_error_that_names_it(
    alone: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARAVAN_DEBUG", "1")

    ended = await alone("list")

    assert ended.code == 2
    assert "CARAVAN_DEBUG is not a setting" in ended.err


async def test_settings_come_from_the_file_beside_the_command(alone: CommandLine) -> None:
    (alone.folder / "caravan.toml").write_text('max_budget = "2.00"\n')

    ended = await alone("plan", "Report on x", "--budget", "3.00")

    assert "above the policy's 2.00 USDC" in ended.err
    assert ended.code == 2


async def test_help_needs_nothing(alone: CommandLine) -> None:
    ended = await alone()

    assert ended.code == 0
    assert all(name in ended.out for name in ("up", "demo", "run", "retry", "receipts"))


async def test_results_that_cannot_be_written_are_an_error_that_says_how_to_get_them(
    caravan: CommandLine, shop: FakeShop, working: Working
) -> None:
    (caravan.folder / "taken").write_text("a file, not a folder")
    words = ("run", samples.TEXT, "--budget", "5.00", "--yes", "--json", "--out", "taken")
    async with working(shop):
        ended = await caravan(*words)
        again = await caravan("watch", "last", "--out", "free", "--json")

    assert ended.code == 4
    assert ended.document["status"] == "completed"
    assert ended.document["artifacts"] == []
    assert "--out DIR" in ended.document["error"]["next"]
    assert again.code == 0
    assert len(again.document["artifacts"]) == 4


async def test_a_bug_is_told_in_a_sentence_with_its_details_in_a_file(
    alone: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: Any) -> None:
        raise ZeroDivisionError("half a camel")

    monkeypatch.setattr(looking, "open_session", broken)
    ended = await alone("list", "--json")
    log = re.search(r"/\S+\.log", ended.err)

    assert ended.code == 4
    assert ended.document["error"]["code"] == "internal"
    assert log is not None
    assert "half a camel" in taken_away(Path(log[0]))


def taken_away(log: Path) -> str:
    text = log.read_text()
    log.unlink()
    return text


async def test_debug_shows_where_a_bug_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "caravan.toml").write_text("not = = toml")

    code = await asyncio.to_thread(run, ["list", "--debug"])

    err = capsys.readouterr().err
    assert code == 2
    assert "Traceback" in err
    assert "caravan.toml cannot be read" in err


async def test_down_without_a_stack_says_so(alone: CommandLine) -> None:
    ended = await alone("down", "--json")

    assert (ended.code, ended.document) == (0, {"stopped": False})


async def test_the_doctor_names_each_check_and_a_fix_for_what_is_wrong(
    alone: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")

    ended = await alone("doctor", "--json")
    page = await alone("doctor")

    checks = {check["name"]: check for check in ended.document["checks"]}
    assert ended.code == 6
    assert ended.document["ok"] is False
    assert checks["python"]["ok"] is True
    assert "caravan up" in checks["temporal"]["fix"]
    assert "Temporal does not answer at 127.0.0.1:1" in page.out
