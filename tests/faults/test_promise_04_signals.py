"""Ctrl-C, and what any other signal handler raises, leaves a call at once and untouched."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from llm_connectivity import LLMError
from tests.faults import phases
from tests.worlds import WireWorld

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
    [phases.connecting, phases.awaiting_headers, phases.awaiting_body, phases.backing_off],
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
