"""A planning worker killed while a model's answer streams: what it cost counts on, and limits hold.

The model is a local server that speaks the provider's protocol; everything else is real.
"""

import asyncio
import contextlib
import signal
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from pydantic import ValidationError
from temporalio.client import WorkflowHandle

from activities.planning.metering import Spent
from activities.planning.pricing import guessed_tokens
from activities.planning.proposal import write_proposal
from domain.drafting import Draft
from domain.ids import RequestId, listing_id
from domain.names import TaskQueue, run_workflow_id
from domain.runs import FulfilRequest, RunReport, RunState
from tests.activities.planning.messages_server import (
    USAGE,
    WRITTEN_TOKENS,
    Answer,
    MessagesServer,
    event,
    stream_of,
    tool_call,
)
from tests.deploy.services.stack import Stack
from tests.e2e.crashing import SERVICE_PATH, offer_of, one_step
from tests.e2e.yard import Yard, awaiting_approval
from tests.fakes.wares import usdc
from workflows.fulfil_request import FulfilRequestWorkflow

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.stack]

Run = WorkflowHandle[FulfilRequestWorkflow, RunReport]

CHEAP: Final = "Solana DEX volume of the last 30 days, as cheap thinking"
DEAR: Final = "Solana DEX volume of the last 30 days, as dear thinking"

LIMIT_MICRO_USD: Final = 100_000
"""The setting's default."""

READ: Final = sum(USAGE[name] for name in USAGE if name != "output_tokens")
"""Input tokens of one answer, as the server counts them."""

DEAR_READ: Final = 60_000
"""Input tokens of an answer that alone costs more than planning may: 2 dollars a million."""

SAID: Final = "x" * 300
"""What is heard of the answer before the worker dies."""

PATIENCE_SECONDS: Final = 240
"""Twenty seconds pass before a killed worker is taken for dead; a busy machine takes its time."""


@dataclass
class PlanningYard(Yard):
    """An engine whose planner asks the model at an address of ours."""

    model_url: str = ""

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            **super().environment,
            "CARAVAN_PLANNER": "anthropic",
            "CARAVAN_MAX_PLANNING_COST": f"{LIMIT_MICRO_USD / 1e6:.2f}",
            "ANTHROPIC_API_KEY": "sk-ant-test",
            "ANTHROPIC_BASE_URL": self.model_url,
        }


@dataclass
class Model:
    """Answers by what it is asked: the one that dies first, then, if anybody asks, a plan."""

    server: MessagesServer
    plan: dict[str, Any]
    asked: dict[str, int] = field(default_factory=lambda: {CHEAP: 0, DEAR: 0})

    def answer(self, question: dict[str, Any]) -> Answer:
        content = question["messages"][0]["content"]
        request = CHEAP if CHEAP in content else DEAR
        self.asked[request] += 1
        if request == DEAR:
            return streaming(USAGE | {"input_tokens": DEAR_READ})
        foreign = listing_id(method="GET", url="https://nobody.example/")
        refused = self.plan | {"steps": [self.plan["steps"][0] | {"service": foreign}]}
        turns = [tool_call("propose_plan", refused), streaming(USAGE)]
        at = self.asked[CHEAP] - 1
        return turns[at] if at < len(turns) else tool_call("propose_plan", self.plan)


def streaming(usage: Mapping[str, int]) -> Answer:
    """An answer that begins, says something and goes on without an end."""
    begun = stream_of([])[0].replace(_as_json(USAGE), _as_json(usage))
    words = event("content_block_delta", index=0, delta={"type": "text_delta", "text": SAID})
    still = "event: ping\ndata: {}\n\n"
    return Answer(events=(begun, words), endless=still, event_seconds=0.05)


def _as_json(usage: Mapping[str, int]) -> str:
    return event("x", usage=usage).partition('"usage": ')[2].partition("}")[0]


async def begin(yard: Yard, text: str) -> Run:
    request_id = RequestId(f"plan-{uuid.uuid4().hex[:8]}")
    return await yard.env.client.start_workflow(
        FulfilRequestWorkflow.run,
        FulfilRequest(
            request_id=request_id,
            text=text,
            budget=usdc("5.00"),
            policy_maximum=usdc("100.00"),
            anchor=False,
        ),
        id=run_workflow_id(request_id),
        task_queue=TaskQueue.ORCHESTRATION,
    )


