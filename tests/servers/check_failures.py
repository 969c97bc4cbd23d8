"""Errors, rate limits, and whatever aimock does to a request before it answers."""

from typing import NamedTuple

import pytest

from llm_connectivity import (
    LLMClient,
    LLMError,
    ModelNotFoundError,
    NetworkError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
)
from tests.servers.aimock import Aimock
from tests.servers.asking import ask, connect, fail
from tests.servers.replies import HELLO
from tests.servers.wires import ALWAYS, ONCE, STATUSES, WIRES, Failure, Wire

FAILURES = [
    pytest.param(
        wire, failure, id=f"{name}-{failure.status}-{failure.code}-{failure.expected.__name__}"
    )
    for name, wire in WIRES.items()
    for failure in (*STATUSES, *wire.failures)
]


class Chaos(NamedTuple):
    """What aimock does to a request before it answers, the class it ends in, and the tries.

    aimock does none of it in mid-stream: there it only cuts and pauses (`check_breaks.py`).
    """

    header: str
    value: str
    expected: type[LLMError]
    tries_whole: int = ALWAYS
    tries_streamed: int = ALWAYS
    timeout: float = 10.0


CHAOS = [
    # Its documents are of OpenAI's form on every wire: {"error": {"message", "type", "code"}}.
    Chaos("drop", "1", ProviderError),
    Chaos("ratelimit", "1", RateLimitError),
    # Status 200 and "{malformed json: <<<chaos>>>", as JSON, to a request for a stream too.
    Chaos("malformed", "1", ProviderError, ONCE, ONCE),
    Chaos("disconnect", "1", NetworkError),
    # Late: a whole answer is probably paid for by then, and is not asked for twice.
    Chaos("latency", "3000", RequestTimeoutError, ONCE, ALWAYS, timeout=0.2),
]


@pytest.mark.parametrize(("wire", "failure"), FAILURES)
def test_status_decides_class_and_tries(
    server: Aimock, client: LLMClient, failure: Failure, streamed: bool
) -> None:
    """Each error ends in its class, after as many requests as the table says."""
    error = fail(client, failure.prompt, streamed=streamed)
    assert type(error) is failure.expected
    assert (error.status_code, error.message) == (failure.status, failure.message)
    assert failure.code in (None, error.code)
    assert len(error.attempts) == len(server.requests()) == failure.tries


def test_rate_limit_once_is_an_answer(client: LLMClient, streamed: bool) -> None:
    """One 429 is waited for as long as the server says, and then there is the answer."""
    answer = ask(client, "Come back once.", streamed=streamed)
    assert (answer.content, answer.finish_reason) == (HELLO, "stop")
    trail = [(attempt.error, attempt.waited) for attempt in answer.attempts]
    assert trail == [("RateLimitError", 0), (None, 3)]


def test_three_failures_are_an_answer(client: LLMClient, streamed: bool) -> None:
    """A broken connection and two failures are three retries, and then there is the answer."""
    answer = ask(client, "Stumble three times.", streamed=streamed)
    assert (answer.content, answer.finish_reason) == (HELLO, "stop")
    trail = [(attempt.error, attempt.waited) for attempt in answer.attempts]
    failed = ["NetworkError", "ProviderError", "ProviderError", None]
    assert trail == list(zip(failed, [0, 2, 3, 4.5], strict=True))


def test_rate_limit_waits_as_the_server_asks(client: LLMClient, streamed: bool) -> None:
    """The waits between tries are the server's `retry-after`; its limits are on the error."""
    error = fail(client, "Come back soon.", streamed=streamed)
    assert (type(error), error.retry_after) == (RateLimitError, 7)
    assert [attempt.waited for attempt in error.attempts] == [0, 7, 7, 7]
    # aimock sends OpenAI's headers on every wire.
    assert (error.rate_limits["limit_requests"], error.rate_limits["reset_tokens"]) == (60, 360)


def test_rate_limit_of_a_day_raises_at_once(client: LLMClient, streamed: bool) -> None:
    """A server that wants to be left alone for a day is not asked again."""
    error = fail(client, "Come back tomorrow.", streamed=streamed)
    assert (type(error), error.retry_after, len(error.attempts)) == (RateLimitError, 86400, 1)


def test_unknown_prompt_is_a_model_not_found(client: LLMClient, wire: Wire, streamed: bool) -> None:
    """The server's own 404, in the wire's form, is not tried again."""
    error = fail(client, "Nobody wrote a fixture for this.", streamed=streamed)
    assert (type(error), error.code) == (ModelNotFoundError, wire.no_match)
    assert len(error.attempts) == ONCE


@pytest.mark.parametrize("chaos", CHAOS, ids=lambda chaos: chaos.header)
def test_chaos_ends_in_a_typed_error(
    server: Aimock, wire: Wire, chaos: Chaos, streamed: bool
) -> None:
    """Whatever the server does to a request, it ends in the class and the tries of the table."""
    headers = {f"x-aimock-chaos-{chaos.header}": chaos.value}
    with connect(server, wire, headers=headers, timeout=chaos.timeout) as client:
        error = fail(client, "Say hello.", streamed=streamed)
    assert type(error) is chaos.expected
    if error.status_code or error.code == "not_an_answer":
        assert error.request_id == server.requests()[-1]["headers"]["x-request-id"]
    assert len(error.attempts) == (chaos.tries_streamed if streamed else chaos.tries_whole)


def test_kept_connection_that_breaks_is_one_more_try(
    server: Aimock, client: LLMClient, streamed: bool
) -> None:
    """A connection that breaks when it is used again costs one request, and no counted try."""
    client.chat("Say hello.")
    server.forget()
    error = fail(
        client,
        "Say hello.",
        streamed=streamed,
        extra_headers={"x-aimock-chaos-disconnect": "1"},
    )
    assert type(error) is NetworkError
    assert (len(error.attempts), len(server.requests())) == (ALWAYS, ALWAYS + 1)
