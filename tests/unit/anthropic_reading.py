"""Reads answers of Anthropic's wire: whole, and as a stream that says the same."""

from __future__ import annotations

import json
from typing import Any

from llm_connectivity.reader import AnswerReader
from llm_connectivity.transcript import Transcript
from llm_connectivity.types import ChatResponse, StreamChunk
from llm_connectivity.wires.anthropic import AnthropicCodec
from tests.server import anthropic_wire as wire

# Kind of block -> its field that comes in pieces, the kind of those and their field.
_PIECES = {
    "text": ("text", "text_delta", "text"),
    "thinking": ("thinking", "thinking_delta", "thinking"),
    "tool_use": ("input", "input_json_delta", "partial_json"),
    "server_tool_use": ("input", "input_json_delta", "partial_json"),
    "mcp_tool_use": ("input", "input_json_delta", "partial_json"),
}


def read_pieces(
    *events: bytes,
    start: bytes | None = None,
    finish: str | None = "end_turn",
    counts: dict[str, Any] | None = None,
    keeps: bool = True,
    only: bool = False,
) -> tuple[AnswerReader, list[StreamChunk]]:
    """Read a stream with these events in it; with ``only``, of nothing but its start."""
    reader = AnswerReader(AnthropicCodec(), keeps=keeps)
    begin = wire.start_event() if start is None else start
    end = [] if only else [wire.finish_event(finish, counts), wire.DONE]
    chunks = [chunk for piece in (begin, *events, *end) for chunk in reader.feed(piece)]
    chunks += reader.finish()
    assert reader.failure is None
    return reader, chunks


def read_both(
    blocks: list[dict[str, Any]], finish: str = "end_turn", **fields: Any
) -> tuple[ChatResponse, ChatResponse]:
    """Read an answer of these blocks whole and streamed, fields being those of the message."""
    whole = AnthropicCodec().parse_chat(wire.whole_answer(finish=finish, content=blocks, **fields))
    usage = fields.pop("usage", None)
    events = [event for i, block in enumerate(blocks) for event in _stream(block, i)]
    delta = {"stop_reason": finish, "stop_sequence": None, **fields}
    counts = {"output_tokens": 7}
    end = [wire.event({"type": "message_delta", "delta": delta, "usage": counts}), wire.DONE]
    begin = wire.start_event(usage, id=whole.id)
    reader, chunks = read_pieces(*events, *end, start=begin, only=True)
    return whole, _put_together(reader, chunks)


def _put_together(reader: AnswerReader, chunks: list[StreamChunk]) -> ChatResponse:
    transcript = Transcript(keeps_text=True, clock=lambda: 0.0)
    for chunk in chunks:
        if chunk.content:
            transcript.add(chunk.content)
        transcript.add_others(chunk)
    told = reader.summary
    fields = {name: getattr(told, name) for name in ("stop_sequence", "service_tier", "refusal")}
    return ChatResponse(
        content=transcript.text,
        reasoning=transcript.reasoning,
        tool_calls=transcript.tool_calls(told.id, told.finish_reason),
        citations=transcript.citations,
        _verbatim=told._verbatim,
        **fields,
    )


def _stream(block: dict[str, Any], index: int) -> list[bytes]:
    """Give the events of one block; what does not come in pieces is in its first one."""
    field, kind, name = _PIECES.get(str(block.get("type")), ("", "", ""))
    value = block.get(field)
    deltas = []
    if field == "input":
        deltas = [{"type": kind, name: ""}]
        if value:
            deltas += [{"type": kind, name: json.dumps(value)}]
            block = {**block, field: {}}
    elif isinstance(value, str):
        deltas = [{"type": kind, name: value[:2]}, {"type": kind, name: value[2:]}]
        block = {**block, field: ""}
    if block.get("signature"):
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
        block = {**block, "signature": ""}
    return [
        wire.block_start_event(block, index),
        *(wire.delta_event(delta, index) for delta in deltas),
        wire.block_stop_event(index),
    ]
