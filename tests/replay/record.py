"""Write golden histories: ``python -m tests.replay.record`` after a deliberate change of order.

The market is a fake one, the Temporal server and the workflows are real. A history kept here is a
promise: whoever has a run in flight can take a new release.
"""

import asyncio
import os
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from domain.runs import RunState
from tests.fakes.market import FakeMarket
from tests.workflows.caravanserai import Run, serving, start
from tests.workflows.markets import diamond

FOLDER = Path(__file__).parent / "histories"
TEMPORAL = Path(sys.executable).with_name("temporal")


async def _approve(run: Run) -> None:
    await run.decide()


async def _reject(run: Run) -> None:
    await run.decide(verdict="reject")


async def _cancel(run: Run) -> None:
    await run.until(RunState.AWAITING_APPROVAL)
    await run.handle.cancel()


Act = Callable[[Run], Awaitable[None]]

SCENES: dict[str, tuple[Callable[[], FakeMarket], Act]] = {
    "completed": (diamond, _approve),
    "rejected": (diamond, _reject),
    "cancelled": (diamond, _cancel),
    "partially_rolled_back": (lambda: diamond(endings={"report": ["paid_undelivered"]}), _approve),
    "completed_after_unknown": (lambda: diamond(unknown={"trend"}), _approve),
}
"""Each ending of a run that leaves another order of commands."""


async def record() -> None:
    """Run every scene and write its history."""
    FOLDER.mkdir(exist_ok=True)
    env = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(TEMPORAL),
        data_converter=pydantic_data_converter,
        identity="recorder",
        dev_server_extra_args=[
            *("--search-attribute", "CaravanStatus=Keyword"),
            *("--search-attribute", "CaravanPlanDigest=Keyword"),
            *("--search-attribute", "CaravanCostUsdc=Double"),
        ],
    )
    async with env:
        for name, (market, act) in SCENES.items():
            async with serving(env, market()):
                run = await start(env)
                await act(run)
                await run.handle.result()
                history = await run.handle.fetch_history()
            (FOLDER / f"{name}.json").write_text(_anonymous(history.to_json()) + "\n")


def _anonymous(history: str) -> str:
    """Leave stack traces out: they name the folders of whoever recorded."""
    return re.sub(r'"stackTrace": "(\\.|[^"\\])*"', '"stackTrace": ""', history)


if __name__ == "__main__":
    asyncio.run(record())
    os._exit(0)
