"""Anthropic's models over the Messages API, streamed: an answer is one tool call or none."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Any, Final, Literal

import anthropic
import httpx2
from anthropic.types import OutputConfigParam, TextBlockParam, ToolChoiceParam, ToolParam
from pydantic import BaseModel, ConfigDict, JsonValue
from temporalio import activity

from activities.planning import prices_anthropic as prices
from activities.planning.errors_anthropic import translate
from activities.planning.ports import (
    DrafterSlow,
    Meter,
    ProviderDeclined,
    Question,
    Tool,
    ToolCall,
    UnreadableAnswer,
)
from activities.planning.pricing import guessed_tokens, priced
from activities.planning.proposal import one_line
from domain.drafting import TokenUsage
from domain.errors import UpstreamUnavailable

MAX_OUTPUT_TOKENS: Final = 12_000
"""A plan of thirty steps with room to think; a bound on what one answer can cost."""

MAX_ANSWER_CHARACTERS: Final = 200_000
"""Of one answer; four times what the tokens allow. Whoever sends more is no model."""

_CUT_OFF: Final = frozenset({"max_tokens", "model_context_window_exceeded"})

_TAKES_FORCED_TOOLS: Final = re.compile(r"claude-(3|(opus|sonnet|haiku)-4)(-|$)")
"""Later models think first and refuse a forced call. Source: "What's new in Claude Opus 5.5" and
"What's new in Claude Sonnet 5.5", platform.claude.com: forced tool use returns an error."""

_TAKES_EFFORT: Final = re.compile(r"claude-(opus|sonnet|haiku|fable|mythos)-5(-|$)")
"""Models that think unless told how little. Source: their pages at platform.claude.com."""


class _Event(BaseModel):
    # The SDK does not check what it receives, so everything used of it is checked here.
    model_config = ConfigDict(frozen=True, from_attributes=True)


class _Usage(_Event):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None


class _Message(_Event):
    usage: _Usage


class _Block(_Event):
    type: str
    name: str = ""


class _Delta(_Event):
    partial_json: str = ""
    text: str | None = None
    thinking: str | None = None
    stop_reason: str | None = None


class _Streamed(_Event):
    """Any event of a stream; which fields it has follows from its type."""

    type: str
    index: int = 0
    message: _Message | None = None
    content_block: _Block | None = None
    delta: _Delta | None = None
    usage: _Usage | None = None


class _Answer:
    """Put together from the events of one stream."""

    def __init__(self) -> None:
        self.blocks: dict[int, _Block] = {}
        self.inputs: dict[int, list[str]] = {}
        self.stop_reason: str | None = None
        self.usage: dict[str, int] = {}
        self.characters = 0
        self.ended = False

    def take(self, event: _Streamed) -> int:
        """Add one event; return how many characters it brought."""
        if event.message is not None:
            self._count(event.message.usage)
        if event.usage is not None:
            self._count(event.usage)
        if event.content_block is not None:
            self.blocks[event.index] = event.content_block
        self.ended |= event.type == "message_stop"
        if event.delta is None:
            return 0
        self.stop_reason = event.delta.stop_reason or self.stop_reason
        self.inputs.setdefault(event.index, []).append(event.delta.partial_json)
        said = (event.delta.partial_json, event.delta.text or "", event.delta.thinking or "")
        arrived = sum(map(len, said))
        self.characters += arrived
        return arrived

    def _count(self, usage: _Usage) -> None:
        # Later events repeat the counts of the whole answer so far.
        self.usage |= {name: n for name, n in usage.model_dump().items() if n is not None}

    def tool_call(self, known: frozenset[str]) -> ToolCall:
        """Return the one call that there has to be."""
        if self.stop_reason == "refusal":
            raise ProviderDeclined(
                "the model's provider declined this request under its usage policy; "
                "ask for something else, or set CARAVAN_PLANNER=embedded"
            )
        if self.stop_reason in _CUT_OFF:
            # What arrived may even be well-formed: half a plan that looks whole.
            raise UnreadableAnswer(
                "the answer was cut off for its length; propose fewer, shorter steps"
            )
        calls = [index for index, block in self.blocks.items() if block.type == "tool_use"]
        if len(calls) != 1:
            raise UnreadableAnswer(f"{len(calls)} tool calls instead of exactly one")
        name = self.blocks[calls[0]].name
        if name not in known:
            raise UnreadableAnswer(f"there is no tool called {one_line(name)[:60]!r}")
        return ToolCall(name, _read_json("".join(self.inputs.get(calls[0], []))))


class AnthropicModel:
    """Answers through a strict tool; the answer is data until the compiler has seen it."""

    def __init__(self, *, client: anthropic.AsyncAnthropic, model: str) -> None:
        # Retries are counted where patience is; a client that also retried would multiply them.
        self._client = client.with_options(max_retries=0)
        self._model = model

    @property
    def name(self) -> Literal["anthropic"]:
        """Whose protocol it speaks."""
        return "anthropic"

    @property
    def label(self) -> str:
        """The model's own name."""
        return self._model

    async def ask(self, question: Question, *, meter: Meter) -> ToolCall:
        """Ask once; see the port for what may be raised."""
        seconds = meter.seconds_left()
        answer = _Answer()
        try:
            # The SDK's timeout starts anew with every byte; this one does not.
            async with asyncio.timeout(seconds):
                await self._receive(question, answer, meter, seconds)
        except anthropic.AnthropicError as err:
            translate(err, model=self._model)
        except TimeoutError as err:
            raise DrafterSlow(
                f"{self._model} gave no whole answer within {seconds:.0f} seconds; try again"
            ) from err
        except httpx2.HTTPError as err:
            raise UpstreamUnavailable(
                f"the answer of {self._model} broke off ({type(err).__name__}); try again"
            ) from err
        except ValueError as err:
            raise _foreign(self._model) from err
        finally:
            self._count(answer, meter)
        return answer.tool_call(frozenset(tool.name for tool in question.tools))

    async def _receive(
        self, question: Question, answer: _Answer, meter: Meter, seconds: float
    ) -> None:
        async for event in self._events(question, seconds):
            meter.received(answer.take(event))
            if answer.usage:
                meter.arriving(answer, self._priced(answer))
            if answer.characters > MAX_ANSWER_CHARACTERS:
                raise _foreign(self._model)
        if not answer.usage:
            raise _foreign(self._model)
        if not answer.ended:
            raise UpstreamUnavailable(f"the answer of {self._model} broke off; try again")

    async def _events(self, question: Question, seconds: float) -> AsyncIterator[_Streamed]:
        stream = await self._client.messages.create(
            model=self._model,
            max_tokens=MAX_OUTPUT_TOKENS,
            system=_system(question.rules),
            tools=[*_tools(question.tools)],
            tool_choice=_tool_choice(self._model),
            output_config=_output_config(self._model),
            messages=[{"role": "user", "content": question.text}],
            timeout=seconds,
            stream=True,
        )
        async with stream:
            async for event in stream:
                yield _Streamed.model_validate(event)

    def _count(self, answer: _Answer, meter: Meter) -> None:
        if not answer.usage:
            return
        counted = self._priced(answer)
        meter.count(counted, answer=answer)
        details = counted.model_dump() | {"model": self._model, "whole": answer.ended}
        if not prices.is_known(self._model):
            meter.note(f"the cost of {self._model} is an upper estimate: its price is not known")
        activity.logger.info("model_asked", extra=details)

    def _priced(self, answer: _Answer) -> TokenUsage:
        # The count of what was written comes last; of an answer that broke off it is a guess.
        guess = 0 if answer.ended else guessed_tokens(answer.characters)
        return priced(
            prices.rates_of(self._model),
            read=answer.usage.get("input_tokens", 0),
            cache_write=answer.usage.get("cache_creation_input_tokens", 0),
            cache_read=answer.usage.get("cache_read_input_tokens", 0),
            written=max(answer.usage.get("output_tokens", 0), guess),
        )


