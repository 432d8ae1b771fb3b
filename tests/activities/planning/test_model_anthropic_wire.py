"""Slow, broken, busy and absent servers: what a draft costs and what can be done."""

import anthropic
import pytest

from activities.planning import metering
from activities.planning.drafter_model import ModelDrafter
from activities.planning.metering import PlanningMeter
from activities.planning.model_anthropic import MAX_ANSWER_CHARACTERS, AnthropicModel
from activities.planning.ports import DrafterBusy, DrafterSlow
from activities.planning.waiting import PatientModel
from domain.errors import EngineError, Misconfigured, PlanRejected, UpstreamUnavailable
from tests.activities.planning.messages_server import (
    Answer,
    MessagesServer,
    error,
    event,
    stream_of,
    tool_call,
)
from tests.activities.planning.proposals import GOOD, SECRET, ask, proposal


@pytest.mark.parametrize(
    ("answer", "raised", "advice"),
    [
        (error(429, "rate_limit_error"), DrafterBusy, "later"),
        (error(529, "overloaded_error"), DrafterBusy, "later"),
        (error(500, "api_error"), UpstreamUnavailable, "later"),
        (error(503, "api_error"), DrafterBusy, "later"),
        (error(408, "timeout_error"), UpstreamUnavailable, "later"),
        (error(401, "authentication_error"), Misconfigured, "ANTHROPIC_API_KEY"),
        (error(403, "permission_error"), Misconfigured, "ANTHROPIC_API_KEY"),
        (error(404, "not_found_error"), Misconfigured, "CARAVAN_ANTHROPIC_MODEL"),
        (error(402, "billing_error"), Misconfigured, "bill"),
        (error(400, "invalid_request_error", "credit is low"), Misconfigured, "credit is low"),
        (error(413, "request_too_large"), PlanRejected, "shorten"),
        (Answer(status=502, body="<html>bad gateway</html>"), UpstreamUnavailable, "later"),
        (Answer(body="<html>log in first</html>"), UpstreamUnavailable, "ANTHROPIC_BASE_URL"),
        (Answer(body={"type": "message"}), UpstreamUnavailable, "ANTHROPIC_BASE_URL"),
        (Answer(body={"content": [7], "usage": None}), UpstreamUnavailable, "ANTHROPIC_BASE"),
        (Answer(events=()), UpstreamUnavailable, "ANTHROPIC_BASE_URL"),
    ],
)
async def test_a_failure_says_whether_to_retry_and_what_to_do(
    server: MessagesServer,
    drafter: ModelDrafter,
    answer: Answer,
    raised: type[EngineError],
    advice: str,
) -> None:
    server.answers = [answer]

    with pytest.raises(EngineError) as failed:
        await drafter.draft(ask())

    assert type(failed.value) is raised
    assert advice in failed.value.message
    assert SECRET not in failed.value.message


async def test_the_sdk_does_not_retry_by_itself(
    server: MessagesServer, drafter: ModelDrafter
) -> None:
    server.answers = [error(529, "overloaded_error"), tool_call("propose_plan", proposal())]

    with pytest.raises(DrafterBusy):
        await drafter.draft(ask())

    assert len(server.requests) == 1


WHOLE = stream_of(
    [{"type": "tool_use", "id": "1", "name": "propose_plan", "input": proposal()}],
    stop_reason="tool_use",
)


async def test_a_slow_answer_is_not_waited_for_without_end(
    server: MessagesServer, drafter: ModelDrafter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metering, "CALL_SECONDS", 0.5)
    server.answers = [Answer(seconds=60.0)]

    with pytest.raises(DrafterSlow, match="no whole answer"):
        await drafter.draft(ask())


