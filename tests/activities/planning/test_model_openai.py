"""The real SDK against a local server that speaks Chat Completions; no model takes part."""

import inspect
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import openai
import pytest

from activities.planning import metering, model_openai
from activities.planning.drafter_model import ModelDrafter
from activities.planning.errors_openai import MEANINGS
from activities.planning.metering import PlanningMeter
from activities.planning.model_openai import MAX_OUTPUT_TOKENS, OpenAiModel
from activities.planning.ports import (
    DraftAsk,
    DrafterBusy,
    DrafterSlow,
    ProviderDeclined,
    UnreadableDraft,
)
from activities.planning.proposal import write_proposal
from domain.errors import (
    EngineError,
    Misconfigured,
    PlanRejected,
    RequestNotServable,
    UpstreamUnavailable,
)
from tests.activities.planning.chat_server import (
    DONE,
    Answer,
    ChatServer,
    chunk,
    error,
    says,
    stream_of,
    tool_call,
    usage_chunk,
)
from tests.activities.planning.shortlists import shortlist
from tests.fakes.builders import draft, listing, usdc

GOOD = draft()
SECRET = "sk-never-in-a-message"
MODEL = "gpt-6.1-terra"


def proposal(of: Any = GOOD) -> dict[str, Any]:
    return write_proposal(of).model_dump(mode="json")


def ask() -> DraftAsk:
    return DraftAsk(text="the weather in Oslo", budget=usdc("1.00"), shortlist=shortlist(listing()))


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as started:
        yield started


@pytest.fixture
async def client(server: ChatServer) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(api_key=SECRET, base_url=f"{server.url}/v1") as opened:
        yield opened


@pytest.fixture
def meter() -> PlanningMeter:
    return PlanningMeter(max_cost_micro_usd=1_000_000)


@pytest.fixture
def model(client: openai.AsyncOpenAI) -> OpenAiModel:
    return OpenAiModel(client=client, model=MODEL)


@pytest.fixture
def drafter(model: OpenAiModel, meter: PlanningMeter) -> ModelDrafter:
    return ModelDrafter(model, meter)


@pytest.fixture
def at_openai(client: openai.AsyncOpenAI, monkeypatch: pytest.MonkeyPatch) -> OpenAiModel:
    """The same server, taken for OpenAI's own."""
    host = "127.0.0.1"
    monkeypatch.setattr(model_openai, "OPENAI_HOST", host)
    monkeypatch.setattr("activities.planning.prices_openai.OPENAI_HOST", host)
    return OpenAiModel(client=client, model=MODEL)


async def test_a_proposal_becomes_a_draft(server: ChatServer, drafter: ModelDrafter) -> None:
    server.answers = [tool_call("propose_plan", proposal())]

    drafted = await drafter.draft(ask())

    assert drafted.draft == GOOD
    assert drafted.drafter == drafter.name == "openai"


async def test_a_server_of_ones_own_is_asked_for_a_strict_tool_call_and_its_usage(
    server: ChatServer, drafter: ModelDrafter, meter: PlanningMeter
) -> None:
    server.answers = [tool_call("propose_plan", proposal())]

    await drafter.draft(ask())

    sent = server.requests[0]
    assert [tool["function"]["name"] for tool in sent["tools"]] == ["propose_plan", "cannot_serve"]
    assert all(tool["function"]["strict"] is True for tool in sent["tools"])
    assert sent["tool_choice"] == "required"
    assert sent["stream"] is True
    assert sent["stream_options"] == {"include_usage": True}
    assert sent["max_tokens"] == MAX_OUTPUT_TOKENS
    assert not sent.keys() & {"response_format", "reasoning_effort", "max_completion_tokens"}
    assert (meter.usage.input_tokens, meter.usage.output_tokens) == (4_400, 200)
    assert meter.usage.cached_input_tokens == 3_000
    assert meter.usage.cost_micro_usd == 0
    assert "cost nothing here" in meter.notes[0]


async def test_openai_is_asked_in_its_own_way_and_priced(
    server: ChatServer, at_openai: OpenAiModel, meter: PlanningMeter
) -> None:
    server.answers = [tool_call("propose_plan", proposal())]

    await ModelDrafter(at_openai, meter).draft(ask())

    sent = server.requests[0]
    assert sent["max_completion_tokens"] == MAX_OUTPUT_TOKENS
    assert "max_tokens" not in sent
    assert sent["reasoning_effort"] == "none"
    # 1,400 at $1 + 3,000 at $0.05 + 200 at $5, each for a million tokens.
    assert meter.usage.cost_micro_usd == 1_400 + 150 + 1_000
    assert meter.notes == ()


