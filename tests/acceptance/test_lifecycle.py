"""Rows 1.1 and 3.13: connections are freed when nobody wants them, and kept when somebody does."""

from __future__ import annotations

import copy
import gc
import pickle
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest

from llm_connectivity import (
    ChatStream,
    LLMClient,
    RequestTimeoutError,
    StreamInterruptedError,
    ValidationError,
)
from tests.worlds import TEXT, WireWorld, World

MESSAGES = [{"role": "user", "content": "Say hello."}]


def _leave_the_loop(client: LLMClient) -> None:
    for i, _ in enumerate(client.chat_stream(messages=MESSAGES)):
        if i == 2:
            break


def _close(client: LLMClient) -> None:
    stream = client.chat_stream(messages=MESSAGES)
    list(islice(stream, 3))
    stream.close()
    stream.close()
    assert next(stream, None) is None


def _leave_the_block(client: LLMClient) -> None:
    with client.chat_stream(messages=MESSAGES) as stream:
        list(islice(stream, 3))


def _drop_it_in_a_cycle(client: LLMClient) -> None:
    gc.freeze()  # what three SDKs have loaded need not be looked through
    holder: list[object] = [client.chat_stream(messages=MESSAGES)]
    holder.append(holder)
    assert isinstance(holder[0], ChatStream)
    list(islice(holder[0], 3))
    del holder
    gc.collect()
    gc.unfreeze()


@pytest.mark.real_time
@pytest.mark.parametrize(
    "leave",
    [_leave_the_loop, _close, _leave_the_block, _drop_it_in_a_cycle],
    ids=lambda f: f.__name__,
)
def test_3_13_leaving_a_stream_early_frees_its_connection(
    wire: WireWorld, leave: Callable[[LLMClient], None]
):
    """The server's write fails within 1 s, at or before chunk 15 of 50."""
    wire.play("slow", pause=0.1)
    leave(wire.client())
    exchange = wire.server.exchanges[0]
    assert wire.server.wait_for(lambda: exchange.failed_at is not None, timeout=2)
    assert exchange.failed_at <= 15
    assert exchange.failed_time - wire.sent_at(exchange, 3) < 1
    assert wire.server.connections[0].closed_by_peer_at is not None


def test_3_13_the_client_works_on_after_streams_were_dropped(wire: WireWorld):
    """Twenty abandoned streams leave nothing behind that the next call could trip over."""
    wire.play("hello")
    client = wire.client(max_connections=2)
    for _ in range(20):
        next(client.chat_stream(messages=MESSAGES))
    assert client.chat(messages=MESSAGES).content == TEXT


def test_3_13_a_hundred_streams_read_to_the_end_use_one_connection(wire: WireWorld):
    """What is left behind the closing chunk is drained, so the connection serves the next one."""
    wire.play("hello", pause=0)
    client = wire.client()
    for _ in range(100):
        assert "".join(chunk.content for chunk in client.chat_stream(messages=MESSAGES)) == TEXT
    assert len(wire.server.connections) == 1


def test_1_1_one_client_from_startup_to_shutdown(world: World):
    """close() may be called twice; later calls say that the client is closed."""
    world.play("hello")
    client = world.client()
    assert client.chat(messages=MESSAGES).content == TEXT
    client.close()
    client.close()
    for ask in (client.chat, client.chat_stream):
        with pytest.raises(ValidationError, match="closed"):
            ask(messages=MESSAGES)


def test_1_1_closing_the_client_closes_its_sockets(wire: WireWorld):
    """The server sees the end of the connection when the with block is left."""
    wire.play("hello")
    with wire.client() as client:
        assert client.chat(messages=MESSAGES).content == TEXT
    assert wire.server.wait_for(lambda: not wire.server.connections[0].is_open)


def test_1_1_an_open_stream_of_a_closed_client_does_not_look_complete(world: World):
    """It raises instead of ending; one that has been read to its end is left as it is."""
    world.play("hello")
    client = world.client()
    complete, half, unopened = (client.chat_stream(messages=MESSAGES) for _ in range(3))
    list(complete)
    next(half)
    client.close()
    for stream in (half, unopened):
        with pytest.raises(StreamInterruptedError, match="closed"):
            next(stream)
    assert complete.response.content == TEXT


@pytest.mark.real_time
def test_3_13_a_dropped_stream_frees_its_place_for_a_waiting_call(wire: WireWorld):
    """With one connection allowed, the next call runs as soon as the stream is dropped."""
    wire.play("slow", "hello", pause=0.05)
    client = wire.client(max_connections=1, timeout=5)
    stream = client.chat_stream(messages=MESSAGES)
    next(stream)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.chat, messages=MESSAGES)
        time.sleep(0.2)
        assert not waiting.done()
        del stream
        assert waiting.result(2).content == TEXT
    assert [attempt.error for attempt in waiting.result().attempts] == [None]


@pytest.mark.real_time
def test_3_13_a_call_without_a_free_connection_says_so(wire: WireWorld):
    """It waits as long as for a connection, is not tried again, and names the way out."""
    wire.play("slow", pause=0.05)
    client = wire.client(max_connections=1, timeout=0.3)
    with client.chat_stream(messages=MESSAGES) as stream:
        next(stream)
        with pytest.raises(RequestTimeoutError, match="max_connections") as caught:
            client.chat(messages=MESSAGES)
    assert (caught.value.code, wire.naps) == ("pool_timeout", [])


def test_3_13_an_interrupted_call_loses_no_connection(wire: WireWorld, monkeypatch):
    """A KeyboardInterrupt between headers and body frees the connection, and is not swallowed."""
    wire.play("hello")
    client = wire.client(max_connections=1, timeout=2)
    with monkeypatch.context() as patch:

        def interrupt(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        patch.setattr("llm_connectivity.stream.AnswerReader", interrupt)
        stream = client.chat_stream(messages=MESSAGES)
        with pytest.raises(KeyboardInterrupt):
            next(stream)
    with pytest.raises(StreamInterruptedError, match="KeyboardInterrupt"):
        next(stream)
    assert client.chat(messages=MESSAGES).content == TEXT


def test_1_1_clients_and_streams_are_not_copied(world: World):
    """They hold a connection and a key; the attempt says so and harms nothing."""
    world.play("hello")
    client = world.client()
    stream = client.chat_stream(messages=MESSAGES)
    next(stream)
    for value in (client, stream):
        for make_copy in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="is not copied or pickled"):
                make_copy(value)
    assert stream.text + "".join(chunk.content for chunk in stream) == TEXT
