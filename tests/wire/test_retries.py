"""Retries over the wire: hints, what forbids them, stale connections, and who does not retry."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from llm_connectivity import (
    LLMClient,
    OverloadedError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    RetryPolicy,
)
from llm_connectivity.providers.openai_adapter import OpenAIAdapter
from tests.server import Cut, Pause, Raw, Reply, Send, json_reply, openai_wire
from tests.worlds import KEY, TEXT


def _failure(status: int, *headers: tuple[str, str], code: str | None = None) -> Reply:
    return json_reply(openai_wire.error_body("It says no.", "t", code), status, headers)


def test_retry_waits_as_long_as_the_server_asks(server, client, naps):
    """In seconds, in milliseconds (which go first), or as a date."""
    server.add(
        _failure(429, ("retry-after", "7")),
        _failure(503, ("retry-after-ms", "1500"), ("retry-after", "9")),
        _failure(429, ("retry-after", formatdate(time.time() + 30, usegmt=True))),
        openai_wire.HELLO,
    )
    assert client.chat("Hi").content == TEXT
    assert naps[:2] == [7, 1.5]
    assert 28 <= naps[2] <= 30


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_retry_hint_over_two_minutes_raises_at_once(server, client, naps, streamed):
    """With the hint on the error; the server asked for patience, not for a hanging program."""
    server.always(_failure(429, ("retry-after", "3600")))
    with pytest.raises(RateLimitError) as caught:
        list(client.chat_stream("Hi")) if streamed else client.chat("Hi")
    assert (caught.value.retry_after, naps, len(server.requests)) == (3600, [], 1)
    assert caught.value.retryable


@pytest.mark.parametrize("status", [429, 500, 503])
def test_retry_is_forbidden_by_x_should_retry_false(server, client, status):
    """Whatever the status."""
    server.always(_failure(status, ("x-should-retry", "false")))
    with pytest.raises((RateLimitError, ProviderError)):
        client.chat("Hi")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, None), (401, None), (403, None), (422, None), (429, "insufficient_quota")],
)
def test_retry_is_not_talked_into_by_x_should_retry_true(server, client, status, code):
    """What asking again can't mend is not asked again."""
    server.always(_failure(status, ("x-should-retry", "true"), code=code))
    with pytest.raises(Exception, match="says no"):
        client.chat("Hi")
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 529])
def test_retry_of_passing_failures_succeeds(server, client, status, naps):
    """One failure, one wait, one answer; the trail says so."""
    server.add(_failure(status), openai_wire.HELLO)
    response = client.chat("Hi")
    assert response.content == TEXT
    assert naps == [2]
    assert [attempt.request_id for attempt in response.attempts] == ["req_1", "req_2"]


def test_overload_is_its_own_class(server, client):
    """529, and 503 with the vendor's code for it."""
    for reply in (_failure(529), _failure(503, code="overloaded")):
        server.always(reply)
        with pytest.raises(OverloadedError):
            client.chat("Hi", max_retries=0)


@pytest.mark.parametrize(
    ("settings", "per_call", "requests"),
    [
        ({}, {}, 4),
        ({"max_retries": 1}, {}, 2),
        ({"max_retries": 1}, {"max_retries": 2}, 3),
        ({"max_retries": 0}, {}, 1),
        ({"policy": 2}, {}, 3),
        ({"adapter": 1}, {}, 2),
        ({"adapter": 1, "policy": 2}, {}, 3),
    ],
    ids=str,
)
def test_max_retries_of_call_client_policy_adapter(server, naps, settings, per_call, requests):
    """Whoever is nearest to the call decides; nobody: three."""
    server.always(openai_wire.rate_limited(None))
    retry = RetryPolicy(sleep=naps.append, jitter=0, max_retries=settings.get("policy"))
    adapter = OpenAIAdapter(
        KEY, base_url=f"{server.origin}/v1", max_retries=settings.get("adapter")
    )
    with LLMClient(
        "openai/m", adapter=adapter, retry=retry, max_retries=settings.get("max_retries")
    ) as client:
        with pytest.raises(RateLimitError):
            client.chat("Hi", **per_call)
    assert len(server.requests) == requests


def test_a_stale_kept_alive_connection_is_replaced_without_a_word(server, client, naps):
    """The server closed it meanwhile: one new connection at once, which counts as no attempt."""
    server.add(openai_wire.HELLO, Raw((Cut(),)), openai_wire.HELLO)
    client.chat("Hi")
    response = client.chat("Hi")
    assert response.content == TEXT
    assert (len(response.attempts), naps, len(server.connections)) == (1, [], 2)


def test_a_new_connection_that_breaks_is_no_stale_one(server, client, naps):
    """It is an attempt, and waited for."""
    server.add(Raw((Cut(),)), openai_wire.HELLO)
    assert len(client.chat("Hi").attempts) == 2
    assert naps == [2]


@pytest.mark.real_time
def test_read_timeout_of_a_whole_answer_is_not_retried(server, naps, policy):
    """The answer was probably made, and is paid for; a stream before its first chunk is retried."""
    server.always(Raw((Pause(1.0),)))
    with LLMClient(
        "openai/m", api_key=KEY, base_url=f"{server.origin}/v1", retry=policy, timeout=0.1
    ) as client:
        with pytest.raises(RequestTimeoutError) as caught:
            client.chat("Hi")
        assert (caught.value.code, caught.value.retryable, naps) == ("read_timeout", True, [])
        with pytest.raises(TimeoutError):
            list(client.chat_stream("Hi", max_retries=1))
    assert naps == [2]
    assert len(server.requests) == 3


@pytest.mark.real_time
def test_timeout_bounds_each_wait_of_a_stream_and_keeps_the_text(server, policy):
    """Pauses shorter than it never cut a stream; a longer one ends it, with the text so far."""
    chunks = [
        step for text in "abcdef" for step in (Pause(0.1), Send(openai_wire.text_event(text)))
    ]
    server.add(
        openai_wire.answer("abcdef", 0.1),
        Reply((*chunks, Pause(2.0))),
    )
    with LLMClient(
        "openai/m", api_key=KEY, base_url=f"{server.origin}/v1", retry=policy, timeout=0.3
    ) as client:
        whole = client.chat_stream("Hi")
        list(whole)
        cut = client.chat_stream("Hi")
        with pytest.raises(RequestTimeoutError) as caught:
            list(cut)
    assert whole.text == caught.value.partial_text == "abcdef"
    exchange = server.exchanges[1]
    assert server.wait_for(lambda: exchange.peer_gone_at is not None)
    assert 0.25 < exchange.peer_gone_at - exchange.sent[-1] < 0.6
