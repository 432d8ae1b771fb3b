"""Drafter that asks one of Anthropic's models, which answers with a tool call or not at all."""

import asyncio
import re
from typing import Any, Final, Literal

import anthropic
from anthropic.types import (
    MessageParam,
    OutputConfigParam,
    TextBlockParam,
    ToolChoiceParam,
    ToolParam,
)
from pydantic import BaseModel, ConfigDict, JsonValue
from temporalio import activity

from activities.planning import prices_anthropic as prices
from activities.planning.errors_anthropic import translate
from activities.planning.ports import DraftAsk, UnreadableDraft
from activities.planning.prompt import RULES, question
from activities.planning.proposal import (
    Missing,
    Proposal,
    Unreadable,
    one_line,
    read_draft,
    read_missing,
)
from domain.drafting import Drafted, TokenUsage
from domain.errors import RequestNotServable, UpstreamUnavailable

CALL_SECONDS: Final = 55.0
"""For one call: three fit into the time that the planning activity has."""

MAX_OUTPUT_TOKENS: Final = 12_000
"""A plan of thirty steps with room to think; a bound on what one answer can cost."""

REPAIRS: Final = 2
"""What the compiler's reasons do not mend in two rounds, they will not mend in three."""

_MAX_MISSING_CHARACTERS: Final = 400

_PROPOSE: Final = "propose_plan"
_DECLINE: Final = "cannot_serve"

_CUT_OFF: Final = frozenset({"max_tokens", "model_context_window_exceeded"})

_TAKES_FORCED_TOOLS: Final = re.compile(r"claude-(3|(opus|sonnet|haiku)-4)(-|$)")
"""Later models think first and refuse a forced call. Source: "What's new in Claude Opus 5.5" and
"What's new in Claude Sonnet 5.5", platform.claude.com: forced tool use returns an error."""

_TAKES_EFFORT: Final = re.compile(r"claude-(opus|sonnet|haiku|fable|mythos)-5(-|$)")
"""Models that think unless told how little. Source: their pages at platform.claude.com."""


class _Answer(BaseModel):
    # The SDK does not check what it receives, so everything used of it is checked here.
    model_config = ConfigDict(frozen=True, from_attributes=True)


class Block(_Answer):
    """One part of an answer."""

    type: str
    name: str = ""
    input: JsonValue = None


class Usage(_Answer):
    """What an answer is charged for."""

    input_tokens: int
    output_tokens: int
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None


class Reply(_Answer):
    """An answer of the Messages API, as far as it is used."""

    content: tuple[Block, ...]
    stop_reason: str | None
    usage: Usage


class AnthropicDrafter:
    """Asks for a plan through a strict tool; the answer is data until the compiler has seen it."""

    def __init__(self, *, client: anthropic.AsyncAnthropic, model: str) -> None:
        # Temporal retries; a client that also did would multiply the attempts and their cost.
        self._client = client.with_options(max_retries=0, timeout=CALL_SECONDS)
        self._model = model

    @property
    def name(self) -> Literal["anthropic"]:
        """Who drafted."""
        return "anthropic"

    @property
    def repairs(self) -> int:
        """Two: a model does learn from the compiler's reasons."""
        return REPAIRS

    async def draft(self, ask: DraftAsk) -> Drafted:
        """Ask once; see the port for what may be raised."""
        reply = await self._ask(question(ask))
        usage = self._usage(reply.usage)
        try:
            name, given = _tool_call(reply)
            if name == _DECLINE:
                missing = read_missing(given)[:_MAX_MISSING_CHARACTERS]
                raise RequestNotServable(f"the planner found no plan: {missing}")
            draft = read_draft(given, shortlist=ask.shortlist, budget=ask.budget)
        except Unreadable as err:
            raise UnreadableDraft(str(err), usage=usage) from err
        return Drafted(draft=draft, drafter="anthropic", usage=usage)

    async def _ask(self, text: str) -> Reply:
        messages: list[MessageParam] = [{"role": "user", "content": text}]
        try:
            # The SDK's timeout starts anew with every byte; this one does not.
            async with asyncio.timeout(CALL_SECONDS):
                message = await self._client.messages.create(
                    model=self._model,
                    max_tokens=MAX_OUTPUT_TOKENS,
                    system=SYSTEM,
                    tools=TOOLS,
                    tool_choice=_tool_choice(self._model),
                    output_config=_output_config(self._model),
                    messages=messages,
                )
            return Reply.model_validate(message)
        except anthropic.AnthropicError as err:
            translate(err, model=self._model)
        except TimeoutError as err:
            raise UpstreamUnavailable(
                f"{self._model} gave no plan within {CALL_SECONDS:.0f} seconds; try again"
            ) from err
        except ValueError as err:
            raise UpstreamUnavailable(
                f"what answered for {self._model} does not speak the Messages API; "
                "check ANTHROPIC_BASE_URL, or try again"
            ) from err

    def _usage(self, usage: Usage) -> TokenUsage:
        counted = prices.usage_of(
            self._model,
            read=usage.input_tokens,
            cache_write=usage.cache_creation_input_tokens or 0,
            cache_read=usage.cache_read_input_tokens or 0,
            written=usage.output_tokens,
        )
        details = counted.model_dump() | {"model": self._model}
        if not prices.is_known(self._model):
            details["cost_is"] = "an upper estimate: the model has no row in the price table"
        activity.logger.info("model_asked", extra=details)
        return counted


def _tool_call(reply: Reply) -> tuple[str, JsonValue]:
    if reply.stop_reason == "refusal":
        raise RequestNotServable(
            "the model's provider declined this request under its usage policy; "
            "ask for something else, or set CARAVAN_PLANNER=embedded"
        )
    if reply.stop_reason in _CUT_OFF:
        # What arrived may even be well-formed: half a plan that looks whole.
        raise Unreadable("the answer was cut off for its length; propose fewer, shorter steps")
    calls = [block for block in reply.content if block.type == "tool_use"]
    if len(calls) != 1:
        raise Unreadable(f"{len(calls)} tool calls instead of exactly one")
    if calls[0].name not in {_PROPOSE, _DECLINE}:
        raise Unreadable(f"there is no tool called {one_line(calls[0].name)[:60]!r}")
    return calls[0].name, calls[0].input


def _tool(name: str, model: type[BaseModel]) -> ToolParam:
    schema: dict[str, Any] = anthropic.transform_schema(model)
    return {
        "name": name,
        "description": schema.pop("description"),
        "input_schema": schema,
        "strict": True,
    }


def _tool_choice(model: str) -> ToolChoiceParam:
    if _TAKES_FORCED_TOOLS.match(model):
        return {"type": "any", "disable_parallel_tool_use": True}
    return {"type": "auto", "disable_parallel_tool_use": True}


def _output_config(model: str) -> OutputConfigParam | anthropic.Omit:
    return {"effort": "low"} if _TAKES_EFFORT.match(model) else anthropic.omit


SYSTEM: Final[list[TextBlockParam]] = [
    {"type": "text", "text": RULES, "cache_control": {"type": "ephemeral"}}
]
"""The rules. The mark ends the part of a request that the provider may cache."""

TOOLS: Final[list[ToolParam]] = [
    _tool(_PROPOSE, Proposal),
    {**_tool(_DECLINE, Missing), "cache_control": {"type": "ephemeral"}},
]
"""The two answers there are. They come before the rules, so they have a mark of their own."""
