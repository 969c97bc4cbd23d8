"""Promise 9: in an outage a client that is shared asks little more than once a call."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from llm_connectivity import LLMClient, LLMError, NetworkError, OverloadedError, ProviderError
from tests.server import Cut, Raw
from tests.worlds import TEXT, WireWorld

CALLS, THREADS, MOST_REQUESTS_EACH = 300, 30, 1.3

FAULTS = [("status:503", ProviderError), ("reset", NetworkError)]
MANNERS = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])


@MANNERS
@pytest.mark.parametrize(("fault", "kind"), FAULTS, ids=["503", "reset"])
def test_promise_09_an_outage_costs_little_more_than_one_request_a_call(
    wire: WireWorld, fault: str, kind: type[LLMError], streamed: bool
):
    """Three hundred calls in thirty threads, by the server's own log; each says what it is."""
    wire.play(fault)
    client = wire.client()
    with ThreadPoolExecutor(THREADS) as pool:
        errors = list(pool.map(lambda _: _failure(client, streamed), range(CALLS)))
    assert CALLS < wire.request_count() <= CALLS * MOST_REQUESTS_EACH
    assert wire.request_count() == sum(len(error.attempts) for error in errors)
    assert {type(error) for error in errors} <= {kind, OverloadedError}
    assert all(error.retryable for error in errors)


@MANNERS
def test_promise_09_off_the_budget_errors_come_at_once(wire: WireWorld, streamed: bool):
    """Nothing is slept on, and the error says why it was not tried again."""
    wire.play("status:503")
    client = wire.client()
    for _ in range(10):
        _failure(client, streamed)
    wire.naps.clear()
    error = _failure(client, streamed)
    assert (len(error.attempts), wire.naps) == (1, [])
    assert "retry budget is spent" in error.hint


def test_promise_09_the_budget_fills_when_the_provider_is_back(wire: WireWorld):
    """Ten answers, streamed or whole, pay for one retry."""
    outage, answers = ["status:503"] * 14, ["hello"] * 10
    wire.play(*outage, *answers, "status:503", "hello", "hello")
    client = wire.client()
    assert len(_failure(client, max_retries=20).attempts) == 11
    assert [len(_failure(client).attempts) for _ in range(3)] == [1] * 3
    for streamed in itertools.islice(itertools.cycle([False, True]), 10):
        _ask(client, streamed)
    response = client.chat("Hi")
    assert [attempt.error for attempt in response.attempts][1:] == [None]


@MANNERS
def test_promise_09_a_spent_budget_goes_on_to_the_fallbacks(wire: WireWorld, streamed: bool):
    """Which is asked at once."""
    wire.play("status:503")
    client = wire.client()
    for _ in range(10):
        _failure(client, streamed)
    wire.naps.clear()
    stream = client.with_options(fallbacks=["mock/demo"]).chat_stream("Hi")
    assert stream.collect().content == TEXT
    assert [attempt.provider for attempt in stream.attempts] == [wire.provider, "mock"]
    assert wire.naps == []


@MANNERS
def test_promise_09_without_a_budget_each_call_is_tried_four_times(wire: WireWorld, streamed: bool):
    """Who wants it has it."""
    wire.play("status:503")
    client = wire.client(retry_budget=False)
    assert [len(_failure(client, streamed).attempts) for _ in range(10)] == [4] * 10
    assert wire.request_count() == 40


def test_promise_09_a_stale_connection_costs_no_token(wire: WireWorld):
    """It is replaced below the retries."""
    hello, gone = wire.wire_module.HELLO, Raw((Cut(),))
    wire.server.add(*[hello, gone, hello] * 3)
    client = wire.client()
    for _ in range(6):
        assert len(client.chat("Hi").attempts) == 1
    wire.play("status:503")
    assert sum(len(_failure(client).attempts) - 1 for _ in range(6)) == 10


def _ask(client: LLMClient, streamed: bool = False, **options: object) -> None:
    client.chat_stream("Hi", **options).collect() if streamed else client.chat("Hi", **options)


def _failure(client: LLMClient, streamed: bool = False, **options: object) -> LLMError:
    with pytest.raises(LLMError) as caught:
        _ask(client, streamed, **options)
    return caught.value
