"""What a caller may do to limits that are no good, or no longer."""

from __future__ import annotations

import time

import pytest

from llm_connectivity import RequestTimeoutError
from tests.worlds import TEXT, WireWorld


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("deadline", [1e-9, 1e-4])
def test_promise_06_deadline_that_is_over_at_once_is_said(wire: WireWorld, streamed, deadline):
    """Without a retry, without a fallback, and without waiting for anything."""
    wire.play("hello")
    client = wire.client(fallbacks=["mock/demo"])
    client.chat("the SDK is loaded")
    started = time.monotonic()
    with pytest.raises(RequestTimeoutError) as caught:
        if streamed:
            list(client.chat_stream("Hi", deadline=deadline))
        else:
            client.chat("Hi", deadline=deadline)
    assert (caught.value.code, len(caught.value.attempts)) == ("deadline", 1)
    assert time.monotonic() - started < 0.5
    assert client.chat("again").content == TEXT


def test_promise_06_limits_changed_in_mid_stream_hold_for_later_calls(wire: WireWorld):
    """A stream keeps those that it was begun with, whatever becomes of its client."""
    wire.play("hello", pause=0.03)
    client = wire.client(deadline=30)
    stream = client.chat_stream("Hi")
    next(stream)
    hasty = client.with_options(deadline=0.01, timeout=0.001, idle_timeout=0.001)
    with pytest.raises(RequestTimeoutError):
        hasty.chat_stream("Hi").collect()
    assert stream.collect().content == TEXT


def test_promise_06_deadline_runs_while_the_caller_thinks(wire: WireWorld):
    """It is a limit for the whole call by the clock on the wall; what has come is kept."""
    wire.play("hello", pause=0.05)
    stream = wire.client(deadline=0.3).chat_stream("Hi")
    first = next(stream).content
    time.sleep(0.35)
    with pytest.raises(RequestTimeoutError) as caught:
        stream.collect()
    assert caught.value.code == "deadline"
    assert caught.value.partial.content.startswith(first)
    assert caught.value.partial.finish_reason is None
