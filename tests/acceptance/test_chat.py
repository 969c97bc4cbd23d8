"""Rows 3.1, 3.8, 3.14, 3.20, 3.21, 3.32, 3.33: whole answers, options, prices."""

from __future__ import annotations

import time

import pytest

from llm_connectivity import LLMClient, ValidationError
from tests.worlds import TEXT, WireWorld, World

MESSAGES = [{"role": "user", "content": "Say hello."}]
PARTS = [{"type": "text", "text": "Say "}, {"type": "text", "text": "hello."}]

# Every named option, with a value that it may have.
OPTIONS = {
    "temperature": 0.2,
    "max_tokens": 50,
    "top_p": 0.9,
    "stop": ["\n"],
    "seed": 7,
    "frequency_penalty": 0.5,
    "presence_penalty": 0.25,
    "user": "u",
}


def _options_of(wire: WireWorld) -> dict[str, object]:
    return {name: value for name, value in OPTIONS.items() if name in wire.option_places}


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
def test_3_8_the_first_output_of_a_stream_comes_at_least_three_times_sooner(wire: WireWorld):
    """From the request's arrival at the server to the text in the caller's hands."""
    wire.play("hello", pause=0.15)
    client = wire.client()
    next(client.chat_stream(messages=MESSAGES))
    first_at = time.monotonic()
    client.chat(messages=MESSAGES)
    whole_at = time.monotonic()
    streamed, whole = wire.server.exchanges[:2]
    assert (whole_at - whole.request.at) / (first_at - streamed.request.at) >= 3


def test_3_14_options_arrive_in_the_providers_own_place(wire: WireWorld):
    """System text, roles, options and extra keywords are where the wire wants them."""
    wire.play("hello")
    messages = [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": "Again"},
    ]
    options = _options_of(wire)
    wire.client().chat(messages=messages, **options, **wire.extra)
    request = wire.server.requests[0]
    body = request.json
    assert wire.system_texts(body) == ["Be short."]
    assert wire.turns(body) == [("user", ["Hello"]), ("assistant", ["Hi"]), ("user", ["Again"])]
    assert {name: wire.option(body, name) for name in options} == options
    assert {name: body[name] for name in wire.extra} == wire.extra
    assert wire.model_of(request) == wire.model_name
    assert request.path == wire.path(stream=False)
    assert not wire.wants_stream(request)


def test_3_14_streams_send_the_same_options(wire: WireWorld):
    """One builder serves both ways of asking."""
    wire.play("hello")
    client = wire.client()
    options = _options_of(wire)
    client.chat(messages="Hello", **options)
    list(client.chat_stream(messages="Hello", **options))
    whole, streamed = wire.server.requests
    assert {name: wire.option(streamed.json, name) for name in options} == options
    assert wire.wants_stream(streamed)
    assert streamed.path == wire.path(stream=True)
    body = streamed.json
    assert wire.asks_for_usage(streamed)
    for name in wire.stream_fields:
        del body[name]
    assert body == whole.json


def test_3_14_an_option_that_the_wire_lacks_is_refused_unless_it_may_be_dropped(wire: WireWorld):
    """Nothing is sent before it is left out, and then the answer says so."""
    wire.play("hello")
    client = wire.client()
    lacking = OPTIONS.keys() - wire.option_places.keys()
    for name in lacking:
        with pytest.raises(ValidationError, match=f"{wire.provider} has no option '{name}'"):
            client.chat(messages=MESSAGES, **{name: OPTIONS[name]})
    assert wire.request_count() == 0
    response = client.chat(messages=MESSAGES, **OPTIONS, drop_unsupported=True)
    body = wire.server.requests[0].json
    assert {name: wire.option(body, name) for name in wire.option_places} == _options_of(wire)
    assert len(response.warnings) == len(lacking)
    assert all(any(repr(name) in warning for warning in response.warnings) for name in lacking)


def test_3_14_extra_body_headers_and_query_pass_as_they_are(wire: WireWorld):
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


def test_3_20_first_answer_in_five_lines(wire: WireWorld):
    """The response names provider, and the model as the provider calls it."""
    wire.play("hello")
    response = wire.client().chat(messages=MESSAGES)
    assert response.content == TEXT
    assert response.provider == wire.provider
    assert response.model == wire.answered_model
    assert response.request_id == wire.request_id(1)


def test_3_21_the_price_is_exact_and_unknown_is_none(wire: WireWorld):
    """9 and 7 tokens cost what the vendor says, to the digit; an invented model has no price."""
    wire.play("hello")
    client = wire.client()
    assert client.chat(messages=MESSAGES).cost == wire.cost
    assert client.estimate_cost(wire.model, 9, 7) == wire.cost
    other, usd_per_million = wire.other_price
    assert client.estimate_cost(other, 1_000_000, 0) == usd_per_million
    assert client.estimate_cost(f"{wire.model}-zzz", 9, 7) is None


def test_3_21_the_mock_costs_nothing_that_anybody_knows():
    """An answer of the mock has no price, not a price of 0."""
    with LLMClient(model="mock/demo") as client:
        response = client.chat("Hello")
    assert response.cost is None
    assert response.cost_source is None


def test_3_32_max_tokens_left_out_is_the_documented_default_and_never_null(wire: WireWorld):
    """Where the wire demands one it is sent; elsewhere nothing is."""
    wire.play("hello")
    client = wire.client()
    client.chat(messages=MESSAGES)
    client.chat(messages=MESSAGES, max_tokens=None)
    list(client.chat_stream(messages=MESSAGES))
    for request in wire.server.requests:
        assert wire.option(request.json, "max_tokens") == wire.default_max_tokens
        assert b"null" not in request.body


def test_3_33_content_may_be_a_list_of_text_parts(world: World):
    """An answer comes as to a string."""
    world.play("hello")
    response = world.client().chat(messages=[{"role": "user", "content": PARTS}])
    assert response.content == TEXT


def test_3_33_parts_pass_through(wire: WireWorld):
    """They are neither joined nor changed."""
    wire.play("hello")
    wire.client().chat(messages=[{"role": "user", "content": PARTS}])
    assert wire.turns(wire.server.requests[0].json) == [("user", ["Say ", "hello."])]
