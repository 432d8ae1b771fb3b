"""Drafters that say what they were given, without any model."""

import asyncio
from typing import Literal

from pydantic import JsonValue

from activities.planning.ports import DraftAsk, Meter, ModelVendor, Question, ToolCall
from activities.planning.proposal import write_proposal
from domain.drafting import Draft, Drafted, TokenUsage
from domain.errors import RequestNotServable

USAGE = TokenUsage(input_tokens=100, output_tokens=10, cached_input_tokens=50, cost_micro_usd=7)
"""Of every question that is answered; one that fails costs nothing."""

Said = Draft | ToolCall | Exception


class FakeDrafter:
    """Always the same draft, or the same refusal, in place of the embedded planner."""

    def __init__(self, answer: Draft | RequestNotServable) -> None:
        self._answer = answer

    @property
    def name(self) -> Literal["embedded"]:
        return "embedded"

    @property
    def repairs(self) -> int:
        return 0

    async def draft(self, ask: DraftAsk) -> Drafted:
        if isinstance(self._answer, RequestNotServable):
            raise self._answer
        return Drafted(draft=self._answer, drafter="embedded")


class FakeModel:
    """Answers what it was given, in order, and keeps what it was asked."""

    def __init__(self, *answers: Said, name: ModelVendor = "anthropic") -> None:
        self.asked: list[Question] = []
        self._answers = list(answers)
        self._name: ModelVendor = name

    @property
    def name(self) -> ModelVendor:
        return self._name

    @property
    def label(self) -> str:
        return f"fake-{self._name}"

    async def ask(self, question: Question, *, meter: Meter) -> ToolCall:
        meter.seconds_left()
        self.asked.append(question)
        answer = self._answers.pop(0)
        await asyncio.sleep(0)
        if isinstance(answer, Exception):
            if isinstance(answer, ValueError):
                meter.count(USAGE)
            raise answer
        meter.count(USAGE)
        return answer if isinstance(answer, ToolCall) else proposed(answer)


def proposed(draft: Draft, **changes: JsonValue) -> ToolCall:
    """The call that proposes a draft."""
    return ToolCall("propose_plan", write_proposal(draft).model_dump(mode="json") | changes)


def declined(missing: str) -> ToolCall:
    """The call that says what is missing."""
    return ToolCall("cannot_serve", {"missing": missing})
