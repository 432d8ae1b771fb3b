"""What a person at a terminal sees and types, through a pseudo-terminal."""

import asyncio
import os
import pty
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from temporalio.client import Client

from domain.ids import RequestId
from domain.runs import RunState
from domain.settings import Settings
from starter.requests import Requests
from tests.starter import samples
from tests.starter.conftest import Working
from tests.starter.fake_shop import FakeShop

CARAVAN = str(Path(sys.executable).parent / "caravan")
RUN = ("run", samples.TEXT, "--budget", "5.00")

PATIENCE_SECONDS = 60
"""For a program that starts and connects on a loaded machine."""


class Terminal:
    """The program at the other end, and all it has shown so far."""

    def __init__(self, process: asyncio.subprocess.Process, master: int) -> None:
        self.process = process
        self._master = master
        self.shown = ""

    async def until(self, words: str) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while words not in self.shown:
                await asyncio.sleep(0.02)

    def types(self, line: str) -> None:
        os.write(self._master, line.encode())

    async def code(self) -> int:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.process.wait()

    def hears(self) -> None:
        try:
            self.shown += os.read(self._master, 65536).decode(errors="replace")
        except OSError:
            asyncio.get_running_loop().remove_reader(self._master)

    @property
    def run(self) -> RequestId:
        found = re.search(r"Run (\S+)", self.shown)
        assert found is not None
        return RequestId(found[1])


@pytest.fixture
def at_home(
    client: Client, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("CARAVAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TEMPORAL_ADDRESS", client.service_client.config.target_host)
    monkeypatch.setenv("CARAVAN_STATE_DIR", str(settings.state_dir))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "110")
    monkeypatch.setenv("LINES", "50")
    monkeypatch.chdir(tmp_path)


@asynccontextmanager
async def terminal(*words: str) -> AsyncIterator[Terminal]:
    master, slave = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        CARAVAN, *words, stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    shown = Terminal(process, master)
    asyncio.get_running_loop().add_reader(master, shown.hears)
    try:
        yield shown
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        asyncio.get_running_loop().remove_reader(master)
        os.close(master)


@pytest.mark.usefixtures("at_home")
async def test_a_person_is_asked_after_seeing_the_price(shop: FakeShop, working: Working) -> None:
    shop.seconds = 0.6
    async with working(shop), terminal(*RUN) as screen:
        await screen.until("at most 0.80 USDC? [y/n]")
        paid_before = list(shop.settled)
        screen.types("perhaps\n")
        await asyncio.sleep(0.1)
        screen.types("y\n")
        await screen.until("spent 0.10 USDC of 0.80 USDC approved")
        code = await screen.code()

    assert code == 0
    assert paid_before == []
    assert screen.shown.index("Report Writer") < screen.shown.index("[y/n]")
    assert "completed" in screen.shown


@pytest.mark.usefixtures("at_home")
async def test_a_no_pays_nothing(shop: FakeShop, working: Working) -> None:
    async with working(shop), terminal(*RUN) as screen:
        await screen.until("[y/n]")
        screen.types("n\n")
        code = await screen.code()

    assert code == 3
    assert shop.settled == []


@pytest.mark.usefixtures("at_home")
async def test_ctrl_c_leaves_the_run_going(
    client: Client, shop: FakeShop, working: Working
) -> None:
    shop.seconds = 0.6
    async with working(shop), terminal(*RUN, "--yes") as screen:
        await screen.until("paying")
        screen.process.send_signal(signal.SIGINT)
        code = await screen.code()
        report = await Requests(client).ending(screen.run)

    assert code == 130
    assert "the run itself goes on" in screen.shown
    assert f"caravan watch {screen.run}" in screen.shown
    assert "Traceback" not in screen.shown
    assert report.state is RunState.COMPLETED


@pytest.mark.usefixtures("at_home")
async def test_ctrl_c_at_the_question_leaves_the_plan_waiting(
    client: Client, shop: FakeShop, working: Working
) -> None:
    async with working(shop), terminal(*RUN) as screen:
        await screen.until("[y/n]")
        screen.process.send_signal(signal.SIGINT)
        code = await screen.code()
        snapshot = await Requests(client).snapshot(screen.run)

    assert code == 130
    assert f"caravan approve {screen.run}" in screen.shown
    assert snapshot.report.state is RunState.AWAITING_APPROVAL


@pytest.mark.usefixtures("at_home")
async def test_changed_prices_are_shown_and_asked_about_again(
    shop: FakeShop, working: Working
) -> None:
    shop.dearer = {"Trend Analyst": "0.25"}
    async with working(shop), terminal(*RUN) as screen:
        await screen.until("at most 0.80 USDC? [y/n]")
        screen.types("y\n")
        await screen.until("Changed since it was approved")
        await screen.until("at most 0.85 USDC? [y/n]")
        paid_before = list(shop.settled)
        screen.types("y\n")
        code = await screen.code()

    assert code == 0
    assert "trend" not in paid_before
    assert sorted(shop.settled) == ["charts", "report", "trend", "volume"]
    assert "Trend Analyst costs 0.25 USDC instead of 0.20 USDC" in screen.shown


@pytest.mark.usefixtures("at_home")
async def test_a_no_to_changed_prices_undoes_what_was_paid(
    shop: FakeShop, working: Working
) -> None:
    shop.dearer = {"Trend Analyst": "0.25"}
    async with working(shop), terminal(*RUN) as screen:
        await screen.until("[y/n]")
        screen.types("y\n")
        await screen.until("at most 0.85 USDC? [y/n]")
        screen.types("n\n")
        code = await screen.code()

    assert code == 4
    assert "trend" not in shop.settled
    assert "money back" in screen.shown


@pytest.mark.usefixtures("at_home")
async def test_a_budget_that_falls_short_is_asked_for(shop: FakeShop, working: Working) -> None:
    async with working(shop), terminal("run", samples.TEXT, "--budget", "0.50") as screen:
        await screen.until("[amount/n]")
        screen.types("0.60\n")
        screen.types("0.90\n")
        await screen.until("at most 0.80 USDC? [y/n]")
        screen.types("y\n")
        code = await screen.code()

    assert code == 0
    assert screen.shown.count("[amount/n]") == 2


@pytest.mark.usefixtures("at_home")
async def test_what_is_held_is_seen_before_the_question(shop: FakeShop, working: Working) -> None:
    shop.holds = ("Trend Analyst was paid at another address before",)
    async with working(shop), terminal(*RUN) as screen:
        await screen.until("Having looked at the above: pay")
        screen.types("y\n")
        code = await screen.code()

    assert code == 0
    assert screen.shown.index("was paid at another address") < screen.shown.index("Plan for")


@pytest.mark.usefixtures("at_home")
async def test_approving_what_is_held_asks_once_more(shop: FakeShop, working: Working) -> None:
    shop.holds = ("Trend Analyst was paid at another address before",)
    async with working(shop):
        async with terminal(*RUN, "--yes") as screen:
            held = await screen.code()
        async with terminal("approve", screen.run) as screen:
            await screen.until("[y/n]")
            screen.types("n\n")
            code = await screen.code()

    assert (held, code) == (3, 0)
    assert "Rejected" in screen.shown
    assert shop.settled == []
