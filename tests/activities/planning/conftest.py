"""The real SDK against a local server that speaks the Messages protocol; no model takes part."""

from collections.abc import AsyncIterator, Iterator

import anthropic
import pytest

from activities.planning.drafter_model import ModelDrafter
from activities.planning.metering import PlanningMeter
from activities.planning.model_anthropic import AnthropicModel
from tests.activities.planning.messages_server import MessagesServer
from tests.activities.planning.proposals import SECRET


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer() as started:
        yield started


@pytest.fixture
async def client(server: MessagesServer) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(api_key=SECRET, base_url=server.url) as opened:
        yield opened


@pytest.fixture
def meter() -> PlanningMeter:
    return PlanningMeter(max_cost_micro_usd=1_000_000)


@pytest.fixture
def model(client: anthropic.AsyncAnthropic) -> AnthropicModel:
    return AnthropicModel(client=client, model="claude-sonnet-5-5")


@pytest.fixture
def drafter(model: AnthropicModel, meter: PlanningMeter) -> ModelDrafter:
    return ModelDrafter(model, meter)
