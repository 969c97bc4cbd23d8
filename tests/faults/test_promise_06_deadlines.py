"""Promise 6: `deadline=` bounds a whole call, whatever it spends its time on."""

from __future__ import annotations

import time

import pytest

from llm_connectivity import LLMError, RateLimitError, RequestTimeoutError, RetryPolicy
from tests.faults.observe import GRACE_SECONDS
from tests.faults.scenarios.voice import Voice
from tests.server import Drip, Linger, Pause, Raw, Send, head_bytes
from tests.worlds import WireWorld

SECONDS = 0.5


@pytest.mark.real_time
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_promise_06_deadline_covers_tries_waits_and_a_last_silence_together(
    wire: WireWorld, streamed: bool
):
    """Two failures, the waits behind them, then headers that drip."""
    head = head_bytes(200, ()) * 20
    wire.server.add(*[Voice(wire, streamed=streamed).failure(503)] * 2)
    wire.server.always(Raw((Drip(head, 0.05),)))
    client = wire.client(retry=RetryPolicy(network=(0.1, 1, 1), jitter=0), deadline=SECONDS)
    _load(wire)
    started = time.monotonic()
    with pytest.raises(RequestTimeoutError) as caught:
        list(client.chat_stream("Hi")) if streamed else client.chat("Hi")
    assert time.monotonic() - started < SECONDS + GRACE_SECONDS
    assert caught.value.code == "deadline"
    assert [attempt.waited for attempt in caught.value.attempts] == [0, 0.1, 0.1]


@pytest.mark.real_time
def test_promise_06_deadline_counts_the_callers_time_too(wire: WireWorld):
    """It is wall clock: who reads slowly gets the error with the text so far."""
    voice = Voice(wire, streamed=True)
    wire.server.always(voice.stream(voice.start, voice.text("Hi"), Pause(0.1), Linger(20)))
    stream = wire.client(deadline=SECONDS).chat_stream("Hi")
    _load(wire)
    next(stream)
    time.sleep(SECONDS)
    started = time.monotonic()
    with pytest.raises(RequestTimeoutError) as caught:
        next(stream)
    assert time.monotonic() - started < GRACE_SECONDS
    assert (caught.value.code, caught.value.partial_text) == ("deadline", "Hi")


def test_promise_06_hint_that_leaves_no_time_raises_at_once(wire: WireWorld, naps: list[float]):
    """Also one that only the tries before have made too long."""
    wire.server.always(Voice(wire, streamed=False).failure(429, headers=(("retry-after", "60"),)))
    with pytest.raises(RateLimitError, match="deadline") as caught:
        wire.client(deadline=30).chat("Hi")
    assert (caught.value.retry_after, naps, wire.request_count()) == (60, [], 1)


@pytest.mark.real_time
def test_promise_06_call_after_one_that_timed_out_is_whole(wire: WireWorld):
    """What the first one left in its connection is nobody's answer."""
    voice = Voice(wire, streamed=True)
    wire.server.add(voice.stream(*voice.beginning(), Pause(0.5), Send(voice.text("late"))))
    wire.server.always(voice.hello)
    client = wire.client()
    _load(wire)
    with pytest.raises(LLMError):
        list(client.chat_stream("Hi", deadline=0.3))
    assert client.chat_stream("Hi").collect().content == voice.wire.TEXT


def _load(wire: WireWorld) -> None:
    """Load the SDK, which is no I/O of a call, and is not timed here."""
    with type(wire)(RetryPolicy(), []) as other:
        other.play("hello", pause=0)
        other.client().chat("Hi")
