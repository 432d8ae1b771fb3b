"""Answers of a server that speaks Anthropic's Messages protocol, streamed as it streams them."""

import json
from typing import Any

from tests.activities.planning.wire import Answer, WireServer

__all__ = ["Answer", "MessagesServer", "error", "event", "message", "stream_of", "tool_call"]

USAGE = {
    "input_tokens": 1_000,
    "output_tokens": 1,
    "cache_creation_input_tokens": 400,
    "cache_read_input_tokens": 3_000,
}
WRITTEN_TOKENS = 200


class MessagesServer(WireServer):
    """Listens where the SDK asks."""

    def __init__(self) -> None:
        super().__init__(path="/v1/messages")


def tool_call(name: str, given: object, *, stop_reason: str = "tool_use") -> Answer:
    block = {"type": "tool_use", "id": "toolu_1", "name": name, "input": given}
    return message([block], stop_reason=stop_reason)


def message(content: list[dict[str, Any]], *, stop_reason: str = "end_turn") -> Answer:
    return Answer(events=tuple(stream_of(content, stop_reason=stop_reason)))


def stream_of(content: list[dict[str, Any]], *, stop_reason: str = "end_turn") -> list[str]:
    """Every event of one whole answer."""
    begun = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": USAGE,
    }
    events = [event("message_start", message=begun), "event: ping\ndata: {}\n\n"]
    for index, block in enumerate(content):
        events += _block(index, block)
    events.append(
        event(
            "message_delta",
            delta={"stop_reason": stop_reason, "stop_sequence": None},
            usage={"output_tokens": WRITTEN_TOKENS},
        )
    )
    return [*events, event("message_stop")]


def _block(index: int, block: dict[str, Any]) -> list[str]:
    deltas: list[dict[str, Any]] = []
    start = dict(block)
    if block["type"] == "tool_use":
        start["input"] = {}
        text = json.dumps(block["input"])
        parts = [text[at : at + 40] for at in range(0, len(text), 40)]
        deltas = [{"type": "input_json_delta", "partial_json": part} for part in ["", *parts]]
    elif block["type"] == "text":
        start["text"] = ""
        deltas = [{"type": "text_delta", "text": block["text"]}]
    return [
        event("content_block_start", index=index, content_block=start),
        *(event("content_block_delta", index=index, delta=delta) for delta in deltas),
        event("content_block_stop", index=index),
    ]


def event(kind: str, **fields: Any) -> str:
    """One event as it goes over the wire."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n"


def error(status: int, kind: str, said: str = "as told", **headers: str) -> Answer:
    body = {"type": "error", "error": {"type": kind, "message": said}, "request_id": "req_1"}
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(status=status, body=body, headers=named)
