"""Any model behind OpenAI's protocol (GPT, Ollama, vLLM), streamed.

It answers with one tool call where its server takes tools, and else with one JSON object.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import httpx2
import openai
from openai.types import ReasoningEffort
from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionMessageParam
from pydantic import BaseModel, ConfigDict, JsonValue
from temporalio import activity

from activities.planning.errors_openai import BY_CODE, translate
from activities.planning.ports import (
    DrafterSlow,
    Meter,
    ProviderDeclined,
    Question,
    Tool,
    ToolCall,
    UnreadableAnswer,
)
from activities.planning.prices_openai import OPENAI_HOST, price_of
from activities.planning.pricing import guessed_tokens, priced
from activities.planning.proposal import one_line
from domain.drafting import TokenUsage
from domain.errors import UpstreamUnavailable

MAX_OUTPUT_TOKENS: Final = 12_000
"""A plan of thirty steps with room to think; a bound on what one answer can cost."""

MAX_ANSWER_CHARACTERS: Final = 200_000
"""Of one answer; four times what the tokens allow. Whoever sends more is no model."""

_FENCE: Final = re.compile(r"\A\s*```(?:json)?\s*(.*?)\s*```\s*\Z", re.DOTALL)
"""Small models like to wrap JSON in Markdown."""

_TOOLS_WITHOUT_THINKING: Final = re.compile(r"gpt-(5\.[4-9]|6)")
"""Models of OpenAI's that take tools here only when told not to think. Source: OpenAI's community
forum, "Gpt-5.6 chat completion reasoning effort": HTTP 400 otherwise. Those that cannot stop
thinking refuse this too, and are then asked for JSON."""

_THINKS: Final = re.compile(r"gpt-[5-9]|o\d")


class _Part(BaseModel):
    # The SDK does not check what it receives, so everything used of it is checked here.
    model_config = ConfigDict(frozen=True, from_attributes=True)


class _Function(_Part):
    name: str | None = None
    arguments: str | None = None


class _Call(_Part):
    index: int = 0
    function: _Function | None = None


class _Delta(_Part):
    content: str | None = None
    refusal: str | None = None
    tool_calls: tuple[_Call, ...] | None = None


class _Choice(_Part):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _CachedTokens(_Part):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _Usage(_Part):
    prompt_tokens: int
    completion_tokens: int
    prompt_tokens_details: _CachedTokens | None = None


class _Chunk(_Part):
    choices: tuple[_Choice, ...] = ()
    usage: _Usage | None = None


class _Answer:
    """Put together from the chunks of one stream."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.arguments: dict[int, list[str]] = {}
        self.content: list[str] = []
        self.refused = False
        self.finish_reason: str | None = None
        self.usage: _Usage | None = None
        self.characters = 0

    def take(self, chunk: _Chunk) -> int:
        """Add one chunk; return how many characters it brought."""
        before = self.characters
        self.usage = chunk.usage or self.usage
        for choice in chunk.choices[:1]:
            self.finish_reason = choice.finish_reason or self.finish_reason
            if choice.delta is not None:
                self._add(choice.delta)
        return self.characters - before

    def _add(self, delta: _Delta) -> None:
        self.refused |= bool(delta.refusal)
        self.content.append(delta.content or "")
        self.characters += len(delta.content or "")
        for call in delta.tool_calls or ():
            self.arguments.setdefault(call.index, [])
            if call.function is None:
                continue
            self.names.setdefault(call.index, call.function.name or "")
            self.arguments[call.index].append(call.function.arguments or "")
            self.characters += len(call.function.arguments or "")

    def tool_call(self, known: frozenset[str]) -> ToolCall:
        """Return the one call that there has to be, made as a call or written as JSON."""
        if self.refused or self.finish_reason == "content_filter":
            raise ProviderDeclined(
                "the model or its provider declined this request; "
                "ask for something else, or set CARAVAN_PLANNER=embedded"
            )
        if self.finish_reason == "length":
            # What arrived may even be well-formed: half a plan that looks whole.
            raise UnreadableAnswer(
                "the answer was cut off for its length; propose fewer, shorter steps"
            )
        call = self._called() if self.arguments else _written("".join(self.content))
        if call.tool not in known:
            raise UnreadableAnswer(f"there is no tool called {one_line(call.tool)[:60]!r}")
        return call

    def _called(self) -> ToolCall:
        if len(self.arguments) != 1:
            raise UnreadableAnswer(f"{len(self.arguments)} tool calls instead of exactly one")
        ((index, parts),) = self.arguments.items()
        return ToolCall(self.names.get(index, ""), _read_json("".join(parts) or "{}"))


