"""Rows 4.10, 4.11d: every call is bounded in time."""

from __future__ import annotations

import inspect
import time

import pytest

from llm_connectivity import LLMClient, RequestTimeoutError
from tests.worlds import WireWorld, World

MESSAGES = [{"role": "user", "content": "Say hello."}]


@pytest.mark.real_time
@pytest.mark.parametrize("scenario", ["slow", "keepalive", "silent"])
def test_4_10_the_whole_stream_is_bounded(wire: WireWorld, scenario: str):
    """A deadline ends it within 0.3 s with the timeout type; text is kept, the socket closed."""
    wire.play("hello")
    client = wire.client()
    client.chat(MESSAGES)  # so that loading the SDK is not timed
    wire.play(scenario, pause=0.1)
    pieces = []
    started = time.monotonic()
    stream = client.chat_stream(messages=MESSAGES, deadline=0.7)
    with pytest.raises(TimeoutError) as caught:
        for chunk in stream:
            pieces.append(chunk.content)
    assert time.monotonic() - started < 1.0
    assert type(caught.value) is RequestTimeoutError
    assert caught.value.partial_text == stream.text == "".join(pieces)
    assert caught.value.partial.content == stream.partial.content == stream.text
    assert bool(pieces) is (scenario == "slow")
    assert wire.request_count() == 2
    connection = wire.server.connections[-1]
    assert wire.server.wait_for(lambda: not connection.is_open, 0.5)


@pytest.mark.real_time
def test_4_10_without_a_server_too(policy):
    """The mock keeps a deadline as the wires do."""
    from llm_connectivity import MockAdapter, MockReply

    adapter = MockAdapter(replies=[MockReply(pieces=("token ",) * 50, delay=0.1)])
    started = time.monotonic()
    with LLMClient(adapter=adapter, retry=policy, deadline=0.35) as client:
        with pytest.raises(RequestTimeoutError, match="deadline") as caught:
            client.chat_stream(MESSAGES).collect()
    assert caught.value.partial_text == "token token token "
    assert time.monotonic() - started < 0.65


def test_4_11d_defaults_exist_and_are_documented():
    """Every limit's default is in the client's own documentation."""
    words = " ".join(inspect.getdoc(LLMClient).split())
    assert "10 s to connect, 60 s per wait of a stream, 600 s for a whole answer" in words
    assert "``timeout``, or 300 s without one" in words


@pytest.mark.real_time
def test_4_11d_a_healthy_stream_is_never_cut(world: World):
    """Pauses shorter than the limits, in an answer that takes longer than they are."""
    world.play("hello", pause=0.15)
    client = world.client(timeout=0.6, idle_timeout=0.6)
    assert client.chat_stream(messages=MESSAGES).collect().finish_reason == "stop"
