"""Drafter that hands over what it was given, in order, and keeps what it was asked."""

from typing import Literal

from activities.planning.ports import DraftAsk
from domain.drafting import Draft, Drafted, TokenUsage

USAGE = TokenUsage(input_tokens=100, output_tokens=10, cached_input_tokens=50, cost_micro_usd=7)
"""Of every round."""


class FakeDrafter:
    def __init__(self, *answers: Draft | Exception, repairs: int = 2) -> None:
        self.asked: list[DraftAsk] = []
        self._answers = list(answers)
        self._repairs = repairs

    @property
    def name(self) -> Literal["embedded", "anthropic"]:
        return "anthropic"

    @property
    def repairs(self) -> int:
        return self._repairs

    async def draft(self, ask: DraftAsk) -> Drafted:
        self.asked.append(ask)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Drafted(draft=answer, drafter=self.name, usage=USAGE)
