"""Connections: whose bytes are whose, who waits for one, and what is left of them."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from llm_connectivity import (
    LLMClient,
    LLMError,
    NetworkError,
    RetryPolicy,
    StreamInterruptedError,
    ValidationError,
)
from tests.server import (
    Linger,
    LoopbackServer,
    Pause,
    Raw,
    Reset,
    Send,
    json_reply,
    openai_wire,
    stream_reply,
)
from tests.worlds import KEY


def _answer(text: str) -> bytes:
    body = json.dumps(openai_wire.whole_answer(text)).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body


@contextlib.contextmanager
def _talkative(
    behind: bytes, make: Callable[[str], bytes] = _answer
) -> Iterator[tuple[str, list[int]]]:
    """Give the address of a server that sends something behind each answer.

    And the ports that its requests came from.
    """
    ports: list[int] = []

    def answer(connection: socket.socket) -> None:
        request = b""
        with connection:
            while piece := connection.recv(65536):
                request += piece
                if b'"Hi"' not in request:
                    continue  # its body is still to come
                ports.append(connection.getpeername()[1])
                request = b""
                connection.sendall(make(f"answer {len(ports)}") + behind)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1", ports
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(2)


def _chunked(text: str) -> bytes:
    body = json.dumps(openai_wire.whole_answer(text)).encode()
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    return head + b"%x\r\n%s\r\n" % (len(body), body) + b"0\r\n\r\n"


BEHIND = {
    "an answer": _answer("nobody asked"),
    "a chunked answer": _chunked("nobody asked"),
    "a line end": b"\r\n",
    "the beginning of a head": b"HTTP/1.1 401 Unauthorized\r\nx: ",
    "garbage": b"garbage",
}


@pytest.mark.parametrize("behind", BEHIND)
def test_bytes_behind_an_answer_spoil_no_other_request(behind: str, policy, naps):
    """The connection is given up; each request is sent once, and has its own answer."""
    with _talkative(BEHIND[behind]) as (url, ports):
        with LLMClient("openai/m", api_key=KEY, base_url=url, retry=policy) as client:
            texts = [client.chat("Hi").content for _ in range(3)]
    assert texts == ["answer 1", "answer 2", "answer 3"]
    assert (len(ports), naps) == (3, [])


@pytest.mark.parametrize("behind", BEHIND)
def test_bytes_behind_a_chunked_answer_become_no_other_answer(behind: str, policy):
    """Where they can't be told from trailers, it is seen at the next request."""
    with _talkative(BEHIND[behind], _chunked) as (url, _):
        with LLMClient("openai/m", api_key=KEY, base_url=url, retry=policy) as client:
            texts = [client.chat("Hi").content for _ in range(4)]
    assert "nobody asked" not in texts
    assert texts == sorted(set(texts))


ENDINGS = {
    "plain": b"0\r\n\r\n",
    "trailers": b"0\r\nx-a: b\r\n\r\n",
    "an extension": b"0;a=b\r\n\r\n",
    "many zeros": b"00000\r\n\r\n",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_connection_whose_chunked_body_has_ended_is_used_again(ending: str, policy):
    """However its end is written."""

    def make(text: str) -> bytes:
        return _chunked(text).removesuffix(b"0\r\n\r\n") + ENDINGS[ending]

    with _talkative(b"", make) as (url, ports):
        with LLMClient("openai/m", api_key=KEY, base_url=url, retry=policy) as client:
            for _ in range(3):
                client.chat("Hi")
    assert (len(ports), len(set(ports))) == (3, 1)


def test_a_request_is_not_sent_more_than_twice_in_one_try(server: LoopbackServer, client):
    """However many connections were idle: it may be the request that breaks them."""
    server.always(openai_wire.HELLO)
    streams = [client.chat_stream("Hi") for _ in range(5)]
    for stream in streams:
        next(stream)
    for stream in streams:
        list(stream)
    server.always(Raw((Reset(),)))
    with pytest.raises(NetworkError):
        client.chat("Hi", max_retries=0)
    assert len(server.requests) == 5 + 2


@pytest.mark.real_time
def test_closing_the_client_ends_calls_that_wait_for_a_connection(server: LoopbackServer):
    """At once, and nothing is sent for them."""
    server.always(openai_wire.HELLO)
    url = f"{server.origin}/v1"
    client = LLMClient("openai/m", api_key=KEY, base_url=url, max_connections=1)
    stream = client.chat_stream("Hi")
    next(stream)
    codes: list[str | None] = []

    def ask() -> None:
        try:
            client.chat("Hi")
        except LLMError as error:
            codes.append(error.code)

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.2)
    client.close()
    thread.join(1)
    assert codes == ["closed"]
    assert len(server.requests) == 1