class OpenAiModel:
    """Answers through a strict tool or in JSON; data until the compiler has seen it."""

    def __init__(self, *, client: openai.AsyncOpenAI, model: str) -> None:
        # Retries are counted where patience is; a client that also retried would multiply them.
        self._client = client.with_options(max_retries=0)
        self._model = model
        self._base_url = str(client.base_url)
        self._is_openai = urlsplit(self._base_url).hostname == OPENAI_HOST
        self._takes_tools = True

    @property
    def name(self) -> Literal["openai"]:
        """Whose protocol it speaks."""
        return "openai"

    @property
    def label(self) -> str:
        """The model's own name."""
        return self._model

    async def ask(self, question: Question, *, meter: Meter) -> ToolCall:
        """Ask once, or twice where tools turn out not to be taken; see the port for errors."""
        if self._takes_tools:
            try:
                return await self._ask(question, meter)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as err:
                if err.code in BY_CODE:
                    translate(err, model=self._model)
                # Refused for its form, so it cost nothing: tools are what servers differ in.
                self._takes_tools = False
        try:
            return await self._ask(question, meter)
        except openai.OpenAIError as err:
            translate(err, model=self._model)

    async def _ask(self, question: Question, meter: Meter) -> ToolCall:
        seconds = meter.seconds_left()
        answer = _Answer()
        began = False
        try:
            # The SDK's timeout starts anew with every byte; this one does not.
            async with asyncio.timeout(seconds):
                async for chunk in self._chunks(question, seconds):
                    began = True
                    meter.received(answer.take(chunk))
                    meter.arriving(answer, self._priced(question, answer))
                    if answer.characters > MAX_ANSWER_CHARACTERS:
                        raise self._foreign()
        except (openai.BadRequestError, openai.UnprocessableEntityError):
            raise
        except openai.OpenAIError as err:
            translate(err, model=self._model)
        except TimeoutError as err:
            # It worked on an answer, which is charged for, though it never told the count.
            began = True
            raise DrafterSlow(
                f"{self._model} gave no whole answer within {seconds:.0f} seconds; try again"
            ) from err
        except httpx2.HTTPError as err:
            raise UpstreamUnavailable(
                f"the answer of {self._model} broke off ({type(err).__name__}); try again"
            ) from err
        except ValueError as err:
            raise self._foreign() from err
        finally:
            if began:
                self._count(question, answer, meter)
        return self._read(question, answer, began=began)

    def _read(self, question: Question, answer: _Answer, *, began: bool) -> ToolCall:
        if not began:
            raise self._foreign()
        if answer.finish_reason is None:
            raise UpstreamUnavailable(f"the answer of {self._model} broke off; try again")
        if self._takes_tools and not answer.arguments and not self._is_openai:
            # A server that takes no notice of tools; from now on it is asked for JSON.
            self._takes_tools = False
        return answer.tool_call(frozenset(tool.name for tool in question.tools))

    async def _chunks(self, question: Question, seconds: float) -> AsyncIterator[_Chunk]:
        stream = await self._client.chat.completions.create(
            model=self._model,
            messages=self._messages(question),
            stream=True,
            stream_options={"include_usage": True},
            timeout=seconds,
            max_completion_tokens=MAX_OUTPUT_TOKENS if self._is_openai else openai.omit,
            max_tokens=openai.omit if self._is_openai else MAX_OUTPUT_TOKENS,
            reasoning_effort=self._effort(),
            tools=[*_tools(question.tools)] if self._takes_tools else openai.omit,
            tool_choice="required" if self._takes_tools else openai.omit,
            response_format=openai.omit if self._takes_tools else {"type": "json_object"},
        )
        async with stream:
            async for chunk in stream:
                yield _Chunk.model_validate(chunk)

    def _messages(self, question: Question) -> list[ChatCompletionMessageParam]:
        rules = question.rules
        if not self._takes_tools:
            rules = f"{rules}\n{_in_json(question.tools)}"
        return [
            {"role": "system", "content": rules},
            {"role": "user", "content": question.text},
        ]

    def _effort(self) -> ReasoningEffort | openai.Omit:
        if not self._is_openai:
            return openai.omit
        if self._takes_tools:
            return "none" if _TOOLS_WITHOUT_THINKING.match(self._model) else openai.omit
        return "low" if _THINKS.match(self._model) else openai.omit

    def _count(self, question: Question, answer: _Answer, meter: Meter) -> None:
        counted = self._priced(question, answer)
        meter.count(counted, answer=answer)
        if answer.usage is None:
            meter.note(f"the tokens of an answer of {self._model} are estimated: it did not count")
        note = price_of(self._model, base_url=self._base_url).note
        if note:
            meter.note(note)
        activity.logger.info("model_asked", extra=counted.model_dump() | {"model": self._model})

    def _priced(self, question: Question, answer: _Answer) -> TokenUsage:
        usage = answer.usage
        if usage is None:
            sent = len(question.rules) + len(question.text)
            read, written = guessed_tokens(sent), guessed_tokens(answer.characters)
        else:
            read, written = max(usage.prompt_tokens, 0), max(usage.completion_tokens, 0)
        details = (usage and usage.prompt_tokens_details) or _CachedTokens()
        cached = min(max(details.cached_tokens or 0, 0), read)
        stored = min(max(details.cache_write_tokens or 0, 0), read - cached)
        return priced(
            price_of(self._model, base_url=self._base_url).rates,
            read=read - cached - stored,
            cache_write=stored,
            cache_read=cached,
            written=written,
        )

    def _foreign(self) -> UpstreamUnavailable:
        return UpstreamUnavailable(
            f"what answered for {self._model} does not speak the Chat Completions API; "
            "check OPENAI_BASE_URL, or try again"
        )