async def test_a_server_that_takes_no_tools_is_asked_for_json_and_stays_so(
    server: ChatServer, model: OpenAiModel, meter: PlanningMeter
) -> None:
    written = json.dumps({"tool": "propose_plan", "input": proposal()})
    server.answers = [
        error(400, None, "model does not support tools"),
        says(written),
        says(f"```json\n{written}\n```"),
    ]
    drafter = ModelDrafter(model, meter)

    first, second = await drafter.draft(ask()), await drafter.draft(ask())

    assert first.draft == second.draft == GOOD
    assert len(server.requests) == 3
    asked = server.requests[1]
    assert "tools" not in asked
    assert asked["response_format"] == {"type": "json_object"}
    assert '"tool":"cannot_serve"' in asked["messages"][0]["content"]


async def test_a_server_that_takes_no_notice_of_tools_is_asked_for_json_next(
    server: ChatServer, model: OpenAiModel, meter: PlanningMeter
) -> None:
    server.answers = [
        says("Here is a plan."),
        says(json.dumps({"tool": "propose_plan", "input": proposal()})),
    ]
    drafter = ModelDrafter(model, meter)

    with pytest.raises(UnreadableDraft):
        await drafter.draft(ask())
    assert (await drafter.draft(ask())).draft == GOOD

    assert "tools" not in server.requests[1]


async def test_a_setting_that_both_ways_refuse_needs_a_person(
    server: ChatServer, drafter: ModelDrafter
) -> None:
    server.answers = [error(400, None, "unknown model")] * 2

    with pytest.raises(Misconfigured, match="CARAVAN_OPENAI_MODEL"):
        await drafter.draft(ask())


async def test_what_cannot_be_served_is_said_in_the_models_words(
    server: ChatServer, drafter: ModelDrafter
) -> None:
    server.answers = [tool_call("cannot_serve", {"missing": "nobody\n sells \x1b[31mcheese"})]

    with pytest.raises(RequestNotServable, match=r"nobody sells \[31mcheese"):
        await drafter.draft(ask())


@pytest.mark.parametrize(
    "answer",
    [
        says("no", finish_reason="content_filter"),
        Answer(events=(chunk({"refusal": "I will not"}), chunk({}, finish_reason="stop"), DONE)),
        error(400, "content_policy_violation"),
    ],
)
async def test_a_refusal_of_the_provider_is_no_answer_to_the_request(
    server: ChatServer, drafter: ModelDrafter, answer: Answer
) -> None:
    server.answers = [answer]

    with pytest.raises(ProviderDeclined):
        await drafter.draft(ask())


@pytest.mark.parametrize(
    "answer",
    [
        tool_call("propose_plan", proposal(), finish_reason="length"),
        Answer(events=tuple(stream_of([("propose_plan", '{"steps": [')]))),
        Answer(events=tuple(stream_of([("propose_plan", json.dumps(proposal()))] * 2))),
        tool_call("transfer_money", {}),
        tool_call("propose_plan", {"steps": []}),
        says(""),
        says("Here is a plan."),
        says('{"tool": "propose_plan"}'),
        says('{"tool": "wire", "input": {}}'),
        says("[" * 100_000),
    ],
)
async def test_anything_but_one_whole_call_is_refused_and_paid_for(
    server: ChatServer, drafter: ModelDrafter, meter: PlanningMeter, answer: Answer
) -> None:
    server.answers = [answer]

    with pytest.raises(UnreadableDraft):
        await drafter.draft(ask())

    assert meter.usage.output_tokens == 200


