"""Closing from another thread ends a call at once, wherever it waits."""

from __future__ import annotations

import gc
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from llm_connectivity import (
    Hooks,
    LLMClient,
    LLMError,
    MockAdapter,
    NetworkError,
    StreamInterruptedError,
)
from tests.faults import phases
from tests.server import (
    Linger,
    LoopbackServer,
    Raw,
    Send,
    json_reply,
    openai_wire,
    stream_reply,
)
from tests.worlds import KEY, TEXT

AT_ONCE_SECONDS = 0.2

PHASES = (*phases.BEFORE_A_REQUEST, *phases.BEHIND_ONE)


def _seconds_until_it_ends(reading: Future[object]) -> float:
    started = time.monotonic()
    reading.exception(10)
    return time.monotonic() - started


@pytest.mark.real_time
@pytest.mark.parametrize(
    "phase",
    [*PHASES, phases.in_mid_answer, phases.in_mid_answer_over_tls],
    ids=lambda p: p.__name__,
)
@pytest.mark.parametrize("who", ["stream", "client"])
def test_promise_14_closing_wakes_a_stream_wherever_it_waits(phase, who: str):
    """The reader learns that the answer is not whole, and the server that nobody reads it."""
    with phase() as there, there.client() as client, ThreadPoolExecutor(1) as pool:
        stream = client.chat_stream("Hi")
        reading = pool.submit(list, stream)
        there.wait_until_there()
        (stream if who == "stream" else client).close()
        assert _seconds_until_it_ends(reading) < AT_ONCE_SECONDS
        error = reading.exception()
        assert (type(error), error.code, error.retryable) == (
            StreamInterruptedError,
            "closed",
            False,
        )
        assert len(error.attempts) == 1
        assert "while this stream was read" in str(error)
        assert there.connections_are_closed()
        assert there.server is None or len(there.server.requests) == 1


@pytest.mark.real_time
@pytest.mark.parametrize("phase", PHASES, ids=lambda p: p.__name__)
def test_promise_14_closing_the_client_wakes_whole_calls(phase):
    """Wherever they wait, and they are not tried again."""
    with phase() as there, ThreadPoolExecutor(1) as pool:
        client = there.client()
        asking = pool.submit(client.chat, "Hi")
        there.wait_until_there()
        client.close()
        assert _seconds_until_it_ends(asking) < AT_ONCE_SECONDS
        error = asking.exception()
        assert (type(error), error.code, len(error.attempts)) == (NetworkError, "closed", 1)
        assert sum(attempt.waited for attempt in error.attempts) == 0
        assert there.connections_are_closed()


@pytest.mark.real_time
def test_promise_14_closing_wakes_who_waits_for_a_connection(server: LoopbackServer):
    """The stream alone, while the client goes on."""
    server.always(stream_reply(Send(openai_wire.text_event("Hi")), Linger(20)))
    url = f"{server.origin}/v1"
    with LLMClient("openai/m", api_key=KEY, base_url=url, max_connections=1) as client:
        first, *waiting = (client.chat_stream("Hi") for _ in range(4))
        next(first)
        with ThreadPoolExecutor(3) as pool:
            readings = [pool.submit(list, stream) for stream in waiting]
            time.sleep(0.3)
            for stream, reading in zip(waiting, readings, strict=True):
                stream.close()
                assert _seconds_until_it_ends(reading) < AT_ONCE_SECONDS
        assert len(server.requests) == 1