def _foreign(model: str) -> UpstreamUnavailable:
    return UpstreamUnavailable(
        f"what answered for {model} does not speak the Messages API; "
        "check ANTHROPIC_BASE_URL, or try again"
    )


def _read_json(text: str) -> JsonValue:
    try:
        given: JsonValue = json.loads(text or "{}")
    except (ValueError, RecursionError) as err:
        raise UnreadableAnswer("the tool input is not JSON") from err
    return given


@lru_cache(maxsize=8)
def _tools(tools: tuple[Tool, ...]) -> tuple[ToolParam, ...]:
    # They come before the rules, so they have a mark of their own for the provider's cache.
    *others, last = (_tool(tool) for tool in tools)
    return *others, {**last, "cache_control": {"type": "ephemeral"}}


def _tool(tool: Tool) -> ToolParam:
    schema: dict[str, Any] = anthropic.transform_schema(tool.form)
    return {
        "name": tool.name,
        "description": schema.pop("description"),
        "input_schema": schema,
        "strict": True,
    }


def _system(rules: str) -> list[TextBlockParam]:
    return [{"type": "text", "text": rules, "cache_control": {"type": "ephemeral"}}]


def _tool_choice(model: str) -> ToolChoiceParam:
    if _TAKES_FORCED_TOOLS.match(model):
        return {"type": "any", "disable_parallel_tool_use": True}
    return {"type": "auto", "disable_parallel_tool_use": True}


def _output_config(model: str) -> OutputConfigParam | anthropic.Omit:
    return {"effort": "low"} if _TAKES_EFFORT.match(model) else anthropic.omit
