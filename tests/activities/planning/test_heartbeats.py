"""What heartbeats say of planning: all that is known to be spent, also of half an answer."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anthropic
import openai
import pytest
from temporalio.testing import ActivityEnvironment

from activities.planning.drafter_model import ModelDrafter
from activities.planning.metering import PlanningMeter, Spent, heartbeating, spent_earlier
from activities.planning.model_anthropic import AnthropicModel
from activities.planning.model_openai import OpenAiModel
from activities.planning.pricing import guessed_tokens
from domain.drafting import TokenUsage
from tests.activities.planning.chat_server import ChatServer, chunk
from tests.activities.planning.messages_server import Answer, MessagesServer, event, stream_of
from tests.activities.planning.proposals import SECRET, ask

SAID = "x" * 300
PATIENCE_SECONDS = 30.0


@pytest.fixture
def messages() -> Iterator[MessagesServer]:
    with MessagesServer() as started:
        yield started


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with ChatServer() as started:
        yield started


@pytest.fixture
async def claude(messages: MessagesServer) -> AsyncIterator[AnthropicModel]:
    async with anthropic.AsyncAnthropic(api_key=SECRET, base_url=messages.url) as client:
        yield AnthropicModel(client=client, model="claude-sonnet-5-5")


@pytest.fixture
async def gpt(chat: ChatServer) -> AsyncIterator[OpenAiModel]:
    async with openai.AsyncOpenAI(api_key=SECRET, base_url=f"{chat.url}/v1") as client:
        yield OpenAiModel(client=client, model="local")


async def while_arriving(model: Any, characters: int) -> tuple[Spent, Spent]:
    """What a meter says in the middle of an answer, and when it has broken off."""
    meter = PlanningMeter(max_cost_micro_usd=1_000_000)
    drafting = asyncio.create_task(ModelDrafter(model, meter).draft(ask()))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while meter.spent.received_characters < characters:
            assert not drafting.done()
            await asyncio.sleep(0.01)
    meanwhile = meter.spent
    drafting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drafting
    return meanwhile, meter.spent


async def test_half_an_answer_of_anthropic_s_is_known_while_it_arrives(
    messages: MessagesServer, claude: AnthropicModel
) -> None:
    begun = stream_of([])[0]
    words = event("content_block_delta", index=0, delta={"type": "text_delta", "text": SAID})
    still = "event: ping\ndata: {}\n\n"
    messages.answers = [Answer(events=(begun, words), endless=still, event_seconds=0.01)]

    meanwhile, cut = await while_arriving(claude, len(SAID))

    assert meanwhile.usage.input_tokens == 4_400
    assert meanwhile.usage.output_tokens == guessed_tokens(len(SAID))
    assert meanwhile.usage.cost_micro_usd > 0
    assert cut.usage == meanwhile.usage


async def test_half_an_answer_of_another_s_is_guessed_while_it_arrives(
    chat: ChatServer, gpt: OpenAiModel
) -> None:
    still = chunk({"content": ""})
    chat.answers = [Answer(events=(chunk({"content": SAID}),), endless=still, event_seconds=0.01)]

    meanwhile, cut = await while_arriving(gpt, len(SAID))

    assert meanwhile.usage.input_tokens > 1_000
    assert meanwhile.usage.output_tokens == guessed_tokens(len(SAID))
    assert cut.usage == meanwhile.usage


def test_an_answer_that_came_to_its_end_replaces_what_was_said_of_it() -> None:
    meter = PlanningMeter(max_cost_micro_usd=100)
    one, other = object(), object()
    meter.arriving(one, TokenUsage(output_tokens=5))
    meter.arriving(one, TokenUsage(output_tokens=9))
    meter.arriving(other, TokenUsage(output_tokens=1))
    assert meter.spent.usage.output_tokens == 10

    meter.count(TokenUsage(output_tokens=7), answer=one)

    assert meter.usage.output_tokens == 7
    assert meter.spent.usage.output_tokens == 8


@pytest.mark.parametrize("details", [(), ({"usage": "much"},), ("words",)])
async def test_heartbeats_that_say_nothing_cost_nothing(details: tuple[object, ...]) -> None:
    environment = ActivityEnvironment()
    environment.info = _info(environment, details)

    assert environment.run(spent_earlier) is None


async def test_what_a_lost_attempt_had_used_counts_on_and_is_said_once() -> None:
    environment, beaten = ActivityEnvironment(), list[Any]()
    environment.on_heartbeat = lambda *details: beaten.append(details[0])
    used = Spent(usage=TokenUsage(cost_micro_usd=7), notes=("why",))
    environment.info = _info(environment, (used.model_dump(),))

    async def attempt() -> PlanningMeter:
        meter = PlanningMeter(max_cost_micro_usd=10, earlier=spent_earlier())
        async with heartbeating(meter):
            while not beaten:
                await asyncio.sleep(0.01)
        return meter

    meter = await environment.run(attempt)
    environment.info = _info(environment, (beaten[0],))
    third = await environment.run(attempt)

    assert meter.usage.cost_micro_usd == third.usage.cost_micro_usd == 7
    assert meter.notes == third.notes
    assert [note for note in meter.notes if "lost" in note] == [meter.notes[-1]]


def _info(environment: ActivityEnvironment, details: tuple[object, ...]) -> Any:
    return dataclasses.replace(environment.info, heartbeat_details=details)
