"""Promise 3: a call is repeated until its first chunk has been delivered, and never after it."""

from __future__ import annotations

import pytest

from llm_connectivity import LLMError, MockAdapter
from tests.faults.scenarios.voice import BEGINNING, Voice
from tests.server import Cut, Pause, Reset
from tests.worlds import PIECES, TEXT, WireWorld

BREAKS = [(Cut(),), (Pause(0.02), Reset()), ()]


@pytest.mark.parametrize("steps", BREAKS, ids=["closed", "reset", "ended"])
def test_promise_03_each_text_is_delivered_once(wire: WireWorld, steps):
    """Three tries break before any text; hooks are told each piece once, in order."""
    voice = Voice(wire, streamed=True)
    wire.server.add(*[voice.stream(voice.start, *steps)] * 3, voice.hello)
    told: list[str] = []
    stream = wire.client().chat_stream("Hi", on_token=told.append)
    assert "".join(chunk.content for chunk in stream) == TEXT
    assert tuple(told) == PIECES
    assert wire.request_count() == 4


@pytest.mark.parametrize("steps", BREAKS, ids=["closed", "reset", "ended"])
def test_promise_03_nobody_is_asked_again_after_the_first_chunk(wire: WireWorld, steps):
    """Neither the same provider nor a fallback, which would begin anew."""
    voice = Voice(wire, streamed=True)
    fallback = MockAdapter(replies=["another beginning"])
    wire.server.add(voice.stream(*voice.beginning(), *steps))
    stream = wire.client(fallbacks=[fallback]).chat_stream("Hi")
    with pytest.raises(LLMError) as caught:
        list(stream)
    assert caught.value.partial_text == stream.text == BEGINNING
    assert (wire.request_count(), len(fallback.requests)) == (1, 0)
    assert len(caught.value.attempts) == 1


def test_promise_03_error_is_raised_again_by_each_later_next(wire: WireWorld):
    """A loop that goes on behind it neither hangs nor begins anew."""
    voice = Voice(wire, streamed=True)
    wire.server.add(voice.stream(*voice.beginning(), Cut()))
    stream = wire.client().chat_stream("Hi")
    with pytest.raises(LLMError) as first:
        list(stream)
    with pytest.raises(LLMError) as second:
        next(stream)
    assert second.value is first.value
    assert wire.request_count() == 1