@pytest.mark.parametrize(
    ("answer", "raised", "advice"),
    [
        (error(429, "rate_limit_exceeded", retry_after="3"), DrafterBusy, "later"),
        (error(429, "insufficient_quota"), Misconfigured, "bill"),
        (error(503, None), DrafterBusy, "later"),
        (error(529, None), DrafterBusy, "later"),
        (error(500, "server_error"), UpstreamUnavailable, "later"),
        (error(401, "invalid_api_key"), Misconfigured, "OPENAI_API_KEY"),
        (error(403, None), Misconfigured, "OPENAI_API_KEY"),
        (error(404, "model_not_found"), Misconfigured, "CARAVAN_OPENAI_MODEL"),
        (error(402, None), Misconfigured, "bill"),
        (error(400, "context_length_exceeded"), PlanRejected, "shorten"),
        (error(413, None), PlanRejected, "shorten"),
        (Answer(status=502, body="<html>bad gateway</html>"), UpstreamUnavailable, "later"),
        (Answer(body="<html>log in first</html>"), UpstreamUnavailable, "OPENAI_BASE_URL"),
        (Answer(body={"choices": []}), UpstreamUnavailable, "OPENAI_BASE_URL"),
        (Answer(events=()), UpstreamUnavailable, "OPENAI_BASE_URL"),
        (Answer(events=("data: {oops\n\n",)), UpstreamUnavailable, "OPENAI_BASE_URL"),
        (Answer(events=('data: {"choices": 7}\n\n',)), UpstreamUnavailable, "OPENAI_BASE_URL"),
        (
            Answer(events=('data: {"error": {"message": "overloaded"}}\n\n',)),
            UpstreamUnavailable,
            "later",
        ),
    ],
)
async def test_a_failure_says_whether_to_retry_and_what_to_do(
    server: ChatServer,
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
    assert len(server.requests) == 1


WHOLE = stream_of([("propose_plan", json.dumps(proposal()))])


@pytest.mark.parametrize("kept", range(1, len(WHOLE) - 2))
@pytest.mark.parametrize("reset", [False, True])
async def test_a_stream_that_breaks_off_anywhere_is_no_plan(
    server: ChatServer, drafter: ModelDrafter, meter: PlanningMeter, kept: int, reset: bool
) -> None:
    server.answers = [Answer(events=tuple(WHOLE[:kept]), reset=reset)]

    with pytest.raises(UpstreamUnavailable):
        await drafter.draft(ask())

    # What nobody counted is estimated; a reset may overtake what was sent before it.
    assert meter.usage.input_tokens > 1_000 or reset


async def test_a_whole_answer_without_its_count_is_a_plan_of_estimated_tokens(
    server: ChatServer, drafter: ModelDrafter, meter: PlanningMeter
) -> None:
    server.answers = [Answer(events=tuple(one for one in WHOLE if one != usage_chunk()))]

    assert (await drafter.draft(ask())).draft == GOOD
    assert meter.usage.output_tokens > 100
    assert any("estimated" in note for note in meter.notes)


async def test_an_answer_that_drips_without_end_is_cut_and_charged(
    server: ChatServer,
    drafter: ModelDrafter,
    meter: PlanningMeter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(metering, "CALL_SECONDS", 2.0)
    drop = chunk({"content": "x" * 300})
    server.answers = [Answer(events=(), endless=drop, event_seconds=0.02)]

    with pytest.raises(DrafterSlow):
        await drafter.draft(ask())

    assert meter.usage.output_tokens == meter.spent.received_characters // 3 > 0


async def test_an_answer_larger_than_any_model_writes_is_not_kept(
    server: ChatServer, drafter: ModelDrafter
) -> None:
    server.answers = [Answer(events=(), endless=chunk({"content": "x" * 9_999}))]

    with pytest.raises(UpstreamUnavailable, match="does not speak"):
        await drafter.draft(ask())


async def test_a_server_that_is_not_there_is_upstream(meter: PlanningMeter) -> None:
    async with openai.AsyncOpenAI(api_key=SECRET, base_url="http://127.0.0.1:9") as client:
        with pytest.raises(UpstreamUnavailable, match="later"):
            await ModelDrafter(OpenAiModel(client=client, model=MODEL), meter).draft(ask())
    assert meter.usage.input_tokens == 0


def exported_exceptions() -> list[type[openai.OpenAIError]]:
    found = {value for _, value in inspect.getmembers(openai, inspect.isclass)}
    return sorted(
        (one for one in found if issubclass(one, openai.OpenAIError) and one.__name__[0] != "_"),
        key=lambda one: one.__name__,
    )


@pytest.mark.parametrize("kind", exported_exceptions(), ids=lambda kind: kind.__name__)
def test_every_exception_of_the_sdk_has_a_meaning_of_its_own(
    kind: type[openai.OpenAIError],
) -> None:
    assert kind in MEANINGS


def test_the_exceptions_of_the_sdk_are_found() -> None:
    assert len(exported_exceptions()) > 15
    assert MEANINGS.keys() == set(exported_exceptions())