@pytest.mark.real_time
def test_promise_14_a_body_that_was_shut_is_no_whole_one(server: LoopbackServer):
    """Without a length, a connection that is shut looks like the end of the answer."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"
    body = json_reply(openai_wire.whole_answer()).steps[0].data
    server.always(Raw((Send(head + body), Linger(20))))
    client = LLMClient("openai/m", api_key=KEY, base_url=f"{server.origin}/v1")
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(client.chat, "Hi")
        assert server.wait_for(lambda: bool(server.exchanges))
        time.sleep(0.3)
        client.close()
        assert asking.exception(5).code == "closed"


def test_promise_14_closing_a_call_spoils_no_other_one(server: LoopbackServer):
    """The connection of an answer that has been read may serve another call by now."""
    server.always(openai_wire.HELLO)
    with LLMClient("openai/m", api_key=KEY, base_url=f"{server.origin}/v1") as client:
        done = client.chat_stream("Hi")
        list(done)
        stream = client.chat_stream("Hi")
        next(stream)
        done._call.cancel.set()
        done.close()
        assert stream.collect().content == TEXT
    assert len(server.connections) == 1


@pytest.mark.parametrize("read", [0, 1, 20], ids=["before", "amid", "behind"])
def test_promise_14_closing_twice_is_harmless(server: LoopbackServer, read: int):
    """Stream and client, from one thread and from several."""
    server.always(openai_wire.HELLO)
    client = LLMClient("openai/m", api_key=KEY, base_url=f"{server.origin}/v1")
    stream = client.chat_stream("Hi")
    for _, _ in zip(range(read), stream, strict=False):
        pass
    threads = [threading.Thread(target=stream.close) for _ in range(4)]
    threads += [threading.Thread(target=client.close) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    stream.close()
    client.close()
    assert server.wait_for(lambda: all(not c.is_open for c in server.connections))


def test_promise_14_stream_that_is_dropped_shuts_its_socket_at_once(server: LoopbackServer):
    """The next request tidies up what is left of it."""
    server.always(openai_wire.SLOW)
    with LLMClient("openai/m", api_key=KEY, base_url=f"{server.origin}/v1") as client:
        stream = client.chat_stream("Hi")
        next(stream)
        connection = stream._live._body._response.stream._stream._network
        del stream
        gc.collect()
        assert server.wait_for(lambda: not server.connections[0].is_open, 0.5)
        assert connection.get_extra_info("socket").fileno() >= 0
        next(client.chat_stream("Hi"))
        assert connection.get_extra_info("socket").fileno() < 0


def test_promise_14_stream_dropped_in_a_cycle_hangs_nobody(server: LoopbackServer):
    """The collector may find it while a request of this thread holds a lock."""
    server.always(openai_wire.SLOW)
    with LLMClient("openai/m", api_key=KEY, base_url=f"{server.origin}/v1") as client:
        threshold = gc.get_threshold()
        gc.set_threshold(1)
        try:
            for _ in range(30):
                stream = client.chat_stream("Hi")
                next(stream)
                holder = [stream]
                holder.append(holder)
                del stream, holder
        finally:
            gc.set_threshold(*threshold)
            gc.collect()
        assert server.wait_for(lambda: sum(c.is_open for c in server.connections) == 0)


def test_promise_14_client_with_open_streams_is_closed(server: LoopbackServer):
    """Each of them says so, keeps its text, and frees its connection."""
    server.always(stream_reply(Send(openai_wire.text_event("Hi")), Linger(20)))
    client = LLMClient("openai/m", api_key=KEY, base_url=f"{server.origin}/v1")
    streams = [client.chat_stream("Hi") for _ in range(5)]
    for stream in streams:
        next(stream)
    client.close()
    for stream in streams:
        with pytest.raises(StreamInterruptedError, match="the client was closed"):
            next(stream)
        assert stream.text == "Hi"
    assert server.wait_for(lambda: all(not c.is_open for c in server.connections))


def test_promise_14_hook_that_raises_keeps_nothing_open(server: LoopbackServer):
    """Its exception comes out of close(), once all is closed."""

    def fail(end: object) -> None:
        raise RuntimeError("hook")

    server.always(stream_reply(Send(openai_wire.text_event("Hi")), Linger(20)))
    client = LLMClient(
        "openai/m", api_key=KEY, base_url=f"{server.origin}/v1", hooks=Hooks(on_end=fail)
    )
    streams = [client.chat_stream("Hi") for _ in range(3)]
    for stream in streams:
        next(stream)
    with pytest.raises(RuntimeError, match="hook"):
        client.close()
    assert server.wait_for(lambda: all(not c.is_open for c in server.connections))
    client.close()


def test_promise_14_what_begins_while_the_client_is_closed_is_closed(monkeypatch):
    """In another thread, between the look at the client and the note of what it has made."""

    def check_and_close() -> None:
        real()
        monkeypatch.undo()
        client.close()

    client = LLMClient(adapter=MockAdapter())
    real = client._lifetime.check
    monkeypatch.setattr(client._lifetime, "check", check_and_close)
    stream = client.chat_stream("Hi")
    with pytest.raises(StreamInterruptedError, match="the client was closed"):
        next(stream)
    client = LLMClient(adapter=MockAdapter())
    real = client._lifetime.check
    monkeypatch.setattr(client._lifetime, "check", check_and_close)
    other = client.with_options(timeout=1)
    with pytest.raises(LLMError, match="this client is closed"):
        other.chat("Hi")
