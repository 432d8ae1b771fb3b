"""Answers of a server that speaks OpenAI's Chat Completions protocol, streamed as it does."""

import json
from typing import Any

from tests.activities.planning.wire import Answer, WireServer

__all__ = ["Answer", "ChatServer", "chunk", "error", "says", "stream_of", "tool_call"]

USAGE = {
    "prompt_tokens": 4_400,
    "completion_tokens": 200,
    "total_tokens": 4_600,
    "prompt_tokens_details": {"cached_tokens": 3_000},
}
DONE = "data: [DONE]\n\n"


class ChatServer(WireServer):
    """Listens where the SDK asks."""

    def __init__(self) -> None:
        super().__init__(path="/v1/chat/completions")


def tool_call(name: str, given: object, *, finish_reason: str = "tool_calls") -> Answer:
    return Answer(events=tuple(stream_of([(name, json.dumps(given))], finish_reason=finish_reason)))


def says(text: str, *, finish_reason: str = "stop") -> Answer:
    """An answer in words, without a call."""
    parts = [chunk({"content": text[at : at + 50]}) for at in range(0, len(text), 50)]
    return Answer(events=(*parts, chunk({}, finish_reason=finish_reason), usage_chunk(), DONE))


def stream_of(calls: list[tuple[str, str]], *, finish_reason: str = "tool_calls") -> list[str]:
    """Every chunk of one whole answer that calls tools."""
    events = [chunk({"role": "assistant", "content": None})]
    for index, (name, arguments) in enumerate(calls):
        function = {"name": name, "arguments": ""}
        events.append(_call(index, id=f"call_{index}", type="function", function=function))
        parts = [arguments[at : at + 40] for at in range(0, len(arguments), 40)]
        events += [_call(index, function={"arguments": part}) for part in parts]
    return [*events, chunk({}, finish_reason=finish_reason), usage_chunk(), DONE]


def _call(index: int, **fields: Any) -> str:
    return chunk({"tool_calls": [{"index": index, **fields}]})


def chunk(delta: dict[str, Any], *, finish_reason: str | None = None) -> str:
    """One chunk as it goes over the wire."""
    return _data([{"index": 0, "delta": delta, "finish_reason": finish_reason}], None)


def usage_chunk(usage: dict[str, Any] | None = None) -> str:
    return _data([], usage or USAGE)


def _data(choices: list[dict[str, Any]], usage: dict[str, Any] | None) -> str:
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "any",
        "choices": choices,
        "usage": usage,
    }
    return f"data: {json.dumps(body)}\n\n"


def error(status: int, code: str | None, said: str = "as told", **headers: str) -> Answer:
    body = {"error": {"message": said, "type": "an_error", "param": None, "code": code}}
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(status=status, body=body, headers=named)