def _written(content: str) -> ToolCall:
    fenced = _FENCE.match(content)
    if not content.strip():
        raise UnreadableAnswer("0 tool calls instead of exactly one")
    given = _read_json(fenced[1] if fenced else content)
    if not isinstance(given, dict) or given.keys() != {"tool", "input"}:
        raise UnreadableAnswer('the answer is not a JSON object with "tool" and "input"')
    return ToolCall(str(given["tool"]), given["input"])


def _read_json(text: str) -> JsonValue:
    try:
        given: JsonValue = json.loads(text)
    except (ValueError, RecursionError) as err:
        raise UnreadableAnswer("the answer is not JSON") from err
    return given


@lru_cache(maxsize=8)
def _tools(tools: tuple[Tool, ...]) -> tuple[ChatCompletionFunctionToolParam, ...]:
    return tuple(openai.pydantic_function_tool(tool.form, name=tool.name) for tool in tools)


def _in_json(tools: tuple[Tool, ...]) -> str:
    shown: list[dict[str, Any]] = [
        {
            "tool": one["function"]["name"],
            "description": one["function"].get("description", ""),
            "input_schema": one["function"].get("parameters", {}),
        }
        for one in _tools(tools)
    ]
    return (
        "You cannot call tools here. Write the call down instead: answer with one JSON object and "
        'nothing else, {"tool": "<name>", "input": {<every field of its schema>}}. The tools:\n'
        + json.dumps(shown, separators=(",", ":"))
    )
