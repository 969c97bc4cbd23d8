"""Promise 16: what comes behind the finish reason spoils nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.scenarios.voice import Voice
from tests.server import Cut, Pause, Reset, Step
from tests.worlds import TEXT, WireWorld

_examples = settings(max_examples=40)


def _is_whole(wire: WireWorld) -> bool:
    client = wire.client(max_retries=0)
    with client:
        response = client.chat_stream("Hi").collect()
    return (response.content, response.finish_reason) == (TEXT, "stop")


@given(garbage=st.binary(min_size=1, max_size=80))
@_examples
def test_promise_16_any_bytes_behind_the_finish_reason_are_harmless(
    wire: WireWorld, garbage: bytes
):
    """In the same body, before it ends."""
    voice = Voice(wire, streamed=True)
    wire.server.add(voice.stream(voice.start, voice.text(TEXT), voice.finish(), garbage))
    assert _is_whole(wire)


@given(garbage=st.binary(min_size=1, max_size=80))
@_examples
def test_promise_16_any_bytes_behind_the_whole_stream_are_harmless(wire: WireWorld, garbage: bytes):
    """As an event of their own, too."""
    voice = Voice(wire, streamed=True)
    wire.server.add(voice.stream(*voice.events(), b"data: " + garbage + b"\n\n"))
    assert _is_whole(wire)


@pytest.mark.parametrize("steps", [(Cut(),), (Pause(0.02), Reset())], ids=["closed", "reset"])
def test_promise_16_break_behind_any_event_from_the_finish_reason_on_is_harmless(
    wire: WireWorld, steps: tuple[Step, ...]
):
    """Usage that had come is there."""
    voice = Voice(wire, streamed=True)
    ending = voice.ending()
    for number in range(1, len(ending) + 1):
        wire.server.add(voice.stream(voice.start, voice.text(TEXT), *ending[:number], *steps))
        assert _is_whole(wire)
