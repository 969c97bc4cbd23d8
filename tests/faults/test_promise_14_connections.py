"""Promise 14: connections are freed at once, and reused where the answer was read."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from llm_connectivity import ChatStream, Hooks, LLMError
from tests.faults.scenarios.voice import Voice
from tests.server import (
    Answer,
    Exchange,
    Linger,
    Raw,
    Recorded,
    Reset,
    Send,
    head_bytes,
)
from tests.worlds import TEXT, WireWorld


def _freed(wire: WireWorld, exchange: Exchange) -> bool:
    return wire.server.wait_for(lambda: exchange.peer_gone_at is not None, timeout=1.0)


def _endless(wire: WireWorld) -> None:
    voice = Voice(wire, streamed=True)
    wire.server.always(voice.stream(*voice.beginning(), Linger(20)))


def test_promise_14_hundred_streams_in_a_row_need_one_connection(wire: WireWorld):
    """Each read to its end; so do whole answers between them."""
    wire.play("hello", pause=0)
    with wire.client() as client:
        for number in range(100):
            ask = client.chat if number % 10 == 0 else client.chat_stream
            answer = ask("Hi")
            assert (answer.content if number % 10 == 0 else answer.collect().content) == TEXT
        assert len(wire.server.connections) == 1
    assert wire.server.wait_for(lambda: not wire.server.connections[0].is_open)


def _break(stream: ChatStream) -> None:
    for _ in stream:
        break


def _close(stream: ChatStream) -> None:
    next(stream)
    stream.close()


def _leave_block(stream: ChatStream) -> None:
    with stream:
        next(stream)


@pytest.mark.parametrize("leave", [_close, _leave_block])
def test_promise_14_stream_that_is_left_frees_its_socket_at_once(
    wire: WireWorld, leave: Callable[[ChatStream], None]
):
    """While the stream itself is still there; twice is harmless."""
    _endless(wire)
    stream = wire.client().chat_stream("Hi")
    leave(stream)
    assert _freed(wire, wire.server.exchanges[0])
    assert next(stream, None) is None
    stream.close()


def test_promise_14_stream_that_is_dropped_frees_its_socket_at_once(wire: WireWorld):
    """With the last reference, without waiting for the garbage collector."""
    _endless(wire)
    client = wire.client()
    gc.disable()
    try:
        _break(client.chat_stream("Hi"))
        assert _freed(wire, wire.server.exchanges[0])
    finally:
        gc.enable()


def test_promise_14_close_of_the_client_leaves_nothing(wire: WireWorld):
    """Neither idle connections nor streams that are half read."""
    _endless(wire)
    client = wire.client()
    streams = [client.chat_stream("Hi") for _ in range(5)]
    for stream in streams:
        next(stream)
    client.close()
    connections = wire.server.connections
    assert len(connections) == 5
    assert wire.server.wait_for(lambda: not any(one.is_open for one in connections), timeout=1.0)


def test_promise_14_call_behind_a_stream_that_was_left_gets_its_own_answer(wire: WireWorld):
    """What the server goes on to send on the first connection is nobody's."""
    voice = Voice(wire, streamed=True)
    wire.server.add(voice.stream(*voice.beginning(), Linger(0.2), voice.text("stale")))
    wire.server.always(voice.hello)
    client = wire.client()
    _break(client.chat_stream("Hi"))
    assert client.chat_stream("Hi").collect().content == TEXT
    assert len(wire.server.connections) == 2


def test_promise_14_bytes_behind_an_answer_are_not_the_next_one(wire: WireWorld):
    """A server that sends a second answer unasked loses its connection."""
    voice = Voice(wire, streamed=False)
    unasked = b"".join(_raw_answer(voice, text) for text in ("first", "unasked"))
    wire.server.add(Raw((Send(unasked), Linger(5))))
    wire.server.always(voice.hello)
    client = wire.client()
    assert client.chat("Hi").content == "first"
    assert client.chat("Hi").content == TEXT
    assert len(wire.server.connections) == 2


def _raw_answer(voice: Voice, text: str) -> bytes:
    body = json.dumps(voice.wire.whole_answer(text)).encode()
    return head_bytes(200, (("content-length", str(len(body))),)) + body


@pytest.mark.parametrize("threads", [1, 12])
def test_promise_14_stale_connections_cost_no_try(wire: WireWorld, threads: int):
    """However many there are: a load balancer that forgets one forgets all of them."""
    together = Barrier(12)
    stale: set[int] = set()

    def entry(request: Recorded) -> Answer:
        if request.connection in stale:
            return Raw((Reset(),))
        if not stale:
            together.wait(5)
        return Voice(wire, streamed=False).hello(request)

    wire.server.always(entry)
    client = wire.client(max_retries=0)
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(client.chat, ["warm"] * 12))
        stale.update(range(1, 13))
        before = wire.request_count()
        answers = list(pool.map(client.chat, ["Hi"] * threads))
    assert {answer.content for answer in answers} == {TEXT}
    assert wire.request_count() - before <= 2 * threads
    old = wire.server.connections[:12]
    assert wire.server.wait_for(lambda: not any(connection.is_open for connection in old))


def test_promise_14_error_that_is_kept_keeps_no_connection(wire: WireWorld):
    """As one does who counts retries."""
    kept: list[LLMError] = []
    voice = Voice(wire, streamed=True)
    wire.server.add(voice.document(wire.error_body("It broke.", 500), status=500))
    _endless(wire)
    client = wire.client(hooks=Hooks(on_retry=lambda error, wait: kept.append(error)))
    _break(client.chat_stream("Hi"))
    assert _freed(wire, wire.server.exchanges[1])
    assert len(kept) == 1