async def test_an_answer_that_drips_without_end_is_cut_and_what_it_wrote_is_charged(
    server: MessagesServer,
    drafter: ModelDrafter,
    meter: PlanningMeter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(metering, "CALL_SECONDS", 2.0)
    drop = event("content_block_delta", index=0, delta={"type": "text_delta", "text": "x" * 300})
    server.answers = [Answer(events=(WHOLE[0],), endless=drop, event_seconds=0.02)]

    with pytest.raises(DrafterSlow):
        await drafter.draft(ask())

    assert meter.usage.input_tokens == 4_400
    assert meter.usage.output_tokens >= 100
    assert meter.usage.output_tokens == meter.spent.received_characters // 3


async def test_an_answer_larger_than_any_model_writes_is_not_kept(
    server: MessagesServer, drafter: ModelDrafter, meter: PlanningMeter
) -> None:
    drop = event("content_block_delta", index=0, delta={"type": "text_delta", "text": "x" * 9_999})
    server.answers = [Answer(events=(WHOLE[0],), endless=drop)]

    with pytest.raises(UpstreamUnavailable, match="does not speak"):
        await drafter.draft(ask())

    assert meter.spent.received_characters < MAX_ANSWER_CHARACTERS + 10_000


@pytest.mark.parametrize("kept", range(1, len(WHOLE) - 1))
@pytest.mark.parametrize("reset", [False, True])
async def test_a_stream_that_breaks_off_anywhere_is_no_plan_and_its_tokens_count(
    server: MessagesServer, drafter: ModelDrafter, meter: PlanningMeter, kept: int, reset: bool
) -> None:
    server.answers = [Answer(events=tuple(WHOLE[:kept]), reset=reset)]

    with pytest.raises(UpstreamUnavailable):
        await drafter.draft(ask())

    # A reset may overtake what was sent before it.
    assert meter.usage.input_tokens == 4_400 or reset


@pytest.mark.parametrize(
    ("broken", "raised"),
    [
        (("event: message_start\ndata: {oops\n\n",), UpstreamUnavailable),
        ((event("message_start", message="words"),), UpstreamUnavailable),
        ((event("message_start", message={"usage": {"input_tokens": "x"}}),), UpstreamUnavailable),
        ((WHOLE[0], event("content_block_start", index="x")), UpstreamUnavailable),
        ((WHOLE[0], event("content_block_delta", index=0, delta=7)), UpstreamUnavailable),
        (
            (WHOLE[0], event("error", error={"type": "overloaded_error", "message": "m"})),
            DrafterBusy,
        ),
        (
            (WHOLE[0], event("error", error={"type": "api_error", "message": "m"})),
            UpstreamUnavailable,
        ),
        (("\ufeff\n\n::\n\n",), UpstreamUnavailable),
    ],
)
async def test_a_broken_stream_is_upstream(
    server: MessagesServer,
    drafter: ModelDrafter,
    broken: tuple[str, ...],
    raised: type[EngineError],
) -> None:
    server.answers = [Answer(events=broken)]

    with pytest.raises(EngineError) as failed:
        await drafter.draft(ask())

    assert type(failed.value) is raised


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after_ms": "1500", "retry_after": "7"}, 1.5),
        ({"retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "nan"}, None),
        ({"retry_after": "-5"}, None),
        ({}, None),
    ],
)
async def test_a_busy_provider_says_how_long_to_wait(
    server: MessagesServer, drafter: ModelDrafter, headers: dict[str, str], seconds: float | None
) -> None:
    server.answers = [error(429, "rate_limit_error", **headers)]

    with pytest.raises(DrafterBusy) as failed:
        await drafter.draft(ask())

    assert failed.value.retry_after_seconds == seconds


async def test_the_wait_that_a_busy_provider_asks_for_is_kept_over_the_wire(
    server: MessagesServer, model: AnthropicModel, meter: PlanningMeter
) -> None:
    server.answers = [
        error(429, "rate_limit_error", retry_after="2"),
        error(529, "overloaded_error"),
        tool_call("propose_plan", proposal()),
    ]
    naps: list[float] = []

    async def nap(seconds: float) -> None:
        naps.append(seconds)

    drafted = await ModelDrafter(PatientModel(model, sleep=nap), meter).draft(ask())

    assert drafted.draft == GOOD
    assert naps == [2.0, 2.0]


async def test_a_server_that_is_not_there_is_upstream(meter: PlanningMeter) -> None:
    async with anthropic.AsyncAnthropic(api_key=SECRET, base_url="http://127.0.0.1:9") as client:
        model = AnthropicModel(client=client, model="claude-sonnet-5-5")
        with pytest.raises(UpstreamUnavailable, match="later"):
            await ModelDrafter(model, meter).draft(ask())
    assert meter.usage.input_tokens == 0
