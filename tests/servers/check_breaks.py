"""Streams that aimock cuts or lets hang, and limits of time, on every wire."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from llm_connectivity import LLMClient, RateLimitError, RequestTimeoutError, StreamInterruptedError
from tests.servers.aimock import Aimock
from tests.servers.asking import ask, break_off, check_stream, connect, fail
from tests.servers.replies import HELLO, STORY
from tests.servers.wires import ALWAYS, ANTHROPIC, ONCE, Wire

LATE = {"x-aimock-chaos-latency": "3000"}  # milliseconds before the answer begins
A_LITTLE_LATE = {"x-aimock-chaos-latency": "300"}


@contextmanager
def within(least: float, most: float) -> Iterator[None]:
    """See that something takes as many seconds as these."""
    started = time.monotonic()
    yield
    assert least <= time.monotonic() - started <= most


def test_cut_after_text_is_interrupted(server: Aimock, client: LLMClient) -> None:
    """A stream that breaks off after text raises, keeps the text, and is not asked for again."""
    error, text = break_off(client, "Break off early.")
    assert type(error) is StreamInterruptedError
    assert text and HELLO.startswith(text) and text != HELLO
    assert len(error.attempts) == len(server.requests()) == ONCE


def test_cut_before_text_is_tried_again_unless_a_thought_was_delivered(
    server: Aimock, client: LLMClient
) -> None:
    """A stream that breaks off at once is asked for again, one whose thought was seen is not."""
    error, text = break_off(client, "Break off at once.")
    assert (type(error), text) == (StreamInterruptedError, "")
    tries = ONCE if error.partial.reasoning else ALWAYS
    assert len(error.attempts) == len(server.requests()) == tries


def test_latency_within_the_limits_costs_nothing(
    server: Aimock, wire: Wire, streamed: bool
) -> None:
    """A slow server's answer comes complete, at the first try."""
    limits = {"timeout": 5, "idle_timeout": 2, "deadline": 10}
    with connect(server, wire, headers=A_LITTLE_LATE, **limits) as client, within(0.3, 2):
        assert ask(client, "Say hello.", streamed=streamed).content == HELLO
    assert len(server.requests()) == ONCE


def test_silence_after_text_ends_with_idle_timeout(server: Aimock, wire: Wire) -> None:
    """A stream that falls silent after text ends when the idle timeout is over, with the text."""
    with connect(server, wire, idle_timeout=0.3) as client, within(0.3, 1.5):
        error, text = break_off(client, "Fall silent early.")
    assert (type(error), error.code) == (RequestTimeoutError, "idle_timeout")
    assert text and HELLO.startswith(text) and text != HELLO
    assert len(error.attempts) == len(server.requests()) == ONCE


def test_silence_before_text_is_tried_again_unless_a_thought_was_delivered(
    server: Aimock, wire: Wire
) -> None:
    """A stream that falls silent at once is asked for again, each time for as long."""
    with connect(server, wire, idle_timeout=0.2) as client, within(0.2, 2.5):
        error, text = break_off(client, "Fall silent at once.")
    assert (type(error), error.code, text) == (RequestTimeoutError, "idle_timeout", "")
    tries = ONCE if error.partial.reasoning else ALWAYS
    assert len(error.attempts) == len(server.requests()) == tries


@pytest.mark.parametrize(
    ("prompt", "seconds"), [("Leave out the end.", 2.0), ("Cut off the end.", 0.2)]
)
def test_finish_reason_without_the_end_is_complete(
    server: Aimock, prompt: str, seconds: float
) -> None:
    """A stream that is cut, or hangs for two seconds, behind its finish reason is complete.

    On OpenAI's wire aimock can't be brought to wait there, and on Gemini's there is nothing behind.
    """
    with connect(server, ANTHROPIC) as client, within(seconds, seconds + 1):
        check_stream(list(client.chat_stream(prompt)), HELLO, ANTHROPIC)
    assert len(server.requests()) == ONCE


def test_slow_pieces_do_not_reach_the_idle_timeout(server: Aimock, wire: Wire) -> None:
    """A stream that takes longer than the idle timeout, but never pauses so long, is read on."""
    with connect(server, wire, idle_timeout=0.5) as client, within(0.9, 3):
        stream = client.chat_stream("Never end.")
        until = time.monotonic() + 0.9
        while time.monotonic() < until:
            assert next(stream).content
        stream.close()
    assert STORY.startswith(stream.text)


def test_deadline_ends_a_stream_in_the_middle(server: Aimock, wire: Wire) -> None:
    """A deadline ends a stream that goes on and on, with the text so far."""
    with connect(server, wire, deadline=0.4) as client, within(0.4, 1.5):
        error, text = break_off(client, "Never end.")
    assert (type(error), error.code) == (RequestTimeoutError, "deadline")
    assert STORY.startswith(text)
    assert len(error.attempts) == len(server.requests()) == ONCE


def test_deadline_ends_a_wait_for_the_answer(server: Aimock, wire: Wire, streamed: bool) -> None:
    """A deadline ends the wait for an answer that has not begun, and nothing is tried again."""
    with connect(server, wire, headers=LATE, deadline=0.3) as client, within(0.3, 1):
        error = fail(client, "Say hello.", streamed=streamed)
    assert (type(error), error.code, len(error.attempts)) == (
        RequestTimeoutError,
        "deadline",
        ONCE,
    )


def test_deadline_leaves_no_time_for_a_hint(server: Aimock, wire: Wire, streamed: bool) -> None:
    """A server that asks for more seconds than are left is not waited for."""
    with connect(server, wire, deadline=5) as client, within(0, 1):
        error = fail(client, "Come back soon.", streamed=streamed)
    assert (type(error), error.retry_after, len(error.attempts)) == (RateLimitError, 7, ONCE)


@pytest.mark.parametrize("limit", ["timeout", "deadline", "idle_timeout"])
def test_limits_may_be_given_with_the_call(server: Aimock, wire: Wire, limit: str) -> None:
    """A call's own limit goes before the client's."""
    options = {limit: 10, "max_retries": 0}
    with connect(server, wire, headers=LATE, **options) as client, within(0.2, 1):
        with pytest.raises(RequestTimeoutError):
            next(client.chat_stream("Say hello.", **{limit: 0.2}))
