"""Asking again: where it may help, as often as is reasonable, never past a person's patience."""

import pytest

from activities.planning.metering import PLANNING_SECONDS, PlanningMeter
from activities.planning.ports import (
    DrafterBusy,
    DrafterSlow,
    ProviderDeclined,
    Question,
    UnreadableAnswer,
)
from activities.planning.waiting import PATIENCE_SECONDS, TRIES, PatientModel
from domain.errors import Misconfigured, UpstreamUnavailable
from tests.fakes.builders import draft
from tests.fakes.drafter import FakeModel, proposed

ANY = Question("rules", (), "text")
DOWN = UpstreamUnavailable("down")


class Naps(list[float]):
    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def meter() -> PlanningMeter:
    return PlanningMeter(max_cost_micro_usd=1_000_000)


async def test_a_provider_that_recovers_is_asked_again() -> None:
    naps, fake = Naps(), FakeModel(DOWN, DOWN, draft())

    call = await PatientModel(fake, sleep=naps).ask(ANY, meter=meter())

    assert call == proposed(draft())
    assert naps == [1.0, 2.0]


async def test_a_provider_that_is_down_is_given_up_on() -> None:
    naps, fake = Naps(), FakeModel(*[DOWN] * 9)

    with pytest.raises(UpstreamUnavailable):
        await PatientModel(fake, sleep=naps).ask(ANY, meter=meter())

    assert len(fake.asked) == TRIES


async def test_a_wait_that_was_asked_for_is_kept() -> None:
    naps, fake = Naps(), FakeModel(DrafterBusy("busy", retry_after_seconds=7), draft())

    await PatientModel(fake, sleep=naps).ask(ANY, meter=meter())

    assert naps == [7]


async def test_a_wait_beyond_patience_is_not_begun() -> None:
    busy = DrafterBusy("busy", retry_after_seconds=PATIENCE_SECONDS + 1)
    naps, fake = Naps(), FakeModel(busy, draft())

    with pytest.raises(DrafterBusy):
        await PatientModel(fake, sleep=naps).ask(ANY, meter=meter())

    assert naps == []


async def test_a_wait_beyond_the_time_that_is_left_is_not_begun() -> None:
    ticks = iter([0.0, *[PLANNING_SECONDS - 5.0] * 9])
    late = PlanningMeter(max_cost_micro_usd=1, clock=lambda: next(ticks))
    naps, fake = Naps(), FakeModel(DrafterBusy("busy", retry_after_seconds=10), draft())

    with pytest.raises(DrafterBusy):
        await PatientModel(fake, sleep=naps).ask(ANY, meter=late)

    assert naps == []


@pytest.mark.parametrize(
    "failure",
    [
        DrafterSlow("slow"),
        Misconfigured("key"),
        ProviderDeclined("no"),
        UnreadableAnswer("words"),
    ],
)
async def test_what_asking_again_would_only_charge_again_is_raised_at_once(
    failure: Exception,
) -> None:
    fake = FakeModel(failure, draft())

    with pytest.raises(type(failure)):
        await PatientModel(fake, sleep=Naps()).ask(ANY, meter=meter())

    assert len(fake.asked) == 1
