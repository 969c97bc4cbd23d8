"""Where a call can be waiting: servers that keep it there, and how to know that it is there."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import openai  # noqa: F401 - loading it is no I/O of a call, and is not timed here

from llm_connectivity import LLMClient, RetryPolicy
from tests.faults.answers import packed_twice
from tests.server import (
    Linger,
    LoopbackServer,
    Pause,
    Raw,
    Send,
    json_reply,
    openai_wire,
    stream_reply,
)
from tests.server.proxy import LoopbackProxy
from tests.server.tls import TlsFront
from tests.worlds import KEY

# Long enough for a test to fail by it.
_SECONDS = 20.0


@dataclass(slots=True)
class Phase:
    """A server that keeps calls waiting.

    Attributes:
        url: Its address.
        settings: Of the client, besides.
        server: What records, where it is our server.
        wait_until_there: Returns once a call that has begun is waiting.
    """

    url: str
    settings: dict[str, Any] = field(default_factory=dict)
    server: LoopbackServer | None = None
    wait_until_there: Callable[[], object] = lambda: time.sleep(0.3)

    def client(self) -> LLMClient:
        """Make a client that will be kept waiting."""
        return LLMClient("openai/m", api_key=KEY, base_url=self.url, **self.settings)

    def connections_are_closed(self) -> bool:
        """Whether the server has seen every connection end that it was answering on."""
        if self.server is None:
            return True
        exchanges = self.server.exchanges
        return self.server.wait_for(lambda: all(e.finished_at is not None for e in exchanges))


@contextlib.contextmanager
def connecting() -> Iterator[Phase]:
    """A full backlog drops what comes in."""
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            sock = waiting.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        yield Phase(f"http://127.0.0.1:{listener.getsockname()[1]}/v1")


@contextlib.contextmanager
def shaking_hands() -> Iterator[Phase]:
    """A server that accepts and says nothing, where TLS is to begin."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Phase(f"https://127.0.0.1:{listener.getsockname()[1]}/v1", {"verify": False})


@contextlib.contextmanager
def resolving() -> Iterator[Phase]:
    """A name server that does not answer."""
    real = socket.getaddrinfo

    def slow(*_: object, **__: object) -> list[Any]:
        time.sleep(2)
        return []

    socket.getaddrinfo = slow
    try:
        yield Phase("http://slow.invalid/v1")
    finally:
        socket.getaddrinfo = real


@contextlib.contextmanager
def _playing(entry: Any, **settings: Any) -> Iterator[Phase]:
    with LoopbackServer() as server:
        server.always(entry)

        def wait_until_there() -> None:
            assert server.wait_for(lambda: bool(server.exchanges), 10)
            time.sleep(0.2)

        yield Phase(f"{server.origin}/v1", settings, server, wait_until_there)


def awaiting_headers() -> contextlib.AbstractContextManager[Phase]:
    """A server that takes the request and says nothing."""
    return _playing(Raw((Linger(_SECONDS),)))


def awaiting_body() -> contextlib.AbstractContextManager[Phase]:
    """A server that says nothing behind its headers."""
    return _playing(stream_reply(Linger(_SECONDS)))


def in_mid_answer() -> contextlib.AbstractContextManager[Phase]:
    """A server that says nothing behind the first text, and never says how long the body is."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
    return _playing(Raw((Send(head + openai_wire.text_event("Hi")), Linger(_SECONDS))))


def in_long_text() -> contextlib.AbstractContextManager[Phase]:
    """A server that sends text again and again."""
    text = Send(openai_wire.text_event("Hi"))
    return _playing(stream_reply(*(text, Pause(0.02)) * 100))


def in_keep_alives() -> contextlib.AbstractContextManager[Phase]:
    """A server that only sends signs of life."""
    return _playing(stream_reply(*(Send(openai_wire.PING), Pause(0.02)) * 500))


def unpacking() -> contextlib.AbstractContextManager[Phase]:
    """A server whose short answer unpacks to gigabytes of signs of life."""
    return _playing(packed_twice(b": unpacked\n"))


def backing_off() -> contextlib.AbstractContextManager[Phase]:
    """A server that wants to be asked again later."""
    policy = RetryPolicy(network=(_SECONDS, 1, _SECONDS), jitter=0)
    return _playing(json_reply(openai_wire.error_body("It broke."), 500), retry=policy)


def reading_a_failure() -> contextlib.AbstractContextManager[Phase]:
    """A server that does not end the body of a failure."""
    head = b"HTTP/1.1 500 Oh\r\ncontent-length: 100\r\n\r\n"
    return _playing(Raw((Send(head + b"{"), Linger(_SECONDS))))


@contextlib.contextmanager
def in_mid_answer_over_tls() -> Iterator[Phase]:
    """The same behind TLS."""
    with in_mid_answer() as there, TlsFront(there.server.port) as front:
        there.url = f"https://localhost:{front.port}/v1"
        there.settings["verify"] = False
        yield there


@contextlib.contextmanager
def asking_a_proxy() -> Iterator[Phase]:
    """A proxy that takes the wish for a tunnel and says nothing."""
    with LoopbackProxy(silent=True) as proxy:
        settings = {"verify": False, "proxy": f"http://127.0.0.1:{proxy.port}"}
        yield Phase("https://127.0.0.1:1/v1", settings)


BEFORE_A_REQUEST = (connecting, shaking_hands, resolving, asking_a_proxy)
BEHIND_ONE = (
    awaiting_headers,
    awaiting_body,
    in_keep_alives,
    unpacking,
    backing_off,
    reading_a_failure,
)
