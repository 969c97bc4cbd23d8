"""Rows 3.1, 3.8, 3.14, 3.20, 3.21, 3.33: whole answers, options, prices."""

from __future__ import annotations

import time

import pytest

from llm_connectivity import LLMClient
from tests.worlds import TEXT, World

MESSAGES = [{"role": "user", "content": "Say hello."}]


def test_3_1_the_whole_answer_is_printed(world: World, capfd):
    """Two lines print exactly the answer; usage is the provider's."""
    world.play("hello")
    client = world.client()
    response = client.chat(messages=MESSAGES)
    print(response.content)
    assert capfd.readouterr() == (f"{TEXT}\n", "")
    usage = response.usage
    assert (usage["prompt_tokens"], usage.completion_tokens, usage.total_tokens) == (9, 7, 16)
    assert response.finish_reason == "stop"


@pytest.mark.real_time
def test_3_8_the_first_output_of_a_stream_comes_at_least_three_times_sooner(wire: World):
    """From the request's arrival at the server to the text in the caller's hands."""
    wire.play("hello", pause=0.15)
    client = wire.client()
    next(client.chat_stream(messages=MESSAGES))
    first_at = time.monotonic()
    client.chat(messages=MESSAGES)
    whole_at = time.monotonic()
    streamed, whole = wire.server.exchanges[:2]
    assert (whole_at - whole.request.at) / (first_at - streamed.request.at) >= 3


def test_3_14_options_arrive_in_the_providers_own_place(wire: World):
    """Options, roles and extra keywords are in the body as the wire wants them."""
    wire.play("hello")
    messages = [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": "Again"},
    ]
    client = wire.client()
    client.chat(messages=messages, max_tokens=50, temperature=0.2, logit_bias={"50256": -100})
    body = wire.server.requests[0].json
    assert body == {
        "model": "gpt-4o-mini",
        "messages": messages,
        "max_tokens": 50,
        "temperature": 0.2,
        "logit_bias": {"50256": -100},
    }
    assert wire.server.requests[0].path == "/v1/chat/completions"


def test_3_14_streams_send_the_same_options(wire: World):
    """One builder serves both ways of asking."""
    wire.play("hello")
    client = wire.client()
    client.chat(messages="Hello", max_tokens=50, stop=["\n"], seed=7)
    list(client.chat_stream(messages="Hello", max_tokens=50, stop=["\n"], seed=7))
    whole, streamed = (request.json for request in wire.server.requests)
    assert streamed.pop("stream") is True
    assert streamed.pop("stream_options") == {"include_usage": True}
    assert streamed == whole


def test_3_14_extra_body_headers_and_query_pass_as_they_are(wire: World):
    """What this package has no word for can be sent all the same."""
    wire.play("hello")
    wire.client(extra_headers={"x-all": "a"}).chat(
        messages="Hello",
        extra_body={"tools": [], "metadata": {"b": 2}},
        metadata={"a": 1},
        extra_headers={"x-one": "b"},
        extra_query={"api-version": 3},
    )
    request = wire.server.requests[0]
    assert (request.json["tools"], request.json["metadata"]) == ([], {"a": 1, "b": 2})
    assert (request.header("x-all"), request.header("x-one")) == ("a", "b")
    assert request.path.endswith("?api-version=3")


def test_3_20_first_answer_in_five_lines(wire: World):
    """The response names provider, and the model as the provider calls it."""
    wire.play("hello")
    response = wire.client().chat(messages=MESSAGES)
    assert response.content == TEXT
    assert response.provider == wire.provider
    assert response.model == wire.answered_model
    assert response.request_id == "req_1"


def test_3_21_the_price_is_exact_and_unknown_is_none(wire: World):
    """9 and 7 tokens of gpt-4o-mini cost 0.00000555 USD; an invented model has no price."""
    wire.play("hello")
    client = wire.client()
    assert client.chat(messages=MESSAGES).cost == 0.00000555
    assert client.estimate_cost("openai/gpt-4o-mini", 9, 7) == 0.00000555
    assert client.estimate_cost("gpt-4.1", 1_000_000, 0) == 2.0
    assert client.estimate_cost("openai/gpt-4o-mini-zzz", 9, 7) is None


def test_3_21_the_mock_costs_nothing_that_anybody_knows():
    """An answer of the mock has no price, not a price of 0."""
    with LLMClient(model="mock/demo") as client:
        response = client.chat("Hello")
    assert response.cost is None
    assert response.cost_source is None


def test_3_33_content_may_be_a_list_of_text_parts(world: World):
    """Parts pass through."""
    world.play("hello")
    parts = [{"type": "text", "text": "Say "}, {"type": "text", "text": "hello."}]
    response = world.client().chat(messages=[{"role": "user", "content": parts}])
    assert response.content == TEXT
    if world.has_server:
        assert world.server.requests[0].json["messages"][0]["content"] == parts
