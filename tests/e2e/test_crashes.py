"""Workers killed with SIGKILL at every point of a payment: each service is paid exactly once."""

from pathlib import Path

import pytest

from deploy.evm.anvil import find_anvil
from domain.names import TaskQueue
from domain.runs import RunState
from tests.e2e.crashing import PRICE, SERVICE_PATH, crash_at, offer_of, one_step
from tests.e2e.dying_worker import POINTS
from tests.e2e.yard import Yard

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.stack]


SHORT = {
    "svm": [
        *("after-reserve", "after-prepare", "after-sign", "before-journal", "after-journal"),
        *("after-authorize", "before-send", "after-send", "before-pay", "after-pay"),
        *("before-answer", "after-answer", "before-ending", "after-ending"),
    ],
    "evm": [
        *("after-reserve", "after-sign", "after-journal", "after-send", "after-pay"),
        *("before-answer", "after-answer", "before-ending"),
    ],
}
"""Points that tests try; ``make crash`` tries them all."""


@pytest.mark.parametrize("point", SHORT["svm"])
async def test_a_killed_payments_worker_pays_exactly_once(
    yard: Yard, tmp_path: Path, point: str
) -> None:
    crash = await crash_at(yard, point, tmp_path / "died")

    assert crash.violations == []


@pytest.mark.skipif(find_anvil() is None, reason="*** WITHOUT EVM: make evm ***")
@pytest.mark.parametrize("point", SHORT["evm"])
async def test_a_worker_killed_while_paying_on_evm_pays_exactly_once(
    yard: Yard, tmp_path: Path, point: str
) -> None:
    crash = await crash_at(yard, point, tmp_path / "died", chain="evm")

    assert crash.violations == []


async def test_every_point_that_is_tried_exists() -> None:
    assert {point for points in SHORT.values() for point in points} <= set(POINTS)


async def test_a_run_killed_between_its_effects_and_again_while_settling_pays_once(
    yard: Yard, tmp_path: Path
) -> None:
    yard.orchestrate()
    plan = one_step(await offer_of(yard.market, SERVICE_PATH))
    before = yard.balance()
    queues = (TaskQueue.PAYMENTS, TaskQueue.CHAINS)
    first = yard.work(*queues, dying=("svm", "after-authorize", tmp_path / "first"))
    run = await yard.start(plan)
    first.wait(timeout=30)
    second = yard.work(*queues, dying=("svm", "after-answer", tmp_path / "second"))
    second.wait(timeout=30)
    third = yard.work(*queues)

    report = await run.result()

    third.terminate()
    third.wait(timeout=30)
    assert report.state is RunState.COMPLETED
    assert before - yard.balance() == PRICE == report.spent.base_units


async def test_a_killed_orchestration_worker_loses_nothing(yard: Yard) -> None:
    yard.orchestrate()
    plan = one_step(await offer_of(yard.market, SERVICE_PATH))
    before = yard.balance()
    payments = yard.work(TaskQueue.PAYMENTS, TaskQueue.CHAINS)
    run = await yard.start(plan)
    yard.kill_orchestration()
    yard.orchestrate()

    report = await run.result()

    payments.terminate()
    payments.wait(timeout=30)
    assert report.state is RunState.COMPLETED
    assert before - yard.balance() == PRICE
