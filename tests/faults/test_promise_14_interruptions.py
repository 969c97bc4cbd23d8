"""An interruption at the worst moment costs its own call alone: no place, no lock is lost."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator

import pytest

from llm_connectivity import LLMClient, calls
from llm_connectivity.http.connections import Connections
from tests.server import LoopbackServer, openai_wire
from tests.worlds import KEY, TEXT


@pytest.fixture
def client(server: LoopbackServer) -> Iterator[LLMClient]:
    """A client with one connection, so that nobody else has one where it is lost."""
    server.always(openai_wire.HELLO)
    url = f"{server.origin}/v1"
    with LLMClient(
        "openai/m", api_key=KEY, base_url=url, max_connections=1, timeout=2, max_retries=0
    ) as client:
        yield client


def _ask_elsewhere(client: LLMClient) -> list[str]:
    """Ask in another thread, which waits for whatever this one has left taken."""
    answers: list[str] = []
    thread = threading.Thread(target=lambda: answers.append(client.chat("Hi").content), daemon=True)
    thread.start()
    thread.join(5)
    return answers


def test_promise_14_answer_that_an_interruption_loses(client, server, monkeypatch):
    """It has come out of the pool, and nobody has it."""

    def ask(*arguments: object) -> None:
        real(*arguments)
        raise KeyboardInterrupt

    real = Connections._ask
    monkeypatch.setattr(Connections, "_ask", ask)
    with pytest.raises(KeyboardInterrupt):
        client.chat("Hi")
    monkeypatch.undo()
    assert server.wait_for(lambda: not server.connections[0].is_open)
    assert _ask_elsewhere(client) == [TEXT]


def test_promise_14_connection_whose_way_back_is_interrupted(client, server):
    """The pool counts it for ever; another pool is begun."""

    def interrupt() -> None:
        if not pool_stream._closed:  # it gives a connection back once
            pool_stream._closed = True
            raise KeyboardInterrupt

    stream = client.chat_stream("Hi")
    next(stream)
    pool_stream = stream._live._body._response.stream._stream._stream
    pool_stream.close = interrupt
    with pytest.raises(KeyboardInterrupt):
        stream.close()
    stream.close()
    assert server.wait_for(lambda: not server.connections[0].is_open)
    assert _ask_elsewhere(client) == [TEXT]


def test_promise_14_pool_with_a_lock_left_taken(client, server):
    """Neither the next call nor close() waits for it, in whatever thread."""
    client.chat("Hi")
    lock = client._lifetime.adapters.primary._transport.connections._pool._optional_thread_lock

    class Interrupted:
        """Takes a lock and is interrupted."""

        def __enter__(self) -> None:
            lock.__enter__()
            raise KeyboardInterrupt

        def __exit__(self, *_: object) -> None:
            """Leave nothing."""

    pool = client._lifetime.adapters.primary._transport.connections._pool
    pool._optional_thread_lock = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        client.chat("Hi")
    pool._optional_thread_lock = lock
    assert _ask_elsewhere(client) == [TEXT]
    thread = threading.Thread(target=client.close, daemon=True)
    thread.start()
    thread.join(5)
    assert not thread.is_alive()
    assert server.wait_for(lambda: all(not c.is_open for c in server.connections))


def test_promise_14_interrupted_call_is_gone_with_its_exception(client, server, monkeypatch):
    """Its place does not wait for the garbage collector."""
    server.add(openai_wire.SLOW)

    def note(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(calls, "_note", note)
    gc.disable()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            next(client.chat_stream("Hi"))
        monkeypatch.undo()
        assert server.wait_for(lambda: not server.connections[0].is_open, 0.5)
        assert _ask_elsewhere(client) == [TEXT]
    finally:
        gc.enable()


def test_promise_14_dropped_answer_shuts_nobody_elses_connection(client, server):
    """One whose close() was interrupted behind the pool's: the connection serves another call."""
    first = client.chat_stream("Hi")
    list(first)
    body = first._live._body._response.stream._stream
    second = client.chat_stream("Hi")
    next(second)
    body._closed = False
    body.__del__()
    body._closed = True
    assert second.collect().content == TEXT
    assert len(server.connections) == 1
