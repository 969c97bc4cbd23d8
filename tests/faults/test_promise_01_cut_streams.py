"""Promise 1: a stream that was cut is never reported as complete."""

from __future__ import annotations

import json

import pytest

from llm_connectivity import LLMClient, StreamInterruptedError
from tests.faults.scenarios.voice import Voice
from tests.server import Cut, Reply, Send, Step
from tests.worlds import WireWorld

# Streams that are as short as their wire allows: JSON of each event, and how many of them make
# the answer complete.
STREAMS = {
    "openai": (
        [
            {"choices": [{"delta": {"content": "Hi"}}]},
            {"choices": [{"delta": {"content": "é!"}}]},
            {"choices": [{"delta": {}, "finish_reason": "stop"}]},
        ],
        "[DONE]",
    ),
    "anthropic": (
        [
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}},
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "é!"}},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
        ],
        '{"type": "message_stop"}',
    ),
    "google": (
        [
            {"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]},
            {"candidates": [{"content": {"parts": [{"text": "é!"}]}}]},
            {"candidates": [{"content": {}, "finishReason": "STOP"}]},
        ],
        "",
    ),
}


def _body(name: str) -> tuple[bytes, list[int]]:
    """Give a whole stream, and how long it must be for each of its events to be there."""
    events, marker = STREAMS[name]
    body, ends = b"", []
    for event in events:
        body += b"data: " + json.dumps(event, ensure_ascii=False).encode()
        ends.append(len(body))
        body += b"\n\n"
    return body + (b"data: " + marker.encode() + b"\n\n" if marker else b""), ends


def _read(client: LLMClient) -> tuple[str, bool]:
    """Give the text of a stream, and whether it was reported as complete."""
    stream = client.chat_stream("Hi")
    try:
        for _ in stream:
            pass
    except StreamInterruptedError as error:
        assert error.partial_text == stream.text
        return stream.text, False
    return stream.text, stream.response.finish_reason == "stop"


@pytest.mark.parametrize("steps", [(Cut(),), ()], ids=["closed", "ended"])
def test_promise_01_stream_cut_at_any_byte_is_complete_only_behind_its_finish_reason(
    wire: WireWorld, steps: tuple[Step, ...]
):
    """And has the text of the events that were there, on every wire."""
    body, ends = _body(wire.provider)
    client = wire.client(max_retries=0)
    wire.server.add(
        *(
            Reply((*([Send(body[:cut])] if cut else []), *steps), framing="chunked")
            for cut in range(len(body) + 1)
        )
    )
    for cut in range(len(body) + 1):
        there = sum(cut >= end for end in ends)
        expected = ("", "Hi", "Hié!", "Hié!")[there], there == len(ends)
        assert _read(client) == expected, body[:cut]


def test_promise_01_break_inside_any_event_loses_no_text_before_it(wire: WireWorld):
    """Of longer streams, as providers send them: the text of all events before."""
    voice = Voice(wire, streamed=True)
    client = wire.client(max_retries=0)
    texts = ["Hello", "!", " How"]
    for number in range(len(texts)):
        whole = [voice.start, *map(voice.text, texts[:number])]
        half = voice.text(texts[number])[:-20]
        wire.server.add(voice.stream(*whole, half, Cut()))
        assert _read(client) == ("".join(texts[:number]), False)