def test_cookies_are_not_kept(server: LoopbackServer, client: LLMClient):
    """A request depends on nothing that another answer has set."""
    server.always(json_reply(openai_wire.whole_answer(), 200, (("set-cookie", "a=b; Path=/"),)))
    for _ in range(2):
        client.chat("Hi")
    assert [request.header("cookie") for request in server.requests] == [None, None]


def test_many_threads_share_few_connections_in_turn(server: LoopbackServer):
    """Nobody is turned away while others are served again and again."""
    server.always(json_reply(openai_wire.whole_answer(), head_after=0.005))
    failures: list[str | None] = []
    with LLMClient(
        "openai/m", api_key=KEY, base_url=f"{server.origin}/v1", max_connections=2, timeout=3
    ) as client:

        def ask() -> None:
            for _ in range(8):
                try:
                    client.chat("Hi", max_retries=0)
                except LLMError as error:
                    failures.append(error.code)

        threads = [threading.Thread(target=ask) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
    assert len(server.connections) == 2


@pytest.mark.real_time
def test_closing_the_client_ends_calls_that_wait_to_try_again(server: LoopbackServer):
    """No request goes out any more, and no connection is left."""
    server.add(json_reply(openai_wire.error_body("It broke."), 500))
    server.always(openai_wire.HELLO)
    policy = RetryPolicy(network=(0.3, 1, 1), jitter=0)
    client = LLMClient("openai/m", api_key=KEY, base_url=f"{server.origin}/v1", retry=policy)
    errors: list[LLMError] = []

    def ask() -> None:
        try:
            client.chat("Hi")
        except LLMError as error:
            errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    assert server.wait_for(lambda: len(server.exchanges) == 1)
    time.sleep(0.1)
    client.close()
    thread.join(5)
    assert [(type(error), error.code) for error in errors] == [(NetworkError, "closed")]
    assert len(server.requests) == 1
    assert server.wait_for(lambda: all(c.closed_at is not None for c in server.connections))


@pytest.mark.real_time
def test_closing_a_stream_that_waits_to_try_again_ends_it(server: LoopbackServer):
    """Nothing more is sent or delivered, and its reader learns why."""
    server.add(json_reply(openai_wire.error_body("It broke."), 500))
    server.always(openai_wire.HELLO)
    policy = RetryPolicy(network=(0.3, 1, 1), jitter=0)
    with LLMClient("openai/m", api_key=KEY, base_url=f"{server.origin}/v1", retry=policy) as client:
        stream = client.chat_stream("Hi")
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(list, stream)
            assert server.wait_for(lambda: len(server.exchanges) == 1)
            time.sleep(0.1)
            stream.close()
            with pytest.raises(StreamInterruptedError, match="another thread"):
                reading.result(5)
    assert len(server.requests) == 1


@pytest.mark.real_time
def test_closing_a_stream_that_another_thread_reads_tells_that_thread(server: LoopbackServer):
    """At once, and it does not look like the end of the answer."""
    server.always(stream_reply(Send(openai_wire.text_event("Hi")), Linger(20)))
    with LLMClient("openai/m", api_key=KEY, base_url=f"{server.origin}/v1") as client:
        stream = client.chat_stream("Hi")
        next(stream)
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(list, stream)
            time.sleep(0.2)
            started = time.monotonic()
            stream.close()
            with pytest.raises(StreamInterruptedError) as caught:
                reading.result(5)
    assert time.monotonic() - started < 0.3
    assert (caught.value.retryable, caught.value.partial_text) == (False, "Hi")


@pytest.mark.real_time
def test_refusal_of_a_request_that_is_not_read_to_its_end_is_seen():
    """A server may refuse a long request at its beginning, and then just stop reading."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                refusal = b'{"error": {"message": "It is too long."}}'
                head = b"HTTP/1.1 413 No\r\ncontent-length: %d\r\n\r\n" % len(refusal)
                connection.sendall(head + refusal)
                done.wait(10)

        done = threading.Event()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        with LLMClient("openai/m", api_key=KEY, base_url=url, timeout=0.3) as client:
            with pytest.raises(ValidationError, match=r"HTTP 413: It is too long\."):
                client.chat("x" * 20_000_000)
        done.set()
        thread.join(2)


def test_timeout_names_its_seconds_and_what_was_waited_for(server: LoopbackServer, client):
    """In mid-stream too, where an answer had begun."""
    server.always(openai_wire.answer(pause=0.3))
    stream = client.chat_stream("Hi", timeout=0.1)
    with pytest.raises(NetworkError, match=r"nothing more came from the server within 0\.1 s"):
        list(stream)
    assert stream.attempts[-1].error == "RequestTimeoutError"
    server.always(Raw((Pause(0.3), Send(b"x"))))
    with pytest.raises(NetworkError, match=r"within 0\.1 s \(read timeout\)"):
        client.chat("Hi", timeout=0.1)