async def heard_of(run: Run) -> Spent:
    """Wait until Temporal knows what the model has said, and return what it knows."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            described = await run.describe()
            for pending in described.raw_description.pending_activities:
                details = await run._client.data_converter.decode(
                    pending.heartbeat_details.payloads
                )
                with contextlib.suppress(ValidationError):
                    spent = Spent.model_validate(details[0] if details else None)
                    if spent.received_characters >= len(SAID):
                        return spent
            await asyncio.sleep(0.1)


@dataclass(frozen=True)
class Planned:
    """What came of one request."""

    known: Spent
    """What Temporal knew when the worker died."""
    report: RunReport
    asked: int
    """How often the model was asked."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model(market: Stack) -> AsyncIterator[Model]:
    plan = one_step(await offer_of(market, SERVICE_PATH))
    proposal = write_proposal(Draft(steps=plan.steps)).model_dump(mode="json")
    with MessagesServer() as server:
        made = Model(server, proposal)
        server.answers = [made.answer] * 10
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deaths(
    market: Stack, model: Model, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Planned]:
    """One death interrupts both requests."""
    folder: Path = tmp_path_factory.mktemp("planning")
    async with PlanningYard.open(market, folder) as yard:
        assert isinstance(yard, PlanningYard)
        yard.model_url = model.server.url
        others = [queue for queue in TaskQueue if queue is not TaskQueue.PLANNING]
        await asyncio.to_thread(yard.work, *others)
        doomed = await asyncio.to_thread(yard.work, TaskQueue.PLANNING)
        runs = {text: await begin(yard, text) for text in (CHEAP, DEAR)}
        known = {text: await heard_of(run) for text, run in runs.items()}
        doomed.kill()
        assert await asyncio.to_thread(doomed.wait) == -signal.SIGKILL
        await asyncio.to_thread(yard.work, TaskQueue.PLANNING)
        reports = {
            text: (await asyncio.wait_for(awaiting_approval(run), PATIENCE_SECONDS)).report
            for text, run in runs.items()
        }
        asked = dict(model.asked)
        for run in runs.values():
            await run.cancel()
            await asyncio.wait_for(run.result(), PATIENCE_SECONDS)
    return {text: Planned(known[text], reports[text], asked[text]) for text in runs}


async def test_what_a_killed_attempt_is_known_to_have_cost_is_counted(
    deaths: Mapping[str, Planned],
) -> None:
    known, usage = deaths[CHEAP].known.usage, deaths[CHEAP].report.usage

    # A whole answer, and the beginning of the next one.
    assert known.input_tokens == 2 * READ
    assert known.output_tokens == WRITTEN_TOKENS + guessed_tokens(len(SAID))
    assert usage.input_tokens == known.input_tokens + READ
    assert usage.output_tokens == known.output_tokens + WRITTEN_TOKENS
    assert usage.cost_micro_usd > known.cost_micro_usd > 0


async def test_a_killed_attempt_is_repeated_and_ends_in_the_model_s_plan(
    deaths: Mapping[str, Planned],
) -> None:
    report = deaths[CHEAP].report

    assert report.state is RunState.AWAITING_APPROVAL
    assert report.drafter == "anthropic"
    assert deaths[CHEAP].asked == 3
    assert report.planning is not None
    assert any("an earlier attempt was lost" in note for note in report.planning.notes)


async def test_what_a_killed_attempt_spent_leaves_nothing_for_the_next_to_ask_with(
    deaths: Mapping[str, Planned],
) -> None:
    known, report = deaths[DEAR].known, deaths[DEAR].report

    assert known.usage.cost_micro_usd > LIMIT_MICRO_USD
    assert deaths[DEAR].asked == 1
    assert report.usage == known.usage
    assert (report.state, report.drafter) == (RunState.AWAITING_APPROVAL, "embedded")
    assert report.planning is not None
    assert any("it may cost" in note for note in report.planning.notes)
