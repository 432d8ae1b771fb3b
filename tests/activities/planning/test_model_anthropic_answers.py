"""Answers that are no proposal, or not a whole one."""

import pytest

from activities.planning.drafter_model import ModelDrafter
from activities.planning.metering import PlanningMeter
from activities.planning.ports import ProviderDeclined, UnreadableDraft
from domain.errors import RequestNotServable
from tests.activities.planning.messages_server import Answer, MessagesServer, message, tool_call
from tests.activities.planning.proposals import ask, proposal


async def test_what_cannot_be_served_is_said_in_the_models_words(
    server: MessagesServer, drafter: ModelDrafter
) -> None:
    server.answers = [tool_call("cannot_serve", {"missing": "nobody\n sells \x1b[31mcheese"})]

    with pytest.raises(RequestNotServable, match=r"nobody sells \[31mcheese"):
        await drafter.draft(ask())


async def test_a_refusal_of_the_provider_is_no_answer_to_the_request(
    server: MessagesServer, drafter: ModelDrafter
) -> None:
    server.answers = [message([], stop_reason="refusal")]

    with pytest.raises(ProviderDeclined, match="usage policy"):
        await drafter.draft(ask())


@pytest.mark.parametrize("stop_reason", ["max_tokens", "model_context_window_exceeded"])
async def test_a_proposal_that_was_cut_off_is_refused_even_if_it_looks_whole(
    server: MessagesServer, drafter: ModelDrafter, meter: PlanningMeter, stop_reason: str
) -> None:
    server.answers = [tool_call("propose_plan", proposal(), stop_reason=stop_reason)]

    with pytest.raises(UnreadableDraft, match="cut off"):
        await drafter.draft(ask())

    assert meter.usage.output_tokens == 200


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "the tool input"),
        ("words", "the tool input"),
        (proposal() | {"steps": [{"id": "x"}]}, "steps.0"),
        (proposal() | {"understood_as": "theft"}, "understood_as"),
        (proposal(id="Weather Report"), "step id"),
        (proposal(id="weather#0"), "step id"),
        (proposal(kind="map", over_step="list"), "max_items"),
        (proposal(undo="refund"), "undo"),
        (proposal(arguments=[]) | {"pay_to": "me"}, "pay_to"),
    ],
)
async def test_input_that_is_no_draft_is_refused_with_a_reason(
    server: MessagesServer, drafter: ModelDrafter, given: object, why: str
) -> None:
    server.answers = [tool_call("propose_plan", given)]

    with pytest.raises(UnreadableDraft, match=why):
        await drafter.draft(ask())


@pytest.mark.parametrize(
    "value_json", ["Oslo", "", "NaN", "[Infinity]", '"\\ud800"', "[" * 100_000, '{"a":']
)
async def test_a_value_that_is_not_json_is_refused(
    server: MessagesServer, drafter: ModelDrafter, value_json: str
) -> None:
    argument = proposal()["steps"][0]["arguments"][0] | {"value_json": value_json}
    server.answers = [tool_call("propose_plan", proposal(arguments=[argument]))]

    with pytest.raises(UnreadableDraft, match="argument place"):
        await drafter.draft(ask())


async def test_an_argument_given_twice_is_refused(
    server: MessagesServer, drafter: ModelDrafter
) -> None:
    argument = proposal()["steps"][0]["arguments"][0]
    server.answers = [tool_call("propose_plan", proposal(arguments=[argument, argument]))]

    with pytest.raises(UnreadableDraft, match="twice"):
        await drafter.draft(ask())


@pytest.mark.parametrize(
    "answer",
    [
        message([{"type": "text", "text": "Here is a plan."}]),
        message([]),
        tool_call("transfer_money", {}),
        message(
            [
                {"type": "tool_use", "id": str(n), "name": "propose_plan", "input": proposal()}
                for n in range(2)
            ],
            stop_reason="tool_use",
        ),
    ],
)
async def test_anything_but_one_known_tool_call_is_refused(
    server: MessagesServer, drafter: ModelDrafter, answer: Answer
) -> None:
    server.answers = [answer]

    with pytest.raises(UnreadableDraft):
        await drafter.draft(ask())
