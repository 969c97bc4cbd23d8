"""Ctrl-C, and what any other signal handler raises, leaves a call at once and untouched."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from llm_connectivity import LLMClient, LLMError
from tests.faults import phases
from tests.server import Linger, LoopbackServer, Raw, openai_wire
from tests.worlds import KEY, TEXT, WireWorld

SOON_SECONDS = 0.5


class SoftTimeLimitExceeded(Exception):
    """What a job queue raises in a handler of its own."""


@contextlib.contextmanager
def _signal_once(there: phases.Phase, number: int) -> Iterator[list[float]]:
    """Send a signal to this process once a call waits; gives when that was."""
    sent: list[float] = []

    def send() -> None:
        there.wait_until_there()
        sent.append(time.monotonic())
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=send)
    thread.start()
    yield sent
    thread.join()


@contextlib.contextmanager
def _handler_that_raises(error: BaseException) -> Iterator[int]:
    def handle(number: int, frame: object) -> None:
        raise error

    before = signal.signal(signal.SIGUSR1, handle)
    yield signal.SIGUSR1
    signal.signal(signal.SIGUSR1, before)


def _ask(there: phases.Phase, streamed: bool) -> None:
    client = there.client()
    if streamed:
        list(client.chat_stream("Hi"))
    else:
        client.chat("Hi")


@pytest.mark.real_time
@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize(
    "phase", [*phases.BEFORE_A_REQUEST, *phases.BEHIND_ONE], ids=lambda p: p.__name__
)
def test_promise_04_ctrl_c_leaves_a_call(phase, streamed: bool):
    """Wherever it waits, and its connection is closed although the client is not."""
    with phase() as there, _signal_once(there, signal.SIGINT) as sent:
        with pytest.raises(KeyboardInterrupt) as caught:
            _ask(there, streamed)
        assert time.monotonic() - sent[0] < SOON_SECONDS
        assert there.connections_are_closed()
        assert there.server is None or len(there.server.requests) == 1
        del caught


@pytest.mark.real_time
@pytest.mark.parametrize(
    "error", [SoftTimeLimitExceeded("it takes long"), TimeoutError("my own"), OSError("mine")]
)
@pytest.mark.parametrize(
    "phase",
    [
        phases.connecting,
        phases.awaiting_headers,
        phases.awaiting_body,
        phases.reading_a_failure,
        phases.backing_off,
    ],
    ids=lambda p: p.__name__,
)
def test_promise_04_what_a_signal_handler_raises_is_untouched(phase, error: Exception):
    """It is the caller's own, whatever its class, and no failure of the network."""
    with phase() as there, _handler_that_raises(error) as number:
        with _signal_once(there, number) as sent, pytest.raises(type(error)) as caught:
            _ask(there, streamed=True)
        assert caught.value is error
        assert time.monotonic() - sent[0] < SOON_SECONDS
        assert there.connections_are_closed()


@pytest.mark.parametrize("scenario", ["status:400", "cut:2"])
def test_promise_04_what_the_caller_has_caught_does_not_come_again(wire: WireWorld, scenario: str):
    """A call made where a handler's exception is handled fails with its own error."""
    wire.play(scenario)
    with _handler_that_raises(SoftTimeLimitExceeded("it takes long")) as number:
        try:
            os.kill(os.getpid(), number)
        except SoftTimeLimitExceeded:
            with pytest.raises(LLMError):
                wire.client(max_retries=0).chat_stream("Hi").collect()


@pytest.mark.real_time
def test_promise_04_signal_is_no_stale_connection(server: LoopbackServer):
    """Nothing is sent again over a new one."""
    server.add(openai_wire.HELLO)
    server.always(Raw((Linger(20),)))
    there = phases.Phase(f"{server.origin}/v1", wait_until_there=lambda: _wait_for(server, 2))
    client = there.client()
    assert client.chat("Hi").content == TEXT
    error = ConnectionResetError("mine")
    with _handler_that_raises(error) as number, _signal_once(there, number):
        with pytest.raises(ConnectionResetError) as caught:
            client.chat("Hi")
        assert caught.value is error
    assert len(server.requests) == 2


def _wait_for(server: LoopbackServer, requests: int) -> None:
    assert server.wait_for(lambda: len(server.exchanges) == requests, 10)
    time.sleep(0.2)


@pytest.mark.real_time
def test_promise_04_signal_leaves_a_request_that_nobody_reads():
    """The HTTP library takes what breaks while it sends for an early answer, and waits for that."""
    error = OSError("mine")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        client = LLMClient("openai/m", api_key=KEY, base_url=url, timeout=3, max_retries=0)
        there = phases.Phase(url)
        with _handler_that_raises(error) as number, _signal_once(there, number):
            with pytest.raises(OSError) as caught:
                client.chat("Hi" * 10_000_000)
            assert caught.value is error


@pytest.mark.real_time
def test_promise_04_signal_is_no_address_that_fails(server: LoopbackServer, monkeypatch):
    """The next address is not tried in its place."""
    server.always(openai_wire.HELLO)
    error = TimeoutError("mine")
    with phases.connecting() as there:
        client = there.client()
        port = int(there.url.rpartition(":")[2].removesuffix("/v1"))
        addresses = [
            (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", number))
            for number in (port, server.port)
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
        with _handler_that_raises(error) as number, _signal_once(there, number):
            with pytest.raises(TimeoutError) as caught:
                client.chat("Hi")
            assert caught.value is error
    assert server.requests == []
